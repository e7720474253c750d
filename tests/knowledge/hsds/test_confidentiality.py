"""That no address of a hidden place survives, wherever it was written; and that what is not hidden does."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bot.knowledge.hsds.confidentiality import conceal, concealed_services, kind_of_service
from bot.knowledge.hsds.entries import services_of
from bot.knowledge.hsds.links import VOCABULARIES, Links
from bot.knowledge.hsds.package import Package, Row, read_package, write_package
from bot.knowledge.hsds.spelling import plain
from bot.knowledge.hsds.tables import ANY_REFERENCES, REFERENCES, tables
from tests.knowledge.hsds.samples import ALL, ILAO, OHANA, full_package, id_of, one_service, package_of

# Addresses as people write them. All hold the made-up word or numbers that stand nowhere else.
PLANTED = (
    "12 Zwibbelquist Lane",
    "Zwibbelquist Street 12, Apt 4",
    "Calle Zwibbelquist 12, 3º B",
    "Zwibbelquiststraße 12",
    "12 rue Zwibbelquist",
    "Rua Zwibbelquist, 12",
    "P.O. Box 71717",
    "41.87171,-87.61717",
    "https://maps.google.com/?q=12+Zwibbelquist+Lane",
    "https://zwibbelquist-lane.example.org/12-zwibbelquist-lane",
    "Corner of Zwibbelquist and Main",
    "IL 71717-1717",
    "SW7 1ZQ",
    "anna@zwibbelquist-house.example.org",
)
SECRETS = ("zwibbelquist", "71717", "87171", "61717", "1717", "sw7", "1zq", "anna@")

# What marks a service, and where: (table, column, words).
MARKS = (
    ("services", "name", "Casa de acogida Sol"),
    ("services", "name", "Women's Shelter"),
    ("services", "alternate_name", "Frauenhaus"),
    ("services", "description", "Foyer pour femmes"),
    ("services", "description", "Apoio a vítimas de violência doméstica"),
    ("services", "description", "Hilfe bei häuslicher Gewalt"),
    ("services", "description", "Help for survivors of human trafficking"),
    ("services", "alert", "Address withheld"),
    ("services", "application_process", "Location not disclosed before intake"),
    ("organizations", "name", "Refugio de la Luz"),
    ("organizations", "description", "Unterkunft an geheimem Ort"),
    ("locations", "name", "Undisclosed"),
    ("locations", "description", "L'adresse est tenue secrète"),
    ("locations", "transportation", "Endereço sigiloso"),
    ("addresses", "address_1", "Confidential"),
    ("addresses", "attention", "Dirección reservada"),
    ("accessibility", "description", "This place is confidential."),
    ("attributes", "value", "confidential"),
    ("attributes", "label", "Lieu non divulgué"),
    ("taxonomy_terms", "name", "Domestic Violence Shelters"),
    ("taxonomy_terms", "description", "Menschenhandel"),
    ("taxonomies", "name", "Services for battered women"),
    ("programs", "name", "Safe House Program"),
    ("service_at_location", "description", "Secret location"),
    ("phones", "description", "Confidencial"),
    ("contacts", "department", "Shelter staff"),
    ("schedules", "notes", "Casa abrigo"),
    ("service_areas", "description", "Traite des êtres humains"),
    ("metadata", "previous_value", "address not published"),
    ("urls", "label", "Our refuge"),
    ("funding", "source", "Trafficking victims fund"),
)


def everything(package: Package, folder: Path) -> str:
    """All that can leave: rows, written files, services."""
    write_package(package, folder)
    files = "".join(file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()))
    rows = json.dumps([asdict(row) for given in package.tables.values() for row in given], ensure_ascii=False)
    services = json.dumps([asdict(service) for service in services_of(package, country="US")], ensure_ascii=False, default=str)
    return plain(files + rows + services)


def planted(mark: tuple[str, str, str] | None, start: int) -> Package:
    """A package of all tables with another address in every column, but for the one that marks it."""
    number = start

    def value_of(table: str, column: str) -> str:
        nonlocal number
        number += 1
        if mark and mark[:2] == (table, column):
            return mark[2]
        return PLANTED[number % len(PLANTED)]

    return full_package(value_of)


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: f"{mark[0]}.{mark[1]}-{mark[2]}")
def test_addresses_planted_in_every_column_of_every_table_are_gone(mark: tuple[str, str, str], tmp_path: Path) -> None:
    """Each address stands in each column once over the rounds; the mark stands in one column and is enough."""
    for start in range(len(PLANTED)):
        safe = conceal(planted(mark, start))
        assert concealed_services(safe) == {id_of("services")}
        left = everything(safe, tmp_path / str(start))
        assert [secret for secret in SECRETS if secret in left] == []


def test_every_column_is_planted() -> None:
    package = planted(None, 0)
    assert set(package.tables) == set(tables())
    for name, table in tables().items():
        assert set(table.columns) - {"parent_organization_id"} <= set(package.rows(name)[0].values)


def test_without_a_mark_the_planted_addresses_stay(tmp_path: Path) -> None:
    """So that the test above proves something."""
    package = full_package(lambda table, column: "12 Zwibbelquist Lane")
    assert not concealed_services(conceal(package))
    assert everything(conceal(package), tmp_path).count("zwibbelquist") > 100


@pytest.mark.parametrize("extra", ("address", "map_link", "geo", "x_note"))
def test_columns_that_the_standard_does_not_know_go_too(extra: str, tmp_path: Path) -> None:
    package = planted(MARKS[0], 0)
    for rows in package.tables.values():
        rows[0] = rows[0].but(**{extra: "12 Zwibbelquist Lane"})
    left = everything(conceal(package), tmp_path)
    assert "zwibbelquist" not in left


def shelter(**about: Any) -> Package:
    package = one_service(**{"name": "Women's Shelter", "description": "Call for a bed.", "email": "a@b.example.org", **about})
    return Package({**package.tables, **package_of(contacts=[{"id": "c1", "service_id": "s1", "name": "Ann Persona"}]).tables})


def test_what_helps_and_cannot_lead_there_stays() -> None:
    package = shelter(
        url="https://shelter.example.org/where-we-are",
        status="active",
        fees_description="All free.",
        eligibility_description="Women and their children, regardless of immigration status; come to 9 Plum Street",
    )
    package.tables["languages"] = [Row({"id": "g1", "service_id": "s1", "name": "Spanish", "note": "9 Plum Street"})]
    package.tables["schedules"] = [
        Row({"id": "h1", "service_id": "s1", "freq": "WEEKLY", "byday": "MO,TU", "opens_at": "09:00", "closes_at": "17:00", "notes": "x"})
    ]
    package.tables["service_areas"] = [Row({"id": "r1", "service_id": "s1", "name": "Nationwide, call 9 Plum Street"})]
    (service,) = services_of(package)
    assert service.nationwide
    assert (service.name, service.phone) == ("Women's Shelter", "312-341-1070") and service.source.startswith("Bright Org, ")
    assert service.website == "https://shelter.example.org/" and service.languages == ("es",) and len(service.openings) == 2
    assert service.free is True and service.without_papers is True and set(service.audience) == {"children", "women"}
    assert service.confidential and service.kind == "shelter"
    (point,) = service.points
    assert (point.country, point.region, point.city, point.street, point.latitude, point.longitude) == (
        "US",
        "IL",
        "Chicago",
        "",
        None,
        None,
    )
    safe = conceal(package)
    assert safe.rows("addresses")[0].get("postal_code") == "606" and "contacts" not in safe.tables


def test_coordinates_are_those_of_the_town_where_they_are_known() -> None:
    asked = []

    def town(city: str, region: str, country: str) -> tuple[float, float]:
        asked.append((city, region, country))
        return 41.85, -87.65

    (service,) = services_of(shelter(), town=town)
    assert (service.points[0].latitude, service.points[0].longitude) == (41.85, -87.65)
    assert set(asked) == {("Chicago", "IL", "US")}


def test_what_is_not_hidden_stays_as_it_is() -> None:
    example = read_package(ALL[1])
    del example.tables["metadata"]  # it names a row that is not there
    for package in (one_service(description="Legal advice", url="https://advice.example.org/a?b=1"), example):
        safe = conceal(package)
        for table in package.tables:
            assert [row.values for row in safe.rows(table)] == [row.values for row in package.rows(table)]
    assert services_of(one_service())[0].points[0].street == "9 Plum Street"


@pytest.mark.parametrize("path", ALL, ids=lambda path: "/".join(path.parts[-2:]))
def test_concealing_twice_changes_nothing(path: Path) -> None:
    once = conceal(read_package(path))
    twice = conceal(once)
    assert {t: [row.values for row in rows] for t, rows in once.tables.items()} == {
        t: [row.values for row in rows] for t, rows in twice.tables.items()
    }


def test_an_import_stays_hidden_after_it_was_written_and_read_again(tmp_path: Path) -> None:
    write_package(conceal(shelter(name="Plum House", alternate_name="Refuge")), tmp_path)
    again = read_package(tmp_path)
    (service,) = services_of(again)
    assert service.confidential and service.kind == "shelter"


# What hangs together with a hidden place


def test_another_service_at_the_same_place_is_hidden_too() -> None:
    package = shelter()
    package.tables["services"] += [Row({"id": "s2", "name": "Job club", "status": "active", "description": "Meets at 9 Plum Street"})]
    package.tables["service_at_location"] += [Row({"id": "sl2", "service_id": "s2", "location_id": "l1"})]
    assert concealed_services(conceal(package)) == {"s1", "s2"}


def test_another_place_in_the_same_street_and_number_is_hidden_too() -> None:
    package = shelter()
    package.tables["locations"] += [Row({"id": "l2", "name": "Office", "location_type": "physical"})]
    package.tables["addresses"] += [
        Row({"id": "a2", "location_id": "l2", "address_1": "9 PLUM  street", "city": "Chicago", "country": "US"})
    ]
    package.tables["services"] += [Row({"id": "s2", "name": "Office hours", "status": "active"})]
    package.tables["service_at_location"] += [Row({"id": "sl2", "service_id": "s2", "location_id": "l2"})]
    assert concealed_services(conceal(package)) == {"s1", "s2"}


def test_an_open_service_does_not_tell_the_street_of_a_hidden_one(tmp_path: Path) -> None:
    package = shelter()
    package.tables["services"] += [
        Row({"id": "s2", "name": "9 Plum Street Pantry", "status": "active", "description": "Behind 9 Plum Street, Chicago."}),
        Row({"id": "s3", "name": "Pantry", "status": "active", "description": "Food."}),
    ]
    safe = conceal(package)
    assert "plum street" not in everything(safe, tmp_path)
    assert safe.by_id("services")["s3"].get("description") == "Food."


def test_a_place_of_the_organization_that_no_service_names_could_be_it(tmp_path: Path) -> None:
    package = shelter()
    package.tables["locations"] += [Row({"id": "l2", "organization_id": "o1", "name": "House", "location_type": "physical"})]
    package.tables["addresses"] += [Row({"id": "a2", "location_id": "l2", "address_1": "4 Pear Road", "city": "Chicago", "country": "US"})]
    assert "pear" not in everything(conceal(package), tmp_path)


def test_a_hidden_organization_hides_all_that_it_runs() -> None:
    package = one_service(name="Legal advice")
    package.tables["organizations"] = [Row({"id": "o1", "name": "Haven for Battered Women"})]
    assert concealed_services(conceal(package)) == {"s1"}


def test_an_organization_under_a_hidden_one_is_hidden_too() -> None:
    package = one_service(name="Legal advice")
    package.tables["organizations"][0] = package.rows("organizations")[0].but(parent_organization_id="o0")
    package.tables["organizations"] += [Row({"id": "o0", "name": "Haven for Battered Women"})]
    assert concealed_services(conceal(package)) == {"s1"}


@pytest.mark.parametrize("table", sorted({*tables()} - {"services", "organizations", "locations", *VOCABULARIES}))
def test_rows_of_what_is_not_there_any_more_go(table: str, tmp_path: Path) -> None:
    """A shelter that was taken out of a directory may have left its address behind."""
    package = one_service()
    columns = tables()[table].columns
    lost = {column: "gone" if column in (*REFERENCES, *ANY_REFERENCES) else "12 Zwibbelquist Lane" for column in columns}
    package.tables[table] = [*package.rows(table), Row(lost)]
    assert "zwibbelquist" not in everything(conceal(package), tmp_path)


def test_a_place_without_service_and_organization_shows_no_street(tmp_path: Path) -> None:
    package = one_service()
    package.tables["locations"] += [Row({"id": "l9", "organization_id": "gone", "name": "12 Zwibbelquist Lane"})]
    package.tables["addresses"] += [Row({"id": "a9", "location_id": "l9", "address_1": "12 Zwibbelquist Lane", "city": "Chicago"})]
    assert "zwibbelquist" not in everything(conceal(package), tmp_path)


def test_other_services_of_an_organization_that_runs_one_shelter_stay_open() -> None:
    package = shelter()
    package.tables["locations"] += [Row({"id": "l2", "organization_id": "o1", "location_type": "physical"})]
    package.tables["addresses"] += [Row({"id": "a2", "location_id": "l2", "address_1": "4 Pear Road", "city": "Chicago", "country": "US"})]
    package.tables["services"] += [Row({"id": "s2", "organization_id": "o1", "name": "Food pantry", "status": "active"})]
    package.tables["service_at_location"] += [Row({"id": "sl2", "service_id": "s2", "location_id": "l2"})]
    pantry = next(service for service in services_of(package) if service.id == "s2")
    assert not pantry.confidential and pantry.points[0].street == "4 Pear Road"


@pytest.mark.parametrize(
    "name", ("Plum House Shelter", "9 Plum Street Shelter", "1736 Family Shelter", "Shelter on Plum Street", "Plum Street")
)
def test_names_that_could_lead_there_are_replaced_by_the_kind(name: str) -> None:
    package = shelter()
    package.tables["services"][0] = package.rows("services")[0].but(name=name, alternate_name="Women's Shelter")
    (service,) = services_of(package)
    assert service.name == (name if name == "Plum House Shelter" else "Shelter")


def test_a_name_is_replaced_where_it_is_that_of_the_street_alone() -> None:
    package = shelter(alternate_name="Refuge")
    package.tables["addresses"][0] = package.rows("addresses")[0].but(address_1="12 Zwibbelquist", city="Chicago")
    package.tables["services"][0] = package.rows("services")[0].but(name="Zwibbelquist House")
    assert services_of(package)[0].name == "Shelter"


def test_an_id_that_is_an_address_is_replaced_wherever_it_stands(tmp_path: Path) -> None:
    package = shelter()
    for table, rows in package.tables.items():
        for place, row in enumerate(rows):
            rows[place] = row.but(**{key: "12-zwibbelquist-lane" for key, value in row.values.items() if value == "l1" and table})
    safe = conceal(package)
    assert "zwibbelquist" not in everything(safe, tmp_path)
    assert len(services_of(safe)[0].points) == 1


# Real directories


@pytest.mark.parametrize("path", (ILAO, OHANA), ids=("ilao", "ohana"))
def test_no_text_of_a_hidden_service_of_a_real_directory_survives(path: Path, tmp_path: Path) -> None:
    package = read_package(path)
    safe = conceal(package)
    hidden = concealed_services(safe)
    assert 5 < len(hidden) < len(package.rows("services"))
    left = everything(safe, tmp_path)
    links = Links(package)
    for service in hidden:
        row = links.row("services", service)
        assert row
        assert len(row.get("description")) < 60 or plain(row.get("description")) not in left
        for location in links.locations_of(service):
            for address in links.pointing("addresses", "location_id", location):
                assert plain(address.get("address_1")) not in left


def test_services_against_violence_in_real_data_are_found() -> None:
    package = read_package(ILAO)
    hidden = concealed_services(conceal(package))
    for row in package.rows("services"):
        if any(word in row.get("name").lower() for word in ("violence", "abuse", "trafficking", "survivor", "shelter")):
            assert row.get("id") in hidden
    links = Links(package)
    assert {kind_of_service(links, row) for row in package.rows("services") if "Domestic" in row.get("name")} >= {"gender_violence"}
