"""What all desks of a worker see alike, looked up once: the board, who is there, and what has just changed.

One task of the worker hears the notices of handoffs while any desk is open. Those that come within a fifth of a second are taken
together, and the board is looked up once for all of them; each desk is then told what of it concerns its advocate.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from markupsafe import Markup

from bot.desk.handoff_desk import HandoffDesk
from bot.errors import StoreUnavailable
from bot.handoff.desk_view import Advocate, Notice, Presence, Row

_TOGETHER = 0.2  # seconds within which notices are taken together
_LOOK_EVERY = 15.0  # seconds; even where no notice came
_AWAY = 1.0  # seconds between tries while the store is away
_MOST_UNHEARD = 50  # after which a desk that does not keep up looks at everything anew
_SAME_MOMENT = 2  # seconds by which the clocks behind a length of time may differ


@dataclass(frozen=True)
class Entry:
    """A case on the board, with moments in place of lengths of time, so that it stays equal while time passes.

    Attributes:
        row: its lengths of time are 0.
        since: when the wait began, in seconds since 1970.
        unanswered: since when the person waits for an answer, or None.
        rendered: as it is shown in several ways; kept here, so that it is gone with the case.
    """

    row: Row
    since: int
    unanswered: int | None
    rendered: dict[Hashable, Markup] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Shown:
    """The board and who is there.

    Attributes:
        version: another one whenever anything of it has changed.
        entries: in the order of the board.
        staff: who is at the desk.
        rendered: as for an `Entry`.
    """

    version: int
    entries: tuple[Entry, ...] = ()
    staff: tuple[Presence, ...] = ()
    rendered: dict[Hashable, Markup] = field(default_factory=dict, compare=False, repr=False)

    @property
    def waiting(self) -> tuple[Entry, ...]:
        """Those that wait, the next one first."""
        return tuple(entry for entry in self.entries if entry.row.state == "waiting")

    @property
    def taken(self) -> tuple[Entry, ...]:
        """Those that an advocate has, and those that close."""
        return tuple(entry for entry in self.entries if entry.row.state != "waiting")

    def of(self, name: str) -> tuple[Entry, ...]:
        """Those that an advocate has."""
        return tuple(entry for entry in self.entries if entry.row.advocate == name)

    def presence(self, name: str) -> Presence | None:
        """An advocate who is there, or None."""
        return next((one for one in self.staff if one.advocate.name == name), None)


@dataclass(frozen=True)
class Happened:
    """What has changed since desks were told last.

    Attributes:
        everything: notices may have been missed.
        board: those that wait, or who is there, look otherwise.
        taken: names of the advocates one of whose cases looks otherwise on the board: that is shown to them and to supervisors only.
        cases: that changed.
        ended: cases that are gone, and why (`bot.handoff.life.Ending`).
        alerts: for supervisors.
        came: cases that began to wait.
        spoke: cases whose person began to wait for an answer.
        owners: names of the advocates who have or had a case.
        wiped: everything is gone.
        away: the store is away.
    """

    everything: bool = False
    board: bool = False
    taken: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()
    ended: tuple[tuple[str, str], ...] = ()
    alerts: tuple[Notice, ...] = ()
    came: frozenset[str] = frozenset()
    spoke: frozenset[str] = frozenset()
    owners: dict[str, frozenset[str]] = field(default_factory=dict)
    wiped: bool = False
    away: bool = False

    def is_seen_by(self, advocate: Advocate) -> bool:
        """Whether the advocate's board looks otherwise."""
        return self.board or advocate.name in self.taken or (advocate.supervisor and bool(self.taken))

    def concerns(self, case: str, advocate: Advocate) -> bool:
        """Whether the advocate may know of what happens in a case."""
        return advocate.supervisor or advocate.name in self.owners.get(case, frozenset())


