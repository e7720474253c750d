"""In which locale to answer: the one that is clearly written, else that of the session, else the channel's hint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.locales import DEFAULT, all_locales, locale_of

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
    ("meu patrão ficou com o meu passaporte e não me paga", "pt"),
    ("oi preciso de ajuda por favor", "pt"),
    ("老板拿走了我的护照", "zh_Hans"),
    ("救命", "zh_Hans"),
    ("laoban na zou le wo de huzhao bu gei gongqian", "zh_Hans"),
    ("начальник забрал паспорт и не платит", "ru"),
    ("nachalnik zabral pasport i ne platit", "ru"),
    ("начальник забрав паспорт і не платить", "uk"),
    ("допоможіть будь ласка мені ніде ночувати", "uk"),
    ("patronul mi-a luat pașaportul și nu mă plătește", "ro"),
    ("am nevoie de ajutor va rog", "ro"),
    ("ông chủ giữ hộ chiếu của tôi và không trả lương", "vi"),
    ("em khong biet di dau chi oi", "vi"),
    ("kinuha ng amo ko ang passport ko at hindi ako sinasahuran", "fil"),
    ("tulungan niyo po ako", "fil"),
    ("मालिक ने पासपोर्ट ले लिया और पैसे नहीं देता", "hi"),
    ("mujhe madad chahiye malik ne passport le liya", "hi"),
]
# In none of the twelve.
OUTSIDE = [
    "mein chef hat mir den pass weggenommen und zahlt nicht",
    "il padrone mi ha preso il passaporto e non mi paga da mesi",
    "szef zabrał mi paszport i nie płaci od miesięcy",
    "patronum pasaportumu aldı ve maaşımı vermiyor",
    "bosi wangu amechukua pasipoti yangu na halipi mshahara",
    "เจ้านายยึดหนังสือเดินทางของฉัน",
    "το αφεντικό μου πήρε το διαβατήριο",
    "ስልኬን ወሰደብኝ",
]
# Scripts that one locale alone is written in: one word is clear.
OF_ONE = {"Arabic", "Han", "Devanagari"}
# What says nothing of a language: the session stays as it is.
SILENT = ["123", "1", "😀😀", "?!", "...", "", "+1 202 555 0123", "👍🏽"]
# Short words that several languages share: the session stays as it is.
SHARED = ["ok", "taxi", "visa", "passport", "hotel", "no"]


def _session(locale: str) -> dict[str, Any]:
    return {"slots": {"locale": locale}, "loop": None, "events": []}


@pytest.mark.parametrize(("text", "locale"), CLEAR)
def test_a_clear_sentence_is_answered_in_its_language(text: str, locale: str, engine: Engine) -> None:
    assert engine.understand(text).locale == locale


@pytest.mark.parametrize(("text", "locale"), [case for case in CLEAR if len(case[0].split()) >= 4 or locale_of(case[1]).script in OF_ONE])
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


@pytest.mark.parametrize("text", OUTSIDE)
def test_a_language_that_is_none_of_ours_is_known_as_such(text: str, engine: Engine) -> None:
    understood = engine.understand(text)
    assert understood.outside
    assert not understood.acted or understood.urgency
    assert locale_of(understood.locale).script == "Latin" or not text.isascii()


@pytest.mark.parametrize(("text", "locale"), CLEAR)
def test_none_of_ours_is_taken_for_another_language(text: str, locale: str, engine: Engine) -> None:
    assert not engine.understand(text).outside


def test_who_writes_in_another_language_is_told_in_english_too_and_gets_the_hotline(engine: Engine) -> None:
    turn = engine.reply(OUTSIDE[0], None, {"country_hint": "US"})
    said = " ".join(block.text for block in turn.blocks)
    assert "I may not know your language well" in said
    assert said.count("I may not know your language well") == 1
    assert "1-888-373-7888" in said


def test_where_the_language_is_in_doubt_the_other_one_can_be_picked(engine: Engine) -> None:
    """Portuguese and Spanish at once; no session, no hint."""
    understood = engine.understand("ajuda ayuda")
    turn = engine.reply("ajuda ayuda", None)
    picks = [payload for _, payload in turn.options if payload.startswith("/choose_locale")]
    assert picks == ([f'/choose_locale{{"locale": "{understood.other_locale}"}}'] if understood.other_locale else [])
