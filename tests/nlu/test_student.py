"""The student encodes what the universal encoder does not know, near to its meaning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.errors import DataError
from bot.nlu.arrays import Floats
from bot.nlu.encoder import WIDTH, encode, is_for_student
from bot.nlu.experts import columns_of
from bot.nlu.student import read_student, student

# Written for this test; none stands in the teaching texts.
SAME = {
    "uk": [
        ("де мені переночувати сьогодні", "where can i sleep tonight"),
        ("скільки коштує квиток", "how much is a ticket"),
    ],
    "ro": [("unde pot dormi in noaptea asta", "where can i sleep tonight"), ("cât costă un bilet de autobuz", "how much is a bus ticket")],
    "vi": [("tối nay tôi ngủ ở đâu", "where can i sleep tonight"), ("vé xe buýt giá bao nhiêu", "how much is a bus ticket")],
    "fil": [("saan ako matutulog ngayong gabi", "where can i sleep tonight"), ("magkano ang tiket ng bus", "how much is a bus ticket")],
    "hi": [("आज रात मैं कहाँ सोऊँ", "where can i sleep tonight"), ("बस का टिकट कितने का है", "how much is a bus ticket")],
}


def _vector(text: str) -> Floats:
    return student().vector(student().impression(np.unique(np.array(columns_of(text), dtype=np.int64))))


@pytest.mark.parametrize("locale", SAME)
def test_a_text_lies_nearer_to_its_own_english_than_to_the_others(locale: str) -> None:
    given = np.stack([_vector(text) for text, _ in SAME[locale]])
    likeness = given @ encode([english for _, english in SAME[locale]]).T
    assert likeness[0, 0] > likeness[0, 1] + 0.1
    assert likeness[1, 1] > likeness[1, 0] + 0.1


def test_hindi_in_latin_letters_means_what_it_means_in_its_own() -> None:
    native, latin = (_vector(text) for text in ("मुझे वकील चाहिए", "mujhe vakil chahiye"))
    assert float(native @ latin) > 0.7


@pytest.mark.parametrize("text", ["", "😀", "x" * 5000])
def test_any_text_has_a_vector(text: str) -> None:
    vector = _vector(text)
    assert vector.shape == (WIDTH,)
    assert np.isfinite(vector).all()


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("my boss took it", "en", False),
        ("أخذ جوازي", "ar", False),
        ("khad el passport beta3i", "ar", True),
        ("我没有地方住", "zh_Hans", False),
        ("wo mei you di fang zhu", "zh_Hans", True),
        ("nachalnik zabral pasport", "ru", True),
        ("начальник забрал паспорт", "ru", False),
        ("начальник забрав паспорт", "uk", True),
        ("amo kinuha passport ko", "fil", True),
        ("123", "en", False),
    ],
)
def test_the_student_gets_what_the_universal_encoder_cannot_read(text: str, locale: str, expected: bool) -> None:
    assert is_for_student(text, locale) == expected


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
