"""Tables that are read once, and exchanged as a whole while the service runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_Table = TypeVar("_Table")


class Kept(Generic[_Table]):
    """A table in memory: read when it is first asked for, and kept until another one is put in its place.

    Args:
        read: reads it; used as a decorator.
    """

    def __init__(self, read: Callable[[], _Table]) -> None:
        self._read, self._tables = read, list[_Table]()
        self.__doc__ = read.__doc__

    def __call__(self) -> _Table:
        """The table."""
        if not self._tables:
            self._tables = [self._read()]
        return self._tables[0]

    def put(self, table: _Table) -> None:
        """Puts another one in its place, for whoever asks from now on."""
        self._tables = [table]
