"""The tables of HSDS 3.0, as its own schemas describe them (`data/directory/schema/`); and the three that 3.1 adds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.errors import DataError
from bot.paths import DATA

SCHEMA = DATA / "directory" / "schema"

# Columns that hold the id of a row of another table.
REFERENCES = {
    "organization_id": "organizations",
    "parent_organization_id": "organizations",
    "program_id": "programs",
    "service_id": "services",
    "location_id": "locations",
    "service_at_location_id": "service_at_location",
    "contact_id": "contacts",
    "phone_id": "phones",
    "taxonomy_term_id": "taxonomy_terms",
    "taxonomy_id": "taxonomies",
    "parent_id": "taxonomy_terms",
    "unit_id": "units",
}
# Columns that hold the id of a row of any table, and those that say what it is.
ANY_REFERENCES = {"link_id": "link_entity", "resource_id": "resource_type"}


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_uuid(text: str) -> bool:
    """Whether an id has the form that HSDS 3.0 wants."""
    return bool(_UUID.fullmatch(text))


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        name: as in the package, such as ``services``.
        entity: what one row is, such as ``service``.
        file: its usual file name.
        columns: in the order of the specification; the JSON schema of each.
        required: columns that every row must fill.
    """

    name: str
    entity: str
    file: str
    columns: dict[str, dict[str, Any]]
    required: tuple[str, ...]


def _table(path: Path) -> Table:
    schema = json.loads(path.read_text(encoding="utf-8"))
    # What nests another object is no column: in a table the other row points back.
    columns = {name: about for name, about in schema["properties"].items() if about.get("type") not in (None, "array")}
    file = schema["path"]
    name = {"url.csv": "urls"}.get(file, file.removesuffix(".csv"))
    return Table(name, schema["name"], file, columns, tuple(schema.get("required", ())))


@lru_cache(maxsize=1)
def tables() -> dict[str, Table]:
    """All tables by name, in the specification's order.

    Raises:
        DataError: a schema is missing or broken.
    """
    try:
        found = [_table(path) for path in sorted(SCHEMA.glob("*.json"))]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"data/directory/schema/ cannot be read ({error}). Restore it from the repository.") from None
    if not any(table.name == "services" for table in found):
        raise DataError("data/directory/schema/ lacks service.json. Restore it from the repository.")
    first = ("organizations", "programs", "services", "service_at_location", "locations", "addresses", "phones")
    found.sort(key=lambda table: (first.index(table.name) if table.name in first else len(first), table.name))
    return {table.name: table for table in found}


@lru_cache(maxsize=1)
def table_of_entity() -> dict[str, str]:
    """Name of the table by what one of its rows is: ``phone`` to ``phones``."""
    return {table.entity: table.name for table in tables().values()}
