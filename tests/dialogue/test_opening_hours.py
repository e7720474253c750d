"""A moment in a person's language, as short as a text message wants it."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.channels.segments import is_gsm7
from bot.dialogue.catalogues import catalogues, compile_catalogues, read_catalogues
from bot.dialogue.opening_hours import moment
from bot.locales import all_locales, locale_of
from bot.paths import LOCALES

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime.datetime(2026, 7, 6, 22, 30, tzinfo=NEW_YORK)  # a Monday
LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """The catalogues as they stand now."""
    compile_catalogues()
    catalogues.put(read_catalogues(LOCALES, all_locales()))


def _in(days: int, hour: int = 9) -> datetime.datetime:
    return NOW.replace(hour=hour, minute=0) + datetime.timedelta(days=days)


@pytest.mark.parametrize(
    ("locale", "when", "said"),
    (
        ("en", _in(0, 23), "today 11:00 PM"),
        ("en", _in(1), "tomorrow 9:00 AM"),
        ("en", _in(2), "Wednesday 9:00 AM"),
        ("en", _in(6), "Sunday 9:00 AM"),
        ("en", _in(7), "Mon, Jul 13 9:00 AM"),  # "Monday" would be today
        ("es", _in(1), "mañana 9:00"),
        ("es", _in(2, 21), "miércoles 21:00"),
        ("fr", _in(0, 23), "aujourd'hui 23:00"),
        ("fr", _in(9), "mer. 15 juil. 09:00"),
        ("pt", _in(1), "amanhã 09:00"),
        ("ar", _in(1), f"غدًا {LEFT_TO_RIGHT}9:00 ص"),
        ("zh_Hans", _in(1), "明天 09:00"),
        ("ru", _in(2), "среда 09:00"),
        ("uk", _in(1), "завтра 09:00"),
        ("ro", _in(0, 23), "astăzi 23:00"),
        ("vi", _in(1), "ngày mai 09:00"),
        ("fil", _in(1), "bukas 9:00 AM"),
        ("hi", _in(1), "कल 9:00 am"),
    ),
)
def test_a_moment_is_said_by_the_locale_s_own_clock(locale: str, when: datetime.datetime, said: str) -> None:
    assert moment(locale, when, NOW) == said


def test_today_is_that_of_the_zone_in_which_it_is_said() -> None:
    when = datetime.datetime(2026, 7, 7, 23, 0, tzinfo=ZoneInfo("Asia/Manila"))
    assert moment("en", when, NOW) == "today 11:00 PM"
    assert moment("en", when.astimezone(NEW_YORK), NOW.astimezone(ZoneInfo("Asia/Manila"))) == "tomorrow 11:00 AM"


@pytest.mark.parametrize(
    ("locale", "zone", "said"),
    (
        ("en", "America/New_York", "tomorrow 9:00 AM (New York)"),
        ("es", "Europe/London", "mañana 9:00 (Londres)"),
        ("ar", "America/New_York", f"غدًا {LEFT_TO_RIGHT}9:00 ص (نيويورك)"),
        ("zh_Hans", "America/Chicago", "明天 09:00 (芝加哥)"),
        ("en", "America/Argentina/Buenos_Aires", "tomorrow 9:00 AM (Buenos Aires)"),
        ("en", "UTC", "tomorrow 9:00 AM (UTC)"),
    ),
)
def test_whoever_may_have_another_time_is_told_of_which_city_it_is(locale: str, zone: str, said: str) -> None:
    there = ZoneInfo(zone)
    now = datetime.datetime(2026, 7, 6, 12, 0, tzinfo=there)
    assert moment(locale, datetime.datetime(2026, 7, 7, 9, 0, tzinfo=there), now, zone=True) == said


@pytest.mark.parametrize("locale", list(all_locales()))
def test_it_has_only_plain_spaces_and_is_short(locale: str) -> None:
    for days in range(15):
        said = moment(locale, _in(days, 23), NOW, zone=True)
        assert said.split() == said.split(" ") and len(said) <= 40, said
        if locale in ("en", "fil"):
            assert is_gsm7(said), said
        assert said.count(LEFT_TO_RIGHT) == (locale_of(locale).direction == "rtl")


def test_clocks_that_change_in_between_change_nothing() -> None:
    before = datetime.datetime(2026, 10, 31, 23, 30, tzinfo=NEW_YORK)
    assert moment("en", datetime.datetime(2026, 11, 1, 9, 0, tzinfo=NEW_YORK), before) == "tomorrow 9:00 AM"
    assert moment("en", datetime.datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1), before) == "tomorrow 1:30 AM"
