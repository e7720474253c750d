"""Names every fault of a package at once: what stops an import, and what is only odd."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bot.knowledge.hsds.codes import country_code, language_code
from bot.knowledge.hsds.entries import web_address
from bot.knowledge.hsds.hours import date, minutes
from bot.knowledge.hsds.links import Links
from bot.knowledge.hsds.locating import coordinates, country_of, phones_of
from bot.knowledge.hsds.package import Package, Row
from bot.knowledge.hsds.phones import first_of, read_number
from bot.knowledge.hsds.tables import ANY_REFERENCES, REFERENCES, Table, is_uuid, tables

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DATES = ("valid_from", "valid_to", "dtstart", "until", "assured_date", "last_modified", "last_action_date", "updated")
_TIMES = ("opens_at", "closes_at")
# Without these a service cannot be told from another; two rows of one id leave open which one is meant.
_STOPPING = {("services", "id"), ("services", "name")}
_NO_DOUBLES = ("organizations", "services", "locations", "service_at_location")


@dataclass(frozen=True)
class Fault:
    """Something wrong in a package.

    Attributes:
        file: where; behind ``#`` the place in a JSON file (RFC 6901); "" where it is about the whole package.
        row: as spreadsheets count, the head being 1; 0 where it is about the whole file.
        field: column in HSDS 3.0, or "".
        what: one sentence.
        kind: in a word, to count by.
        stops: whether nothing can be imported because of it.
    """

    file: str
    row: int
    field: str
    what: str
    kind: str
    stops: bool = False

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.file, f"row {self.row}" if self.row else "", self.field)))
        return f"{where}: {self.what}" if where else self.what


def _at(row: Row, field: str, what: str, kind: str, *, stops: bool = False) -> Fault:
    return Fault(row.file, row.number, field, what, kind, stops)


def _missing(table: Table, row: Row) -> Iterator[Fault]:
    for column in table.required:
        if not row.get(column):
            yield _at(row, column, f"The {column} is missing.", "missing", stops=(table.name, column) in _STOPPING)
    if row.surplus:
        yield _at(row, "", f"{row.surplus} more fields than the head has columns.", "columns")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _values(table: Table, row: Row) -> Iterator[Fault]:
    for column, value in row.values.items():
        about = table.columns.get(column, {})
        if "enum" in about and value not in about["enum"]:
            yield _at(row, column, f"{value[:40]!r} is none of {', '.join(about['enum'])}.", "value")
        elif column in _DATES:
            if date(value) is None:
                yield _at(row, column, f"{value[:40]!r} is no date such as 2026-01-31.", "date")
        elif column in _TIMES:
            if minutes(value) is None:
                yield _at(row, column, f"{value[:40]!r} is no time such as 09:00.", "time")
        elif about.get("format") == "uri":
            if not web_address(value):
                yield _at(row, column, "This is no web address that can be opened.", "url")
        elif about.get("format") == "email":
            if not _EMAIL.fullmatch(value):
                yield _at(row, column, "This is no e-mail address.", "email")
        elif about.get("type") == "number" and column not in ("latitude", "longitude", "timezone") and not _is_number(value):
            yield _at(row, column, f"{value[:40]!r} is no number.", "number")


def _place(table: Table, row: Row) -> Iterator[Fault]:
    if table.name == "locations" and (row.get("latitude") or row.get("longitude")) and coordinates(row) is None:
        yield _at(row, "latitude", "Latitude and longitude are no place on earth: degrees to 90 and to 180.", "coordinates")
    if table.name == "addresses" and row.get("country") and country_code(row.get("country")) is None:
        yield _at(row, "country", f"{row.get('country')[:40]!r} is no country.", "country")
    if table.name == "languages" and (row.get("name") or row.get("code")) and language_code(row.get("name"), row.get("code")) is None:
        yield _at(row, "name", f"{(row.get('name') or row.get('code'))[:40]!r} is no language that is known.", "language")


def _number(row: Row, region: str | None) -> Iterator[Fault]:
    if not row.get("number"):
        return
    first, more = first_of(row.get("number"))
    if more:
        yield _at(row, "number", "There are several numbers in it; only the first is offered.", "phone")
    # Without a country nothing can be said of a number that does not name its own.
    if not first or ((region or first.startswith("+")) and read_number(row.get("number"), region) is None):
        yield _at(row, "number", f"{row.get('number')[:40]!r} is no telephone number that can be called; it is not offered.", "phone")


def _references(links: Links, row: Row) -> Iterator[Fault]:
    for column, table in REFERENCES.items():
        if row.get(column) and links.row(table, row.get(column)) is None:
            yield _at(row, column, f"There is no such row in {table}.", "reference")
    for column, kind in ANY_REFERENCES.items():
        if row.get(column) and not links.tables_meant(row.get(column), row.get(kind)):
            yield _at(row, column, "There is no row of that id.", "reference")


def _ids(table: Table, rows: list[Row]) -> Iterator[Fault]:
    seen: dict[str, Row] = {}
    odd = [row for row in rows if row.get("id") and not is_uuid(row.get("id"))]
    if odd:
        yield Fault(odd[0].file, odd[0].number, "id", f"{len(odd)} ids are no UUIDs, this one is the first; they are kept.", "id")
    for row in rows:
        first = seen.setdefault(row.get("id"), row)
        if row.get("id") and first is not row:
            stops = table.name in _NO_DOUBLES and first.values != row.values
            yield _at(row, "id", f"This id stands in row {first.number} already.", "double", stops=stops)


def _services(links: Links, country: str | None) -> Iterator[Fault]:
    services = links.package.rows("services")

    def name_of(row: Row) -> tuple[str, ...]:
        # One line that helps with two things, or in two countries, may stand there twice.
        ours = (links.own(row.get("id"), "kind"), links.own(row.get("id"), "country"))
        return (row.get("name").casefold(), row.get("organization_id"), *ours)

    named = Counter(map(name_of, services))
    reached, homeless = False, list[Row]()
    for row in services:
        if named[name_of(row)] > 1 and row.get("name"):
            yield _at(row, "name", "The same organization has another service of this name.", "double name")
        organization = links.row("organizations", row.get("organization_id")) if row.get("organization_id") else None
        ways = [row.get("url"), row.get("email"), organization.get("website") if organization else "", links.own(row.get("id"), "chat")]
        if any(ways) or any(phone.get("number") for phone in phones_of(links, row)) or links.locations_of(row.get("id")):
            reached = True
        else:
            yield _at(row, "", "There is no way to reach it: no phone, web or street address.", "unreachable")
        if country_of(links, row, country) is None:
            homeless.append(row)
    if homeless:
        what = f"Nothing tells the country of {len(homeless)} services, this one is the first. Name it with --country."
        yield _at(homeless[0], "", what, "country", stops=True)
    if not reached:
        yield Fault("", 0, "", "None of the services can be reached: this is no directory.", "unreachable", True)


def _usual_country(links: Links) -> str | None:
    """The country of the addresses, where they name one alone."""
    found = {country_code(row.get("country")) for row in links.package.rows("addresses")} - {None}
    return found.pop() if len(found) == 1 else None


def validate(package: Package, country: str | None = None) -> list[Fault]:
    """Every fault of a package: first those that stop an import, then by file and row.

    Args:
        package: as read, before anything is removed from it.
        country: ISO 3166-1 alpha-2 code of the operator's country, for what names none.
    """
    links = Links(package)
    region = country or _usual_country(links)
    faults = [Fault(what, 0, "", "This is no table of HSDS and was left out.", "table") for what in package.left_out]
    for name, rows in package.tables.items():
        table = tables()[name]
        faults += _ids(table, rows)
        for row in rows:
            faults += [*_missing(table, row), *_values(table, row), *_place(table, row), *_references(links, row)]
            if name == "phones":
                faults += _number(row, region)
    faults += _services(links, country)
    return sorted(faults, key=lambda fault: (not fault.stops, fault.file.split("#")[0], fault.row, fault.file, fault.field))
