"""Builds the directory, packages in HSDS 3.0, from the collected facts (`data/directory/facts/`). Run by `make directory`.

`helplines/` are national and worldwide lines (services.csv with decisions.yml), `local/` services in towns (local-us.csv). A street stands
in it only for offices that publish theirs and shelter nobody. Where each row is from stands in it, as an attribute; that nobody has
telephoned it shows by its lacking an assured date.
"""

from __future__ import annotations

import csv
import shutil
import sys
import uuid
from pathlib import Path

from bot.errors import DataError
from bot.knowledge.hsds.codes import language_name
from bot.knowledge.hsds.concealed_fields import WITHHELD
from bot.knowledge.hsds.hours import timezone_of
from bot.knowledge.hsds.links import OWN
from bot.knowledge.hsds.package import Package, Row, write_package
from bot.paths import DATA
from tools.helpline_facts import Helpline, read_helplines
from tools.opening_hours import read_hours, zone_named_in

FACTS = DATA / "directory" / "facts"
OUT = DATA / "directory"
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

    def own(self, service: str, what: str, value: str, *more: str) -> None:
        """Adds an attribute that only we give.

        Args:
            more: parts of its id, where a service has several of that name.
        """
        if value:
            values = {"link_id": service, "link_entity": "service", "link_type": OWN + what, "value": value}
            self.add("attributes", id=_id(service, what, *more), **values)


def _add_hours(tables: _Tables, service: str, helpline: Helpline) -> None:
    """Adds the schedules that the hours tell, in words alone where they cannot be read."""
    zone = zone_named_in(helpline.hours, helpline.country) or timezone_of((), helpline.country)
    read = read_hours(helpline.hours)
    for number, hours in enumerate(read):
        tables.add(
            "schedules",
            id=_id(service, "hours", str(number)),
            service_id=service,
            timezone=zone,
            freq="WEEKLY",
            byday=hours.days,
            description=helpline.hours,
            opens_at=hours.opens,
            closes_at=hours.closes,
        )
    if helpline.hours and not read:
        tables.add("schedules", id=_id(service, "hours"), service_id=service, description=helpline.hours)


def _add_attributes(tables: _Tables, service: str, helpline: Helpline) -> None:
    """Adds what HSDS has no field for."""
    tables.own(service, "id", helpline.id)
    tables.own(service, "kind", helpline.kind)
    tables.own(service, "country", helpline.country)
    tables.own(service, "label", helpline.label)
    tables.own(service, "confirmed", "true" if helpline.confirmed else "")
    tables.own(service, "police_run", "true" if helpline.police_run else "")
    tables.own(service, "sms_word", helpline.sms_word)
    tables.own(service, "chat", helpline.chat)
    for number, source in enumerate(helpline.sources):
        date = f" ({source.date})" if source.date and source.date not in source.title else ""
        tables.own(service, "source", f"{source.title}{date}, {source.address}", str(number))
    tables.own(service, "source_date", max(source.date for source in helpline.sources))
    tables.own(service, "check", helpline.check)


def helplines_package(helplines: list[Helpline]) -> Package:
    """The package of the helplines."""
    tables = _Tables()
    for operator in dict.fromkeys(helpline.operator for helpline in helplines if helpline.operator):
        tables.add("organizations", id=_id("operator", operator), name=operator, description=operator)
    for helpline in helplines:
        service = _id("helpline", helpline.id)
        tables.add(
            "services",
            id=service,
            organization_id=_id("operator", helpline.operator) if helpline.operator else "",
            name=helpline.name,
            description=helpline.note,
            url=helpline.website,
            email=helpline.email,
            status="active",
            interpretation_services="by interpreter" if helpline.interpreter else "",
            fees_description=helpline.fees,
            eligibility_description=", ".join(helpline.audience),
            assured_date=helpline.checked_on.isoformat() if helpline.checked_on else "",
        )
        for kind, number in (("voice", helpline.phone), ("text", helpline.sms)):
            if number:
                tables.add("phones", id=_id(service, kind), service_id=service, number=number, type=kind)
        for code in helpline.languages:
            tables.add("languages", id=_id(service, "language", code), service_id=service, name=language_name(code), code=code)
        for region in helpline.regions:
            tables.add(
                "service_areas", id=_id(service, "area", region), service_id=service, name=region, extent=region, extent_type="state"
            )
        _add_hours(tables, service, helpline)
        _add_attributes(tables, service, helpline)
    return tables.package


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


def build(folder: Path = OUT, facts: Path = FACTS) -> dict[str, Package]:
    """Writes the packages anew, by the name of their folder; the same facts give the same bytes.

    Raises:
        DataError: the facts or the decisions are malformed; nothing is written then.
    """
    with (facts / "local-us.csv").open(encoding="utf-8", newline="") as lines:
        local = local_us(list(csv.DictReader(lines)))
    packages = {"helplines": helplines_package(read_helplines(facts / "services.csv", facts / "decisions.yml")), "local": local}
    for name, package in packages.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        write_package(package, folder / name)
    return packages


if __name__ == "__main__":
    try:
        for name, built in build().items():
            print(f"{len(built.rows('services'))} services in data/directory/{name}/")
    except DataError as error:
        sys.exit(f"make directory: {error}")
