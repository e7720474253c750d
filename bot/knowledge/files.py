"""Reads the YAML files of `data/` and `locales/`, quickly and with errors that name file and line."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

import yaml

from bot.errors import DataError
from bot.paths import KNOWLEDGE

_Kind = TypeVar("_Kind")
_MERGE_MARK = re.compile(r"^(?:<{7}|={7}|>{7})(?: .*)?$", re.MULTILINE)
_NOTES = {"version", "sources"}  # parts of a file that are for its readers alone
_IN_WORDS = {
    str: "text (in quotes)",
    int: "whole number",
    bool: "true or false",
    list: "list",
    dict: "list of names and values",
    datetime.date: "date like 2026-11-22",
}


class Entry(dict[Any, Any]):
    """A mapping of a file.

    Attributes:
        line: where it begins, counted from 1.
        lines: where each of its names stands.
    """

    line: int
    lines: dict[Any, int]


class FieldError(TypeError):
    """A field is missing, misspelt or of the wrong kind; its text says what to put right, to stand behind "has".

    Args:
        what: that text.
        line: where, counted from 1; None where the file does not say.
    """

    def __init__(self, what: str, line: int | None) -> None:
        super().__init__(what)
        self.line = line


# libyaml's loader is some twenty times faster; a start must not wait seconds for tables.
class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Keeps lines, and refuses a name that stands twice in a mapping: YAML would silently take the last."""

    def _entry(self, node: yaml.MappingNode) -> Any:
        entry = Entry()
        entry.line, entry.lines = node.start_mark.line + 1, {}
        yield entry
        for key, _ in node.value:
            name = self.construct_object(key, deep=True)
            if not isinstance(name, (str, int, bool, datetime.date)):
                raise yaml.constructor.ConstructorError(problem="this is no name", problem_mark=key.start_mark)
            if name in entry.lines:
                raise yaml.constructor.ConstructorError(problem=f"{name} stands there twice", problem_mark=key.start_mark)
            entry.lines[name] = key.start_mark.line + 1
        entry.update(self.construct_mapping(node))

    def _date(self, node: yaml.ScalarNode) -> Any:
        try:
            return self.construct_yaml_timestamp(node)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(problem=str(error), problem_mark=node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader._entry)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader._date)


def shown(path: Path) -> str:
    """A file's path as it is told to an operator: from the root of the project, or its name."""
    return str(path.relative_to(KNOWLEDGE)) if path.is_relative_to(KNOWLEDGE) else path.name


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        DataError: it is missing, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{shown(path)} cannot be read ({error.strerror}). Restore it from the repository.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{shown(path)} line {line} is not UTF-8. Save the file as UTF-8, or restore it from the repository.") from None


def read_yaml(path: Path) -> Any:
    """The content of a YAML file; each mapping in it is an `Entry`.

    Raises:
        DataError: the file is missing or is not YAML; says where.
    """
    text = read_text(path)
    if mark := _MERGE_MARK.search(text):
        number = text.count("\n", 0, mark.start()) + 1
        raise DataError(
            f"{shown(path)} line {number} is the mark of an unfinished merge. Choose one of the two sides, and delete the marks."
        )
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        mark, began = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
        line = min(mark.line + 1, max(1, len(text.splitlines()))) if mark else None
        there = f" line {line}" if line else ""
        why = f" ({error.problem})" if isinstance(error, yaml.constructor.ConstructorError) else ""
        mend = "Mend that line" + (f", or line {began.line + 1} where it begins" if began and began.line + 1 != line else "")
        raise DataError(f"{shown(path)}{there} is not valid YAML{why}. {mend}, or restore the file from the repository.") from None


def sections(path: Path, optional: dict[str, Any] | None = None, **kinds: type) -> list[Any]:
    """The parts that a YAML file consists of, in the order in which they are asked for.

    Args:
        path: of the file.
        optional: parts that the file may lack, and what stands for them then; they come last.
        kinds: names of parts, at the file's outermost level, and what each must be, such as `list`.
    Raises:
        DataError: the file cannot be read, lacks a part, or has one that it should not have.
    """
    content = read_yaml(path)
    for name, kind in kinds.items():
        if not isinstance(content, dict) or not isinstance(content.get(name), kind):
            raise DataError(f"{shown(path)} has no `{name}` of the right form. Compare it with the repository's, or restore it from there.")
    for name in set(content) - set(kinds) - set(optional or {}) - _NOTES:
        raise DataError(
            f"{shown(path)} line {content.lines[name]} has a part `{name}`, which nobody reads. Compare its spelling with the repository's."
        )
    return [content[name] for name in kinds] + [content.get(name) or instead for name, instead in (optional or {}).items()]


def where(path: Path, entry: object, error: Exception | None = None) -> str:
    """File and line, as far as known, for an error's sentence.

    Args:
        path: of the file.
        entry: what is wrong in it.
        error: what was raised over it; may know the line better.
    """
    line = getattr(error, "line", None) or getattr(entry, "line", None)
    return f"{shown(path)} line {line}" if line else shown(path)


def field(entry: dict[str, Any], name: str, kind: type[_Kind]) -> _Kind:
    """The value of a field that an entry must have.

    Raises:
        FieldError: it is missing, or of another kind.
    """
    if name not in entry:
        raise FieldError(f"no '{name}'", getattr(entry, "line", None))
    value = entry[name]
    # Not `isinstance` alone: true is an int, and a time is a date, to Python.
    if not isinstance(value, kind) or (type(value) is not kind and not isinstance(value, Entry)):
        raise FieldError(f"a '{name}' that is no {_IN_WORDS[kind]}", line_of(entry, name))
    return value


def refuse_unknown(entry: object, known: Collection[str]) -> None:
    """Refuses an entry that is none, or has a field that nobody reads: one that is misspelt would silently be gone.

    Raises:
        FieldError: names the field.
    """
    if not isinstance(entry, dict):
        raise FieldError("no names and values", None)
    for name in entry:
        if name not in known:
            raise FieldError(f"a '{name}', which nobody reads", line_of(entry, name))


def line_of(entry: object, name: str) -> int | None:
    """The line of a field, where it was read from a file."""
    return entry.lines.get(name) if isinstance(entry, Entry) else None
