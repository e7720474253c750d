"""What Telegram is sent although nobody has just written: in order, once, and deleted when the person leaves."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from telegram.request import HTTPXRequest

from bot.channels import telegram as channel_module
from bot.channels import telegram_sending
from bot.channels.outlets import Outcome, Outlet, Sent
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_memory import shared_message_ids
from bot.conversation.messages import SILENCE, Message, Reply
from bot.privacy.keys import KeyRing
from bot.store.redis import RedisStore
from bot.store.sealed_lists import SealedLists

from ..store.redis_server import RedisServer, redis_server
from .telegram_double import BLOCKED, TelegramDouble, Trouble, telegram_double
from .test_telegram import CHAT_ID, CHOICES, TOKEN, Conversation, by_polling, directly, eventually, replies, said

ADDRESS = str(CHAT_ID)
WORDS = "I am Anna. I read this."
BUSY = Trouble(429, "Too Many Requests: retry after 1", retry_after=1)
BUSY_FOR_LONG = Trouble(429, "Too Many Requests: retry after 60", retry_after=60)


@asynccontextmanager
async def channel_to(double: TelegramDouble, answer: Conversation | None = None, **more: Any) -> AsyncIterator[TelegramChannel]:
    """A channel to which a person has written before."""
    double.chats[CHAT_ID] = {}
    async with directly(double, answer or Conversation(SILENCE), **more) as channel:
        yield channel


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram_sending, "_PAUSE", 0.01)


async def test_a_reply_goes_out_silently_plainly_and_with_its_buttons() -> None:
    async with telegram_double(TOKEN) as double, channel_to(double) as channel:
        outlet: Outlet = channel
        assert await outlet.send(ADDRESS, Reply(WORDS, CHOICES)) == Sent(Outcome.SENT)
        assert double.named("sendMessage") == [
            {
                "chat_id": ADDRESS,
                "text": WORDS,
                "disable_notification": True,
                "link_preview_options": {"is_disabled": True},
                "reply_markup": {
                    "inline_keyboard": [[{"text": "1 Más", "callback_data": "4:1"}], [{"text": "0 Una persona", "callback_data": "4:0"}]]
                },
            }
        ]
        assert double.refused == []
        assert outlet.shape.fits("a" * 1000, (), "en") and not outlet.shape.fits("a" * 1001, (), "en")


@pytest.mark.parametrize("reply", [SILENCE, Reply(" \n"), Reply("", CHOICES)])
async def test_silence_is_silent(reply: Reply) -> None:
    async with telegram_double(TOKEN) as double, channel_to(double) as channel:
        assert await channel.send(ADDRESS, reply) == Sent(Outcome.SENT)
        assert double.calls == []


async def test_a_worker_that_does_not_poll_sends_too() -> None:
    async with telegram_double(TOKEN) as double, by_polling(double, Conversation(), poll=False) as channel:
        double.chats[CHAT_ID] = {}
        assert (await channel.send(ADDRESS, Reply(WORDS))).outcome is Outcome.SENT
        assert [call.method for call in double.calls] == ["sendMessage"]


@pytest.mark.parametrize(
    ("troubles", "outcome", "calls", "arrived"),
    [
        ([BUSY], Outcome.SENT, 2, 1),
        ([BUSY_FOR_LONG], Outcome.NOT_SENT, 1, 0),
        ([BLOCKED], Outcome.BLOCKED, 1, 0),
        ([Trouble(403, "Forbidden: user is deactivated")], Outcome.BLOCKED, 1, 0),
        ([Trouble(400, "Bad Request: chat not found")], Outcome.UNREACHABLE, 1, 0),
        ([Trouble(400, "Bad Request: message text is empty")], Outcome.NOT_SENT, 1, 0),
        ([Trouble(401, "Unauthorized")], Outcome.NOT_SENT, 1, 0),
        ([Trouble(500, "Internal Server Error", taken=True)], Outcome.UNKNOWN, 1, 1),
        ([Trouble(502, body=b"<html>Bad Gateway</html>")], Outcome.UNKNOWN, 1, 0),
        ([Trouble(200, body=b'{"signed_in": false}')], Outcome.UNKNOWN, 1, 0),
        ([Trouble(seconds=0.6)], Outcome.UNKNOWN, 1, 1),
    ],
)
async def test_each_way_in_which_sending_ends(troubles: list[Trouble], outcome: Outcome, calls: int, arrived: int) -> None:
    async with telegram_double(TOKEN) as double, channel_to(double, request=HTTPXRequest(read_timeout=0.3)) as channel:
        double.play("sendMessage", *troubles)
        assert await channel.send(ADDRESS, Reply(WORDS)) == Sent(outcome)
        await asyncio.sleep(0.4 if troubles[0].seconds else 0)
        assert (len(replies(double)), len(double.chats[CHAT_ID])) == (calls, arrived)


async def test_a_telegram_that_is_away_was_not_sent_to() -> None:
    async with telegram_double(TOKEN) as double:
        away = TelegramDouble(TOKEN)
        away.url = double.url
    async with channel_to(away) as channel:
        assert await channel.send(ADDRESS, Reply(WORDS)) == Sent(Outcome.NOT_SENT)


@pytest.mark.parametrize(
    ("trouble", "outcome"), [(BUSY_FOR_LONG, Outcome.UNKNOWN), (Trouble(502), Outcome.UNKNOWN), (BLOCKED, Outcome.BLOCKED)]
)
async def test_a_reply_of_which_some_went_out_is_not_sent_again_as_a_whole_and_is_still_deleted(trouble: Trouble, outcome: Outcome) -> None:
    answer = Conversation(Reply("", erase=True))
    async with telegram_double(TOKEN) as double, channel_to(double, answer) as channel:
        double.play("sendMessage", Trouble(), trouble)
        assert await channel.send(ADDRESS, Reply("a" * 5000)) == Sent(outcome)
        assert len(double.chats[CHAT_ID]) == 1
        if outcome is not Outcome.BLOCKED:
            await channel.handle(double.put("message", **said("clima")))
            assert double.chats[CHAT_ID] == {}


@pytest.mark.parametrize("address", ["", "nobody", "+14155550142", "whatsapp:+14155550142", "-100200300", "@nomsa_d", f" {ADDRESS}", "٧"])
async def test_what_is_no_private_chat_is_sent_nothing(address: str) -> None:
    async with telegram_double(TOKEN) as double, channel_to(double) as channel:
        assert await channel.send(address, Reply(WORDS)) == Sent(Outcome.UNREACHABLE)
        await channel.typing(address)
        assert double.calls == []


# --- typing -----------------------------------------------------------------------------------------------------------------


async def test_typing_is_shown() -> None:
    async with telegram_double(TOKEN) as double, channel_to(double) as channel:
        await channel.typing(ADDRESS)
        assert double.named("sendChatAction") == [{"chat_id": ADDRESS, "action": "typing"}]
        assert double.refused == []


@pytest.mark.parametrize("trouble", [BLOCKED, BUSY, Trouble(502), Trouble(200, body=b"<html>"), Trouble(seconds=0.4)])
async def test_typing_that_cannot_be_shown_is_tried_once_and_holds_nothing_up(
    trouble: Trouble, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(telegram_sending, "_SIGN_TIMEOUT", 0.2)
    async with telegram_double(TOKEN) as double, channel_to(double) as channel:
        double.play("sendChatAction", trouble)
        await asyncio.wait_for(channel.typing(ADDRESS), 0.9)
        assert len(double.named("sendChatAction")) == 1
        assert not caplog.records


# --- order, and once --------------------------------------------------------------------------------------------------------


async def test_twenty_in_a_row_keep_their_order_whatever_waits() -> None:
    async with telegram_double(TOKEN) as double, channel_to(double) as channel:
        double.play("sendMessage", BUSY, Trouble(), Trouble(seconds=0.1))
        results = await asyncio.gather(*(channel.send(ADDRESS, Reply(f"Message {number}")) for number in range(20)))
        assert {result.outcome for result in results} == {Outcome.SENT}
        assert list(double.chats[CHAT_ID].values()) == [f"Message {number}" for number in range(20)]


async def test_nothing_is_sent_twice_whatever_telegram_does() -> None:
    mishaps = [Trouble(), Trouble(500, taken=True), Trouble(502), Trouble(seconds=0.4), BUSY_FOR_LONG, Trouble(400, "Bad Request: no")]
    texts = [f"Message {number}" for number in range(20)]
    async with telegram_double(TOKEN) as double, channel_to(double, request=HTTPXRequest(read_timeout=0.2)) as channel:
        double.play("sendMessage", *random.Random(7).choices(mishaps, k=20))
        results = await asyncio.gather(*(channel.send(ADDRESS, Reply(text)) for text in texts))
        await asyncio.sleep(0.3)
        arrived = list(double.chats[CHAT_ID].values())
    assert len(arrived) == len(set(arrived))
    outcomes = {text: result.outcome for text, result in zip(texts, results, strict=True)}
    assert set(outcomes.values()) == {Outcome.SENT, Outcome.UNKNOWN, Outcome.NOT_SENT}
    for text, outcome in outcomes.items():
        assert (text in arrived) is (outcome is Outcome.SENT) or outcome is Outcome.UNKNOWN


async def test_nothing_overtakes_a_reply_that_is_being_sent() -> None:
    async with telegram_double(TOKEN) as double, channel_to(double, Conversation(Reply("a" * 5000))) as channel:
        double.play("sendMessage", Trouble(seconds=0.2), Trouble(seconds=0.2))
        answering = asyncio.create_task(channel.handle(double.put("message", **said())))
        await double.until("sendMessage")
        await channel.send(ADDRESS, Reply(WORDS))
        assert answering.done()
        assert [len(text) for text in replies(double)] == [4096, 904, len(WORDS)]


async def test_a_reply_does_not_overtake_what_is_being_sent() -> None:
    async with telegram_double(TOKEN) as double, channel_to(double, Conversation(Reply("echo"))) as channel:
        double.play("sendMessage", Trouble(seconds=0.2))
        sending = asyncio.create_task(channel.send(ADDRESS, Reply(WORDS)))
        await double.until("sendMessage")
        await channel.handle(double.put("message", **said("hola")))
        assert sending.done()
        assert list(double.chats[CHAT_ID].values())[1:] == [WORDS, "echo hola"]


async def test_whoever_answers_may_send_meanwhile_also_through_somebody_else() -> None:
    """The turn of a message is no reason to wait: here both would wait for each other for ever."""
    sent: list[Sent] = []

    async def push(message: Message) -> None:
        sent.append(await channel.send(message.address, Reply("from here")))
        asked.set()
        await asyncio.wait_for(done.wait(), 5)

    async def desk() -> None:
        await asyncio.wait_for(asked.wait(), 5)
        sent.append(await channel.send(ADDRESS, Reply("from the desk")))
        done.set()

    asked, done = asyncio.Event(), asyncio.Event()
    async with telegram_double(TOKEN) as double, channel_to(double, Conversation(Reply("the answer"), before=push)) as channel:
        await asyncio.gather(channel.handle(double.put("message", **said())), desk())
        assert replies(double) == ["from here", "from the desk", "the answer"]
        assert [each.outcome for each in sent] == [Outcome.SENT, Outcome.SENT]


async def test_one_chat_does_not_hold_up_another() -> None:
    async with telegram_double(TOKEN) as double, channel_to(double) as channel:
        double.chats[CHAT_ID + 1] = {}
        double.play("sendMessage", Trouble(seconds=0.3))
        first = asyncio.create_task(channel.send(ADDRESS, Reply(WORDS)))
        await double.until("sendMessage")
        assert (await channel.send(str(CHAT_ID + 1), Reply(WORDS))).outcome is Outcome.SENT
        assert not first.done()
        await first


async def test_what_is_sent_takes_no_message_of_the_person_away() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, channel_to(double, answer) as channel:
        double.play("sendMessage", Trouble(seconds=0.1))
        many = [asyncio.create_task(channel.send(ADDRESS, Reply(f"Message {number}"))) for number in range(40)]
        await double.until("sendMessage")
        await channel.handle(double.put("message", **said()))
        await asyncio.gather(*many)
        assert len(answer.came) == 1


# --- leaving ----------------------------------------------------------------------------------------------------------------


async def test_leaving_deletes_what_was_sent_too() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, channel_to(double, answer) as channel:
        await channel.handle(double.put("message", **said()))
        for number in range(3):
            await channel.send(ADDRESS, Reply(f"Message {number}"))
        answer.reply = Reply("", erase=True)
        await channel.handle(double.put("message", **said("clima")))
        assert double.chats[CHAT_ID] == {}


async def test_a_goodbye_may_delete_what_came_before_it() -> None:
    async with telegram_double(TOKEN) as double, channel_to(double) as channel:
        await channel.send(ADDRESS, Reply(WORDS))
        assert await channel.send(ADDRESS, Reply("This line closes.", erase=True)) == Sent(Outcome.SENT)
        assert list(double.chats[CHAT_ID].values()) == ["This line closes."]


async def test_what_waits_when_the_person_leaves_is_not_sent() -> None:
    answer = Conversation(Reply("", erase=True))
    async with telegram_double(TOKEN) as double, channel_to(double, answer) as channel:
        double.play("sendMessage", Trouble(seconds=0.5))
        under_way = asyncio.create_task(channel.send(ADDRESS, Reply("under way")))
        await double.until("sendMessage")
        leaving = asyncio.create_task(channel.handle(double.put("message", **said("clima"))))
        await eventually(lambda: bool(answer.came))
        waiting = asyncio.create_task(channel.send(ADDRESS, Reply("too late")))
        await asyncio.gather(under_way, leaving)
        assert (await under_way, await waiting) == (Sent(Outcome.SENT), Sent(Outcome.NOT_SENT))
        assert replies(double) == ["under way"]
        assert double.chats[CHAT_ID] == {}
        assert (await channel.send(ADDRESS, Reply("of another time"))).outcome is Outcome.SENT


async def test_a_blocked_chat_is_forgotten() -> None:
    async with telegram_double(TOKEN) as double, channel_to(double) as channel:
        double.blocked_by.add(CHAT_ID)
        assert [(await channel.send(ADDRESS, Reply(WORDS))).outcome for _ in range(2)] == [Outcome.BLOCKED] * 2
        assert len(channel._chats) == 0


# --- several workers --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
async def shared(server: RedisServer) -> AsyncIterator[list[SealedLists]]:
    """What two workers share."""
    server.client.flushall()
    keys, stores = KeyRing(), [RedisStore(server.url) for _ in range(2)]
    async with AsyncExitStack() as stack:
        for store in stores:
            stack.push_async_callback(store.close)
        yield [shared_message_ids(store, keys, 15) for store in stores]


async def test_leaving_deletes_what_any_worker_sent(shared: list[SealedLists]) -> None:
    answer = Conversation()
    async with (
        telegram_double(TOKEN) as double,
        channel_to(double, answer, shared=shared[0]) as one,
        directly(double, answer, shared=shared[1], poll=False) as other,
    ):
        double.chats[CHAT_ID][5_000_000] = "of an earlier session"
        await one.handle(double.put("message", **said()))
        await other.handle(double.put("message", **said()))
        await other.send(ADDRESS, Reply(WORDS))
        answer.reply = Reply("", erase=True)
        await one.handle(double.put("message", **said("clima")))
        assert double.chats[CHAT_ID] == {5_000_000: "of an earlier session"}
        assert await shared[0].take(ADDRESS) == []


async def test_a_worker_in_the_place_of_one_that_died_deletes_what_that_one_sent(shared: list[SealedLists]) -> None:
    async with telegram_double(TOKEN) as double:
        async with channel_to(double, Conversation(), shared=shared[0]) as channel:
            await channel.handle(double.put("message", **said()))
            await channel.send(ADDRESS, Reply(WORDS))
        async with directly(double, Conversation(Reply("", erase=True)), shared=shared[1]) as channel:
            await channel.handle(double.put("message", **said("clima")))
        assert double.chats[CHAT_ID] == {}


async def test_a_person_who_blocks_the_bot_is_forgotten_by_all(shared: list[SealedLists], server: RedisServer) -> None:
    async with telegram_double(TOKEN) as double, channel_to(double, shared=shared[0]) as channel:
        await channel.send(ADDRESS, Reply(WORDS))
        assert server.dump()
        assert ADDRESS.encode() not in server.dump()
        double.blocked_by.add(CHAT_ID)
        await channel.send(ADDRESS, Reply(WORDS))
        assert server.dump() == b""


async def test_a_store_that_is_away_hinders_neither_sending_nor_leaving(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = RedisStore(f"unix://{tmp_path}/none.sock")
    answer = Conversation()
    async with telegram_double(TOKEN) as double, channel_to(double, answer, shared=shared_message_ids(store, KeyRing(), 15)) as channel:
        await channel.handle(double.put("message", **said()))
        assert (await channel.send(ADDRESS, Reply(WORDS))).outcome is Outcome.SENT
        answer.reply = Reply("", erase=True)
        await channel.handle(double.put("message", **said("clima")))
        assert double.chats[CHAT_ID] == {}
        assert "telegram.not_shared (StoreUnavailable)" in caplog.text
    await store.close()


# --- no trace ---------------------------------------------------------------------------------------------------------------


async def test_no_log_tells_the_token_the_chat_or_a_word(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*what: object) -> None:
        raise RuntimeError(f"cannot send {what}")

    caplog.set_level(logging.DEBUG)
    async with telegram_double(TOKEN) as double, channel_to(double, request=HTTPXRequest(read_timeout=0.2)) as channel:
        double.play("sendMessage", BLOCKED, Trouble(502), Trouble(401), Trouble(200, body=f"<{WORDS}>".encode()), Trouble(seconds=0.4))
        for _ in range(6):
            await channel.send(ADDRESS, Reply(WORDS, CHOICES))
            await channel.typing(ADDRESS)
        monkeypatch.setattr(channel_module, "send_reply", break_down)
        assert await channel.send(ADDRESS, Reply(WORDS)) == Sent(Outcome.UNKNOWN)
    assert "telegram.not_sent (opted_out)" in caplog.text
    assert "telegram.failed (RuntimeError)" in caplog.text
    for secret in (TOKEN, TOKEN.split(":")[1], ADDRESS, WORDS, "Anna"):
        assert secret not in caplog.text
