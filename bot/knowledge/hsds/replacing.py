"""One folder in the place of another, all or nothing: wherever it is cut off, `lies_in` finds the one or the other, whole."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

_CUT_OFF = 3600.0  # seconds after which nobody writes into a room any more


def _beside(folder: Path) -> Path:
    """Where a folder waits while a new one takes its place."""
    return folder.with_name(f".{folder.name}.before")


def room_prefix(folder: Path) -> str:
    """How the names of the rooms begin in which folders are made that are to take the place of one."""
    return f".{folder.name}."


def lies_in(folder: Path) -> Path:
    """Where what belongs into a folder lies. Where a new one was cut off before it had taken its place, the old one is put back, or,
    where this process may not write there, it is found where it waits.

    Args:
        folder: which `replace_folder` replaces.
    """
    before = _beside(folder)
    if not folder.exists() and before.exists():
        with suppress(OSError):
            before.rename(folder)
    return folder if folder.exists() or not before.exists() else before


def _write_through(path: Path) -> None:
    """Sees to it that a power cut does not leave it empty."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def replace_folder(new: Path, folder: Path) -> None:
    """Puts a folder in the place of another.

    Args:
        new: it; on the same file system.
        folder: the other one, which may be missing.
    Raises:
        OSError: it cannot be done; then the other one is as it was.
    """
    before = _beside(folder)
    for path in (*new.iterdir(), new):
        _write_through(path)
    if lies_in(folder) == folder and folder.exists():
        shutil.rmtree(before, ignore_errors=True)
        folder.rename(before)
    try:
        new.rename(folder)
    except OSError:
        lies_in(folder)
        raise
    _write_through(folder.parent)
    shutil.rmtree(before, ignore_errors=True)


def clear_rooms(folder: Path) -> None:
    """Takes away the rooms of those that were cut off.

    Args:
        folder: in whose place something was to come.
    """
    for room in folder.parent.glob(f"{room_prefix(folder)}*"):
        with suppress(OSError):
            if room != _beside(folder) and time.time() - room.stat().st_mtime > _CUT_OFF:
                shutil.rmtree(room, ignore_errors=True)
