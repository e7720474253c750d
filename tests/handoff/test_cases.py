"""Open cases in the store: sealed, found by whoever comes from their address, and lost neither by rotated keys nor by an emptied Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from bot.errors import StoreUnavailable
from bot.handoff import cases as cases_module
from bot.handoff.cases import Cases
from bot.handoff.life import Said
from bot.privacy.keys import KeyRing
from bot.store import Store
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore

from ..store.redis_server import RedisServer, redis_server
from .situations import NOW, SITUATIONS

NUMBER = "+14155550142"
LONGEST = 43200.0
JOINED = SITUATIONS["joined"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
async def redis(server: RedisServer) -> AsyncIterator[RedisStore]:
    """An empty Redis."""
    server.client.flushall()
    store = RedisStore(server.url)
    yield store
    await store.close()


@pytest.fixture(params=("memory", "redis"))
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        yield MemoryStore()
        return
    request.getfixturevalue("server").client.flushall()
    store = RedisStore(request.getfixturevalue("server").url)
    yield store
    await store.close()


def worker(store: Store, keys: KeyRing) -> Cases:
    """One worker's view; several share store and keys."""
    return Cases(store, keys, LONGEST)


async def write(cases: Cases, case: str, text: str) -> None:
    """Adds words to a case."""
    async with cases.change(case) as changing:
        assert changing
        handoff = changing.record.handoff
        said = (*handoff.said, Said(text, "person", text, NOW))
        changing.record = replace(changing.record, handoff=replace(handoff, said=said))


async def texts(cases: Cases, case: str) -> list[str]:
    """The words of a case."""
    record = await cases.read(case)
    assert record
    return [said.text for said in record.handoff.said]


async def remembered(cases: Cases) -> None:
    """Two looks: the first sees that the store has a mark, and what is there."""
    for _ in range(2):
        await cases.put_back()
    await cases.keep_up()


# --- sealed and found ------------------------------------------------------------------------------------------------------------


async def test_a_case_is_found_by_its_id_and_by_its_address_only(store: Store) -> None:
    cases = worker(store, KeyRing())
    case = await cases.open(JOINED, "sms", NUMBER, "US")
    record = await cases.read(case)
    assert record and (record.handoff, record.channel, record.country) == (JOINED, "sms", "US")
    assert await cases.of("sms", NUMBER) == case
    assert await cases.address(case) == NUMBER
    assert set(await cases.all()) == {case}
    for channel, address in (("telegram", NUMBER), ("sms", "+14155550143"), ("sms", "")):
        assert await cases.of(channel, address) is None
    assert await cases.read("another") is None and await cases.address("another") is None


async def test_whoever_reads_the_store_reads_nothing(redis: RedisStore, server: RedisServer) -> None:
    cases = worker(redis, KeyRing())
    case = await cases.open(replace(JOINED, locale="zh_Hans"), "telegram", NUMBER, "US")
    await write(cases, case, "she wrote this")
    seen = server.dump()
    assert case.encode() in seen
    for hidden in (NUMBER, NUMBER[1:], "5550142", "she wrote this", "words 1", "ana", "Ana", "zh_Hans", "rights_pay", "danger", "telegram"):
        assert hidden.encode() not in seen
        assert hidden.encode().hex().encode() not in seen


async def test_another_service_opens_nothing(store: Store) -> None:
    case = await worker(store, KeyRing()).open(JOINED, "sms", NUMBER, "US")
    stranger = worker(store, KeyRing())
    assert await stranger.of("sms", NUMBER) is None
    assert await stranger.read(case) is None
    assert await stranger.address(case) is None


async def test_a_record_does_not_hold_the_address_open(store: Store) -> None:
    cases = worker(store, KeyRing())
    record = await cases.read(await cases.open(JOINED, "sms", NUMBER, "US"))
    assert record and NUMBER.encode() not in record.capsule and NUMBER not in repr(record)


async def test_a_case_outlives_the_keys_for_both_workers(store: Store) -> None:
    keys = KeyRing()
    first, second = worker(store, keys), worker(store, keys)
    case = await first.open(JOINED, "sms", NUMBER, "US")
    for turn in range(5):
        keys.rotate()
        for cases in (first, second):
            assert await cases.of("sms", NUMBER) == case
        await (first, second)[turn % 2].keep_up()
        assert await second.address(case) == NUMBER
        assert await texts(first, case) == ["words 1", "words 2"]


