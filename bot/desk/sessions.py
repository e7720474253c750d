"""Sessions of the staff at the desk: short, sealed with what only the browser has, locked when nobody is there."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from bot.desk.accounts import Account, Accounts
from bot.privacy.keys import Epoch
from bot.store import Store

_OVER = "desk-over"  # under it lies when all sessions were ended
_TURN = 5.0  # seconds after which a worker that holds a session is taken for dead


@dataclass(frozen=True)
class DeskSession:
    """Somebody who is signed in.

    Attributes:
        account: as it is now.
        begun, seen: when the session began, and when its advocate last did something (seconds since 1970).
        locked: the screen is to be unlocked with the password before anything is shown.
        csrf: what each form must bring along.
    """

    account: Account
    begun: float
    seen: float
    locked: bool
    csrf: str = field(repr=False)

    def is_from(self, csrf: str) -> bool:
        """Whether a form was made for this session."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode("utf-8", "surrogatepass"))


@dataclass
class _Kept:
    """What lies in the store, sealed."""

    name: str
    generation: str
    begun: float
    seen: float
    locked: bool
    csrf: str


class DeskSessions:
    """Sessions in a store. Who has the store has nothing: name and key of each are made of its token, which only the browser keeps.

    Args:
        store: where they are kept.
        accounts: whose changes end sessions, in every worker and from the command line.
        clock: seconds since 1970, the same in all workers.
        idle_lock: seconds without an act of the advocate's after which the screen is locked.
        idle_end: seconds without one after which the session is over.
        longest: seconds after which it is over in any case.

    Every method may raise StoreUnavailable; `of`, `begin` and `end_all_of` StaffFilesUnavailable.
    """

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        clock: Callable[[], float] = time.time,
        *,
        idle_lock: float = 600.0,
        idle_end: float = 1800.0,
        longest: float = 12 * 3600.0,
    ) -> None:
        self._store, self._accounts, self._clock = store, accounts, clock
        self._idle_lock, self._idle_end, self._longest = idle_lock, idle_end, longest

    async def begin(self, account: Account) -> str:
        """Begins a session.

        Args:
            account: as `Accounts.check` returned it: what has changed since ends the session at once.
        Returns:
            Its token, for a cookie. It is told here only.
        Raises:
            StoreFull: there is no room for it.
        """
        token, now = secrets.token_urlsafe(32), self._clock()
        await self._keep(_epoch(token), _Kept(account.name, account.generation, now, now, False, secrets.token_urlsafe(32)))
        return token

    async def of(self, token: str) -> DeskSession | None:
        """The session of a token; None where it is over, or there was none. Looking does not count as an act."""
        kept = await self._kept(_epoch(token))
        if kept is None:
            return None
        account = await asyncio.to_thread(self._accounts.get, kept.name)
        if account is None or account.disabled or account.generation != kept.generation:
            return None
        return DeskSession(account, kept.begun, kept.seen, self._is_locked(kept), kept.csrf)

    async def seen(self, token: str) -> None:
        """Notes an act of the advocate's, not one of the page's own. It wakes no screen that is locked."""

        def see(kept: _Kept) -> bool:
            if self._is_locked(kept):
                return False
            kept.seen = self._clock()
            return True

        await self._change(token, see)

    async def lock(self, token: str) -> bool:
        """Locks the screen; returns False where that was done before. It makes no session last longer: at a locked screen is nobody."""

        def lock(kept: _Kept) -> bool:
            before, kept.locked = kept.locked, True
            return not before

        return await self._change(token, lock)

    async def unlock(self, token: str) -> None:
        """Unlocks the screen; to be called when `Accounts.confirm` has seen the password."""

        def unlock(kept: _Kept) -> bool:
            kept.seen, kept.locked = self._clock(), False
            return True

        await self._change(token, unlock)

    async def end(self, token: str) -> None:
        """Ends the session."""
        epoch = _epoch(token)
        async with self._store.lock(_name(epoch), _TURN):  # else an act in the same moment would bring it back
            await self._store.delete(_name(epoch))

    async def end_all_of(self, name: str) -> None:
        """Ends all sessions of an account. AccountRefused where there is no such account."""
        await asyncio.to_thread(self._accounts.end_sessions, name)

    async def end_everything(self) -> None:
        """Ends every session of everybody.

        Raises:
            StoreFull: there is no room to note it; nothing has ended.
        """
        await self._store.set(_OVER, repr(self._clock()).encode(), self._longest)

    def _is_locked(self, kept: _Kept) -> bool:
        return kept.locked or self._clock() - kept.seen > self._idle_lock

    async def _change(self, token: str, change: Callable[[_Kept], bool]) -> bool:
        """Keeps what `change` makes of a session where it says so; returns whether it did."""
        epoch = _epoch(token)
        async with self._store.lock(_name(epoch), _TURN):
            kept = await self._kept(epoch)
            if kept is None or not change(kept):
                return False
            await self._keep(epoch, kept)
            return True

    async def _kept(self, epoch: Epoch) -> _Kept | None:
        name = _name(epoch)
        sealed, over = await self._store.get(name), await self._store.get(_OVER)
        content = epoch.open(sealed, name) if sealed else None
        if content is None:
            return None
        kept, now = _Kept(**json.loads(content)), self._clock()
        is_over = kept.begun <= float(over or -1) or now - kept.seen > self._idle_end or now - kept.begun > self._longest
        return None if is_over else kept

    async def _keep(self, epoch: Epoch, kept: _Kept) -> None:
        name = _name(epoch)
        seconds = max(1.0, min(kept.seen + self._idle_end, kept.begun + self._longest) - self._clock())
        await self._store.set(name, epoch.seal(json.dumps(asdict(kept)).encode(), name), seconds)


def _epoch(token: str) -> Epoch:
    return Epoch(hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest())


def _name(epoch: Epoch) -> str:
    return epoch.identify("desk session")
