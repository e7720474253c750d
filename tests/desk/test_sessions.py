"""Sessions at the desk: when the screen is locked, when they end, and that the store alone opens none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.desk.accounts import Account, Role
from bot.desk.sessions import DeskSession, DeskSessions
from bot.store import Store
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore

from ..store.redis_server import RedisServer
from .staff import Clock, Staff

MINUTE, HOUR = 60.0, 3600.0


@pytest.fixture
def sessions(store: Store, staff: Staff, clock: Clock) -> DeskSessions:
    return DeskSessions(store, staff.accounts, clock)


def ana(staff: Staff) -> Account:
    account = staff.accounts.get("ana")
    assert account
    return account


async def there(sessions: DeskSessions, token: str) -> DeskSession:
    session = await sessions.of(token)
    assert session
    return session


async def test_a_session_is_found_by_its_token(sessions: DeskSessions, staff: Staff, clock: Clock) -> None:
    token = await sessions.begin(ana(staff))
    session = await there(sessions, token)
    assert session == DeskSession(ana(staff), clock.now, clock.now, False, session.csrf)
    assert len(token) == 43
    assert await there(sessions, token) == session


async def test_two_sessions_of_one_account_are_two(sessions: DeskSessions, staff: Staff) -> None:
    tokens = [await sessions.begin(ana(staff)) for _ in range(2)]
    one, other = [await there(sessions, token) for token in tokens]
    assert tokens[0] != tokens[1] and one.csrf != other.csrf
    assert one.is_from(one.csrf) and not one.is_from(other.csrf) and not one.is_from("") and not one.is_from("\ud83d")
    await sessions.end(tokens[0])
    assert await sessions.of(tokens[0]) is None and await sessions.of(tokens[1])


@pytest.mark.parametrize("token", ("", "x", "A" * 43, "\ud83d", "é", "../x", "A" * 100_000))
async def test_any_other_token_opens_nothing(sessions: DeskSessions, staff: Staff, token: str) -> None:
    await sessions.begin(ana(staff))
    for act in (sessions.seen, sessions.lock, sessions.unlock, sessions.end):
        await act(token)
    assert await sessions.of(token) is None


async def test_whoever_has_the_store_has_nothing(server: RedisServer, staff: Staff, clock: Clock) -> None:
    server.client.flushall()
    store = RedisStore(server.url)
    sessions = DeskSessions(store, staff.accounts, clock)
    token = await sessions.begin(ana(staff))
    session, held = await there(sessions, token), server.dump()
    for secret in (token, session.csrf, "ana", session.account.generation):
        assert secret.encode() not in held
    for name in held.split(b"\n"):
        assert await sessions.of(name.decode("latin-1")) is None
    assert session.csrf not in repr(session)
    await store.close()


async def test_the_screen_is_locked_after_ten_idle_minutes_and_looking_is_no_act(
    sessions: DeskSessions, staff: Staff, clock: Clock
) -> None:
    token = await sessions.begin(ana(staff))
    for _ in range(10):
        clock.now += MINUTE
        assert not (await there(sessions, token)).locked
    clock.now += 1
    assert (await there(sessions, token)).locked


async def test_each_act_keeps_it_open(sessions: DeskSessions, staff: Staff, clock: Clock) -> None:
    token = await sessions.begin(ana(staff))
    for _ in range(12):
        clock.now += 9 * MINUTE
        await sessions.seen(token)
        session = await there(sessions, token)
        assert not session.locked and session.seen == clock.now


async def test_no_act_wakes_a_locked_screen(sessions: DeskSessions, staff: Staff, clock: Clock) -> None:
    for idle in (False, True):
        token = await sessions.begin(ana(staff))
        if idle:
            clock.now += 11 * MINUTE
        else:
            await sessions.lock(token)
        await sessions.seen(token)
        assert (await there(sessions, token)).locked
        await sessions.unlock(token)
        session = await there(sessions, token)
        assert not session.locked and session.seen == clock.now


async def test_half_an_hour_without_an_act_ends_it(sessions: DeskSessions, staff: Staff, clock: Clock) -> None:
    token = await sessions.begin(ana(staff))
    clock.now += 30 * MINUTE
    assert await sessions.of(token)
    clock.now += 1
    assert await sessions.of(token) is None
    for act in (sessions.seen, sessions.unlock, sessions.lock):
        await act(token)
        assert await sessions.of(token) is None


@pytest.mark.parametrize("idle", [False, True])
async def test_locking_a_locked_screen_again_and_again_keeps_no_session(
    sessions: DeskSessions, staff: Staff, clock: Clock, idle: bool
) -> None:
    token = await sessions.begin(ana(staff))
    if idle:
        clock.now += 11 * MINUTE
    for _ in range(4):
        await sessions.lock(token)
        clock.now += 10 * MINUTE
    assert await sessions.of(token) is None


async def test_twelve_hours_end_it_whatever_is_done(sessions: DeskSessions, staff: Staff, clock: Clock) -> None:
    token, begun = await sessions.begin(ana(staff)), clock.now
    while clock.now < begun + 12 * HOUR:
        assert await sessions.of(token)
        await sessions.seen(token)
        clock.now += 5 * MINUTE
    clock.now += 1
    assert await sessions.of(token) is None


async def test_other_spans_can_be_set(store: Store, staff: Staff, clock: Clock) -> None:
    sessions = DeskSessions(store, staff.accounts, clock, idle_lock=10, idle_end=20, longest=25)
    token = await sessions.begin(ana(staff))
    clock.now += 11
    assert (await there(sessions, token)).locked
    await sessions.unlock(token)
    clock.now += 15
    assert await sessions.of(token) is None


async def test_the_store_forgets_it_as_soon_as_it_is_over(staff: Staff, clock: Clock) -> None:
    store = MemoryStore(capacity=1, clock=clock)
    sessions = DeskSessions(store, staff.accounts, clock)
    await sessions.begin(ana(staff))
    clock.now += 30 * MINUTE
    await sessions.begin(ana(staff))


class SlowStore(MemoryStore):
    """A store whose values are old when they arrive."""

    async def get(self, name: str) -> bytes | None:
        value = await super().get(name)
        for _ in range(4):
            await asyncio.sleep(0)
        return value


@pytest.mark.parametrize("after", range(16))
async def test_nothing_that_happens_at_once_brings_an_ended_session_back(staff: Staff, clock: Clock, after: int) -> None:
    sessions = DeskSessions(SlowStore(), staff.accounts, clock)
    token = await sessions.begin(ana(staff))

    async def end() -> None:
        for _ in range(after):  # steps of the others that come before it
            await asyncio.sleep(0)
        await sessions.end(token)

    await asyncio.gather(sessions.seen(token), end(), sessions.unlock(token), sessions.lock(token))
    assert await sessions.of(token) is None


async def _disable_and_enable(sessions: DeskSessions, staff: Staff) -> None:
    staff.accounts.disable("ana")
    staff.accounts.enable("ana")


async def _make_anew(sessions: DeskSessions, staff: Staff) -> None:
    staff.accounts.remove("ana")
    staff.add()


ENDING: dict[str, Callable[[DeskSessions, Staff], Awaitable[None] | None]] = {
    "another password": lambda sessions, staff: staff.accounts.set_password("ana", "another password"),
    "disabled": lambda sessions, staff: staff.accounts.disable("ana"),
    "disabled and enabled": _disable_and_enable,
    "removed": lambda sessions, staff: staff.accounts.remove("ana"),
    "removed and made anew": _make_anew,
    "all of hers ended": lambda sessions, staff: sessions.end_all_of("ana"),
}


@pytest.mark.parametrize("end", ENDING.values(), ids=ENDING.keys())
async def test_what_ends_a_right_ends_the_sessions_of_that_account_in_every_worker(
    store: Store, staff: Staff, clock: Clock, end: Callable[[DeskSessions, Staff], Awaitable[None] | None]
) -> None:
    bob = staff.accounts.get("bob")
    assert bob
    one, other = (DeskSessions(store, staff.accounts, clock) for _ in range(2))
    tokens, of_bob = [await one.begin(ana(staff)) for _ in range(2)], await one.begin(bob)
    if (ending := end(one, staff)) is not None:
        await ending
    for token in tokens:
        assert await one.of(token) is None and await other.of(token) is None
    assert await other.of(of_bob)


async def test_an_account_that_ended_between_sign_in_and_session_has_none(sessions: DeskSessions, staff: Staff) -> None:
    account = ana(staff)
    await sessions.end_all_of("ana")
    assert await sessions.of(await sessions.begin(account)) is None


async def test_what_changes_of_an_account_is_true_at_once(sessions: DeskSessions, staff: Staff) -> None:
    token = await sessions.begin(ana(staff))
    staff.accounts.change("ana", role=Role.SUPERVISOR, languages=("vi",))
    session = await there(sessions, token)
    assert session.account.supervisor and session.account.languages == ("vi",)


async def test_everything_ends_and_can_begin_anew(store: Store, staff: Staff, clock: Clock) -> None:
    one, other = (DeskSessions(store, staff.accounts, clock) for _ in range(2))
    tokens = [await one.begin(ana(staff)) for _ in range(3)]
    await one.end_everything()
    for token in tokens:
        await other.seen(token)
        await other.unlock(token)
        assert await one.of(token) is None and await other.of(token) is None
    clock.now += 1
    token = await other.begin(ana(staff))
    assert await one.of(token)
