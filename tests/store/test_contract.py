"""The contract of `bot.store.Store`, held against every store that there is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from bot.errors import StoreUnavailable
from bot.store import Store
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore

from .redis_server import RedisServer, redis_server

SOON = 0.25  # seconds


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=("memory", "redis"))
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        store: Store = MemoryStore()
    else:
        server: RedisServer = request.getfixturevalue("server")
        server.client.flushall()
        store = RedisStore(server.url)
    yield store
    await store.close()


VALUES = {"text": b"value", "nothing": b"", "any byte": bytes(range(256)), "large": b"x" * 100_000}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
async def test_a_value_comes_back_as_it_was(store: Store, value: bytes) -> None:
    await store.set("name", value, 10)
    assert await store.get("name") == value


async def test_a_name_without_a_value_has_none(store: Store) -> None:
    assert await store.get("never set") is None


async def test_the_last_value_counts_and_starts_its_time_anew(store: Store) -> None:
    await store.set("name", b"old", SOON)
    await store.set("name", b"new", 10)
    await asyncio.sleep(SOON * 1.5)
    assert await store.get("name") == b"new"


async def test_values_do_not_touch_each_other(store: Store) -> None:
    await store.set("one", b"1", 10)
    await store.set("other", b"2", SOON)
    await asyncio.sleep(SOON * 1.5)
    assert await store.get("one") == b"1"
    assert await store.get("other") is None


async def test_a_value_is_gone_after_its_time_and_not_before(store: Store) -> None:
    await store.set("name", b"value", SOON)
    assert await store.get("name") == b"value"
    await asyncio.sleep(SOON * 1.5)
    assert await store.get("name") is None


async def test_deleting_forgets_what_is_named_only(store: Store) -> None:
    for name in ("one", "two", "three"):
        await store.set(name, b"value", 10)
    await store.delete("one", "two", "never set")
    assert [await store.get(name) for name in ("one", "two", "three")] == [None, None, b"value"]


async def test_a_name_is_claimed_by_the_first_only(store: Store) -> None:
    claims = await asyncio.gather(*(store.claim("delivery", 10) for _ in range(20)))
    assert claims.count(True) == 1
    assert not await store.claim("delivery", 10)
    assert await store.claim("another", 10)


async def test_a_claim_is_free_again_after_its_time(store: Store) -> None:
    assert await store.claim("delivery", SOON)
    await asyncio.sleep(SOON * 1.5)
    assert await store.claim("delivery", SOON)


async def test_a_claim_is_free_again_when_deleted(store: Store) -> None:
    assert await store.claim("delivery", 10)
    await store.delete("delivery")
    assert await store.claim("delivery", 10)


async def test_one_holder_of_a_lock_at_a_time(store: Store) -> None:
    inside, most, done = 0, 0, []

    async def work(number: int) -> None:
        nonlocal inside, most
        async with store.lock("session", 5):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1
            done.append(number)

    await asyncio.gather(*(work(number) for number in range(8)))
    assert most == 1
    assert sorted(done) == list(range(8))


async def test_locks_of_two_sessions_do_not_wait_for_each_other(store: Store) -> None:
    async with store.lock("one", 5):
        started = time.monotonic()
        async with store.lock("other", 5):
            assert time.monotonic() - started < 1


async def test_a_lock_is_let_go_when_its_holder_fails(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        async with store.lock("session", 5):
            raise ZeroDivisionError
    started = time.monotonic()
    async with store.lock("session", 5):
        assert time.monotonic() - started < 1


async def test_a_lock_is_let_go_when_its_holder_is_cancelled(store: Store) -> None:
    holding = asyncio.Event()

    async def hold() -> None:
        async with store.lock("session", 5):
            holding.set()
            await asyncio.sleep(60)

    holder = asyncio.create_task(hold())
    await holding.wait()
    holder.cancel()
    await asyncio.wait((holder,))
    started = time.monotonic()
    async with store.lock("session", 5):
        assert time.monotonic() - started < 1


async def test_who_waits_for_a_lock_too_long_is_told(store: Store) -> None:
    holding, done = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with store.lock("session", 5):
            holding.set()
            await done.wait()

    holder = asyncio.create_task(hold())
    await holding.wait()
    with pytest.raises(StoreUnavailable, match="busy for too long"):
        async with store.lock("session", SOON):
            raise AssertionError("two holders")
    done.set()
    await holder
    async with store.lock("session", 1):
        pass


async def test_a_lock_and_a_value_of_one_name_are_two_things(store: Store) -> None:
    await store.set("session", b"value", 10)
    async with store.lock("session", 1):
        assert await store.get("session") == b"value"
        await store.set("session", b"new", 10)
    assert await store.get("session") == b"new"
