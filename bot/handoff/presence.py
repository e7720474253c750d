"""Who is at the desk: said again every few seconds by whoever holds an advocate's connection, and forgotten soon after."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from bot.handoff.desk_view import Advocate, Presence
from bot.store import Store

_ALL = "present"
_SECONDS = 20.0  # after which one who is not heard of is gone


class Presences:
    """Presences in the store.

    Args:
        store: shared by all workers.
        clock: seconds, the same in all workers.
    """

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store, self._clock = store, clock

    @staticmethod
    def _name(name: str) -> str:
        return f"present:{name}"

    async def put(self, advocate: Advocate, available: bool) -> bool:
        """Says that an advocate is there; returns whether that is news."""
        value = json.dumps({"advocate": asdict(advocate), "available": available}, sort_keys=True).encode()
        news = await self._store.get(self._name(advocate.name)) != value
        await self._store.set(self._name(advocate.name), value, _SECONDS)
        await self._store.add(_ALL, advocate.name)  # each time: a look that found it expired may have taken it out a moment ago
        return news

    async def take_out(self, name: str) -> None:
        """The advocate is gone."""
        await self._store.delete(self._name(name))
        await self._store.discard(_ALL, name)

    async def all(self) -> tuple[Presence, ...]:
        """Who is there, by name."""
        found = []
        for name in sorted(await self._store.members(_ALL)):
            value = await self._store.get(self._name(name))
            if value is None:
                await self._store.discard(_ALL, name)
                continue
            entry = json.loads(value)
            advocate = Advocate(**{**entry["advocate"], "languages": tuple(entry["advocate"]["languages"])})
            found.append(Presence(advocate, entry["available"], 0))
        return tuple(found)
