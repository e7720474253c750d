"""The whole service in this process, with the real model behind the seam: right answers, and an answer whatever is broken."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from bot import app as app_module
from bot.app import Service, build_app, build_service, refuse_unchecked_numbers, rotate_keys
from bot.channels.segments import fold_for_gsm7, measure
from bot.channels.sms import WEBHOOK_PATH
from bot.channels.trial_sms import number_of
from bot.conversation.messages import Reply
from bot.conversation.tables import read_tables
from bot.dialogue.catalogues import compile_catalogues, translate
from bot.dialogue.training import trained_model
from bot.editions import Edition
from bot.errors import ConfigurationError, TurnFailed
from bot.knowledge.answers import answers
from bot.knowledge.emergency import Numbers, emergency_table
from bot.knowledge.localities import gazetteer
from bot.paths import MODELS, ROOT
from bot.privacy.keys import KeyRing
from bot.settings import Settings, settings_from
from bot.store.memory import MemoryStore

from .running import BRITON, PERSON, REAL_SMS, said_in, webhook

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOST_SECONDS = 4.5  # for an answer, whatever is broken: the dialogue's deadline is 3, Twilio's 15
BEGINNING = {"US": "+1415555", "GB": "+4477009", "MX": "+5255555"}
HOTLINE = {country: emergency_table()[country].hotline.phone for country in ("US", "GB")}  # type: ignore[union-attr]


class Phone:
    """Twilio in front of a service.

    Args:
        client: of the application.
    """

    def __init__(self, client: httpx.AsyncClient, service: Service) -> None:
        self.client, self.service = client, service
        self._numbers = 1000

    async def post(self, text: str, sender: str = PERSON, delivery: str | None = None) -> httpx.Response:
        """A message through the webhook."""
        form, headers = webhook(text, sender, delivery)
        return await self.client.post(WEBHOOK_PATH, data=form, headers=headers)

    async def sms(self, text: str, sender: str = PERSON) -> str:
        """What comes back to a message."""
        response = await self.post(text, sender)
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/xml")
        return said_in(response.text)

    async def health(self) -> httpx.Response:
        """What the service says of itself."""
        return await self.client.get("/health")

    def number(self, country: str = "US") -> str:
        """A number of that country that nobody has texted from yet."""
        self._numbers += 1
        return f"{BEGINNING[country]}{self._numbers:0{12 - len(BEGINNING[country])}}"

    async def unwell(self) -> None:
        """Waits until the service knows that the model does not answer."""
        end = time.monotonic() + 1
        while (await self.health()).status_code != 503:
            assert time.monotonic() < end
            await asyncio.sleep(0.01)

    async def well(self) -> None:
        """Waits until the model answers."""
        end = time.monotonic() + 60
        while (await self.health()).status_code != 200:
            assert time.monotonic() < end, (await self.health()).text
            await asyncio.sleep(0.05)


def real(**settings: str) -> Settings:
    """Settings with SMS."""
    return settings_from({**REAL_SMS, **settings})


def build(settings: Settings, model: Path | None = None) -> tuple[Service, Starlette]:
    """A service and its application, not yet started."""
    compile_catalogues()
    service = build_service(settings, Edition(ROOT, model or trained_model()), KeyRing())
    return service, build_app(service)


@asynccontextmanager
async def started(settings: Settings, model: Path | None = None) -> AsyncIterator[Phone]:
    """A service whose start has begun."""
    service, app = build(settings, model)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        yield Phone(client, service)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phone() -> AsyncIterator[Phone]:
    """One service for this module: each test leaves it well."""
    async with started(real()) as phone:
        await phone.well()
        yield phone


def numbers_of_last_wall(text: str, country: str = "US") -> bool:
    """Whether a text is what the last wall says there, in English."""
    emergency = {"US": "911", "GB": "999"}[country]
    return f"call {emergency}." in text and HOTLINE[country] in text and "This line has a fault" in text


# Right answers


@pytest.mark.parametrize(
    ("text", "locale", "topic"),
    (
        ("My boss took my passport and will not give it back", "en", "rights_documents"),
        ("Mi jefe me quitó el pasaporte y no me lo devuelve", "es", "rights_documents"),
        ("Mon patron a pris mon passeport et ne veut pas me le rendre", "fr", "rights_documents"),
        ("صاحب العمل أخذ جواز سفري ولا يريد إرجاعه", "ar", "rights_documents"),
    ),
)
@pytest.mark.parametrize("country", ("US", "GB"))
async def test_a_text_is_answered_in_its_language_with_the_law_of_the_country(
    phone: Phone, text: str, locale: str, topic: str, country: str
) -> None:
    body = await phone.sms(text, phone.number(country))
    answer = answers()[country, topic]
    right = translate(locale, f"{answer.id}:{answer.version}", answer.text)
    assert fold_for_gsm7(right, locale) in body
    assert body.splitlines()[-1].startswith("0 ")
    assert measure(body).segments <= {"GSM-7": 3, "UCS-2": 4}[measure(body).encoding]


@pytest.mark.parametrize(
    "text",
    ("he is going to kill me", "me va a matar, ayuda", "il va me tuer, aidez-moi", "سيقتلني الآن ساعدوني", "HELP ME PLEASE", "socorro"),
)
@pytest.mark.parametrize(("country", "number"), (("US", "911"), ("GB", "999")))
async def test_danger_gets_the_number_first_and_no_introduction(phone: Phone, text: str, country: str, number: str) -> None:
    assert number in (await phone.sms(text, phone.number(country))).splitlines()[0]


@pytest.mark.parametrize("greeting", ("hola", "hello", "bonjour", "salam", "مرحبا", "help"))
async def test_a_greeting_moves_nobody_to_another_country(phone: Phone, greeting: str) -> None:
    sender = phone.number()
    await phone.sms(greeting, sender)
    assert HOTLINE["US"] in await phone.sms("0", sender)
    assert "911" in await phone.sms("he is going to kill me", sender)


async def test_a_person_is_a_digit_away(phone: Phone) -> None:
    for country in ("US", "GB"):
        assert HOTLINE[country] in await phone.sms("0", phone.number(country))


async def test_a_conversation_goes_on_by_digits_and_ends_in_silence(phone: Phone) -> None:
    sender = phone.number()
    first = await phone.sms("my employer has not paid me for two months", sender)
    more = next(line[0] for line in first.splitlines() if line.endswith(" More"))
    assert answers()["US", "rights_pay"].more[0] in await phone.sms(more, sender)
    assert await phone.sms("weather", sender) == ""
    assert (await phone.sms("hello", sender)).startswith(first.splitlines()[0])


async def test_a_repeated_delivery_gets_the_same_bytes(phone: Phone) -> None:
    sender = phone.number()
    replies = [(await phone.post("where can I sleep tonight", sender, delivery="SM" + "a" * 32)).content for _ in range(3)]
    assert replies == [replies[0]] * 3


async def test_twenty_people_at_once_are_answered_as_one(phone: Phone) -> None:
    senders = [phone.number() for _ in range(20)]
    bodies = await asyncio.gather(*(phone.sms("is it legal that they keep my papers", sender) for sender in senders))
    assert len(set(bodies)) == 1
    assert not numbers_of_last_wall(bodies[0])


async def test_what_nobody_proved_is_refused_and_leaves_no_trace(phone: Phone, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    form, headers = webhook("he has my passport")
    response = await phone.client.post(WEBHOOK_PATH, data={**form, "Body": "other words"}, headers=headers)
    assert (response.status_code, response.text) == (403, "Forbidden")
    assert "passport" not in caplog.text and "other words" not in caplog.text and PERSON not in caplog.text


# What is there and what is not


async def test_the_trial_phones_are_absent_with_real_channels(phone: Phone) -> None:
    for method, path in (("GET", "/"), ("POST", "/trial/sms"), ("POST", "/trial/telegram"), ("GET", "/trial/trial.js")):
        assert (await phone.client.request(method, path, json={})).status_code == 404


async def test_an_edition_whose_numbers_nobody_signed_is_not_taken(tmp_path: Path) -> None:
    """All that it would say else is as it was."""
    for part in ("data", "locales"):
        (tmp_path / part).symlink_to(ROOT / part)
    service, _ = build(real())
    service.settings = real(HELPLINE_UNVERIFIED_NUMBERS="")
    wall, table = service.conversation.last_wall, emergency_table()
    with pytest.raises(ConfigurationError, match="No human has checked the emergency numbers of US"):
        await service.take(Edition(tmp_path, trained_model()))
    assert service.conversation.last_wall is wall and emergency_table() is table and service.dialogue.pid is None


async def test_the_trial_phones_are_there_without_and_no_webhook_is() -> None:
    _, app = build(settings_from({}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
        assert (await client.get("/")).status_code == 200
        form, headers = webhook("hello")
        assert (await client.post(WEBHOOK_PATH, data=form, headers=headers)).status_code in (404, 405)


async def test_there_is_an_outlet_for_each_channel() -> None:
    telegram = {"TELEGRAM_BOT_TOKEN": "123456:ABC-DEF", "TELEGRAM_WEBHOOK_SECRET": "s" * 16}
    assert list(build(real())[0].outlets) == ["sms"]
    service, _ = build(real(**telegram))
    assert list(service.outlets) == ["sms", "telegram"]
    assert service.outlets["telegram"] is service.telegram
    assert service.trial is None
    only_telegram = {name: value for name, value in REAL_SMS.items() if not name.startswith("TWILIO")}
    assert list(build(settings_from({**only_telegram, **telegram}))[0].outlets) == ["telegram"]


async def test_without_real_channels_what_goes_out_comes_to_the_trial_phones() -> None:
    service, app = build(settings_from({}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as client:
        await service.outlets["sms"].send("+12025550101", Reply("here"))
        await service.outlets["telegram"].send("2", Reply("there"))
        assert number_of(f"{1:032x}", "US") == "+12025550101"
        inbox = (await client.post("/trial/inbox", json={"sms": f"{1:032x}", "country": "US", "telegram": f"{1:032x}"})).json()
        assert [message["text"] for message in [*inbox["sms"], *inbox["telegram"]["messages"]]] == ["here", "there"]


async def test_health_counts_what_went_wrong_and_names_nobody(phone: Phone) -> None:
    health = (await phone.health()).json()
    assert health["status"] == "ok"
    assert set(health) == {"status", "replaced", "failures", "reload_refused"}


@pytest.mark.parametrize(
    ("settings", "channel"), (({}, "sms"), ({"TELEGRAM_BOT_TOKEN": "123456:ABC-DEF", "TELEGRAM_WEBHOOK_SECRET": "s" * 16}, "both"))
)
async def test_real_channels_do_not_start_on_numbers_that_nobody_checked(settings: dict[str, str], channel: str) -> None:
    unchecked = real(**settings, HELPLINE_UNVERIFIED_NUMBERS="")
    for refuse in (refuse_unchecked_numbers, lambda settings: build_service(settings, Edition(ROOT, MODELS / "none"), KeyRing())):
        with pytest.raises(
            ConfigurationError, match=r"No human has checked the emergency numbers of US\. .*HELPLINE_UNVERIFIED_NUMBERS=accept"
        ):
            refuse(unchecked)
    refuse_unchecked_numbers(real(**settings))


async def test_checked_numbers_and_trial_phones_need_no_override(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_unchecked_numbers(settings_from({"HELPLINE_COUNTRY": "US"}))
    monkeypatch.setattr(app_module, "numbers_of", lambda country: Numbers(country, danger="911", checked_on="2026-11-22"))
    refuse_unchecked_numbers(real(HELPLINE_UNVERIFIED_NUMBERS=""))


async def test_keys_rotate_as_long_as_sessions_live() -> None:
    keys = KeyRing()
    first = keys.current
    rotation = asyncio.create_task(rotate_keys(keys, 0))
    end = time.monotonic() + 5
    while first in (keys.current, keys.previous):
        assert time.monotonic() < end
        await asyncio.sleep(0)
    rotation.cancel()


# Broken, each way


def _stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("broken", (_stop, _kill), ids=("hangs", "crashes"))
async def test_a_dialogue_that_is_broken_is_answered_for_and_replaced(phone: Phone, broken: Callable[[int], None]) -> None:
    pid = phone.service.dialogue.pid
    replaced = phone.service.dialogue.replaced
    assert pid
    broken(pid)
    started_at = time.monotonic()
    senders = [phone.number(country) for country in ("US", "GB", "MX")]
    bodies = await asyncio.gather(*(phone.sms("hello", sender) for sender in senders))
    assert time.monotonic() - started_at < MOST_SECONDS
    assert numbers_of_last_wall(bodies[0])
    assert numbers_of_last_wall(bodies[1], "GB")
    assert "911" in bodies[2] and "peligro" in bodies[2]
    await phone.unwell()
    assert numbers_of_last_wall(await phone.sms("while it is replaced", senders[0]))
    assert await phone.sms("STOP", senders[0]) == ""
    await phone.well()
    assert phone.service.dialogue.pid != pid
    assert phone.service.dialogue.replaced == replaced + 1
    assert answers()["US", "rights_pay"].text in await phone.sms("my employer has not paid me", senders[0])


async def test_killed_while_it_thinks(phone: Phone) -> None:
    pid = phone.service.dialogue.pid
    assert pid
    _stop(pid)
    turn = asyncio.create_task(phone.sms("my boss hits me", phone.number()))
    await asyncio.sleep(0.1)
    _kill(pid)
    started_at = time.monotonic()
    assert numbers_of_last_wall(await turn)
    assert time.monotonic() - started_at < 1
    await phone.well()


async def test_a_session_survives_the_death_of_the_dialogue(phone: Phone) -> None:
    sender = phone.number()
    first = await phone.sms("my employer has not paid me for two months", sender)
    more = next(line[0] for line in first.splitlines() if line.endswith(" More"))
    assert phone.service.dialogue.pid
    _kill(phone.service.dialogue.pid)
    await phone.unwell()
    await phone.well()
    page = answers()["US", "rights_pay"].more[0]
    assert page in await phone.sms(more, sender)


async def test_a_full_store_costs_only_the_memory(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(phone.service.store, MemoryStore)
    monkeypatch.setattr(phone.service.store, "_capacity", 0)
    body = await phone.sms("my employer has not paid me", phone.number())
    assert answers()["US", "rights_pay"].text in body


async def test_a_store_that_fails_is_answered_for_by_the_last_wall(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(name: str) -> bytes | None:
        raise OSError(5, "disk")

    monkeypatch.setattr(phone.service.store, "get", gone)
    assert numbers_of_last_wall(await phone.sms("my employer has not paid me", phone.number()))


async def test_before_the_model_is_ready_health_says_so_and_messages_are_answered_for() -> None:
    async with started(real()) as starting:
        health = await starting.health()
        assert (health.status_code, health.json()["status"]) == (503, "starting")
        assert numbers_of_last_wall(await starting.sms("hello"))
        assert numbers_of_last_wall(await starting.sms("hello", BRITON), "GB")
        assert (await starting.post("STOP")).status_code == 200


async def test_without_a_model_health_says_what_to_do_and_messages_are_answered_for() -> None:
    async with started(real(), MODELS / "helpline-missing.tar.gz") as missing:
        end = time.monotonic() + 30
        while not (await missing.health()).json()["problem"]:
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
        health = await missing.health()
        assert health.status_code == 503
        assert "helpline train" in health.json()["problem"]
        assert numbers_of_last_wall(await missing.sms("hello"))
        assert numbers_of_last_wall(await missing.sms("0", BRITON), "GB")


# The process behind the seam


async def test_the_seam_understands_and_replies(phone: Phone) -> None:
    understood = await phone.service.dialogue.understand("me deben tres meses de sueldo")
    assert (understood.topic, understood.locale, understood.urgency) == ("rights_pay", "es", None)
    turn = await phone.service.dialogue.reply("/find_shelter", None, {"country_hint": "US"}, payload=True)
    assert turn.blocks and turn.state
    in_context = await phone.service.dialogue.understand("gracias", turn.state, {"locale_hint": "es"})
    assert in_context.topic == "thanks"


@pytest.mark.parametrize("state", ({"slots": {}}, {"events": 5}, {"no": "state"}), ids=str)
async def test_a_state_that_is_none_is_a_failed_turn_and_hurts_nobody_else(phone: Phone, state: dict[str, object]) -> None:
    pid = phone.service.dialogue.pid
    with pytest.raises(TurnFailed):
        await phone.service.dialogue.reply("hello", state, {})
    assert (await phone.service.dialogue.reply("hello", None, {})).blocks
    assert phone.service.dialogue.pid == pid


async def test_secrets_are_not_handed_to_the_dialogue(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {
        "TWILIO_AUTH_TOKEN": "secret-1",
        "TELEGRAM_BOT_TOKEN": "secret-2",
        "TELEGRAM_WEBHOOK_SECRET": "secret-3",
        "REDIS_URL": "redis://:secret-4@127.0.0.1",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    async with started(real()) as starting:
        while not starting.service.dialogue.pid:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)  # until the child is the worker and no longer a copy of this process
        handed = Path(f"/proc/{starting.service.dialogue.pid}/environ").read_bytes()
        arguments = Path(f"/proc/{starting.service.dialogue.pid}/cmdline").read_bytes()
        assert b"RASA_TELEMETRY_ENABLED=false" in handed
        assert b"secret-" not in handed + arguments
        for name in secrets:
            assert name.encode() not in handed
        assert starting.service.keys.current.secret.hex().encode() not in handed + arguments


def test_the_tables_of_the_edge_are_read_without_the_gazetteer() -> None:
    """A worker whose places are just being built anew must come back all the same."""
    gazetteer.cache_clear()
    read_tables(ROOT)
    assert gazetteer.cache_info().misses == 0
