"""Two hundred open cases and twenty desks, against real uvicorn workers over HTTP; and a surge of a hundred who wait.

    .venv/bin/python tests/bench/handoff_load.py [seconds]

Each worker is a process of its own, with the service's own routes, store, keys and tables. Two parts are played: the dialogue, which
answers by script after 20 ms as the real one does on a quiet machine, and the outlet, which notes when something was given to it and
sends nothing. Each desk does what its page does in a browser: it listens to its stream of events, fetches the board and its own cases
when they look otherwise, and the conversation that it shows (one of its eight) when there is something new in it. Measured are, once
with one worker and the store in memory, once with two workers and Redis:

    relay out   from an advocate's POST to the outlet's send
    relay in    from a person's POST to the event at her advocate's desk
    on page     from a person's POST to her words on the page, where that conversation is shown
    to desks    from agreeing (POST of the last digit) to the case on the boards of all twenty desks

Promised on a quiet machine: p95 of the relay at most 0.5 s, the case on the desk in at most 1 s, and boards that equal the store when
traffic ends. As a slow machine slows all of it, the same run measures a peer: one request of /health over a connection that is open.

The surge has a clock of its own, that is set: a hundred agree within ten minutes, two in five of them in danger, and five advocates take
whoever is next as soon as they are free. Its peer is a plain queue, first come first served, with the same arrivals.
"""

from __future__ import annotations

import asyncio
import datetime
import multiprocessing
import os
import random
import re
import secrets
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pyotp
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.app import build_app, build_service
from bot.channels.outlets import Outcome, Sent
from bot.channels.segments import SmsShape
from bot.conversation.messages import Block, Reply, Shape, Turn, Understanding
from bot.desk.accounts import FILE, Accounts, Role
from bot.editions import Edition
from bot.handoff.desk_view import Advocate
from bot.handoff.lines import desk_settings
from bot.handoff.queueing import in_order
from bot.paths import ROOT
from bot.privacy.keys import Epoch, KeyRing
from bot.serving import _config
from bot.settings import settings_from
from tests.handoff.desk import Service as InTime
from tests.store.redis_server import redis_server

CASES, DESKS, HELD = 200, 20, 8  # HELD: cases of each advocate; the others wait
PERSON_EVERY, ANSWER_EVERY, AGREES_EVERY, PEER_EVERY = 16.0, 4.0, 2.0, 0.1  # seconds; of each person, each advocate, and all together
THINKS = 0.02  # seconds of the played dialogue
PASSWORD = "a password of the bench"
_ENDLESS = aiohttp.ClientTimeout(None)
_KNOWN = Understanding("en", "talk_to_human", (("talk_to_human", 1.0),), 1.0, True)


# A worker


class Played:
    """The dialogue: offers a person to whoever asks, and says one sentence to everybody else."""

    ready, replaced, problem = True, 0, ""

    async def start(self) -> None:
        """Nothing is to be started."""

    async def stop(self) -> None:
        """Nothing is to be stopped."""

    async def reply(self, text: str, state: dict[str, Any] | None, hints: dict[str, Any], *, payload: bool = False) -> Turn:
        """The dialogue's side of the seam."""
        await asyncio.sleep(THINKS)
        asks = "person" in text or text == "/talk_to_human"
        return Turn(
            (Block("This is what is known of that."),), state={"known": 1}, offers_person=asks,
            understanding=_KNOWN if asks else replace(_KNOWN, topic="rights_pay"),
        )  # fmt: skip


class Noting:
    """The outlet: notes when it was given what."""

    def __init__(self) -> None:
        self.shape: Shape = SmsShape()
        self.sent: list[tuple[str, float]] = []

    async def send(self, address: str, reply: Reply) -> Sent:
        """See `Outlet`."""
        self.sent.append((reply.text, time.monotonic()))
        return Sent(Outcome.SENT)

    async def typing(self, address: str) -> None:
        """See `Outlet`."""


def work(environment: dict[str, str], secrets_of_keys: tuple[bytes, ...], listener: socket.socket, own: socket.socket) -> None:
    """One worker, on the socket that all share and on one of its own."""
    keys = KeyRing(*map(Epoch, secrets_of_keys))
    settings = settings_from(environment)
    service = build_service(settings, Edition(ROOT, ROOT / "models"), keys, drains=False)
    outlet, dialogue = Noting(), Played()
    service.outlets["sms"] = outlet  # type: ignore[index]
    service.dialogue, service.conversation._dialogue = dialogue, dialogue  # type: ignore[assignment]

    async def told(request: Request) -> JSONResponse:
        records = await service.handoffs._cases.all()
        places = [place.id for place in in_order(_places(records), desk_settings().urgent_ahead)]
        return JSONResponse({"sent": outlet.sent, "cases": len(records), "waiting": places, "cpu": time.process_time()})

    app = build_app(service, rotate=False)
    app.router.routes.insert(0, Route("/bench", told))
    uvicorn.Server(_config(settings, app)).run(sockets=[listener, own])