async def test_a_change_between_two_rotations_keeps_everything_under_one_key(store: Store) -> None:
    keys = KeyRing()
    cases = worker(store, keys)
    case = await cases.open(JOINED, "sms", NUMBER, "US")
    keys.rotate()
    await write(cases, case, "later")
    await cases.keep_up()
    keys.rotate()
    assert await cases.address(case) == NUMBER
    assert await cases.of("sms", NUMBER) == case
    assert (await texts(cases, case))[-1] == "later"


async def test_what_nobody_kept_up_is_gone_and_no_error(store: Store) -> None:
    keys = KeyRing()
    cases = worker(store, keys)
    case = await cases.open(JOINED, "sms", NUMBER, "US")
    keys.rotate()
    keys.rotate()
    assert await cases.of("sms", NUMBER) is None
    assert await cases.read(case) is None
    await cases.keep_up()


# --- changes ---------------------------------------------------------------------------------------------------------------------


async def test_what_is_erased_leaves_nothing(redis: RedisStore, server: RedisServer) -> None:
    keys = KeyRing()
    cases, other = worker(redis, keys), worker(redis, keys)
    case = await cases.open(JOINED, "sms", NUMBER, "US")
    keys.rotate()
    await other.keep_up()  # so that the address is there under two keys
    async with cases.change(case) as changing:
        assert changing
        changing.erased = True
    assert server.client.keys("*") == []
    assert await other.of("sms", NUMBER) is None


async def test_two_workers_lose_none_of_each_others_changes(store: Store) -> None:
    keys = KeyRing()
    first, second = worker(store, keys), worker(store, keys)
    case = await first.open(replace(JOINED, said=()), "sms", NUMBER, "US")
    await asyncio.gather(*(write(cases, case, f"{number} {id(cases)}") for number in range(25) for cases in (first, second)))
    assert len(set(await texts(first, case))) == 50
    record = await second.read(case)
    assert record and record.version == 51


async def test_what_changes_nothing_is_not_written(store: Store) -> None:
    cases = worker(store, KeyRing())
    case = await cases.open(JOINED, "sms", NUMBER, "US")
    async with cases.change(case):
        pass
    record = await cases.read(case)
    assert record and record.version == 1


async def test_a_change_that_fails_changes_nothing_and_lets_the_next_one_in(store: Store) -> None:
    cases = worker(store, KeyRing())
    case = await cases.open(JOINED, "sms", NUMBER, "US")
    with pytest.raises(ZeroDivisionError):
        async with cases.change(case) as changing:
            assert changing
            changing.record = replace(changing.record, handoff=SITUATIONS["ended"])
            changing.erased = True
            raise ZeroDivisionError
    await write(cases, case, "next")
    assert await texts(cases, case) == ["words 1", "words 2", "next"]


async def test_a_worker_that_dies_in_the_middle_of_a_change_loses_nothing(redis: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases_module, "_LONGEST_STEP", 0.3)
    keys = KeyRing()
    dies, lives = worker(redis, keys), worker(redis, keys)
    case = await lives.open(JOINED, "sms", NUMBER, "US")
    held = dies.change(case)
    changing = await held.__aenter__()
    assert changing
    changing.record = replace(changing.record, handoff=SITUATIONS["ended"])
    with suppress(StoreUnavailable):  # who comes while the dead one still has the lock waits, and may have to come again
        await write(lives, case, "next")
    if "next" not in await texts(lives, case):
        await write(lives, case, "next")
    await held.__aexit__(asyncio.CancelledError, asyncio.CancelledError(), None)  # of the dead one nothing comes any more
    assert await texts(lives, case) == ["words 1", "words 2", "next"]


async def test_a_case_that_is_gone_cannot_be_changed(store: Store) -> None:
    async with worker(store, KeyRing()).change("gone") as changing:
        assert changing is None


# --- a Redis that was emptied ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def two(server: RedisServer) -> AsyncIterator[tuple[Cases, Cases]]:
    """Two workers with connections of their own, which have seen an empty Redis."""
    server.client.flushall()
    keys, stores = KeyRing(), (RedisStore(server.url), RedisStore(server.url))
    workers = worker(stores[0], keys), worker(stores[1], keys)
    for cases in workers:
        await remembered(cases)
    yield workers
    for store in stores:
        await store.close()


def restart(server: RedisServer) -> None:
    """As after a crash: it is there again, and empty."""
    server.stop()
    server.start()
    assert server.client.keys("*") == []


async def answered(ask: Callable[[], Awaitable[int]]) -> int:
    """The answer, once connections that broke with the old server are gone."""
    for _ in range(20):
        try:
            return await ask()
        except StoreUnavailable:
            continue
    return await ask()


