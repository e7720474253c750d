"""What reaches open desks: looked up and rendered once for all of them, told to those whom it concerns, and again after a loss."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from markupsafe import Markup
from starlette.requests import Request

from bot.desk.attendance import Attendance
from bot.desk.door import Door, Visit
from bot.desk.events import Events, told_of
from bot.desk.live import Entry, Happened, Live
from bot.desk.pages import BoardParts
from bot.dialogue.catalogues import compile_catalogues
from bot.errors import StoreUnavailable
from bot.handoff.desk_view import Advocate, Notice, Presence, Row
from tests.desk.trial_desk import PASSWORD, Served, TrialDesk

ANA, SUE = Advocate("ana", "Ana", ("en",)), Advocate("sue", "Sue", ("en",), supervisor=True)
ROW = Row("a", "waiting", "en", "sms", None, ("rights_pay",), 5.0, False, False, None, "", None, False)
SOON = 5.0


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    compile_catalogues()


class Board:
    """Handoffs of which only the board is played; it counts how often it is looked up."""

    def __init__(self) -> None:
        self.rows: tuple[Row, ...] = ()
        self.looks, self.watches, self.away = 0, 0, False
        self.notices: asyncio.Queue[Notice | None] = asyncio.Queue()

    async def board(self) -> tuple[Row, ...]:
        if self.away:
            raise StoreUnavailable("The store is away. Start it.")
        self.looks += 1
        return self.rows

    async def staff(self) -> tuple[Presence, ...]:
        return (Presence(ANA, True, 0),)

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[AsyncIterator[Notice]]:
        self.watches += 1
        if self.away:
            raise StoreUnavailable("The store is away. Start it.")

        async def notices() -> AsyncIterator[Notice]:
            while (notice := await self.notices.get()) is not None:
                yield notice

        yield notices()


async def happens(inbox: asyncio.Queue[Happened]) -> Happened:
    return await asyncio.wait_for(inbox.get(), SOON)


def live_of(board: Any) -> Live:
    return Live(board)


async def test_many_notices_at_once_are_one_look_and_one_word_to_each_desk() -> None:
    board = Board()
    live = live_of(board)
    with live.listen() as one, live.listen() as other:
        assert (await happens(one)).everything and (await happens(other)).everything
        board.rows = (ROW,)
        before = board.looks
        for _ in range(100):
            board.notices.put_nowait(Notice("case", "a"))
        for inbox in (one, other):
            happened = await happens(inbox)
            assert happened.board and happened.cases == {"a"} and happened.came == {"a"}
        await asyncio.sleep(0.3)
        assert board.looks - before <= 2
        assert one.empty() and other.empty()
        await live.shown()
        assert board.looks - before <= 2


async def test_what_a_request_has_looked_up_before_the_desks_heard_of_it_is_told_all_the_same() -> None:
    board = Board()
    live = live_of(board)
    with live.listen() as inbox:
        await happens(inbox)
        await live.shown()
        board.rows = (ROW,)
        live.stir()
        assert [entry.row.id for entry in (await live.shown()).entries] == ["a"]
        board.notices.put_nowait(Notice("case", "a"))
        happened = await happens(inbox)
        assert happened.board and happened.came == {"a"}


async def test_a_board_that_looks_the_same_is_not_sent_again_however_time_passes() -> None:
    board = Board()
    board.rows = (ROW,)
    live = Live(board, clock=lambda: 1000.0 + board.looks)  # type: ignore[arg-type]
    with live.listen() as inbox:
        await happens(inbox)
        first = await live.shown()
        board.rows = (replace(ROW, waited=ROW.waited + 1),)
        board.notices.put_nowait(Notice("staff"))
        await asyncio.sleep(0.5)
        assert inbox.empty() and (await live.shown()).version == first.version


async def test_without_an_open_desk_nothing_is_watched_and_what_is_asked_for_is_looked_up() -> None:
    board = Board()
    live = live_of(board)
    await live.shown()
    board.rows = (ROW,)
    assert [entry.row.id for entry in (await live.shown()).entries] == ["a"]
    assert board.watches == 0


async def test_desks_hear_that_the_store_is_away_and_look_at_everything_when_it_is_back() -> None:
    board = Board()
    live = live_of(board)
    with live.listen() as inbox:
        assert (await happens(inbox)).everything
        board.away = True
        board.notices.put_nowait(Notice("case", "a"))
        assert (await happens(inbox)).away
        board.away = False
        while not (happened := await happens(inbox)).everything:
            assert happened.away


async def test_a_desk_that_does_not_keep_up_looks_at_everything() -> None:
    board = Board()
    live = live_of(board)
    with live.listen() as inbox:
        await happens(inbox)
        for _ in range(60):
            live._tell(Happened(board=True))
        found = [inbox.get_nowait() for _ in range(inbox.qsize())]
        assert any(one.everything for one in found) and len(found) <= 50


async def test_the_rows_of_a_board_are_rendered_once_and_only_those_that_changed_again() -> None:
    board = Board()
    board.rows = tuple(replace(ROW, id=str(number)) for number in range(200))
    live, parts = live_of(board), BoardParts()
    with live.listen() as inbox:
        await happens(inbox)
        first = parts.waiting(await live.shown(), "en", ("en",), False)
        assert parts.waiting(await live.shown(), "en", ("en",), False) is first
        rows = {entry.row.id: _rendered(entry) for entry in (await live.shown()).entries}
        board.rows = (replace(board.rows[0], urgent="danger"), *board.rows[1:])
        board.notices.put_nowait(Notice("case", "0"))
        assert (await happens(inbox)).board
        second = parts.waiting(await live.shown(), "en", ("en",), False)
        assert "Danger now" in second and "Danger now" not in first
        assert sum(rows[entry.row.id] is _rendered(entry) for entry in (await live.shown()).entries) == 199


def _rendered(entry: Entry) -> Markup:
    (row,) = entry.rendered.values()
    return row


@pytest.mark.parametrize("how", ["it ends while a desk is open that does not show the board", "the last desk is closed", "no desk is open"])
async def test_of_a_case_that_is_over_nothing_stays_in_memory(how: str) -> None:
    board, parts = Board(), BoardParts()
    board.rows = (ROW,)
    live = live_of(board)

    async def shown() -> weakref.ref[Row]:
        now = await live.shown()
        assert parts.waiting(now, "en", ("en",), False)
        return weakref.ref(now.entries[0].row)

    if how == "no desk is open":
        row = await shown()
    else:
        with live.listen() as inbox:
            await happens(inbox)
            row = await shown()
            if how != "the last desk is closed":
                board.rows = ()
                board.notices.put_nowait(Notice("ended", "a", "left"))
                assert (await happens(inbox)).ended
                assert row() is None
    await asyncio.sleep(0)  # the watch ends
    gc.collect()
    assert row() is None


# --- who is told what ---------------------------------------------------------------------------------------------------------------------


def names(happened: Happened, advocate: Advocate) -> list[str]:
    return [name for name, _ in told_of(happened, advocate)]


async def test_a_stream_tells_nothing_while_it_cannot_be_told_who_listens_and_everything_afterwards(tmp_path: Path) -> None:
    desk = TrialDesk(tmp_path)
    desk.add("ana", "Ana")
    account = desk.accounts.get("ana")
    assert account
    token = await desk.sessions.begin(account)
    headers = [(b"host", b"desk.example.org"), (b"cookie", f"__Host-desk={token}".encode())]
    request = Request({"type": "http", "scheme": "https", "path": "/desk/events", "query_string": b"", "headers": headers})
    live, away = Live(desk.handoffs), asyncio.Event()
    away.set()

    class Unsure(Door):
        async def visit(self, request: Request) -> Visit:
            if away.is_set():
                raise StoreUnavailable("The store is away. Start it.")
            return await super().visit(request)

    told = Events(Unsure(desk.sessions), live, Attendance(desk.handoffs), beat=0.3)._told(request)
    assert (await told.__anext__()).startswith(b"retry")
    assert b"event: away" in await told.__anext__()
    with live.listen() as inbox:  # hears what the stream could hear
        live._tell(Happened(alerts=(Notice("alert", "a", "urgent"),), board=True))
        await happens(inbox)
        assert b"event: away" in await told.__anext__()
    away.clear()
    while b"event: alive" not in (event := await told.__anext__()):
        assert b"event: away" in event
    assert b"event: everything" in await told.__anext__()
    assert isinstance(told, AsyncGenerator)
    await told.aclose()


def test_an_advocate_is_told_of_the_own_cases_and_a_supervisor_of_all() -> None:
    happened = Happened(
        board=True, cases=frozenset("ab"), ended=(("c", "left"), ("d", "left")),
        alerts=(Notice("alert", "a", "gone"),), spoke=frozenset("ab"),
        owners={"a": frozenset({"ana"}), "b": frozenset({"bea"}), "c": frozenset({"ana"}), "d": frozenset()},
    )  # fmt: skip
    assert [(name, what.get("case")) for name, what in told_of(happened, ANA)] == [
        ("board", None), ("case", "a"), ("ended", "c"), ("spoke", "a"),
    ]  # fmt: skip
    assert names(happened, SUE) == ["board", "case", "case", "ended", "ended", "alert"]


def test_who_is_away_hears_only_that() -> None:
    assert names(Happened(wiped=True, board=True, cases=frozenset("a")), SUE) == ["wiped"]
    assert names(Happened(away=True), ANA) == ["away"]
    assert names(Happened(everything=True, board=True), ANA) == ["everything"]


# --- the stream -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    desk = TrialDesk(tmp_path)
    desk.add("ana", "Ana")
    desk.add("bea", "Bea")
    with Served(desk) as served:
        yield served


@contextmanager
def signed_in(served: Served, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, headers={"Sec-Fetch-Site": "same-origin"}, trust_env=False, timeout=10) as client:
        form = {"name": name, "password": PASSWORD, "code": served.desk.code(name)}
        assert client.post("/desk/sign-in", data=form).status_code == 303
        yield client


@contextmanager
def stream(client: httpx.Client) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
    with client.stream("GET", "/desk/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")

        def events() -> Iterator[tuple[str, dict[str, Any]]]:
            name = ""
            for line in response.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield name, json.loads(line.removeprefix("data: "))

        yield events()


def next_of(events: Iterator[tuple[str, dict[str, Any]]], name: str) -> dict[str, Any]:
    return next(what for told, what in events if told == name)


def test_the_stream_tells_of_cases_without_a_word_of_them(served: Served) -> None:
    with signed_in(served, "ana") as client, stream(client) as events:
        assert next_of(events, "alive") == {"available": True}
        next_of(events, "everything")
        person = served.do(served.desk.somebody_waits())
        assert any(what["came"] == 1 for name, what in events if name == "board")
        served.do(served.desk.handoffs.claim(person.case, ANA))
        served.do(person.writes("secret words"))
        assert next_of(events, "case") == {"case": person.case}
        served.do(person.leaves())
        assert next_of(events, "ended") == {"case": person.case, "why": "left"}
        assert [one.advocate.name for one in served.do(served.desk.handoffs.staff())] == ["ana"]


def test_everybody_hears_of_a_wipe(served: Served) -> None:
    with signed_in(served, "ana") as client, stream(client) as events:
        next_of(events, "everything")
        served.do(served.desk.handoffs.wipe())
        assert next_of(events, "wiped") == {}


def test_without_a_session_the_stream_says_that_it_is_over(served: Served) -> None:
    with httpx.Client(base_url=served.url, trust_env=False) as client, stream(client) as events:
        assert list(events) == [("over", {})]


def test_a_locked_screen_hears_nothing_and_its_advocate_is_away_but_there(served: Served) -> None:
    with signed_in(served, "ana") as client:
        served.desk.clock.ahead += 601
        with stream(client) as events:
            assert next(events) == ("locked", {})
            assert [one.available for one in served.do(served.desk.handoffs.staff())] == [False]
