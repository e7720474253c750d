"""The Telegram channel end to end: through a Bot API on loopback that holds every call against the published description."""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from telegram.error import NetworkError
from telegram.request import BaseRequest, HTTPXRequest, RequestData

from bot import settings
from bot.channels import telegram as channel_module
from bot.channels import telegram_sending
from bot.channels.telegram import PATH, PROOF_HEADER, TelegramChannel
from bot.conversation.messages import SILENCE, Choice, Kind, Message, Reply, Shape
from bot.errors import ConfigurationError, StoreUnavailable

from .telegram_double import BLOCKED, TOO_OLD, TelegramDouble, Trouble, serving, telegram_double

TOKEN = "123456:TEST-token"
SECRET = "a-secret-of-the-webhook"
CHAT_ID = 7_000_100_200
PERSON = {"id": CHAT_ID, "is_bot": False, "first_name": "Nomsa", "last_name": "Dlamini", "username": "nomsa_d", "language_code": "es"}
CHAT = {"id": CHAT_ID, "type": "private", "first_name": "Nomsa"}
BOT = {"id": 123456, "is_bot": True, "first_name": "Line"}
WORDS = "me quitaron el pasaporte"
CHOICES = (Choice("1", "Más", "4:1"), Choice("0", "Una persona", "4:0"))

_message_ids = iter(range(1, 1_000_000))


def said(text: str | None = WORDS, *, ago: float = 0, chat_id: int = CHAT_ID, **more: Any) -> dict[str, Any]:
    """What a person wrote, as the content of an update."""
    message = {
        "message_id": next(_message_ids),
        "date": int(time.time() - ago),
        "chat": {**CHAT, "id": chat_id},
        "from": {**PERSON, "id": chat_id},
    }
    return {**message, **({} if text is None else {"text": text}), **more}


def pressed(data: str = "4:1", **more: Any) -> dict[str, Any]:
    """A button that a person pressed, as the content of an update."""
    message = {"message_id": next(_message_ids), "date": int(time.time()), "chat": CHAT, "from": BOT, "text": "Choose"}
    return {"id": "991", "from": PERSON, "chat_instance": "c", "data": data, "message": message, **more}


@dataclass
class Conversation:
    """Stands for what is behind the channel: remembers what came, and answers as told."""

    reply: Reply = field(default_factory=lambda: Reply("Estoy aquí.", locale="es"))
    came: list[Message] = field(default_factory=list)
    before: Callable[[Message], Awaitable[None]] | None = None

    async def __call__(self, message: Message, shape: Shape) -> Reply:
        self.came.append(message)
        if self.before:
            await self.before(message)
        return Reply(f"{self.reply.text} {message.text}") if self.reply.text == "echo" else self.reply


@asynccontextmanager
async def by_polling(double: TelegramDouble, answer: Conversation, **more: Any) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(settings.Telegram(TOKEN, "", double.url), "", answer, **more)
    await channel.start()
    try:
        yield channel
    finally:
        await channel.stop()


@asynccontextmanager
async def by_webhook(double: TelegramDouble, answer: Conversation, **more: Any) -> AsyncIterator[TelegramChannel]:
    app = Starlette()
    async with serving(app) as url:
        channel = TelegramChannel(settings.Telegram(TOKEN, SECRET, double.url), url, answer, **more)
        app.router.routes.extend(channel.routes())
        await channel.start()
        try:
            await double.until("setWebhook")
            yield channel
        finally:
            await channel.stop()


@asynccontextmanager
async def directly(double: TelegramDouble, answer: Conversation, **more: Any) -> AsyncIterator[TelegramChannel]:
    """No start: updates are handed in, as by a trial phone."""
    channel = TelegramChannel(settings.Telegram(TOKEN, "", double.url), "", answer, **more)
    try:
        yield channel
    finally:
        await channel.stop()


def replies(double: TelegramDouble) -> list[str]:
    return [call["text"] for call in double.named("sendMessage")]


async def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"_SHORTEST_PAUSE": 0.05, "_CONFLICT_PAUSE": 0.3, "_GRACE": 0.15, "_START": 0.5}.items():
        monkeypatch.setattr(channel_module, name, seconds)
    monkeypatch.setattr(telegram_sending, "_QUERY_TIMEOUT", 0.2)


