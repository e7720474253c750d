"""What only Redis can do: be full, be away, hang, come back, write to disk, outlive a worker."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ConfigurationError, HelplineError, StoreFull, StoreUnavailable
from bot.paths import ROOT
from bot.store import redis_topics
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
    "set_new": lambda store: store.set_new("new", b"value", 10),
    "take": lambda store: store.take("name"),
    "delete": lambda store: store.delete("name"),
    "add": lambda store: store.add("cases", "one"),
    "members": lambda store: store.members("cases"),
    "discard": lambda store: store.discard("cases", "one"),
    "publish": lambda store: store.publish("desk", b"message"),
    "clear": lambda store: store.clear(),
    "lock": _lock,
    "check": lambda store: store.check(),
}
# What needs room.
WRITES = ("set", "claim", "set_new", "add", "lock")
LOOK_ANEW = b""
MOST_SECONDS = 2.5  # that a person may wait for a store which does not answer; the whole way has 4


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


def _connections(server: RedisServer, kind: str = "normal") -> list[Any]:
    client: Any = server.client
    return client.client_list(_type=kind)


async def _next_of(messages: AsyncIterator[bytes]) -> bytes:
    return await asyncio.wait_for(anext(messages), 5)


async def _until(condition: Callable[[], bool]) -> None:
    """Waits for what nobody tells of."""
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


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


async def test_after_a_restart_no_connection_of_the_pool_costs_a_person_an_answer(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with redis_server(tmp_path, "--port", str(port), "--bind", "127.0.0.1") as server:
        async with store_at(f"redis://127.0.0.1:{port}") as store:
            await asyncio.gather(*(store.get("name") for _ in range(10)))
            server.stop()
            await asyncio.to_thread(server.start)
            assert await asyncio.gather(*(_failure(OPERATIONS["get"], store) for _ in range(10))) == [None] * 10


async def test_a_crowd_waits_for_its_turn(server: RedisServer) -> None:
    async with store_at(server.url) as store:
        assert await asyncio.gather(*(_failure(OPERATIONS["set"], store) for _ in range(500))) == [None] * 500
        assert len(_connections(server)) < 40


async def test_a_redis_that_hangs_is_told_soon(server: RedisServer) -> None:
    async def told_after(operation: Operation) -> float:
        started = time.monotonic()
        assert isinstance(await _failure(operation, store), StoreUnavailable)
        return time.monotonic() - started

    async with store_at(server.url) as store:
        await store.get("name")
        with server.hanging():
            told = await asyncio.gather(*(told_after(operation) for operation in OPERATIONS.values()))
        assert max(told) < MOST_SECONDS, dict(zip(OPERATIONS, told, strict=True))


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


@pytest.mark.parametrize("command", ("GETDEL", "PUBLISH"))
async def test_a_redis_that_lacks_a_command_is_refused(tmp_path: Path, command: str) -> None:
    with redis_server(tmp_path, "--rename-command", command, "") as server:
        async with store_at(server.url) as store:
            with pytest.raises(ConfigurationError, match="Use version 6"):
                await store.check()


_HOLDER = """
import asyncio, sys
from bot.store import redis_topics
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


