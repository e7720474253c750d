"""A handoff over the whole service: the desk's pages on one side, a Twilio and a Telegram that keep to their published descriptions on the
other. Only the model is played.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from bot import app as app_module
from bot.app import Service, build_app, build_service
from bot.channels import telegram as telegram_module
from bot.channels import telegram_sending, twilio_api
from bot.channels.sms import WEBHOOK_PATH
from bot.channels.telegram import PATH as TELEGRAM_PATH
from bot.channels.telegram import PROOF_HEADER
from bot.conversation.messages import Turn, Understanding
from bot.desk.sentences import IS_OVER
from bot.dialogue.catalogues import compile_catalogues
from bot.editions import Edition
from bot.handoff.desk_view import Advocate
from bot.paths import MODELS, ROOT
from bot.privacy.keys import KeyRing
from bot.settings import settings_from

from .channels.telegram_double import TelegramDouble, Trouble, telegram_double
from .channels.test_telegram import CHAT_ID, SECRET, eventually, said
from .channels.test_telegram import TOKEN as BOT_TOKEN
from .channels.twilio_double import Play, TwilioDouble, served
from .conversation.scripted import Asked, Script, turn
from .desk.staff import PASSWORD, Staff, copy_of, staff_in
from .running import ACCOUNT, OURS, PERSON, PUBLIC, REAL_SMS, TOKEN, said_in, webhook

ANA = Advocate("ana", "Ana", ("es", "en"))
WORDS, ANSWER = "they hit me", "I am here with you."
PAY = "my boss does not pay me"
LEAVING = {"please do not call me": 0.7, "stop texting me": 0.99}  # how sure the model is of it
BUSY = Play(429, 20429, retry_after=1)


def _played(asked: Asked) -> Turn:
    if asked.text == PAY:
        return turn("The automated line heard that.", about={"topic": "rights_pay"})
    if asked.text in LEAVING:
        understood = Understanding("en", "stop", (), LEAVING[asked.text], acted=True)
        return turn("Nothing comes unless you write.", ended=True, understanding=understood)
    return turn("The automated line heard that.")


class PlayedDialogue(Script):
    """Stands for the dialogue process: hears what a text is about, that somebody seems to want to leave, and nothing else."""

    def __init__(self, edition: Edition) -> None:
        super().__init__(says=_played)
        self.ready, self.problem, self.replaced = True, "", 0

    async def start(self) -> None:
        """It is there already."""

    async def stop(self) -> None:
        """Nothing is left."""


class Desk(httpx.AsyncClient):
    """Ana's browser at the desk."""

    def __init__(self, app: Any, staff: Staff) -> None:
        super().__init__(transport=httpx.ASGITransport(app), base_url=PUBLIC, headers={"Sec-Fetch-Site": "same-origin"})
        self._staff, self._csrf, self.path = staff, "", ""

    async def sign_in(self) -> None:
        """Comes to the board."""
        form = {"name": "ana", "password": PASSWORD, "code": self._staff.code("ana", time.time())}
        assert (await self.post("/desk/sign-in", data=form)).status_code == 303
        found = re.search('data-csrf="([^"]+)', (await self.get("/desk")).text)
        assert found
        self._csrf = found[1]

    async def act(self, path: str, **fields: str) -> httpx.Response:
        """Does what a button of the page does."""
        return await self.post(path, data=fields, headers={"X-CSRF": self._csrf})

    async def take_next(self) -> None:
        """Takes whoever waits."""
        response = await self.act("/desk/next")
        self.path = response.headers["X-Go"]

    async def says(self, text: str = ANSWER, key: str = "") -> int:
        """Sends an answer; returns the status."""
        return (await self.act(self.path + "/answer", text=text, key=key or secrets.token_hex(16))).status_code

    async def sees(self) -> list[tuple[str, str]]:
        """The messages on the page: the words, and what became of them; empty for hers."""
        page = (await self.get(self.path + "/live")).text
        items = re.findall(r'<li id="said-.*?</li>', page, re.DOTALL)
        fates = [re.findall(r'class="fate (\w+)"', item) for item in items]
        texts = [re.findall(r'class="bubble".*?>(.*?)</p>', item, re.DOTALL) for item in items]
        return [(text[0], fate[0] if fate else "") for text, fate in zip(texts, fates, strict=True) if text]

    async def will_see(self, *messages: tuple[str, str]) -> None:
        """Waits until these are on the page, and nothing else."""
        await _soon(self.sees, list(messages))

    async def is_told_that_it_is_over(self) -> None:
        """Waits until the case is gone: page, board and words."""

        async def status() -> int:
            return (await self.get(self.path)).status_code

        await _soon(status, 410)
        page = (await self.get(self.path)).text
        assert IS_OVER[1] in page and WORDS not in page and ANSWER not in page
        assert 'id="nobody"' in (await self.get("/desk/board")).text
        assert await self.says() == 409


