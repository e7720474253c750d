"""Files of the staff's, which no other account of the machine may read."""

from __future__ import annotations

import os
from pathlib import Path

from bot.errors import StaffFilesUnavailable

_OF_OTHERS = 0o077  # rights of the group and of everybody


def open_private(path: Path) -> int:
    """Opens a file to read and to append to. Where it is missing it is made, and so is its folder, for this account alone.

    Args:
        path: of the file.
    Returns:
        The file's descriptor.
    Raises:
        StaffFilesUnavailable: others may read it, or it cannot be opened.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise unavailable(path, error) from None
    if os.fstat(descriptor).st_mode & _OF_OTHERS:
        os.close(descriptor)
        raise StaffFilesUnavailable(f"Other accounts of this machine may read {path}. Take that from them: `chmod 600 {path}`.")
    return descriptor


def unavailable(path: Path, error: OSError) -> StaffFilesUnavailable:
    """What to say where the system does not let a file be read or written."""
    return StaffFilesUnavailable(
        f"{path} cannot be read or written ({error.strerror}). Check the space on the disk, and the rights of the service's account."
    )
