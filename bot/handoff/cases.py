"""The open cases, in the store: sealed, found by their id or by a keyed hash of the address, gone when they end.

A case outlives the keys of sessions, which change every few minutes: `keep_up` moves each case under the present ones, with its
capsule and the hash by which it is found. Redis keeps nothing on disk and is empty after a restart: each worker remembers the cases that
it has seen, sealed as they are, and `put_back` gives back what is gone.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from bot.handoff.life import Handoff
from bot.handoff.records import Record, packed, unpacked
from bot.privacy.keys import Epoch, KeyRing
from bot.store import Store

_ALL = "cases"  # the set of their ids
_MARK = "cases:mark"  # is gone when the store has been emptied
_LONGEST_STEP = 10.0  # seconds after which whoever holds a case is taken for dead
_HOUR, _YEAR = 3_600.0, 365 * 86_400.0
_WIPED = b"wiped"  # how the mark begins after a wipe


class Changing:
    """A case while somebody holds it, see `Cases.change`.

    Attributes:
        record: how it stands; what is put there is kept.
        erased: set it, and the case is forgotten.
    """

    def __init__(self, record: Record) -> None:
        self.record, self.erased = record, False


class Cases:
    """Open cases.

    Args:
        store: where they lie.
        keys: what they are sealed and found with.
        longest: seconds after which one is gone whatever happens.
    """

    def __init__(self, store: Store, keys: KeyRing, longest: float) -> None:
        self._store, self._keys, self._longest = store, keys, longest + _HOUR
        self._seen: dict[str, bytes] = {}
        self._mark: bytes | None = None
        self._missed = False

    @staticmethod
    def _name(case: str) -> str:
        return f"case:{case}"

    @staticmethod
    def _capsule_name(case: str) -> str:
        return f"capsule:{case}"

    @staticmethod
    def _found_by(epoch: Epoch, channel: str, address: str) -> str:
        return epoch.identify("case", channel, address)

    async def open(self, handoff: Handoff, channel: str, address: str, country: str | None) -> str:
        """Begins a case; returns its id.

        Raises:
            StoreFull, StoreUnavailable: it cannot be kept.
        """
        case, epoch = secrets.token_hex(8), self._keys.current
        capsule = epoch.seal(address.encode("utf-8", "surrogatepass"), self._capsule_name(case))
        await self._save(case, Record(1, handoff, channel, capsule, country), epoch)
        await self._find(epoch, case, channel, address)
        await self._store.add(_ALL, case)
        return case

    async def of(self, channel: str, address: str) -> str | None:
        """The open case of whoever has that address, or None."""
        for epoch in (self._keys.current, self._keys.previous):
            name = self._found_by(epoch, channel, address)
            sealed = await self._store.get(name)
            if sealed and (case := epoch.open(sealed, name)):
                return case.decode()
        return None

    async def all(self) -> dict[str, Record]:
        """Every open case by its id."""
        found = {case: await self.read(case) for case in await self._store.members(_ALL)}
        return {case: record for case, record in found.items() if record}

    async def read(self, case: str) -> Record | None:
        """A case as it stands; None where there is none any more."""
        opened = await self._opened(case)
        return opened[0] if opened else None

    async def address(self, case: str) -> str | None:
        """Where the person can be reached: for whoever sends, and for nobody else."""
        opened = await self._opened(case)
        return self._address(case, *opened) if opened else None

    @asynccontextmanager
    async def change(self, case: str) -> AsyncIterator[Changing | None]:
        """Holds a case, so that nobody else changes it; yields None where there is none any more.

        Raises:
            StoreUnavailable: it cannot be had or kept.
        """
        async with self._store.lock(self._name(case), _LONGEST_STEP):
            opened = await self._opened(case)
            if opened is None:
                yield None
                return
            record, epoch = opened
            changing = Changing(record)
            yield changing
            if changing.erased:
                await self._erase(case, record, epoch)
            elif changing.record != record:
                await self._save(case, replace(changing.record, version=record.version + 1), epoch)

    async def keep_up(self) -> None:
        """Moves what still lies under the previous keys under the present ones, and remembers what is there."""
        members = await self._store.members(_ALL)
        for case in members:
            opened = await self._opened(case)
            if opened is None:
                await self._forget_if_gone(case)
            elif opened[1] is not self._keys.current:
                await self._move(case)
        if await self._store.get(_MARK) == self._mark is not None:  # else it has just been emptied, and what is remembered is all there is
            for case in set(self._seen) - members:
                del self._seen[case]

    def forget(self, case: str) -> None:
        """It has ended: this worker would not put it back."""
        self._seen.pop(case, None)

    async def wipe(self) -> None:
        """Forgets everything that is in the store, and lets every worker forget the cases that it remembers."""
        await self._store.clear()
        self._seen.clear()
        self._mark = _WIPED + secrets.token_bytes(8)
        await self._store.set(_MARK, self._mark, _YEAR)

    async def put_back(self) -> int:
        """Gives a store that has been emptied the cases back that this worker remembers; returns how many.

        Several workers do so at once; the newest version of each case stays.
        """
        mark = await self._store.get(_MARK)
        if mark is None and not self._missed:
            self._missed = True  # a wipe puts its own mark there at once: only one that stays away was lost
            return 0
        self._missed = False
        if mark is None:
            await self._store.set_new(_MARK, secrets.token_bytes(8), _YEAR)
            mark = await self._store.get(_MARK)
        if mark == self._mark:
            return 0
        emptied, self._mark = self._mark is not None, mark
        if mark and mark.startswith(_WIPED):
            self._seen.clear()
        if not emptied:
            return 0
        back = 0
        for case, sealed in list(self._seen.items()):
            back += await self._put_back(case, sealed)
        return back

    async def _put_back(self, case: str, sealed: bytes) -> bool:
        ours = self._unsealed(case, sealed)
        if ours is None:
            return False
        async with self._store.lock(self._name(case), _LONGEST_STEP):
            theirs = await self._opened(case)
            if theirs and theirs[0].version >= ours[0].version:
                return False
            await self._move_record(case, *ours)
            await self._store.add(_ALL, case)
        return True

    async def _move(self, case: str) -> None:
        async with self._store.lock(self._name(case), _LONGEST_STEP):
            opened = await self._opened(case)
            if opened and opened[1] is not self._keys.current:
                await self._move_record(case, *opened)

    async def _move_record(self, case: str, record: Record, epoch: Epoch) -> None:
        address, current = self._address(case, record, epoch), self._keys.current
        if address is None:
            return
        capsule = current.seal(address.encode("utf-8", "surrogatepass"), self._capsule_name(case))
        await self._save(case, replace(record, capsule=capsule), current)
        await self._find(current, case, record.channel, address)

    async def _forget_if_gone(self, case: str) -> None:
        if await self._store.get(self._name(case)) is None:
            await self._store.discard(_ALL, case)

    async def _find(self, epoch: Epoch, case: str, channel: str, address: str) -> None:
        name = self._found_by(epoch, channel, address)
        await self._store.set(name, epoch.seal(case.encode(), name), self._longest)

    async def _save(self, case: str, record: Record, epoch: Epoch) -> None:
        """Under the keys under which its capsule lies: they move together."""
        sealed = epoch.seal(packed(record), self._name(case))
        self._seen[case] = sealed
        await self._store.set(self._name(case), sealed, self._longest)

    async def _erase(self, case: str, record: Record, epoch: Epoch) -> None:
        self.forget(case)
        names = [self._name(case)]
        if address := self._address(case, record, epoch):
            names += [self._found_by(one, record.channel, address) for one in (self._keys.current, self._keys.previous)]
        await self._store.delete(*names)
        await self._store.discard(_ALL, case)

    async def _opened(self, case: str) -> tuple[Record, Epoch] | None:
        sealed = await self._store.get(self._name(case))
        opened = self._unsealed(case, sealed) if sealed else None
        if sealed and opened:
            self._seen[case] = sealed
        return opened

    def _unsealed(self, case: str, sealed: bytes) -> tuple[Record, Epoch] | None:
        for epoch in (self._keys.current, self._keys.previous):
            if content := epoch.open(sealed, self._name(case)):
                return unpacked(content), epoch
        return None

    def _address(self, case: str, record: Record, epoch: Epoch) -> str | None:
        raw = epoch.open(record.capsule, self._capsule_name(case))
        return raw.decode("utf-8", "surrogatepass") if raw is not None else None
