"""Makes rows of nested JSON: services with all that belongs to them, pages of an API, tables by name."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from bot.knowledge.hsds.tables import tables

_NAMESPACE = uuid.UUID("0d4b7d0c-6f0a-5a0e-a5f5-5d2f5f6c2b11")
_ROOTS = ("services", "organizations", "service_at_location", "locations")
# What no schema lists among a table's columns, but tells what an object is.
_TELLING = {
    "services": (
        "organization",
        "service_at_locations",
        "schedules",
        "service_areas",
        "cost_options",
        "required_documents",
        "eligibilitys",
    ),
    "organizations": ("services", "locations", "programs", "organization_identifiers"),
    "service_at_location": ("service", "location"),
    "locations": ("addresses", "physical_addresses"),
}

Found = tuple[str, str, int, dict[str, str]]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value if not isinstance(item, (dict, list)))
    return str(value).strip()


def _kind(thing: dict[str, Any]) -> str:
    def likeness(table: str) -> int:
        return len(set(thing) & {*tables()[table].columns, *_TELLING[table]})

    return max(_ROOTS, key=likeness)


def _is_tabular(thing: dict[str, Any], table_named: Callable[[str], str | None]) -> bool:
    return "name" not in thing and any(
        table_named(key.removesuffix(".csv")) and isinstance(value, list) and value and isinstance(value[0], dict)
        for key, value in thing.items()
    )


class _Flattener:
    def __init__(self, table_named: Callable[[str], str | None], left_out: list[str], file: str) -> None:
        self._table_named, self._left_out, self._file = table_named, left_out, file

    def rows(self, name: str, thing: dict[str, Any], pointer: str, number: int, links: dict[str, str]) -> Iterator[Found]:
        """A row for an object and rows for what it nests.

        Args:
            name: of its table as the source calls it.
            links: columns by which it points at the object that it is nested in.
        """
        table = self._table_named(name) or ""
        values = {key: _text(value) for key, value in thing.items() if not isinstance(value, (dict, list)) or self._is_list(value)}
        if not values.get("id") and table != "services":
            values["id"] = str(uuid.uuid5(_NAMESPACE, f"{self._file}#{pointer}"))
        inner: list[Found] = []
        for key, value in thing.items():
            children = value if isinstance(value, list) else [value]
            if isinstance(value, (dict, list)) and not self._is_list(value):
                child = self._table_named(key)
                if child is None:
                    self._leave_out(key)
                    continue
                for place, one in enumerate(children):
                    if isinstance(one, dict):
                        below = f"{pointer}/{key}" + (f"/{place}" if isinstance(value, list) else "")
                        rows = list(self.rows(key, one, below, number, self._links(table, child, values, alone=isinstance(value, dict))))
                        if isinstance(value, dict):
                            values.setdefault("taxonomy_id" if key == "taxonomy_detail" else f"{key}_id", rows[0][3].get("id", ""))
                        inner += rows
        yield name, pointer, number, {**{column: value for column, value in links.items() if value}, **values}
        yield from inner

    @staticmethod
    def _is_list(value: Any) -> bool:
        return isinstance(value, list) and bool(value) and not any(isinstance(item, (dict, list)) for item in value)

    @staticmethod
    def _links(table: str, child: str, values: dict[str, str], *, alone: bool) -> dict[str, str]:
        if alone or not table:
            return {}
        entity = tables()[table].entity if table in tables() else ""
        if child == "attributes":
            return {"link_id": values.get("id", ""), "link_entity": entity}
        if child == "metadata":
            return {"resource_id": values.get("id", ""), "resource_type": entity}
        links = {f"{entity}_id": values.get("id", "")}
        if table == "service_at_location" and child == "service_areas":
            links["service_id"] = values.get("service_id", "")
        return links

    def _leave_out(self, key: str) -> None:
        what = f"{self._file}: {key}"
        if what not in self._left_out:
            self._left_out.append(what)


def rows_of_objects(content: Any, table_named: Callable[[str], str | None], left_out: list[str], file: str) -> Iterator[Found]:
    """Makes rows of what a JSON file holds.

    Args:
        content: a list of objects, a page of an API with ``contents``, one object, or lists of objects by the name of their table.
        table_named: which table a key means, or None.
        left_out: keys that mean no table are added here.
        file: its name.
    Yields:
        Name of the table as the source calls it, JSON pointer (RFC 6901), number of the outermost object from 1, and its fields.
    """
    flattener = _Flattener(table_named, left_out, file)
    if isinstance(content, dict) and _is_tabular(content, table_named):
        for key, things in content.items():
            name = key.removesuffix(".csv")
            if table_named(name) is None or not isinstance(things, list):
                left_out.append(f"{file}: {key}")
                continue
            for number, thing in enumerate(things, 1):
                if isinstance(thing, dict):
                    yield from flattener.rows(name, thing, f"/{key}/{number - 1}", number, {})
        return
    base, things = "", content
    if isinstance(content, dict):
        base, things = ("/contents", content["contents"]) if isinstance(content.get("contents"), list) else ("", content)
    if isinstance(things, dict):
        yield from flattener.rows(_kind(things), things, base, 1, {})
        return
    for number, thing in enumerate(things if isinstance(things, list) else (), 1):
        if isinstance(thing, dict):
            yield from flattener.rows(_kind(thing), thing, f"{base}/{number - 1}", number, {})
