"""Lists that all workers share through a store: found by a keyed hash of an address, sealed, and gone by themselves."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from typing import Any

from bot.privacy.keys import Epoch, KeyRing
from bot.store import Store

_LONGEST_STEP = 2.0  # seconds after which a worker that holds a list is taken for dead


class SealedLists:
    """Lists of what JSON can say, one for each address.

    Args:
        store: where they are kept.
        keys: what they are found and sealed with; a list that is in use moves to the present ones.
        purpose: what they hold. Lists of another purpose are others.
        seconds: how long a list lives after something was last put into it.
        most: how many items one holds; beyond, the oldest goes.
    """

    def __init__(self, store: Store, keys: KeyRing, purpose: str, seconds: float, most: int) -> None:
        self._store, self._keys, self._purpose, self._seconds, self._most = store, keys, purpose, seconds, most

    async def append(self, address: str, *items: Any) -> None:
        """Puts items at the end.

        Raises:
            StoreFull, StoreUnavailable: see `Store`. They may have been put there all the same.
        """
        epoch, previous = self._keys.current, self._keys.previous  # once: another thread may rotate them in between
        name = self._name(epoch, address)
        async with self._alone(name):
            kept = [*await self._read(previous, address), *await self._read(epoch, address), *items]
            content = json.dumps(kept[-self._most :], separators=(",", ":")).encode()
            await self._store.set(name, epoch.seal(content, name), self._seconds)
            await self._store.delete(self._name(previous, address))

    async def take(self, address: str) -> list[Any]:
        """All items, which are forgotten here: nobody else gets them.

        Raises:
            StoreFull, StoreUnavailable: see `Store`.
        """
        epochs = self._keys.previous, self._keys.current
        names = [self._name(epoch, address) for epoch in epochs]
        if [await self._store.get(name) for name in names] == [None, None]:
            return []  # as nearly always: a lock would cost twice as much
        async with self._alone(names[-1]):
            items = [item for epoch in epochs for item in await self._read(epoch, address)]
            await self._store.delete(*names)
        return items

    def _name(self, epoch: Epoch, address: str) -> str:
        return epoch.identify(self._purpose, address)

    def _alone(self, name: str) -> AbstractAsyncContextManager[None]:
        return self._store.lock(name, _LONGEST_STEP)

    async def _read(self, epoch: Epoch, address: str) -> list[Any]:
        name = self._name(epoch, address)
        sealed = await self._store.get(name)
        content = epoch.open(sealed, name) if sealed else None
        return list(json.loads(content)) if content else []
