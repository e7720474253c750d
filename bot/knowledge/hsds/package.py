"""Reads and writes packages of services: a zip or folder of CSV, or JSON, of HSDS 3.0 and 3.1; older layouts by `aliases`."""

from __future__ import annotations

import csv
import io
import json
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from bot.errors import DataError
from bot.knowledge.hsds import aliases
from bot.knowledge.hsds.objects import rows_of_objects
from bot.knowledge.hsds.sources import contents
from bot.knowledge.hsds.tables import REFERENCES, Table, table_of_entity, tables

LONGEST_FIELD = 4 * 2**20  # characters; an area drawn as geojson is longer than the 131,072 that Python's csv allows
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a zip can name: the same package gives the same bytes
_NAMESPACE = uuid.UUID("5d2f3c1e-8f0a-5b53-9a53-3a0d8d9c7e10")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        values: filled columns by their names in HSDS 3.0; columns that 3.0 does not know keep their own.
        file: where it stood; behind ``#`` the place in a JSON file (RFC 6901).
        number: of the row as spreadsheets count, the head being 1; of the outermost object in JSON, from 1.
        surplus: fields behind the last column of the head.
    """

    values: dict[str, str]
    file: str = ""
    number: int = 0
    surplus: int = 0

    def get(self, column: str) -> str:
        """The value of a column, or "" where it is empty."""
        return self.values.get(column, "")

    def but(self, **changes: str) -> Row:
        """The same row with other values; "" empties a column."""
        return Row({name: value for name, value in {**self.values, **changes}.items() if value}, self.file, self.number, self.surplus)


@dataclass
class Package:
    """A directory of services as tables.

    Attributes:
        tables: rows by the name of the table in HSDS 3.0, such as ``service_at_location``.
        left_out: files and keys of what was read that are no table.
    """

    tables: dict[str, list[Row]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def rows(self, table: str) -> list[Row]:
        """The rows of a table; empty where the package lacks it."""
        return self.tables.get(table, [])

    def by_id(self, table: str) -> dict[str, Row]:
        """The rows of a table by their id; the first one where an id is there twice."""
        found: dict[str, Row] = {}
        for row in self.rows(table):
            if row.get("id"):
                found.setdefault(row.get("id"), row)
        return found

    def __len__(self) -> int:
        return sum(map(len, self.tables.values()))


# Old names


def table_named(name: str) -> str | None:
    """The table of HSDS 3.0 (or ``eligibilities``) that a file's stem or a JSON key means, or None."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    if plain in tables():
        return plain
    return table_of_entity().get(plain) or aliases.TABLES.get(plain)


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _renamed(table: str, raw: Mapping[str, str]) -> dict[str, str]:
    names = aliases.COLUMNS.get(table, {})
    if table == "taxonomy_terms" and not raw.get("id"):
        names = {**names, "taxonomy_id": "id"}  # before 3.0 that was the term's own
    values = {name: value for name, value in raw.items() if value and name not in names}
    for old, new in names.items():
        if raw.get(old):
            values[old if new in values else new] = raw[old]
    return values


def _modernised(table: str, values: dict[str, str]) -> dict[str, str]:
    """What older layouts say in other words, in the words of 3.0."""
    if table == "schedules" and values.get("byday", "").strip().lower() in aliases.WEEKDAYS:
        values["byday"] = aliases.WEEKDAYS[values["byday"].strip().lower()]
        values.setdefault("freq", "WEEKLY")
    if table == "locations" and "location_type" not in values and values.get("virtual", "").lower() in ("true", "false"):
        values["location_type"] = "virtual" if values["virtual"].lower() == "true" else "physical"
    if table == "phones" and values.get("country_prefix") and not values.get("number", "+").lstrip().startswith("+"):
        values["number"] = f"+{values['country_prefix'].lstrip('+')} {values['number']}"
    if table == "attributes" and "link_entity" not in values and values.get("link_type") in table_of_entity():
        values["link_entity"] = values["link_type"]
    return values


