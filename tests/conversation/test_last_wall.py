"""The last wall: the right numbers in the right language, from memory alone."""

from __future__ import annotations

import subprocess
import sys
from typing import NoReturn

import pytest

from bot.channels.segments import SmsShape, measure, render
from bot.conversation.conversation import Conversation
from bot.conversation.last_wall import LastWall, likely_locale
from bot.conversation.messages import Kind, Message
from bot.conversation.sessions import Sessions
from bot.dialogue.catalogues import compile_catalogues, translate
from bot.errors import TurnFailed
from bot.knowledge.emergency import emergency_table
from bot.locales import all_locales
from bot.paths import ROOT
from bot.privacy.keys import KeyRing
from bot.store.memory import MemoryStore

from .scripted import Script

MOST_SEGMENTS = {"GSM-7": 3, "UCS-2": 4}
TABLE = emergency_table()


@pytest.fixture(scope="module")
def wall() -> LastWall:
    compile_catalogues()
    return LastWall()


def message(text: str = "x", country: str | None = None, locale: str | None = None) -> Message:
    """A text message."""
    return Message("sms", "+14155550142", text, country=country, locale=locale)


@pytest.mark.parametrize(
    ("text", "country", "app", "locale"),
    (
        # The script of the text wins over everything else.
        ("ساعدوني", None, None, "ar"),
        ("ساعدوني", "US", "en", "ar"),
        ("ساعدوني 911", "FR", "fr", "ar"),
        ("help", "EG", "ar", "en"),
        # Then the language of the app, where it is written in that script.
        ("ayuda", None, "es", "es"),
        ("ayuda", "US", "es", "es"),
        ("", "US", "ar", "ar"),
        ("123", "US", "fr", "fr"),
        ("x", "MX", "ar", "es"),
        ("x", "MX", "zz", "es"),
        # Then the country of the number.
        ("ayuda", "MX", None, "es"),
        ("x", "FR", None, "fr"),
        ("x", "CI", None, "fr"),
        ("x", "ES", None, "es"),
        ("", "EG", None, "ar"),
        ("😢", "MA", None, "ar"),
        ("x", "US", None, "en"),
        ("x", "GB", None, "en"),
        # Else English.
        ("x", None, None, "en"),
        ("", None, None, "en"),
        ("x", "EG", None, "en"),
        ("x", "JP", None, "en"),
        ("x", "ZZ", None, "en"),
        ("x", "nonsense", None, "en"),
        ("Помогите", None, None, "ru"),
        ("Помогите", "MX", None, "ru"),
    ),
)
def test_the_language_of_what_no_model_has_read(text: str, country: str | None, app: str | None, locale: str, wall: LastWall) -> None:
    assert likely_locale(message(text, country, app)) == locale
    assert wall.reply(message(text, country, app)).locale == locale


@pytest.mark.parametrize("locale", all_locales())
def test_the_language_of_the_session_wins(locale: str, wall: LastWall) -> None:
    assert wall.reply(message("help", "US", "en"), locale).locale == locale


def test_a_session_without_a_known_language_leaves_it_to_the_message(wall: LastWall) -> None:
    assert wall.reply(message("ساعدوني"), "zz").locale == "ar"
    assert wall.reply(message("ساعدوني"), None).locale == "ar"


@pytest.mark.parametrize("locale", all_locales())
@pytest.mark.parametrize("country", (*sorted(TABLE), "MA", None))
def test_numbers_of_the_table_in_the_locale_within_the_segments(country: str | None, locale: str, wall: LastWall) -> None:
    reply = wall.reply(message("", country, locale))
    assert (reply.locale, reply.urgent) == (locale, "danger")
    numbers = TABLE.get(country or "")
    first = reply.text.splitlines()[0]
    for number in [numbers.danger] if numbers and numbers.danger else ["112", "911", "999"]:
        assert number in first
    for hotline in numbers.lines if numbers else ():
        assert not hotline.police_run
        assert (hotline.phone or hotline.sms) in reply.text
        assert hotline.name not in reply.text
    fault = translate(locale, "utter_last_wall", "This line has a fault right now. Please write again in a few minutes.")
    limits = translate(locale, "utter_danger_limits", "I am automated. I cannot see where you are or send anyone.")
    assert fault in reply.text and limits in reply.text
    body = render(reply.text, reply.choices, locale)
    assert SmsShape().fits(reply.text, reply.choices, locale)
    assert measure(body).segments <= MOST_SEGMENTS[measure(body).encoding]
    assert "{" not in reply.text


