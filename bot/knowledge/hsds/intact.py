"""Whether the files of a directory are as they were written: an import reads what others wrote with patience, but ours must be whole."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from bot.errors import DataError
from bot.knowledge.files import read_text, shown
from bot.knowledge.hsds.package import LONGEST_FIELD

_MEND = "Restore that file, or bring the directory again with `helpline directory import FILE`."


def refuse_damaged(folder: Path) -> None:
    """Holds each file of a directory against the list of its tables and columns (`datapackage.json`) that was written with it.

    Args:
        folder: of the directory; one without that list was not written by us, and passes.
    Raises:
        DataError: a file is missing, cut off or changed in its form; names file and line.
    """
    about = folder / "datapackage.json"
    if not about.exists():
        return
    for path, columns in _resources(about):
        text = read_text(path)
        csv.field_size_limit(LONGEST_FIELD)
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            if next(rows, None) != columns:
                raise DataError(f"{shown(path)} line 1 does not name the columns of its table. {_MEND}")
            for row in rows:
                if len(row) != len(columns):
                    raise DataError(f"{shown(path)} line {rows.line_num} has {len(row)} fields instead of {len(columns)}. {_MEND}")
        except csv.Error as error:
            raise DataError(f"{shown(path)} line {rows.line_num} is no CSV ({error}). {_MEND}") from None
        if not text.endswith("\n"):
            raise DataError(f"{shown(path)} line {rows.line_num} is cut off. {_MEND}")


def _resources(about: Path) -> Iterator[tuple[Path, list[str]]]:
    """Each file of the list, and its columns."""
    try:
        for resource in json.loads(read_text(about))["resources"]:
            yield about.with_name(Path(resource["path"]).name), [field["name"] for field in resource["schema"]["fields"]]
    except json.JSONDecodeError as error:
        raise DataError(f"{shown(about)} line {error.lineno} is not valid JSON. {_MEND}") from None
    except (KeyError, TypeError):
        raise DataError(f"{shown(about)} is no list of tables. {_MEND}") from None
