"""The store of one process: a dictionary that forgets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bot.errors import StoreFull, StoreUnavailable
from bot.store import Members
from bot.store.topics import Topics

_PURGE_EVERY = 30.0  # seconds between looks for expired values that nobody asked for again


class MemoryStore:
    """Values in memory.

    Args:
        capacity: how many names and members of sets it holds at most; a session is some 2 to 5 kB.
        clock: seconds that only grow.
    """

    def __init__(self, capacity: int = 20_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._values: dict[str, tuple[float, bytes]] = {}
        self._sets: dict[str, set[str]] = {}
        self._members = 0  # of all sets together
        self._topics = Topics()
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._capacity, self._clock, self._purged = capacity, clock, clock()

    def purge(self) -> None:
        """Forgets what has expired."""
        now = self._purged = self._clock()
        for name in [name for name, (until, _) in self._values.items() if until <= now]:
            del self._values[name]

    def _find_room(self, names: int) -> None:
        if self._room() < names:
            self.purge()
            if self._room() < names:
                raise StoreFull("The store holds as many sessions as it may. Set REDIS_URL, or find out who floods the service.")

    def _room(self) -> int:
        return self._capacity - len(self._values) - self._members

    async def get(self, name: str) -> bytes | None:
        """See `Store`."""
        if self._clock() - self._purged > _PURGE_EVERY:
            self.purge()
        until, value = self._values.get(name, (0.0, b""))
        return value if until > self._clock() else None

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        """See `Store`."""
        if name not in self._values:
            self._find_room(1)
        self._values[name] = (self._clock() + seconds, value)

    async def set_new(self, name: str, value: bytes, seconds: float) -> bool:
        """See `Store`."""
        if await self.get(name) is not None:
            return False
        await self.set(name, value, seconds)
        return True

    async def take(self, name: str) -> bytes | None:
        """See `Store`."""
        value = await self.get(name)
        await self.delete(name)
        return value

    async def claim(self, name: str, seconds: float) -> bool:
        """See `Store`."""
        return await self.set_new(name, b"1", seconds)

    async def delete(self, *names: str) -> None:
        """See `Store`."""
        for name in names:
            self._values.pop(name, None)

    @asynccontextmanager
    async def lock(self, name: str, seconds: float) -> AsyncIterator[None]:
        """See `Store`. Within one process a holder cannot die without letting go."""
        lock, users = self._locks.get(name, (asyncio.Lock(), 0))
        self._locks[name] = (lock, users + 1)
        try:
            try:
                await asyncio.wait_for(lock.acquire(), seconds)
            except asyncio.TimeoutError:
                raise StoreUnavailable("A session is busy for too long. If this lasts, restart the service.") from None
            try:
                yield
            finally:
                lock.release()
        finally:
            lock, users = self._locks[name]
            if users == 1:
                del self._locks[name]
            else:
                self._locks[name] = (lock, users - 1)

    async def add(self, name: str, *members: str) -> None:
        """See `Store`."""
        further = set(members) - self._sets.get(name, set())
        if further:
            self._find_room(len(further))
            self._sets.setdefault(name, set()).update(further)
            self._members += len(further)

    async def discard(self, name: str, *members: str) -> None:
        """See `Store`."""
        known = self._sets.get(name, set())
        gone = known.intersection(members)
        known -= gone
        self._members -= len(gone)
        if not known:
            self._sets.pop(name, None)

    async def members(self, name: str) -> Members:
        """See `Store`."""
        return set(self._sets.get(name, ()))

    async def publish(self, topic: str, message: bytes) -> None:
        """See `Store`."""
        self._topics.give(topic, message)

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """See `Store`."""
        with self._topics.subscription(topic) as subscription:
            yield subscription

    async def clear(self) -> None:
        """See `Store`. Who is inside a lock stays its holder."""
        self._values.clear()
        self._sets.clear()
        self._members = 0
        self._topics.look_anew()

    async def close(self) -> None:
        """See `Store`. Everything is forgotten."""
        await self.clear()
        self._topics.end()
