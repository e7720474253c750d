"""In which locale to answer: the one that is clearly written, else that of the session, else the channel's hint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.locales import DEFAULT, all_locales

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

LOCALES = list(all_locales())
# Sentences that a session in any other locale must follow.
CLEAR = [
    ("my boss took my passport and does not pay me", "en"),
    ("hello i need help please", "en"),
    ("mi jefe me quitó el pasaporte y no me paga", "es"),
    ("hola necesito ayuda por favor", "es"),
    ("no me pagan hace 3 meses", "es"),
    ("mon patron a pris mon passeport et ne me paie pas", "fr"),
    ("bonjour j'ai besoin d'aide", "fr"),
    ("on ne me paie pas depuis 3 mois", "fr"),
    ("صاحب العمل أخذ جواز سفري ولا يدفع لي", "ar"),
    ("مرحبا", "ar"),
    ("ساعدوني", "ar"),
    ("3ayza mosa3da el modir khad el passport beta3i", "ar"),
    ("ana mesh 3aref a3mel eh", "ar"),
]
# What says nothing of a language: the session stays as it is.
SILENT = ["123", "1", "😀😀", "?!", "...", "", "+1 202 555 0123", "👍🏽"]
# Short words that several languages share: the session stays as it is.
SHARED = ["ok", "taxi", "visa", "passport", "hotel", "no"]


def _session(locale: str) -> dict[str, Any]:
    return {"slots": {"locale": locale}, "loop": None, "events": []}


@pytest.mark.parametrize(("text", "locale"), CLEAR)
def test_a_clear_sentence_is_answered_in_its_language(text: str, locale: str, engine: Engine) -> None:
    assert engine.understand(text).locale == locale


@pytest.mark.parametrize(("text", "locale"), [case for case in CLEAR if len(case[0].split()) >= 4 or not case[0].isascii()])
def test_a_session_in_another_language_follows_a_clear_sentence(text: str, locale: str, engine: Engine) -> None:
    """A script that one language alone uses is clear in one word."""
    assert {engine.understand(text, _session(current)).locale for current in LOCALES} == {locale}


@pytest.mark.parametrize("text", SILENT)
@pytest.mark.parametrize("current", LOCALES)
def test_digits_and_emoji_change_nothing(text: str, current: str, engine: Engine) -> None:
    assert engine.understand(text, _session(current)).locale == current
    assert engine.understand(text, None, {"locale_hint": current}).locale == current
    assert engine.understand(text).locale == DEFAULT


@pytest.mark.parametrize("text", SHARED)
@pytest.mark.parametrize("current", LOCALES)
def test_a_word_that_languages_share_does_not_switch_a_session(text: str, current: str, engine: Engine) -> None:
    assert engine.understand(text, _session(current)).locale == current


@pytest.mark.parametrize("text", ["ok", "taxi", "hotel"])
@pytest.mark.parametrize("hint", ["es", "fr"])
def test_the_app_s_language_decides_where_the_first_text_says_nothing(text: str, hint: str, engine: Engine) -> None:
    assert engine.understand(text, None, {"locale_hint": hint}).locale == hint


@pytest.mark.parametrize(("text", "locale"), CLEAR)
def test_a_clear_sentence_weighs_more_than_the_app_s_language(text: str, locale: str, engine: Engine) -> None:
    other = next(code for code in LOCALES if code != locale)
    assert engine.understand(text, None, {"locale_hint": other}).locale == locale


def test_the_session_weighs_more_than_the_app_s_language(engine: Engine) -> None:
    assert engine.understand("ok", _session("es"), {"locale_hint": "fr"}).locale == "es"


@pytest.mark.parametrize("hint", ["xx", "de", ""])
def test_a_language_that_is_not_served_is_no_hint(hint: str, engine: Engine) -> None:
    assert engine.understand("hello i need help please", None, {"locale_hint": hint}).locale == "en"


def test_a_few_foreign_letters_do_not_make_another_language(engine: Engine) -> None:
    assert engine.understand("my boss took my passport, he said خلاص", _session("en")).locale == "en"
    assert engine.understand("صاحب العمل أخذ passport ولا يدفع لي", _session("en")).locale == "ar"