async def _soon(look: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    seen: list[Any] = []

    async def same() -> bool:
        seen[:] = [await look()]
        return bool(seen[0] == wanted)

    end = time.monotonic() + 8
    while not await same():
        assert time.monotonic() < end, seen


@dataclass
class Hotline:
    """A service with both channels, and Ana at its desk.

    Attributes:
        service: in this process.
        client: calls it as the providers do.
        desk: Ana's.
        twilio, telegram: the providers.
    """

    service: Service
    client: httpx.AsyncClient
    desk: Desk
    twilio: TwilioDouble
    telegram: TelegramDouble

    async def sms(self, text: str, delivery: str | None = None, **more: str) -> str:
        """What comes back to an SMS."""
        form, headers = webhook(text, PERSON, delivery, **more)
        response = await self.client.post(WEBHOOK_PATH, data=form, headers=headers)
        assert response.status_code == 200
        return said_in(response.text)

    async def update(self, update: dict[str, Any]) -> None:
        """Telegram posts an update."""
        response = await self.client.post(TELEGRAM_PATH, json=update, headers={PROOF_HEADER: SECRET})
        assert response.status_code == 200

    async def chat(self, text: str | None, **more: Any) -> dict[str, Any]:
        """She writes in Telegram; returns the update."""
        update = self.telegram.put("message", **said(text, **more))
        await self.update(update)
        return update

    def shown(self) -> list[str]:
        """What stands in the chat."""
        return list(self.telegram.chats[CHAT_ID].values())

    async def in_chat(self, words: str) -> None:
        """Waits for words in the chat."""
        await eventually(lambda: any(words in text for text in self.shown()))

    async def report(self, number: int, status: str, code: str = "") -> None:
        """Twilio reports how one of the messages that it took has fared."""
        url, form, signature = self.twilio.report(number, status, code)
        parts = urlsplit(url)
        response = await self.client.post(f"{parts.path}?{parts.query}", data=form, headers={"X-Twilio-Signature": signature})
        assert response.status_code == 204

    @property
    def bodies(self) -> list[str]:
        """Texts of the messages that Twilio took."""
        return [form["Body"] for form in self.twilio.sent]


@pytest.fixture(scope="module")
def twilio() -> Iterator[TwilioDouble]:
    with served(TwilioDouble(ACCOUNT, TOKEN)) as double:
        yield double


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    compile_catalogues()
    made = staff_in(tmp_path_factory.mktemp("staff"))
    made.add("ana")
    return made


@pytest.fixture
async def hotline(twilio: TwilioDouble, staff: Staff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hotline]:
    monkeypatch.setattr(app_module, "DialogueProcess", PlayedDialogue)
    monkeypatch.setattr(twilio_api, "_DEADLINE", 0.5)
    monkeypatch.setattr(telegram_module, "_GRACE", 0.05)
    monkeypatch.setattr(telegram_sending, "_PAUSE", 0.01)
    twilio.forget()
    ours = copy_of(staff, tmp_path)
    async with telegram_double(BOT_TOKEN) as telegram:
        settings = {"TWILIO_API_BASE": twilio.url, "TELEGRAM_BOT_TOKEN": BOT_TOKEN, "TELEGRAM_WEBHOOK_SECRET": SECRET}
        folder = {"TELEGRAM_API_BASE": telegram.url, "HELPLINE_STAFF_FOLDER": str(ours.path.parent)}
        service = build_service(settings_from({**REAL_SMS, **settings, **folder}), Edition(ROOT, MODELS / "none"), KeyRing())
        app = build_app(service)
        transport = httpx.ASGITransport(app)
        calling = httpx.AsyncClient(transport=transport, base_url=PUBLIC)
        async with app.router.lifespan_context(app), calling as client, Desk(app, ours) as desk:
            await desk.sign_in()
            await service.handoffs.present(ANA, available=True)
            yield Hotline(service, client, desk, twilio, telegram)
    assert (twilio.misfits, telegram.refused) == ([], [])


@pytest.fixture
async def over_sms(hotline: Hotline) -> Hotline:
    """She has agreed over SMS, Ana has come, and she has written."""
    for text in ("0", "1", "1"):
        assert await hotline.sms(text)
    await hotline.desk.take_next()
    await eventually(lambda: len(hotline.twilio.sent) == 1)
    assert hotline.bodies[0].startswith("Ana, a person, is in this chat now")
    assert await hotline.sms(WORDS) == ""
    hotline.twilio.tries = 0
    return hotline


@pytest.fixture
async def over_telegram(hotline: Hotline) -> Hotline:
    """The same in Telegram."""
    for text, answered in (("0", "Quieres escribir"), ("1", "seguro"), ("1", "Estás esperando")):
        await hotline.chat(text)
        await hotline.in_chat(answered)
    await hotline.desk.take_next()
    await hotline.in_chat("Ana, una persona")
    await hotline.chat(WORDS)
    await hotline.desk.will_see((WORDS, ""))
    hotline.telegram.calls.clear()
    return hotline


# --- before there is an advocate --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "read"), [("please do not call me", "Own words: please do not call me"), ("stop texting me", "Nothing comes")]
)
async def test_words_for_the_advocate_are_taken_for_leaving_only_where_that_is_sure(hotline: Hotline, text: str, read: str) -> None:
    for said_before in (PAY, "0", "1"):
        card = await hotline.sms(said_before)
    (digit,) = re.findall(r"^(\d) Add my own words$", card, re.MULTILINE)
    await hotline.sms(digit)
    assert read in await hotline.sms(text)


