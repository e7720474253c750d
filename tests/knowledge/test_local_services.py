"""Services near the person: the package that is built from the facts, what an operator imports, and what is found near a town."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import pytest

from bot.errors import DataError
from bot.knowledge import offers
from bot.knowledge.directory import HELPLINES, directory
from bot.knowledge.hsds.package import read_package
from bot.knowledge.hsds.store import install
from bot.knowledge.hsds.validation import validate
from bot.knowledge.local_services import LOCAL, NEAR, code_of, place_of, prepare, services
from bot.knowledge.localities import Locality, gazetteer
from bot.knowledge.offers import Wish, near
from bot.knowledge.search import Found, Query
from bot.paths import ROOT
from tools.build_directory import FACTS

WILD = ROOT / "tests" / "peers" / "hsds"


def _place(text: str, country: str = "US") -> Locality:
    return gazetteer().find(text, country)[0]


def _near(search: str, place: Locality) -> list[Found]:
    return near(Wish(search, place.country, "en", place=place))


def test_the_package_has_every_fact_and_no_fault_that_stops() -> None:
    with (FACTS / "local-us.csv").open(encoding="utf-8", newline="") as lines:
        facts = list(csv.DictReader(lines))
    package = read_package(LOCAL)
    assert {row.get("name") for row in package.rows("services")} == {fact["name"] for fact in facts}
    assert not [fault for fault in validate(package) if fault.stops]
    assert all(service.source for service in services((LOCAL,)))


def test_no_street_of_a_place_that_helps_after_violence_is_in_it() -> None:
    with (FACTS / "local-us.csv").open(encoding="utf-8", newline="") as lines:
        hidden = [fact["street_public"] for fact in csv.DictReader(lines) if fact["kind"] in ("gender_violence", "trafficking_hotline")]
    written = "".join(path.read_text(encoding="utf-8") for path in LOCAL.iterdir())
    assert any(hidden)
    assert not [street for street in hidden if street and street in written]


@pytest.mark.parametrize(
    ("topic", "said", "name"),
    [
        ("find_legal_aid", "boise", "Idaho Legal Aid Services - Boise office"),
        ("find_legal_aid", "Birmingham, Alabama", "Birmingham Volunteer Lawyers Program"),
        ("find_work", "94110", "Instituto Laboral de la Raza"),
        ("find_shelter", "Лос-Анджелес", "Cast Los Angeles (24/7 hotline)"),
        ("find_legal_aid", "旧金山", "API Legal Outreach"),
        ("find_legal_aid", "oakland", "API Legal Outreach"),
    ],
)
def test_what_lies_near_a_town_is_found(topic: str, said: str, name: str) -> None:
    found = _near(topic, _place(said))
    assert found[0].service.name == name
    assert found[0].kilometres is not None and found[0].kilometres < NEAR
    assert found[0].service.phone


def test_what_is_far_away_is_not_near() -> None:
    assert _near("find_legal_aid", _place("Miami")) == []
    assert _near("find_legal_aid", _place("Madrid", "ES")) == []


def test_a_state_is_no_town() -> None:
    idaho = Locality("Idaho", "US", "ID", None, None, 0)
    assert _near("find_legal_aid", idaho) == []


def test_a_session_remembers_a_town_to_some_ten_kilometres_and_finds_the_same() -> None:
    place = _place("boise")
    code = code_of(place)
    assert code == "US ID 43.6 -116.2"
    assert [one.service.id for one in _near("find_legal_aid", place_of(code))] == [one.service.id for one in _near("find_legal_aid", place)]
    assert place_of("GB - 52.5 -1.9").region == ""


def test_what_an_operator_imports_is_found_at_the_next_start(tmp_path: Path) -> None:
    imported, index = tmp_path / "imported", tmp_path / "index.sqlite"
    before = len(prepare(index, (LOCAL, imported)))
    install(WILD / "wild" / "ilao-2019", imported, country="US")
    after = prepare(index, (LOCAL, imported))
    assert len(after) > before + 300
    assert after.find(Query(("legal_aid",), "US", near=(41.88, -87.63), limit=1))


def test_one_search_finds_helplines_and_local_services(tmp_path: Path) -> None:
    found = prepare(tmp_path / "index.sqlite", (HELPLINES, LOCAL)).find(Query(("trafficking_hotline",), "US", limit=50))
    ids = [one.service.id for one in found]
    assert "us-national-human-trafficking-hotline" in ids and any(one.service.points for one in found)
    assert "us-homeland-security-tip-line" not in ids


@pytest.mark.parametrize("its_id", ("us-national-human-trafficking-hotline", "the id of its row"))
def test_what_a_charity_brings_with_an_id_of_ours_replaces_ours(its_id: str, tmp_path: Path) -> None:
    ours = next(row for row in read_package(HELPLINES).rows("services") if row.get("name") == "National Human Trafficking Hotline")
    row_id = ours.get("id") if its_id == "the id of its row" else its_id
    brought = tmp_path / "brought"
    brought.mkdir()
    (brought / "services.csv").write_text(f"id,name,status\n{row_id},Our hotline,active\n", encoding="utf-8")
    (brought / "phones.csv").write_text(f"id,service_id,number,type\n1,{row_id},312-341-1070,voice\n", encoding="utf-8")
    install(brought, tmp_path / "imported", country="US")
    everything = services((HELPLINES, LOCAL, tmp_path / "imported"))
    assert len(everything) == len(services((HELPLINES, LOCAL)))
    (mine,) = [one for one in everything if one.id == "us-national-human-trafficking-hotline"]
    assert mine.name == "Our hotline" and mine.phone == "312-341-1070"
    # What is said in an emergency depends on no import.
    assert directory().service(mine.id).phone == "1-888-373-7888"


def _hotline_under_another_id(folder: Path) -> Path:
    """The national line as a charity writes it down: its own id, another spelling, the address of its office; and legal advice there."""
    shared = "organization_id,status"
    tables = {
        "organizations": ("id,name,description", "o,Aid,d"),
        "services": (f"id,name,{shared}", "h1,Human trafficking hotline,o,active", "h2,Legal advice,o,active"),
        "phones": ("id,service_id,number,type", "1,h1,(888) 373-7888,hotline", "2,h2,(888) 373-7888,voice"),
        "locations": ("id,name,location_type", "l1,A,physical"),
        "addresses": ("id,location_id,address_1,city,state_province,country", "a1,l1,9 Plum St,Austin,TX,US"),
        "service_at_location": ("id,service_id,location_id", "s1,h1,l1"),
    }
    folder.mkdir()
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_what_a_charity_brings_at_a_number_of_ours_replaces_ours_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = tmp_path / "imported"
    install(_hotline_under_another_id(tmp_path / "wild"), imported, country="US")
    everything = services((HELPLINES, LOCAL, imported))
    assert len(everything) == len(services((HELPLINES, LOCAL))) + 1  # the legal advice
    at_number = [one for one in everything if one.phone.endswith("888-373-7888")]
    assert [(one.id, one.name) for one in at_number] == [
        ("us-national-human-trafficking-hotline", "Human trafficking hotline"),
        ("h2", "Legal advice"),
    ]
    monkeypatch.setattr(offers, "index", lambda: prepare(tmp_path / "index.sqlite", (HELPLINES, LOCAL, imported)))
    found = offers.national(Wish("find_shelter", "US", "en"))
    (line,) = [one.service for one in found if one.service.id == "us-national-human-trafficking-hotline"]
    assert line.name == "Human trafficking hotline" and line.points == () and not line.doubtful


def test_the_index_is_built_only_where_something_changed(tmp_path: Path) -> None:
    index = tmp_path / "index.sqlite"
    prepare(index, (LOCAL,))
    built = index.stat().st_mtime_ns
    prepare(index, (LOCAL,))
    assert index.stat().st_mtime_ns == built


def test_a_broken_import_stops_the_start_and_names_the_file(tmp_path: Path) -> None:
    imported = tmp_path / "imported"
    imported.mkdir()
    (imported / "services.csv").write_bytes(b"\xff\xfe\x00 nonsense")
    with pytest.raises(DataError):
        prepare(tmp_path / "index.sqlite", (imported,))


def _package(folder: Path) -> Path:
    """A package with two offices that are open from nine to five and tell no time zone, and a state that each spells in its own way."""
    tables = {
        "organizations": ("id,name,description", "o,Aid,d"),
        "services": ("id,organization_id,name,status", "a,o,Legal aid office A,active", "b,o,Legal aid office B,active"),
        "locations": ("id,name,location_type", "la,A,physical", "lb,B,physical"),
        "addresses": (
            "id,location_id,address_1,city,state_province,country,address_type",
            "aa,la,1 Main St,Los Angeles,Calif.,US,physical",
            "ab,lb,2 Main St,Boise,Idaho,US,physical",
        ),
        "service_at_location": ("id,service_id,location_id", "sa,a,la", "sb,b,lb"),
        "phones": ("id,service_id,number", "pa,a,+1 213 555 0100", "pb,b,+1 208 555 0100"),
        "schedules": (
            "id,service_id,freq,wkst,byday,opens_at,closes_at",
            'ca,a,WEEKLY,MO,"MO,TU,WE,TH,FR",09:00,17:00',
            'cb,b,WEEKLY,MO,"MO,TU,WE,TH,FR",09:00,17:00',
        ),
    }
    folder.mkdir()
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_a_service_is_open_by_the_clock_of_its_town_and_its_state_is_spelt_one_way(tmp_path: Path) -> None:
    imported = tmp_path / "imported"
    install(_package(tmp_path / "wild"), imported)
    found = {service.id: service for service in services((imported,))}
    assert {key: (one.timezone, one.points[0].region) for key, one in found.items()} == {
        "a": ("America/Los_Angeles", "CA"),
        "b": ("America/Boise", "ID"),
    }
    assert all(one.openings for one in found.values())
    index = prepare(tmp_path / "index.sqlite", (imported,))
    nine_in_boise = datetime.datetime(2026, 11, 23, 16, 30, tzinfo=datetime.timezone.utc)
    states = {one.service.id: one.open for one in index.find(Query((found["a"].kind,), "US", at=nine_in_boise))}
    assert states == {"a": False, "b": True}
