"""What is remembered: found by whoever sends, under keys that rotate, and readable by nobody else."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from bot.conversation.messages import Choice, Message, Reply
from bot.conversation.sessions import Session, Sessions
from bot.privacy.keys import KeyRing
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore

from ..store.redis_server import RedisServer, redis_server
from .scripted import NUMBER, Line, Script, turn

MESSAGE = Message("sms", NUMBER, "he has my passport", delivery="SM0123456789abcdef")
SESSION = Session(3, {"slots": {"topic": "rights_pay"}}, "es", [("1", "Más", "/more")], ["Lo que falta."], [("Más", "/more")])
REPLY = Reply("Tiene derecho.", (Choice("1", "Más", "3:1"),), "es", "danger", erase=True)


class Clock:
    """Seconds that pass when told."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclasses.dataclass
class Kept:
    """Sessions with their store and clock."""

    clock: Clock = dataclasses.field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.store = MemoryStore(clock=self.clock)
        self.keys = KeyRing()
        self.sessions = Sessions(self.store, self.keys, minutes=15)


async def test_a_session_comes_back_as_it_was() -> None:
    kept = Kept()
    assert await kept.sessions.load(MESSAGE) is None
    await kept.sessions.save(MESSAGE, SESSION)
    assert await kept.sessions.load(MESSAGE) == SESSION


@pytest.mark.parametrize("other", ({"address": "+14155550143"}, {"channel": "telegram"}, {"address": ""}))
async def test_nobody_else_finds_it(other: dict[str, Any]) -> None:
    kept = Kept()
    await kept.sessions.save(MESSAGE, SESSION)
    assert await kept.sessions.load(dataclasses.replace(MESSAGE, **other)) is None


async def test_what_was_written_and_when_does_not_matter_for_finding_it() -> None:
    kept = Kept()
    await kept.sessions.save(MESSAGE, SESSION)
    assert await kept.sessions.load(Message("sms", NUMBER, "other words", delivery="SM2", country="FR", late=True)) == SESSION


async def test_it_is_found_under_the_previous_keys_and_moves_when_it_is_saved() -> None:
    kept = Kept()
    await kept.sessions.save(MESSAGE, SESSION)
    before = set(kept.store._values)
    kept.keys.rotate()
    assert await kept.sessions.load(MESSAGE) == SESSION
    await kept.sessions.save(MESSAGE, SESSION)
    assert len(kept.store._values) == 1
    assert not before & set(kept.store._values)
    kept.keys.rotate()
    assert await kept.sessions.load(MESSAGE) == SESSION


async def test_after_two_rotations_it_is_gone_for_good() -> None:
    kept = Kept()
    await kept.sessions.save(MESSAGE, SESSION)
    kept.keys.rotate()
    kept.keys.rotate()
    assert await kept.sessions.load(MESSAGE) is None


async def test_a_session_in_use_lives_over_any_number_of_rotations() -> None:
    line = Line()
    for number in range(1, 6):
        assert (await line.send("hello")).text == f"Answer {number}."
        line.keys.rotate()


async def test_after_the_quiet_time_it_is_forgotten_and_each_message_starts_that_anew() -> None:
    kept = Kept()
    await kept.sessions.save(MESSAGE, SESSION)
    kept.clock.now = 14 * 60.0
    assert await kept.sessions.load(MESSAGE) == SESSION
    await kept.sessions.save(MESSAGE, SESSION)
    kept.clock.now = 28 * 60.0
    assert await kept.sessions.load(MESSAGE) == SESSION
    kept.clock.now = 29 * 60.0 + 1
    assert await kept.sessions.load(MESSAGE) is None


async def test_dropping_forgets_it_under_both_keys() -> None:
    kept = Kept()
    await kept.sessions.save(MESSAGE, SESSION)
    kept.keys.rotate()
    await kept.sessions.drop(MESSAGE)
    assert kept.store._values == {}


async def _tampered(kept: Kept, value: bytes) -> Session | None:
    await kept.store.set(kept.sessions.name(MESSAGE), value, 60)
    return await kept.sessions.load(MESSAGE)