# --- both ways in -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [by_polling, by_webhook])
async def test_a_text_is_answered_once_silently_and_plainly(way: Any) -> None:
    answer = Conversation(Reply("Estoy aquí. 1-888-373-7888", CHOICES, "es"))
    async with telegram_double(TOKEN) as double, way(double, answer) as channel:
        update = double.put("message", **said())
        if channel.routes():
            assert await double.post(update) == 200
        [call] = await double.until("sendMessage")
        assert double.refused == []
    assert answer.came == [Message("telegram", str(CHAT_ID), WORDS, str(update["update_id"]), locale="es")]
    assert call == {
        "chat_id": str(CHAT_ID),
        "text": "Estoy aquí. 1-888-373-7888",
        "disable_notification": True,
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {
            "inline_keyboard": [[{"text": "1 Más", "callback_data": "4:1"}], [{"text": "0 Una persona", "callback_data": "4:0"}]]
        },
    }


async def test_polling_takes_the_webhook_away_and_keeps_what_waits() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double:
        double.webhook = {"url": "https://old.example.org/"}
        double.put("message", **said())
        async with by_polling(double, answer) as channel:
            await double.until("sendMessage")
            assert channel.routes() == []
        assert double.webhook == {}
        assert all(call.get("drop_pending_updates") in (None, False) for call in double.named("deleteWebhook"))


async def test_the_webhook_is_set_with_its_secret_and_only_for_what_is_handled() -> None:
    async with telegram_double(TOKEN) as double, by_webhook(double, Conversation()):
        assert double.webhook["url"].endswith(PATH)
        assert double.webhook["secret_token"] == SECRET
        assert set(double.webhook["allowed_updates"]) == {"message", "edited_message", "callback_query", "my_chat_member"}
        assert double.webhook["max_connections"] <= 20
        assert not double.webhook.get("drop_pending_updates")
        assert double.named("getUpdates") == []


async def test_only_the_worker_that_is_told_to_deals_with_telegram() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, by_polling(double, answer, poll=False) as channel:
        await asyncio.sleep(0.1)
        assert double.calls == []
        await channel.handle(double.put("message", **said()))
        assert len(replies(double)) == 1


# --- the webhook's door -----------------------------------------------------------------------------------------------------


async def _wait_for(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), 5)


async def _chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1024):
        yield b" " * 1024


@pytest.mark.parametrize(
    ("secret", "body", "status"),
    [
        (None, b'{"update_id": 1}', 403),
        ("", b'{"update_id": 1}', 403),
        (SECRET[:-1], b'{"update_id": 1}', 403),
        (SECRET + "x", b'{"update_id": 1}', 403),
        (SECRET.upper(), b'{"update_id": 1}', 403),
        ("\u00ff", b'{"update_id": 1}', 403),
        ("wrong", b"x" * 70_000, 403),
        ("wrong", b"not json", 403),
        (SECRET, b" " * 70_000, 413),
        (SECRET, 70_000, 413),
        (SECRET, b"", 400),
        (SECRET, b"not json", 400),
        (SECRET, b"\xff\xfe\x00", 400),
        (SECRET, b"[1, 2]", 400),
        (SECRET, b"{}", 400),
        (SECRET, b'{"update_id": "x"}', 400),
        (SECRET, b'{"update_id": 1, "message": {"text": "x"}}', 400),
        (SECRET, b"[" * 60_000, 400),
        (SECRET, b'{"update_id": 1}', 200),
        (SECRET, b'{"update_id": 1, "something_of_2030": {"x": 1}}', 200),
    ],
)
async def test_who_may_come_in(secret: str | None, body: bytes | int, status: int) -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, by_webhook(double, answer), httpx.AsyncClient(verify=False, trust_env=False) as client:
        headers = {} if secret is None else {PROOF_HEADER.encode(): secret.encode("latin-1")}
        content = _chunks(body) if isinstance(body, int) else body
        response = await client.post(double.webhook["url"], content=content, headers=headers)
        assert response.status_code == status
        assert len(response.text) < 40
        assert (await client.get(double.webhook["url"])).status_code == 405
        await asyncio.sleep(0.02)
        assert answer.came == []
        assert replies(double) == []


