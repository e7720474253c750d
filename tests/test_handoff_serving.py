"""Handoffs of the service as an operator runs it: what people hear and what the desk sees when a part of it is killed, emptied, stopped."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pyotp
import pytest
from starlette.requests import Request
from starlette.responses import Response

from bot.app import Service, build_app, build_service
from bot.channels.segments import SmsShape
from bot.channels.trial_sms import number_of
from bot.conversation.messages import Message
from bot.editions import Edition
from bot.handoff.desk_view import Advocate
from bot.handoff.life import State
from bot.handoff.wording import emergency_line, lost_line
from bot.knowledge.emergency import emergency_table
from bot.paths import ROOT
from bot.privacy.keys import KeyRing
from bot.settings import settings_from

from .channels.twilio_double import TwilioDouble, served
from .desk.page import Page, added
from .running import ACCOUNT, REAL_SMS, START_SECONDS, TOKEN, Running, copy_of_project, helpline, running, until
from .store.redis_server import RedisServer, redis_server

HOTLINE = emergency_table()["US"].hotline.phone  # type: ignore[union-attr]
GOODBYE = "This line is closing now"
TALKS, CHATS, WAITS, LATER = (f"+1415555{number}" for number in (2101, 2102, 2103, 2104))
UNKNOWN_SECONDS = 45.0  # in which it is known that what a worker was sending when it died is nowhere known to have gone out


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("handoffs")


@pytest.fixture(scope="module")
def root(folder: Path) -> Path:
    """A project of its own: whether the service before broke off is read where that one lay."""
    return copy_of_project(folder)


@pytest.fixture(scope="module")
def apps(folder: Path, root: Path) -> dict[str, pyotp.TOTP]:
    """The authenticator apps of those who have accounts."""
    return {name: added(name, folder / "staff", root=root) for name in ("ana", "ben", "cyd")}


@dataclass
class Twilio(TwilioDouble):
    """A Twilio that takes certain words and does not answer for long.

    Attributes:
        kept: these words.
        caller: the port from which they came.
    """

    kept: str = ""
    caller: int = 0

    async def _any(self, request: Request) -> Response:
        response = await super()._any(request)
        if request.method == "POST" and self.kept and self.sent and self.sent[-1]["Body"] == self.kept:
            self.kept, self.caller = "", request.client.port if request.client else 0
            await asyncio.sleep(20)
        return response


@pytest.fixture(scope="module")
def twilio() -> Iterator[Twilio]:
    with served(Twilio(ACCOUNT, TOKEN)) as double:
        assert isinstance(double, Twilio)
        yield double
    assert double.misfits == []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@contextmanager
def started(folder: Path, root: Path, twilio: TwilioDouble, name: str, **settings: str) -> Iterator[Running]:
    """The service with real SMS, as far as it can tell."""
    place = folder / name
    place.mkdir()
    ours = {**REAL_SMS, "TWILIO_API_BASE": twilio.url, "HELPLINE_STAFF_FOLDER": str(folder / "staff")}
    with running(place, root=root, **{**ours, **settings}) as service:
        yield service


@pytest.fixture(scope="module")
def pair(folder: Path, root: Path, apps: dict[str, pyotp.TOTP], twilio: TwilioDouble, server: RedisServer) -> Iterator[Running]:
    """Two workers that share a Redis."""
    with started(folder, root, twilio, "pair", REDIS_URL=server.url, HELPLINE_WORKERS="2") as service:
        until(lambda: all(map(service.takes_messages, service.workers())), START_SECONDS, lambda: service.said)
        yield service


@pytest.fixture(scope="module")
def ana(pair: Running, apps: dict[str, pyotp.TOTP]) -> Iterator[Page]:
    page = Page(pair.url, "ana", apps["ana"])
    page.sign_in()
    with page.open():
        yield page


def digit(body: str, title: str) -> str:
    """The digit of a choice."""
    return next(line[0] for line in body.splitlines() if line[1:].strip() == title)


def agrees(service: Running, sender: str) -> str:
    """Somebody asks for a person and agrees to wait; returns what she hears. Where the model is too slow she asks again."""
    body = next(body for _ in range(20) if "They see your language" in (body := service.sms("I want to talk to a person", sender)))
    for title in ("Yes", "Pass this on", "Yes, for 30 minutes"):
        body = service.sms(digit(body, title), sender)
    assert "You are waiting for a person." in body
    return body


def told(twilio: TwilioDouble, sender: str) -> list[str]:
    """What came to a phone without having been asked for, in order."""
    return [form["Body"] for form in twilio.sent if form["To"] == sender]


def words(page: Page, case: str) -> list[str]:
    """Her words in a case."""
    return [text for text, fate in page.said(case) if not fate]


def sends(worker: psutil.Process, twilio: Twilio) -> bool:
    """Whether it is that worker whose words Twilio keeps."""
    return any(one.laddr.port == twilio.caller for one in worker.net_connections("tcp"))


# Two workers


@pytest.fixture(scope="module")
def case(pair: Running, ana: Page, twilio: TwilioDouble) -> str:
    """Ana and somebody write with each other; the address of the case."""
    agrees(pair, TALKS)
    case = ana.takes_next()
    until(lambda: len(told(twilio, TALKS)) == 1, 10)
    assert told(twilio, TALKS)[0].startswith("Ana, a person, is in this chat now")
    return case


def test_a_worker_that_is_killed_while_it_sends_loses_no_case_and_no_word(pair: Running, ana: Page, case: str, twilio: Twilio) -> None:
    begun = len(told(twilio, TALKS))
    for number in range(3):
        assert pair.sms(f"words {number}", TALKS) == ""
        ana.answers(case, f"{number:032x}", f"answer {number}")
    until(lambda: len(told(twilio, TALKS)) == begun + 3, 10)
    workers = pair.workers()
    twilio.kept = "answer 3"
    ana.answers(case, f"{3:032x}", "answer 3")
    until(lambda: twilio.caller != 0, 10)
    (victim,) = [worker for worker in workers if sends(worker, twilio)]
    victim.kill()
    for number in range(3, 8):
        assert pair.sms(f"words {number}", TALKS, delivery=f"SM{number:032x}") == ""
        ana.answers(case, f"{number + 1:032x}", f"answer {number + 1}")
        ana.answers(case, f"{number + 1:032x}", f"answer {number + 1}")
    assert pair.sms("words 7", TALKS, delivery=f"SM{7:032x}") == ""
    assert words(ana, case) == [f"words {number}" for number in range(8)]
    until(lambda: ("answer 3", "unknown") in ana.said(case), UNKNOWN_SECONDS, lambda: str(ana.said(case)))
    until(lambda: len(told(twilio, TALKS)) == begun + 9, 10, lambda: str(told(twilio, TALKS)))
    assert told(twilio, TALKS)[begun:] == [f"answer {number}" for number in range(9)]
    assert {fate for text, fate in ana.said(case) if text.startswith("answer") and text != "answer 3"} == {"sent"}


def test_a_redis_that_is_killed_and_comes_back_empty_costs_no_case(
    pair: Running, ana: Page, case: str, twilio: TwilioDouble, server: RedisServer
) -> None:
    chat = pair.sms("my employer has not paid me for two months", CHATS)
    agrees(pair, WAITS)
    before = words(ana, case)
    server.stop()
    for sender in (TALKS, CHATS):
        body = pair.sms("are you there", sender)
        assert "911" in body and HOTLINE in body and "fault" in body
    server.start()
    heard = [text for text in (f"after {number}" for number in range(4)) if pair.sms(text, TALKS) == ""]
    assert len(heard) >= 3  # one may meet a connection to the Redis that was
    assert ana.is_signed_out()
    ana.sign_in()
    assert words(ana, case) == [*before, *heard]
    count = len(told(twilio, TALKS))
    ana.answers(case, "a" * 32, "I am here")
    until(lambda: told(twilio, TALKS)[count:] == ["I am here"], 10)
    until(lambda: "row" in ana.get("/desk/board").text and "Waiting: 1" in ana.get("/desk/board").text, 10)
    assert "fault" not in pair.sms(digit(chat, "More"), CHATS) != ""
    assert "You are waiting" in pair.sms("0", WAITS)
    assert "open cases were put back" in pair.said


def test_what_is_said_is_in_nothing_that_is_printed(pair: Running) -> None:
    for secret in ("words 1", "answer 1", TALKS[1:], "I am here", "Traceback"):
        assert secret not in pair.said


def test_when_everything_is_killed_the_next_words_of_a_person_are_answered_with_that(pair: Running, case: str) -> None:
    """The last test of these workers."""
    parent, children = psutil.Process(pair.process.pid), pair.children()
    parent.suspend()  # it would put another in the place of the first
    for process in (*children, parent):
        process.send_signal(signal.SIGKILL)
    pair.process.wait(10)
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


@pytest.fixture(scope="module")
def again(folder: Path, root: Path, twilio: TwilioDouble, server: RedisServer, pair: Running) -> Iterator[Running]:
    """The service that is started after the one that was killed."""
    assert pair.process.poll() is not None
    with started(folder, root, twilio, "again", REDIS_URL=server.url, HELPLINE_WORKERS="2") as service:
        until(lambda: all(map(service.takes_messages, service.workers())), START_SECONDS, lambda: service.said)
        yield service


@pytest.mark.parametrize(("text", "sender"), (("are you still there", WAITS), ("1", TALKS), ("\N{WAVING HAND SIGN}", LATER)))
def test_after_it_broke_off_people_hear_so_with_the_number_whatever_they_write(again: Running, text: str, sender: str) -> None:
    assert again.sms(text, sender).startswith(f"{lost_line('en')}\n{emergency_line('en', 'US')}")


def test_they_hear_it_once(again: Running) -> None:
    for sender in (WAITS, TALKS):
        assert lost_line("en") not in again.sms("my employer has not paid me", sender)


def test_a_stop_is_refused_while_somebody_waits_and_forced_tells_everybody(
    again: Running, root: Path, apps: dict[str, pyotp.TOTP], twilio: TwilioDouble
) -> None:
    ben = Page(again.url, "ben", apps["ben"])
    ben.sign_in()
    with ben.open():
        agrees(again, TALKS)
        ben.takes_next()
        agrees(again, WAITS)
        refused = helpline("stop", root=root)
        assert refused.returncode == 1 and "2 people wait for an advocate or write with one." in refused.stderr
        assert again.healthy()
        children = again.children()
        done = helpline("stop", "--force", root=root)
    assert (done.returncode, done.stdout) == (0, "Stopped.\n"), done.stderr
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    _said_goodbye(twilio, TALKS, WAITS)
    assert list((root / "models").glob("serving-*")) == []


def _said_goodbye(twilio: TwilioDouble, *senders: str) -> None:
    for sender in senders:
        goodbyes = [body for body in told(twilio, sender) if GOODBYE in body]
        assert len(goodbyes) == 1 and told(twilio, sender)[-1] == goodbyes[0]
        assert "911" in goodbyes[0] and HOTLINE in goodbyes[0]


# One process


def test_one_process_that_is_told_to_end_tells_everybody_also_while_a_desk_is_open(
    folder: Path, root: Path, apps: dict[str, pyotp.TOTP], twilio: TwilioDouble
) -> None:
    twilio.forget()
    with started(folder, root, twilio, "one") as service:
        assert lost_line("en") not in service.sms("hello", CHATS)  # the one before was stopped in good order
        cyd = Page(service.url, "cyd", apps["cyd"])
        cyd.sign_in()
        with cyd.open():
            agrees(service, TALKS)
            cyd.takes_next()
            agrees(service, WAITS)
            assert helpline("stop", root=root).returncode == 1
            service.process.send_signal(signal.SIGTERM)
            assert service.process.wait(8) in (0, -signal.SIGTERM)
    _said_goodbye(twilio, TALKS, WAITS)
    assert "Traceback" not in service.said


# Keys that change: two workers in this process


ANA = Advocate("ana", "Ana", ("en", "es"))
PHONE = "0" * 31 + "7"


def worker(server: RedisServer, folder: Path, keys: KeyRing) -> Service:
    """The parts of a worker with trial phones, without a model: an advocate is there."""
    settings = settings_from({"REDIS_URL": server.url, "HELPLINE_STAFF_FOLDER": str(folder / "staff")})
    return build_service(settings, Edition(ROOT, ROOT / "models"), keys)


@pytest.fixture
async def workers(folder: Path, apps: dict[str, pyotp.TOTP], server: RedisServer) -> AsyncIterator[list[Service]]:
    server.client.flushall()
    keys = KeyRing()
    services = [worker(server, folder, keys) for _ in range(2)]
    yield services
    for service in services:
        await service.handoffs.settle()
        await service.store.close()


async def joined(service: Service, number: str) -> str:
    """Ana and the owner of a number write with each other. Returns the id of the case."""
    handoffs = service.handoffs
    await handoffs.present(ANA, available=True)
    draft = handoffs.offer("en", "sms", (), None).draft
    for choice in ("agree", "text_long"):
        assert draft
        draft = (await handoffs.picked_in_draft(draft, choice, "sms", number, "ES")).draft
    found = await handoffs.state_of("sms", number)
    assert found and await handoffs.claim(found[0], ANA) is None
    return found[0]


async def writes(service: Service, number: str, text: str) -> str:
    """What comes back to words of hers."""
    return (await service.conversation.answer(Message("sms", number, text, delivery=f"SM {text}", country="ES"), SmsShape())).text


async def came_to(service: Service) -> list[str]:
    """What a trial phone has got since it was last asked."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(build_app(service)), base_url="http://127.0.0.1") as page:
        response = await page.post("/trial/inbox", json={"sms": PHONE, "country": "ES", "telegram": PHONE})
    return [message["text"] for message in response.json()["sms"]]


