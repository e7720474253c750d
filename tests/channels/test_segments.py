"""Encoding, counting and folding of SMS, held against Twilio's own calculator (tests/peers/twilio)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.segments import (
    GSM_7,
    LONGEST_BODY,
    MOST_SEGMENTS,
    UCS_2,
    SmsShape,
    fold_for_gsm7,
    is_gsm7,
    measure,
    render,
    smart_encode,
    split,
)
from bot.conversation.messages import Choice
from bot.locales import all_locales

PEERS = Path(__file__).parents[1] / "peers" / "twilio"
LOCALES = list(all_locales())


def _peer(name: str) -> Any:
    return json.loads((PEERS / name).read_text(encoding="utf-8"))


CASES = [*_peer("segments.json")["cases"], *_peer("segments-random.json")["cases"]]
SMART = {chr(int(code, 16)): plain for code, plain in _peer("smart-encoding.json")["table"].items()}


def _choices(*titles: str) -> tuple[Choice, ...]:
    """Choices 1, 2, ... and the last one 0, the person."""
    digits = [*(str(number) for number in range(1, len(titles))), "0"]
    return tuple(Choice(digit, title, f"1:{digit}") for digit, title in zip(digits, titles, strict=True))


def _measured(text: str) -> dict[str, object]:
    measured = measure(text)
    return {"encoding": measured.encoding, "segments": measured.segments, "chars": measured.chars}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_counts_as_twilio_counts(case: dict[str, Any]) -> None:
    assert _measured(case["text"]) == case["plain"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_smart_encoding_counts_as_twilio_counts(case: dict[str, Any]) -> None:
    assert _measured(smart_encode(case["text"])) == case["smart"]


def test_smart_encoding_is_twilios_table_and_touches_nothing_else() -> None:
    everything = [chr(code) for code in range(0x11000) if not 0xD800 <= code < 0xE000]
    assert {letter: smart_encode(letter) for letter in everything if smart_encode(letter) != letter} == SMART


@pytest.mark.parametrize(
    ("text", "locale", "folded"),
    [
        ("¿Está a salvo? Responda aquí", "es", "¿Esta a salvo? Responda aqui"),
        ("Esta\u0301 aqui\u0301", "es", "Esta aqui"),
        ("Ça va, garçon ? Où êtes-vous\u202f?", "fr", "Ça va, garcon ? Où etes-vous ?"),
        ("L’œuvre – «\u00a0là\u00a0»…", "fr", 'L\'oeuvre - " là "...'),
        ("It’s “safe” — now", "en", 'It\'s "safe" - now'),
        ("Call 1\u2011888\u2011373\u20117888, 24\u00a0h", "en", "Call 1-888-373-7888, 24 h"),
        ("Tab\there\r\nand \x00\x0b\x1fthere", "en", "Tab here\nand there"),
        # An accent is not dropped where it buys nothing: an emoji or another script keeps the message in UCS-2 anyway.
        ("Está aquí 🙏", "es", "Está aquí 🙏"),
        ("Está – اتصل", "es", "Está - اتصل"),
        ("اتصل الآن – “911”…", "ar", 'اتصل الآن - "911"...'),
        # What belongs to a script stays: the joiner of Persian, the punctuation of Chinese, decomposed marks.
        ("می\u200cخواهم", "fa", "می\u200cخواهم"),
        ("Mɔ\u0303 na “yɔ\u0302”", "fr", 'Mɔ\u0303 na "yɔ\u0302"'),
        ("你好，请联系我们。", "zh_Hans", "你好，请联系我们。"),
        # A letter that the language does not write itself stands in a name, which is known without its accent.
        ("Spain: Ley Orgánica 4/2000, Málaga, Côte d'Ivoire", "en", "Spain: Ley Organica 4/2000, Malaga, Cote d'Ivoire"),
        ("Świnoujście, São Tomé", "es", "Swinoujscie, Sao Tomé"),
        ("art. 16\u00b9", "en", "art. 16\u00b9"),
        # Vietnamese means something else without its marks.
        ("Không có", "vi", "Không có"),
    ],
)
def test_folds(text: str, locale: str, folded: str) -> None:
    assert fold_for_gsm7(text, locale) == folded


@pytest.mark.parametrize("locale", LOCALES)
def test_the_folds_of_a_locale_lead_into_gsm7(locale: str) -> None:
    for letter, plain in (all_locales()[locale].gsm7_fold or {}).items():
        assert not is_gsm7(letter), f"{letter} costs nothing: leave it as it is"
        assert is_gsm7(plain)


def test_choices_that_are_too_long_are_cut_too() -> None:
    body = render("Call 112.", _choices(*["word " * 80] * 10), "en")
    assert LONGEST_BODY - 20 < len(body) <= LONGEST_BODY


@given(st.text(alphabet=[*SMART, *"abc 123.\n", *"\u2011\u2212\u00ad"]), st.sampled_from(LOCALES))
def test_no_typographic_character_forces_ucs2(text: str, locale: str) -> None:
    assert is_gsm7(fold_for_gsm7(text, locale))


@pytest.mark.parametrize(
    ("text", "choices", "fits"),
    [
        ("", (), True),
        ("a" * 459, (), True),
        ("a" * 460, (), False),
        ("€" * 228, (), True),
        ("€" * 229, (), False),
        ("“" * 459, (), True),
        ("ش" * 268, (), True),
        ("ش" * 269, (), False),
        ("a" * 449, _choices("A person"), False),
        ("a" * 448, _choices("A person"), True),
        # One letter outside GSM-7 in a title makes the whole of it UCS-2.
        ("a" * 300, _choices("Люди"), False),
    ],
)
def test_fits_three_segments_in_gsm7_and_four_in_ucs2(text: str, choices: tuple[Choice, ...], fits: bool) -> None:
    assert SmsShape().fits(text, choices, "en") is fits


def test_what_fits_goes_out_within_the_limit() -> None:
    text = "Está aquí. " * 41
    assert SmsShape().fits(text, (), "es")
    assert measure(render(text, (), "es")).segments <= MOST_SEGMENTS[GSM_7]
    assert measure(text).segments > MOST_SEGMENTS[UCS_2]


def test_renders_one_line_for_each_choice_with_the_person_last() -> None:
    person, shelter, lawyer = Choice("0", "Une personne", "1:0"), Choice("1", "Hébergement", "1:1"), Choice("2", "Un avocat", "1:2")
    assert render("Que cherchez-vous ?", (person, shelter, lawyer), "fr") == (
        "Que cherchez-vous ?\n1 Hébergement\n2 Un avocat\n0 Une personne"
    )


@pytest.mark.parametrize("word", ["Call 911. ", "اتصل الآن. ", "🙏🏽", "长"])
def test_cuts_what_is_too_long_for_twilio_and_keeps_the_choices(word: str) -> None:
    body = render("Call 112. " + word * 1600, _choices("Shelter", "A person"), "en")
    assert len(body.encode("utf-16-le")) // 2 <= LONGEST_BODY
    assert len(body.encode("utf-16-le")) // 2 > LONGEST_BODY - 20
    assert body.startswith("Call 112. ")
    assert body.endswith("\n1 Shelter\n0 A person")


@given(
    st.text(max_size=3000),
    st.lists(st.text(min_size=1, max_size=300), max_size=10),
    st.sampled_from(LOCALES),
)
def test_a_body_is_never_too_long_nor_beyond_xml(text: str, titles: list[str], locale: str) -> None:
    body = render(text, _choices(*titles) if titles else (), locale)
    assert len(body.encode("utf-16-le")) // 2 <= LONGEST_BODY
    assert all(letter in "\n" or " " <= letter not in "\ufffe\uffff" for letter in body)


SENTENCE = "You can leave the house at any time. "
ARABIC_SENTENCE = "يمكنك مغادرة المنزل في أي وقت. "


def _bare(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("text", ["ok", "a" * 459, "ش" * 268])
def test_what_fits_is_not_split(text: str) -> None:
    assert split(text, (), "en") == [render(text, (), "en")]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (SENTENCE * 26, 3),
        (ARABIC_SENTENCE * 30, 4),
        ("a" * 1000, 3),
        ("我在这里等你。" * 100, 3),
        ("🙏🏽" * 100, 2),
        ("नमस्ते " * 100, 3),
    ],
)
def test_a_long_text_goes_out_as_few_bodies_of_which_each_fits_and_nothing_is_lost(text: str, parts: int) -> None:
    bodies = split(text, (), "en")
    assert len(bodies) == parts
    assert all(SmsShape().fits(body, (), "en") for body in bodies)
    assert _bare("".join(bodies)) == _bare(render(text[:800], (), "en")) + _bare(render(text[800:], (), "en"))


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (f"{SENTENCE * 8}\n\n{SENTENCE * 2}\n{SENTENCE * 9}", SENTENCE * 8),
        (f"{SENTENCE * 10}\n{SENTENCE * 9}", SENTENCE * 10),
        (f"{SENTENCE * 2}\n\n{SENTENCE * 20}", f"{SENTENCE * 2}\n\n{SENTENCE * 10}"),
        (f"{SENTENCE * 11}You can also go at night {SENTENCE * 5}", SENTENCE * 11),
        ("word " * 200, "word " * 92),
        ("word " * 88 + "call +44 20 7946 0018 or come " + "word " * 20, "word " * 88 + "call"),
        ("x" * 1000, "x" * 459),
        ("我在这里等你。" * 100, "我在这里等你。" * 38),
    ],
)
def test_a_long_text_is_cut_at_the_best_place(text: str, first: str) -> None:
    assert split(text, (), "zh_Hans" if "我" in text else "en")[0] == first.strip()


def test_a_character_is_never_cut() -> None:
    family = "👩‍👩‍👧"
    for body in split(family * 200, (), "en"):
        assert body == family * (len(body) // len(family))


def test_one_letter_outside_gsm7_costs_only_the_part_that_has_it() -> None:
    bodies = split(SENTENCE * 12 + "🙏 " + SENTENCE * 12, (), "en")
    assert [measure(body).encoding for body in bodies] == [GSM_7, UCS_2, GSM_7]


def test_the_choices_come_with_the_last_part_and_alone_where_they_need_all_the_room() -> None:
    few, many = _choices("Shelter", "A person"), _choices(*("A place for women and children in the city" for _ in range(8)), "A person")
    *before, last = split(SENTENCE * 26, few, "en")
    assert last.startswith("You can") and last.endswith("\n1 Shelter\n0 A person")
    assert not any("Shelter" in body for body in before)
    first, second = split(SENTENCE * 12, many, "en")
    assert first == (SENTENCE * 12).strip()
    assert second.splitlines() == [f"{digit} {title}" for digit, title in ((choice.digit, choice.title) for choice in many)]


@given(st.text(max_size=1500), st.sampled_from(LOCALES))
def test_whatever_is_split_each_body_fits(text: str, locale: str) -> None:
    assert all(SmsShape().fits(body, (), locale) for body in split(text, _choices("A person"), locale))