async def test_a_webhook_without_a_secret_lets_nobody_in() -> None:
    channel = TelegramChannel(settings.Telegram(TOKEN, "", "http://127.0.0.1:9"), "https://bot.example.org", Conversation())
    transport = httpx.ASGITransport(Starlette(routes=channel.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="https://bot.example.org") as client:
        for headers in ({}, {PROOF_HEADER: ""}):
            assert (await client.post(PATH, json={"update_id": 1}, headers=headers)).status_code == 403
    await channel.stop()


async def test_telegram_gets_its_200_before_the_reply_is_made() -> None:
    may_answer = asyncio.Event()
    answer = Conversation(before=lambda message: _wait_for(may_answer))
    async with telegram_double(TOKEN) as double, by_webhook(double, answer):
        assert await double.post(double.put("message", **said())) == 200
        assert replies(double) == []
        may_answer.set()
        await double.until("sendMessage")


async def test_more_than_can_be_open_at_once_is_sent_back_and_answered_when_it_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_module, "_MOST_OPEN", 1)
    may_answer = asyncio.Event()
    answer = Conversation(Reply("echo"), before=lambda message: _wait_for(may_answer))
    async with telegram_double(TOKEN) as double, by_webhook(double, answer):
        first, second = double.put("message", **said("one")), double.put("message", **said("two"))
        assert await double.post(first) == 200
        assert await double.post(second) == 503
        may_answer.set()
        await double.until("sendMessage")
        await asyncio.sleep(0.05)
        assert await double.post(second) == 200
        await double.until("sendMessage", 2)
        assert replies(double) == ["echo one", "echo two"]


# --- once, and in order -----------------------------------------------------------------------------------------------------


async def test_a_repeated_update_is_answered_once() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, by_webhook(double, answer):
        update = double.put("message", **said())
        assert await asyncio.gather(*(double.post(update) for _ in range(5))) == [200] * 5
        await double.until("sendMessage")
        assert await double.post(update) == 200
        await asyncio.sleep(0.1)
        assert len(replies(double)) == len(answer.came) == 1


async def test_workers_tell_repeats_apart_by_what_they_share() -> None:
    seen: set[str] = set()

    async def claim(delivery: str) -> bool:
        return delivery not in seen and not seen.add(delivery)  # type: ignore[func-returns-value]

    answer = Conversation()
    async with (
        telegram_double(TOKEN) as double,
        directly(double, answer, claim=claim) as one,
        directly(double, answer, claim=claim) as other,
    ):
        update = double.put("message", **said())
        await asyncio.gather(one.handle(update), other.handle(update))
        assert len(replies(double)) == 1


async def test_one_chat_cannot_use_up_what_all_share(caplog: pytest.LogCaptureFixture) -> None:
    may_answer = asyncio.Event()

    async def held(message: Message) -> None:
        if message.address == str(CHAT_ID):
            await _wait_for(may_answer)

    answer = Conversation(before=held)
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        many = asyncio.gather(*(channel.handle(double.put("message", **said())) for _ in range(40)))
        await channel.handle(double.put("message", **said(chat_id=CHAT_ID + 1)))
        assert len(replies(double)) == 1
        may_answer.set()
        await many
        assert len(replies(double)) == 31
        assert caplog.text.count("telegram.flood") == 10


async def test_a_store_that_does_not_answer_silences_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def claim(delivery: str) -> bool:
        raise StoreUnavailable("Redis is away. Start it.")

    async with telegram_double(TOKEN) as double, directly(double, Conversation(), claim=claim) as channel:
        update = double.put("message", **said())
        await channel.handle(update)
        await channel.handle(update)
        assert len(replies(double)) == 1
        assert "telegram.no_claim (StoreUnavailable)" in caplog.text


async def test_replies_of_a_chat_keep_the_order_of_its_messages_and_do_not_hold_up_others() -> None:
    async def slow_first(message: Message) -> None:
        await asyncio.sleep(0.3 if message.text == "one" else 0)

    answer = Conversation(Reply("echo"), before=slow_first)
    async with telegram_double(TOKEN) as double, by_polling(double, answer):
        for text, chat_id in (("one", CHAT_ID), ("two", CHAT_ID), ("other", CHAT_ID + 1)):
            double.put("message", **said(text, chat_id=chat_id))
        await double.until("sendMessage", 3)
        assert replies(double) == ["echo other", "echo one", "echo two"]


# --- kinds ------------------------------------------------------------------------------------------------------------------


async def test_a_button_is_a_choice_and_its_clock_is_stopped_without_a_word() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        update = double.put("callback_query", **pressed("4:1"))
        await channel.handle(update)
        assert answer.came == [Message("telegram", str(CHAT_ID), "", str(update["update_id"]), Kind.CHOICE, "4:1", locale="es")]
        assert double.named("answerCallbackQuery") == [{"callback_query_id": "991"}]
        assert len(replies(double)) == 1
        assert double.refused == []


