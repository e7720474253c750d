"""Which row of a package belongs to which other, both ways."""

from __future__ import annotations

from collections.abc import Iterator

from bot.knowledge.hsds.package import Package, Row
from bot.knowledge.hsds.tables import ANY_REFERENCES, table_of_entity, tables

Entity = tuple[str, str]  # a table and an id in it
ENTITIES = ("services", "organizations", "locations")  # what all other rows are about
VOCABULARIES = ("programs", "taxonomy_terms", "taxonomies", "units", "meta_table_descriptions")  # what many may use

# What HSDS has no column for stands in attributes whose `link_type` begins so: ``helpline:kind``, ``helpline:confidential``.
OWN = "helpline:"


class Links:
    """The links of a package.

    Args:
        package: must not be changed while this is used.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        self._ids = {table: package.by_id(table) for table in package.tables}
        self._back: dict[tuple[str, str], dict[str, list[Row]]] = {}
        self._attributes: dict[Entity, list[Row]] = {}
        self._tables_of_id: dict[str, list[str]] = {}
        for table, rows in self._ids.items():
            for one in rows:
                self._tables_of_id.setdefault(one, []).append(table)

    def row(self, table: str, row_id: str) -> Row | None:
        """The row of a table by its id, or None."""
        return self._ids.get(table, {}).get(row_id)

    def pointing(self, table: str, column: str, row_id: str) -> list[Row]:
        """The rows of a table whose column names that id."""
        if (table, column) not in self._back:
            back: dict[str, list[Row]] = {}
            for row in self.package.rows(table):
                if row.get(column):
                    back.setdefault(row.get(column), []).append(row)
            self._back[table, column] = back
        return self._back[table, column].get(row_id, [])

    def owners(self, table: str, row: Row, _depth: int = 0) -> set[Entity]:
        """The services, organizations and locations that a row is about; empty where none of those that it names is there."""
        if table in ENTITIES:
            return {(table, row.get("id"))}
        found: set[Entity] = set()
        for column, owner in (("service_id", "services"), ("organization_id", "organizations"), ("location_id", "locations")):
            if self.row(owner, row.get(column)):
                found.add((owner, row.get(column)))
        if _depth > 3:  # a phone of a contact of a service is the longest chain that there is; data may bite their tails
            return found
        for column, between in (("service_at_location_id", "service_at_location"), ("contact_id", "contacts"), ("phone_id", "phones")):
            other = self.row(between, row.get(column)) if row.get(column) else None
            if other:
                found |= self.owners(between, other, _depth + 1)
        for column, kind in ANY_REFERENCES.items():
            for other_table in self.tables_meant(row.get(column), row.get(kind)):
                other = self.row(other_table, row.get(column))
                if other and other_table not in VOCABULARIES:
                    found |= self.owners(other_table, other, _depth + 1)
        return found

    def tables_meant(self, row_id: str, kind: str) -> list[str]:
        """The tables in which an id may stand: that of the kind of thing which is named, else all that have it."""
        holding = self._tables_of_id.get(row_id, []) if row_id else []
        named = table_of_entity().get(kind.strip().lower()) or (kind if kind in tables() else None)
        return [table for table in holding if named is None or table == named]

    def attributes_of(self, table: str, row_id: str) -> list[Row]:
        """The attributes of a row."""
        found = self._attributes.get((table, row_id))
        if found is None:
            given = self.pointing("attributes", "link_id", row_id)
            found = [one for one in given if table in self.tables_meant(row_id, one.get("link_entity"))]
            self._attributes[table, row_id] = found
        return found

    def locations_of(self, service_id: str) -> list[str]:
        """Ids of the locations at which a service is given."""
        return [
            link.get("location_id") for link in self.pointing("service_at_location", "service_id", service_id) if link.get("location_id")
        ]

    def services_at(self, location_id: str) -> list[str]:
        """Ids of the services that are given at a location."""
        return [
            link.get("service_id") for link in self.pointing("service_at_location", "location_id", location_id) if link.get("service_id")
        ]

    def terms_of(self, service_id: str) -> Iterator[Row]:
        """The taxonomy terms that attributes give a service, and the broader terms above them."""
        for attribute in self.attributes_of("services", service_id):
            term, above = self.row("taxonomy_terms", attribute.get("taxonomy_term_id")), 0
            while term and above < 10:
                yield term
                term, above = self.row("taxonomy_terms", term.get("parent_id")), above + 1

    def own(self, service_id: str, what: str) -> str:
        """What an attribute of ours says of a service, such as its ``kind``; or ""."""
        return next(iter(self.all_own(service_id, what)), "")

    def all_own(self, service_id: str, what: str) -> list[str]:
        """Everything that attributes of ours say of a service in one respect, such as each ``source``."""
        return [one.get("value") for one in self.attributes_of("services", service_id) if one.get("link_type") == OWN + what]

    def category_of(self, service_id: str) -> str:
        """The words of the terms and attributes that categorise a service."""
        given = self.attributes_of("services", service_id)
        said = [one.get("value") for one in given if not one.get("link_type").startswith(OWN)]
        return " ; ".join([*(term.get("name") for term in self.terms_of(service_id)), *said])