def translated(name: str, raw: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """What a row of an older layout is in HSDS 3.0: itself, and rows for the lists in its fields.

    Args:
        name: of its table as the source calls it.
        raw: its fields, by the names that the source uses.
    Yields:
        Name of a table and values by column. ``eligibilities`` stays as it is.
    """
    table = table_named(name)
    if table is None:
        return
    if table == "eligibilities":
        yield table, {key: value for key, value in raw.items() if value}
        return
    lists = [(column, raw[column]) for column in raw if (table, column) in aliases.LISTS and raw[column]]
    plain = {column: value for column, value in raw.items() if (table, column) not in aliases.LISTS}
    values = _modernised(table, {**aliases.FILLED_BY_TABLE.get(name.lower(), {}), **_renamed(table, plain)})
    if table == "service_at_location" and "," in values.get("service_id", ""):
        first, *others = _items(values["service_id"])
        yield table, {**values, "service_id": first}
        for other in others:
            yield table, {key: value for key, value in {**values, "service_id": other}.items() if key != "id"}
    else:
        yield table, values
    for column, listed in lists:
        new_table, new_column, link, also = aliases.LISTS[table, column]
        if values.get("id"):
            for item in _items(listed):
                yield new_table, {**also, new_column: item, link: values["id"]}


def _take_in(package: Package, eligibilities: Iterable[Row]) -> None:
    """Puts the rows of the old table of eligibilities into their services."""
    said: dict[str, list[str]] = {}
    for row in eligibilities:
        for service in _items(row.get("service_id")):
            if row.get("eligibility") and row.get("eligibility") not in said.setdefault(service, []):
                said[service].append(row.get("eligibility"))
    for place, row in enumerate(package.rows("services")):
        if said.get(row.get("id")) and not row.get("eligibility_description"):
            package.tables["services"][place] = row.but(eligibility_description="; ".join(said[row.get("id")]))


def _inherit_organizations(package: Package) -> None:
    """Gives a service without organization that of its place: before HSDS, services belonged to places alone."""
    if not any(row.get("id") and not row.get("organization_id") for row in package.rows("services")):
        return
    of_location = {row.get("id"): row.get("organization_id") for row in package.rows("locations")}
    of_service: dict[str, str] = {}
    for link in package.rows("service_at_location"):
        of_service.setdefault(link.get("service_id"), of_location.get(link.get("location_id"), ""))
    for place, row in enumerate(package.rows("services")):
        if not row.get("organization_id") and of_service.get(row.get("id")):
            package.tables["services"][place] = row.but(organization_id=of_service[row.get("id")])


# Reading


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 (byte {error.start}). Save it as UTF-8 and import it again.") from None


def _delimiter(text: str) -> str:
    head = text.split("\n", 1)[0]
    return max(",;\t", key=head.count)


def _csv_rows(name: str, data: bytes) -> Iterator[tuple[int, dict[str, str], int]]:
    text = _decoded(name, data)
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        head = [column.strip().lower().replace(" ", "_") for column in next(reader, [])]
        for number, fields in enumerate(reader, 2):
            if any(map(str.strip, fields)):
                values: dict[str, str] = {}
                for column, value in zip(head, fields, strict=False):
                    if column and value.strip():
                        values.setdefault(column, value.strip())
                yield number, values, sum(1 for extra in fields[len(head) :] if extra.strip())
    except csv.Error as error:
        raise DataError(f"{name} breaks off as CSV at line {reader.line_num} ({error}). Mend that line, or export the file anew.") from None


def _table_of_file(name: str, stems: Mapping[str, str]) -> str:
    stem = PurePosixPath(name).name
    return stems.get(stem, stem.rsplit(".", 1)[0]).lower()


def _is_of_terms(head: Iterable[str]) -> bool:
    """Whether a table called "taxonomy" is that of terms, as it was before 3.0."""
    return bool({"parent_id", "parent_name", "taxonomy_id"} & set(head))


def _read_csv(package: Package, eligibilities: list[Row], name: str, data: bytes, stems: Mapping[str, str]) -> None:
    stem, found = _table_of_file(name, stems), list[tuple[str, Row]]()
    source = stem
    for number, raw, surplus in _csv_rows(name, data):
        source = "taxonomy_term" if stem == "taxonomy" and _is_of_terms(raw) else stem
        found += [(table, Row(values, name, number, surplus)) for table, values in translated(source, raw)]
    known = any(table == "eligibilities" or row.values.keys() & tables()[table].columns.keys() for table, row in found)
    if table_named(source) is None or (found and not known):
        package.left_out.append(name)
        return
    for table, row in found:
        (eligibilities if table == "eligibilities" else package.tables.setdefault(table, [])).append(row)


def _read_json(package: Package, eligibilities: list[Row], name: str, data: bytes) -> None:
    try:
        content = json.loads(_decoded(name, data))
    except RecursionError:
        raise DataError(f"{name} nests too deeply to be a directory of services. Export it anew.") from None
    except ValueError as error:
        raise DataError(f"{name} is not valid JSON ({error}). Export it anew.") from None
    for table, pointer, number, raw in rows_of_objects(content, table_named, package.left_out, name):
        for new_table, values in translated(table, raw):
            row = Row(values, f"{name}#{pointer}" if pointer else name, number)
            if new_table == "eligibilities":
                eligibilities.append(row)
            else:
                package.tables.setdefault(new_table, []).append(row)
    _join_repeated(package)


def _join_repeated(package: Package) -> None:
    """Makes one row of an object that JSON repeats wherever it is used, as far as its copies do not contradict each other."""
    for table, rows in package.tables.items():
        kept: dict[str, int] = {}
        joined: list[Row] = []
        for row in rows:
            place = kept.get(row.get("id"))
            if place is not None:
                there = joined[place]
                if all(row.get(column) in ("", value) for column, value in there.values.items()):
                    joined[place] = Row({**there.values, **row.values}, there.file, there.number)
                    continue
            elif row.get("id"):
                kept[row.get("id")] = len(joined)
            joined.append(row)
        package.tables[table] = joined


def _stems(data: bytes) -> dict[str, str]:
    """Names of tables by file, where a data package gives its files names of their own."""
    try:
        resources = json.loads(data)["resources"]
        return {PurePosixPath(str(one["path"])).name: str(one["name"]) for one in resources if table_named(str(one["name"]))}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def read_package(path: Path) -> Package:
    """Reads a directory of services.

    Args:
        path: a zip or a folder of CSV files (with or without datapackage.json), one CSV file, or JSON: a list of services with all
            that belongs to them, a page of an API (``contents``), one service or organization, or tables by name.
    Returns:
        What is in it, in the names of HSDS 3.0, faults and all.
    Raises:
        DataError: it cannot be read, is larger than may be, or holds no service.
    """
    package, eligibilities, stems = Package(), list[Row](), dict[str, str]()
    for name, data in contents(path):
        if PurePosixPath(name).name == "datapackage.json":
            stems = _stems(data)
        elif name.lower().endswith(".json"):
            _read_json(package, eligibilities, name, data)
        else:
            _read_csv(package, eligibilities, name, data, stems)
    _take_in(package, eligibilities)
    _inherit_organizations(package)
    if not any(row.get("name") or row.get("id") for row in package.rows("services")):
        raise DataError(f"{path.name} holds no services. Give a zip or folder of CSV files, or a JSON file, of HSDS.")
    package.tables = {name: package.tables[name] for name in tables() if package.tables.get(name)}
    return package


# Writing


def _with_own_ids(table: str, rows: list[Row]) -> Iterator[Row]:
    """The rows, those without an id of their own with one made of what they say: the same package gives the same ids.

    Older layouts have tables that are one in HSDS 3.0, such as those of addresses, and count each from 1.
    """
    seen: dict[str, int] = {}
    taken: dict[str, dict[str, str]] = {}
    for row in rows:
        if taken.get(row.get("id")) == row.values:
            continue
        if row.get("id") and row.get("id") not in taken:
            taken[row.get("id")] = row.values
            yield row
            continue
        said = json.dumps(row.values, sort_keys=True)
        seen[said] = seen.get(said, 0) + 1
        yield row.but(id=str(uuid.uuid5(_NAMESPACE, f"{table} {seen[said]} {said}")))


def _columns(table: Table, rows: list[Row]) -> list[str]:
    own = {column for row in rows for column in row.values} - set(table.columns)
    return [*table.columns, *sorted(own)]


def _as_csv(table: Table, rows: list[Row]) -> str:
    out = io.StringIO(newline="")
    columns = _columns(table, rows)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column) for column in columns] for row in _with_own_ids(table.name, rows))
    return out.getvalue()