@pytest.mark.parametrize(
    ("content", "answered"),
    [
        (pressed(message={"chat": CHAT, "message_id": 1, "date": 0}), True),
        ({name: value for name, value in pressed().items() if name != "message"}, True),
        ({**{name: value for name, value in pressed().items() if name != "data"}, "game_short_name": "g"}, False),
    ],
)
async def test_odd_buttons(content: dict[str, Any], answered: bool) -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        double.chats[CHAT_ID] = {}
        await channel.handle(double.put("callback_query", **content))
        assert len(double.named("answerCallbackQuery")) == 1
        assert [message.address for message in answer.came] == [str(CHAT_ID)] * answered
        assert len(replies(double)) == answered


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(400, "Bad Request: some other reason"),
        Trouble(502, "Bad Gateway"),
        Trouble(429, "Too Many Requests", retry_after=3),
        Trouble(seconds=1),
        Trouble(body=b'{"signed_in": false}'),
    ],
)
async def test_a_clock_that_does_not_stop_holds_nothing_up(trouble: Trouble) -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        double.play("answerCallbackQuery", trouble)
        await channel.handle(double.put("callback_query", **pressed()))
        assert [message.late for message in answer.came] == [False]
        assert len(replies(double)) == 1


async def test_a_location_becomes_the_area_of_a_town_and_goes_no_further() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        await channel.handle(double.put("message", **said(None, location={"latitude": 48.85661, "longitude": 2.35222})))
        [message] = answer.came
        assert (message.kind, message.country, message.place, message.text) == (Kind.PLACE, "FR", "FR IDF 48.9 2.4 once", "")
        assert not any(number in str(vars(message)) for number in ("48.8", "2.35"))


async def test_an_edited_message_is_answered_like_a_new_one() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        first = said("hlep", ago=9000)
        double.chats[CHAT_ID] = {}
        await channel.handle(double.put("edited_message", **{**first, "text": "help", "edit_date": int(time.time())}))
        assert [(message.kind, message.text, message.late) for message in answer.came] == [(Kind.TEXT, "help", False)]


async def test_a_command_comes_with_its_name() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        await channel.handle(double.put("message", **said("/person")))
        assert [(message.kind, message.choice, message.text) for message in answer.came] == [(Kind.COMMAND, "person", "")]


async def test_silence_is_silent() -> None:
    answer = Conversation(SILENCE)
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        await channel.handle(double.put("message", **said("clima")))
        assert len(answer.came) == 1
        assert double.calls == []


# --- what waited ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", [by_polling, by_webhook])
async def test_of_what_waited_only_the_newest_of_each_chat_is_answered_and_as_late(way: Any) -> None:
    answer = Conversation(Reply("echo"))
    async with telegram_double(TOKEN) as double:
        updates = [double.put("message", **said(text, ago=600, chat_id=chat)) for text, chat in (("a", 1), ("b", 1), ("c", 2), ("d", 1))]
        async with way(double, answer) as channel:
            if channel.routes():
                await asyncio.gather(*(double.post(update) for update in updates))
            await double.until("sendMessage", 2)
            await asyncio.sleep(0.3)
            await channel.handle(double.put("message", **said("e", ago=600, chat_id=1)))
    assert sorted((message.address, message.text, message.late) for message in answer.came) == [("1", "d", True), ("2", "c", True)]


async def test_what_waited_is_not_answered_behind_a_fresh_message() -> None:
    answer = Conversation(Reply("echo"))
    async with telegram_double(TOKEN) as double, by_polling(double, answer):
        for text, ago in (("old", 600), ("older still", 700), ("now", 0)):
            double.put("message", **said(text, ago=ago))
        await double.until("sendMessage")
        await asyncio.sleep(0.4)
        assert [(message.text, message.late) for message in answer.came] == [("now", False)]


async def test_a_late_correction_is_not_answered_beside_what_it_corrects() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, by_polling(double, answer):
        first = said("hlep", ago=600)
        double.put("message", **first)
        double.put("edited_message", **{**first, "text": "help", "edit_date": first["date"] + 5})
        await double.until("sendMessage")
        await asyncio.sleep(0.4)
        assert [(message.text, message.late) for message in answer.came] == [("hlep", True)]


async def test_a_button_whose_query_is_too_old_was_pressed_long_ago() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        await channel.handle(double.put("message", **said()))
        double.play("answerCallbackQuery", TOO_OLD)
        await channel.handle(double.put("callback_query", **pressed()))
        assert [message.late for message in answer.came] == [False, True]


