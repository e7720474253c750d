"""What waits for the trial phones until their page asks for it, in the store that all workers share."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from bot.privacy.keys import KeyRing
from bot.store import Store
from bot.store.sealed_lists import SealedLists

_LONGEST_WAIT = 600.0  # seconds; a phone whose page is closed is thrown away
_MOST_WAITING = 100
_TYPING = 5.0  # seconds that the sign stays, https://core.telegram.org/bots/api#sendchataction
_LONGEST_HOLD = 24 * 3600.0


class Inbox:
    """What waits for the phones of one kind.

    Args:
        store: where it lies.
        keys: what it is found and sealed with.
        channel: which kind.
    """

    def __init__(self, store: Store, keys: KeyRing, channel: str) -> None:
        self._store, self._keys, self._channel = store, keys, channel
        self._waiting = SealedLists(store, keys, f"trial {channel}", _LONGEST_WAIT, _MOST_WAITING)

    async def put(self, address: str, **content: Any) -> None:
        """Adds something at the end.

        Raises:
            StoreFull, StoreUnavailable: see `Store`.
        """
        await self._store.delete(self._typing(address))
        await self._waiting.append(address, {"at": time.monotonic(), **content})

    async def take(self, address: str) -> list[dict[str, Any]]:
        """Everything, in order; it is gone then.

        Raises:
            StoreFull, StoreUnavailable: see `Store`.
        """
        oldest = time.monotonic() - _LONGEST_WAIT  # the same clock in all workers of a machine
        return [item for item in await self._waiting.take(address) if item["at"] > oldest]

    async def show_typing(self, address: str) -> None:
        """Puts the sign up, for some seconds or until something is added.

        Raises:
            StoreFull, StoreUnavailable: see `Store`.
        """
        await self._store.set(self._typing(address), b"1", _TYPING)

    async def is_typing(self, address: str) -> bool:
        """Whether the sign is up.

        Raises:
            StoreUnavailable: see `Store`.
        """
        return await self._store.get(self._typing(address)) is not None

    async def hold(self, address: str, phone: str) -> None:
        """Notes which phone has written from an address: there are more phones than made-up numbers.

        Raises:
            StoreFull, StoreUnavailable: see `Store`.
        """
        await self._store.set(self._holder(address), phone.encode(), _LONGEST_HOLD)

    async def holds(self, address: str, phone: str) -> bool:
        """Whether what comes to an address is for that phone: no other one has written from it since.

        Raises:
            StoreUnavailable: see `Store`.
        """
        return await self._store.get(self._holder(address)) in (None, phone.encode())

    def _typing(self, address: str) -> str:
        return self._keys.current.identify("trial typing", self._channel, address)

    def _holder(self, address: str) -> str:
        # Not under a key: it outlives them, and nobody real has the number.
        return f"trial:{hashlib.sha256(f'{self._channel} {address}'.encode()).hexdigest()}"
