"""When a service is open: the RRULEs of HSDS 3 and the weekdays of older layouts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

from bot.knowledge.hsds.package import Row
from bot.knowledge.hsds.serving import says_always_open
from bot.knowledge.services import MINUTES_OF_DAY, Opening

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2})?\s*([ap])?\.?m?\.?", re.I)
_RRULE_DAY = re.compile(r"(?<![A-Z])(?:[+-]?\d+)?(MO|TU|WE|TH|FR|SA|SU)(?![A-Z])")
_WORDS = {"noon": 720, "midday": 720, "midnight": 0}


def minutes(text: str) -> int | None:
    """A time of day in minutes after midnight, from forms such as ``09:00:00``, ``9am`` and ``4:00 PM``; None where it is none."""
    said = text.strip().lower()
    if said in _WORDS:
        return _WORDS[said]
    found = _TIME.fullmatch(said)
    if not found:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    return hour * 60 + minute if hour * 60 + minute <= MINUTES_OF_DAY and minute < 60 else None


def date(text: str) -> datetime.date | None:
    """The date with which a text begins as ISO 8601 says, or None."""
    try:
        return datetime.date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _holds(schedule: Row, today: datetime.date) -> bool:
    first, last = date(schedule.get("valid_from")), date(schedule.get("valid_to")) or date(schedule.get("until"))
    return (first is None or first <= today) and (last is None or last >= today)


def _weekdays(schedule: Row) -> list[int]:
    """Days of the week on which a schedule holds; none where it does not come back every week."""
    often, days = schedule.get("freq").upper(), _RRULE_DAY.findall(schedule.get("byday").upper())
    if schedule.get("interval") not in ("", "1") or often not in ("", "WEEKLY", "DAILY"):
        return []
    if not days and often == "DAILY":
        return list(range(7))
    starts = date(schedule.get("dtstart"))
    if not days and often == "WEEKLY" and starts:
        return [starts.weekday()]
    return [WEEKDAYS.index(day) for day in days]


def _openings(schedule: Row) -> Iterable[Opening]:
    opens, closes = minutes(schedule.get("opens_at")), minutes(schedule.get("closes_at"))
    if opens is None or closes is None or opens == MINUTES_OF_DAY:
        return
    if closes == MINUTES_OF_DAY - 1:
        closes = MINUTES_OF_DAY  # "until 23:59" means until midnight
    for day in _weekdays(schedule):
        yield Opening(day, opens, closes if closes > opens else closes + MINUTES_OF_DAY)


def openings_of(schedules: Iterable[Row], today: datetime.date) -> tuple[Opening, ...]:
    """The times of the week in which a service is open by the schedules that hold today, in order.

    Schedules that come back monthly or every other week, and single days, are left out: they say nothing of a week.
    """
    return tuple(
        sorted(
            {opening for schedule in schedules if _holds(schedule, today) for opening in _openings(schedule)},
            key=lambda opening: (opening.weekday, opening.opens, opening.closes),
        )
    )


def is_always_open(openings: Iterable[Opening], *texts: str) -> bool:
    """Whether a service is open round the clock, by its times or by what texts say."""
    full = {opening.weekday for opening in openings if opening.closes - opening.opens >= MINUTES_OF_DAY}
    # "Mon-Sat, 24 hours": where the times know whole days, they know which.
    return len(full) == 7 or (not full and says_always_open(*texts))


def timezone_of(schedules: Iterable[Row], country: str) -> str:
    """The IANA name of the time zone in which schedules are meant: their own, or that of a country with one time; else ""."""
    zones = get_global("zone_territories")
    for schedule in schedules:
        if schedule.get("timezone") in zones:
            return schedule.get("timezone")
    return _zone_of_country(country)


@lru_cache(maxsize=512)
def _zone_of_country(country: str) -> str:
    """The zone of a country that has one time; of several whose clocks agree all year, such as Germany's two, the first."""
    zones = [str(zone) for zone in get_global("territory_zones").get(country, [])]
    year = datetime.date.today().year
    days = [datetime.datetime(year, month, day, 12) for month in range(1, 13) for day in (1, 15)]

    def clock(zone: str) -> list[datetime.timedelta | None]:
        return [day.replace(tzinfo=ZoneInfo(zone)).utcoffset() for day in days]

    try:
        return zones[0] if zones and all(clock(zone) == clock(zones[0]) for zone in zones[1:]) else ""
    except ZoneInfoNotFoundError:
        return ""
