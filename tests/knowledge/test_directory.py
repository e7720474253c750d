"""The helplines: that every fact is there with label and source, how they are chosen, that the police's are not; and broken packages."""

from __future__ import annotations

import csv
import filecmp
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.channels.segments import is_gsm7
from bot.errors import DataError
from bot.knowledge.directory import HELPLINES, Directory, directory, read_directory
from bot.knowledge.directory_words import labels, read_words
from bot.knowledge.emergency import emergency_table
from bot.knowledge.hsds.package import read_package
from bot.knowledge.hsds.validation import validate
from bot.knowledge.local_services import LOCAL, services
from bot.knowledge.services import Opening, Service
from tools.build_directory import FACTS, OUT, build

ALL = list(directory())
KINDS = sorted({service.kind for service in ALL})
COUNTRIES = sorted({service.country for service in ALL})
# Printed somewhere and wrong, or given up long ago; digits alone. From the notes of whoever collected the facts.
WRONG = (
    "0800121700",
    "08009171414",
    "0800200008",
    "0811129129",
    "080001000",
    "801120002",
    "226687000",
    "226289999",
    "080023232",
    "020390000",
    "80060",
)

every_service = pytest.mark.parametrize("service", ALL, ids=lambda service: service.id)


# The real ones


def facts() -> list[dict[str, str]]:
    with (FACTS / "services.csv").open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["kind"] != "emergency" and row["confidence"] != "doubtful"]


def test_the_packages_are_what_the_command_builds_from_the_facts(tmp_path: Path) -> None:
    for name in build(tmp_path):
        compared = filecmp.dircmp(OUT / name, tmp_path / name)
        assert compared.common_files and not compared.left_only and not compared.right_only
        assert filecmp.cmpfiles(OUT / name, tmp_path / name, compared.common_files, shallow=False)[1:] == ([], [])


def test_every_fact_that_is_not_doubtful_is_there_once_and_as_it_is() -> None:
    def told(row: dict[str, str]) -> tuple[Any, ...]:
        free = {"yes": True, "": None}.get(row["free_of_charge"], False)
        what = ("country_iso2", "kind", "name", "phone", "sms", "chat_url", "website")
        return (*(row[name].strip() for name in what), free, row["confidence"] == "confirmed")

    def kept(one: Service) -> tuple[Any, ...]:
        return (one.country, one.kind, one.name, one.phone, one.sms, one.chat, one.website, one.free, one.confirmed)

    assert sorted(map(told, facts()), key=str) == sorted(map(kept, ALL), key=str)
    assert len(ALL) == len({service.id for service in ALL}) > 350


def test_the_package_has_no_fault_at_all() -> None:
    assert validate(read_package(HELPLINES)) == []


def test_the_package_holds_no_place() -> None:
    assert not {"locations", "addresses", "service_at_location", "contacts"} & set(read_package(HELPLINES).tables)


@every_service
def test_numbers_are_digits_plus_spaces_and_hyphens(service: Service) -> None:
    for number in (service.phone, service.sms):
        assert re.fullmatch(r"(\+?\d[\d -]*\d)?", number), number


def test_no_wrong_number_in_circulation_is_anywhere_in_the_package() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in HELPLINES.glob("*.csv"))
    numbers = {re.sub(r"\D", "", number) for number in re.findall(r"\+?\d[\d -]*\d", text)}
    assert not [wrong for wrong in WRONG if wrong in numbers]
    # One digit less than the right one, which begins with it.
    assert "08088021414" in numbers and "0808802141" not in numbers


@every_service
def test_addresses_can_be_opened(service: Service) -> None:
    for address in (service.chat, service.website):
        assert re.fullmatch(r"(https?://\S+)?", address), address


@pytest.mark.parametrize("label", labels())
def test_labels_are_neutral_and_short(label: str) -> None:
    words = labels()[label]
    assert len(words) <= 30 and is_gsm7(words)
    assert not re.search("traffick|slave|abuse|violen|victim|prostitut|exploit|crisis|suicid|shelter|refuge|wom[ae]n|safe", words, re.I)


