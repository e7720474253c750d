"""Facts and decisions: what is read of a row, what a decision changes, and sentences on rows and decisions that cannot be."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import pytest

from bot.errors import DataError
from tools.build_directory import FACTS
from tools.helpline_facts import Helpline, read_helplines
from tools.opening_hours import Hours, read_hours, zone_named_in

FACTS_HEAD = (FACTS / "services.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
ROW = {
    "country_iso2": "US",
    "kind": "legal_aid",
    "name": "Advice (free)",
    "phone": "1-800-555-0100",
    "source_url": "https://a.example.org ; https://b.example.org",
    "source_title": "A ; B",
    "source_date_if_known": "2021 ; n.d.",
    "confidence": "confirmed",
}
WEEK = "MO,TU,WE,TH,FR,SA,SU"


def read(folder: Path, *rows: dict[str, str], decisions: str = "{}") -> list[Helpline]:
    """The helplines of rows that differ from `ROW`."""
    with (folder / "services.csv").open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, FACTS_HEAD)
        writer.writeheader()
        writer.writerows({**dict.fromkeys(FACTS_HEAD, ""), **ROW, **row} for row in rows or ({},))
    (folder / "decisions.yml").write_text(f"decisions: {decisions}\n", encoding="utf-8")
    return read_helplines(folder / "services.csv", folder / "decisions.yml")


def test_what_a_row_tells_is_taken_as_it_is(tmp_path: Path) -> None:
    about = {"languages": "Spanish; English; 100+ by interpreter", "free_of_charge": "local rate", "hours": "24/7"}
    (one,) = read(tmp_path, {**about, "notes": "For all. Intl form +1 800 555 0100. A misprint circulates."})
    assert one.id == "us-advice" and one.phone == "1-800-555-0100" and one.confirmed and not one.police_run
    assert one.languages == ("es", "en") and one.interpreter and one.free is False and one.fees == "not free: local rate"
    assert (one.note, one.check) == ("For all.", "A misprint circulates.")
    assert [(source.title, source.date) for source in one.sources] == [("A", "2021"), ("B", "")]
    assert one.label == "legal" and one.audience == ("anyone",) and one.checked_on is None


def test_emergency_numbers_and_what_is_doubtful_are_left_out(tmp_path: Path) -> None:
    assert read(tmp_path, {"kind": "emergency"}, {"confidence": "doubtful", "name": "Other"}) == []


@pytest.mark.parametrize("about", ({"notes": "[police-run] Police."}, {"operator": "State Police"}), ids=str)
def test_the_police_are_known_by_the_mark_and_by_who_runs_it(about: dict[str, str], tmp_path: Path) -> None:
    (one,) = read(tmp_path, about)
    assert one.police_run and one.label == "police"


def test_a_decision_has_the_last_word(tmp_path: Path) -> None:
    decisions = '{us-lawyers: {row: Advice (free), label: finder, regions: ["ON"], languages: [zh_Hans], checked_on: 2026-11-30}}'
    (one,) = read(tmp_path, decisions=decisions)
    assert (one.id, one.label, one.regions, one.languages) == ("us-lawyers", "finder", ("ON",), ("zh_Hans",))
    assert one.checked_on == datetime.date(2026, 11, 30)


@pytest.mark.parametrize(
    ("decisions", "said"),
    (
        ("{us-nobody: {label: line}}", "the decision us-nobody is on no row of services.csv that the directory takes. Write the name"),
        ("{us-x: {row: Advice}}", "the decision us-x is on no row of services.csv"),
        ("{gb-x: {row: Advice (free)}}", "the decision gb-x is on no row"),
        ("{us-advice: {kind: food}}", "the decision us-advice is on no row"),
        ("{us-advice: }", "the decision us-advice decides nothing. Write what differs"),
        (
            "{us-advice: {labels: line}}",
            "the decision us-advice has `labels`, which is nothing that can be decided. Write one",
        ),
        ("{us-advice: {label: lawyers}}", "the decision us-advice: `label` must be one of "),
        ("{us-advice: {regions: [ON]}}", "the decision us-advice: `regions` must be a list of words"),  # YAML takes ON for a yes
        ("{us-advice: {audience: [ladies]}}", "the decision us-advice: `audience` must be a list of "),
        ("{us-advice: {languages: [zh]}}", "the decision us-advice: `languages` holds zh, which is no code"),
        ("{us-advice: {interpreter: maybe}}", "the decision us-advice: `interpreter` must be true or false"),
        ("{us-advice: {sms_word: 5}}", "the decision us-advice: `sms_word` must be a text; put it in quotes"),
        ("{us-advice: {checked_on: yesterday}}", "the decision us-advice: `checked_on` must be a date such as 2026-11-30"),
        ("{us-advice: {}, us-x: {row: Advice (free)}}", "the decision us-x is on services.csv row 2, like us-advice. Join the two."),
        ("[]", "decisions.yml has no `decisions` of the right form"),
    ),
)
def test_a_decision_that_cannot_be_is_named_with_its_mend(decisions: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        read(tmp_path, decisions=decisions)
    assert str(raised.value).removeprefix("decisions.yml: ").startswith(said) and str(raised.value).endswith(".")


@pytest.mark.parametrize(
    ("about", "said"),
    (
        ({"kind": "lawyers"}, "services.csv row 2: 'lawyers' is no kind of service. Write one of "),
        ({"confidence": "sure"}, "services.csv row 2: 'sure' is no confidence. Write one of confirmed, "),
        ({"country_iso2": "usa"}, "services.csv row 2: it lacks its name or a country of two capital letters. Write both."),
        ({"name": ""}, "services.csv row 2: it lacks its name"),
        ({"source_title": "A"}, "services.csv row 2: 1 titles, 2 addresses and 2 dates. Give each source all three."),
        ({"source_title": "", "source_url": "", "source_date_if_known": ""}, "services.csv row 2: it has no source. Write title and"),
    ),
    ids=str,
)
def test_a_row_that_cannot_be_is_named_with_its_mend(about: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        read(tmp_path, about)
    assert str(raised.value).startswith(said)


def test_two_rows_of_one_id_need_a_decision(tmp_path: Path) -> None:
    twins = ({}, {"kind": "labour_rights"})
    with pytest.raises(DataError, match=r"^services\.csv: services\.csv row 2 and services\.csv row 3 have the id us-advice\. Give one"):
        read(tmp_path, *twins)
    with pytest.raises(DataError, match=r"is on several rows: services\.csv row 2, services\.csv row 3\. Write the `row`"):
        read(tmp_path, *twins, decisions="{us-work: {row: Advice (free)}}")
    found = read(tmp_path, *twins, decisions="{us-work: {row: Advice (free), kind: labour_rights}}")
    assert [one.id for one in found] == ["us-advice", "us-work"]


# Opening hours


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("24/7", [Hours(WEEK, "00:00", "23:59")]),
        ("24/7; chat 12-20", [Hours(WEEK, "00:00", "23:59")]),
        ("Mon-Sat, 24 hours", [Hours("MO,TU,WE,TH,FR,SA", "00:00", "23:59")]),
        ("Mon-Fri 8:00-17:00 Eastern", [Hours("MO,TU,WE,TH,FR", "08:00", "17:00")]),
        ("Mon-Fri 8:00-16:30 local time", [Hours("MO,TU,WE,TH,FR", "08:00", "16:30")]),
        ("weekdays 8:00-22:00 (2025)", [Hours("MO,TU,WE,TH,FR", "08:00", "22:00")]),
        ("14-22 daily", [Hours(WEEK, "14:00", "22:00")]),
        ("9:00-23:00, 7 days", [Hours(WEEK, "09:00", "23:00")]),
        ("Sun-Thu 8-20; Fri-Sat 9-17", [Hours("SU,MO,TU,WE,TH", "08:00", "20:00"), Hours("FR,SA", "09:00", "17:00")]),
        ("Mon, Wed, Fri 14-18; Tue, Thu 9-13", [Hours("MO,WE,FR", "14:00", "18:00"), Hours("TU,TH", "09:00", "13:00")]),
        ("Mon-Fri 7:00-2:00; Sat-Sun 11-24", [Hours("MO,TU,WE,TH,FR", "07:00", "02:00"), Hours("SA,SU", "11:00", "00:00")]),
    ),
)
def test_hours_that_are_plain_are_read(text: str, expected: list[Hours]) -> None:
    assert read_hours(text) == expected


@pytest.mark.parametrize(
    "text",
    (
        "",
        "office hours",
        "weekdays",
        "varies",
        "8:00-23:00",
        "daily from 8:00",
        "Mon, Wed 17-22; Fri until 22",
        "24 h in most regions",
        "365 days a year",
    ),
)
def test_what_would_need_a_guess_is_not_read(text: str) -> None:
    assert read_hours(text) == []


def test_a_time_zone_is_that_of_the_country() -> None:
    assert (
        zone_named_in("Mon-Fri 8-17 Eastern", "CA") == "America/Toronto"
        and zone_named_in("Mon-Fri 8-17 Eastern", "US") == "America/New_York"
    )
    assert zone_named_in("Mon-Fri 8-17", "US") == zone_named_in("Mon-Fri 8-17 Eastern", "AU") == ""