# --- SMS --------------------------------------------------------------------------------------------------------------------------------


async def test_an_answer_goes_out_through_the_api_and_its_fate_is_shown(over_sms: Hotline) -> None:
    assert await over_sms.desk.says() == 204
    await over_sms.desk.will_see((WORDS, ""), (ANSWER, "sent"))
    form = over_sms.twilio.sent[1]
    assert form == {"To": PERSON, "From": OURS, "Body": ANSWER, "StatusCallback": form["StatusCallback"]}
    assert re.fullmatch(PUBLIC + r"/webhooks/twilio/status\?receipt=[0-9a-f]{32}", form["StatusCallback"])
    await over_sms.report(1, "sent")
    await over_sms.desk.will_see((WORDS, ""), (ANSWER, "sent"))
    await over_sms.report(1, "delivered")
    await over_sms.desk.will_see((WORDS, ""), (ANSWER, "delivered"))
    await over_sms.report(1, "undelivered", "30003")
    await over_sms.desk.will_see((WORDS, ""), (ANSWER, "delivered"))


@pytest.mark.parametrize(("status", "code"), [("undelivered", "30003"), ("undelivered", "30005"), ("failed", "30008"), ("failed", "")])
async def test_what_a_carrier_did_not_deliver_is_shown_and_not_sent_again(over_sms: Hotline, status: str, code: str) -> None:
    await over_sms.desk.says()
    await over_sms.desk.will_see((WORDS, ""), (ANSWER, "sent"))
    await over_sms.report(1, status, code)
    await over_sms.desk.will_see((WORDS, ""), (ANSWER, "failed"))
    assert over_sms.twilio.tries == 1


async def test_a_number_that_has_texted_stop_elsewhere_ends_the_case(over_sms: Hotline) -> None:
    over_sms.twilio.opted_out.add(PERSON)
    await over_sms.desk.says()
    await over_sms.desk.is_told_that_it_is_over()
    assert over_sms.twilio.tries == 1


async def test_a_block_that_is_reported_late_ends_the_case(over_sms: Hotline) -> None:
    await over_sms.desk.says()
    await over_sms.desk.will_see((WORDS, ""), (ANSWER, "sent"))
    await over_sms.report(1, "undelivered", "21610")
    await over_sms.desk.is_told_that_it_is_over()


