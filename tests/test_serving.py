"""`helpline` as an operator starts it: refusals before the start, one worker, two workers with Redis, and their ends."""

from __future__ import annotations

import asyncio
import itertools
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from bot import serving
from bot.knowledge.answers import answers
from bot.knowledge.emergency import emergency_table
from bot.paths import ROOT
from bot.settings import settings_from

from .running import BRITON, PERSON, REAL_SMS, START_SECONDS, Running, copy_of_project, helpline, running, until
from .store.redis_server import RedisServer, redis_server

HOTLINE = {country: emergency_table()[country].hotline.phone for country in ("US", "GB")}  # type: ignore[union-attr]
FIRST, MORE = answers()["US", "rights_pay"].text, answers()["US", "rights_pay"].more


_NUMBERS = itertools.count()


# Before the start


def refused(root: Path = ROOT, **settings: str) -> str:
    """The one sentence on the error output with which the start is refused."""
    done = helpline(root=root, **settings)
    assert done.returncode == 1, done.stdout + done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("helpline: ")]
    assert len(said) == 1 and said[0].endswith(".")
    assert "Traceback" not in done.stderr
    return said[0]


def test_a_bad_setting_is_refused() -> None:
    assert "PORT is not a whole number" in refused(PORT="many")
    assert "HELPLINE_WORKER is not a setting" in refused(HELPLINE_WORKER="2")


def test_several_workers_without_redis_are_refused() -> None:
    assert "Several workers need a shared store. Set REDIS_URL" in refused(HELPLINE_WORKERS="2")


def test_real_channels_on_unchecked_numbers_are_refused() -> None:
    said = refused(**{**REAL_SMS, "HELPLINE_UNVERIFIED_NUMBERS": ""})
    assert "No human has checked the emergency numbers of US." in said
    assert "HELPLINE_UNVERIFIED_NUMBERS=accept" in said


@pytest.mark.parametrize("workers", ("1", "2"))
def test_a_redis_that_writes_to_disk_is_refused(tmp_path: Path, workers: str) -> None:
    with redis_server(tmp_path, "--save", "60 1") as server:
        assert "Redis writes to disk" in refused(REDIS_URL=server.url, HELPLINE_WORKERS=workers)


