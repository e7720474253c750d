"""What a search offers: services near the person and national lines, in the order in which she is told of them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

from bot.knowledge.globe import kilometres_between, on_the_globe
from bot.knowledge.local_services import KINDS, NEAR, index
from bot.knowledge.localities import Locality
from bot.knowledge.search import Found, Query
from bot.knowledge.services import Point, Service

_LOOKED_AT = 50  # of the best that the index finds: what is the right kind, but far away, comes before what is less right, and near
HERE = 40.0  # kilometres around a place that "not near here" leaves out: a city with its suburbs, not the next one
_FURTHER = 300.0  # kilometres within which something else is offered then

# Kinds of lines that answer in a whole country, for each search, best first. Those of one group serve as well as each other, so that of
# them one that two sources or a human vouch for comes first, whatever its kind.
NATIONAL_KINDS = {
    "find_shelter": (("trafficking_hotline", "gender_violence"),),
    "find_legal_aid": (("legal_aid",), ("trafficking_hotline",)),
    "find_counselling": (("crisis_line",), ("trafficking_hotline", "gender_violence")),
    "find_basic_needs": (("trafficking_hotline", "gender_violence"),),
    "find_work": (("labour_rights",), ("trafficking_hotline",)),
}


@dataclass(frozen=True)
class Wish:
    """What a person looks for.

    Attributes:
        search: a key of `KINDS`.
        country: ISO 3166-1 alpha-2.
        locale: in which she writes.
        place: the town that she named; None where she named none.
        avoid: the town near which it must not be, or None.
        audience: whom it must serve, such as ``men``; empty where she did not say.
        without_papers: it must serve people without papers.
        at: the time, with time zone; what is closed then comes later.
    """

    search: str
    country: str
    locale: str
    place: Locality | None = None
    avoid: Locality | None = None
    audience: frozenset[str] = frozenset()
    without_papers: bool = False
    at: datetime.datetime | None = None


def _point(place: Locality | None) -> tuple[float, float] | None:
    """A town's middle; None for a state or a country, which has none."""
    if place is None or place.latitude is None or place.longitude is None:
        return None
    return place.latitude, place.longitude


def _query(wish: Wish, kinds: tuple[str, ...]) -> Query:
    avoided = _point(wish.avoid)
    return Query(
        kinds,
        wish.country,
        region=wish.place.region or None if wish.place else None,
        locale=wish.locale,
        audience=wish.audience,
        without_papers=wish.without_papers or None,
        at=wish.at,
        not_near=(*avoided, HERE) if avoided else None,
        limit=_LOOKED_AT,
    )


def _nearest_first(service: Service, point: tuple[float, float]) -> Service:
    """The service with its places in the order of their distance."""
    here = on_the_globe(*point)

    def away(one: Point) -> float:
        if one.latitude is None or one.longitude is None:
            return inf
        return float(kilometres_between(on_the_globe(one.latitude, one.longitude), here))

    return replace(service, points=tuple(sorted(service.points, key=away)))


def _is_within(one: Found, furthest: float, region: str) -> bool:
    """Whether a service lies so near; one of which only the state is known, whether it is that of the place."""
    if one.kilometres is not None:
        return one.kilometres <= furthest
    # One for the whole country is found wherever it sits, and so where nothing may be near.
    return bool(region) and not one.service.nationwide and any(point.region == region for point in one.service.points)


def near(wish: Wish) -> list[Found]:
    """Services with a place near the one that was named, best first.

    Raises:
        DataError: the index is broken.
    """
    point = _point(wish.place)
    if point is None:
        return []
    furthest = _FURTHER if wish.avoid else NEAR
    found = index().find(replace(_query(wish, KINDS[wish.search]), near=point))
    return [
        replace(one, service=_nearest_first(one.service, point))
        for one in found
        if one.service.points and _is_within(one, furthest, wish.place.region if wish.place else "")
    ]


def _as_line(one: Found) -> Found:
    """A service that is reached from anywhere, without the place where it sits."""
    return replace(one, service=replace(one.service, points=()), kilometres=None)


def national(wish: Wish) -> list[Found]:
    """Services that are reached from anywhere in the country, best first: lines that can be called or texted, one that is open at the top.

    What has only a website comes last: a cheap phone may not open it. Where the hours of the first are not known, one that is open round
    the clock comes before it, if it serves as well.

    Raises:
        DataError: the index is broken.
    """
    groups = NATIONAL_KINDS[wish.search]
    kinds = tuple(kind for group in groups for kind in group)
    found = index().find(replace(_query(wish, kinds), anywhere=True))

    def rank(one: Found) -> tuple[bool, int, bool]:
        group = next(number for number, group in enumerate(groups) if one.service.kind in group)
        return not (one.service.phone or one.service.sms), group, one.service.doubtful

    lines = [_as_line(one) for one in found if one.service.nationwide or not one.service.points]
    ordered = sorted((one for one in lines if one.service.country == wish.country), key=rank)
    if ordered and ordered[0].open is False:
        opened = next((one for one in ordered if one.open and one.service.phone), ordered[0])
        ordered = [opened, *(one for one in ordered if one is not opened)]
    elif ordered and ordered[0].open is None and not ordered[0].service.always_open:
        sure = next((one for one in ordered if one.service.always_open and _is_as_good(one, ordered[0], rank, wish)), ordered[0])
        ordered = [sure, *(one for one in ordered if one is not sure)]
    return ordered


def _is_as_good(one: Found, first: Found, rank: Callable[[Found], tuple[bool, int, bool]], wish: Wish) -> bool:
    """Whether a line serves as well as the first one: it ranks the same, can be called, and is for everybody grown up or for her."""
    audience = set(one.service.audience)
    return rank(one) == rank(first) and bool(one.service.phone) and bool(audience & {"anyone", "adults", *wish.audience})


def offers(wish: Wish) -> list[Found]:
    """Everything that fits a wish: the best one near her, the best national line, then what else is near, then the other lines.

    One of each at the start: an office near her may be closed or full, and a national line knows of more. A line that goes by several names
    is said once, and one that sits near her is said as what is near.

    Raises:
        DataError: the index is broken.
    """
    there = near(wish)
    anywhere = [one for one in national(wish) if one.service.id not in {first.service.id for first in there[:1]}]
    ordered: dict[str, Found] = {}
    for one in (*there[:1], *anywhere[:1], *there[1:], *anywhere[1:]):
        ordered.setdefault(one.service.id, one)
    found: dict[tuple[str, str], Found] = {}
    for one in ordered.values():
        found.setdefault(_reached_at(one.service), one)
    return list(found.values())


def _reached_at(service: Service) -> tuple[str, str]:
    """The number and the town where a service is reached: two with the same are one for who calls."""
    number = "".join(filter(str.isdigit, service.phone or service.sms))
    return number or service.id, service.points[0].city if service.points else ""


def there_are_places(search: str, country: str) -> bool:
    """Whether the directory has any service with a place for a search in a country, so that it is worth asking for the town."""
    found = index().find(Query(KINDS[search], country, limit=_LOOKED_AT))
    return any(one.service.points and not one.service.nationwide and one.service.country == country for one in found)
