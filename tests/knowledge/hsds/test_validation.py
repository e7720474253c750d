"""That every kind of fault is named with file, row and field; that real directories can be imported with theirs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from bot.knowledge.hsds.package import Package, Row, read_package
from bot.knowledge.hsds.validation import Fault, validate
from tests.knowledge.hsds.samples import ALL, EXAMPLES, ILAO, OHANA, one_service


def faults_of(table: str, change: dict[str, Any], *, country: str | None = None) -> list[Fault]:
    """The faults of a package without any, after its one row of a table was changed."""
    package = one_service()
    rows = package.tables.setdefault(table, [Row({}, f"{table}.csv", 2)])
    rows[0] = rows[0].but(**change)
    return [fault for fault in validate(package, country) if fault.kind != "id"]


def test_a_sound_package_has_no_fault_but_ids_that_are_no_uuids() -> None:
    assert {fault.kind for fault in validate(one_service())} == {"id"}


@pytest.mark.parametrize(
    ("table", "change", "field", "kind", "stops"),
    (
        ("services", {"name": ""}, "name", "missing", True),
        ("services", {"status": ""}, "status", "missing", False),
        ("services", {"status": "open"}, "status", "value", False),
        ("services", {"organization_id": "gone"}, "organization_id", "reference", False),
        ("services", {"url": "see our page"}, "url", "url", False),
        ("services", {"url": "javascript:alert(1)"}, "url", "url", False),
        ("services", {"email": "nobody"}, "email", "email", False),
        ("services", {"assured_date": "31/01/2026"}, "assured_date", "date", False),
        ("services", {"minimum_age": "twelve"}, "minimum_age", "number", False),
        ("organizations", {"description": ""}, "description", "missing", False),
        ("locations", {"latitude": "100"}, "latitude", "coordinates", False),
        ("locations", {"latitude": "north"}, "latitude", "coordinates", False),
        ("locations", {"latitude": "0", "longitude": "0"}, "latitude", "coordinates", False),
        ("locations", {"location_type": "moving"}, "location_type", "value", False),
        ("addresses", {"country": "Atlantis"}, "country", "country", True),
        ("phones", {"number": "no phone"}, "number", "phone", False),
        ("phones", {"number": "123-456-7890"}, "number", "phone", False),
        ("phones", {"number": "(312) 341-1070; (312) 341-1071"}, "number", "phone", False),
        ("phones", {"number": ""}, "number", "missing", False),
        ("languages", {"id": "g", "service_id": "s1", "name": "Klingonese"}, "name", "language", False),
        ("schedules", {"id": "h", "service_id": "s1", "opens_at": "early"}, "opens_at", "time", False),
        ("schedules", {"id": "h", "service_id": "s1", "freq": "YEARLY"}, "freq", "value", False),
        ("attributes", {"id": "t", "link_id": "gone"}, "link_id", "reference", False),
    ),
    ids=str,
)
def test_a_fault_is_named(table: str, change: dict[str, Any], field: str, kind: str, stops: bool) -> None:
    named = [fault for fault in faults_of(table, change) if (fault.field, fault.kind) == (field, kind)]
    assert len(named) == 1
    assert (named[0].file, named[0].row, named[0].stops) == (f"{table}.csv", 2, stops and table != "addresses")
    assert str(named[0]).startswith(f"{table}.csv row 2 {field}: ") and str(named[0]).endswith(".")


def test_every_fault_is_named_at_once() -> None:
    package = one_service()
    package.tables["services"][0] = package.rows("services")[0].but(name="", status="x", url="?", email="?")
    package.tables["phones"][0] = package.rows("phones")[0].but(number="none")
    assert {"missing", "value", "url", "email", "phone"} <= {fault.kind for fault in validate(package)}


def test_what_stops_comes_first() -> None:
    package = one_service()
    package.tables["services"][0] = package.rows("services")[0].but(name="")
    package.tables["addresses"][0] = package.rows("addresses")[0].but(city="")
    assert [fault.stops for fault in validate(package)].index(False) == sum(fault.stops for fault in validate(package)) == 1


def twice(table: str, **change: str) -> list[Fault]:
    package = one_service()
    package.tables[table].append(Row({**package.rows(table)[0].values, **change}, f"{table}.csv", 3))
    return [fault for fault in validate(package) if fault.kind == "double"]


@pytest.mark.parametrize("table", ("organizations", "services", "locations", "service_at_location", "phones", "addresses"))
def test_an_id_that_stands_twice_stops_where_it_means_two_things(table: str) -> None:
    (same,) = twice(table)
    assert not same.stops and (same.row, same.field) == (3, "id")
    (other,) = twice(table, **{"name": "Another", "description": "x"})
    assert other.stops == (table not in ("phones", "addresses"))


def test_fields_behind_the_last_column_are_named() -> None:
    package = one_service()
    row = package.rows("services")[0]
    package.tables["services"] = [Row(row.values, row.file, row.number, surplus=2)]
    assert [fault.what for fault in validate(package) if fault.kind == "columns"] == ["2 more fields than the head has columns."]


def test_a_service_that_nobody_can_reach_is_odd_and_a_directory_of_such_is_none() -> None:
    package = one_service()
    package.tables["services"].append(Row({"id": "s2", "name": "Somewhere", "status": "active"}, "services.csv", 3))
    (odd,) = [fault for fault in validate(package, "US") if fault.kind == "unreachable"]
    assert (odd.row, odd.stops) == (3, False)
    nothing = Package({"services": package.rows("services")[1:]})
    assert [fault.stops for fault in validate(nothing, "US") if fault.kind == "unreachable"] == [True, False]


def test_without_a_country_nothing_is_imported() -> None:
    package = one_service()
    del package.tables["addresses"]
    (fault,) = [fault for fault in validate(package) if fault.kind == "country"]
    assert fault.stops and "--country" in fault.what
    assert not [fault for fault in validate(package, "US") if fault.stops]


def test_numbers_are_judged_by_the_country_of_the_addresses() -> None:
    assert not [fault for fault in validate(one_service()) if fault.kind == "phone"]
    package = one_service()
    package.tables["addresses"][0] = package.rows("addresses")[0].but(country="GB")
    assert [fault.field for fault in validate(package) if fault.kind == "phone"] == ["number"]


@pytest.mark.parametrize("path", ALL, ids=lambda path: "/".join(path.parts[-2:]))
def test_real_and_official_directories_can_be_imported(path: Any) -> None:
    assert [fault for fault in validate(read_package(path), "US") if fault.stops] == []


def test_the_official_tables_have_their_broken_links_and_a_latitude_of_100() -> None:
    kinds = Counter((fault.file, fault.field, fault.kind) for fault in validate(read_package(EXAMPLES / "csv")))
    assert kinds["locations.csv", "latitude", "coordinates"] == 1
    for file, field in (
        ("locations.csv", "organization_id"),
        ("contacts.csv", "organization_id"),
        ("contacts.csv", "service_at_location_id"),
        ("taxonomy_terms.csv", "taxonomy_id"),
    ):
        assert kinds[file, field, "reference"] == 1


def test_the_faults_of_the_directory_of_illinois() -> None:
    kinds = Counter((fault.file, fault.field, fault.kind) for fault in validate(read_package(ILAO), "US"))
    assert kinds["services.csv", "organization_id", "reference"] == 340  # as those who copied it counted
    assert kinds["services.csv", "status", "missing"] == 429
    assert kinds["phones.csv", "number", "missing"] == 19
    assert kinds["phones.csv", "number", "phone"] >= 5  # "no phone"
    assert kinds["services.csv", "name", "double name"] > 90


def test_the_faults_of_the_directory_of_2013() -> None:
    kinds = Counter((fault.file, fault.field, fault.kind) for fault in validate(read_package(OHANA)))
    assert kinds["phones.csv", "contact_id", "reference"] == 6  # the names of people were left out
    assert kinds["holiday_schedules.csv", "valid_from", "date"] == 4
    assert kinds["locations.csv", "name", "language"] == 1  # "Taiwanese"
