"""Removes from a package whatever could lead somebody to a place that must not be known: HSDS has no flag for that.

Shelters, and services against violence and trafficking, are dangerous to find for those they protect against. A service, organization
or location is concealed where any of its rows says that it is confidential or of such a kind, and so is all that hangs together with
it: services at the same location or street, what the same hidden organization runs. Rather one too many than one too few.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from bot.knowledge.hsds import concealed_fields
from bot.knowledge.hsds.hiding import tells_of_hidden_place
from bot.knowledge.hsds.kinds import KINDS, kind_told_by
from bot.knowledge.hsds.links import OWN, VOCABULARIES, Entity, Links
from bot.knowledge.hsds.locating import country_of, is_nationwide
from bot.knowledge.hsds.package import Package, Row
from bot.knowledge.hsds.serving import says_always_open
from bot.knowledge.hsds.spelling import plain
from bot.knowledge.hsds.tables import ANY_REFERENCES, REFERENCES

Town = Callable[[str, str, str], "tuple[float, float] | None"]  # city, region, country to the town's latitude and longitude

_NAMESPACE = uuid.UUID("6f4c9a51-6d0c-5c55-9d27-6f0c2f7a3b90")
_NO_WORDS = frozenset({"id", "latitude", "longitude", *REFERENCES, *ANY_REFERENCES})
_LETTERS = re.compile("[A-Za-z]{2}")
_UNIT = re.compile(r"\b(?:suite|ste|apt|apartment|unit|flat|floor|room|piso|no|nr|#)\.? ?\w*$|[\d#,.-]+\w?\b")


def kind_of_service(links: Links, service: Row) -> str:
    """The kind of a service: what an attribute of ours says, else what terms, name, description and organization tell, in this order."""
    own = links.own(service.get("id"), "kind")
    if own in KINDS:
        return own
    organization = links.row("organizations", service.get("organization_id"))
    names = f"{service.get('name')} ; {service.get('alternate_name')}"
    about = f"{service.get('description')} ; {organization.get('name') if organization else ''}"
    return kind_told_by(links.category_of(service.get("id")), names, about) or "other"


def concealed_services(package: Package) -> frozenset[str]:
    """Ids of the services whose place a package conceals."""
    return frozenset(
        row.get("link_id") for row in package.rows("attributes") if row.get("link_type") == f"{OWN}confidential" and row.get("link_id")
    )


# Who is concealed


def _words(row: Row) -> str:
    said = [value for column, value in row.values.items() if column not in _NO_WORDS]
    return " ; ".join(value for value in said if not value.isascii() or _LETTERS.search(value))


def _telling_vocabulary(links: Links) -> set[Entity]:
    """Programs and terms that tell of hidden places, and the terms under such terms and vocabularies."""
    found = {(table, row.get("id")) for table in VOCABULARIES for row in links.package.rows(table) if tells_of_hidden_place(_words(row))}
    while True:
        below = {
            ("taxonomy_terms", row.get("id"))
            for row in links.package.rows("taxonomy_terms")
            if {("taxonomy_terms", row.get("parent_id")), ("taxonomies", row.get("taxonomy_id"))} & found
        }
        if below <= found:
            return found
        found |= below


def _marked(links: Links) -> set[Entity]:
    """What says itself, or by a row about it, that its place must not be known."""
    telling = _telling_vocabulary(links)
    found: set[Entity] = set()
    for table, rows in links.package.tables.items():
        if table in VOCABULARIES:
            continue
        for row in rows:
            used = {(REFERENCES[column], row.get(column)) for column in ("program_id", "taxonomy_term_id") if row.get(column)}
            if used & telling or tells_of_hidden_place(_words(row)):
                found |= links.owners(table, row)
    return found


def _street(address: Row) -> str:
    street = plain(address.get("address_1"))
    return (
        f"{street} @ {plain(address.get('city')) or address.get('postal_code')}" if street and street != concealed_fields.WITHHELD else ""
    )


def _at_same_street(links: Links) -> dict[str, set[str]]:
    """Ids of the locations of every street address."""
    found: dict[str, set[str]] = {}
    for address in links.package.rows("addresses"):
        if _street(address) and address.get("location_id"):
            found.setdefault(_street(address), set()).add(address.get("location_id"))
    return found


def _neighbours(links: Links, streets: dict[str, set[str]], entity: Entity, *, marked: bool) -> set[Entity]:
    """What must be concealed since one entity is."""
    table, row_id = entity
    if table == "services":
        return {("locations", location) for location in links.locations_of(row_id)}
    if table == "locations":
        same = {other for address in links.pointing("addresses", "location_id", row_id) for other in streets.get(_street(address), ())}
        return {("services", service) for service in links.services_at(row_id)} | {("locations", other) for other in same}
    if not marked:
        # It runs a hidden place among others: those of its locations that no service names could be it.
        own = [row.get("id") for row in links.pointing("locations", "organization_id", row_id)]
        return {("locations", location) for location in own if not links.services_at(location)}
    return {
        (below, row.get("id"))
        for below, column in (
            ("services", "organization_id"),
            ("locations", "organization_id"),
            ("organizations", "parent_organization_id"),
        )
        for row in links.pointing(below, column, row_id)
    }


def _all_concealed(links: Links) -> set[Entity]:
    marked, streets = _marked(links), _at_same_street(links)
    marked_organizations = {entity for entity in marked if entity[0] == "organizations"}
    ownerless = {
        ("locations", row.get("id"))
        for row in links.package.rows("locations")
        if not links.services_at(row.get("id")) and not links.row("organizations", row.get("organization_id"))
    }
    found: set[Entity] = set()
    waiting = list(marked | ownerless)
    while waiting:
        entity = waiting.pop()
        if entity in found:
            continue
        found.add(entity)
        near = _neighbours(links, streets, entity, marked=entity in marked_organizations)
        if entity in marked_organizations:
            marked_organizations |= {other for other in near if other[0] == "organizations"}
        row = links.row(*entity)
        if row and entity[0] != "organizations" and entity not in ownerless:
            near.add(("organizations", row.get("organization_id")))
        waiting += near - found
    return found


# What stays of them


class _Concealer:
    def __init__(self, package: Package, town: Town | None) -> None:
        self.links = Links(package)
        self.concealed = _all_concealed(self.links)
        self.town = town
        self.secrets: dict[str, list[str]] = {}  # streets with their number, by their first word
        self.streets: dict[Entity, frozenset[str]] = {}
        for table, row_id in self.concealed:
            if table == "locations":
                self._learn_streets(row_id)

    def _learn_streets(self, location: str) -> None:
        for address in self.links.pointing("addresses", "location_id", location):
            for line in (plain(address.get("address_1")), plain(address.get("address_2"))):
                name = " ".join(_UNIT.sub(" ", line).split())
                if re.search(r"\d", line) and len(name) >= 3:
                    self.secrets.setdefault(line.split()[0], []).append(line)
                if len(name) >= 5:
                    row = self.links.row("locations", location)
                    organization = ("organizations", row.get("organization_id") if row else "")
                    for owner in [("services", one) for one in self.links.services_at(location)] + [organization]:
                        self.streets[owner] = self.streets.get(owner, frozenset()) | {name}

    def is_concealed(self, table: str, row: Row) -> bool:
        return bool(self.links.owners(table, row) & self.concealed)

    def whitelisted(self, table: str, row: Row) -> Row | None:
        """What may stay of a row about something concealed, or None."""
        if table == "attributes":
            return self._own_attribute(row)
        if table not in concealed_fields.COLUMNS or (table == "phones" and not self._is_of_service(row)):
            return None
        dropped = ("program_id", "contact_id", "parent_id")
        values = {column: row.get(column) for column in ("id", *REFERENCES) if column not in dropped}
        for column, clean in concealed_fields.COLUMNS[table].items():
            values[column] = clean(row.get(column)) if row.get(column) else ""
        needed = concealed_fields.NEEDED.get(table, ())
        if needed and not any(values.get(column) for column in needed):
            return None
        return Row({}, row.file, row.number).but(**{**values, **self._made(table, row)})

    def _made(self, table: str, row: Row) -> dict[str, str]:
        """Values that are not the source's own any more."""
        if table in ("services", "organizations"):
            kind = kind_of_service(self.links, row) if table == "services" else "organization"
            kind = "service" if kind == "other" else kind
            name = concealed_fields.name(row.get("name"), kind, self.streets.get((table, row.get("id")), frozenset()))
            if table == "organizations":
                return {"name": name}
            return {
                "name": name,
                "fees_description": concealed_fields.fees(row.get("fees_description"), row.get("fees")),
                "eligibility_description": concealed_fields.eligibility(row.get("eligibility_description"), row.get("audience")),
            }
        if table == "addresses":
            return {"address_1": concealed_fields.WITHHELD}
        if table == "locations":
            return self._town_of(row)
        if table == "schedules" and says_always_open(row.get("description"), row.get("notes")):
            return {"description": "24/7"}
        return {}

    def _town_of(self, location: Row) -> dict[str, str]:
        for address in self.links.pointing("addresses", "location_id", location.get("id")) if self.town else ():
            city, region = concealed_fields.place(address.get("city")), concealed_fields.place(address.get("state_province"))
            found = self.town(city, region, concealed_fields.country(address.get("country"))) if self.town and city else None
            if found:
                return {"latitude": str(found[0]), "longitude": str(found[1])}
        return {}

    @staticmethod
    def _is_of_service(phone: Row) -> bool:
        """Whether a number is that of a service or organization, not of a person alone."""
        return any(phone.get(column) for column in ("service_id", "organization_id", "location_id", "service_at_location_id"))

    @staticmethod
    def _own_attribute(row: Row) -> Row | None:
        clean = (
            concealed_fields.OWN_ATTRIBUTES.get(row.get("link_type").removeprefix(OWN)) if row.get("link_type").startswith(OWN) else None
        )
        value = clean(row.get("value")) if clean else ""
        if not value:
            return None
        kept = {column: row.get(column) for column in ("id", "link_id", "link_type")}
        return Row({}, row.file, row.number).but(**kept, link_entity="service", value=value)

    def said_of(self, service: Row) -> list[tuple[str, Row]]:
        """Rows that keep of a concealed service what its lost words told: kind, that it is confidential, that it serves the whole country,
        that it is always open."""
        row_id = service.get("id")
        facts = {"kind": kind_of_service(self.links, service), "confidential": "true"}
        if is_nationwide(self.links, service, country_of(self.links, service) or ""):
            facts["nationwide"] = "true"
        rows = []
        for what, value in facts.items():
            if not self.links.own(service.get("id"), what):
                new_id = str(uuid.uuid5(_NAMESPACE, f"{row_id} {what}"))
                values = {"id": new_id, "link_id": row_id, "link_entity": "service", "link_type": OWN + what, "value": value}
                rows.append(("attributes", Row(values, service.file, service.number)))
        if says_always_open(service.get("name"), service.get("alternate_name"), service.get("description")):
            new_id = str(uuid.uuid5(_NAMESPACE, f"{row_id} hours"))
            if not self.links.row("schedules", new_id):
                rows.append(("schedules", Row({"id": new_id, "service_id": row_id, "description": "24/7"}, service.file, service.number)))
        return rows

    def swept(self, table: str, row: Row) -> Row:
        """A row of something open, without what names the street of something concealed."""
        if not self.secrets or table == "addresses":
            return row
        lost = {}
        for column, value in row.values.items():
            if column not in _NO_WORDS:
                words = plain(value)
                if any(secret in words for word in set(re.findall(r"[\w-]+", words)) for secret in self.secrets.get(word, ())):
                    lost[column] = table.removesuffix("s").capitalize() if column == "name" else ""
        return row.but(**lost) if lost else row