async def test_a_busy_twilio_is_given_its_pause_and_the_words_behind_wait_for_their_turn(over_sms: Hotline) -> None:
    over_sms.twilio.plays.append(BUSY)
    begun = time.monotonic()
    await over_sms.desk.says("first")
    await over_sms.desk.says("second")
    await over_sms.desk.will_see((WORDS, ""), ("first", "sent"), ("second", "sent"))
    assert time.monotonic() - begun >= 1
    assert (over_sms.bodies[1:], over_sms.twilio.tries) == (["first", "second"], 3)


@pytest.mark.parametrize(
    ("play", "arrived"),
    [(Play(slow=0.9), 1), (Play(503, 20503, taken=True), 1), (Play(500, 20500), 0), (Play(502), 0)],
    ids=("timeout", "taken", "500", "bad gateway"),
)
async def test_what_may_have_been_sent_is_shown_as_unknown_and_never_sent_again(over_sms: Hotline, play: Play, arrived: int) -> None:
    over_sms.twilio.plays.append(play)
    key = secrets.token_hex(16)
    await over_sms.desk.says(key=key)
    await over_sms.desk.will_see((WORDS, ""), (ANSWER, "unknown"))
    assert await over_sms.desk.says(key=key) == 204
    await over_sms.desk.says("next")
    await over_sms.desk.will_see((WORDS, ""), (ANSWER, "unknown"), ("next", "sent"))
    assert (over_sms.bodies[1:], over_sms.twilio.tries) == ([ANSWER] * arrived + ["next"], 2)
    if arrived:
        await over_sms.report(1, "delivered")
        await over_sms.desk.will_see((WORDS, ""), (ANSWER, "delivered"), ("next", "sent"))


@pytest.mark.parametrize("play", [Play(429, 20429, retry_after=60), Play(400, 21606), Play(400, 30007), Play(401, 20003)])
async def test_what_surely_did_not_go_out_is_shown_as_failed(over_sms: Hotline, play: Play) -> None:
    over_sms.twilio.plays.append(play)
    await over_sms.desk.says()
    await over_sms.desk.will_see((WORDS, ""), (ANSWER, "failed"))
    assert over_sms.bodies[1:] == []


async def test_a_webhook_that_comes_twice_brings_her_words_once(over_sms: Hotline) -> None:
    sid = "SM" + "b" * 32
    assert [await over_sms.sms("please help", sid) for _ in range(3)] == [""] * 3
    assert await over_sms.desk.sees() == [(WORDS, ""), ("please help", "")]


@pytest.mark.parametrize("word", ["STOP", "stop ", "END", "unsubscribe", "weather", "Weather", "clima"])
async def test_stop_and_the_exit_word_end_a_case_in_silence(over_sms: Hotline, word: str) -> None:
    assert await over_sms.sms(word) == ""
    await over_sms.desk.is_told_that_it_is_over()
    assert over_sms.twilio.tries == 0


async def test_a_stop_word_of_the_operators_own_ends_a_case(over_sms: Hotline) -> None:
    assert await over_sms.sms("Arret", OptOutType="STOP") == ""
    await over_sms.desk.is_told_that_it_is_over()


@pytest.mark.parametrize("text", ["HELP", "0", "?", "\N{BROKEN HEART}"])
async def test_what_would_be_for_the_line_goes_to_the_advocate_who_is_there(over_sms: Hotline, text: str) -> None:
    assert await over_sms.sms(text) == ""
    assert await over_sms.desk.sees() == [(WORDS, ""), (text, "")]


async def test_a_picture_is_answered_by_the_line_and_its_words_go_to_the_advocate(over_sms: Hotline) -> None:
    picture = {"NumMedia": "1", "MediaContentType0": "image/jpeg", "MediaUrl0": "https://api.twilio.com/picture"}
    assert "only read text" in await over_sms.sms("", **picture)
    assert await over_sms.sms("look at this", **picture) == ""
    assert await over_sms.desk.sees() == [(WORDS, ""), ("look at this", "")]


async def test_a_long_answer_goes_out_in_pieces_and_only_the_last_one_is_reported(over_sms: Hotline) -> None:
    text = " ".join(f"{number} You can leave the house at any time." for number in range(24))
    await over_sms.desk.says(text)
    await over_sms.desk.will_see((WORDS, ""), (text, "sent"))
    assert len(over_sms.bodies) > 2 and " ".join(over_sms.bodies[1:]) == text
    await over_sms.report(len(over_sms.bodies) - 1, "delivered")
    await over_sms.desk.will_see((WORDS, ""), (text, "delivered"))


