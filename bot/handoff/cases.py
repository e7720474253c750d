"""The open cases, in the store: sealed, found by their id or by a keyed hash of the address, gone when they end.

A case outlives the keys of sessions, which change every few minutes: `keep_up` moves each case under the present ones, with its
capsule and the hash by which it is found. Redis keeps nothing on disk and is empty after a restart: each worker remembers the cases that
it has seen, sealed, and gives back what is gone, before it tells anybody that something is not there.

A worker may be killed between any two words with the store. So each way of writing several things ends with the one that makes the
others count, or leaves something that the next look of any worker mends.
"""

from __future__ import annotations

import asyncio
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
_SILENT = 600.0  # seconds after which nothing is under way any more to one who has left
_WIPED = b"wiped"  # how the mark begins after a wipe
_WIPING = 1.0  # seconds in which a wipe puts its mark into the store that it has emptied


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

    Attributes:
        half_open: cases that could not be opened, of which a part may be there: to be ended, as whoever agreed to them was told of a fault.
    """

    def __init__(self, store: Store, keys: KeyRing, longest: float) -> None:
        self._store, self._keys, self._longest = store, keys, longest + _HOUR
        self.half_open = set[str]()
        self._seen: dict[str, bytes] = {}
        self._sealed_with = keys.current
        self._findable = set[str]()  # those that are known to be found by their address
        self._mark: bytes | None = None
        self._filling = asyncio.Lock()
        self._back = 0

    @property
    def remembers(self) -> bool:
        """Whether this worker knows of an open case."""
        return bool(self._seen)

    @staticmethod
    def _name(case: str) -> str:
        return f"case:{case}"

    @staticmethod
    def _capsule_name(case: str) -> str:
        return f"capsule:{case}"

    @staticmethod
    def _silent_name(case: str) -> str:
        return f"silent:{case}"

    @staticmethod
    def _found_by(epoch: Epoch, channel: str, address: str) -> str:
        return epoch.identify("case", channel, address)

    async def open(self, handoff: Handoff, channel: str, address: str, country: str | None) -> str:
        """Begins a case; returns its id.

        Raises:
            StoreFull, StoreUnavailable: it cannot be kept. What lies there of it is in `half_open`.
        """
        case, epoch = secrets.token_hex(8), self._keys.current
        capsule = epoch.seal(address.encode("utf-8", "surrogatepass"), self._capsule_name(case))
        try:
            await self._save(case, Record(1, handoff, channel, capsule, country), epoch)
            await self._store.add(_ALL, case)
            await self._find(epoch, case, channel, address)
        except BaseException:
            self.half_open.add(case)
            raise
        return case

    async def of(self, channel: str, address: str) -> str | None:
        """The open case of whoever has that address, or None."""
        await self._whole()
        return await self._found(channel, address)

    def remembered(self, channel: str, address: str) -> set[str]:
        """The cases of whoever has that address as far as this worker knows of them without the store."""
        found = set[str]()
        for case, sealed in self._seen.items():
            opened = self._unsealed(case, sealed)
            if opened and opened[0].channel == channel and self._address(case, *opened) == address:
                found.add(case)
        return found

    async def _found(self, channel: str, address: str) -> str | None:
        for epoch in (self._keys.current, self._keys.previous):
            name = self._found_by(epoch, channel, address)
            sealed = await self._store.get(name)
            if sealed and (case := epoch.open(sealed, name)):
                return case.decode()
        return None

    async def all(self) -> dict[str, Record]:
        """Every open case by its id."""
        await self._whole()
        found = {case: await self._opened(case) for case in await self._store.members(_ALL)}
        return {case: opened[0] for case, opened in found.items() if opened}

    async def read(self, case: str) -> Record | None:
        """A case as it stands; None where there is none any more."""
        await self._whole()
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
        await self._whole()
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

    async def keep_up(self) -> dict[str, Record]:
        """Moves what still lies under the previous keys under the present ones; remembers, and returns, every open case by its id."""
        members, found = await self._store.members(_ALL), dict[str, Record]()
        for case in members:
            opened = await self._opened(case)
            if opened is None:
                await self._forget_if_gone(case)
                continue
            found[case] = opened[0]
            if opened[1] is not self._keys.current:
                await self._move(case)
            elif case not in self._findable:
                await self._see_that_it_is_found(case, *opened)
        self._findable &= members
        if await self._store.get(_MARK) == self._mark is not None:  # else it has just been emptied, and what is remembered is all there is
            for case in set(self._seen) - members:
                if await self._store.get(self._name(case)) is None:  # else it has just begun
                    self._seen.pop(case, None)
        return found

    async def _see_that_it_is_found(self, case: str, record: Record, epoch: Epoch) -> None:
        """A worker that was killed while it opened the case may have left it so that she does not come to it."""
        address = self._address(case, record, epoch)
        if address is not None and await self._found(record.channel, address) is None:
            await self._find(epoch, case, record.channel, address)
        self._findable.add(case)

    async def silence(self, case: str) -> None:
        """She has left: nothing that is under way to her may go out any more, and no worker that did not hear of it may put it back."""
        await self._store.set(self._silent_name(case), b"1", _SILENT)

    async def is_silenced(self, case: str) -> bool:
        """Whether she has left."""
        return await self._store.get(self._silent_name(case)) is not None

    def forget(self, case: str) -> None:
        """It has ended: this worker would not put it back."""
        self._seen.pop(case, None)

    async def wipe(self) -> None:
        """Forgets everything that is in the store, and lets every worker forget the cases that it remembers."""
        self._seen.clear()
        await self._store.clear()
        self._mark = _WIPED + secrets.token_bytes(8)
        await self._store.set(_MARK, self._mark, _YEAR)

    async def put_back(self) -> int:
        """Gives a store that has been emptied the cases back that this worker remembers; returns how many since the last call.

        Several workers do so at once; the newest version of each case stays.
        """
        self._reseal()
        await self._fill()
        back, self._back = self._back, 0
        return back

    def _reseal(self) -> None:
        """Keeps what is remembered under the present keys, also while the store is away: it may be for longer than keys live."""
        if self._sealed_with is self._keys.current:
            return
        self._sealed_with = self._keys.current
        for case, sealed in list(self._seen.items()):
            opened = self._unsealed(case, sealed)
            moved = self._moved(case, *opened, self._sealed_with) if opened else None
            if moved:
                self._seen[case] = self._sealed_with.seal(packed(moved), self._name(case))
            else:
                del self._seen[case]

    async def _whole(self) -> None:
        """Returns when what is not in the store is really gone: one that has just been emptied has all back then."""
        if self._mark is not None and await self._store.get(_MARK) != self._mark:
            await self._fill()

    async def _fill(self) -> None:
        async with self._filling:
            mark = await self._store.get(_MARK)
            if mark is None and self._mark is not None:
                await asyncio.sleep(_WIPING)  # only a mark that stays away was lost
            if mark is None:
                await self._store.set_new(_MARK, secrets.token_bytes(8), _YEAR)
                mark = await self._store.get(_MARK)
            if mark == self._mark:
                return
            if mark and mark.startswith(_WIPED):
                self._seen.clear()
            if self._mark is not None:
                for case, sealed in list(self._seen.items()):
                    self._back += await self._put_back(case, sealed)
            self._mark = mark  # last: where it breaks off, all of it is done again

    async def _put_back(self, case: str, sealed: bytes) -> bool:
        ours = self._unsealed(case, sealed)
        if ours is None or await self.is_silenced(case):
            return False
        async with self._store.lock(self._name(case), _LONGEST_STEP):
            theirs = await self._opened(case)
            is_newer = theirs is None or theirs[0].version < ours[0].version
            if is_newer:
                await self._move_record(case, *ours)
            await self._store.add(_ALL, case)
        return is_newer

    async def _move(self, case: str) -> None:
        async with self._store.lock(self._name(case), _LONGEST_STEP):
            opened = await self._opened(case)
            if opened and opened[1] is not self._keys.current:
                await self._move_record(case, *opened)

    async def _move_record(self, case: str, record: Record, epoch: Epoch) -> None:
        address, current = self._address(case, record, epoch), self._keys.current
        moved = self._moved(case, record, epoch, current)
        if address is None or moved is None:
            return
        await self._find(current, case, record.channel, address)
        await self._save(case, moved, current)  # last: until it is there, the next look does it again

    def _moved(self, case: str, record: Record, epoch: Epoch, current: Epoch) -> Record | None:
        """The record with its capsule under other keys."""
        address = self._address(case, record, epoch)
        if address is None:
            return None
        return replace(record, capsule=current.seal(address.encode("utf-8", "surrogatepass"), self._capsule_name(case)))

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
