"""The trial phones through the application: what they send is what Twilio and Telegram send, and the real channels take it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import phonenumbers
import pytest
import telegram
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.channels import trial_inbox, trial_sms, trial_telegram
from bot.channels.outlets import Outcome, Outlets, Sent
from bot.channels.segments import measure, render
from bot.channels.telegram import TelegramChannel
from bot.channels.trial import TrialPhones
from bot.channels.trial_inbox import Inbox
from bot.channels.trial_sms import SmsPhones, number_of
from bot.conversation.messages import SILENCE, Choice, Kind, Message, Reply, Shape
from bot.locales import all_locales
from bot.privacy.keys import KeyRing
from bot.store import Store
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore

from ..store.redis_server import RedisServer, redis_server
from .telegram_double import description, problems

ONE, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
CHOICES = (Choice("1", "Más", "4:1"), Choice("0", "Una persona", "4:0"))
REPLY = Reply("Está aquí.", CHOICES, "es")
PEERS = Path(__file__).parents[1] / "peers" / "twilio"
STATIC = Path(trial_sms.__file__).parent / "trial_static"
# Fields that no phone sends, wrong for both.
WRONG_FIELDS: tuple[dict[str, Any], ...] = (
    {},
    {"text": ""},
    {"text": 1},
    {"text": None},
    {"text": ["x"]},
    {"text": "x" * 4097},
    {"text": "\ud83d"},
    {"text": "x", "country": "us", "language": "EN"},
    {"text": "x", "country": "XX", "language": "english"},
    {"text": "x", "country": "US\n", "language": "en\n"},
    {"text": "x", "phone": ONE.upper()},
)


@dataclass
class Conversation:
    """Stands for what is behind the channels: remembers what came, and answers as told."""

    reply: Reply = REPLY
    came: list[Message] = field(default_factory=list)
    before: Callable[[Message], Awaitable[None]] | None = None

    async def answer(self, message: Message, shape: Shape) -> Reply:
        """Answers anything with `reply`; one that says "echo" gets the message's own words and address into it."""
        assert shape.fits("ok", (), "en")
        self.came.append(message)
        if self.before:
            await self.before(message)
        return Reply(f"{message.address} wrote {message.text}") if self.reply.text == "echo" else self.reply


@dataclass
class Page:
    """What the page in the browser does, without the browser."""

    client: httpx.AsyncClient
    conversation: Conversation
    outlets: Outlets
    reports: list[tuple[str, Outcome]]

    async def inbox(self, sms: str = ONE, telegram: str = ONE, country: str = "US") -> dict[str, Any]:
        return await self._post("/trial/inbox", sms=sms, country=country, telegram=telegram)

    async def texts(self, phone: str = ONE) -> list[str]:
        """What comes to both phones of that id, SMS first."""
        inbox = await self.inbox(phone, phone)
        return [message["text"] for message in [*inbox["sms"], *inbox["telegram"]["messages"]]]

    async def sms(self, text: str, phone: str = ONE, country: str = "US") -> dict[str, Any]:
        return await self._post("/trial/sms", phone=phone, country=country, text=text)

    async def telegram(self, phone: str = ONE, language: str = "es", **what: Any) -> dict[str, Any]:
        return await self._post("/trial/telegram", phone=phone, language=language, **what)

    async def _post(self, path: str, **fields: Any) -> dict[str, Any]:
        response = await self.client.post(path, json=fields)
        assert response.status_code == 200, response.text
        return dict(response.json())


