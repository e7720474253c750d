"""The national and worldwide helplines (`data/directory/helplines/`), in memory: nothing that an import brings can change them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path

from bot.errors import DataError
from bot.knowledge.directory_words import labels
from bot.knowledge.hsds.entries import services_of
from bot.knowledge.hsds.kinds import KINDS
from bot.knowledge.hsds.links import Links
from bot.knowledge.hsds.locating import country_of
from bot.knowledge.hsds.package import Package, Row, read_package
from bot.knowledge.services import Service
from bot.paths import DATA

HELPLINES = DATA / "directory" / "helplines"
_OF_SERVICES = {"attributes": "link_id", **dict.fromkeys(("phones", "languages", "schedules", "service_areas"), "service_id")}
_NUMBER = re.compile(r"\+?\d[\d -]*\d")


class Directory:
    """Services by id and by country and kind.

    Args:
        services: all entries, in the order in which they are preferred.
    """

    def __init__(self, services: list[Service]) -> None:
        self._by_id = {service.id: service for service in services}
        self._by_kind: dict[tuple[str, str], list[Service]] = {}
        for service in services:
            self._by_kind.setdefault((service.country, service.kind), []).append(service)

    def service(self, service_id: str) -> Service:
        """The service of that id. Raises KeyError where there is none."""
        return self._by_id[service_id]

    def find(self, country: str, kinds: tuple[str, ...] | list[str], *, audience: str | None = None) -> list[Service]:
        """Services of a country that may be offered unasked, best first.

        Those that two sources confirm; only where the country has none of them of any of the kinds, those with one source. Of a kind,
        those for everybody come before those for some, always open ones before others. Nothing that the police run, and nothing that
        cannot be reached by phone, text, chat or a web page.

        Args:
            country: ISO 3166-1 alpha-2 code, or ``INT``.
            kinds: kinds of the directory, best first.
            audience: ``children`` and the like where the person said so; services for others come last then.
        """
        wanted = {"anyone"} | ({audience} if audience else set())
        able = [
            service
            for kind in kinds
            for service in self._by_kind.get((country, kind), [])
            if not service.police_run and (service.phone or service.sms or service.chat or service.website)
        ]
        able = [service for service in able if service.confirmed] or able
        order = {kind: place for place, kind in reversed(list(enumerate(kinds)))}
        return sorted(able, key=lambda s: (order[s.kind], not wanted & set(s.audience), bool(s.regions), not s.always_open))

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Service]:
        return iter(self._by_id.values())


def _fault(package: Package, links: Links, known_labels: Collection[str]) -> tuple[Row, str] | None:
    """The first row that could be said wrongly or not at all, and what is wrong with it."""
    for table, rows in package.tables.items():
        for row in rows:
            if table not in ("services", "organizations", *_OF_SERVICES):
                return row, "a place or a person, which has no place here: nothing of this package is concealed"
            if row.surplus:
                return row, "more fields than the head has columns"
            if table in _OF_SERVICES and links.row("services", row.get(_OF_SERVICES[table])) is None:
                return row, "of a service that is not there"
            if table == "phones" and not _NUMBER.fullmatch(row.get("number")):
                return row, f"{row.get('number')!r}, which is no number to dial"
    seen: set[str] = set()
    for row in package.rows("services"):
        row_id, ours = row.get("id"), links.own(row.get("id"), "id")
        for what, good in (
            ("without a name", bool(row.get("name"))),
            ("without helpline:id", bool(ours)),
            (f"with the id {ours}, which stands there twice", ours not in seen),
            ("of a helpline:kind that is none", links.own(row_id, "kind") in KINDS),
            ("of no helpline:country", country_of(links, row) is not None),
            ("with a helpline:label that words.yml lacks", links.own(row_id, "label") in known_labels),
        ):
            if not good:
                return row, f"a service {what}"
        seen.add(ours)
    return None


def read_directory(folder: Path, known_labels: Collection[str]) -> Directory:
    """Reads the package of the helplines.

    Args:
        folder: of the package, as `make directory` builds it.
        known_labels: ids of the neutral labels that there are words for.
    Raises:
        DataError: it is missing or malformed; says where.
    """
    mend = "Build it anew with `make directory`, or restore it from the repository."
    if not folder.is_dir():
        raise DataError(f"The folder {folder.name}/ of the directory is missing. {mend}")
    try:
        package = read_package(folder)
    except DataError as error:
        raise DataError(f"{folder.name}/: {error} {mend}") from None
    links = Links(package)
    fault = _fault(package, links, known_labels)
    if fault:
        row, what = fault
        raise DataError(f"{folder.name}/{row.file} row {row.number}: this is {what}. {mend}")
    return Directory(services_of(package, reviewed=True))


@lru_cache(maxsize=1)
def directory() -> Directory:
    """The helplines of `data/directory/`."""
    return read_directory(HELPLINES, labels())
