"""Reads the YAML files of `data/`, quickly and with errors that name the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.errors import DataError
from bot.paths import ROOT

# libyaml's loader is some twenty times faster; a start must not wait seconds for tables.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises:
        DataError: the file is missing or is not YAML; says where.
    """
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    except OSError as error:
        raise DataError(f"{name} cannot be read ({error.strerror}). Restore it from the repository.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise DataError(f"{name}{where} is not valid YAML. Mend that line, or restore the file from the repository.") from None
