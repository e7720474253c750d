"""A desk for tests: real accounts, sessions, audit and handoffs in memory; only the phones are played."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import threading
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pyotp
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from bot.desk.accounts import Accounts, Role
from bot.desk.audit import Audit, read_rows
from bot.desk.panel import Dialogue
from bot.desk.sessions import DeskSessions
from bot.desk.throttle import SignInThrottle
from bot.desk.web import desk_routes
from bot.handoff.handoffs import Handoffs, Heard
from bot.handoff.life import Fate, Point, State
from bot.handoff.lines import Desk, desk_settings
from bot.privacy.keys import KeyRing
from bot.store.memory import MemoryStore
from tests.running import free_port, until

PASSWORD = "seven quiet lanterns"
PROTOCOL = "1. Give the emergency number first.\n2. Tell a supervisor <now>."
_Returned = TypeVar("_Returned")


@dataclass(frozen=True)
class Sent:
    """What the played phone says became of a message."""

    fate: Fate = Fate.SENT
    lost: bool = False
    receipt: str = ""


class Phones:
    """Played phones: they note what comes, and say what became of it.

    Attributes:
        got: (address, text) of each message, in order.
        typed: addresses that were shown that somebody types.
        fate: of the next messages.
    """

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.typed: list[str] = []
        self.fate = Fate.DELIVERED

    async def tell(self, channel: str, address: str, locale: str, blocks: Sequence[str], options: Sequence[tuple[str, str]]) -> Sent:
        """The service's own words."""
        self.got.append((address, "\n".join(blocks)))
        return Sent()

    async def relay(self, channel: str, address: str, locale: str, text: str) -> Sent:
        """An advocate's words."""
        self.got.append((address, text))
        return Sent(self.fate)

    async def typing(self, channel: str, address: str) -> None:
        """Somebody types."""
        self.typed.append(address)

    def relayed(self, address: str, words: Sequence[str]) -> list[str]:
        """Which of these words came to a phone, in their order."""
        return [text for to, text in self.got if to == address and text in words]


class Clock:
    """The time of day, which tests may put forward.

    Attributes:
        ahead: seconds.
    """

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return datetime.datetime.now(datetime.timezone.utc).timestamp() + self.ahead


class TrialDesk:
    """Everything behind a desk, and the persons who wait for it.

    Args:
        folder: for accounts and audit.
        idle: seconds without an act after which a screen is locked.
        dialogue: see `desk_routes`.
    """

    def __init__(self, folder: Path, *, idle: float = 600.0, dialogue: Dialogue | None = None) -> None:
        self.clock, self.phones, self.store = Clock(), Phones(), MemoryStore()
        self.handoffs = Handoffs(self.store, KeyRing(), self.phones, clock=self.clock)
        self.accounts = Accounts(folder / "staff" / "staff.sqlite")
        self.sessions = DeskSessions(self.store, self.accounts, self.clock, idle_lock=idle)
        self.throttle = SignInThrottle(self.store, self.clock)
        self._log, self._head = folder / "staff" / "audit.jsonl", folder / "staff" / "audit.head"
        self.audit = Audit(self._log, self._head, self.clock)
        self._secrets: dict[str, str] = {}
        self._idle, self._dialogue, self._phones = idle, dialogue, 0

    def settings(self) -> Desk:
        """The hotline's own, with a protocol that tests know."""
        return replace(desk_settings(), protocol=PROTOCOL)

    def add(self, name: str, display: str, languages: Sequence[str] = ("en",), desk_locale: str = "en", supervisor: bool = False) -> None:
        """Makes an account."""
        self._secrets[name] = self.accounts.add(
            name,
            PASSWORD,
            display=display,
            role=Role.SUPERVISOR if supervisor else Role.ADVOCATE,
            languages=languages,
            today=datetime.date(2026, 2, 3),
            desk_locale=desk_locale,
        )

    def code(self, name: str) -> str:
        """The code that the account's authenticator shows now."""
        return pyotp.TOTP(self._secrets[name]).at(int(self.clock()))

    def noted(self) -> list[tuple[str, str]]:
        """What stands in the audit, as (who, what)."""
        return [(row.actor, row.act.value) for row in read_rows(self._log, self._head)]

    def app(self) -> Starlette:
        """The application, with time passing for handoffs."""

        @contextlib.asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            running = asyncio.create_task(self.handoffs.run())
            yield
            running.cancel()

        routes = desk_routes(
            self.handoffs,
            self.accounts,
            self.sessions,
            self.throttle,
            self.audit,
            self.settings,
            dialogue=self._dialogue,
            idle=self._idle,
            clock=self.clock,
        )
        return Starlette(routes=routes, lifespan=lifespan)

    # --- the persons' side -----------------------------------------------------------------------------------------------------------

    async def somebody_waits(
        self, locale: str = "en", channel: str = "sms", points: Sequence[Point] = (), urgent: str | None = None, address: str = ""
    ) -> Person:
        """A person who has agreed to a human and waits; in danger, when nobody asks what is to be passed on, without points."""
        self._phones += 1
        address = address or f"phone {self._phones}"
        if urgent:
            draft, choices = self.handoffs.urgent_offer(locale, channel, urgent).draft, ["join_now"]
        else:
            draft, choices = self.handoffs.offer(locale, channel, tuple(points), None).draft, ["agree", "send", "text_long"]
        for choice in choices:
            assert draft is not None
            draft = (await self.handoffs.picked_in_draft(draft, choice, channel, address, None)).draft
        found = await self.handoffs.state_of(channel, address)
        assert found and found[1] is State.WAITING
        return Person(self, found[0], channel, address)


@dataclass(frozen=True)
class Person:
    """Somebody with a played phone and an open case."""

    desk: TrialDesk
    case: str
    channel: str
    address: str

    async def writes(self, text: str, urgent: str | None = None) -> Heard | None:
        """Writes."""
        return await self.desk.handoffs.wrote(self.case, "", text, urgent)

    async def leaves(self) -> None:
        """Stops it, in silence."""
        await self.desk.handoffs.left(self.channel, self.address)


class Served:
    """A desk that is served on a port of this machine, in a thread of its own.

    Args:
        desk: the desk.
    """

    def __init__(self, desk: TrialDesk) -> None:
        self.desk, self.port = desk, free_port()
        self._app, self._is_cut, self._under_way = desk.app(), False, set[asyncio.Task[None]]()
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            self._connected, interface="asgi3", host="127.0.0.1", port=self.port, log_level="error", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Served:
        self._thread.start()
        until(lambda: self._server.started, 20)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    async def _connected(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if self._is_cut:
            return await PlainTextResponse("Nobody is behind this.", 502)(scope, receive, send)
        answering = asyncio.create_task(self._app(scope, receive, send))
        self._under_way.add(answering)
        answering.add_done_callback(self._under_way.discard)
        with contextlib.suppress(asyncio.CancelledError):
            await answering

    def cut(self) -> None:
        """Ends every answer under way, and lets nobody through, as a proxy does whose service is away."""
        self._is_cut = True
        for answering in set(self._under_way):
            self._loop.call_soon_threadsafe(answering.cancel)

    def mend(self) -> None:
        """Lets everybody through again."""
        self._is_cut = False

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve())
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))

    def do(self, awaitable: Awaitable[_Returned]) -> _Returned:
        """Does something in the server's loop."""

        async def done() -> _Returned:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(20)
