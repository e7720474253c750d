"""Handoffs of the service as an operator runs it: what its people hear and what its desk sees when a part of it is killed, emptied, stopped."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pyotp
import pytest

from bot.app import Service, build_app, build_service
from bot.channels.segments import SmsShape
from bot.conversation.messages import Message
from bot.editions import Edition
from bot.handoff.desk_view import Advocate
from bot.handoff.life import State
from bot.handoff.wording import emergency_line, lost_line
from bot.knowledge.emergency import emergency_table
from bot.paths import ROOT
from bot.privacy.keys import KeyRing
from bot.settings import settings_from

from .channels.twilio_double import Play, TwilioDouble, served
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


@pytest.fixture(scope="module")
def twilio() -> Iterator[TwilioDouble]:
    with served(TwilioDouble(ACCOUNT, TOKEN)) as double:
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
    with running(place, root=root, **{**REAL_SMS, "TWILIO_API_BASE": twilio.url, **settings}, HELPLINE_STAFF_FOLDER=str(folder / "staff")) as it:
        yield it


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
    """Somebody asks for a person and agrees to wait; returns what she hears."""
    body = service.sms("I want to talk to a person", sender)
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


def called_last(worker: psutil.Process, twilio: TwilioDouble) -> bool:
    """Whether it was that worker that last called Twilio."""
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


def test_a_worker_that_is_killed_while_it_sends_loses_no_case_and_no_word(pair: Running, ana: Page, case: str, twilio: TwilioDouble) -> None:
    begun = len(told(twilio, TALKS))
    for number in range(3):
        assert pair.sms(f"words {number}", TALKS) == ""
        ana.answers(case, f"{number:032x}", f"answer {number}")
    until(lambda: len(told(twilio, TALKS)) == begun + 3, 10)
    workers = pair.workers()
    twilio.plays.append(Play(slow=30))
    ana.answers(case, f"{3:032x}", "answer 3")
    until(lambda: told(twilio, TALKS)[-1] == "answer 3", 10)
    (victim,) = [worker for worker in workers if called_last(worker, twilio)]
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
    assert not pair.process.is_running() if isinstance(pair.process, psutil.Process) else pair.process.poll() is not None
    with started(folder, root, twilio, "again", REDIS_URL=server.url, HELPLINE_WORKERS="2") as service:
        until(lambda: all(map(service.takes_messages, service.workers())), START_SECONDS, lambda: service.said)
        yield service


@pytest.mark.parametrize("text", ("are you still there", "1", "\N{WAVING HAND SIGN}"))
def test_after_it_broke_off_people_hear_so_with_the_number_whatever_they_write(again: Running, text: str) -> None:
    sender = TALKS if text == "1" else WAITS if text.isalpha() else LATER
    body = again.sms(text, sender)
    assert body.startswith(f"{lost_line('en')}\n{emergency_line('en', 'US')}")
    assert lost_line("en") not in again.sms("my employer has not paid me", sender) or not text.isascii()


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