@pytest.mark.parametrize("service", services((HELPLINES, LOCAL)), ids=lambda service: service.id)
def test_every_service_has_a_source_and_a_label_that_says_no_more_than_the_facts(service: Service) -> None:
    assert re.search(r"\w.*, https?://", service.source)
    words = labels()[service.label]
    if "24 h" in words:
        assert service.always_open
    if "free" in words:
        assert service.free
    if "line" in words.split(",")[0].split() or "helpline" in words:
        assert service.phone or service.sms or service.label == "young"
    if service.label == "finder":
        assert service.website


@every_service
def test_a_helpline_of_one_source_is_never_said_to_be_confirmed(service: Service) -> None:
    if service.confirmed:
        assert service.source.count("://") >= 2


@pytest.mark.parametrize("country", COUNTRIES)
def test_what_is_found_may_be_offered_unasked(country: str) -> None:
    for audience in (None, "children", "women"):
        found = directory().find(country, KINDS, audience=audience)
        assert len({service.confirmed for service in found}) <= 1
        for service in found:
            assert service.country == country and not service.police_run
            assert service.phone or service.sms or service.chat or service.website


def test_there_are_services_of_the_police_and_none_is_ever_found() -> None:
    police = {service.id for service in ALL if service.police_run}
    assert len(police) >= 15
    found = {service.id for country in COUNTRIES for kind in KINDS for service in directory().find(country, [kind])}
    assert not police & found


def test_every_hotline_of_the_emergency_table_is_confirmed_and_answers_and_is_not_the_police() -> None:
    hotlines = [numbers.hotline for numbers in emergency_table().values() if numbers.hotline]
    assert len(hotlines) > 40
    assert all(hotline.confirmed and (hotline.phone or hotline.sms) and not hotline.police_run for hotline in hotlines)


@pytest.mark.parametrize("country", ("US", "GB"))
def test_both_countries_have_a_human_line_and_a_line_for_children(country: str) -> None:
    for kind in ("trafficking_hotline", "child_help"):
        assert any(service.phone for service in directory().find(country, [kind]))


def test_hours_are_read_with_the_time_zone_where_there_is_one() -> None:
    ontario = directory().service("ca-legal-aid-ontario")
    assert ontario.openings == tuple(Opening(day, 480, 1020) for day in range(5)) and ontario.timezone == "America/Toronto"
    german = directory().service("de-kinder-und-jugendtelefon")
    assert german.openings == tuple(Opening(day, 840, 1200) for day in range(6)) and german.timezone == "Europe/Berlin"
    nights = directory().service("dk-bornetelefonen")
    assert Opening(4, 420, 1560) in nights.openings and Opening(5, 660, 1440) in nights.openings
    assert directory().service("us-wage-and-hour-division").timezone == ""  # "local time", of which there are several
    assert directory().service("us-national-human-trafficking-hotline").always_open


@pytest.mark.parametrize("unclear", ("gb-hopeline247", "gb-modern-slavery-and-exploitation-helpline", "lu-kanner-jugendtelefon"))
def test_hours_that_cannot_be_read_without_guessing_are_not_known(unclear: str) -> None:
    service = directory().service(unclear)
    assert service.openings == () and not service.always_open


def test_a_service_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        directory().service("no-such-line")


# How services are chosen


def service(service_id: str, **about: Any) -> Service:
    """A line that may be offered, but for what is said otherwise."""
    usual = {"country": "US", "kind": "legal_aid", "name": service_id, "label": "line", "phone": "1-800-555-0100"}
    return Service(**{"id": service_id, "audience": ("anyone",), "confirmed": True, **usual, **about})


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


def test_what_one_source_says_is_offered_only_where_none_of_the_wanted_kinds_has_two() -> None:
    single, other_kind = service("single", confirmed=False), service("two", kind="labour_rights")
    assert found([single]) == ["single"]
    assert found([single, other_kind], ["legal_aid", "labour_rights"]) == ["two"]
    assert found([single, service("police", police_run=True)]) == ["single"]


