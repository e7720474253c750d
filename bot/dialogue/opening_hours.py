"""Opening hours in a person's language, short enough for a text message."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from babel.dates import format_skeleton, format_time, get_day_names, get_timezone_location

from bot.dialogue.catalogues import pgettext_noop, translate
from bot.knowledge.services import MINUTES_OF_DAY
from bot.locales import left_to_right

TODAY = pgettext_noop("moment", "today")
TOMORROW = pgettext_noop("moment", "tomorrow")
_DAYS_OF_WEEK = 7


def _time(minutes: int) -> str:
    """A time of day; what lies after midnight belongs to the next day, midnight itself to the day that it ends."""
    shown = minutes if minutes == MINUTES_OF_DAY else minutes % MINUTES_OF_DAY
    return f"{shown // 60:02}:{shown % 60:02}"


def worded_openings(openings: Iterable[tuple[int, int, int]], locale: str) -> list[tuple[str, str]]:
    """Days and times, such as ("Mon-Fri", "09:00-12:00 13:00-17:00"): a pair for each run of days that have the same times.

    Args:
        openings: weekday from 0 for Monday, then opens and closes in minutes after midnight; in order.
        locale: of the names of the days.
    """
    times: dict[int, str] = {}
    for weekday, opens, closes in openings:
        span = f"{_time(opens)}-{_time(closes)}"
        times[weekday] = f"{times[weekday]} {span}" if weekday in times else span
    runs: list[list[int]] = []
    for day in sorted(times):
        if runs and runs[-1][-1] == day - 1 and times[day] == times[day - 1]:
            runs[-1].append(day)
        else:
            runs.append([day])
    names = get_day_names("abbreviated", "stand-alone", locale)
    return [("-".join(dict.fromkeys((names[run[0]], names[run[-1]]))), times[run[0]]) for run in runs]


def _day(locale: str, when: datetime.date, today: datetime.date) -> str:
    away = (when - today).days
    if away in (0, 1):
        return translate(locale, *(TODAY, TOMORROW)[away])
    if 0 < away < _DAYS_OF_WEEK:
        return str(get_day_names("wide", "stand-alone", locale)[when.weekday()])
    return format_skeleton("MMMEd", when, locale=locale)


def moment(locale: str, when: datetime.datetime, now: datetime.datetime, zone: bool = False) -> str:
    """A moment of the next days, such as "today 9:00 AM", "Monday 9:00 AM", or with its date where that is a week away.

    Args:
        locale: of the words and of the clock, which has twelve hours or twenty-four.
        when: with time zone; in that it is said.
        now: with time zone.
        zone: whether to say of which city the time is, for who may have another. Its short name ("ET") is known only to those who
            live there, and most locales have none.
    """
    day = _day(locale, when.date(), now.astimezone(when.tzinfo).date())
    time = left_to_right(format_time(when, "short", when.tzinfo, locale), locale)
    city = f" ({get_timezone_location(when.tzinfo, locale, return_city=True).rpartition('/')[2]})" if zone else ""
    return " ".join(f"{day} {time}{city}".split())  # CLDR has spaces that no old phone knows