# --- Telegram ---------------------------------------------------------------------------------------------------------------------------


async def test_an_answer_goes_out_to_telegram_silently(over_telegram: Hotline) -> None:
    await over_telegram.desk.says()
    await over_telegram.desk.will_see((WORDS, ""), (ANSWER, "sent"))
    assert over_telegram.telegram.named("sendMessage") == [
        {"chat_id": str(CHAT_ID), "text": ANSWER, "disable_notification": True, "link_preview_options": {"is_disabled": True}}
    ]


async def test_typing_is_shown_in_telegram(over_telegram: Hotline) -> None:
    assert (await over_telegram.desk.act(over_telegram.desk.path + "/typing")).status_code == 204
    assert await over_telegram.telegram.until("sendChatAction") == [{"chat_id": str(CHAT_ID), "action": "typing"}]


async def test_who_has_blocked_the_bot_ends_the_case(over_telegram: Hotline) -> None:
    over_telegram.telegram.blocked_by.add(CHAT_ID)
    await over_telegram.desk.says()
    await over_telegram.desk.is_told_that_it_is_over()
    assert len(over_telegram.telegram.named("sendMessage")) == 1


async def test_a_busy_telegram_is_given_its_pause(over_telegram: Hotline) -> None:
    over_telegram.telegram.play("sendMessage", Trouble(429, "Too Many Requests: retry after 1", retry_after=1))
    begun = time.monotonic()
    await over_telegram.desk.says("first")
    await over_telegram.desk.says("second")
    await over_telegram.desk.will_see((WORDS, ""), ("first", "sent"), ("second", "sent"))
    assert time.monotonic() - begun >= 1
    assert over_telegram.shown()[-2:] == ["first", "second"]


@pytest.mark.parametrize(
    ("trouble", "arrived"),
    [(Trouble(500, "Internal Server Error", taken=True), 1), (Trouble(502, body=b"<html>Bad Gateway</html>"), 0)],
    ids=("taken", "bad gateway"),
)
async def test_what_telegram_may_have_sent_is_unknown_and_never_sent_again(over_telegram: Hotline, trouble: Trouble, arrived: int) -> None:
    over_telegram.telegram.play("sendMessage", trouble)
    key = secrets.token_hex(16)
    await over_telegram.desk.says(key=key)
    await over_telegram.desk.will_see((WORDS, ""), (ANSWER, "unknown"))
    await over_telegram.desk.says(key=key)
    assert over_telegram.shown().count(ANSWER) == arrived
    assert len(over_telegram.telegram.named("sendMessage")) == 1


async def test_an_update_that_comes_twice_brings_her_words_once(over_telegram: Hotline) -> None:
    update = await over_telegram.chat("please help")
    await over_telegram.update(update)
    await over_telegram.desk.will_see((WORDS, ""), ("please help", ""))
    await over_telegram.chat("are you there")
    await over_telegram.desk.will_see((WORDS, ""), ("please help", ""), ("are you there", ""))


@pytest.mark.parametrize("word", ["clima", "/exit"])
async def test_the_exit_word_deletes_the_chat_and_ends_the_case(over_telegram: Hotline, word: str) -> None:
    commands = {"entities": [{"type": "bot_command", "offset": 0, "length": len(word)}]} if word.startswith("/") else {}
    await over_telegram.desk.says()
    await over_telegram.in_chat(ANSWER)
    await over_telegram.chat(word, **commands)
    await over_telegram.desk.is_told_that_it_is_over()
    await eventually(lambda: over_telegram.shown() == [])


async def test_a_picture_in_telegram_is_answered_by_the_line(over_telegram: Hotline) -> None:
    photo = [{"file_id": "f", "file_unique_id": "u", "width": 90, "height": 60}]
    await over_telegram.chat(None, photo=photo)
    await over_telegram.in_chat("Solo puedo leer texto")
    await over_telegram.chat(None, photo=photo, caption="mira esto")
    await over_telegram.desk.will_see((WORDS, ""), ("mira esto", ""))
