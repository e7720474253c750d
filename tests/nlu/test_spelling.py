"""Spellings of one word meet, in whatever letters it is typed."""

from __future__ import annotations

import pytest

from bot.nlu.spelling import consonant_pieces, in_latin
from bot.nlu.text import clean, fold


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("मुझे बचाओ", "mujhe bachao"),
        ("मालिक ने पासपोर्ट ले लिया है", "malik ne pasport le liya hai"),
        ("ज़रूरी", "zaruri"),
        ("पैसा नहीं मिला।", "paisa nahi mila"),
        ("घर", "ghar"),
        ("я не знаю", "ya ne znayu"),
        ("вони забрали паспорт", "voni zabrali pasport"),
        ("щодня їду", "schodnya yidu"),
        ("救命", "jiu ming"),
        ("我的passport没了", "wo de passport mei le"),
    ],
)
def test_a_text_in_latin_letters_is_as_people_type_it(text: str, typed: str) -> None:
    assert in_latin(clean(text).lower()) == typed


@pytest.mark.parametrize("text", ["help me", "không biết đi đâu", "أخذ جوازي", "", "123 😀", "ελληνικά"])
def test_what_is_in_latin_or_arabic_letters_has_no_such_shadow(text: str) -> None:
    assert in_latin(text) is None


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("المدير", "el modir", "~=mdr"),
        ("خالص", "5ales", "~=xls"),
        ("please", "pls", "~=bls"),
        ("passport", "pasport", "~=bsbrt"),
        ("حرام", "7aram", "~=hrm"),
    ],
)
def test_spellings_of_a_word_share_their_consonants(one: str, other: str, shared: str) -> None:
    assert shared in consonant_pieces(fold(one))
    assert set(consonant_pieces(fold(one))) & set(consonant_pieces(fold(other)))


def test_pairs_of_words_count_and_other_scripts_have_no_consonants() -> None:
    assert "~=n b" not in consonant_pieces("не плотит")
    assert consonant_pieces("не плотит") == []
    assert "~=bs brt" in consonant_pieces("boss part")
