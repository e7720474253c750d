"""The hotline's lines: their languages, hours and holidays, and how long somebody waits for them (`data/desk.yml`)."""

from __future__ import annotations

import bisect
import datetime
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import DataError
from bot.kept import Kept
from bot.knowledge.files import FieldError, field, line_of, read_yaml, refuse_unknown, where
from bot.knowledge.hsds.hours import WEEKDAYS
from bot.knowledge.services import MINUTES_OF_DAY, Opening
from bot.locales import all_locales
from bot.paths import DATA

MUST_REPORT = ("child_harm", "violence_under_way")
LONGEST_PROTOCOL = 2000

_DAY = datetime.timedelta(days=1)
_AHEAD = datetime.timedelta(days=14)
_PARTS = frozenset({"timezone", "lines", "must_report", "waits", "urgent_ahead", "protocol", "help_after_close"})
_OF_LINE = frozenset({"id", "name", "languages", "hours", "holidays"})
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LONGEST_NAME = 60
_DAYS = re.compile(r"([a-z]{2})(?:-([a-z]{2}))?")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_SHORTEST = 0.05  # minutes; what is shorter nobody can answer in
_LONGEST = {  # minutes
    "other_language_after": 120.0,
    "phone_after": 120.0,
    "text_after": 120.0,
    "longest": 240.0,
    "advocate_gone": 15.0,
    "quiet": 60.0,
    "closing": 60.0,
    "longest_case": 1440.0,
    "unanswered": 60.0,
}
_IN_ORDER = ("other_language_after", "phone_after", "text_after", "longest")
_MOST_AHEAD = 240.0  # minutes


@dataclass(frozen=True)
class Line:
    """Advocates who have hours and languages in common.

    Attributes:
        id: unique at this desk.
        name: shown at the desk only.
        languages: locale codes in which they can write.
        openings: when they are there, in an ordinary week, in the desk's time zone.
        holidays: when they are there on dates that are no ordinary day of the week; nothing where they are not.
    """

    id: str
    name: str
    languages: tuple[str, ...]
    openings: tuple[Opening, ...]
    holidays: dict[datetime.date, tuple[Opening, ...]]

    def openings_of(self, day: datetime.date) -> tuple[Opening, ...]:
        """When they come on a date; a night belongs to the day on which it begins."""
        usual = tuple(opening for opening in self.openings if opening.weekday == day.weekday())
        return self.holidays.get(day, usual)

    def is_open(self, there: datetime.datetime) -> bool:
        """Whether they are there, by what the clock on their wall shows."""
        today, minute = there.date(), there.hour * 60 + there.minute
        if any(opening.opens <= minute < opening.closes for opening in self.openings_of(today)):
            return True
        # The night before goes on, but not into a holiday: of that all is said.
        return today not in self.holidays and any(minute + MINUTES_OF_DAY < opening.closes for opening in self.openings_of(today - _DAY))


@dataclass(frozen=True)
class Waits:
    """How long things take, in seconds.

    Attributes:
        other_language_after: of waiting, until a person is asked whether an advocate without her language may join.
        phone_after, text_after: of waiting, until she is told whom she can call, and whom she can write to instead.
        longest: of waiting, until it ends with the numbers.
        advocate_gone: without an advocate's connection, until the case is put back.
        quiet: without a message of the person, until an advocate's words wait behind a neutral line.
        closing: after a case was closed, in which the last question can be answered.
        longest_case: until a case ends by itself.
        unanswered: without an advocate's answer, until a supervisor is alerted.
    """

    other_language_after: float
    phone_after: float
    text_after: float
    longest: float
    advocate_gone: float
    quiet: float
    closing: float
    longest_case: float
    unanswered: float


@dataclass(frozen=True)
class Desk:
    """What the operator has set about the desk.

    Attributes:
        lines: at least one.
        waits: how long things take.
        must_report: of `MUST_REPORT`, what the staff must report.
        urgent_ahead: seconds by which an urgent case counts as having come earlier.
        protocol: what advocates do in imminent danger; shown at the desk only.
        timezone: IANA name, of the lines' hours.
        asks_whether_it_helped: whether a person is asked that when a case is closed.
    """

    lines: tuple[Line, ...]
    waits: Waits
    must_report: tuple[str, ...]
    urgent_ahead: float
    protocol: str
    timezone: str
    asks_whether_it_helped: bool


def _open_lines(desk: Desk, now: datetime.datetime) -> list[Line]:
    there = now.astimezone(ZoneInfo(desk.timezone))
    return [line for line in desk.lines if line.is_open(there)]


def languages_open(desk: Desk, now: datetime.datetime) -> tuple[str, ...]:
    """Locale codes of the lines that are open, each once, in the desk's order.

    Args:
        desk: with the lines.
        now: with time zone.
    """
    return tuple(dict.fromkeys(code for line in _open_lines(desk, now) for code in line.languages))


