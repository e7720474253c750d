"""The student encodes texts of every language near to their meaning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.errors import DataError
from bot.locales import DEFAULT, all_locales
from bot.nlu.student import WIDTH, read_student
from tests.nlu.vectors import encode

# Written for this test; none stands in the teaching texts.
SAME = {
    "es": [("dónde puedo dormir esta noche", "where can i sleep tonight"), ("cuánto cuesta el boleto de bus", "how much is a bus ticket")],
    "fr": [
        ("où est-ce que je peux dormir ce soir", "where can i sleep tonight"),
        ("combien coûte un ticket de bus", "how much is a bus ticket"),
    ],
    "pt": [
        ("onde posso dormir esta noite", "where can i sleep tonight"),
        ("quanto custa a passagem de ônibus", "how much is a bus ticket"),
    ],
    "ar": [("أين أستطيع أن أنام الليلة", "where can i sleep tonight"), ("بكم تذكرة الحافلة", "how much is a bus ticket")],
    "zh_Hans": [("我今晚可以睡在哪里", "where can i sleep tonight"), ("公交车票多少钱", "how much is a bus ticket")],
    "ru": [("где мне переночевать сегодня", "where can i sleep tonight"), ("сколько стоит билет на автобус", "how much is a bus ticket")],
    "uk": [
        ("де мені переночувати сьогодні", "where can i sleep tonight"),
        ("скільки коштує квиток", "how much is a ticket"),
    ],
    "ro": [("unde pot dormi in noaptea asta", "where can i sleep tonight"), ("cât costă un bilet de autobuz", "how much is a bus ticket")],
    "vi": [("tối nay tôi ngủ ở đâu", "where can i sleep tonight"), ("vé xe buýt giá bao nhiêu", "how much is a bus ticket")],
    "fil": [("saan ako matutulog ngayong gabi", "where can i sleep tonight"), ("magkano ang tiket ng bus", "how much is a bus ticket")],
    "hi": [("आज रात मैं कहाँ सोऊँ", "where can i sleep tonight"), ("बस का टिकट कितने का है", "how much is a bus ticket")],
}


def test_every_language_is_shown() -> None:
    assert set(SAME) == set(all_locales()) - {DEFAULT}


@pytest.mark.parametrize("locale", SAME)
def test_a_text_lies_nearer_to_its_own_english_than_to_the_others(locale: str) -> None:
    given = encode([text for text, _ in SAME[locale]])
    likeness = given @ encode([english for _, english in SAME[locale]]).T
    assert likeness[0, 0] > likeness[0, 1] + 0.1
    assert likeness[1, 1] > likeness[1, 0] + 0.1


def test_hindi_in_latin_letters_means_what_it_means_in_its_own() -> None:
    native, latin = encode(["मुझे वकील चाहिए", "mujhe vakil chahiye"])
    assert float(native @ latin) > 0.7


def test_vectors_have_length_one_and_mean_the_same_across_languages() -> None:
    vectors = encode(
        ["He took my passport", "me quitó el pasaporte", "il a pris mon passeport", "أخذ جواز سفري", "what is the weather like"]
    )
    assert vectors.shape == (5, WIDTH)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
    alike, other = vectors[0] @ vectors[1:4].T, vectors[0] @ vectors[4]
    assert (alike > other).all()


@pytest.mark.parametrize("text", ["", " ", "😀", "x" * 100_000, "\x00\ud800"])
def test_any_text_has_a_vector(text: str) -> None:
    vectors = encode([text])
    assert vectors.shape == (1, WIDTH)
    assert np.isfinite(vectors).all()


def test_a_missing_or_damaged_file_stops_the_start_and_says_what_to_do(tmp_path: Path) -> None:
    damaged = tmp_path / "student.npz"
    for content in (None, b"not a file of arrays"):
        if content:
            damaged.write_bytes(content)
        with pytest.raises(DataError, match="make student"):
            read_student(damaged)
    np.savez(damaged, table=np.zeros((4, 2), np.int8), projection=np.zeros((2, WIDTH), np.float32))
    with pytest.raises(DataError, match="does not fit"):
        read_student(damaged)
