"""The emergency table: which number, held against the directory; and broken files of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.errors import DataError
from bot.knowledge.directory import directory
from bot.knowledge.emergency import Numbers, emergency_table, numbers_of, read_emergency_table
from bot.paths import DATA

from .broken import line_named

RAW = yaml.safe_load((DATA / "emergency.yml").read_text(encoding="utf-8"))["countries"]
TABLE = emergency_table()
POLICE = next(service.id for service in directory() if service.police_run)

every_country = pytest.mark.parametrize("country", sorted(TABLE))


@every_country
def test_numbers_are_digits(country: str) -> None:
    numbers = TABLE[country]
    for number in (numbers.danger, numbers.medical, numbers.emergency_sms, numbers.emergency_sms_in_places):
        assert re.fullmatch(r"(\d{2,6}( / \d{2,6})*)?", number), number
    for number in (numbers.crisis_phone, numbers.crisis_sms):
        assert re.fullmatch(r"(\+?\d[\d -]*)?", number), number
    assert numbers.danger or numbers.medical


@every_country
def test_codes_are_two_capital_letters(country: str) -> None:
    assert re.fullmatch("[A-Z]{2}", country)
    assert TABLE[country].country == country


@every_country
def test_the_helpline_is_in_the_directory_of_that_country_and_is_not_the_police(country: str) -> None:
    hotline = TABLE[country].hotline
    assert (hotline is not None) == bool(RAW[country]["hotline"])
    if hotline:
        assert directory().service(RAW[country]["hotline"]) == hotline
        assert hotline.country in (country, "EU", "INT")
        assert hotline.phone or hotline.sms
        assert hotline.confirmed and not hotline.police_run


FIRST = pytest.mark.parametrize("country", [country for country in sorted(TABLE) if TABLE[country].first_line])


@FIRST
def test_a_line_comes_before_the_helpline_only_where_it_is_open_round_the_clock_and_the_helpline_is_not_or_not_for_everybody(
    country: str,
) -> None:
    first, hotline = TABLE[country].lines
    assert (first, hotline) == (TABLE[country].first_line, TABLE[country].hotline)
    assert first.always_open and first.confirmed and not first.police_run and first.country == country and first.phone
    assert first.kind in ("trafficking_hotline", "gender_violence")
    assert not hotline.always_open or hotline.for_some
    assert set(first.audience) & {"anyone", "adults"}


def test_there_are_such_lines_and_others_have_one() -> None:
    assert [TABLE[country].first_line is not None for country in ("GB", "MY", "TW", "US", "AE")] == [True, True, True, False, False]
    assert TABLE["US"].lines == [TABLE["US"].hotline] and TABLE["AD"].lines == []


@every_country
def test_every_number_is_confirmed_by_sources(country: str) -> None:
    for role in ("danger", "medical"):
        entry = RAW[country].get(role)
        if entry:
            assert entry["confidence"] == "confirmed"
            assert len(entry["sources"]) >= 2
    if crisis := RAW[country].get("crisis"):
        assert crisis["confidence"] == "confirmed"


@every_country
def test_who_checked_is_said_with_the_date(country: str) -> None:
    assert bool(RAW[country]["checked_on"]) == bool(RAW[country]["checked_by"]) == bool(TABLE[country].checked_on)


@pytest.mark.parametrize(
    ("country", "danger", "medical", "crisis"), (("US", "911", "911", "988"), ("GB", "999", "999", ""), ("FR", "17", "15", "3114"))
)
def test_what_everybody_knows(country: str, danger: str, medical: str, crisis: str) -> None:
    numbers = numbers_of(country)
    assert numbers.danger in (danger, "112") and numbers.medical in (medical, "112")
    assert not crisis or numbers.crisis_phone == crisis


def test_regions_with_different_numbers_say_all_of_them() -> None:
    assert " / " in TABLE["SA"].danger


@pytest.mark.parametrize("country", (None, "", "ZZ", "us", "MA"))
def test_where_nothing_is_confirmed_all_is_empty(country: str | None) -> None:
    assert numbers_of(country) == Numbers(country or "")


# Broken files

GOOD = RAW["US"]


def _file(folder: Path, **countries: Any) -> Path:
    path = folder / "numbers.yml"
    path.write_text(yaml.safe_dump({"countries": {"US": GOOD, **countries}, "sources": {}}), encoding="utf-8")
    return path


def _read(folder: Path, **countries: Any) -> dict[str, Numbers]:
    return read_emergency_table(_file(folder, **countries), directory())


def test_a_good_file_is_read(tmp_path: Path) -> None:
    assert _read(tmp_path) == {"US": TABLE["US"]}


@pytest.mark.parametrize(
    ("by", "on", "checked"), (("AB", "2026-11-22", True), (None, "2026-11-22", False), ("AB", None, False), (None, None, False))
)
def test_checked_is_what_somebody_signed(tmp_path: Path, by: str | None, on: str | None, checked: bool) -> None:
    assert bool(_read(tmp_path, XX={**GOOD, "checked_by": by, "checked_on": on})["XX"].checked_on) == checked


@pytest.mark.parametrize(
    ("broken", "line"),
    (
        ({"danger": "999"}, "danger: '999'"),
        ({"danger": {"reaches": "police"}}, "reaches: police"),
        ({"danger": {"number": 999}}, "number: 999"),
        ({"danger": {"number": None}}, "number: null"),
        ({"danger": {"number": "11O"}}, "number: 11O"),
        ({"danger": {"number": ""}}, "number: ''"),
        ({"danger": {"number": "999", "numbr": "998"}}, "numbr: '998'"),
        ({"medical": {"number": ["999"]}}, "number:"),
        ({"danger": {"number": "999", "where": "north", "also": [{"number": 112}]}}, "- number: 112"),
        ({"danger": {"number": "999", "also": "112"}}, "also: '112'"),
        ({"crisis": {"phone": 988}}, "phone: 988"),
        ({"crisis": {"phone": "988", "sms": 988}}, "sms: 988"),
        ({"crisis": {"fone": "988"}}, "fone: '988'"),
        ({"text": {"sms": 114}}, "sms: 114"),
        ({"silent": [{"sms": 999, "everywhere": False}]}, "sms: 999"),
        ({"hotline": "no-such-line"}, "hotline: no-such-line"),
        ({"hotline": 5}, "hotline: 5"),
        ({"first_line": "no-such-line"}, "first_line: no-such-line"),
        ({"hotlin": None}, "hotlin: null"),
        ({"checked_by": "AB", "checked_on": "yesterday"}, "checked_on: yesterday"),
    ),
    ids=str,
)
def test_a_malformed_entry_is_named_with_its_line(tmp_path: Path, broken: Any, line: str) -> None:
    path = _file(tmp_path, XX=broken)
    found = line_named(path, lambda: read_emergency_table(path, directory()), r"the entry XX has .+\. Compare it with the comment .*")
    assert found.strip() == line


@pytest.mark.parametrize("broken", (None, "999", [], {"silent": ["press 55"]}, {"silent": [None]}), ids=str)
def test_an_entry_of_another_form_is_named(tmp_path: Path, broken: Any) -> None:
    with pytest.raises(DataError, match=r"^numbers\.yml( line \d+)?: the entry XX has no names and values\. Compare"):
        _read(tmp_path, XX=broken)


def test_a_helpline_of_the_police_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^numbers\.yml line \d+: the helpline of XX is run by the police\. Choose another, or null\.$"):
        _read(tmp_path, XX={**GOOD, "hotline": POLICE})
    with pytest.raises(DataError, match=r"^numbers\.yml line \d+: the helpline of XX is run by the police\. Choose another, or null\.$"):
        _read(tmp_path, XX={**GOOD, "first_line": POLICE})


def test_a_table_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    """Where the cut is, it may still be YAML: of the real one, one cut in four is."""
    path, content = tmp_path / "numbers.yml", (DATA / "emergency.yml").read_bytes()
    for length in range(5000, content.index(b"\nsources:"), 9973):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"^numbers\.yml.*\.$"):
            read_emergency_table(path, directory())


def test_a_table_without_a_country_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "numbers.yml"
    path.write_text("countries: {}\nsources: {}", encoding="utf-8")
    with pytest.raises(DataError, match=r"^numbers\.yml has no country\. Restore it"):
        read_emergency_table(path, directory())


def test_a_country_that_stands_twice_is_named(tmp_path: Path) -> None:
    path = _file(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("\nsources:", "\n  US: {}\nsources:"), encoding="utf-8")
    assert (
        line_named(path, lambda: read_emergency_table(path, directory()), r"is not valid YAML \(US stands there twice\)\. .*") == "  US: {}"
    )


@pytest.mark.parametrize("content", ("", "[]", "words", "countries: []", "countries: 5", "countries:", "a: [1"))
def test_a_file_of_another_form_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "numbers.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"^numbers\.yml.*\.$"):
        read_emergency_table(path, directory())


def test_norway_needs_quotes(tmp_path: Path) -> None:
    path = tmp_path / "numbers.yml"
    path.write_text('countries:\n  NO:\n    danger: {number: "112"}\n    hotline: null\nsources: {}\n', encoding="utf-8")
    with pytest.raises(DataError, match="quotes"):
        read_emergency_table(path, directory())