def is_open(desk: Desk, now: datetime.datetime, locale: str | None = None) -> bool:
    """Whether a line is open by its hours.

    Args:
        desk: with the lines.
        now: with time zone.
        locale: that the line must have among its languages; None for any line.
    """
    return any(locale is None or locale in line.languages for line in _open_lines(desk, now))


def next_opening(desk: Desk, now: datetime.datetime, locale: str | None = None) -> datetime.datetime | None:
    """From when on a line is open: now, where one is; else the first moment at which one opens.

    Where clocks are put forward over that time, it is the moment at which they are; where they are put back, its first moment.

    Args:
        desk: with the lines.
        now: with time zone.
        locale: that the line must have among its languages; None for any line.
    Returns:
        The moment in the desk's time zone; None where none comes within 14 days.
    """
    zone, begin = ZoneInfo(desk.timezone), now.astimezone(datetime.timezone.utc)
    moments = {begin, *_beginnings(desk, begin, zone), *_clock_changes(zone, begin, begin + _AHEAD)}
    for moment in sorted(moments):
        if begin <= moment <= begin + _AHEAD and is_open(desk, moment, locale):
            return moment.astimezone(zone)
    return None


def _beginnings(desk: Desk, begin: datetime.datetime, zone: ZoneInfo) -> Iterator[datetime.datetime]:
    """When a wall clock shows that a line opens; where it shows that twice, both times."""
    first = begin.astimezone(zone).date() - _DAY
    for day in (first + count * _DAY for count in range(_AHEAD.days + 3)):
        for hour, minute in {divmod(opening.opens, 60) for line in desk.lines for opening in line.openings_of(day)}:
            for fold in (0, 1):
                shown = datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold)
                yield shown.astimezone(datetime.timezone.utc)


def _clock_changes(zone: ZoneInfo, first: datetime.datetime, last: datetime.datetime) -> Iterator[datetime.datetime]:
    """When clocks are put forward or back."""
    day = first.replace(second=0, microsecond=0)
    while day <= last:

        def offset_after(minutes: int, day: datetime.datetime = day) -> datetime.timedelta | None:
            return (day + datetime.timedelta(minutes=minutes)).astimezone(zone).utcoffset()

        before = offset_after(0)
        minutes = bisect.bisect(range(MINUTES_OF_DAY + 1), False, key=lambda minutes: offset_after(minutes) != before)
        if minutes <= MINUTES_OF_DAY:
            yield day + datetime.timedelta(minutes=minutes)
        day += _DAY


def _zone(content: dict[str, Any]) -> str:
    name = field(content, "timezone", str)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is an OSError
        raise FieldError("a 'timezone' that is none, such as America/New_York", line_of(content, "timezone")) from None
    return name


def _text(entry: dict[str, Any], name: str, longest: int) -> str:
    text = field(entry, name, str).strip()
    if not 0 < len(text) <= longest:
        raise FieldError(f"a '{name}' that is empty or longer than {longest} characters", line_of(entry, name))
    return text


def _seconds(entry: dict[str, Any], name: str, least: float, most: float) -> float:
    minutes = entry[name] if name in entry else field(entry, name, int)
    if isinstance(minutes, bool) or not isinstance(minutes, (int, float)) or not least <= minutes <= most:
        raise FieldError(f"a '{name}' that is no number of minutes from {least:g} to {most:g}", line_of(entry, name))
    return minutes * 60.0


def _waits(entry: dict[str, Any]) -> Waits:
    refuse_unknown(entry, _LONGEST)
    waits = Waits(**{one.name: _seconds(entry, one.name, _SHORTEST, _LONGEST[one.name]) for one in fields(Waits)})
    for shorter, longer in (*pairwise(_IN_ORDER), *((name, "longest_case") for name in _LONGEST)):
        if getattr(waits, longer) < getattr(waits, shorter):
            raise FieldError(f"a '{longer}' that is shorter than '{shorter}'", line_of(entry, longer))
    return waits


def _chosen(entry: dict[str, Any], name: str, known: Collection[str], of: str) -> tuple[str, ...]:
    """A list of words that are all known, each once."""
    words = field(entry, name, list)
    for number, word in enumerate(words):
        if not isinstance(word, str) or word not in known or word in words[:number]:
            raise FieldError(f"a '{name}' with {word!r}, which is not of {of} or stands there twice", line_of(entry, name))
    return tuple(words)


