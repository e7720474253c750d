"""The contract of `bot.store.Store`, held against every store that there is."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import AsyncIterator, Iterator

import pytest

from bot.errors import StoreUnavailable
from bot.store import Store
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore

from .redis_server import RedisServer, redis_server

SOON = 0.25  # seconds
LOOK_ANEW = b""


async def next_of(messages: AsyncIterator[bytes]) -> bytes:
    """The next message; a failure where none comes."""
    return await asyncio.wait_for(anext(messages), 5)


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


async def test_deleting_nothing_is_no_error(store: Store) -> None:
    await store.delete()


async def test_a_new_value_is_set_by_the_first_only(store: Store) -> None:
    assert sorted(await asyncio.gather(*(store.set_new("name", b"%d" % number, 10) for number in range(20)))) == [False] * 19 + [True]
    value = await store.get("name")
    assert not await store.set_new("name", b"new", 10)
    assert await store.get("name") == value
    await store.delete("name")
    assert await store.set_new("name", b"new", SOON)
    await asyncio.sleep(SOON * 1.5)
    assert await store.set_new("name", b"newer", 10)
    assert await store.get("name") == b"newer"


async def test_a_value_is_taken_by_one_only(store: Store) -> None:
    await store.set("name", b"value", 10)
    await store.set("other", b"stays", 10)
    taken = await asyncio.gather(*(store.take("name") for _ in range(20)))
    assert sorted(taken, key=bool) == [None] * 19 + [b"value"]
    assert [await store.get(name) for name in ("name", "other")] == [None, b"stays"]


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


async def test_a_set_holds_each_member_once_until_it_is_discarded(store: Store) -> None:
    assert await store.members("cases") == set()
    await store.add("cases", "one", "two", "two")
    await store.add("cases", "two", "three")
    await store.add("others", "four")
    assert await store.members("cases") == {"one", "two", "three"}
    await store.discard("cases", "one", "never added")
    await store.discard("never begun", "one")
    assert await store.members("cases") == {"two", "three"}
    await store.discard("cases", "two", "three")
    assert await store.members("cases") == set()
    assert await store.members("others") == {"four"}


async def test_adding_and_discarding_nobody_is_no_error(store: Store) -> None:
    await store.add("cases")
    await store.discard("cases")
    assert await store.members("cases") == set()


async def test_members_are_the_callers_own(store: Store) -> None:
    await store.add("cases", "one")
    (await store.members("cases")).clear()
    assert await store.members("cases") == {"one"}


async def test_many_add_at_once(store: Store) -> None:
    await asyncio.gather(*(store.add("cases", f"{number}") for number in range(50)))
    await asyncio.gather(*(store.discard("cases", f"{number}") for number in range(0, 50, 2)))
    assert await store.members("cases") == {f"{number}" for number in range(1, 50, 2)}


async def test_a_set_and_a_value_of_one_name_are_two_things(store: Store) -> None:
    await store.add("name", "member")
    await store.set("name", b"value", 10)
    assert await store.members("name") == {"member"}
    await store.delete("name")
    assert await store.members("name") == {"member"}


async def test_two_subscribers_both_get_all_in_its_order(store: Store) -> None:
    published = [b"%d" % number for number in range(100)]
    async with store.subscribe("desk") as one, store.subscribe("desk") as other:
        for message in published:
            await store.publish("desk", message)
        assert [await next_of(one) for _ in published] == published
        assert [await next_of(other) for _ in published] == published


async def test_a_subscriber_gets_its_topic_only_and_from_now_on(store: Store) -> None:
    await store.publish("desk", b"before")
    async with store.subscribe("desk") as messages:
        await store.publish("another desk", b"not for here")
        await store.publish("desk", VALUES["any byte"])
        assert await next_of(messages) == VALUES["any byte"]


async def test_who_waits_for_a_message_gets_it_when_it_comes(store: Store) -> None:
    async with store.subscribe("desk") as messages:
        waiting = asyncio.create_task(next_of(messages))
        await asyncio.sleep(0)
        await store.publish("desk", b"message")
        assert await waiting == b"message"


async def test_a_subscriber_that_leaves_is_forgotten_and_the_others_stay(store: Store) -> None:
    async with store.subscribe("desk") as staying:
        with pytest.raises(ZeroDivisionError):
            async with store.subscribe("desk") as leaving:
                gone = weakref.ref(leaving)
                raise ZeroDivisionError
        del leaving
        gc.collect()
        assert gone() is None
        await store.publish("desk", b"message")
        assert await next_of(staying) == b"message"


async def test_who_lets_too_much_wait_is_told_to_look_anew_and_goes_on_from_there(store: Store) -> None:
    async with store.subscribe("desk") as slow, store.subscribe("desk") as quick:
        for number in range(1_003):
            await store.publish("desk", b"%d" % number)
            assert await next_of(quick) == b"%d" % number
        assert [await next_of(slow) for _ in range(3)] == [LOOK_ANEW, b"1001", b"1002"]
        await store.publish("desk", b"next")
        assert await next_of(slow) == b"next"


async def test_everybody_can_be_told_to_look_anew(store: Store) -> None:
    async with store.subscribe("desk") as messages:
        await store.publish("desk", LOOK_ANEW)
        assert await next_of(messages) == LOOK_ANEW


async def test_clearing_forgets_everything_and_tells_everybody(store: Store) -> None:
    async with store.subscribe("desk") as desk, store.subscribe("case") as case, store.subscribe("case") as last:
        await asyncio.gather(*(store.set(f"{number}", b"value", 10) for number in range(20)))
        await store.claim("claimed", 10)
        await store.add("cases", "one", "two")
        await store.publish("case", b"waits")
        assert await next_of(last) == b"waits"
        await store.clear()
        assert [await next_of(messages) for messages in (desk, case, last)] == [LOOK_ANEW] * 3
        assert [await store.get(f"{number}") for number in range(20)] == [None] * 20
        assert await store.members("cases") == set()
        assert await store.claim("claimed", 10)
        await store.publish("case", b"goes on")
        assert await next_of(case) == b"goes on"


async def test_clearing_inside_a_lock_hurts_nobody(store: Store) -> None:
    async with store.lock("session", 5):
        await store.clear()
    async with store.lock("session", 1):
        pass


async def test_closing_ends_every_subscription_and_leaves_no_task(store: Store) -> None:
    async def listen(listening: asyncio.Event) -> list[bytes]:
        async with store.subscribe("desk") as messages:
            listening.set()
            return [message async for message in messages]

    events = [asyncio.Event() for _ in range(3)]
    listeners = [asyncio.create_task(listen(event)) for event in events]
    for event in events:
        await event.wait()
    await store.close()
    assert await asyncio.wait_for(asyncio.gather(*listeners), 5) == [[], [], []]
    async with store.subscribe("desk") as messages:
        assert [message async for message in messages] == []
    assert asyncio.all_tasks() == {asyncio.current_task()}
