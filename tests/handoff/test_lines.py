"""The hotline's hours: by the wall clock, over midnight, on holidays, when clocks change; and a file of them that is broken."""

from __future__ import annotations

import datetime
import random
import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from bot.conversation.tables import put_in_use, read_tables, tables_in_use
from bot.errors import DataError
from bot.handoff.lines import MUST_REPORT, Desk, Line, Waits, desk_settings, is_open, languages_open, next_opening, read_desk
from bot.locales import all_locales
from bot.paths import DATA, ROOT

from ..knowledge.broken import line_named

UTC, MINUTE = datetime.timezone.utc, datetime.timedelta(minutes=1)
SHIPPED = (DATA / "desk.yml").read_text(encoding="utf-8")
NEW_YORK = "America/New_York"


def set_to(folder: Path, *lines: str, timezone: str = NEW_YORK) -> Desk:
    """A desk with lines that are each written as ``languages | hours | holidays``, the latter two as in the file."""
    path = folder / "desk.yml"
    entries = []
    for number, line in enumerate(lines):
        languages, hours, holidays = (part.strip() for part in line.split("|"))
        entries.append(f"- {{id: line-{number}, name: X, languages: [{languages}], hours: {{{hours}}}, holidays: [{holidays}]}}\n")
    before, after = SHIPPED.split("- id: everybody")
    text = before + "".join(entries) + "must_report:" + after.split("must_report:")[1]
    path.write_text(text.replace(f"timezone: {NEW_YORK}", f"timezone: {timezone}"), encoding="utf-8")
    return read_desk(path, all_locales())