@pytest.mark.parametrize("workers", ("1", "2"))
def test_a_port_that_is_taken_is_refused(tmp_path: Path, workers: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, redis_server(tmp_path) as server:
        port = str(taken.getsockname()[1])
        said = refused(PORT=port, REDIS_URL=server.url, HELPLINE_WORKERS=workers)
    assert f"cannot listen on 127.0.0.1 port {port} (Address already in use). Set HOST and PORT" in said


def test_an_address_of_another_machine_is_refused() -> None:
    assert "cannot listen on 192.0.2.1 port 8000" in refused(HOST="192.0.2.1", PORT="8000")


# Before the start: what is broken in the data


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a copy of the project: each test leaves it as it was."""
    return copy_of_project(tmp_path_factory.mktemp("broken"))


def _put(old: str, new: str) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(old.encode(), new.encode(), 1)


def _version(new: str) -> Callable[[bytes], bytes]:
    """Writes something else in the place of the first version."""
    return lambda content: re.sub(rb"  version: \d+\n", new.encode(), content, count=1)


def _first(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _latin_1(content: bytes) -> bytes:
    return content.replace(b"\n", b"\n# caf\xe9\n", 1)


def _other_placeholder(content: bytes) -> bytes:
    return re.sub(rb'(\nmsgstr "[^"]*)\{danger\}', rb"\1{peligro}", content, count=1)


US, TABLE, SPANISH = "data/answers/us.yml", "data/emergency.yml", "locales/es/LC_MESSAGES/helpline.po"
LOCALES, PHONES = "locales/locales.yml", "data/directory/local/phones.csv"


@pytest.mark.parametrize(
    ("name", "change", "says"),
    (
        (US, _put('  text: "', '  text: ""'), r"line 9 is not valid YAML\. Mend that line"),
        (US, _version(""), r"line 6: answer 1 has no 'version'\. Compare it with the others\."),
        (US, _version('  version: "1"\n'), r"line 8: answer 1 has a 'version' that is no whole number\. Compare it"),
        (US, _put("  lawyer:", "  lawer:"), r"line 1\d: answer 1 has a 'lawer', which nobody reads\. Compare it"),
        (US, _put("id: us.rights_documents", "id: us.rights_overview"), r"line \d+: the id us.rights_overview stands twice\. Give one"),
        (US, _latin_1, r"line 2 is not UTF-8\. Save the file as UTF-8"),
        (US, _put("\n- id:", "\n<<<<<<< HEAD\n- id:"), r"line 6 is the mark of an unfinished merge\. Choose one"),
        (US, lambda content: b"", r"has no `jurisdiction` of the right form\. Compare it"),
        ("data/answers/int.yml", lambda content: b"jurisdiction: INT\nanswers: []\n", r"has no international answers"),
        (TABLE, _put('number: "', "number: 9"), r"line 3\d: the entry AD has a 'number' that nobody can dial \('9110\"'\)\. Compare"),
        (TABLE, _put("    danger:", "    dangr:"), r"line 3\d: the entry AD has a 'dangr', which nobody reads\. Compare it"),
        (TABLE, _put("  AE:", "  AD:"), r"line \d+ is not valid YAML \(AD stands there twice\)\. Mend that line"),
        (TABLE, _first, r".+"),
        (TABLE, lambda content: b"", r"has no `countries` of the right form\. Compare it"),
        (SPANISH, _put('msgstr "L', "msgstr L"), r"line \d+ is no line of a catalogue; often a quote is missing\. Mend that entry\."),
        (SPANISH, _put("\nmsgid", "\n=======\nmsgid"), r"line \d+ is no line of a catalogue"),
        (SPANISH, _other_placeholder, r"line \d+: the translation has not the same words in braces as the English\. Write each"),
        (SPANISH, lambda content: b"", r"holds no sentence\. Restore it"),
        ("locales/reviewed.yml", lambda content: b"es: {by: A}\n", r"line 1: the review of es has no 'date'\. Compare it"),
        ("locales/safety.yml", _put("danger: [", "danger: ["[:-1]), r"line \d+ is not"),
        (LOCALES, _put("exit_word: clima", "exit_wrd: clima"), r"line \d+: locale 2 has a 'exit_wrd', which nobody reads\. Compare it"),
        ("data/places/places.npz", _first, None),
        ("data/places/places.npz", lambda content: b"", None),
        ("data/directory/words.yml", lambda content: content.replace(b'"helpline"', b"", 1), r".+"),
        (PHONES, _first, r"line \d+ has \d fields instead of 10\. Restore that file"),
        (PHONES, lambda content: b"", r"line 1 does not name the columns of its table\. Restore that file"),
        (PHONES, _put(",number,", ",nummer,"), r"line 1 does not name the columns of its table\. Restore that file"),
    ),
)  # fmt: skip
def test_what_is_broken_stops_the_start_with_file_line_and_mend(
    project: Path, name: str, change: Callable[[bytes], bytes], says: str | None
) -> None:
    path = project / name
    whole = path.read_bytes()
    assert change(whole) != whole
    path.write_bytes(change(whole))
    try:
        said = refused(root=project)
    finally:
        path.write_bytes(whole)
    assert re.match(rf"helpline: (data/answers/ )?({re.escape(name)} )?{says}" if says else r"helpline: \S*(places|localities)", said)


# One worker


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The service as `make run` starts it, with a Redis that is not there."""
    with running(tmp_path_factory.mktemp("trial"), REDIS_URL="redis://127.0.0.1:9/0") as service:
        yield service


def test_it_says_where_to_look(trial: Running) -> None:
    assert f"Trial phones:  {trial.url}/\n" in trial.said
    assert f"Health:        {trial.url}/health\n" in trial.said


def test_it_is_healthy_and_shows_the_trial_phones(trial: Running) -> None:
    health, page = trial.get("/health"), trial.get("/")
    assert health and health.json()["status"] == "ok"
    assert page and page.status_code == 200 and "<html" in page.text


def test_it_does_not_say_what_it_is_made_of(trial: Running) -> None:
    health = trial.get("/health")
    assert health and "server" not in health.headers


def test_without_its_store_the_last_wall_answers_and_the_operator_is_told(trial: Running) -> None:
    response = httpx.post(
        trial.url + "/trial/sms", json={"phone": "0" * 32, "country": "US", "text": "he has my passport"}, trust_env=False
    )
    assert response.status_code == 200
    assert "911" in response.json()["text"] and HOTLINE["US"] in response.json()["text"]
    assert "Redis cannot be reached" in trial.said


def test_nothing_that_was_said_is_in_what_it_prints(trial: Running) -> None:
    for text in ("sentinel words of a person", "HELP", "\x00 sentinel"):
        httpx.post(trial.url + "/trial/sms", json={"phone": "0" * 32, "country": "US", "text": text}, trust_env=False)
    for path in ("/sentinel", "/trial/sms?text=sentinel", "/health?sentinel"):
        httpx.post(trial.url + path, content="sentinel", trust_env=False)
    assert "sentinel" not in trial.said
    assert "Traceback" not in trial.said


def _ends(service: Running, signum: signal.Signals) -> None:
    """Tells the service to end, and sees to it that nothing is left of it."""
    children = service.children()
    assert children
    service.process.send_signal(signum)
    assert service.process.wait(15) in (0, -signum)
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert "Traceback" not in service.said and "unforeseen" not in service.said


def test_it_ends_in_good_order_when_told_to(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        _ends(service, signal.SIGTERM)


def test_it_ends_in_good_order_at_the_keyboard(trial: Running) -> None:
    """The last test of that service."""
    _ends(trial, signal.SIGINT)


# What comes through a connection


async def _answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def _parts(request: Request) -> StreamingResponse:
    """A part every so many seconds, without end."""

    async def parts() -> AsyncIterator[bytes]:
        while True:
            yield b"part "
            await asyncio.sleep(request.path_params["pause"])

    return StreamingResponse(parts())


@asynccontextmanager
async def bounded(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.4) -> AsyncIterator[int]:
    """The port of a server whose exchanges may take so many seconds."""
    monkeypatch.setattr(serving, "_LONGEST_EXCHANGE", seconds)
    app = Starlette(routes=[Route("/", _answer, methods=["POST"]), Route("/{pause:float}", _parts, methods=["GET"])])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(serving._config(settings_from({}), app))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        await task


async def _said(port: int, *parts: bytes, pause: float = 0.0) -> tuple[bytes, float]:
    """What comes back to parts that are sent with pauses between, until the connection ends; and after how many seconds."""
    started = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)
        answer = await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        answer = b""
    writer.close()
    return answer, time.monotonic() - started


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


async def test_a_request_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bounded(monkeypatch) as port:
        answer, _ = await _said(port, HEAD + b"Content-Length: 3\r\n\r\n", b"abc")
    assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"\r\n\r\n3")