def _spans(text: object, what: str, line: int | None) -> list[tuple[int, int]]:
    """When a day's hours open and close, in minutes after midnight; see `Opening`."""
    found: list[tuple[int, int]] = []
    for part in text.split(",") if isinstance(text, str) else [""]:
        span = _SPAN.fullmatch(part.strip())
        if not span:
            raise FieldError(f'{what} that are no times such as "09:00-12:00, 13:00-17:00", in quotes', line)
        opens = int(span[1]) * 60 + int(span[2])
        closes = int(span[3]) * 60 + int(span[4]) if span[3] else MINUTES_OF_DAY
        if opens == closes or (found and opens < found[-1][1]):
            raise FieldError(f"{what} in which a time is empty, or begins before the one before it ends", line)
        found.append((opens, closes if closes > opens else closes + MINUTES_OF_DAY))
    return found


def _weekdays(name: object) -> list[int]:
    """The days that ``mo-fr`` or ``sa`` names; none where it names none."""
    named = _DAYS.fullmatch(name) if isinstance(name, str) else None
    ends = [day.upper() for day in (named[1], named[2] or named[1])] if named else []
    if not ends or not set(ends) <= set(WEEKDAYS):
        return []
    first, last = map(WEEKDAYS.index, ends)
    return [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]


def _openings(line: dict[str, Any]) -> tuple[Opening, ...]:
    hours = field(line, "hours", dict)
    if hours == {"always": True} and hours["always"] is True:
        return tuple(Opening(day, 0, MINUTES_OF_DAY) for day in range(7))
    found: dict[int, list[tuple[int, int]]] = {}
    for name, text in hours.items():
        there = line_of(hours, name)
        if not (days := _weekdays(name)):
            raise FieldError(f"'hours' with {name!r}, which is no day such as mo or mo-fr, nor `always: true` alone", there)
        if set(days) & set(found):
            raise FieldError(f"'hours' in which a day of {name!r} stands twice", there)
        found |= {day: _spans(text, f"'hours' of {name}", there) for day in days}
    if not found:
        raise FieldError("'hours' without a day", line_of(line, "hours"))
    return tuple(Opening(day, *span) for day in sorted(found) for span in found[day])


def _holidays(line: dict[str, Any]) -> dict[datetime.date, tuple[Opening, ...]]:
    found: dict[datetime.date, tuple[Opening, ...]] = {}
    for entry in field(line, "holidays", list):
        for day, text in entry.items() if isinstance(entry, dict) else [(entry, None)]:
            there = line_of(entry, day) or line_of(line, "holidays")
            if type(day) is not datetime.date:
                raise FieldError(f"'holidays' with {day!r}, which is no date such as 2026-12-25", there)
            if day in found:
                raise FieldError(f"'holidays' in which {day} stands twice", there)
            spans = _spans(text, f"'holidays' with hours of {day}", there) if isinstance(entry, dict) else []
            found[day] = tuple(Opening(day.weekday(), *span) for span in spans)
    return found


def _line(entry: dict[str, Any], locales: Collection[str]) -> Line:
    refuse_unknown(entry, _OF_LINE)
    code = field(entry, "id", str)
    if not _ID.fullmatch(code):
        raise FieldError("an 'id' of other than small letters, digits and hyphens", line_of(entry, "id"))
    languages = _chosen(entry, "languages", locales, "locales/locales.yml")
    if not languages:
        raise FieldError("'languages' without any", line_of(entry, "languages"))
    return Line(code, _text(entry, "name", _LONGEST_NAME), languages, _openings(entry), _holidays(entry))


def _lines(content: dict[str, Any], locales: Collection[str]) -> tuple[Line, ...]:
    entries = field(content, "lines", list)
    if not entries:
        raise FieldError("no line of the hotline", line_of(content, "lines"))
    found: dict[str, Line] = {}
    for entry in entries:
        line = _line(entry, locales)
        if line.id in found:
            raise FieldError(f"two lines with the id {line.id}", line_of(entry, "id"))
        found[line.id] = line
    return tuple(found.values())


def _desk(content: dict[str, Any], locales: Collection[str]) -> Desk:
    refuse_unknown(content, _PARTS)
    return Desk(
        lines=_lines(content, locales),
        waits=_waits(field(content, "waits", dict)),
        must_report=_chosen(content, "must_report", MUST_REPORT, " and ".join(MUST_REPORT)),
        urgent_ahead=_seconds(content, "urgent_ahead", 0.0, _MOST_AHEAD),
        protocol=_text(content, "protocol", LONGEST_PROTOCOL),
        timezone=_zone(content),
        asks_whether_it_helped=field(content, "help_after_close", bool),
    )


def read_desk(path: Path, locales: Collection[str]) -> Desk:
    """Reads what the operator has set.

    Args:
        path: of the file.
        locales: codes that there are.
    Raises:
        DataError: something is missing or wrong; says where.
    """
    content = read_yaml(path)
    try:
        return _desk(content, locales)
    except FieldError as error:
        raise DataError(f"{where(path, content, error)}: it has {error}. Compare it with the comments of the file.") from None


@Kept
def desk_settings() -> Desk:
    """What is set in `data/desk.yml`."""
    return read_desk(DATA / "desk.yml", all_locales())
