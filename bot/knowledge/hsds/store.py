"""Where an imported directory lies: a folder that is replaced as a whole or not at all."""

from __future__ import annotations

import datetime
import re
import tempfile
import uuid
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import DataError
from bot.knowledge.hsds.confidentiality import Town, conceal
from bot.knowledge.hsds.entries import services_of
from bot.knowledge.hsds.links import ENTITIES, OWN, VOCABULARIES, Links
from bot.knowledge.hsds.locating import country_of, phones_of
from bot.knowledge.hsds.package import Package, Row, read_package, write_package
from bot.knowledge.hsds.replacing import clear_rooms, lies_in, replace_folder, room_prefix
from bot.knowledge.hsds.sameness import known_as
from bot.knowledge.hsds.spelling import plain
from bot.knowledge.hsds.tables import REFERENCES, is_uuid
from bot.knowledge.hsds.validation import Fault, validate
from bot.knowledge.services import Service

_NAMESPACE = uuid.UUID("2b7cb0f5-9d52-5f0f-8f2f-6f3f1f7b8f10")
_OF_ENTITIES = {column: table for column, table in REFERENCES.items() if table in (*ENTITIES, "service_at_location")}


@dataclass
class Report:
    """What became of an import.

    Attributes:
        installed: False where faults stopped it; then the old directory is as it was.
        rows: read, by table.
        services: that the bot can offer from the directory as it is now.
        concealed: how many of them have a place that must not be known.
        replaced: services of the old directory that the new one replaced, where it joined.
        faults: every fault of what was read.
    """

    installed: bool
    rows: dict[str, int] = field(default_factory=dict)
    services: int = 0
    concealed: int = 0
    replaced: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def by_kind(self) -> dict[str, int]:
        """How many faults there are of every kind."""
        return dict(Counter(fault.kind for fault in self.faults).most_common())


def installed(folder: Path) -> Package | None:
    """The directory that was imported into a folder, or None where none was.

    Raises:
        DataError: it cannot be read.
    """
    there = lies_in(folder)
    return read_package(there) if there.is_dir() and any(there.iterdir()) else None


def imported(folder: Path) -> Package:
    """The directory that was imported into a folder.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    package = installed(folder)
    if package is None:
        raise DataError("No directory was imported yet. Import one with `helpline directory import FILE`.")
    return package


def _with_country(package: Package, country: str | None) -> Package:
    """The package in which an attribute of ours names the operator's country for each service that tells none."""
    if not country:
        return package
    links, rows = Links(package), list(package.rows("attributes"))
    for service in package.rows("services"):
        if country_of(links, service) is None:
            row_id = service.get("id")
            new_id = str(uuid.uuid5(_NAMESPACE, f"{row_id} country"))
            values = {"id": new_id, "link_id": row_id, "link_entity": "service", "link_type": f"{OWN}country", "value": country}
            rows.append(Row(values, service.file, service.number))
    return Package({**package.tables, **({"attributes": rows} if rows else {})}, package.left_out)


def _sameness(links: Links, service: Row) -> set[tuple[str, str]]:
    """Name and number of a service, for each of its numbers, spelling apart."""
    numbers = (re.sub(r"\D", "", phone.get("number"))[-9:] for phone in phones_of(links, service))
    return {(plain(service.get("name")), number) for number in numbers if number}


def own_ids(package: Package) -> dict[str, str]:
    """The ids of the services of a package of ours by those that HSDS wants of their rows, so that who brings one of them back brings that
    one."""
    links = Links(package)
    return {row.get("id"): links.own(row.get("id"), "id") or row.get("id") for row in package.rows("services")}


def _refuse_other_ids(links: Links, new: Package) -> None:
    """Two sources that count their services from 1 mean others by the same ids; a UUID means the same."""
    shared = [(row, links.row("services", row.get("id"))) for row in new.rows("services") if not is_uuid(row.get("id"))]
    names = [plain(row.get("name")) == plain(there.get("name")) for row, there in shared if there]
    if len(names) > 2 * sum(names):
        raise DataError(
            "Most of its ids mean other services in the directory that is there. Import it without --join, or give it ids of its own."
        )


