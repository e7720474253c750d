"""How fast somebody may try: who guesses is slowed down, and keeps nobody out who is known."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bot.desk.throttle import FREE, MOST_AT_ONCE, Failures, Rush, SignInThrottle, wait_after
from bot.store import Store
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore

from ..store.redis_server import RedisServer
from .staff import Clock

QUARTER = 15 * 60.0


async def fail(throttle: SignInThrottle, clock: Clock, times: int, name: str = "ana", known: str = "") -> None:
    """Failures, each as soon as it may be."""
    for _ in range(times):
        while wait := await throttle.wait_for(name, known):
            clock.now += wait


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    waits = [wait_after(Failures(count, 1000.0), 1000.0) for count in range(16)]
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_a_wait_passes() -> None:
    failures = Failures(7, 1000.0)
    assert [wait_after(failures, now) for now in (1000.0, 1010.0, 1015.5, 1016.0, 5000.0)] == [16, 6, 0.5, 0, 0]


@given(st.integers(0, 10**9), st.floats(0, 1e10), st.floats(0, 1e10))
def test_nobody_ever_waits_longer_than_a_quarter_of_an_hour_whatever_the_clocks_say(count: int, last: float, now: float) -> None:
    assert 0 <= wait_after(Failures(count, last), now) <= QUARTER


@given(st.lists(st.tuples(st.floats(-100, 100), st.sampled_from((1, -1)))))
def test_a_rush_is_over_soon_whatever_the_clocks_say(events: list[tuple[float, int]]) -> None:
    rush, now = Rush(), 1000.0
    for passed, failures in events:
        now += passed
        if failures < 0 or not rush.wait(now):
            rush = rush.more(failures, now)
        assert 0 <= rush.wait(now) <= 2


async def test_the_first_failures_cost_no_wait_and_then_it_gets_slow(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    waits = [await throttle.wait_for("ana") for _ in range(FREE + 3)]
    assert waits == [0, 0, 0, 0, 2, 2]
    clock.now += 2
    assert [await throttle.wait_for("ana") for _ in range(2)] == [0, 4]


async def test_asking_while_one_must_wait_makes_it_no_longer(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    await fail(throttle, clock, FREE + 1)
    for _ in range(50):
        assert await throttle.wait_for("ana") == 2
    clock.now += 2
    assert await throttle.wait_for("ana") == 0


async def test_success_forgets_what_went_wrong(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    await fail(throttle, clock, FREE + 4)
    await throttle.succeeded("ana")
    assert [await throttle.wait_for("ana") for _ in range(FREE + 2)] == [0, 0, 0, 0, 2]


async def test_of_a_hundred_guesses_in_one_moment_only_the_free_ones_are_looked_at(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    waits = await asyncio.gather(*(throttle.wait_for("ana") for _ in range(100)))
    assert waits.count(0) == FREE + 1


async def test_workers_count_together(server: RedisServer, clock: Clock) -> None:
    server.client.flushall()
    stores = [RedisStore(server.url) for _ in range(2)]
    throttles = [SignInThrottle(store, clock) for store in stores]
    waits = await asyncio.gather(*(throttle.wait_for("ana") for throttle in throttles for _ in range(10)))
    assert waits.count(0) == FREE + 1
    for store in stores:
        await store.close()


async def test_a_name_is_the_same_however_it_is_typed(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    assert [await throttle.wait_for(name) for name in ("ana", "ANA", " ana", "Ana\n", "aNa")] == [0, 0, 0, 0, 2]


async def test_names_are_counted_apart(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    await fail(throttle, clock, FREE + 1)
    assert await throttle.wait_for("ana") and not await throttle.wait_for("bob")


async def test_a_stranger_slows_down_nobody_who_is_known(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    await fail(throttle, clock, 14)
    assert await throttle.wait_for("ana") == QUARTER
    for number in range(int(MOST_AT_ONCE)):
        await throttle.wait_for(f"guess{number}")
    assert await throttle.wait_for("bob") > 0
    for known in ("device", "session"):
        assert await throttle.wait_for("ana", known) == 0
        await throttle.succeeded("ana", known)
    assert await throttle.wait_for("ana") == QUARTER  # and what is known says nothing for strangers


async def test_who_is_known_is_slowed_down_by_failures_of_their_own(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    assert [await throttle.wait_for("ana", "device") for _ in range(FREE + 2)] == [0, 0, 0, 0, 2]
    assert await throttle.wait_for("ana", "another") == await throttle.wait_for("ana") == await throttle.wait_for("bob", "device") == 0


async def test_many_names_together_make_everybody_wait_some_seconds(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    admitted = [await throttle.wait_for(f"guess{number}") for number in range(100)].count(0)
    assert admitted == MOST_AT_ONCE
    assert await throttle.wait_for("ana") == 2
    clock.now += 60
    assert [await throttle.wait_for(f"other{number}") for number in range(100)].count(0) == 30


async def test_who_is_known_is_no_part_of_a_rush(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    for number in range(100):
        await throttle.wait_for("ana", f"device{number}")
    assert await throttle.wait_for("bob") == 0


async def test_who_gets_in_is_no_part_of_a_rush(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    for number in range(100):
        assert await throttle.wait_for(f"name{number}") == 0
        await throttle.succeeded(f"name{number}")


async def test_failures_are_forgotten_after_two_hours() -> None:
    clock = Clock()
    throttle = SignInThrottle(MemoryStore(clock=clock), clock)
    await fail(throttle, clock, 14)
    clock.now += 2 * 3600 + 1
    assert [await throttle.wait_for("ana") for _ in range(FREE + 2)] == [0, 0, 0, 0, 2]


async def test_a_day_of_guessing_at_a_name_gets_about_a_hundred_tries() -> None:
    clock = Clock()
    store = MemoryStore(clock=clock)
    throttle, end, tries = SignInThrottle(store, clock), clock.now + 86_400, 0
    while clock.now < end:
        wait = await throttle.wait_for("ana")
        tries += not wait
        clock.now += wait
    assert tries <= 110


async def test_a_flood_of_names_does_not_fill_the_store() -> None:
    clock = Clock()
    store = MemoryStore(capacity=4000, clock=clock)
    throttle = SignInThrottle(store, clock)
    for number in range(5000):  # ever as soon as there is room: for almost three hours
        clock.now += await throttle.wait_for(f"name{number}")
        assert await throttle.wait_for(f"name{number}") in (0, 2)


async def test_what_is_not_a_name_is_counted_as_one(store: Store, clock: Clock) -> None:
    throttle = SignInThrottle(store, clock)
    assert [await throttle.wait_for(typed) for typed in ("", "my password!", "\ud83d", "x" * 1000, "a")] == [0, 0, 0, 0, 2]


async def test_the_store_holds_no_name(server: RedisServer, clock: Clock) -> None:
    server.client.flushall()
    store = RedisStore(server.url)
    throttle = SignInThrottle(store, clock)
    await throttle.wait_for("anamaria")
    await throttle.wait_for("anamaria", "device-of-hers")
    assert b"anamaria" not in server.dump() and b"device-of-hers" not in server.dump()
    await store.close()
