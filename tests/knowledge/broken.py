"""What an error about a broken file has to say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import DataError


def line_named(path: Path, read: Callable[[], object], says: str) -> str:
    """The line of a file that the error of reading it names.

    Args:
        path: of the file.
        read: reads it, and fails.
        says: what the error says behind the line, as a pattern; its last sentence is the mend.
    """
    with pytest.raises(DataError) as raised:
        read()
    told = re.fullmatch(rf"{re.escape(path.name)} line (\d+)(:? {says})", str(raised.value))
    assert told, str(raised.value)
    assert str(raised.value).endswith(".") and str(raised.value).count(". ") >= 1
    return path.read_text(encoding="utf-8").splitlines()[int(told[1]) - 1]
