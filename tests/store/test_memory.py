"""The store of one process: what it holds is bounded, and what has expired is really gone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from bot.errors import StoreFull
from bot.store.memory import MemoryStore


@dataclass
class Clock:
    """Seconds that pass when told."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


async def test_it_refuses_further_names_when_full_and_keeps_those_it_has() -> None:
    store = MemoryStore(capacity=2)
    await store.set("one", b"1", 10)
    await store.set("two", b"2", 10)
    with pytest.raises(StoreFull, match="Set REDIS_URL"):
        await store.set("three", b"3", 10)
    with pytest.raises(StoreFull):
        await store.claim("three", 10)
    await store.set("two", b"new", 10)
    assert [await store.get(name) for name in ("one", "two", "three")] == [b"1", b"new", None]


async def test_members_of_sets_take_room_and_give_it_back() -> None:
    store = MemoryStore(capacity=3)
    await store.add("cases", "one", "two")
    await store.set("name", b"value", 10)
    with pytest.raises(StoreFull):
        await store.set("further", b"value", 10)
    with pytest.raises(StoreFull):
        await store.add("cases", "two", "three")
    await store.add("cases", "one", "two")
    assert await store.members("cases") == {"one", "two"}
    await store.discard("cases", "one", "never added")
    await store.add("others", "three")
    with pytest.raises(StoreFull):
        await store.add("others", "four")
    await store.clear()
    await store.add("cases", "one", "two", "three")
    assert await store.members("cases") == {"one", "two", "three"}


async def test_a_set_finds_room_where_something_expired() -> None:
    clock = Clock()
    store = MemoryStore(capacity=1, clock=clock)
    await store.set("one", b"1", 10)
    clock.now = 10.0
    await store.add("cases", "one")
    assert await store.members("cases") == {"one"}


async def test_sets_and_topics_that_nobody_uses_leave_the_memory() -> None:
    store = MemoryStore()
    await store.add("cases", "one")
    await store.discard("cases", "one")
    async with store.subscribe("desk"), store.subscribe("desk"):
        pass
    await store.publish("nobody", b"message")
    assert (store._sets, store._topics._subscriptions) == ({}, {})


async def test_there_is_room_again_when_something_expired_or_was_deleted() -> None:
    clock = Clock()
    store = MemoryStore(capacity=1, clock=clock)
    await store.set("one", b"1", 10)
    clock.now = 10.0
    await store.set("two", b"2", 10)
    await store.delete("two")
    await store.set("three", b"3", 10)
    assert await store.get("three") == b"3"


async def test_expired_values_leave_the_memory_even_if_nobody_asks_for_them() -> None:
    clock = Clock()
    store = MemoryStore(clock=clock)
    await store.set("forgotten", b"words", 10)
    await store.set("kept", b"words", 1000)
    clock.now = 60.0
    await store.get("another")
    assert list(store._values) == ["kept"]


async def test_locks_that_nobody_holds_leave_the_memory() -> None:
    store = MemoryStore()

    async def work() -> None:
        async with store.lock("session", 1):
            await asyncio.sleep(0)

    await asyncio.gather(*(work() for _ in range(5)))
    with pytest.raises(ZeroDivisionError):
        async with store.lock("session", 1):
            raise ZeroDivisionError
    assert store._locks == {}


async def test_who_waits_for_a_lock_gets_it_in_turn() -> None:
    store, order = MemoryStore(), []

    async def work(number: int) -> None:
        async with store.lock("session", 1):
            await asyncio.sleep(0.001 * (5 - number))
            order.append(number)

    await asyncio.gather(*(work(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]


async def test_closing_forgets_everything() -> None:
    store = MemoryStore()
    await store.set("name", b"value", 10)
    await store.add("cases", "one")
    await store.close()
    assert await store.get("name") is None
    assert await store.members("cases") == set()