async def test_a_case_is_found_and_answered_after_two_rotations(workers: list[Service]) -> None:
    number = number_of(PHONE, "ES")
    one, other = workers
    case = await joined(one, number)
    assert await writes(one, number, "before") == ""
    for service in workers:
        one.keys.rotate()
        await service.handoffs.tick()
    assert await other.handoffs.state_of("sms", number) == (case, State.JOINED)
    assert await writes(other, number, "after") == ""
    view = await one.handoffs.case(case)
    assert view and [said.text for said in view.said] == ["before", "after"]
    assert await other.handoffs.answer(case, ANA, "a" * 32, "I am here") is None
    await other.handoffs.settle()
    assert (await came_to(one))[-1] == "I am here"


async def test_a_block_outlives_the_keys_of_sessions_and_ends_with_the_service(
    workers: list[Service], folder: Path, server: RedisServer
) -> None:
    number = number_of(PHONE, "ES")
    one, other = workers
    case = await joined(one, number)
    assert await one.handoffs.block(case, ANA) is None
    for _ in range(3):
        one.keys.rotate()
        await other.handoffs.tick()
        assert not await other.handoffs.can_take("sms", number)
    assert await other.handoffs.can_take("sms", number_of("0" * 31 + "8", "ES"))
    later = worker(server, folder, KeyRing())
    assert await later.handoffs.can_take("sms", number)
    await later.store.close()