# --- who is not answered ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
async def test_groups_are_left_without_a_word(kind: str) -> None:
    answer = Conversation()
    group = {"id": -100200300, "type": kind, "title": "Family"}
    administrator = {"status": "left", "user": BOT}
    added = {
        "chat": group,
        "from": PERSON,
        "date": int(time.time()),
        "old_chat_member": administrator,
        "new_chat_member": {"status": "member", "user": BOT},
    }
    removed = {**added, "old_chat_member": added["new_chat_member"], "new_chat_member": {"status": "left", "user": BOT}}
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        await channel.handle(double.put("my_chat_member", **added))
        await channel.handle(double.put("message", **said(chat=group)))
        await channel.handle(double.put("channel_post", **said(chat=group)))
        await channel.handle(double.put("callback_query", **pressed(message={"chat": group, "message_id": 1, "date": 0})))
        assert double.named("leaveChat") == [{"chat_id": str(group["id"])}] * 4
        await channel.handle(double.put("my_chat_member", **removed))
        assert [call.method for call in double.calls] == ["leaveChat"] * 4
        assert double.refused == []
        assert answer.came == []


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("message", {**said(), "from": BOT}),
        ("message", said(None, message_auto_delete_timer_changed={"message_auto_delete_time": 86400})),
        ("message", said(None, pinned_message=said())),
        ("edited_message", said(None, location={"latitude": 48.85661, "longitude": 2.35222}, edit_date=int(time.time()))),
        ("inline_query", {"id": "1", "from": PERSON, "query": WORDS, "offset": ""}),
    ],
)
async def test_what_nobody_said_to_us_is_not_answered(kind: str, content: dict[str, Any]) -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        await channel.handle(double.put(kind, **content))
        assert answer.came == []
        assert double.calls == []


async def test_who_blocks_the_bot_is_forgotten() -> None:
    answer = Conversation()
    member, banned = {"status": "member", "user": BOT}, {"status": "kicked", "user": BOT, "until_date": 0}
    blocked = {"chat": CHAT, "from": PERSON, "date": int(time.time()), "old_chat_member": member, "new_chat_member": banned}
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        await channel.handle(double.put("message", **said()))
        assert len(channel._chats) == 1
        await channel.handle(double.put("my_chat_member", **blocked))
        assert len(channel._chats) == 0
        assert len(answer.came) == len(replies(double)) == 1


