"""Who is next, and how long that will take. An urgent case goes ahead, but of nobody who has waited long."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

_FEWEST_WAITS = 3


@dataclass(frozen=True)
class Place:
    """A case that waits for an advocate.

    Attributes:
        id: of the case.
        since: when it came, in seconds of any one clock.
        urgent: whether the person is in danger.
        front: whether an advocate was lost, and the case was put back in front of the queue.
        locale: the person's.
        also: other languages that she accepts.
    """

    id: str
    since: float
    urgent: bool
    front: bool
    locale: str
    also: tuple[str, ...] = ()


def in_order(places: Iterable[Place], urgent_ahead: float) -> list[Place]:
    """Those who wait, the next one first: who was put back in front, then by when they came.

    An urgent case counts as having come `urgent_ahead` seconds earlier. So it overtakes no ordinary one that came so much before it
    or more, however many urgent ones come: nobody waits for ever behind them.

    Args:
        places: of all who wait; those that are equal keep their order.
        urgent_ahead: seconds.
    """

    def key(place: Place) -> tuple[bool, float, float]:
        return not place.front, place.since - (urgent_ahead if place.urgent else 0.0), place.since

    return sorted(places, key=key)


def next_for(places: Iterable[Place], languages: Collection[str], urgent_ahead: float) -> Place | None:
    """The case that an advocate takes next, or None.

    Args:
        places: of all who wait.
        languages: locale codes in which the advocate can write.
        urgent_ahead: see `in_order`.
    """
    return next((place for place in in_order(places, urgent_ahead) if not {place.locale, *place.also}.isdisjoint(languages)), None)


def estimate(waits: Sequence[float], ahead: int, free: int) -> float | None:
    """How long a person will wait, as far as that can honestly be said.

    The middle one of recent waits, as one that was very long or short says little. It counts once for her, and once more for
    each person ahead of her whom no advocate is free to take: rather too long than a promise that is not kept.

    Args:
        waits: how long others have really waited of late, in seconds.
        ahead: how many wait before her.
        free: how many advocates could take a case now.
    Returns:
        Seconds; None where fewer than three have waited: that is no experience.
    """
    if len(waits) < _FEWEST_WAITS:
        return None
    return statistics.median(waits) * (1 + max(0, ahead - free))
