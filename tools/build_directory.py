"""Builds `data/directory/local/`, a directory in HSDS 3.0, from the collected facts on local services (`data/directory/facts/`).

Run by `make directory`. A street stands in it only for offices that publish theirs and shelter nobody. Where each row is from stands in
it, as an attribute; that nobody has telephoned it shows by its lacking an assured date.
"""

from __future__ import annotations

import csv
import shutil
import uuid
from pathlib import Path

from bot.knowledge.hsds.concealed_fields import WITHHELD
from bot.knowledge.hsds.links import OWN
from bot.knowledge.hsds.package import Package, Row, write_package
from bot.paths import DATA

FACTS = DATA / "directory" / "facts"
OUT = DATA / "directory" / "local"
_PUBLIC = ("legal_aid", "labour_rights")  # offices; whatever helps after violence may shelter somebody
_NAMESPACE = uuid.UUID("5c9b7d5e-6f0a-4d0b-9b1e-2f1d1c8a7e42")  # ours, so that the same facts give the same ids


def _id(*parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "|".join(parts)))


class _Tables:
    """Rows of the tables of HSDS 3.0, as they are collected."""

    def __init__(self) -> None:
        self.package = Package()

    def add(self, table: str, **values: str) -> None:
        """Adds a row; empty values are left out."""
        self.package.tables.setdefault(table, []).append(Row({name: value for name, value in values.items() if value}))

    def own(self, service: str, what: str, value: str) -> None:
        """Adds an attribute that only we give."""
        if value:
            self.add("attributes", id=_id(service, what), link_id=service, link_entity="service", link_type=OWN + what, value=value)


def local_us(rows: list[dict[str, str]]) -> Package:
    """The package of `local-us.csv`."""
    tables = _Tables()
    for row in rows:
        name = row["name"]
        service, organization, place = _id("service", name), _id("organization", name), _id("location", name)
        tables.add("organizations", id=organization, name=name, description=name, website=row["website"])
        tables.add("services", id=service, organization_id=organization, name=name, status="active", url=row["website"])
        if row["phone"]:
            tables.add("phones", id=_id("phone", name), service_id=service, number=row["phone"], type="voice")
        if row["city"]:
            tables.add("locations", id=place, location_type="physical", name=row["city"])
            tables.add(
                "addresses",
                id=_id("address", name),
                location_id=place,
                address_1=row["street_public"] if row["street_public"] and row["kind"] in _PUBLIC else WITHHELD,
                city=row["city"],
                state_province=row["state"],
                postal_code=row["postal_code"],
                country="US",
                address_type="physical",
            )
            tables.add("service_at_location", id=_id("at", name), service_id=service, location_id=place)
        else:
            state = row["state"]
            tables.add("service_areas", id=_id("area", name), service_id=service, name=state, extent=state, extent_type="state")
        for language in filter(None, map(str.strip, row["languages"].replace(";", ",").split(","))):
            if language != "multilingual":  # which languages, nobody says
                tables.add("languages", id=_id("language", name, language), service_id=service, name=language)
        tables.own(service, "kind", row["kind"])
        tables.own(service, "country", "US")
        tables.own(service, "source", f"{row['source_title']}, {row['source_url']}")
    return tables.package


def build(folder: Path = OUT) -> Package:
    """Writes the package anew; the same facts give the same bytes."""
    with (FACTS / "local-us.csv").open(encoding="utf-8", newline="") as lines:
        package = local_us(list(csv.DictReader(lines)))
    shutil.rmtree(folder, ignore_errors=True)
    write_package(package, folder)
    return package


if __name__ == "__main__":
    print(f"{len(build().rows('services'))} services in {OUT.name}/")