# --- failures ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("troubles", "calls", "arrived", "event"),
    [
        ([Trouble(429, "Too Many Requests: retry after 1", retry_after=1)], 2, 1, ""),
        ([Trouble(429, "Too Many Requests: retry after 1", retry_after=1)] * 2, 2, 0, "telegram.not_sent (busy)"),
        ([Trouble(429, "Too Many Requests: retry after 60", retry_after=60)], 1, 0, "telegram.not_sent (busy)"),
        ([BLOCKED], 1, 0, "telegram.not_sent (opted_out)"),
        ([Trouble(400, "Bad Request: BUTTON_DATA_INVALID")], 2, 1, ""),
        ([Trouble(400, "Bad Request: chat not found")], 1, 0, "telegram.not_sent (unreachable)"),
        ([Trouble(401, "Unauthorized")], 1, 0, "telegram.not_sent (settings)"),
        ([Trouble(500, "Internal Server Error")], 1, 0, "telegram.not_sent (uncertain)"),
        ([Trouble(502, "Bad Gateway")], 1, 0, "telegram.not_sent (uncertain)"),
        ([Trouble(502, body=b"<html>Bad Gateway</html>")], 1, 0, "telegram.not_sent (uncertain)"),
        ([Trouble(200, body=b"<html>Sign in to this network</html>")], 1, 0, "telegram.not_sent (uncertain)"),
        ([Trouble(200, body=b'{"signed_in": false}')], 1, 0, "telegram.not_sent (uncertain)"),
        ([Trouble(seconds=0.6)], 1, 1, "telegram.not_sent (uncertain)"),
    ],
)
async def test_each_way_in_which_sending_fails(
    troubles: list[Trouble], calls: int, arrived: int, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = Conversation(Reply("Estoy aquí.", CHOICES, "es"))
    async with telegram_double(TOKEN) as double, directly(double, answer, request=HTTPXRequest(read_timeout=0.3)) as channel:
        double.play("sendMessage", *troubles)
        update = double.put("message", **said())
        await channel.handle(update)
        await asyncio.sleep(0.4 if troubles[0].seconds else 0)
        assert len(replies(double)) == calls
        assert len(double.chats[CHAT_ID]) == 1 + arrived
        assert (event in caplog.text) if event else not caplog.records
        double.play("sendMessage")
        await channel.handle(update)
        assert len(replies(double)) == calls, "a repeat must not send again what may have been sent"


async def test_without_its_buttons_a_reply_still_tells_what_can_be_typed() -> None:
    answer = Conversation(Reply("Choose.", (Choice("1", "More", "1:" + "x" * 70), Choice("0", "A person", "1:0")), "en"))
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        await channel.handle(double.put("message", **said()))
        assert replies(double) == ["Choose.", "Choose.\n\n1 More\n0 A person"]
        assert list(double.chats[CHAT_ID].values())[1:] == ["Choose.\n\n1 More\n0 A person"]


async def test_a_blocked_chat_is_forgotten() -> None:
    async with telegram_double(TOKEN) as double, directly(double, Conversation()) as channel:
        double.play("sendMessage", BLOCKED)
        await channel.handle(double.put("message", **said()))
        assert len(channel._chats) == 0


class _NoConnection(HTTPXRequest):
    """A network that is away for the first calls."""

    def __init__(self, times: int) -> None:
        super().__init__(httpx_kwargs={"transport": self._Transport(times)})

    class _Transport(httpx.AsyncHTTPTransport):
        def __init__(self, times: int) -> None:
            super().__init__()
            self.times = times

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.times -= 1
            if self.times >= 0:
                raise httpx.ConnectError("All connection attempts failed")
            return await super().handle_async_request(request)


@pytest.mark.parametrize(("times", "arrived"), [(1, 1), (2, 0)])
async def test_a_connection_that_could_not_be_made_is_tried_once_more(times: int, arrived: int) -> None:
    async with telegram_double(TOKEN) as double, directly(double, Conversation(), request=_NoConnection(times)) as channel:
        await channel.handle(double.put("message", **said()))
        assert len(replies(double)) == arrived


async def test_nothing_leaves_handle(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(message: Message) -> None:
        raise RuntimeError(f"cannot understand {message.text} of {message.address}")

    async with telegram_double(TOKEN) as double, directly(double, Conversation(before=fails)) as channel:
        await channel.handle(double.put("message", **said()))
        await channel.handle({})
        await channel.handle({"update_id": 1, "message": {"text": WORDS}})
        assert "telegram.failed (RuntimeError)" in caplog.text
        assert caplog.text.count("telegram.unreadable") == 2
        assert WORDS not in caplog.text
        assert str(CHAT_ID) not in caplog.text


# --- erasing ----------------------------------------------------------------------------------------------------------------


async def test_erasing_deletes_all_messages_of_the_session_on_both_sides_and_no_others() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        double.chats[CHAT_ID][5_000_000] = "of an earlier session"
        for number in range(60):
            await channel.handle(double.put("message", **said(f"message {number}")))
        await channel.handle(double.put("message", **said("of somebody else", chat_id=CHAT_ID + 1)))
        await channel.handle(double.put("callback_query", **pressed()))
        answer.reply = Reply("", erase=True)
        await channel.handle(double.put("message", **said("clima")))
        left = [text for text in double.chats[CHAT_ID].values() if text != "Choose"]
        assert left == ["of an earlier session"]
        assert len(double.chats[CHAT_ID + 1]) == 2
        assert [len(call["message_ids"]) for call in double.named("deleteMessages")] == [100, 22]
        assert double.refused == []


async def test_the_words_of_an_erasing_reply_come_after_and_belong_to_the_next_session() -> None:
    answer = Conversation(Reply("Borrado.", erase=True))
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        await channel.handle(double.put("message", **said("borrar")))
        assert list(double.chats[CHAT_ID].values()) == ["Borrado."]
        answer.reply = Reply("", erase=True)
        await channel.handle(double.put("message", **said("clima")))
        assert double.chats[CHAT_ID] == {}


async def test_one_message_that_may_not_be_deleted_does_not_keep_the_others(caplog: pytest.LogCaptureFixture) -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, directly(double, answer) as channel:
        die = double.put("message", **said(None, dice={"emoji": "🎲", "value": 3}))
        double.undeletable.add(die["message"]["message_id"])
        await channel.handle(die)
        for _ in range(5):
            await channel.handle(double.put("message", **said()))
        answer.reply = Reply("", erase=True)
        await channel.handle(double.put("message", **said("clima")))
        assert list(double.chats[CHAT_ID]) == [die["message"]["message_id"]]
        assert caplog.text.count("telegram.not_erased (refused)") == 1


async def test_message_ids_are_forgotten_after_a_quiet_time() -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, directly(double, answer, session_minutes=0.002) as channel:
        await channel.handle(double.put("message", **said()))
        await asyncio.sleep(0.2)
        assert len(channel._chats) == 0
        answer.reply = Reply("", erase=True)
        last = double.put("message", **said("clima"))
        await channel.handle(last)
        assert double.named("deleteMessages") == [{"chat_id": str(CHAT_ID), "message_ids": [last["message"]["message_id"]]}]


# --- life -------------------------------------------------------------------------------------------------------------------


async def test_a_token_that_telegram_does_not_know_stops_the_start_without_being_told() -> None:
    async with telegram_double("99:another") as double:
        with pytest.raises(ConfigurationError, match="Copy it again from @BotFather") as raised:
            async with by_polling(double, Conversation()):
                pass
        assert TOKEN not in str(raised.value)
        assert raised.value.__cause__ is None


@pytest.mark.parametrize("way", [by_polling, by_webhook])
async def test_a_telegram_that_is_away_does_not_stop_the_start(way: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answer = Conversation()
    async with telegram_double(TOKEN) as double:
        for method in ("getMe", "deleteWebhook", "setWebhook", "getUpdates"):
            double.play(method, Trouble(502, "Bad Gateway"), Trouble(502, body=b"<html>"))
        async with way(double, answer) as channel:
            await eventually(lambda: bool(double.webhook) or len(double.named("getUpdates")) > 2)
            update = double.put("message", **said())
            if channel.routes():
                await double.post(update)
            await double.until("sendMessage")
        assert "telegram.away (uncertain)" in caplog.text
        assert "telegram.back" in caplog.text


class _SwallowsACancellation(HTTPXRequest):
    """Turns the first cancellation into an error of its own, as a library below may."""

    swallowed = 0

    async def do_request(self, *args: Any, **more: Any) -> tuple[int, bytes]:
        try:
            return await super().do_request(*args, **more)
        except asyncio.CancelledError:
            if self.swallowed:
                raise
            self.swallowed += 1
            raise NetworkError("broken off") from None


async def test_a_cancellation_that_gets_lost_does_not_hold_up_the_stop() -> None:
    request = _SwallowsACancellation()
    async with telegram_double(TOKEN) as double:
        channel = TelegramChannel(settings.Telegram(TOKEN, "", double.url), "", Conversation(), request=request)
        await channel.start()
        await double.until("getUpdates")
        await asyncio.wait_for(channel.stop(), 5)
    assert request.swallowed == 1


async def test_a_telegram_that_is_slow_does_not_hold_up_the_start() -> None:
    async with telegram_double(TOKEN) as double:
        double.play("getMe", Trouble(seconds=2))
        began = time.monotonic()
        async with by_polling(double, Conversation()):
            assert time.monotonic() - began < 1.5
            double.put("message", **said())
            await double.until("sendMessage")


async def test_another_poller_is_told_of_once_and_outlasted(caplog: pytest.LogCaptureFixture) -> None:
    answer, others = Conversation(), Conversation()
    async with telegram_double(TOKEN) as double, by_polling(double, answer):
        await double.until("getUpdates")
        async with by_polling(double, others):
            await double.until("getUpdates", 5, seconds=10)
            assert "telegram.conflict: another process polls with this bot token" in caplog.text
        double.put("message", **said())
        await double.until("sendMessage")
        assert len(answer.came) == 1


async def test_a_webhook_set_by_somebody_while_we_poll_is_a_conflict_too(caplog: pytest.LogCaptureFixture) -> None:
    async with telegram_double(TOKEN) as double:
        double.play("getUpdates", Trouble(200))
        async with by_polling(double, Conversation()):
            await double.until("getUpdates")
            double.webhook = {"url": "https://elsewhere.example.org"}
            double.put("message", **said())
            began = time.monotonic()
            await double.until("getUpdates", 4)
            assert time.monotonic() - began > 0.5, "who is not alone gives way"
            assert caplog.text.count("telegram.conflict") == 1
            assert len(double.named("deleteWebhook")) == 1


async def test_one_update_that_cannot_be_read_does_not_deafen_the_poller(caplog: pytest.LogCaptureFixture) -> None:
    answer = Conversation()
    async with telegram_double(TOKEN) as double, by_polling(double, answer):
        double.put_raw({"message": {"text": WORDS}})
        double.put_raw({"message": said(None, sticker={})})
        double.put("message", **said())
        await eventually(lambda: len(answer.came) == 2)
        assert {message.kind for message in answer.came} == {Kind.FILE, Kind.TEXT}
        assert caplog.text.count("telegram.unreadable") == 1
        assert WORDS not in caplog.text


async def test_stopping_lets_what_is_open_end_and_nothing_comes_twice() -> None:
    async def slow(message: Message) -> None:
        await asyncio.sleep(0.3)

    answer = Conversation(before=slow)
    async with telegram_double(TOKEN) as double:
        async with by_polling(double, answer):
            double.put("message", **said())
            await eventually(lambda: bool(answer.came))
        assert len(replies(double)) == 1
        async with by_polling(double, answer) as channel:
            double.put("message", **said("later"))
            await double.until("sendMessage", 2)
            assert len(answer.came) == 2
            assert len(channel._chats) == 1
        assert len(channel._chats) == 0


async def test_a_bot_that_can_join_groups_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    async with telegram_double(TOKEN) as double:
        double.can_join_groups = True
        async with by_polling(double, Conversation()):
            assert "telegram.groups" in caplog.text


async def test_a_profile_that_cannot_be_set_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async with telegram_double(TOKEN) as double:
        double.play("setMyName", Trouble(429, "Too Many Requests: retry after 80000", retry_after=80000))
        async with by_polling(double, Conversation()):
            double.put("message", **said())
            await double.until("sendMessage")
            await double.until("setMyCommands")
            await eventually(lambda: "telegram.profile (busy)" in caplog.text)


async def test_a_trial_phone_brings_its_own_request_and_needs_no_start() -> None:
    class Phone(BaseRequest):
        """Takes the calls in place of a network."""

        def __init__(self) -> None:
            self.shown: list[str] = []

        async def initialize(self) -> None: ...

        async def shutdown(self) -> None: ...

        @property
        def read_timeout(self) -> float:
            return 1.0

        async def do_request(
            self, url: str, method: str, request_data: RequestData | None = None, *timeouts: Any, **named: Any
        ) -> tuple[int, bytes]:
            assert request_data is not None
            self.shown.append(str(request_data.parameters["text"]))
            return 200, b'{"ok": true, "result": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}}}'

    phone = Phone()
    channel = TelegramChannel(settings.Telegram("1:trial", "", "http://phone"), "", Conversation(), request=phone)
    await channel.handle({"update_id": 1, "message": said()})
    assert phone.shown == ["Estoy aquí."]
    await channel.stop()


# --- no trace ---------------------------------------------------------------------------------------------------------------


async def test_no_log_tells_the_token_the_chat_or_a_word(caplog: pytest.LogCaptureFixture) -> None:
    """With the root logger at DEBUG, through everything that goes right and wrong."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    caplog.set_level(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    answer = Conversation(Reply("Estoy aquí.", CHOICES, "es"))

    async def fails(message: Message) -> None:
        raise ValueError(message.text)

    try:
        async with telegram_double(TOKEN) as double:
            double.play(
                "sendMessage",
                Trouble(),
                BLOCKED,
                Trouble(502, "Bad Gateway"),
                Trouble(200, body=f"<{WORDS}>".encode()),
                Trouble(seconds=0.4),
            )
            async with by_polling(double, answer, request=HTTPXRequest(read_timeout=0.2)) as channel:
                for _ in range(6):
                    await channel.handle(double.put("message", **said()))
                double.play("getUpdates", Trouble(200, body=f"[{WORDS}".encode()))
                double.put_raw({"message": {"text": WORDS, "chat": CHAT}})
                double.put_raw({"message": said(None, sticker={"emoji": WORDS})})
                await eventually(lambda: len(answer.came) == 7)
            answer.before = fails
            async with by_webhook(double, answer), httpx.AsyncClient(verify=False, trust_env=False) as client:
                assert await double.post(double.put("message", **said())) == 200
                await client.post(double.webhook["url"], json={"update_id": 1, "message": said()})
                await client.post(double.webhook["url"], json={"message": said()}, headers={PROOF_HEADER: SECRET})
                await eventually(lambda: "telegram.failed" in lines.getvalue())
        async with telegram_double("99:another") as double:
            with pytest.raises(ConfigurationError):
                async with by_polling(double, answer):
                    pass
    finally:
        logging.getLogger().removeHandler(handler)
    told = lines.getvalue()
    assert "telegram.not_sent" in told
    assert "telegram.unreadable" in told
    for secret in (TOKEN, TOKEN.split(":")[1], SECRET, str(CHAT_ID), WORDS, "pasaporte", "Nomsa", "Dlamini", "nomsa_d"):
        assert secret not in told