@pytest.mark.parametrize(
    "parts",
    ((), (HEAD,), (b"POST",), (HEAD + b"Content-Length: 9\r\n\r\n", b"abc")),
    ids=("silent", "half a head", "a word", "half a body"),
)
async def test_a_connection_that_does_not_go_on_is_ended(monkeypatch: pytest.MonkeyPatch, parts: tuple[bytes, ...]) -> None:
    async with bounded(monkeypatch) as port:
        _, seconds = await _said(port, *parts)
    assert 0.3 < seconds < 2


async def test_a_head_without_end_is_refused_and_hinders_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bounded(monkeypatch, 5) as port:
        endless = _said(port, HEAD + b"X: ", *(b"x" * 16_000 for _ in range(20)), pause=0.01)
        others = [_said(port, HEAD + b"Content-Length: 1\r\n\r\na") for _ in range(5)]
        (refused, seconds), *answers = await asyncio.gather(endless, *others)
    assert all(answer.endswith(b"1") for answer, _ in answers)
    assert refused == b"" or refused.startswith(b"HTTP/1.1 400")
    assert seconds < 2


async def test_each_exchange_of_a_connection_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bounded(monkeypatch) as port:
        once = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na"
        answer, seconds = await _said(port, once, once, once, once, pause=0.25)
    assert answer.count(b"HTTP/1.1 200") == 4
    assert seconds > 0.9


async def test_an_answer_that_goes_on_has_its_time_with_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bounded(monkeypatch) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /0.2 HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(8):
            await asyncio.wait_for(reader.readuntil(b"part "), 2)
        writer.close()
        halting, seconds = await _said(port, b"GET /30.0 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert halting.count(b"part") <= 1 and 0.3 < seconds < 2


async def test_an_answer_without_end_holds_up_no_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bounded(monkeypatch, 30) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /0.1 HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"part ")
        told = time.monotonic()
    assert time.monotonic() - told < 3
    writer.close()


# Two workers


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis"), "--maxmemory-policy", "noeviction") as server:
        yield server


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, server: RedisServer) -> Iterator[Running]:
    """Two workers with real SMS, that share a Redis."""
    with running(tmp_path_factory.mktemp("pair"), **REAL_SMS, REDIS_URL=server.url, HELPLINE_WORKERS="2") as service:
        until(lambda: all(map(service.takes_messages, service.workers())) and _steady(service), START_SECONDS, lambda: service.said)
        yield service