@asynccontextmanager
async def worker(store: Store, keys: KeyRing) -> AsyncIterator[Page]:
    """A page that is served by one worker."""
    conversation, reports = Conversation(), []

    async def delivered(receipt: str, outcome: Outcome) -> None:
        reports.append((receipt, outcome))

    phones = TrialPhones(conversation.answer, store, keys, delivered)
    app = Starlette(routes=phones.routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield Page(client, conversation, phones.outlets(), reports)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with worker(MemoryStore(), KeyRing()) as page:
        yield page


# --- SMS --------------------------------------------------------------------------------------------------------------------------


async def test_a_text_comes_through_the_sms_channel(page: Page) -> None:
    answer = await page.sms("me quitaron el pasaporte")
    body = render(REPLY.text, REPLY.choices, "es")
    assert answer == {
        "number": number_of(ONE, "US"),
        "text": body,
        "encoding": measure(body).encoding,
        "chars": measure(body).chars,
        "segments": measure(body).segments,
        "arrived": [],
    }
    (message,) = page.conversation.came
    assert (message.channel, message.address, message.text, message.kind) == (
        "sms",
        number_of(ONE, "US"),
        "me quitaron el pasaporte",
        Kind.TEXT,
    )
    assert re.fullmatch("SM[0-9a-f]{32}", message.delivery)


@pytest.mark.parametrize(
    "text",
    ["ok", "a" * 160, "a" * 161, "€" * 80 + "a", "أنا هنا " * 30, "👩‍👩‍👧 🇺🇸", "“quoted” – and … folded", "<b>&amp;</b>\nline two"],
)
async def test_segments_are_those_of_the_sms_channel(page: Page, text: str) -> None:
    page.conversation.reply = Reply(text)
    answer = await page.sms("x")
    measured = measure(render(text, (), "en"))
    assert answer["text"] == render(text, (), "en")
    assert (answer["encoding"], answer["chars"], answer["segments"]) == (measured.encoding, measured.chars, measured.segments)


@pytest.mark.parametrize("text", ["ayúdame", "ساعدني", "a=b&c+d %20", "  spaces  ", "line\nline", "🙏", "x" * 1600])
async def test_words_arrive_as_typed(page: Page, text: str) -> None:
    await page.sms(text)
    await page.telegram(text=text)
    assert [message.text for message in page.conversation.came] == [text, text]


async def test_silence_stays_silence(page: Page) -> None:
    page.conversation.reply = SILENCE
    assert (await page.sms("weather"))["text"] == ""
    page.conversation.reply = REPLY
    assert (await page.sms("STOP"))["text"] == "", "after a stop word the channel itself says nothing"


async def test_the_signature_is_checked() -> None:
    conversation = Conversation()
    phones = SmsPhones(conversation.answer, Inbox(MemoryStore(), KeyRing(), "sms"))
    assert (await phones.send(ONE, "US", "hello"))["text"]
    phones.signer = RequestValidator("another token")
    with pytest.raises(HTTPException) as refusal:
        await phones.send(ONE, "US", "hello again")
    assert refusal.value.status_code == 403
    assert [message.text for message in conversation.came] == ["hello"]


def test_a_webhook_has_the_fields_of_a_recorded_one() -> None:
    recorded = next(
        request
        for request in json.loads((PEERS / "signed-requests.json").read_text(encoding="utf-8"))["requests"]
        if request["name"] == "inbound, plain"
    )
    theirs = dict(parse_qsl(recorded["body"], keep_blank_values=True))
    ours = trial_sms._webhook("AC" + "0" * 32, "+12025550123", "help me")
    assert ours.keys() == theirs.keys()
    for name in ("NumMedia", "SmsStatus", "Body", "ToCountry", "NumSegments", "AccountSid", "ApiVersion"):
        assert ours[name] == theirs[name]
    assert ours["MessageSid"] == ours["SmsSid"] == ours["SmsMessageSid"]


@pytest.mark.parametrize(
    ("country", "form"),
    [
        ("US", r"\+1[2-9]\d\d55501\d\d"),
        ("GB", r"\+447700900\d{3}"),
        ("FR", r"\+3363998\d{4}"),
        ("ES", r"\+34000\d{8}"),
        ("MX", r"\+52000\d{8}"),
        ("CO", r"\+57000\d{8}"),
        ("AE", r"\+971000\d{8}"),
        ("EG", r"\+20000\d{8}"),
        ("MA", r"\+212000\d{8}"),
        ("PH", r"\+63000\d{8}"),
        ("NG", r"\+234000\d{8}"),
        ("", r"\+999000\d{8}"),
    ],
)
async def test_numbers_are_nobodys_and_tell_their_country(page: Page, country: str, form: str) -> None:
    for step in range(50):
        phone = f"{int(ONE, 16) + step * 12345678901:032x}"
        answer = await page.sms("x", phone, country)
        assert re.fullmatch(form, answer["number"])
        assert answer["number"] == number_of(phone, country)
        assert page.conversation.came[-1].country == (country or None)
        if country not in ("US", "GB", "FR", ""):
            assert not phonenumbers.is_valid_number(phonenumbers.parse(answer["number"]))


def test_us_numbers_are_of_areas_in_the_us() -> None:
    for area in trial_sms._US_AREAS:
        assert phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{area}5550123")) == "US"


# --- Telegram ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def updates(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """All updates that the channel gets, each held against the published description."""
    came: list[dict[str, Any]] = []
    handle = TelegramChannel.handle

    async def noted(channel: TelegramChannel, update: dict[str, Any]) -> None:
        assert not list(problems(description()["types"]["Update"]["fields"], update, "update"))
        came.append(update)
        await handle(channel, update)

    monkeypatch.setattr(TelegramChannel, "handle", noted)
    return came


@pytest.mark.parametrize(
    ("what", "kind", "text", "choice", "country"),
    [
        ({"text": "me quitaron el pasaporte"}, Kind.TEXT, "me quitaron el pasaporte", None, None),
        ({"text": "1"}, Kind.TEXT, "1", None, None),
        ({"text": "/start"}, Kind.COMMAND, "", "start", None),
        ({"text": "/person"}, Kind.COMMAND, "", "person", None),
        ({"text": "/help he is here"}, Kind.TEXT, "help he is here", None, None),
        ({"button": "4:1"}, Kind.CHOICE, "", "4:1", None),
        ({"location": {"lat": 51.5, "lon": -0.12}}, Kind.PLACE, "", None, "GB"),
        ({"location": {"lat": 0, "lon": -30}}, Kind.PLACE, "", None, None),
        ({"kind": "sticker"}, Kind.STICKER, "", None, None),
        ({"kind": "photo"}, Kind.PICTURE, "", None, None),
        ({"kind": "voice"}, Kind.VOICE, "", None, None),
    ],
)
async def test_what_is_done_comes_through_the_telegram_channel(
    page: Page, updates: list[dict[str, Any]], what: dict[str, Any], kind: Kind, text: str, choice: str | None, country: str | None
) -> None:
    answer = await page.telegram(**what)
    (shown,) = answer["messages"]
    assert shown["text"] == REPLY.text
    assert shown["buttons"] == [[{"text": "1 Más", "data": "4:1"}], [{"text": "0 Una persona", "data": "4:0"}]]
    assert answer["deleted"] == []
    (message,) = page.conversation.came
    assert (message.channel, message.kind, message.text, message.choice, message.country) == ("telegram", kind, text, choice, country)
    assert (message.locale, message.late) == ("es", False)
    assert len(updates) == 1


@pytest.mark.parametrize(("language", "locale"), [("ar", "ar"), ("es-mx", "es"), ("tlh", None), ("", None)])
async def test_the_apps_language_is_a_hint(page: Page, updates: list[dict[str, Any]], language: str, locale: str | None) -> None:
    await page.telegram(language=language, text="x")
    assert page.conversation.came[0].locale == locale
    assert ("language_code" in updates[0]["message"]["from"]) == bool(language)


async def test_erasing_takes_all_messages_of_the_session_off_the_screen(page: Page) -> None:
    first = await page.telegram(text="hello")
    second = await page.telegram(button="4:1")
    elsewhere = await page.telegram(OTHER, text="hello")
    page.conversation.reply = Reply("", erase=True)
    last = await page.telegram(text="clima")
    assert last["messages"] == []
    assert sorted(last["deleted"]) == sorted(
        [first["own"], last["own"], *(message["id"] for message in first["messages"] + second["messages"])]
    )
    assert elsewhere["own"] not in last["deleted"]


async def test_what_the_bot_api_answers_fits_the_published_description(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    results: dict[str, Any] = {}
    do_request = trial_telegram._PlayedBotApi.do_request

    async def noted(api: trial_telegram._PlayedBotApi, url: str, *arguments: Any, **more: Any) -> tuple[int, bytes]:
        status, body = await do_request(api, url, *arguments, **more)
        results[url.rpartition("/")[2]] = json.loads(body)["result"]
        return status, body

    monkeypatch.setattr(trial_telegram._PlayedBotApi, "do_request", noted)
    await page.telegram(text="hello")
    page.conversation.reply = Reply("", erase=True)
    await page.telegram(button="4:1")
    assert results.keys() == {"sendMessage", "answerCallbackQuery", "deleteMessages"}
    assert results.pop("answerCallbackQuery") is results.pop("deleteMessages") is True
    assert not list(problems(description()["types"]["Message"]["fields"], results["sendMessage"], "message"))


async def test_what_goes_to_another_chat_never_comes_to_the_screen_of_who_writes() -> None:
    inbox = Inbox(MemoryStore(), KeyRing(), "telegram")
    bot = telegram.Bot("1:trial", request=trial_telegram._PlayedBotApi(inbox))
    reset = trial_telegram._SCREEN.set(screen := trial_telegram._Screen(6))
    await bot.send_message(5, "hello")
    with pytest.raises(telegram.error.BadRequest):
        await bot.leave_chat(6)
    trial_telegram._SCREEN.reset(reset)
    assert screen.messages == []
    assert await inbox.take("6") == []
    assert [item["message"]["text"] for item in await inbox.take("5")] == ["hello"]


# --- what comes without being asked for -------------------------------------------------------------------------------------------


def addresses_of(phone: str) -> tuple[str, str]:
    """The addresses of an SMS phone in the US and a Telegram phone of that id."""
    return number_of(phone, "US"), str(1 + int(phone, 16) % 2**52)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
async def pages(server: RedisServer) -> AsyncIterator[list[Page]]:
    """Pages that are served by two workers, which share a Redis."""
    server.client.flushall()
    keys, stores = KeyRing(), [RedisStore(server.url) for _ in range(2)]
    async with worker(stores[0], keys) as one, worker(stores[1], keys) as other:
        yield [one, other]
    for store in stores:
        await store.close()


async def test_a_message_waits_until_the_page_asks_and_comes_once(page: Page) -> None:
    number, chat = addresses_of(ONE)
    sent = await page.outlets["sms"].send(number, REPLY)
    assert sent.outcome is Outcome.SENT
    assert await page.outlets["telegram"].send(chat, REPLY) == Sent(Outcome.SENT)
    body = render(REPLY.text, REPLY.choices, "es")
    inbox = await page.inbox()
    assert inbox["sms"] == [{"text": body, "encoding": "GSM-7", "chars": measure(body).chars, "segments": 1}]
    (shown,) = inbox["telegram"].pop("messages")
    assert shown.pop("id")
    assert shown == {
        "text": REPLY.text,
        "buttons": [[{"text": "1 Más", "data": "4:1"}], [{"text": "0 Una persona", "data": "4:0"}]],
    }
    assert inbox["telegram"] == {"deleted": [], "typing": False}
    assert await page.inbox() == {"sms": [], "telegram": {"messages": [], "deleted": [], "typing": False}}


async def test_a_delivery_report_comes_when_the_phone_has_the_message(page: Page) -> None:
    sent = await page.outlets["sms"].send(number_of(ONE, "US"), REPLY)
    assert page.reports == []
    await page.inbox()
    assert page.reports == [(sent.receipt, Outcome.SENT)]


async def test_twenty_in_a_row_keep_their_order_also_through_two_workers(pages: list[Page]) -> None:
    one, other = pages
    for outlet, address in zip(one.outlets.values(), addresses_of(ONE), strict=True):
        await asyncio.gather(*(outlet.send(address, Reply(f"Message {number}")) for number in range(20)))
    assert await other.texts() == [f"Message {number}" for number in range(20)] * 2
    assert await one.texts() == []


async def test_phones_never_see_what_comes_to_another(pages: list[Page]) -> None:
    phones = [f"{number:032x}" for number in range(1, 11)]
    for step, phone in enumerate(phones):
        sender = pages[step % 2]
        for outlet, address in zip(sender.outlets.values(), addresses_of(phone), strict=True):
            await outlet.send(address, Reply(f"to {phone}"))
    for step, phone in enumerate(phones):
        assert await pages[step // 2 % 2].texts(phone) == [f"to {phone}"] * 2


async def test_of_two_phones_with_one_number_only_the_one_that_wrote_gets_what_comes_to_it(pages: list[Page]) -> None:
    one, other = pages
    twin = f"{int(ONE, 16) + 25 * 100:032x}"
    assert number_of(twin, "US") == number_of(ONE, "US")
    await one.sms("hello")
    await one.outlets["sms"].send(number_of(ONE, "US"), Reply("to the one that wrote"))
    assert await other.texts(twin) == []
    assert await other.texts(ONE) == ["to the one that wrote"]


async def test_what_came_before_a_reply_is_shown_before_it(page: Page) -> None:
    async def push(message: Message) -> None:
        await page.outlets[message.channel].send(message.address, Reply("while it is answered"))

    for outlet, address in zip(page.outlets.values(), addresses_of(ONE), strict=True):
        await outlet.send(address, Reply("before"))
    page.conversation.before = push
    sms, shown = await page.sms("hello"), await page.telegram(text="hello")
    assert [message["text"] for message in sms["arrived"]] == ["before", "while it is answered"]
    assert [message["text"] for message in [*shown["arrived"]["messages"], *shown["messages"]]] == [
        "before",
        "while it is answered",
        REPLY.text,
    ]
    assert await page.texts() == []


async def test_what_outlives_the_answering_of_a_message_comes_all_the_same(page: Page) -> None:
    answered, tasks = asyncio.Event(), []

    async def later(message: Message) -> None:
        await asyncio.wait_for(answered.wait(), 5)
        await page.outlets[message.channel].send(message.address, Reply("afterwards"))

    async def push(message: Message) -> None:
        tasks.append(asyncio.create_task(later(message)))

    page.conversation.before = push
    await page.sms("hello")
    await page.telegram(text="hello")
    answered.set()
    await asyncio.gather(*tasks)
    assert await page.texts() == ["afterwards"] * 2


async def test_leaving_takes_off_the_screen_what_came_unasked_and_what_still_waits(pages: list[Page]) -> None:
    one, other = pages
    chat = addresses_of(ONE)[1]
    first = await one.telegram(text="hello")
    await other.outlets["telegram"].send(chat, Reply("seen"))
    (seen,) = (await one.inbox())["telegram"]["messages"]
    await other.outlets["telegram"].send(chat, Reply("not yet seen"))
    one.conversation.reply = Reply("", erase=True)
    last = await one.telegram(text="clima")
    assert {first["own"], seen["id"], last["own"]} < set(last["deleted"])
    assert last["messages"] == last["arrived"]["messages"] == []
    assert await one.texts() == await other.texts() == []


async def test_a_goodbye_that_erases_takes_off_the_screen_what_came_before(page: Page) -> None:
    outlet, chat = page.outlets["telegram"], addresses_of(ONE)[1]
    for text in ("seen", "not yet seen"):
        await outlet.send(chat, Reply(text))
        if text == "seen":
            (seen,) = (await page.inbox())["telegram"]["messages"]
    await outlet.send(chat, Reply("This line closes.", erase=True))
    inbox = (await page.inbox())["telegram"]
    assert seen["id"] in inbox["deleted"]
    assert [message["text"] for message in inbox["messages"]] == ["This line closes."]


async def test_typing_is_shown_until_the_message_comes_or_the_time_is_over(pages: list[Page], monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = pages
    number, chat = addresses_of(ONE)
    await one.outlets["sms"].typing(number)
    assert not (await other.inbox())["telegram"]["typing"]
    await one.outlets["telegram"].typing(chat)
    assert [(await other.inbox())["telegram"]["typing"] for _ in range(2)] == [True, True]
    assert not (await other.inbox(telegram=OTHER))["telegram"]["typing"]
    await one.outlets["telegram"].send(chat, Reply("here"))
    assert not (await other.inbox())["telegram"]["typing"]
    monkeypatch.setattr(trial_inbox, "_TYPING", 0.1)
    await one.outlets["telegram"].typing(chat)
    await asyncio.sleep(0.2)
    assert not (await other.inbox())["telegram"]["typing"]


async def test_what_nobody_fetches_is_gone_in_time(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    number = number_of(ONE, "US")
    await page.outlets["sms"].send(number, Reply("old"))
    now[0] += 590
    await page.outlets["sms"].send(number, Reply("newer"))
    now[0] += 20
    assert await page.texts() == ["newer"]


async def test_who_gets_hold_of_redis_reads_nothing(pages: list[Page], server: RedisServer) -> None:
    await pages[0].sms("unmistakable words")
    for outlet, address in zip(pages[0].outlets.values(), addresses_of(ONE), strict=True):
        await outlet.send(address, Reply("unmistakable words"))
        await outlet.typing(address)
    seen = server.dump()
    for secret in (b"unmistakable", *(address.strip("+").encode() for address in addresses_of(ONE))):
        assert secret not in seen


async def test_while_redis_is_away_replies_come_and_what_is_sent_is_not_said_to_be(tmp_path: Path) -> None:
    store = RedisStore(f"unix://{tmp_path}/none.sock")
    async with worker(store, KeyRing()) as page:
        assert (await page.sms("hello"))["text"]
        answer = await page.telegram(text="hello")
        assert [message["text"] for message in answer["messages"]] == [REPLY.text]
        assert answer["arrived"] == {"messages": [], "deleted": [], "typing": False}
        for outlet, address in zip(page.outlets.values(), addresses_of(ONE), strict=True):
            assert (await outlet.send(address, REPLY)).outcome is Outcome.UNKNOWN
            await outlet.typing(address)
        response = await page.client.post("/trial/inbox", json={"sms": ONE, "country": "US", "telegram": ONE})
        assert response.status_code == 503
    await store.close()


def test_a_report_has_the_fields_of_a_recorded_one() -> None:
    recorded = next(
        request
        for request in json.loads((PEERS / "signed-requests.json").read_text(encoding="utf-8"))["requests"]
        if request["name"] == "status callback, delivered"
    )
    theirs = dict(parse_qsl(recorded["body"], keep_blank_values=True))
    ours = trial_sms._report("AC" + "0" * 32, "+12025550123", "SM" + "0" * 32)
    assert ours.keys() <= theirs.keys()
    assert {"MessageSid", "AccountSid", "MessageStatus"} <= ours.keys()
    assert (ours["MessageStatus"], ours["SmsStatus"]) == (theirs["MessageStatus"], theirs["SmsStatus"])


# --- both -------------------------------------------------------------------------------------------------------------------------


async def test_phones_never_see_each_others_replies(page: Page) -> None:
    """Twenty phones write at the same time; the first to write is the last to be answered."""
    page.conversation.reply = Reply("echo")
    all_here = asyncio.Event()

    async def wait(message: Message) -> None:
        position = len(page.conversation.came)
        if position == 40:
            all_here.set()
        await asyncio.wait_for(all_here.wait(), 10)
        await asyncio.sleep((40 - position) / 2000)

    page.conversation.before = wait
    phones = [f"{number:032x}" for number in range(1, 21)]
    by_sms = [page.sms(f"text {phone}", phone, "ES") for phone in phones]
    by_telegram = [page.telegram(phone, text=f"text {phone}") for phone in phones]
    answers = await asyncio.gather(*by_sms, *by_telegram)
    for phone, sms, shown in zip(phones, answers[:20], answers[20:], strict=True):
        assert sms["text"] == f"{number_of(phone, 'ES')} wrote text {phone}"
        assert [message["text"] for message in shown["messages"]] == [f"{int(phone, 16) + 1} wrote text {phone}"]
    assert len({message.address for message in page.conversation.came}) == 40
    assert len({message.delivery for message in page.conversation.came}) == 40


async def test_nothing_leaves_the_process_and_nothing_is_logged(
    page: Page, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reached: list[object] = []

    def reach(*where: object, **more: object) -> list[object]:
        reached.append(where)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", reach)
    monkeypatch.setattr(socket.socket, "connect", reach)
    caplog.set_level(logging.DEBUG)
    answer = await page.sms("unmistakable words")
    await page.telegram(text="unmistakable words")
    await page.telegram(button="4:1")
    for outlet, address in zip(page.outlets.values(), addresses_of(ONE), strict=True):
        await outlet.send(address, Reply("unmistakable words"))
        await outlet.typing(address)
    await page.inbox()
    await asyncio.sleep(1.2)  # until the record at Twilio would be deleted
    assert reached == []
    for secret in ("unmistakable", REPLY.text, answer["number"], str(1 + int(ONE, 16) % 2**52), ONE):
        assert secret not in caplog.text


@pytest.mark.parametrize("path", ["/trial/sms", "/trial/telegram"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"not json",
        b"[]",
        b'"text"',
        b"[" * 20_000,
        b"{}",
        b'{"phone": "1", "country": "US", "language": "en", "text": "x"}',
        b'{"phone": 1, "country": "US", "language": "en", "text": "x"}',
        b'{"phone": "%s", "text": "x"}' % ONE.encode(),
        *(json.dumps({"phone": ONE, "country": "US", "language": "en", **wrong}).encode() for wrong in WRONG_FIELDS),
    ],
)
async def test_what_no_phone_sends_is_refused(page: Page, path: str, body: bytes) -> None:
    response = await page.client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.text) == (400, "Bad Request")
    assert page.conversation.came == []


@pytest.mark.parametrize(
    "what",
    [
        {"button": ""},
        {"button": 4},
        {"button": "é" * 33},
        {"kind": "dice"},
        {"kind": ["photo"]},
        {"location": {"lat": 91, "lon": 0}},
        {"location": {"lat": 0, "lon": -181}},
        {"location": {"lat": float("nan"), "lon": 0}},
        {"location": {"lat": "51", "lon": 0}},
        {"location": [51, 0]},
    ],
)
async def test_what_no_telegram_phone_does_is_refused(page: Page, what: dict[str, Any]) -> None:
    body = json.dumps({"phone": ONE, "language": "en", **what})
    response = await page.client.post("/trial/telegram", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.text) == (400, "Bad Request")
    assert page.conversation.came == []


@pytest.mark.parametrize(
    "what",
    [
        {"sms": ONE, "country": "US"},
        {"telegram": ONE, "country": "US"},
        {"sms": ONE, "telegram": ONE},
        {"sms": ONE, "telegram": ONE, "country": "XX"},
        {"sms": ONE.upper(), "telegram": ONE, "country": "US"},
        {"sms": [ONE], "telegram": ONE, "country": "US"},
        {"sms": ONE, "telegram": "1", "country": "US"},
    ],
)
async def test_what_no_page_asks_for_is_refused(page: Page, what: dict[str, Any]) -> None:
    response = await page.client.post("/trial/inbox", json=what)
    assert (response.status_code, response.text) == (400, "Bad Request")


@pytest.mark.parametrize("path", ["/trial/sms", "/trial/telegram", "/trial/inbox"])
async def test_too_much_is_refused(page: Page, path: str) -> None:
    response = await page.client.post(path, json={"phone": ONE, "country": "US", "language": "en", "text": "x" * 40_000})
    assert response.status_code == 413
    assert page.conversation.came == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_page_of_another_origin_cannot_post(page: Page, kind: str) -> None:
    """These are the kinds that a browser lets any page post anywhere."""
    for path, fields in (("/trial/sms", {"phone": ONE, "country": "US", "text": "x"}), ("/trial/inbox", {"sms": ONE, "telegram": ONE})):
        body = json.dumps({"country": "US", **fields})
        assert (await page.client.post(path, content=body, headers={"Content-Type": kind})).status_code == 400
    assert page.conversation.came == []


# --- the page ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/trial/static/trial.css", "text/css"),
        ("/trial/static/trial.js", "text/javascript"),
        ("/trial/static/trial.svg", "image/svg+xml"),
        ("/trial/languages", "application/json"),
    ],
)
async def test_every_answer_is_guarded(page: Page, path: str, kind: str) -> None:
    response = await page.client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(kind)
    _is_guarded(response)


@pytest.mark.parametrize(
    ("path", "fields"), [("/trial/sms", {"country": "US", "text": "x"}), ("/trial/telegram", {"language": "", "text": "x"})]
)
async def test_every_reply_is_guarded(page: Page, path: str, fields: dict[str, str]) -> None:
    _is_guarded(await page.client.post(path, json={"phone": ONE, **fields}))
    _is_guarded(await page.client.post("/trial/inbox", json={"sms": ONE, "country": "", "telegram": ONE}))


def _is_guarded(response: httpx.Response) -> None:
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';") and "unsafe" not in policy
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("name", ["trial.html", "trial.py", "..%2ftrial.py", "../trial.py", "%00"])
async def test_no_other_file_is_served(page: Page, name: str) -> None:
    assert (await page.client.get(f"/trial/static/{name}")).status_code == 404


async def test_the_page_asks_nobody_else(page: Page) -> None:
    html = (await page.client.get("/")).text
    for name in re.findall(r'(?:src|href)="([^"]*)"', html):
        assert (await page.client.get(name)).status_code == 200
    assert not re.search(r"<style|\bstyle=|\son\w+=|<script(?! src)", html), "nothing inline: the policy would block it"
    for file in STATIC.iterdir():
        assert not re.search(r"(?<!xmlns=\")https?://|//cdn|@import|url\(", file.read_text(encoding="utf-8")), file.name


async def test_the_phone_speaks_every_language_of_the_list(page: Page) -> None:
    languages = (await page.client.get("/trial/languages")).json()
    assert [language["name"] for language in languages] == [locale.name for locale in all_locales().values()]
    for language, locale in zip(languages, all_locales(), strict=True):
        page.conversation.came.clear()
        await page.telegram(language=language["tag"], text="x")
        assert page.conversation.came[0].locale == locale
        for command in language["commands"]:
            page.conversation.came.clear()
            await page.telegram(text=f"/{command['name']}")
            assert (page.conversation.came[0].kind, page.conversation.came[0].choice) == (Kind.COMMAND, command["name"])
            assert command["description"]