def _places(records: Any) -> Any:
    from bot.handoff.handoffs import _places as places

    return places(records)


# Who uses it


@dataclass
class Figures:
    """What was measured, in seconds."""

    out: dict[str, float] = field(default_factory=dict)  # when which words were posted at a desk
    told: list[float] = field(default_factory=list)
    shown: list[float] = field(default_factory=list)
    board: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    failed: int = 0


class Desk:
    """An advocate's page."""

    def __init__(self, session: aiohttp.ClientSession, url: str, headers: dict[str, str], bench: Bench) -> None:
        self._session, self._url, self._headers, self._bench = session, url, headers, bench
        self.cases: list[str] = []
        self.board: tuple[str, ...] = ()
        self._wanted: set[str] = set()
        self._wake = asyncio.Event()

    async def post(self, path: str, **fields: str) -> Mapping[str, str] | None:
        """The headers of what comes back; None where it was refused."""
        async with self._session.post(self._url + path, data=fields, headers=self._headers) as response:
            await response.read()
            return response.headers if response.status == 204 else None

    async def get(self, path: str) -> str:
        """What is shown; empty where it is refused."""
        async with self._session.get(self._url + path, headers=self._headers) as response:
            text = await response.text()
            return text if response.status == 200 else ""

    async def listen(self) -> None:
        """Notes what is to be fetched, as the page does, and connects again where the stream breaks off."""
        while True:
            try:
                async with self._session.get(self._url + "/desk/events", headers=self._headers, timeout=_ENDLESS) as stream:
                    name = ""
                    async for line in stream.content:
                        name = line.decode().removeprefix("event: ").strip() if line.startswith(b"event: ") else name
                        if line.startswith(b"data: "):
                            self._hear(name, line.decode())
            except aiohttp.ClientError:
                self._bench.figures.failed += 1
            await asyncio.sleep(2)

    def _hear(self, name: str, data: str) -> None:
        if name in ("board", "everything"):
            self._wanted |= {"/desk/board", "/desk/mine"}
        case = re.search(r'"case": "(\w+)"', data)
        if name == "case" and case:
            self._bench.told_of(case[1])
            self._wanted |= {f"/desk/case/{one}/live" for one in self.cases[:1] if one == case[1]}
        if self._wanted:
            self._wake.set()

    async def fetch(self) -> None:
        """Fetches what is wanted, a thing at a time."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._wanted:
                path = self._wanted.pop()
                text = await self.get(path)
                if path == "/desk/board":
                    self.board = tuple(re.findall(r'id="row-(\w+)"', text))
                    self._bench.seen_on_board(self)
                elif path.endswith("/live"):
                    self._bench.seen_in_case(text)


class Bench:
    """The traffic."""

    def __init__(self, session: aiohttp.ClientSession, url: str, seconds: float) -> None:
        self._session, self._url, self._seconds = session, url, seconds
        self.figures = Figures()
        self.desks: list[Desk] = []
        self._posted: dict[str, float] = {}  # when she last wrote in which case, until the desk is told
        self._said: dict[str, float] = {}  # what she wrote in those that are shown, until it is seen
        self._agreed: tuple[float, set[str], set[Desk]] | None = None
        self._everywhere = asyncio.Event()
        self._phones: dict[str, str] = {}  # phone of each case

    # What is seen

    def told_of(self, case: str) -> None:
        """A desk hears that there is something new in a case."""
        if begun := self._posted.pop(case, None):
            self.figures.told.append(time.monotonic() - begun)

    def seen_in_case(self, text: str) -> None:
        """Words that were not yet on a page have come."""
        for mark in re.findall(r"mark-(\w+)", text):
            if mark in self._said:
                self.figures.shown.append(time.monotonic() - self._said.pop(mark))

    def seen_on_board(self, desk: Desk) -> None:
        """A desk shows a board; what matters is the first that shows a case that was nowhere before."""
        if self._agreed is None:
            return
        at, before, missing = self._agreed
        if set(desk.board) - before:
            missing.discard(desk)
        if not missing:
            self.figures.board.append(time.monotonic() - at)
            self._agreed = None
            self._everywhere.set()

    # What is done

    async def sms(self, phone: str, text: str) -> str:
        """What a trial phone is answered."""
        body = {"phone": phone, "country": "ES", "text": text}
        async with self._session.post(self._url + "/trial/sms", json=body) as response:
            return str((await response.json())["text"])

    async def agrees(self, on_last: Callable[[], None] = lambda: None) -> str:
        """Somebody agrees to wait; returns her phone."""
        phone = secrets.token_hex(16)
        body = await self.sms(phone, "a person please")
        for title in ("Yes", "Pass this on", "Yes, for 2 hours"):
            found = re.search(rf"(\d) {title}$", body, re.MULTILINE)
            if not found:
                continue  # nothing is known of her that could be passed on
            if title.startswith("Yes, for"):
                on_last()
            body = await self.sms(phone, found[1])
        assert "You are waiting" in body, body
        return phone

    async def sign_in(self, name: str, app: pyotp.TOTP) -> Desk:
        """An advocate's page, signed in and listening."""
        headers = {"Sec-Fetch-Site": "same-origin"}
        form = {"name": name, "password": PASSWORD, "code": app.now()}
        async with self._session.post(self._url + "/desk/sign-in", data=form, headers=headers, allow_redirects=False) as response:
            assert response.status == 303, await response.text()
            headers["Cookie"] = "; ".join(one.partition(";")[0] for one in response.headers.getall("Set-Cookie"))
        desk = Desk(self._session, self._url, headers, self)
        csrf = re.search(r'data-csrf="([^"]+)"', await desk.get("/desk"))
        assert csrf
        headers["X-CSRF"] = csrf[1]
        self.desks.append(desk)
        return desk

    async def set_up(self, apps: dict[str, pyotp.TOTP]) -> list[asyncio.Task[None]]:
        """Twenty desks and two hundred cases."""
        for name, app in apps.items():
            await self.sign_in(name, app)
        tasks = [asyncio.create_task(doing) for desk in self.desks for doing in (desk.listen(), desk.fetch())]
        await asyncio.sleep(2)
        for desk in self.desks:
            for _ in range(HELD):
                phone = await self.agrees()
                headers = await desk.post("/desk/next")
                assert headers
                case = headers["X-Go"].rpartition("/")[2]
                desk.cases.append(case)
                self._phones[case] = phone
        self._waiting = [await self.agrees() for _ in range(CASES - HELD * DESKS)]
        for desk in self.desks:
            for case in desk.cases:  # from here on she is in the middle of writing
                await self.sms(self._phones[case], "hello")
        await asyncio.sleep(3)
        return tasks

    async def run(self) -> None:
        """The traffic, for so long."""
        end, chance = time.monotonic() + self._seconds, random.Random(7)
        people = [self._person(case, case == desk.cases[0], end, chance) for desk in self.desks for case in desk.cases]
        await asyncio.gather(*people, *(self._advocate(desk, end, chance) for desk in self.desks), self._agreeing(end), self._peer(end))

    async def _person(self, case: str, shown: bool, end: float, chance: random.Random) -> None:
        await asyncio.sleep(chance.uniform(0, PERSON_EVERY))
        while time.monotonic() < end:
            mark = secrets.token_hex(6)
            self._posted[case] = begun = time.monotonic()
            self._said |= {mark: begun} if shown else {}
            await self.sms(self._phones[case], f"something happened, mark-{mark}")
            await asyncio.sleep(max(0.0, PERSON_EVERY - (time.monotonic() - begun)))

    async def _advocate(self, desk: Desk, end: float, chance: random.Random) -> None:
        await asyncio.sleep(chance.uniform(0, ANSWER_EVERY))
        while time.monotonic() < end:
            key = secrets.token_hex(16)
            words = f"I read what you wrote. {key}"
            self.figures.out[words] = begun = time.monotonic()
            if not await desk.post(f"/desk/case/{chance.choice(desk.cases)}/answer", key=key, text=words):
                self.figures.failed += 1
            await asyncio.sleep(max(0.0, ANSWER_EVERY - (time.monotonic() - begun)))

    async def _agreeing(self, end: float) -> None:
        """One after the other agrees, and the one who has waited longest leaves, so that there are two hundred."""
        while time.monotonic() < end:
            begun = time.monotonic()
            await self.sms(self._waiting.pop(0), "clima")
            await asyncio.sleep(AGREES_EVERY / 2)  # until every desk has seen that
            self._everywhere.clear()

            def last() -> None:
                before = {case for desk in self.desks for case in desk.board}
                self._agreed = time.monotonic(), before, set(self.desks)

            self._waiting.append(await self.agrees(last))
            try:
                await asyncio.wait_for(self._everywhere.wait(), 10)
            except asyncio.TimeoutError:
                self.figures.board.append(10.0)
                self._agreed = None
            await asyncio.sleep(max(0.0, AGREES_EVERY - (time.monotonic() - begun)))

    async def _peer(self, end: float) -> None:
        while time.monotonic() < end:
            begun = time.monotonic()
            async with self._session.get(self._url + "/health") as response:
                await response.read()
            self.figures.peer.append(time.monotonic() - begun)
            await asyncio.sleep(PEER_EVERY)

    def lost(self) -> int:
        """Words of people of which no desk was told, or that came to no page."""
        return len(self._posted) + len(self._said)