@pytest.mark.parametrize("locale", [code for code, locale in all_locales().items() if locale.direction == "rtl"])
def test_numbers_run_left_to_right_in_every_script(locale: str, wall: LastWall) -> None:
    reply = wall.reply(message("", "US", locale))
    assert "\N{LEFT-TO-RIGHT MARK}911" in reply.text
    hotline = TABLE["US"].hotline
    assert hotline and f"\N{LEFT-TO-RIGHT MARK}{hotline.phone}" in reply.text


def test_whom_a_helpline_is_for_is_said_where_that_is_not_everybody(wall: LastWall) -> None:
    assert "800 111. For: women, people under 18." in wall.reply(message("x", "AE")).text
    assert "800 111。 面向：" in wall.reply(message("救命", "AE")).text
    assert "For:" not in wall.reply(message("x", "US")).text


def test_the_country_of_the_session_comes_before_that_of_the_message(wall: LastWall) -> None:
    assert "call 999." in wall.reply(message("x", "US"), "en", "GB").text


@pytest.mark.parametrize(("urgent", "number"), [("danger", "999"), ("cry", "999"), ("life", "999"), ("self_harm", "116 123")])
def test_the_one_sentence_with_the_number(urgent: str, number: str, wall: LastWall) -> None:
    assert number in wall.number_line("en", "GB", urgent)
    assert "112, or 911 in the Americas" in wall.number_line("en", None, urgent)


def test_the_united_states_and_the_united_kingdom(wall: LastWall) -> None:
    for country, emergency in (("US", "911"), ("GB", "999")):
        hotline = TABLE[country].hotline
        assert hotline
        assert f"call {emergency}." in wall.reply(message("x", country)).text
        assert hotline.phone in wall.reply(message("x", country)).text


_WITHOUT_DISK = """
import asyncio, builtins, io, os, sys
from pathlib import Path
from bot.conversation.conversation import Conversation
from bot.conversation.last_wall import LastWall
from bot.conversation.messages import Message
from bot.conversation.sessions import Sessions
from bot.channels.segments import SmsShape
from bot.privacy.keys import KeyRing
from bot.store.memory import MemoryStore
class Broken:
    async def reply(self, *_, **__):
        raise OSError(5, "disk")
conversation = Conversation(Broken(), Sessions(MemoryStore(), KeyRing(), 15), LastWall())
def gone(*_, **__):
    raise OSError(5, "disk")
builtins.open = io.open = os.open = os.stat = os.listdir = os.scandir = Path.open = gone
for text, country, app in (("help", "US", None), ("ayuda", "MX", None), ("x", "SN", "fr"), ("\\u0633", None, "en"), ("x", None, None)):
    message = Message("sms", "+14155550142", text, country=country, locale=app)
    reply = asyncio.run(conversation.answer(message, SmsShape()))
    print(reply.locale, reply.text.splitlines()[0].encode("ascii", "replace").decode())
"""


def test_it_needs_no_disk_once_it_is_built(wall: LastWall) -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT_DISK], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    said = [line.split(" ", 1) for line in done.stdout.splitlines()]
    assert [locale for locale, _ in said] == ["en", "es", "fr", "ar", "en"]
    for (_, first), number in zip(said, ("911", "911", "17", "112", "112"), strict=True):
        assert number in first


async def test_the_conversation_gives_it_a_country_and_never_an_address(wall: LastWall) -> None:
    def fail(_: object) -> NoReturn:
        raise TurnFailed("It failed.")

    conversation = Conversation(Script(fail), Sessions(MemoryStore(), KeyRing(), 15), wall)
    reply = await conversation.answer(Message("telegram", "4155550142", "", kind=Kind.PLACE, country="GB", locale="es"), SmsShape())
    assert "999" in reply.text and reply.locale == "es"
    assert "4155550142" not in reply.text