def conceal(package: Package, town: Town | None = None) -> Package:
    """The package without what could lead to a place that must not be known. Doing it twice changes nothing more.

    Of whatever is concealed stay: names of service and organization (their kind, where the name could be an address), phone numbers, the
    front page of the web site, languages, times, status, whether it is free and who is served (in words of ours), town, state, country.
    Rows that belong to nothing that is in the package go.

    Args:
        package: as read; not changed.
        town: finds latitude and longitude of a town's middle by its name, region and country; without it concealed places have none.
    """
    concealer = _Concealer(package, town)
    links, result = concealer.links, Package({}, list(package.left_out))
    open_rows: list[tuple[str, Row]] = []

    def keep(table: str, row: Row) -> None:
        result.tables.setdefault(table, []).append(_with_plain_ids(row))

    for table, rows in package.tables.items():
        if table in VOCABULARIES:
            continue
        for row in rows:
            if not links.owners(table, row):
                continue
            hidden = concealer.is_concealed(table, row)
            kept = concealer.whitelisted(table, row) if hidden else concealer.swept(table, row)
            if kept:
                keep(table, kept)
            if not hidden:
                open_rows.append((table, row))
            elif table == "services":
                for new in concealer.said_of(row):
                    keep(*new)
    for table, row in _vocabulary_of(links, open_rows, everything=not concealer.concealed):
        keep(table, concealer.swept(table, row))
    result.tables = {table: result.tables[table] for table in _order(package, result)}
    return result


