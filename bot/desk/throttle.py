"""How fast somebody may try names, passwords and codes at the desk's door.

Failures are counted for each name, and for all names together. A stranger who knows a name can so make its sign-in slow, for never more
than 15 minutes at a time; who tries names at random makes it slow for everybody, by seconds. Neither touches whoever is known: on a device
that has been signed in on before, or in an open session, failures are counted apart.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from bot.desk.accounts import name_of
from bot.store import Store

FREE = 3  # failures that cost no wait
_FIRST, _LONGEST = 2.0, 900.0  # seconds of wait
MOST_AT_ONCE, _PER_SECOND = 30.0, 0.5  # failures of all names together: so many at once, then 30 a minute
# So whoever forgets waits no longer than that, and whoever guesses gets some 140 tries a day at a name.
_REMEMBERED = 2 * 3600.0
_TURN = 5.0  # seconds after which a worker that counts is taken for dead


@dataclass(frozen=True)
class Failures:
    """Failures in a row.

    Attributes:
        count: how many.
        last: when the last one was (seconds).
    """

    count: int = 0
    last: float = 0.0


def wait_after(failures: Failures, now: float) -> float:
    """How many seconds must pass before the next try: none after the first three failures, then 2, 4, 8 ... up to 15 minutes."""
    if failures.count <= FREE:
        return 0.0
    pause = min(_LONGEST, _FIRST * 2.0 ** min(failures.count - FREE - 1, 16))
    return min(pause, max(0.0, failures.last + pause - now))  # never longer, even where a clock was put back


@dataclass(frozen=True)
class Rush:
    """Failures of all names together, as a vessel that leaks.

    Attributes:
        level: how full it was.
        at: when that was (seconds).
    """

    level: float = 0.0
    at: float = 0.0

    def more(self, failures: float, now: float) -> Rush:
        """The same after so many more failures (fewer, where one proved to be none)."""
        return Rush(max(0.0, self._level(now) + failures), now)

    def wait(self, now: float) -> float:
        """How many seconds must pass until there is room for one more."""
        return max(0.0, (self._level(now) + 1 - MOST_AT_ONCE) / _PER_SECOND)

    def _level(self, now: float) -> float:
        return max(0.0, self.level - max(0.0, now - self.at) * _PER_SECOND)


class SignInThrottle:
    """The counts, kept in the store for all workers.

    Args:
        store: where they are kept, under hashes of the names.
        clock: seconds, the same in all workers.

    Every method raises what `Store.set` and `Store.lock` raise.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock

    async def wait_for(self, name: str, known: str = "") -> float:
        """Asks whether somebody may try now. If so, it counts as a failure at once, until `succeeded` says that it was none: of a hundred
        guesses that come in the same moment, no more than the free ones are looked at.

        Args:
            name: as it was typed.
            known: what the one who tries is known by, such as the device (`Accounts.device_of`) or "session" to unlock a screen; empty for
                a stranger.
        Returns:
            How many seconds must pass first; 0 where the password may be looked at now.
        """
        record = _record(name, known)
        if wait := await self._wait(record, known):  # without the lock: a flood queues for nothing
            return wait
        async with self._store.lock(record if known else _ALL, _TURN):
            if wait := await self._wait(record, known):
                return wait
            failures, now = await self._failures(record), self._clock()
            await self._keep(record, Failures(failures.count + 1, now))
            if not known:
                await self._keep(_ALL, (await self._rush()).more(1, now))
        return 0.0

    async def succeeded(self, name: str, known: str = "") -> None:
        """Notes that the last try was no failure, and forgets those before it. Arguments as for `wait_for`."""
        await self._store.delete(_record(name, known))
        if not known:
            async with self._store.lock(_ALL, _TURN):
                await self._keep(_ALL, (await self._rush()).more(-1, self._clock()))

    async def _wait(self, record: str, known: str) -> float:
        now = self._clock()
        wait = wait_after(await self._failures(record), now)
        return wait if known else max(wait, (await self._rush()).wait(now))

    async def _failures(self, record: str) -> Failures:
        kept = await self._store.get(record)
        return Failures(**json.loads(kept)) if kept else Failures()

    async def _rush(self) -> Rush:
        kept = await self._store.get(_ALL)
        return Rush(**json.loads(kept)) if kept else Rush()

    async def _keep(self, record: str, what: Failures | Rush) -> None:
        await self._store.set(record, json.dumps(asdict(what)).encode(), _REMEMBERED)


_ALL = "sign-in"


def _record(name: str, known: str) -> str:
    return f"{_ALL}:{hashlib.sha256(json.dumps([name_of(name), known]).encode()).hexdigest()}"
