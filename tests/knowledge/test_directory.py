"""The directory: how services are chosen, that the police's are not, that numbers are numbers; and broken files of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels.segments import is_gsm7
from bot.errors import DataError
from bot.knowledge.directory import Directory, Service, directory, read_directory
from bot.knowledge.emergency import emergency_table
from bot.paths import DATA

RAW = yaml.safe_load((DATA / "directory" / "services.yml").read_text(encoding="utf-8"))
ALL = [directory().service(entry["id"]) for entry in RAW["services"]]
KINDS = sorted({service.kind for service in ALL})
COUNTRIES = sorted({service.country for service in ALL})

every_service = pytest.mark.parametrize("service", ALL, ids=lambda service: service.id)


# The real one


def test_every_service_is_there_once() -> None:
    assert len(directory()) == len(RAW["services"]) == len({entry["id"] for entry in RAW["services"]}) > 100


@every_service
def test_numbers_are_digits_plus_spaces_and_hyphens(service: Service) -> None:
    for number in (service.phone, service.sms):
        assert re.fullmatch(r"(\+?\d[\d -]*\d)?", number), number


@every_service
def test_addresses_can_be_opened(service: Service) -> None:
    for address in (service.chat, service.website):
        assert re.fullmatch(r"(https?://\S+)?", address), address


@pytest.mark.parametrize("label", RAW["labels"])
def test_labels_are_neutral_and_short(label: str) -> None:
    words = RAW["labels"][label]
    assert len(words) <= 30 and is_gsm7(words)
    assert not re.search("traffick|slave|abuse|violen|victim|prostitut|exploit|crisis|suicid", words, re.I)


@every_service
def test_a_label_says_no_more_than_the_facts(service: Service) -> None:
    entry = next(entry for entry in RAW["services"] if entry["id"] == service.id)
    if "24 h" in service.label_text:
        assert service.round_the_clock
    if "free" in service.label_text:
        assert entry["free"] is True


@every_service
def test_every_service_has_a_source(service: Service) -> None:
    entry = next(entry for entry in RAW["services"] if entry["id"] == service.id)
    assert entry["sources"] and all(source["title"] for source in entry["sources"])
    assert entry["confidence"] in ("confirmed", "single")


@pytest.mark.parametrize("country", COUNTRIES)
def test_what_is_found_may_be_offered_unasked(country: str) -> None:
    for audience in (None, "children", "women"):
        for service in directory().find(country, KINDS, audience=audience):
            assert service.country == country
            assert service.confirmed and not service.police_run
            assert service.phone or service.sms or service.chat or service.website


def test_there_are_services_of_the_police_and_none_is_ever_found() -> None:
    police = {service.id for service in ALL if service.police_run}
    assert police
    found = {service.id for country in COUNTRIES for service in directory().find(country, KINDS)}
    assert not police & found


def test_no_hotline_of_the_emergency_table_is_the_police() -> None:
    assert not [numbers.country for numbers in emergency_table().values() if numbers.hotline and numbers.hotline.police_run]


@pytest.mark.parametrize("country", ("US", "GB"))
def test_both_countries_have_a_human_line_and_a_line_for_children(country: str) -> None:
    for kind in ("trafficking_hotline", "child_help"):
        assert any(service.phone for service in directory().find(country, [kind]))


def test_a_service_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        directory().service("no-such-line")


# How services are chosen


def service(service_id: str, **about: Any) -> Service:
    """A line that may be offered, but for what is said otherwise."""
    blank = dict.fromkeys(("sms", "sms_word", "chat", "website", "hours", "region"), "")
    usual = {"country": "US", "kind": "legal_aid", "name": service_id, "label": "line", "label_text": "helpline", "phone": "1-800-555-0100"}
    choices = {"languages": (), "interpreter": False, "audience": ("anyone",), "police_run": False, "confirmed": True}
    return Service(**{"id": service_id, **blank, **usual, **choices, **about})


def found(services: list[Service], kinds: list[str] | None = None, country: str = "US", audience: str | None = None) -> list[str]:
    """Ids, best first."""
    return [one.id for one in Directory(services).find(country, kinds or ["legal_aid"], audience=audience)]


@pytest.mark.parametrize(
    "about",
    (
        {"police_run": True},
        {"confirmed": False},
        {"phone": ""},
        {"country": "GB"},
        {"kind": "crisis_line"},
    ),
    ids=str,
)
def test_what_may_not_be_offered_is_not(about: dict[str, Any]) -> None:
    assert found([service("bad", **about), service("good")]) == ["good"]


@pytest.mark.parametrize("way", ("sms", "chat", "website"))
def test_any_way_to_reach_it_will_do(way: str) -> None:
    assert found([service("reached", phone="", **{way: "x"})]) == ["reached"]


def test_always_open_comes_before_others_and_everywhere_before_some_places() -> None:
    by_day, regional = service("by day", hours="Mon-Fri 9-17"), service("regional", hours="24/7", region="Ohio")
    always = service("always", hours="24/7, all year")
    assert found([by_day, regional, always]) == ["always", "by day", "regional"]


def test_lines_for_everybody_come_before_lines_for_some() -> None:
    assert found([service("young", audience=("children",)), service("all")]) == ["all", "young"]


def test_who_is_young_finds_the_lines_for_the_young_as_good_as_the_others() -> None:
    young, women = service("young", audience=("children",)), service("women", audience=("women",))
    assert found([women, young], audience="children") == ["young", "women"]


def test_kinds_come_in_the_order_in_which_they_are_wanted() -> None:
    services = [service("legal"), service("work", kind="labour_rights"), service("legal 2")]
    assert found(services, ["labour_rights", "legal_aid"]) == ["work", "legal", "legal 2"]


def test_where_nothing_is_known_nothing_is_found() -> None:
    assert found([service("legal")], country="") == []
    assert found([service("legal")], ["no such kind"]) == []


# Broken files

GOOD = next(entry for entry in RAW["services"] if entry["id"] == emergency_table()["US"].hotline.id)  # type: ignore[union-attr]


def _read(folder: Path, **content: Any) -> Directory:
    path = folder / "lines.yml"
    path.write_text(yaml.safe_dump({"labels": RAW["labels"], "services": [GOOD], **content}), encoding="utf-8")
    return read_directory(path)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    assert len(_read(tmp_path)) == 1


@pytest.mark.parametrize("name", ("id", "country", "kind", "name", "label", "police_run", "confidence"))
def test_an_entry_that_lacks_a_field_is_named(tmp_path: Path, name: str) -> None:
    broken = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(DataError, match=rf"^lines\.yml line \d+: entry 1 (lacks or misspells|has no) '{name}'\. Compare"):
        _read(tmp_path, services=[broken])


@pytest.mark.parametrize(
    ("name", "value"),
    (
        ("phone", 18883737888),
        ("phone", 0o777),
        ("sms", 233733),
        ("hours", 24),
        ("label", "no such label"),
        ("label", None),
        ("languages", "en"),
        ("audience", "anyone"),
        ("police_run", "no"),
        ("police_run", None),
        ("id", 5),
        ("country", None),
        ("country", False),  # what YAML makes of an unquoted NO, Norway
    ),
)
def test_a_field_of_the_wrong_kind_is_named(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(DataError, match=r"^lines\.yml line \d+: entry 2 (lacks or misspells|has a) '.+\. Compare"):
        _read(tmp_path, services=[{**GOOD, "id": "other"}, {**GOOD, name: value}])


def test_an_id_stands_once(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"^lines\.yml line \d+: the id {GOOD['id']} stands twice\. Give one of them another id\.$"):
        _read(tmp_path, services=[GOOD, GOOD])


@pytest.mark.parametrize("services", (None, "words", {}, [None], ["words"], [[]]))
def test_services_of_another_form_are_named(tmp_path: Path, services: Any) -> None:
    with pytest.raises(DataError, match=r"^lines\.yml.*\.$"):
        _read(tmp_path, services=services)


@pytest.mark.parametrize("content", ("", "[]", "words", "services: []", "labels: {}", "labels: []\nservices: []", "a: [1"))
def test_a_file_of_another_form_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "lines.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"^lines\.yml.*\.$"):
        read_directory(path)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^lines\.yml cannot be read \(No such file or directory\)\. Restore it"):
        read_directory(tmp_path / "lines.yml")