def joined(old: Package, new: Package, known: Collection[str] = ()) -> tuple[Package, int]:
    """Two directories as one. Where both know a service, by id or by name and number, the new one's word counts alone.

    Args:
        old, new: they.
        known: ids of rows of other services of the old one that the new one knows as well.
    Returns:
        The directory, and how many services of the old one were replaced.
    Raises:
        DataError: the same ids mean other services.
    """
    links, new_links = Links(old), Links(new)
    _refuse_other_ids(links, new)
    named = {same for service in new.rows("services") for same in _sameness(new_links, service)}
    replaced = {
        row.get("id")
        for row in old.rows("services")
        if row.get("id") in known or new_links.row("services", row.get("id")) or _sameness(links, row) & named
    }
    gone = {("services", row_id) for row_id in replaced}
    for table in (*ENTITIES, "service_at_location"):
        gone |= {(table, row_id) for row_id in old.by_id(table) if new_links.row(table, row_id)}

    def stays(table: str, row: Row) -> bool:
        if table in VOCABULARIES or table in ENTITIES:
            return (table, row.get("id")) not in gone and new_links.row(table, row.get("id")) is None
        named = {(owner, row.get(column)) for column, owner in _OF_ENTITIES.items() if row.get(column)}
        named |= {(owner, row.get("link_id")) for owner in links.tables_meant(row.get("link_id"), row.get("link_entity"))}
        return not named or (bool(named - gone) and ("services", row.get("service_id")) not in gone)

    tables = {table: [row for row in rows if stays(table, row)] for table, rows in old.tables.items()}
    for table, rows in new.tables.items():
        tables[table] = tables.get(table, []) + rows
    return Package({table: rows for table, rows in tables.items() if rows}), len(replaced)


def _put(package: Package, folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        clear_rooms(folder)
        with tempfile.TemporaryDirectory(prefix=room_prefix(folder), dir=folder.parent) as room:
            new = Path(room) / "directory"
            write_package(package, new)
            read_package(new)  # what cannot be read back must not take the place of what can
            replace_folder(new, folder)
    except OSError as error:
        raise DataError(f"{folder} cannot be written ({error.strerror}). Check its permissions and the space on the disk.") from None


def install(path: Path, folder: Path, *, join: bool = False, country: str | None = None, town: Town | None = None) -> Report:
    """Reads, checks and conceals a directory and puts it into a folder, all or nothing.

    Args:
        path: of the package, see `read_package`.
        folder: where imports lie; replaced as a whole.
        join: keep what is there, too; see `joined`.
        country: ISO 3166-1 alpha-2 code of the operator's country, for services that tell none.
        town: finds the middle of a town, see `conceal`.
    Raises:
        DataError: the package or the old directory cannot be read, or the folder cannot be written.
    """
    package = read_package(path)
    report = Report(False, {table: len(rows) for table, rows in package.tables.items()}, faults=validate(package, country))
    if any(fault.stops for fault in report.faults):
        return report
    safe = conceal(_with_country(package, country), town)
    there = installed(folder) if join else None
    if there:
        together, report.replaced = joined(there, safe)
        safe = conceal(together, town)  # a place of the old one may be hidden by what the new one says
    _put(safe, folder)
    report.installed = True
    offered = services_of(safe, country=country)
    report.services, report.concealed = len(offered), sum(service.confidential for service in offered)
    return report


def export(folder: Path, path: Path, ours: Sequence[Package] = ()) -> Package:
    """Writes the imported directory into a zip or another folder, as HSDS 3.0. Hidden places are not in it.

    Args:
        folder: where imports lie.
        path: what to write.
        ours: packages that come with the project, to be written as well; what was imported replaces what is in them, see `joined` and
            `known_as`.
    Returns:
        What was written.
    Raises:
        DataError: there is nothing to write, or it cannot be written.
    """
    brought = installed(folder) if ours else imported(folder)
    whole = Package()
    for part in ours:
        whole, _ = joined(whole, part)
    if brought:
        safe = conceal(brought)
        whole, _ = joined(whole, safe, _known_rows(ours, safe))
    write_package(whole, path)
    return whole


def _known_rows(ours: Sequence[Package], brought: Package) -> set[str]:
    """Ids of the rows of our services that an operator's directory knows as well."""
    rows = {own_id: row_id for part in ours for row_id, own_id in own_ids(part).items()}
    services = [service for part in ours for service in services_of(part, reviewed=True)]
    known = known_as(services, services_of(brought), {row_id: own_id for own_id, row_id in rows.items()})
    return {rows[own_id] for own_id in known}


def stale(services: Sequence[Service], today: datetime.date, days: int) -> list[Service]:
    """The services that nobody has verified for more than `days` days before `today`, or ever: those longest ago first, and of those
    never verified the ones with a single source first, then the ones with the oldest."""
    oldest = today - datetime.timedelta(days=days)
    found = [service for service in services if service.checked_on is None or service.checked_on < oldest]

    def urgency(service: Service) -> tuple[datetime.date, bool, str, str, str]:
        return service.checked_on or datetime.date.min, service.confirmed, service.source_date, service.country, service.name

    return sorted(found, key=urgency)
