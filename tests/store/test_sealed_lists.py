"""Lists that workers share: complete, in order, sealed, and gone in time, in every store that there is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from bot.errors import StoreUnavailable
from bot.privacy.keys import KeyRing
from bot.store import Store
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore
from bot.store.sealed_lists import SealedLists

from .redis_server import RedisServer, redis_server

ADDRESS, OTHER = "+14155550142", "+14155550143"
SOON = 0.25  # seconds


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
async def redis_stores(server: RedisServer) -> AsyncIterator[list[Store]]:
    """The stores of three workers."""
    server.client.flushall()
    stores: list[Store] = [RedisStore(server.url) for _ in range(3)]
    async with AsyncExitStack() as stack:
        for store in stores:
            stack.push_async_callback(store.close)
        yield stores


@pytest.fixture(params=("memory", "redis"))
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store of each kind."""
    if request.param == "memory":
        return MemoryStore()
    stores: list[Store] = request.getfixturevalue("redis_stores")
    return stores[0]


@pytest.fixture
def keys() -> KeyRing:
    return KeyRing()


@pytest.fixture
def lists(store: Store, keys: KeyRing) -> SealedLists:
    return SealedLists(store, keys, "test", 60, most=5)


async def test_what_is_put_there_is_taken_once_and_in_order(lists: SealedLists) -> None:
    assert await lists.take(ADDRESS) == []
    await lists.append(ADDRESS, 1, "two")
    await lists.append(ADDRESS, {"three": [3]})
    await lists.append(OTHER, "else")
    assert await lists.take(ADDRESS) == [1, "two", {"three": [3]}]
    assert await lists.take(ADDRESS) == []
    assert await lists.take(OTHER) == ["else"]


async def test_a_list_holds_only_its_newest_items(lists: SealedLists) -> None:
    for number in range(4):
        await lists.append(ADDRESS, 2 * number, 2 * number + 1)
    assert await lists.take(ADDRESS) == [3, 4, 5, 6, 7]


async def test_lists_of_another_purpose_are_others(lists: SealedLists, store: Store, keys: KeyRing) -> None:
    await lists.append(ADDRESS, 1)
    assert await SealedLists(store, keys, "another", 60, 5).take(ADDRESS) == []
    assert await lists.take(ADDRESS) == [1]


async def test_a_list_outlives_one_rotation_and_moves_when_it_is_used(lists: SealedLists, keys: KeyRing) -> None:
    await lists.append(ADDRESS, 1)
    keys.rotate()
    await lists.append(ADDRESS, 2)
    keys.rotate()
    assert await lists.take(ADDRESS) == [1, 2]
    await lists.append(ADDRESS, 3)
    keys.rotate()
    keys.rotate()
    assert await lists.take(ADDRESS) == []


async def test_a_list_that_nobody_uses_is_gone(store: Store, keys: KeyRing) -> None:
    lists = SealedLists(store, keys, "test", SOON, 5)
    await lists.append(ADDRESS, 1)
    await asyncio.sleep(SOON * 1.5)
    assert await lists.take(ADDRESS) == []


async def test_nothing_is_lost_when_workers_append_at_once(redis_stores: list[Store], keys: KeyRing) -> None:
    workers = [SealedLists(store, keys, "test", 60, 100) for store in redis_stores]
    await asyncio.gather(*(worker.append(ADDRESS, f"{number} {step}") for number, worker in enumerate(workers) for step in range(8)))
    assert sorted(await workers[0].take(ADDRESS)) == sorted(f"{number} {step}" for number in range(3) for step in range(8))


async def test_nothing_is_lost_or_taken_twice_when_workers_append_and_take_at_once(redis_stores: list[Store], keys: KeyRing) -> None:
    writer, *readers = (SealedLists(store, keys, "test", 60, 100) for store in redis_stores)
    taken: list[int] = []

    async def read(reader: SealedLists) -> None:
        while len(taken) < 40:
            taken.extend(await reader.take(ADDRESS))

    reading = [asyncio.create_task(read(reader)) for reader in readers]
    for number in range(40):
        await writer.append(ADDRESS, number)
    await asyncio.wait_for(asyncio.gather(*reading), 10)
    assert sorted(taken) == list(range(40))


async def test_who_gets_hold_of_redis_reads_nothing(redis_stores: list[Store], keys: KeyRing, server: RedisServer) -> None:
    await SealedLists(redis_stores[0], keys, "test", 60, 5).append(ADDRESS, "unmistakable words")
    seen = server.dump()
    assert seen
    for secret in (b"unmistakable", ADDRESS.encode(), ADDRESS[1:].encode()):
        assert secret not in seen


async def test_a_redis_that_is_away_is_said_to_be(keys: KeyRing) -> None:
    store = RedisStore("redis://127.0.0.1:1/0")
    lists = SealedLists(store, keys, "test", 60, 5)
    with pytest.raises(StoreUnavailable):
        await lists.append(ADDRESS, 1)
    with pytest.raises(StoreUnavailable):
        await lists.take(ADDRESS)
    await store.close()