async def test_a_redis_that_throws_things_away_is_refused(tmp_path: Path) -> None:
    with redis_server(tmp_path, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru") as server:
        async with store_at(server.url) as store:
            with pytest.raises(ConfigurationError, match="maxmemory-policy noeviction"):
                await store.check()
            server.client.config_set("maxmemory-policy", "noeviction")
            await store.check()


async def test_nothing_reaches_the_disk(server: RedisServer, tmp_path: Path) -> None:
    async with store_at(server.url) as store:
        await store.set("name", b"value", 10)
    assert [path.name for path in tmp_path.iterdir()] == ["r.sock"]


async def test_a_message_reaches_every_worker(server: RedisServer) -> None:
    published = [b"%d" % number for number in range(100)]
    async with store_at(server.url) as one, store_at(server.url) as other, one.subscribe("desk") as here, other.subscribe("desk") as there:
        for message in published:
            await one.publish("desk", message)
        assert [await _next_of(here) for _ in published] == [await _next_of(there) for _ in published] == published
        await other.clear()
        assert [await _next_of(messages) for messages in (here, there)] == [LOOK_ANEW] * 2


async def test_all_subscribers_of_a_worker_share_one_connection_which_closing_ends(server: RedisServer) -> None:
    async with store_at(server.url) as store, AsyncExitStack() as desks:
        await asyncio.gather(*(desks.enter_async_context(store.subscribe(f"{number}")) for number in range(20)))
        assert len(_connections(server, "pubsub")) == 1
    await _until(lambda: not _connections(server, "pubsub"))


async def test_databases_of_one_redis_do_not_hear_each_other(server: RedisServer) -> None:
    async with store_at(server.url) as store, store_at(f"{server.url}?db=1") as other, store.subscribe("desk") as messages:
        await other.publish("desk", b"of the other")
        await store.publish("desk", b"own")
        assert await _next_of(messages) == b"own"


async def test_clearing_leaves_alone_what_is_not_its_own(server: RedisServer) -> None:
    client: Any = server.client
    async with store_at(server.url) as store, store_at(f"{server.url}?db=1") as other:
        client.mset({f"other:{number}": "value" for number in range(2_500)})
        client.mset({f"helpline:{number}": "value" for number in range(2_500)})
        client.mset({"helpline": "value", "another:helpline:name": "value"})
        await other.set("name", b"value", 10)
        await store.clear()
        assert client.keys("helpline:*") == []
        assert client.dbsize() == 2_502
        assert await other.get("name") == b"value"


async def test_subscribers_outlive_redis_and_look_anew(server: RedisServer) -> None:
    async with store_at(server.url) as store, store.subscribe("desk") as desk, store.subscribe("case") as case:
        for _ in range(2):
            await store.publish("desk", b"before")
            assert await _next_of(desk) == b"before"
            server.stop()
            server.start()
            assert [await _next_of(messages) for messages in (desk, case)] == [LOOK_ANEW] * 2
            await store.publish("desk", b"after")
            assert await _next_of(desk) == b"after"
        assert len(_connections(server, "pubsub")) == 1


async def test_a_subscription_may_begin_while_redis_is_away(server: RedisServer) -> None:
    server.stop()
    async with store_at(server.url) as store, store.subscribe("desk") as messages:
        server.start()
        assert await _next_of(messages) == LOOK_ANEW
        await store.publish("desk", b"message")
        assert await _next_of(messages) == b"message"


async def test_silence_is_no_loss_but_a_redis_that_answers_nothing_is(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_topics, "_QUIET", 0.02)
    async with store_at(server.url) as store, store.subscribe("desk") as messages:

        def calls(command: str) -> int:
            client: Any = server.client
            return client.info("commandstats").get(f"cmdstat_{command}", {"calls": 0})["calls"]

        asked = calls("ping")
        await _until(lambda: calls("ping") > asked + 3)
        await store.publish("desk", b"message")
        assert await _next_of(messages) == b"message"
        assert calls("psubscribe") == 1
        monkeypatch.setattr(redis_topics, "_ANSWER", 0.1)
        with server.hanging():
            await _until(lambda: not store._topics._hears.is_set())
        assert await _next_of(messages) == LOOK_ANEW


async def test_a_loss_is_told_without_a_word_of_what_was_said(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    async with store_at(server.url) as store, store.subscribe("of-a-case") as messages:
        await store.publish("of-a-case", b"words")
        assert await _next_of(messages) == b"words"
        server.stop()
        server.start()
        assert await _next_of(messages) == LOOK_ANEW
        assert caplog.text.count("Redis is away") == 1
        assert "of-a-case" not in caplog.text and "words" not in caplog.text