async def looks(*workers: Cases) -> int:
    """Each looks twice, as it does in time: one that finds no mark looks again first. Returns how many cases came back."""
    back = 0
    for _ in range(2):
        for cases in workers:
            back += await answered(cases.put_back)
    return back


@pytest.mark.parametrize("order", ((0, 1), (1, 0)))
async def test_after_a_restart_both_put_back_and_the_newest_stays(
    server: RedisServer, two: tuple[Cases, Cases], order: tuple[int, int]
) -> None:
    first, second = two
    case = await first.open(JOINED, "sms", NUMBER, "US")
    mine = await second.open(SITUATIONS["waiting"], "telegram", "77", None)
    await remembered(first)
    await remembered(second)
    await write(second, case, "newest")  # the first one has not seen this
    restart(server)
    assert await looks(two[order[0]], two[order[1]]) >= 2
    for cases in two:
        assert await texts(cases, case) == ["words 1", "words 2", "newest"]
        assert await cases.of("sms", NUMBER) == case
        assert await cases.address(case) == NUMBER
        assert set(await cases.all()) == {case, mine}


async def test_what_is_put_back_goes_on_as_before(server: RedisServer, two: tuple[Cases, Cases]) -> None:
    first, second = two
    case = await first.open(JOINED, "sms", NUMBER, "US")
    await remembered(second)
    restart(server)
    await looks(second)
    await write(first, case, "after")
    assert (await texts(second, case))[-1] == "after"
    assert await looks(first, second) == 0
    restart(server)
    assert await looks(first, second) >= 1
    assert (await texts(second, case))[-1] == "after"


async def test_a_case_that_another_worker_ended_does_not_come_back(server: RedisServer, two: tuple[Cases, Cases]) -> None:
    first, second = two
    case = await first.open(JOINED, "sms", NUMBER, "US")
    await remembered(second)
    async with first.change(case) as changing:
        assert changing
        changing.erased = True
    second.forget(case)
    restart(server)
    assert await looks(first, second) == 0
    assert await second.read(case) is None


async def test_a_worker_that_looks_in_time_forgets_what_others_ended(server: RedisServer, two: tuple[Cases, Cases]) -> None:
    first, second = two
    case = await first.open(JOINED, "sms", NUMBER, "US")
    await remembered(second)
    async with first.change(case) as changing:
        assert changing
        changing.erased = True
    await second.keep_up()
    restart(server)
    assert await looks(first, second) == 0


async def test_a_service_that_has_just_begun_puts_nothing_back(redis: RedisStore) -> None:
    cases = worker(redis, KeyRing())
    await cases.open(JOINED, "sms", NUMBER, "US")
    assert await looks(cases) == 0


async def test_right_after_a_restart_nobody_hears_that_a_case_is_gone(server: RedisServer, two: tuple[Cases, Cases]) -> None:
    """Without any look before: what is asked for brings it back."""
    first, second = two
    case = await first.open(JOINED, "sms", NUMBER, "US")
    await remembered(second)
    for asked in (lambda: second.of("sms", NUMBER), lambda: first.read(case), second.all):
        restart(server)
        for _ in range(40):
            try:
                found = await asked()
                break
            except StoreUnavailable:
                await asyncio.sleep(0.05)
        assert found
    await write(first, case, "after")
    assert await texts(second, case) == ["words 1", "words 2", "after"]


async def test_what_breaks_off_while_it_is_put_back_is_done_again(server: RedisServer) -> None:
    server.client.flushall()

    class Breaks(RedisStore):
        left = 100_000

        async def set(self, name: str, value: bytes, seconds: float) -> None:
            self.left -= 1
            if self.left < 0:
                raise StoreUnavailable("It is away. Wait.")
            await super().set(name, value, seconds)

    store = Breaks(server.url)
    cases = worker(store, KeyRing())
    await remembered(cases)
    numbers = [f"+1415555{number:04}" for number in range(3)]
    opened = {await cases.open(JOINED, "sms", number, "US") for number in numbers}
    restart(server)
    for writes in range(7):
        store.left = writes
        try:
            await cases.put_back()
        except StoreUnavailable:
            continue
    store.left = 100_000
    await looks(cases)
    assert set(await cases.all()) == opened
    for number in numbers:
        assert await cases.of("sms", number) in opened
    await store.close()