def _resource(table: Table, rows: list[Row]) -> dict[str, Any]:
    fields = []
    for name in _columns(table, rows):
        about = table.columns.get(name, {})
        constraints: dict[str, Any] = {"required": name in table.required, "unique": name == "id"}
        if "enum" in about:
            constraints["enum"] = about["enum"]
        # Real data put words where the specification wants numbers; what an importer can read is text.
        fields.append(
            {"name": name, "type": "string", **{key: about[key] for key in ("title",) if key in about}, "constraints": constraints}
        )
    links = [(column, REFERENCES[column]) for column in table.columns if column in REFERENCES]
    keys = [{"fields": column, "reference": {"resource": tables()[to].entity, "fields": "id"}} for column, to in links if to != table.name]
    schema: dict[str, Any] = {"primaryKey": "id", "fields": fields, **({"foreignKeys": keys} if keys else {})}
    about_table = {"name": table.entity, "path": table.file, "format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
    return {**about_table, "profile": "tabular-data-resource", "schema": schema}


def _datapackage(package: Package) -> str:
    about = {
        "name": "human_services_data",
        "title": "Human Services Data Specification",
        "profile": "tabular-data-package",
        "version": "3.0.0",
        "homepage": "http://docs.openreferral.org",
        "resources": [_resource(table, package.rows(name)) for name, table in tables().items() if package.rows(name)],
    }
    return json.dumps(about, indent=1, ensure_ascii=False) + "\n"


def write_package(package: Package, path: Path) -> None:
    """Writes HSDS 3.0 as CSV files with a datapackage.json. The same package gives the same bytes.

    Args:
        package: what to write; tables that only 3.1 has stand beside the others.
        path: a zip where it ends in ``.zip``, else a folder, which is made where it is missing.
    Raises:
        DataError: it cannot be written.
    """
    files = {table.file: _as_csv(table, package.rows(name)) for name, table in tables().items() if package.rows(name)}
    files["datapackage.json"] = _datapackage(package)
    try:
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, text in sorted(files.items()):
                    member = zipfile.ZipInfo(name, _EPOCH)
                    member.external_attr, member.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
                    archive.writestr(member, text.encode("utf-8"))
        else:
            path.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (path / name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}). Name a zip or folder in a folder that exists.") from None
