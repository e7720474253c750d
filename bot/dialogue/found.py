"""What a lookup for an advocate finds: texts in the person's language, each with its meaning in the desk's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.dialogue.catalogues import pgettext_noop

# In the place of what the bot says of itself: an advocate is not automated, but can do no more than that either.
LIMITS = pgettext_noop("canned", "I cannot see where you are, and I cannot send anyone to you.")


@dataclass(frozen=True)
class Line:
    """Something that may be sent.

    Attributes:
        text: in the person's locale.
        meaning: the same in the desk's.
    """

    text: str
    meaning: str


@dataclass(frozen=True)
class FoundService:
    """A service.

    Attributes:
        name: its own, for the advocate alone: what is sent goes by the neutral label.
        lines: how it is reached first; then hours, languages, whom it serves, when it was checked.
    """

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Pick:
    """What a lookup may go on with.

    Attributes:
        title: in the desk's locale.
        topic: what is looked up then.
        country, place: where, as far as picking it tells.
    """

    title: str
    topic: str
    country: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes:
        topic: what it is about; None where that was not understood.
        title: of the topic, in the desk's locale.
        country: whose law and services these are (ISO 3166-1 alpha-2), or None.
        urgent: kind of urgency that was heard in the query and is answered first, or None.
        lines: all of the answer, paragraph by paragraph.
        source: where the answer comes from and when that was checked, in short; None where there is no answer.
        sources: the same in full, to look up.
        services: best first.
        nothing_near: none of the services is near the town that was named.
        unknown_place: the town that was named is not known, so it was passed over.
        picks: what else may have been meant, or which place of one name; all topics where nothing was found.
    """

    topic: str | None = None
    title: str = ""
    country: str | None = None
    urgent: str | None = None
    lines: tuple[Line, ...] = ()
    source: Line | None = None
    sources: tuple[str, ...] = ()
    services: tuple[FoundService, ...] = ()
    nothing_near: bool = False
    unknown_place: bool = False
    picks: tuple[Pick, ...] = ()


def found_from(value: dict[str, Any]) -> Found:
    """What `dataclasses.asdict` and JSON made of a `Found`.

    Raises:
        KeyError, TypeError: it is something else.
    """

    def lines(values: list[dict[str, str]]) -> tuple[Line, ...]:
        return tuple(Line(**one) for one in values)

    return Found(
        **{
            **value,
            "lines": lines(value["lines"]),
            "source": Line(**value["source"]) if value["source"] else None,
            "sources": tuple(value["sources"]),
            "services": tuple(FoundService(one["name"], lines(one["lines"])) for one in value["services"]),
            "picks": tuple(Pick(**one) for one in value["picks"]),
        }
    )