def at(text: str, zone: str = NEW_YORK, fold: int = 0) -> datetime.datetime:
    """A moment by the clock of a zone."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def shown(moment: datetime.datetime | None) -> str | None:
    """What the clock there shows, and its distance from UTC."""
    return moment.isoformat(" ", "minutes") if moment else None


def opens(desk: Desk, now: datetime.datetime, locale: str | None = None) -> datetime.datetime | None:
    """The next opening in UTC: to Python a time that clocks show twice equals none in another zone."""
    moment = next_opening(desk, now, locale)
    return moment.astimezone(UTC) if moment else None


# As it is shipped


def test_the_shipped_desk_is_open_for_everybody() -> None:
    desk = desk_settings()
    assert len(desk.lines) == 1 and desk.lines[0].languages == tuple(all_locales())
    for moment in (at("2026-12-25 03:00"), at("2027-03-14 02:59"), at("2026-11-01 01:30", fold=1)):
        assert is_open(desk, moment) and all(is_open(desk, moment, locale) for locale in all_locales())
        assert opens(desk, moment) == moment.astimezone(UTC)
        assert languages_open(desk, moment) == tuple(all_locales())
    assert desk.must_report == MUST_REPORT
    assert desk.waits == Waits(180, 360, 600, 1800, 60, 300, 180, 43200, 300)
    assert (desk.urgent_ahead, desk.timezone, desk.asks_whether_it_helped) == (1200, NEW_YORK, True)


def test_the_shipped_protocol_says_what_the_rules_say_and_names_no_number_of_a_country() -> None:
    protocol = desk_settings().protocol
    assert set(re.findall(r"\d{3,}", protocol)) == {"112", "911", "999"} and "112, or 911 in the Americas, 999 in the UK" in protocol
    assert "supervisor" in protocol and len(protocol.splitlines()) == 7


def test_the_edge_takes_it_with_its_other_tables(tmp_path: Path) -> None:
    before, other = tables_in_use(), set_to(tmp_path, "en | always: true | 2026-12-25")
    assert before.desk == desk_settings() == read_tables(ROOT).desk != other
    put_in_use(replace(before, desk=other))
    try:
        assert desk_settings() is other
    finally:
        put_in_use(before)


# Hours


@pytest.mark.parametrize(
    ("moment", "open_"),
    (
        ("2026-07-06 08:59", False),  # a Monday
        ("2026-07-06 09:00", True),
        ("2026-07-10 20:59", True),
        ("2026-07-10 21:00", False),
        ("2026-07-11 13:59", True),  # Saturday
        ("2026-07-11 14:00", False),
        ("2026-07-11 16:00", True),
        ("2026-07-12 12:00", False),
        ("2026-07-12 23:30", True),  # Sunday, over midnight
        ("2026-07-13 05:59", True),
        ("2026-07-13 06:00", False),
        ("2026-07-12 05:59", False),
    ),
)
def test_hours_of_a_week(tmp_path: Path, moment: str, open_: bool) -> None:
    desk = set_to(tmp_path, 'en | mo-fr: "09:00-21:00", sa: "10:00-14:00, 16:00-18:00", su: "22:00-06:00" |')
    assert is_open(desk, at(moment)) is open_
    assert is_open(desk, at(moment).astimezone(UTC)) is open_
    assert is_open(desk, at(moment).astimezone(ZoneInfo("Asia/Manila"))) is open_


def test_days_may_be_named_over_the_end_of_the_week(tmp_path: Path) -> None:
    desk = set_to(tmp_path, 'en | sa-mo: "10:00-12:00" |')
    days = [day for day in range(6, 13) if is_open(desk, at(f"2026-07-{day:02} 11:00"))]
    assert days == [6, 11, 12]  # Monday, Saturday, Sunday


def test_hours_until_midnight_and_of_a_whole_day(tmp_path: Path) -> None:
    desk = set_to(tmp_path, 'en | mo: "20:00-24:00", we: "00:00-24:00", fr: "20:00-00:00" |')
    opened = [is_open(desk, at(f"2026-07-{moment}")) for moment in ("06 23:59", "07 00:00", "08 00:00", "08 23:59", "10 23:59", "11 00:00")]
    assert opened == [True, False, True, True, True, False]


# Holidays


@pytest.mark.parametrize(
    ("moment", "open_"),
    (
        ("2026-12-24 08:00", False),
        ("2026-12-24 09:30", True),
        ("2026-12-24 22:30", False),  # its own hours, not those of a Thursday
        ("2026-12-25 12:00", False),
        ("2026-12-25 23:00", False),
        ("2026-12-26 03:00", False),  # no night began on the holiday
        ("2026-12-30 23:59", True),
        ("2026-12-31 00:00", False),  # the night before ends where the holiday begins
        ("2026-12-31 02:00", False),
        ("2026-12-31 20:00", True),
        ("2027-01-01 03:59", True),  # a holiday's own night goes on into an ordinary day
        ("2027-01-01 04:00", False),
        ("2027-12-25 23:00", True),  # that year's is another date
    ),
)
def test_on_a_holiday_only_its_own_hours_count(tmp_path: Path, moment: str, open_: bool) -> None:
    desk = set_to(tmp_path, 'en | mo-su: "22:00-06:00" | 2026-12-24: "09:00-13:00", 2026-12-25, 2026-12-31: "19:00-04:00"')
    assert is_open(desk, at(moment)) is open_


def test_a_line_that_is_always_open_closes_on_holidays(tmp_path: Path) -> None:
    desk = set_to(tmp_path, "en | always: true | 2026-12-25, 2026-12-26")
    assert not is_open(desk, at("2026-12-26 12:00"))
    assert shown(next_opening(desk, at("2026-12-25 00:00"))) == "2026-12-27 00:00-05:00"


# Lines and languages


def test_each_language_has_the_hours_of_its_lines(tmp_path: Path) -> None:
    desk = set_to(tmp_path, 'en, es | mo-fr: "09:00-17:00" |', 'vi, es | tu: "15:00-20:00" | 2026-07-07')
    monday, tuesday, later = at("2026-07-06 10:00"), at("2026-07-14 16:00"), at("2026-07-14 18:00")
    assert languages_open(desk, monday) == ("en", "es")
    assert languages_open(desk, tuesday) == ("en", "es", "vi")
    assert languages_open(desk, later) == ("vi", "es")
    assert languages_open(desk, at("2026-07-14 20:00")) == ()
    assert is_open(desk, monday) and not is_open(desk, monday, "vi") and is_open(desk, later, "es") and not is_open(desk, later, "en")
    assert shown(next_opening(desk, later, "en")) == "2026-07-15 09:00-04:00"
    assert shown(next_opening(desk, monday, "vi")) == "2026-07-14 15:00-04:00"
    assert next_opening(desk, later) == later
    assert next_opening(desk, monday, "ar") is None


def test_an_opening_is_told_up_to_fourteen_days_ahead(tmp_path: Path) -> None:
    closed = ", ".join(f"2026-07-{day:02}" for day in (13, 20))
    desk = set_to(tmp_path, f'en | mo: "09:00-10:00" | {closed}')
    assert next_opening(desk, at("2026-07-06 10:00")) is None  # 21 days
    assert shown(next_opening(desk, at("2026-07-13 09:00"))) == "2026-07-27 09:00-04:00"
    assert next_opening(desk, at("2026-07-13 08:59")) is None


def test_it_is_told_in_the_desk_s_time_zone(tmp_path: Path) -> None:
    desk = set_to(tmp_path, 'en | mo: "09:00-10:00" |', timezone="Asia/Manila")
    assert shown(next_opening(desk, at("2026-07-05 12:00"))) == "2026-07-06 09:00+08:00"
    assert next_opening(desk, at("2026-07-05 21:00")) == at("2026-07-06 09:00", "Asia/Manila")  # open now, told in its zone
    assert shown(next_opening(desk, at("2026-07-05 21:00"))) == "2026-07-06 09:00+08:00"


# Clocks that change: in New York forward on 2027-03-14 at 02:00, back on 2026-11-01 at 02:00


@pytest.mark.parametrize(
    ("hours", "now", "told"),
    (
        ("09:00-17:00", "2027-03-13 18:00", "2027-03-14 09:00-04:00"),
        ("09:00-17:00", "2026-10-31 18:00", "2026-11-01 09:00-05:00"),
        ("02:30-05:00", "2027-03-13 18:00", "2027-03-14 03:00-04:00"),  # 02:30 is not shown that day
        ("02:15-02:45", "2027-03-13 18:00", "2027-03-15 02:15-04:00"),  # nor anything of this
        ("01:30-05:00", "2026-10-31 18:00", "2026-11-01 01:30-04:00"),  # 01:30 is shown twice: the first
    ),
)
def test_openings_when_clocks_change(tmp_path: Path, hours: str, now: str, told: str) -> None:
    assert shown(next_opening(set_to(tmp_path, f'en | mo-su: "{hours}" |'), at(now))) == told


def test_a_night_is_an_hour_shorter_or_longer(tmp_path: Path) -> None:
    desk = set_to(tmp_path, 'en | mo-su: "22:00-06:00" |')
    for evening, hours in (("2027-03-13 22:00", 7), ("2026-10-31 22:00", 9), ("2026-07-06 22:00", 8)):
        begin = at(evening).astimezone(UTC)
        minutes_open = sum(is_open(desk, begin + minute * MINUTE) for minute in range(14 * 60))
        assert minutes_open == hours * 60


def test_an_hour_that_is_shown_twice_opens_twice(tmp_path: Path) -> None:
    desk = set_to(tmp_path, 'en | su: "01:00-01:30" |')
    assert shown(next_opening(desk, at("2026-11-01 01:45"))) == "2026-11-01 01:00-05:00"
    assert shown(next_opening(desk, at("2026-11-01 01:45", fold=1))) == "2026-11-08 01:00-05:00"


# Against a clock that goes minute by minute


def _brute(line: Line, there: datetime.datetime) -> bool:
    """Whether a line is open, by its hours as they are written down, spelled out day by day."""
    for days_ago in (0, 1):
        day = (there - datetime.timedelta(days=days_ago)).date()
        if days_ago and there.date() in line.holidays:
            continue
        spans = line.holidays[day] if day in line.holidays else [one for one in line.openings if one.weekday == day.weekday()]
        for span in spans:
            first = datetime.datetime.combine(day, datetime.time()) + span.opens * MINUTE
            last = datetime.datetime.combine(day, datetime.time()) + span.closes * MINUTE
            if first <= there.replace(tzinfo=None) < last:
                return True
    return False


def _some_hours(chance: random.Random) -> str:
    def clock() -> str:
        return f"{chance.randrange(24):02}:{chance.choice((0, 0, 15, 30, 37)):02}"

    spans: list[str] = []
    begin, end = sorted((clock(), clock()))
    if begin != end:
        spans.append(f"{begin}-{end}" if chance.random() < 0.6 else f"{end}-{begin}")
    return ", ".join(spans) or "00:00-24:00"


@pytest.mark.parametrize(
    ("zone", "around"),
    (
        (NEW_YORK, "2027-03-14"),
        (NEW_YORK, "2026-11-01"),
        ("Australia/Lord_Howe", "2026-10-04"),  # half an hour
        ("Africa/Cairo", "2026-10-30"),  # back at midnight
        ("Asia/Beirut", "2026-03-29"),  # forward at midnight
        ("Asia/Manila", "2026-12-25"),
    ),
)
@pytest.mark.parametrize("seed", range(3))
def test_any_hours_agree_with_a_clock_that_goes_minute_by_minute(tmp_path: Path, zone: str, around: str, seed: int) -> None:
    chance = random.Random(f"{zone} {around} {seed}")
    middle = datetime.date.fromisoformat(around)
    lines = []
    for languages in ("en", "es"):
        days = chance.sample(("mo", "tu", "we", "th", "fr", "sa", "su"), chance.randrange(1, 7))
        hours = ", ".join(f'{day}: "{_some_hours(chance)}"' for day in days)
        dates = chance.sample(range(-2, 3), 2)
        holidays = [(middle + datetime.timedelta(days=away)).isoformat() for away in dates]
        lines.append(f'{languages} | {hours} | {holidays[0]}, {holidays[1]}: "{_some_hours(chance)}"')
    desk = set_to(tmp_path, *lines, timezone=zone)
    begin = datetime.datetime.combine(middle, datetime.time(), ZoneInfo(zone)).astimezone(UTC) - datetime.timedelta(days=2)
    moments = [begin + minute * MINUTE for minute in range(18 * 24 * 60 + 1)]
    for locale, line in zip(("en", "es"), desk.lines, strict=True):
        opened = [_brute(line, moment.astimezone(ZoneInfo(zone))) for moment in moments]
        for number in range(0, 4 * 24 * 60, 7):
            assert is_open(desk, moments[number] + datetime.timedelta(seconds=59), locale) is opened[number], moments[number]
        for number in (*chance.sample(range(4 * 24 * 60), 25), 0):
            ahead = next((other for other in range(number, number + 14 * 24 * 60 + 1) if opened[other]), None)
            expected = None if ahead is None else moments[ahead]
            assert opens(desk, moments[number], locale) == expected, moments[number]


# The file


def _read(path: Path) -> Callable[[], Desk]:
    return lambda: read_desk(path, all_locales())


def _changed(folder: Path, old: str, new: str) -> Path:
    path = folder / "desk.yml"
    assert SHIPPED.count(old) == 1, old
    path.write_text(SHIPPED.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "read", "value"),
    (
        ("must_report: [child_harm, violence_under_way]", "must_report: []", lambda desk: desk.must_report, ()),
        ("must_report: [child_harm, violence_under_way]", "must_report: [child_harm]", lambda desk: desk.must_report, ("child_harm",)),
        ("  quiet: 5 ", "  quiet: 0.5 ", lambda desk: desk.waits.quiet, 30.0),
        ("urgent_ahead: 20", "urgent_ahead: 0", lambda desk: desk.urgent_ahead, 0.0),
        ("help_after_close: true", "help_after_close: false", lambda desk: desk.asks_whether_it_helped, False),
    ),
)
def test_what_is_set_is_read(tmp_path: Path, old: str, new: str, read: Callable[[Desk], object], value: object) -> None:
    assert read(_read(_changed(tmp_path, old, new))()) == value


def test_the_ways_to_write_hours_that_its_comments_show_are_read(tmp_path: Path) -> None:
    hours = re.findall(r"hours: (\{.*\})$", SHIPPED, re.M)
    holidays = re.findall(r"holidays: (\[.+\])$", SHIPPED, re.M)
    assert (len(hours), len(holidays)) == (3, 1)  # the last of the hours are set
    for shown_hours in hours:
        path = tmp_path / "desk.yml"
        text = SHIPPED.replace("\n  hours: {always: true}", f"\n  hours: {shown_hours}")
        path.write_text(text.replace("\n  holidays: []", f"\n  holidays: {holidays[0]}"), encoding="utf-8")
        (line,) = _read(path)().lines
        assert line.openings and sorted(line.holidays) == [datetime.date(2026, 12, 24), datetime.date(2026, 12, 25)]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    (
        ("timezone: America/New_York", "timezone: New York", "'timezone' that is none"),
        ("timezone: America/New_York", "timezone: America", "'timezone' that is none"),
        ("timezone: America/New_York", "timezone: ../zone", "'timezone' that is none"),
        ("timezone: America/New_York", "timezone: 5", "'timezone' that is no text"),
        ("timezone: America/New_York", "timezon: America/New_York", "'timezon', which nobody reads"),
        ("- id: everybody", "- id: Every body", "'id' of other than small letters"),
        ("- id: everybody", "- idd: everybody", "'idd', which nobody reads"),
        ("  name: Everybody", "  name: ''", "'name' that is empty or longer than 60"),
        ("  name: Everybody", f"  name: {'x' * 61}", "'name' that is empty or longer than 60"),
        ("  languages: [en, es, ", "  languages: [en, xx, ", "'languages' with 'xx', which is not of locales/locales.yml"),
        ("  languages: [en, es, ", "  languages: [en, en, ", "stands there twice"),
        ("  languages: [en, es, ", "  languages: [en, {es: 1}, ", "'languages' with"),
        ("  languages: [en, es, fr, pt, ar, zh_Hans, ru, uk, ro, vi, fil, hi]", "  languages: []", "'languages' without any"),
        ("\n  hours: {always: true}", "\n  hours: always", "'hours' that is no list of names and values"),
        ("\n  hours: {always: true}", "\n  hours: {}", "'hours' without a day"),
        ("\n  hours: {always: true}", "\n  hours: {always: false}", "'always', which is no day"),
        ("\n  hours: {always: true}", "\n  hours: {always: 1}", "'always', which is no day"),
        ("\n  hours: {always: true}", '\n  hours: {always: true, mo: "09:00-10:00"}', "'always', which is no day"),
        ("\n  hours: {always: true}", '\n  hours: {mon: "09:00-10:00"}', "'mon', which is no day"),
        ("\n  hours: {always: true}", '\n  hours: {mo-xx: "09:00-10:00"}', "'mo-xx', which is no day"),
        ("\n  hours: {always: true}", '\n  hours: {1: "09:00-10:00"}', "1, which is no day"),
        ("\n  hours: {always: true}", '\n  hours: {mo-fr: "09:00-10:00", we: "11:00-12:00"}', "a day of 'we' stands twice"),
        ("\n  hours: {always: true}", '\n  hours: {mo: "09:00-10:00", mo: "11:00-12:00"}', None),
        ("\n  hours: {always: true}", "\n  hours: {mo: 09:00}", "'hours' of mo that are no times"),
        ("\n  hours: {always: true}", '\n  hours: {mo: "9-17"}', "'hours' of mo that are no times"),
        ("\n  hours: {always: true}", '\n  hours: {mo: "09:00-25:00"}', "'hours' of mo that are no times"),
        ("\n  hours: {always: true}", '\n  hours: {mo: "24:00-25:00"}', "'hours' of mo that are no times"),
        ("\n  hours: {always: true}", '\n  hours: {mo: ""}', "'hours' of mo that are no times"),
        ("\n  hours: {always: true}", '\n  hours: {mo: "09:00-09:00"}', "a time is empty"),
        ("\n  hours: {always: true}", '\n  hours: {mo: "09:00-12:00, 11:00-15:00"}', "begins before the one before it ends"),
        ("\n  hours: {always: true}", '\n  hours: {mo: "22:00-06:00, 07:00-08:00"}', "begins before the one before it ends"),
        ("\n  holidays: []", "\n  holidays:", "'holidays' that is no list"),
        ("\n  holidays: []", "\n  holidays: [Christmas]", "'Christmas', which is no date"),
        ("\n  holidays: []", "\n  holidays: ['2026-12-25']", "'2026-12-25', which is no date"),
        ("\n  holidays: []", "\n  holidays: [2026-12-25 10:00:00]", "which is no date"),
        ("\n  holidays: []", "\n  holidays: [2026-12-25, 2026-12-25]", "2026-12-25 stands twice"),
        ("\n  holidays: []", "\n  holidays: [2026-12-25, 2026-12-25: '09:00-10:00']", "2026-12-25 stands twice"),
        ("\n  holidays: []", "\n  holidays: [2026-12-24: '9 to 5']", "hours of 2026-12-24 that are no times"),
        ("\n  holidays: []", "\n  holidays: [2026-12-24: ]", "hours of 2026-12-24 that are no times"),
        ("must_report: [child_harm, violence_under_way]", "must_report:", "'must_report' that is no list"),
        ("must_report: [child_harm, violence_under_way]", "must_report: [theft]", "'theft', which is not of child_harm and "),
        ("must_report: [child_harm, violence_under_way]", "must_report: [child_harm, child_harm]", "stands there twice"),
        ("  phone_after: 6 ", "  phone_after: soon ", "'phone_after' that is no number of minutes from 0.05 to 120"),
        ("  phone_after: 6 ", "  phone_after: true ", "'phone_after' that is no number"),
        ("  phone_after: 6 ", "  phone_after: -6 ", "'phone_after' that is no number"),
        ("  phone_after: 6 ", "  phone_after: .nan ", "'phone_after' that is no number"),
        ("  phone_after: 6 ", "  phon_after: 6 ", "'phon_after', which nobody reads"),
        ("  phone_after: 6 ", "  phone_after: 2 ", "'phone_after' that is shorter than 'other_language_after'"),
        ("  text_after: 10 ", "  text_after: 5 ", "'text_after' that is shorter than 'phone_after'"),
        ("  longest: 30 ", "  longest: 9 ", "'longest' that is shorter than 'text_after'"),
        ("  longest_case: 720 ", "  longest_case: 29 ", "'longest_case' that is shorter than 'longest'"),
        ("  longest_case: 720 ", "  longest_case: 4 ", "'longest_case' that is shorter than"),
        ("  longest_case: 720 ", "  longest_case: 1441 ", "'longest_case' that is no number of minutes from 0.05 to 1440"),
        ("  quiet: 5 ", "  quiet: 0 ", "'quiet' that is no number"),
        ("urgent_ahead: 20", "urgent_ahead: 241", "'urgent_ahead' that is no number of minutes from 0 to 240"),
        ("help_after_close: true", "help_after_close: perhaps", "'help_after_close' that is no true or false"),
    ),
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, old: str, new: str, says: str | None) -> None:
    path = _changed(tmp_path, old, new)
    wrong = r"it has .*" + re.escape(says) + r".*\. Compare it with the comments of the file\." if says else "is not valid YAML .*"
    assert line_named(path, _read(path), wrong).startswith(new.strip("\n"))


@pytest.mark.parametrize("name", [*yaml.safe_load(SHIPPED), *(one.name for one in fields(Waits))])
def test_nothing_may_be_left_out(tmp_path: Path, name: str) -> None:
    content = yaml.safe_load(SHIPPED)
    (content if name in content else content["waits"]).pop(name)
    path = tmp_path / "desk.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(DataError, match=rf"^desk\.yml line \d+: it has no '{name}'\. Compare"):
        _read(path)()


@pytest.mark.parametrize("name", ("id", "name", "languages", "hours", "holidays"))
def test_nothing_of_a_line_may_be_left_out(tmp_path: Path, name: str) -> None:
    content = yaml.safe_load(SHIPPED)
    del content["lines"][0][name]
    path = tmp_path / "desk.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(DataError, match=rf"^desk\.yml line \d+: it has no '{name}'\. Compare"):
        _read(path)()


@pytest.mark.parametrize(
    ("lines", "says"),
    (
        ([], "no line of the hotline"),
        (["en"], "no names and values"),
        ("twice", "two lines with the id everybody"),
        (None, "'lines' that is no"),
    ),
)
def test_lines_of_another_form_are_named(tmp_path: Path, lines: object, says: str) -> None:
    content = yaml.safe_load(SHIPPED)
    content["lines"] = content["lines"] * 2 if lines == "twice" else lines
    path = tmp_path / "desk.yml"
    path.write_text(yaml.dump(content, Dumper=_WithoutAnchors), encoding="utf-8")
    with pytest.raises(DataError, match=rf"^desk\.yml( line \d+)?: it has .*{re.escape(says)}.*\. Compare"):
        _read(path)()


class _WithoutAnchors(yaml.SafeDumper):
    """Writes what stands twice out twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


@pytest.mark.parametrize(("protocol", "good"), (("x" * 2000, True), ("x" * 2001, False), ("", False), ("  ", False)))
def test_the_protocol_is_there_and_not_too_long(tmp_path: Path, protocol: str, good: bool) -> None:
    content = yaml.safe_load(SHIPPED)
    content["protocol"] = protocol
    path = tmp_path / "desk.yml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    if good:
        assert _read(path)().protocol == protocol
    else:
        line = line_named(path, _read(path), r"it has a 'protocol' that is empty or longer than 2000 characters\. Compare .*")
        assert line.startswith("protocol:")


@pytest.mark.parametrize("content", ("", "[]", "words", "lines: 5", "a: [1"))
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "desk.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"^desk\.yml.*\.$"):
        _read(path)()


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path, content = tmp_path / "desk.yml", SHIPPED.encode()
    for length in range(0, content.index(b"help_after_close: true") + 10, 97):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"^desk\.yml.*\.$"):
            _read(path)()
