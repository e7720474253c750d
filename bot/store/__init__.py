"""What is remembered between messages, and shared between workers: in memory, or in Redis. One contract, tested against both."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Store(Protocol):
    """Named values that expire."""

    async def get(self, name: str) -> bytes | None:
        """The value, or None where there is none or it has expired.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        ...

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        """Keeps a value for so many seconds.

        Raises:
            StoreFull: there is no room for a further name.
            StoreUnavailable: the store cannot be reached.
        """
        ...

    async def claim(self, name: str, seconds: float) -> bool:
        """Takes a name that nobody holds; False where somebody holds it already. It is free again after so many seconds.

        Raises:
            StoreFull, StoreUnavailable: as `set`.
        """
        ...

    async def delete(self, *names: str) -> None:
        """Forgets values; names without one are no error."""
        ...

    def lock(self, name: str, seconds: float) -> AbstractAsyncContextManager[None]:
        """Lets one holder at a time in; a holder that dies loses it after so many seconds.

        Raises:
            StoreFull: there is no room for the lock itself.
            StoreUnavailable: it could not be had within that time, or the store cannot be reached.
        """
        ...

    async def close(self) -> None:
        """Lets go of connections."""
        ...
