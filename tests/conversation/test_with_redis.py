"""The conversation over a real Redis that is full, away, or hangs: a person is answered each time, and soon."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.conversation.messages import SILENCE, Reply
from bot.store.redis import RedisStore

from ..store.redis_server import RedisServer, redis_server
from .scripted import Line, Script

MOST_SECONDS = 4.5  # Twilio waits 15


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path, "--maxmemory-policy", "noeviction") as server:
        yield server


@pytest.fixture
async def line(server: RedisServer) -> AsyncIterator[Line]:
    line = Line(store=RedisStore(server.url))
    yield line
    await line.store.close()


async def test_a_full_redis_costs_only_the_memory(server: RedisServer, line: Line) -> None:
    await line.send("hello")
    server.client.config_set("maxmemory", 1)
    assert (await line.send("hello")).text == "Answer 2."
    assert (await line.send("hello", address="+14155550143")).text == "Answer 1."
    assert await line.send("stop") == SILENCE
    server.client.config_set("maxmemory", 0)
    assert (await line.send("hello")).text == "Answer 1."


async def test_while_redis_is_away_the_last_wall_answers_at_once(server: RedisServer, line: Line) -> None:
    await line.send("hello")
    server.stop()
    started = time.monotonic()
    reply = await line.send("hello", country="GB")
    assert "999" in reply.text and reply.urgent == "danger"
    assert time.monotonic() - started < 1
    assert await line.send("weather") == Reply("", erase=True)
    server.start()
    assert (await line.send("hello")).text == "Answer 1."


async def test_while_redis_hangs_the_last_wall_answers_in_time(server: RedisServer, line: Line) -> None:
    await line.send("hello")
    with server.hanging():
        started = time.monotonic()
        others = line.send("hello", address="+14155550143"), line.send("stop", address="+14155550144")
        replies = await asyncio.gather(line.send("hello"), *others)
        assert time.monotonic() - started < MOST_SECONDS
    assert ["911" in reply.text for reply in replies] == [True, True, False]
    assert (await line.send("hello")).text == "Answer 2."


async def test_workers_that_share_keys_and_redis_share_sessions_and_deliveries(server: RedisServer, line: Line) -> None:
    other = Line(Script(seconds=0.05), store=RedisStore(server.url))
    other.keys.current, other.keys.previous = line.keys.current, line.keys.previous
    other.sessions.keys = other.keys
    line.script.seconds = 0.05
    assert (await line.send("hello")).text == "Answer 1."
    assert (await other.send("hello")).text == "Answer 2."
    await other.send("2")
    assert other.script.texts[-1] == "/find_shelter"
    replies = await asyncio.gather(line.send("again", delivery="SM1"), other.send("again", delivery="SM1"))
    assert replies[0] == replies[1]
    assert (line.script.texts + other.script.texts).count("again") == 1
    await other.store.close()
