"""Where the directories of others lie, and packages made for a test."""

from __future__ import annotations

import uuid
from typing import Any

from bot.knowledge.hsds.package import Package, Row
from bot.knowledge.hsds.tables import REFERENCES, tables
from bot.paths import ROOT

HSDS = ROOT / "tests" / "peers" / "hsds"
EXAMPLES = HSDS / "3.0" / "examples"
NEWER = HSDS / "3.1-dev" / "examples"
ILAO, OHANA = HSDS / "wild" / "ilao-2019", HSDS / "wild" / "ohana-2013"
ALL = (
    EXAMPLES / "csv",
    EXAMPLES / "service_full.json",
    EXAMPLES / "organization_full.json",
    EXAMPLES / "service_list.json",
    EXAMPLES / "tabular.json",
    NEWER / "csv",
    NEWER / "service_full.json",
    ILAO,
    OHANA,
)


def package_of(**rows: list[dict[str, Any]]) -> Package:
    """A package of tables by name."""
    return Package(
        {table: [Row(values, f"{table}.csv", number) for number, values in enumerate(given, 2)] for table, given in rows.items()}
    )


def one_service(**about: Any) -> Package:
    """A package of one open service with organization, place, street and number; `about` changes the service."""
    return package_of(
        organizations=[{"id": "o1", "name": "Bright Org", "description": "Helps.", "website": "https://bright.example.org/about"}],
        services=[{"id": "s1", "organization_id": "o1", "name": "Advice", "status": "active", **about}],
        locations=[{"id": "l1", "organization_id": "o1", "location_type": "physical", "latitude": "41.8", "longitude": "-87.6"}],
        service_at_location=[{"id": "sl1", "service_id": "s1", "location_id": "l1"}],
        addresses=[
            {
                "id": "a1",
                "location_id": "l1",
                "address_1": "9 Plum Street",
                "city": "Chicago",
                "state_province": "IL",
                "postal_code": "60602",
                "country": "US",
                "address_type": "physical",
            }
        ],
        phones=[{"id": "p1", "service_id": "s1", "number": "(312) 341-1070", "type": "voice"}],
    )


def id_of(table: str) -> str:
    """The id that the one row of a table has in `full_package`."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, table))


def full_package(value_of: Any) -> Package:
    """A package with one row in every table, every column filled and every link whole.

    Args:
        value_of: given table and column, the value of a column that is no link.
    """
    package = Package()
    for name, table in tables().items():
        values = {"id": id_of(name)}
        for column in [*table.columns, *(("service_at_location_id", "label") if name in ("service_areas", "attributes") else ())]:
            if column in REFERENCES:
                values[column] = id_of(REFERENCES[column])
            elif column != "id":
                values[column] = value_of(name, column)
        values.update({"attributes": {"link_id": id_of("services"), "link_entity": "service"}}.get(name, {}))
        values.update({"metadata": {"resource_id": id_of("locations"), "resource_type": "location"}}.get(name, {}))
        values.pop("parent_organization_id", None)
        package.tables[name] = [Row(values, table.file, 2)]
    return package
