"""One spelling for what a person types in many ways, in bounded time."""

from __future__ import annotations

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.text import clauses, clean, fold

MOST = 751  # characters that a text is cut to: its head, a space, its tail


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("  he   took\tmy \n passport ", "he took my passport"),
        ("he\u200b took\u200d my\ufeff pass\u00adport", "he took my passport"),
        ("he\x00 took\x07my\x1bpassport", "he took my passport"),
        ("\u202ehe took my passport\u202c", "he took my passport"),
        ("\u2066he took\u2069 my passport", "he took my passport"),
        ("ｈｅｌｐ", "help"),
        ("ﬁne", "fine"),
        ("①", "1"),
        ("he took my pa\udcffssport", "he took my pa ssport"),
        ("help\ufe0f 😀\ufe0f", "help 😀"),
        ("\u061cمساعدة\u200f", "مساعدة"),
        ("", ""),
        ("\u200b\u200e", ""),
        ("\ue000\U0010ffff", ""),
    ],
)
def test_invisible_and_control_characters_go(written: str, cleaned: str) -> None:
    assert clean(written) == cleaned


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("AYÚDAME", "ayudame"),
        ("À l'aide !!!!!", "a l'aide !!"),
        ("heeeeelp", "heelp"),
        ("ñandú", "nandu"),
        ("مُسَاعَدَة", "مساعده"),
        ("مســـاعدة", "مساعده"),
        ("أإآٱ", "اا"),  # three letters that are one, and then one letter lengthened
        ("ساعدونى", "ساعدوني"),
        ("ؤئ", "وي"),
        ("گک", "كك"),
        ("İstanbul", "istanbul"),
        ("Straße", "straße"),
    ],
)
def test_spellings_become_one(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text(max_size=2000))
def test_any_text_becomes_one_short_line_of_visible_letters(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= MOST
    assert cleaned == cleaned.strip()
    assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in cleaned)
    assert clean(cleaned) == cleaned


PASTED = {
    "a contract": "a contract of work and more " * 3600,
    "one letter for eighteen": "ﷺ" * 33_000,
    "letters with marks": "e\u0301" * 33_000,
    "nothing visible": "\u200b" * 33_000,
    "commas": "a, " * 33_000,
    "one long word": "x" * 100_000,
    "question marks": "؟" * 50_000,
}


@pytest.mark.parametrize("pasted", PASTED.values(), ids=PASTED)
def test_a_hundred_kilobytes_do_not_make_it_slow(pasted: str) -> None:
    started = time.perf_counter()
    assert len(fold(pasted)) <= MOST
    assert sum(len(clause) for clause in clauses(pasted)) <= 3 * MOST
    assert time.perf_counter() - started < 1.0


def test_the_start_and_the_end_of_a_long_text_are_heard() -> None:
    text = "first words " + "x y " * 1000 + "he will kill me tonight"
    assert clean(text).startswith("first words")
    assert clean(text).endswith("he will kill me tonight")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("he took my passport", ["he took my passport"]),
        ("He took it. What now?", ["He took it.", "What now?"]),
        ("he took it\nwhat now", ["he took it what now"]),
        ("first, second، third", ["first,", "second،", "third"]),
        ("¿Qué hago? Tengo miedo…  mucho", ["¿Qué hago?", "Tengo miedo...", "mucho"]),
        ("", [""]),
        ("...", ["..."]),
        ("3.5 euros an hour", ["3.5 euros an hour"]),
    ],
)
def test_a_message_falls_into_clauses(text: str, parts: list[str]) -> None:
    assert clauses(text) == parts


def test_a_long_clause_is_read_through_windows_that_overlap_by_half() -> None:
    words = [f"w{number}" for number in range(30)]
    parts = [part.split() for part in clauses(" ".join(words))]
    assert all(len(part) <= 12 for part in parts)
    assert parts[0] == words[:12]
    assert parts[1] == words[6:18]
    assert {word for part in parts for word in part} == set(words)
    pairs = {(left, right) for part in parts for left, right in pairwise(part)}
    assert pairs == set(pairwise(words)), "no two neighbours are torn apart"