async def test_a_value_that_was_tampered_with_is_no_session() -> None:
    kept = Kept()
    await kept.sessions.save(MESSAGE, SESSION)
    good = await kept.store.get(kept.sessions.name(MESSAGE)) or b""
    other = Kept()
    await other.sessions.save(MESSAGE, SESSION)
    elses = await other.store.get(other.sessions.name(MESSAGE)) or b""
    plain = json.dumps(dataclasses.asdict(SESSION)).encode()
    for value in (good[:-1], good[:5], good[:12], b"", b"1", plain, good[::-1], good + b"x", elses, bytes([good[0] ^ 1]) + good[1:]):
        assert await _tampered(kept, value) is None
    assert await _tampered(kept, good) == SESSION


async def test_one_person_s_session_laid_under_another_s_name_is_no_session() -> None:
    kept = Kept()
    await kept.sessions.save(MESSAGE, SESSION)
    other = dataclasses.replace(MESSAGE, address="+14155550143")
    stolen = await kept.store.get(kept.sessions.name(MESSAGE)) or b""
    await kept.store.set(kept.sessions.name(other), stolen, 60)
    assert await kept.sessions.load(other) is None


async def test_the_reply_to_a_delivery_comes_back_as_it_was_and_to_that_delivery_only() -> None:
    kept = Kept()
    assert await kept.sessions.answered(MESSAGE) is None
    await kept.sessions.remember_answer(MESSAGE, REPLY)
    assert await kept.sessions.answered(MESSAGE) == REPLY
    others: tuple[dict[str, Any], ...] = ({"delivery": "SM2"}, {"delivery": ""}, {"channel": "telegram"})
    for other in others:
        assert await kept.sessions.answered(dataclasses.replace(MESSAGE, **other)) is None
    kept.clock.now = 601.0
    assert await kept.sessions.answered(MESSAGE) is None


async def test_a_message_without_a_delivery_leaves_no_reply_behind() -> None:
    kept = Kept()
    await kept.sessions.remember_answer(dataclasses.replace(MESSAGE, delivery=""), REPLY)
    assert kept.store._values == {}


async def test_a_delivery_comes_for_the_first_time_once() -> None:
    kept = Kept()
    assert [await kept.sessions.first_time(name) for name in ("1", "1", "2", "1")] == [True, False, True, False]
    kept.keys.rotate()
    assert not await kept.sessions.first_time("1")


# What the store knows


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


def _spellings(words: str) -> list[bytes]:
    """How words would look to somebody who searches a dump of the store."""
    raw = words.encode()
    return [raw, raw.hex().encode(), base64.b64encode(raw)[:-4], words.encode("utf-16-le"), json.dumps(words)[1:-1].encode(), raw[::-1]]


async def test_the_store_holds_neither_address_nor_delivery_nor_any_text(server: RedisServer) -> None:
    blocks = ("Nobody may keep your papers. " + "x" * 300, "This waits for a digit. " + "x" * 300)
    says = turn(*blocks, state={"slots": {"topic": "rights_pay"}})
    line = Line(Script(lambda asked: says), store=RedisStore(server.url))
    await line.send("he has my passport", delivery="SM0123456789abcdef")
    await line.send("1", delivery="SM0123456789abcdee")
    client: redis.Redis = server.client
    dump = server.dump()
    await line.store.close()
    assert len(client.keys("*")) == 3  # the session, two replies
    theirs = (NUMBER, NUMBER[1:], "he has my passport", "passport", "SM0123456789abcdef")
    for secret in (*theirs, "Nobody may keep", "waits", "rights_pay", "Shelter"):
        for spelling in _spellings(secret):
            assert spelling not in dump, secret


async def test_even_opened_a_session_holds_nothing_that_the_person_wrote() -> None:
    line = Line()
    for text in ("he has my passport", "7", "😢", "Marrakech"):
        await line.send(text, delivery=f"SM{text}")
    opened = []
    for epoch in (line.keys.current, line.keys.previous):
        for name, (_, sealed) in line.store._values.items():  # type: ignore[attr-defined]
            opened.append(epoch.open(sealed, name) or b"")
    assert sum(map(bool, opened)) == 5
    for secret in ("passport", "Marrakech", "😢", "\\ud83d", NUMBER[1:]):
        assert secret.encode() not in b"".join(opened)
