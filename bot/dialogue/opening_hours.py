"""Opening hours in a person's language, short enough for a text message."""

from __future__ import annotations

from collections.abc import Iterable

from babel.dates import get_day_names

from bot.knowledge.services import MINUTES_OF_DAY


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