@pytest.mark.parametrize("way", ("sms", "chat", "website"))
def test_any_way_to_reach_it_will_do(way: str) -> None:
    assert found([service("reached", phone="", **{way: "x"})]) == ["reached"]


def test_always_open_comes_before_others_and_everywhere_before_some_places() -> None:
    by_day, regional = service("by day"), service("regional", always_open=True, regions=("OH",))
    assert found([by_day, regional, service("always", always_open=True)]) == ["always", "by day", "regional"]


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


# Broken packages


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package that may be broken."""
    return Path(shutil.copytree(HELPLINES, tmp_path / "helplines"))


def change(copy: Path, file: str, old: str, new: str) -> None:
    """Changes the first place where a text stands in a file of the copy."""
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    (
        ("attributes.csv", "helpline:id", "helpline:ident", "services.csv row 2: this is a service without helpline:id"),
        ("attributes.csv", "eu-116-123", "eu-116-016", "services.csv row 9: this is a service with the id eu-116-016, which stands there"),
        (
            "attributes.csv",
            ",trafficking_hotline",
            ",traffiking",
            r"services.csv row \d+: this is a service of a helpline:kind",
        ),
        ("attributes.csv", ",US", ",Utopia", r"services.csv row \d+: this is a service of no helpline:country"),
        ("attributes.csv", ",helpline_24h", ",helpline_25h", r"services.csv row \d+: this is a service with a helpline:label that"),
        ("services.csv", "Samaritans,", ",", r"services.csv row \d+: this is a service without a name"),
        ("phones.csv", "116 016", "eleven", "phones.csv row 2: this is 'eleven', which is no number to dial"),
        ("phones.csv", "service_id", "service", "phones.csv row 2: this is of a service that is not there"),
        ("phones.csv", "116 016,", "116 016,,,,,,,more", "phones.csv row 2: this is more fields than the head has columns"),
    ),
    ids=lambda value: value if isinstance(value, str) and "helpline" in value else None,
)
def test_a_broken_row_is_named_with_what_to_do(file: str, old: str, new: str, said: str, copy: Path) -> None:
    change(copy, file, old, new)
    with pytest.raises(DataError, match=rf"^helplines/{said}.*\. Build it anew with `make directory`, or restore it"):
        read_directory(copy, labels())


def test_an_address_in_the_package_stops_the_start(copy: Path) -> None:
    (copy / "locations.csv").write_text("id,name\nx,Somewhere\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"^helplines/locations\.csv row 2: this is a place or a person.+Build it anew"):
        read_directory(copy, labels())


@pytest.mark.parametrize(("file", "content"), (("services.csv", b"\xff\xfe\x00"), ("phones.csv", b'id,number\n"1')))
def test_a_file_that_cannot_be_read_is_named(file: str, content: bytes, copy: Path) -> None:
    (copy / file).write_bytes(content)
    with pytest.raises(DataError, match=rf"^helplines/:? ?{re.escape(file)}.+Build it anew with `make directory`"):
        read_directory(copy, labels())


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^The folder helplines/ of the directory is missing\. Build it anew with `make directory`"):
        read_directory(tmp_path / "helplines", labels())


def test_a_label_that_a_service_has_cannot_be_missing() -> None:
    with pytest.raises(DataError, match=r"services\.csv row \d+: this is a service with a helpline:label that words\.yml lacks\. Build"):
        read_directory(HELPLINES, set(labels()) - {"helpline_24h"})


@pytest.mark.parametrize(
    "content",
    ("", "[]", "label: []", "a: [1", *(f"label: {{line: {word}}}\naudience: {{}}\nunknown: {{}}" for word in ("", "5"))),
)
def test_words_of_another_form_are_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "words.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"^words\.yml.*\.$"):
        read_words(path)
