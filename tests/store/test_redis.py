"""What only Redis can do: be full, be away, hang, come back, write to disk, outlive a worker."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ConfigurationError, HelplineError, StoreFull, StoreUnavailable
from bot.paths import ROOT
from bot.store.redis import RedisStore

from .redis_server import RedisServer, redis_server


async def _lock(store: RedisStore) -> None:
    async with store.lock("session", 1):
        pass


Operation = Callable[[RedisStore], Awaitable[object]]
OPERATIONS: dict[str, Operation] = {
    "get": lambda store: store.get("name"),
    "set": lambda store: store.set("name", b"value", 10),
    "claim": lambda store: store.claim("claimed", 10),
    "delete": lambda store: store.delete("name"),
    "lock": _lock,
    "check": lambda store: store.check(),
}
# What needs room.
WRITES = ("set", "claim", "lock")
MOST_SECONDS = 2.5  # that a person may wait for a store which does not answer; the whole way has 4


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


@asynccontextmanager
async def store_at(url: str) -> AsyncIterator[RedisStore]:
    store = RedisStore(url)
    try:
        yield store
    finally:
        await store.close()


async def _failure(operation: Operation, store: RedisStore) -> HelplineError | None:
    try:
        await operation(store)
    except HelplineError as error:
        return error
    return None


async def test_each_operation_works_as_long_as_redis_does(server: RedisServer) -> None:
    async with store_at(server.url) as store:
        assert [await _failure(operation, store) for operation in OPERATIONS.values()] == [None] * len(OPERATIONS)


async def test_away_is_told_at_once_and_back_is_back(server: RedisServer) -> None:
    async with store_at(server.url) as store:
        await store.set("name", b"value", 10)
        server.stop()
        for name, operation in OPERATIONS.items():
            started = time.monotonic()
            failure = await _failure(operation, store)
            assert isinstance(failure, StoreUnavailable), name
            assert "REDIS_URL" in str(failure)
            assert time.monotonic() - started < MOST_SECONDS, name
        server.start()
        for name, operation in OPERATIONS.items():
            assert await _failure(operation, store) is None, name


@pytest.mark.parametrize("name", OPERATIONS)
async def test_a_redis_that_hangs_is_told_soon(server: RedisServer, name: str) -> None:
    async with store_at(server.url) as store:
        await store.get("name")
        with server.hanging():
            started = time.monotonic()
            assert isinstance(await _failure(OPERATIONS[name], store), StoreUnavailable)
            assert time.monotonic() - started < MOST_SECONDS


async def test_going_away_inside_a_lock_hurts_nobody(server: RedisServer) -> None:
    async with store_at(server.url) as store:
        async with store.lock("session", 5):
            server.stop()
        server.start()
        async with store.lock("session", 1):
            pass


async def test_full_is_told_as_full_and_what_it_holds_stays(tmp_path: Path) -> None:
    with redis_server(tmp_path, "--maxmemory-policy", "noeviction") as server:
        async with store_at(server.url) as store:
            await store.set("name", b"value", 100)
            server.client.config_set("maxmemory", 1)
            for name in WRITES:
                failure = await _failure(OPERATIONS[name], store)
                assert isinstance(failure, StoreFull), name
                assert "maxmemory" in str(failure)
            assert await store.get("name") == b"value"
            await store.delete("name")
            server.client.config_set("maxmemory", 0)
            assert [await _failure(OPERATIONS[name], store) for name in WRITES] == [None] * len(WRITES)


@pytest.mark.parametrize(
    "options",
    (("--save", "60 1"), ("--appendonly", "yes"), ("--rename-command", "CONFIG", "")),
    ids=("snapshots", "append-only file", "does not tell"),
)
async def test_a_redis_that_writes_to_disk_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    with redis_server(tmp_path, *options) as server:
        async with store_at(server.url) as store:
            with pytest.raises(ConfigurationError, match="disk"):
                await store.check()


_HOLDER = """
import asyncio, sys
from bot.store.redis import RedisStore
async def hold():
    async with RedisStore(sys.argv[1]).lock("session", 0.7):
        print("held", flush=True)
        await asyncio.sleep(60)
asyncio.run(hold())
"""


async def test_the_lock_of_a_worker_that_died_expires(server: RedisServer) -> None:
    with subprocess.Popen([sys.executable, "-c", _HOLDER, server.url], cwd=ROOT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout and holder.stdout.readline() == b"held\n"
        holder.kill()
    async with store_at(server.url) as store:
        started = time.monotonic()
        async with store.lock("session", 5):
            assert time.monotonic() - started < 1.5


async def test_who_lost_a_lock_by_sleeping_does_not_take_it_from_the_next(server: RedisServer) -> None:
    async with store_at(server.url) as store:
        async with store.lock("session", 0.1):
            await asyncio.sleep(0.2)
            next_one = store.lock("session", 5)
            await next_one.__aenter__()
        with pytest.raises(StoreUnavailable):
            async with store.lock("session", 0.1):
                raise AssertionError("two holders")
        await next_one.__aexit__(None, None, None)


async def test_it_keeps_to_names_of_its_own_and_everything_expires(server: RedisServer) -> None:
    async with store_at(server.url) as store:
        await store.set("name", b"value", 10)
        await store.claim("claimed", 10)
        async with store.lock("session", 10):
            client: Any = server.client
            names = client.keys("*")
            assert len(names) == 3
            assert all(name.startswith(b"helpline:") for name in names)
            assert all(0 < client.pttl(name) <= 10_000 for name in names)


async def test_nothing_reaches_the_disk(server: RedisServer, tmp_path: Path) -> None:
    async with store_at(server.url) as store:
        await store.set("name", b"value", 10)
    assert [path.name for path in tmp_path.iterdir()] == ["r.sock"]