async def test_a_redis_that_is_away_for_longer_than_keys_live_gets_its_cases_back(server: RedisServer, two: tuple[Cases, Cases]) -> None:
    cases, _ = two
    case = await cases.open(JOINED, "sms", NUMBER, "US")
    await remembered(cases)
    server.stop()
    for _ in range(4):
        cases._keys.rotate()
        with pytest.raises(StoreUnavailable):
            await cases.put_back()
    server.start()
    assert await looks(cases) == 1
    assert await cases.of("sms", NUMBER) == case and await cases.address(case) == NUMBER


async def test_who_has_left_is_not_put_back_by_a_worker_that_did_not_hear_of_it(server: RedisServer, two: tuple[Cases, Cases]) -> None:
    first, second = two
    case = await first.open(JOINED, "sms", NUMBER, "US")
    await remembered(second)
    restart(server)
    await looks(first)
    async with first.change(case) as changing:
        assert changing
        await first.silence(case)
        changing.erased = True
    assert await looks(second) == 0
    assert await second.all() == {}


# --- a worker that dies between two words with the store -------------------------------------------------------------------------


class Dies(MemoryStore):
    """Its worker dies at the n-th thing that it writes; from then on nothing of it is written."""

    def __init__(self, store: MemoryStore, writes: int) -> None:
        super().__init__()
        self._values, self._sets, self.left = store._values, store._sets, writes

    def _write(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise StoreUnavailable("It is away. Wait.")

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        """See `Store`."""
        self._write()
        await super().set(name, value, seconds)

    async def add(self, name: str, *members: str) -> None:
        """See `Store`."""
        self._write()
        await super().add(name, *members)


@pytest.mark.parametrize("writes", range(4))
async def test_a_case_that_was_half_opened_is_either_nowhere_or_on_the_board_and_found(writes: int) -> None:
    keys, shared = KeyRing(), MemoryStore()
    dies, lives = worker(Dies(shared, writes), keys), worker(shared, keys)
    try:
        await dies.open(JOINED, "sms", NUMBER, "US")
    except StoreUnavailable:
        assert len(dies.half_open) == 1
    await lives.keep_up()
    found = await lives.of("sms", NUMBER)
    assert set(await lives.all()) == ({found} if found else set())
    assert bool(found) is (writes >= 2)


@pytest.mark.parametrize("writes", range(3))
async def test_a_case_that_was_half_moved_under_other_keys_is_found_after_the_next_rotation(writes: int) -> None:
    keys, shared = KeyRing(), MemoryStore()
    lives = worker(shared, keys)
    case = await lives.open(JOINED, "sms", NUMBER, "US")
    keys.rotate()
    try:
        await worker(Dies(shared, writes), keys).keep_up()
    except StoreUnavailable:
        pass
    await lives.keep_up()
    keys.rotate()
    assert await lives.of("sms", NUMBER) == case and await lives.address(case) == NUMBER


# --- a wipe ----------------------------------------------------------------------------------------------------------------------


async def test_after_a_wipe_nobody_puts_anything_back(server: RedisServer, two: tuple[Cases, Cases]) -> None:
    first, second = two
    case = await first.open(JOINED, "sms", NUMBER, "US")
    await remembered(second)
    await first.wipe()
    assert await looks(second, first) == 0
    assert await second.read(case) is None
    restart(server)
    assert await looks(second, first) == 0
    assert await second.all() == {}


async def test_a_look_in_the_middle_of_a_wipe_undoes_nothing(server: RedisServer, two: tuple[Cases, Cases]) -> None:
    _, other = two
    looking: list[asyncio.Task[int]] = []

    class Between(RedisStore):
        async def clear(self) -> None:
            await super().clear()
            looking.append(asyncio.create_task(other.put_back()))  # it finds a store without a mark, as after a restart
            await other.keep_up()

    store = Between(server.url)
    wiping = worker(store, other._keys)
    case = await wiping.open(JOINED, "sms", NUMBER, "US")
    await remembered(wiping)
    await remembered(other)
    await wiping.wipe()
    assert await looking[0] + await looks(other, wiping) == 0
    assert await other.read(case) is None
    assert NUMBER not in repr(vars(other)) and other._seen == {}
    await store.close()


async def test_after_a_wipe_new_cases_are_kept_like_any(server: RedisServer, two: tuple[Cases, Cases]) -> None:
    first, second = two
    await first.open(JOINED, "sms", NUMBER, "US")
    await remembered(second)
    await first.wipe()
    await looks(first, second)
    case = await second.open(SITUATIONS["waiting"], "sms", NUMBER, "US")
    await remembered(first)
    restart(server)
    assert await looks(first, second) >= 1
    assert set(await first.all()) == {case}
