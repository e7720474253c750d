"""Memory of this process that is free, given back to the system."""

from __future__ import annotations

import contextlib
import ctypes


def give_memory_back() -> None:
    """Gives back what reading left behind: glibc keeps it unless asked (some 70 MB after a model was loaded)."""
    with contextlib.suppress(OSError, AttributeError):  # another C library has no such call
        ctypes.CDLL(None).malloc_trim(0)
