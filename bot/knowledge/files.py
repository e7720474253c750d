"""Reads the YAML files of `data/`, quickly and with errors that name the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml

from bot.errors import DataError
from bot.paths import ROOT

# libyaml's loader is some twenty times faster; a start must not wait seconds for tables.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_Kind = TypeVar("_Kind")


def read_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises:
        DataError: the file is missing or is not YAML; says where.
    """
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is not UTF-8 (byte {error.start}). Save it as UTF-8, or restore it from the repository.") from None
    except OSError as error:
        raise DataError(f"{name} cannot be read ({error.strerror}). Restore it from the repository.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise DataError(f"{name}{where} is not valid YAML. Mend that line, or restore the file from the repository.") from None


def sections(path: Path, optional: dict[str, Any] | None = None, **kinds: type) -> list[Any]:
    """The parts that a YAML file consists of, in the order in which they are asked for.

    Args:
        path: of the file.
        optional: parts that the file may lack, and what stands for them then; they come last.
        kinds: names of parts, at the file's outermost level, and what each must be, such as `list`.
    Raises:
        DataError: the file cannot be read, or lacks a part.
    """
    content = read_yaml(path)
    for name, kind in kinds.items():
        if not isinstance(content, dict) or not isinstance(content.get(name), kind):
            raise DataError(f"{path.name} has no `{name}` of the right form. Compare it with the repository's, or restore it from there.")
    return [content[name] for name in kinds] + [content.get(name) or instead for name, instead in (optional or {}).items()]


def field(entry: dict[str, Any], name: str, kind: type[_Kind]) -> _Kind:
    """The value of a field that an entry must have.

    Raises:
        KeyError, TypeError: it is missing, or of another kind; both name it.
    """
    value = entry[name]
    if not isinstance(value, kind):
        raise TypeError(f"'{name}', which is no {kind.__name__}")
    return value


def text_or_nothing(entry: dict[str, Any], name: str) -> str:
    """The text of a field that an entry may have, or "". Unquoted numbers are refused: YAML reads 0777 as 511.

    Raises:
        TypeError: it is no text; names the field.
    """
    return "" if entry.get(name) is None else field(entry, name, str)
