"""The universal encoder knows seven of the languages, in their own script; its student means the same by a vector."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.encoder import encode, is_for_student
from bot.nlu.student import WIDTH
from tests.nlu.vectors import encode as encode_by_student

PASSPORT = [
    "He took my passport",
    "me quitó el pasaporte",
    "il a pris mon passeport",
    "أخذ جواز سفري",
    "他拿走了我的护照",
    "он забрал мой паспорт",
]


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
def test_only_the_student_can_read_what_the_universal_encoder_was_not_taught(text: str, locale: str, expected: bool) -> None:
    assert is_for_student(text, locale) == expected


def test_vectors_have_length_one_and_mean_the_same_across_languages() -> None:
    vectors = encode([*PASSPORT, "what is the weather like"])
    assert vectors.shape == (7, WIDTH)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)
    assert (vectors[0] @ vectors[1:6].T > vectors[0] @ vectors[6]).all()


def test_the_student_gives_a_text_the_vector_that_its_teacher_gives_it() -> None:
    texts = [*PASSPORT, "what is the weather like"]
    likeness = encode_by_student(texts) @ encode(texts).T
    assert (np.diag(likeness) > 0.45).all()
    assert (np.diag(likeness)[:6] > likeness[:6, 6] + 0.2).all()


@pytest.mark.parametrize("text", ["", " ", "😀", "x" * 100_000, "\x00\ud800"])
def test_any_text_has_a_vector(text: str) -> None:
    assert np.isfinite(encode([text])).all()