class Live:
    """The board of a worker, kept up to date while a desk is open, and forgotten with the last one.

    Args:
        handoffs: the cases.
        clock: seconds since 1970.
    """

    def __init__(self, handoffs: HandoffDesk, clock: Callable[[], float] = time.time) -> None:
        self._handoffs, self._clock = handoffs, clock
        self._shown, self._fresh = Shown(0), False
        self._told = self._shown  # what open desks know of; requests may have looked since
        self._inboxes: set[asyncio.Queue[Happened]] = set()
        self._watching: asyncio.Task[None] | None = None
        self._looking = asyncio.Lock()
        self._notices: list[Notice] = []
        self._heard = asyncio.Event()

    async def shown(self) -> Shown:
        """The board as it is now.

        Raises:
            StoreUnavailable: it cannot be looked up.
        """
        return self._shown if self._fresh else await self._look()

    def stir(self) -> None:
        """Lets the next who asks look anew: something was done in this worker."""
        self._fresh = False

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[Happened]]:
        """What happens, for one desk, from now on."""
        inbox: asyncio.Queue[Happened] = asyncio.Queue(_MOST_UNHEARD)
        self._inboxes.add(inbox)
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        try:
            yield inbox
        finally:
            self._inboxes.discard(inbox)
            if not self._inboxes and self._watching:
                self._watching.cancel()
                self._watching, self._fresh = None, False
                self._shown = self._told = Shown(self._shown.version + 1)
                self._notices.clear()

    async def _look(self) -> Shown:
        async with self._looking:
            rows, staff = await self._handoffs.board(), await self._handoffs.staff()
            now, before = self._clock(), {entry.row.id: entry for entry in self._shown.entries}
            entries = tuple(_entry(row, now, before.get(row.id)) for row in rows)
            if (entries, staff) != (self._shown.entries, self._shown.staff):
                shown = Shown(self._shown.version + 1, entries, staff)
            else:
                shown = self._shown
            if self._watching:  # without a watch nobody says when it is old, nor when a case on it is gone
                self._shown, self._fresh = shown, True
            return shown

    async def _watch(self) -> None:
        while True:
            with suppress(StoreUnavailable):
                async with self._handoffs.watch() as notices:
                    hearing = asyncio.create_task(self._hear(notices))
                    try:
                        await self._look()
                        self._told = self._shown
                        self._tell(Happened(everything=True))
                        await self._pass_on(hearing)
                    finally:
                        hearing.cancel()
            self._fresh = False
            self._tell(Happened(away=True))
            await asyncio.sleep(_AWAY)

    async def _hear(self, notices: AsyncIterator[Notice]) -> None:
        with suppress(StoreUnavailable):
            async for notice in notices:
                self._notices.append(notice)
                self._fresh = False
                self._heard.set()

    async def _pass_on(self, hearing: asyncio.Task[None]) -> None:
        """Tells the desks what was heard, until nothing can be heard any more."""
        while not hearing.done():
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._heard.wait(), _LOOK_EVERY)
            self._heard.clear()
            notices, self._notices = self._notices, []
            try:
                await self._look()
            except StoreUnavailable:
                self._notices = [Notice("all")]
                raise
            happened, self._told = _happened(notices, self._told, self._shown), self._shown
            if happened != Happened(owners=happened.owners):
                self._tell(happened)
            await asyncio.sleep(_TOGETHER)

    def _tell(self, happened: Happened) -> None:
        for inbox in self._inboxes:
            try:
                inbox.put_nowait(happened)
            except asyncio.QueueFull:
                while not inbox.empty():
                    inbox.get_nowait()
                inbox.put_nowait(replace(happened, everything=True))


def _entry(row: Row, now: float, before: Entry | None) -> Entry:
    since = _moment(now - row.waited, before.since if before else None)
    unanswered = None if row.unanswered is None else _moment(now - row.unanswered, before.unanswered if before else None)
    entry = Entry(replace(row, waited=0.0, unanswered=None), since, unanswered)
    return before if before == entry else entry


def _moment(moment: float, before: int | None) -> int:
    return before if before is not None and abs(moment - before) <= _SAME_MOMENT else round(moment)


def _taken(before: Shown, after: Shown) -> frozenset[str]:
    """Those one of whose cases looks otherwise; the empty name for cases that close, which nobody has."""
    changed = set(before.taken) ^ set(after.taken)
    return frozenset(entry.row.advocate or "" for entry in changed)


def _happened(notices: list[Notice], before: Shown, after: Shown) -> Happened:
    were, are = ({entry.row.id: entry for entry in shown.entries} for shown in (before, after))
    owners: dict[str, set[str]] = {}
    for entry in (*before.entries, *after.entries):
        owners.setdefault(entry.row.id, set()).update({entry.row.advocate} if entry.row.advocate else ())
    waited = {entry.row.id for entry in before.waiting}
    spoke = {
        case
        for case, entry in are.items()
        if entry.unanswered is not None and case in were and were[case].row.advocate == entry.row.advocate
        and were[case].unanswered != entry.unanswered
    }  # fmt: skip
    return Happened(
        everything=any(notice.kind == "all" for notice in notices),
        board=(before.waiting, before.staff) != (after.waiting, after.staff),
        taken=_taken(before, after),
        cases=frozenset(notice.case for notice in notices if notice.kind == "case"),
        ended=tuple((notice.case, notice.why) for notice in notices if notice.kind == "ended"),
        alerts=tuple(notice for notice in notices if notice.kind == "alert"),
        came=frozenset(entry.row.id for entry in after.waiting) - waited,
        spoke=frozenset(spoke),
        owners={case: frozenset(names) for case, names in owners.items()},
        wiped=any(notice.kind == "wiped" for notice in notices),
    )