def _with_plain_ids(row: Row) -> Row:
    """A row whose ids cannot be read as addresses: the same one becomes the same other one wherever it stands."""
    changed = {}
    for column in ("id", *REFERENCES, *ANY_REFERENCES):
        plain_id = concealed_fields.identifier(row.get(column)) if row.get(column) else ""
        if plain_id != row.get(column):
            changed[column] = plain_id
    return row.but(**changed) if changed else row


def _order(package: Package, result: Package) -> list[str]:
    return [
        *(table for table in package.tables if table in result.tables),
        *(table for table in result.tables if table not in package.tables),
    ]


def _vocabulary_of(links: Links, rows: list[tuple[str, Row]], *, everything: bool) -> list[tuple[str, Row]]:
    """Programs, terms and units that rows use, with the broader terms; all of them where nothing is concealed."""
    used: set[Entity] = set()
    waiting = list(rows)
    while waiting:
        _, row = waiting.pop()
        for column, table in REFERENCES.items():
            found = links.row(table, row.get(column)) if table in VOCABULARIES and row.get(column) else None
            if found and (table, found.get("id")) not in used:
                used.add((table, found.get("id")))
                waiting.append((table, found))
    return [(table, row) for table in VOCABULARIES for row in links.package.rows(table) if everything or (table, row.get("id")) in used]
