"""Reads opening hours in the words of the collected facts, such as ``Mon-Fri 8:00-16:30 Eastern``. What it cannot read whole it leaves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.knowledge.hsds.hours import WEEKDAYS
from bot.knowledge.hsds.serving import says_always_open

_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = "(?:" + "|".join(_NAMES) + ")"
_WEEK = ",".join(WEEKDAYS)
_TIME = r"(\d{1,2})(?::(\d{2}))?"
_TIMES = re.compile(rf"{_TIME}\s*-\s*{_TIME}|(24 hours)")
_ZONES = {"eastern": {"US": "America/New_York", "CA": "America/Toronto"}}
_SAYS_NOTHING_MORE = re.compile(r"\blocal time\b|\(\d{4}\)")  # the line's own time, and the year of the page


@dataclass(frozen=True)
class Hours:
    """Hours of some days, as a schedule of HSDS has them.

    Attributes:
        days: two letters each, with commas, as the BYDAY of an RRULE.
        opens, closes: ``HH:MM``; ``00:00`` to ``23:59`` is the whole day, and one that closes before it opens closes on the next day.
    """

    days: str
    opens: str
    closes: str


def _days(text: str) -> str | None:
    """The days that a text means, as in `Hours.days`; None where it means none."""
    said = text.strip(" ,").lower()
    if said in ("daily", "7 days"):
        return _WEEK
    if said == "weekdays":
        return ",".join(WEEKDAYS[:5])
    span = re.fullmatch(rf"({_DAY})-({_DAY})", said)
    if span:
        first, last = _NAMES.index(span[1]), _NAMES.index(span[2])
        return ",".join(WEEKDAYS[day % 7] for day in range(first, last + 1 + (7 if last < first else 0)))
    if re.fullmatch(rf"{_DAY}(?:,\s*{_DAY})*", said):
        return ",".join(WEEKDAYS[_NAMES.index(day.strip())] for day in said.split(","))
    return None


def _part(text: str) -> Hours | None:
    """What one part says: days before or behind times."""
    times = _TIMES.search(text)
    days = _days(text[: times.start()] + text[times.end() :]) if times else None
    if times is None or days is None:
        return None
    if times[5]:
        return Hours(days, "00:00", "23:59")
    opens, closes = (f"{int(hour):02}:{minute or '00'}" for hour, minute in ((times[1], times[2]), (times[3], times[4])))
    return Hours(days, opens, "00:00" if closes == "24:00" else closes)


def read_hours(text: str) -> list[Hours]:
    """The hours that a text tells, or none where any part of it cannot be read: half a week would say that the rest is closed."""
    if says_always_open(text) and not _days(text.split(",")[0]):
        return [Hours(_WEEK, "00:00", "23:59")]
    plain = _SAYS_NOTHING_MORE.sub("", text)
    for word in _ZONES:
        plain = re.sub(rf"\b{word}\b", "", plain, flags=re.IGNORECASE)
    found = [_part(part) for part in plain.split(";")] if plain.strip() else []
    return [hours for hours in found if hours] if all(found) else []


def zone_named_in(text: str, country: str) -> str:
    """The IANA name of the time zone that a text on opening hours names, or ""."""
    return next((zones.get(country, "") for word, zones in _ZONES.items() if re.search(rf"\b{word}\b", text, re.IGNORECASE)), "")