# Figures


def spread(values: Sequence[float]) -> str:
    """Half, nineteen in twenty, and ninety-nine in a hundred of them took no longer, in milliseconds; and how many there were."""
    ordered = sorted(values)
    points = [ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 for part in (0.5, 0.95, 0.99)]
    return "p50 {:7.1f}   p95 {:7.1f}   p99 {:7.1f} ms".format(*points) + f"   of {len(ordered)}"


def p95(values: Sequence[float]) -> float:
    """Nineteen in twenty took no longer."""
    return sorted(values)[int(len(values) * 0.95)]


async def measured(urls: list[str], url: str, apps: dict[str, pyotp.TOTP], seconds: float, label: str) -> None:
    """One run against workers that listen."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(30)) as session:

        async def told(of: str) -> dict[str, Any]:
            async with session.get(of + "/bench") as response:
                found: dict[str, Any] = await response.json()
                return found

        bench = Bench(session, url, seconds)
        tasks = await bench.set_up(apps)
        before, begun = [await told(one) for one in urls], time.monotonic()
        own = time.process_time()
        await bench.run()
        lasted, own = time.monotonic() - begun, time.process_time() - own
        after = [await told(one) for one in urls]
        await asyncio.sleep(4)
        truth = await told(urls[0])
        right = sum(desk.board == tuple(truth["waiting"]) for desk in bench.desks)
        for task in tasks:
            task.cancel()
    sent = {words: at for one in after for words, at in one["sent"]}
    out = [sent[words] - at for words, at in bench.figures.out.items() if words in sent]
    times = sum(words in bench.figures.out for one in after for words, _ in one["sent"])
    figures = bench.figures
    print(f"\n{label}: {truth['cases']} cases, {len(bench.desks)} desks, {lasted:.0f} s; ", end="")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, values in (("/health", figures.peer), ("relay out", out), ("relay in", figures.told), ("on page", figures.shown)):
        print(f"  {name:10} {spread(values)}   {p95(values) / p95(figures.peer):6.1f} times the peer's p95")
    print(f"  to desks   {spread(figures.board)}")
    print(f"  boards right at the end: {right} of {len(bench.desks)}; words not sent: {len(figures.out) - len(out)}, ", end="")
    print(f"sent twice: {times - len(out)}, not told: {bench.lost()}; refused or cut off: {figures.failed}")
    shares = [(late["cpu"] - early["cpu"]) / lasted for early, late in zip(before, after, strict=True)]
    print(f"  share of one core: workers {', '.join(f'{share:.2f}' for share in shares)}; this traffic {own / lasted:.2f}")


def staff(folder: Path) -> dict[str, pyotp.TOTP]:
    """Twenty advocates; the apps of each."""
    accounts = Accounts(folder / "staff" / FILE)
    return {
        f"advocate{number}": pyotp.TOTP(
            accounts.add(
                f"advocate{number}", PASSWORD, display=f"Ana {number}", role=Role.ADVOCATE, languages=("en", "es"),
                today=datetime.date(2026, 1, 1), most_cases=HELD,
            )
        )
        for number in range(DESKS)
    }  # fmt: skip


def load(seconds: float, workers: int, redis_url: str) -> None:
    """Starts workers, measures, ends them."""
    context, keys = multiprocessing.get_context("spawn"), KeyRing()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    own = [socket.create_server(("127.0.0.1", 0)) for _ in range(workers)]
    with tempfile.TemporaryDirectory() as folder:
        apps = staff(Path(folder))
        environment = {"HELPLINE_STAFF_FOLDER": str(Path(folder) / "staff"), "REDIS_URL": redis_url, "HELPLINE_WORKERS": str(workers)}
        told = tuple(epoch.secret for epoch in (keys.current, keys.previous, keys.steady))
        started = [context.Process(target=work, args=(environment, told, listener, one), daemon=True) for one in own]
        for process in started:
            process.start()
        url, *urls = [f"http://127.0.0.1:{one.getsockname()[1]}" for one in (listener, *own)]
        label = f"{workers} worker{'s' * (workers > 1)}, {'Redis' if redis_url else 'store in memory'}"
        try:
            asyncio.run(measured(urls, url, apps, seconds, label))
        finally:
            for process in started:
                psutil.Process(process.pid).kill()
                process.join()


# The surge

ADVOCATES, TAKES, COME_WITHIN = 5, 480.0, 600.0  # how many; seconds for each case; seconds within which the hundred agree


@dataclass
class Waits:
    """How long people waited, in seconds, by whether they were in danger."""

    urgent: list[float] = field(default_factory=list)
    ordinary: list[float] = field(default_factory=list)

    def add(self, urgent: bool, seconds: float) -> None:
        """One was taken."""
        (self.urgent if urgent else self.ordinary).append(seconds)

    def say(self, label: str, came: Sequence[tuple[float, bool]]) -> None:
        """Prints them."""
        for name, waits, of in (
            ("in danger", self.urgent, sum(urgent for _, urgent in came)),
            ("ordinary", self.ordinary, sum(not urgent for _, urgent in came)),
        ):
            minutes = [wait / 60 for wait in waits] or [0.0]
            print(f"  {label:6} {name:9}  median {statistics.median(minutes):5.1f} min, longest {max(minutes):5.1f} min; ", end="")
            print(f"{len(waits)} of {of} were taken, the others told that nobody could come")


def first_come(arrivals: Sequence[tuple[float, bool]], at_once: int) -> Waits:
    """The peer: a plain queue, which those leave who have waited for the longest time that is stated."""
    free, waits = [0.0] * (ADVOCATES * at_once), Waits()
    for at, urgent in arrivals:
        begins = max(at, min(free))
        if begins - at < desk_settings().waits.longest:
            free[free.index(min(free))] = begins + TAKES
            waits.add(urgent, begins - at)
    return waits


async def surge(at_once: int) -> None:
    """The queue itself, with so many cases for each advocate at a time."""
    service, chance = InTime(), random.Random(11)
    begun = service.clock.now
    advocates = [Advocate(f"advocate{number}", "Ana", ("en",), most_cases=at_once) for number in range(ADVOCATES)]
    await service.comes(*advocates)
    arrivals = sorted((chance.uniform(0, COME_WITHIN), chance.random() < 0.4) for _ in range(100))
    coming, came, waits = list(arrivals), dict[str, tuple[float, bool]](), Waits()
    busy: list[tuple[float, str, Advocate]] = []
    passed = 0.0
    while coming or await service.handoffs.open_cases():
        service.clock.now += 5
        now = service.clock.now - begun
        while coming and coming[0][0] <= now:
            at, urgent = coming.pop(0)
            address = f"+1415{len(came):07}"
            case = await (service.danger(address) if urgent else service.agrees(address))
            came[case] = (at, urgent)
        for one in [one for one in busy if one[0] <= now]:
            busy.remove(one)
            await service.handoffs.close(one[1], one[2], asks=False)
        for advocate in advocates:
            while sum(one[2] is advocate for one in busy) < at_once and (taken := await service.handoffs.take_next(advocate)):
                at, urgent = came[taken]
                waits.add(urgent, now - at)
                busy.append((now + TAKES, taken, advocate))
                rows = [row for row in await service.handoffs.board() if row.state == "waiting"]
                passed = max(passed, *(at - came[row.id][0] for row in rows), 0.0)
        await service.comes()
        await service.handoffs.tick()
    await service.sent()
    print(f"\nsurge, {ADVOCATES} advocates with {at_once} at a time, {TAKES / 60:.0f} minutes each")
    waits.say("ours", arrivals)
    first_come(arrivals, at_once).say("plain", arrivals)
    print(f"  none was overtaken by one who came more than {passed / 60:.1f} min later; ", end="")
    print(f"the stated bound is {desk_settings().urgent_ahead / 60:.0f} min")


def main() -> None:
    """All of it."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    load(seconds, 1, "")
    with tempfile.TemporaryDirectory() as folder, redis_server(Path(folder)) as server:
        load(seconds, 2, server.url)
    for at_once in (1, 3):
        asyncio.run(surge(at_once))


if __name__ == "__main__":
    main()