def _steady(service: Running) -> bool:
    """Whether both are well, as far as many connections tell."""
    return all(service.healthy() for _ in range(10))


def _more(body: str) -> str:
    """The digit behind which more waits."""
    return next(line[0] for line in body.splitlines() if line.endswith(" More"))


def test_there_are_two_and_each_has_a_dialogue_of_its_own(pair: Running) -> None:
    workers = pair.workers()
    assert len(workers) == 2
    assert [len([child for child in worker.children() if "bot.dialogue.worker" in " ".join(child.cmdline())]) for worker in workers] == [
        1,
        1,
    ]


def test_keys_are_nowhere_to_be_read(pair: Running) -> None:
    """Handed by pipe: in no worker's arguments or environment."""
    for worker in pair.workers():
        assert not [value for value in worker.environ().values() if len(value) == 64 and set(value) <= set("0123456789abcdef")]
        assert "AUTH_TOKEN" not in " ".join(worker.cmdline())


def test_whichever_answers_a_session_goes_on(pair: Running) -> None:
    for number in range(6):
        sender = f"+1415555{2000 + number}"
        body = pair.sms("my employer has not paid me for two months", sender)
        assert FIRST in body
        for page in MORE:
            body = pair.sms(_more(body), sender)
            assert page in body


def test_whichever_answers_a_repeated_delivery_gets_the_same_reply(pair: Running) -> None:
    replies = {pair.sms("my employer has not paid me", "+14155552100", delivery="SM" + "b" * 32) for _ in range(8)}
    assert len(replies) == 1 and FIRST in replies.pop()


def test_redis_holds_neither_numbers_nor_words(pair: Running, server: RedisServer) -> None:
    pair.sms("my employer has not paid me", PERSON)
    dump = server.dump()
    assert dump
    for secret in (PERSON, PERSON[1:], "employer", "rights_pay", FIRST[:20]):
        assert secret.encode() not in dump


def test_a_worker_that_is_killed_is_missed_by_nobody_and_replaced(pair: Running) -> None:
    sender = "+14155552200"
    body = pair.sms("my employer has not paid me for two months", sender)
    for page, victim in zip(MORE, pair.workers(), strict=False):
        dialogue, other = victim.children(recursive=True), next(worker for worker in pair.workers() if worker != victim)
        victim.kill()
        body = pair.sms(_more(body), sender)
        assert page in body
        until(lambda known=(victim, other): _new(pair, *known), START_SECONDS, lambda: pair.said)  # type: ignore[misc]
        _, alive = psutil.wait_procs(dialogue, timeout=5)
        assert alive == []
    assert "a worker died and is replaced" in pair.said


def _new(pair: Running, *known: psutil.Process) -> bool:
    """Whether a worker that is not known has begun to take messages; until then the others answer as ever."""
    assert FIRST in pair.sms("my employer has not paid me", f"+1415556{next(_NUMBERS):04}")
    return any(worker not in known and pair.takes_messages(worker) for worker in pair.workers())


def test_the_new_workers_know_the_keys(pair: Running) -> None:
    sender = "+14155552300"
    body = pair.sms("my employer has not paid me for two months", sender)
    for _ in range(6):
        assert HOTLINE["US"] in pair.sms("0", sender)
    assert FIRST in body


def test_a_full_redis_costs_only_the_memory(pair: Running, server: RedisServer) -> None:
    server.client.config_set("maxmemory", 1)
    try:
        assert FIRST in pair.sms("my employer has not paid me", "+14155552400")
    finally:
        server.client.config_set("maxmemory", 0)


def test_while_redis_is_away_the_last_wall_answers_and_then_the_model_again(pair: Running, server: RedisServer) -> None:
    server.stop()
    try:
        for sender, number, country in ((PERSON, "911", "US"), (BRITON, "999", "GB")):
            body = pair.sms("hello", sender)
            assert number in body and HOTLINE[country] in body and "fault" in body
    finally:
        server.start()
    assert FIRST in pair.sms("my employer has not paid me", "+14155552500")


def test_nothing_that_was_said_is_in_what_they_print(pair: Running) -> None:
    pair.sms("sentinel words of a person", "+14155552600")
    for secret in ("sentinel", "4155552600", "passport", "Traceback"):
        assert secret not in pair.said


def test_killing_the_parent_leaves_nobody_behind(pair: Running) -> None:
    """The last test of these workers."""
    children = pair.children()
    assert len(children) >= 4
    pair.process.kill()
    pair.process.wait(10)
    _, alive = psutil.wait_procs(children, timeout=15)
    assert alive == []
