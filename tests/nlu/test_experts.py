"""Letter features and the two experts: what is kept in the model is what was learnt, and one text is judged as many are."""

from __future__ import annotations

import io
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from bot.nlu.arrays import softmax
from bot.nlu.experts import COLUMNS, LetterFeatures, TwoExperts, columns_of, each_against_the_rest, letter_pieces, matrix
from bot.nlu.text import fold
from tests.nlu.vectors import encode

TEXTS = {
    "pay": ["they do not pay me", "no wages for three months", "my boss keeps my salary", "لم يدفعوا لي", "no me pagan"],
    "papers": ["he took my passport", "they keep my papers", "my passport is gone", "أخذ جوازي", "me quitaron el pasaporte"],
    "shelter": ["i need a bed tonight", "a safe place to sleep", "nowhere to stay", "أحتاج مكانا", "necesito donde dormir"],
}
LABELS = [label for label, texts in TEXTS.items() for _ in texts]
ALL = [text for texts in TEXTS.values() for text in texts]


@pytest.fixture(scope="module")
def letters() -> LetterFeatures:
    """Pieces of the texts above."""
    return LetterFeatures.fit(ALL)[0]


@pytest.fixture(scope="module")
def experts(letters: LetterFeatures) -> TwoExperts:
    """Trained on the texts above."""
    rows = matrix([letters.row(text) for text in ALL])
    return TwoExperts.train(rows, encode(ALL), LABELS, vector_weight=0.5, letter_weight=5.0)


def _kept(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Arrays as they come back out of a file, read without pickle."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    file.seek(0)
    with np.load(file, allow_pickle=False) as read:
        return {name: read[name] for name in read.files}


def test_pieces_lie_inside_words_and_pairs_of_words() -> None:
    pieces = set(letter_pieces(fold("No me PAGAN")))
    assert {"p", "pag", "pagan", " paga", "agan ", "=pagan", "=no me", "=me pagan"} <= pieces
    assert "o m" not in pieces


def test_a_piece_has_the_same_column_in_every_process_and_its_place_among_the_columns() -> None:
    """The weights of a model and of the student hang on it."""
    assert columns_of("no")[:3] == [crc32(piece.encode()) % COLUMNS for piece in (" ", "n", "o")]
    assert all(0 <= column < COLUMNS for column in columns_of("أخذ جوازي, they took it 😀"))


def test_texts_that_mean_the_same_in_another_script_share_columns() -> None:
    for native, latin in (("допоможіть", "dopomozhit"), ("мой паспорт", "moy pasport"), ("मालिक", "malik"), ("老板", "lao ban")):
        assert len(set(columns_of(native)) & set(columns_of(latin))) > len(set(columns_of(latin))) * 0.6, native


def test_what_many_texts_hold_weighs_less() -> None:
    weights = LetterFeatures.fit(["abc", "abd", "xyz"])[0].weights
    common, rare = (crc32(piece.encode()) % COLUMNS for piece in ("ab", "xyz"))
    assert 1 < weights[common] < weights[rare]


def test_a_row_has_length_one_and_each_column_once(letters: LetterFeatures) -> None:
    columns, values = letters.row("they do not pay me, not at all")
    assert len(columns) == len(set(columns.tolist()))
    assert float(values @ values) == pytest.approx(1.0, abs=1e-5)


def test_an_empty_text_has_an_empty_row(letters: LetterFeatures) -> None:
    columns, values = letters.row("")
    assert len(columns) == len(values) == 0


def test_a_matrix_has_the_rows_it_was_made_of(letters: LetterFeatures) -> None:
    rows = [letters.row(text) for text in [*ALL, ""]]
    sparse = matrix(rows)
    assert sparse.shape == (len(ALL) + 1, COLUMNS)
    for (columns, values), line in zip(rows, sparse, strict=True):
        dense = line.toarray()[0]
        assert np.array_equal(dense[columns], values)
        assert dense.sum() == pytest.approx(values.sum(), abs=1e-4)


def test_probabilities_are_probabilities(letters: LetterFeatures, experts: TwoExperts) -> None:
    for text in ["no me pagan", "", "unseen words entirely", "أخذ جوازي"]:
        chances = experts.probabilities(letters.row(text), encode([text])[0])
        assert chances.shape == (3,)
        assert float(chances.sum()) == pytest.approx(1.0, abs=1e-5)
        assert (chances >= 0).all()


def test_one_text_is_judged_as_the_whole_matrix_is(letters: LetterFeatures, experts: TwoExperts) -> None:
    rows, vectors = [letters.row(text) for text in ALL], encode(ALL)
    all_rows: csr_matrix = matrix(rows)
    by_letters = all_rows @ experts.by_letters[0].astype(np.float32) + experts.by_letters[1]
    by_vector = np.log(softmax(experts.by_vector.scores(vectors)) + 1e-9)
    together = softmax(experts.vector_weight * by_vector + experts.letter_weight * by_letters)
    one_by_one = np.stack([experts.probabilities(row, vector) for row, vector in zip(rows, vectors, strict=True)])
    assert np.allclose(together, one_by_one, atol=1e-4)


def test_the_experts_learn_what_they_are_shown(letters: LetterFeatures, experts: TwoExperts) -> None:
    assert experts.labels == sorted(TEXTS)
    given = [experts.labels[int(experts.probabilities(letters.row(text), encode([text])[0]).argmax())] for text in ALL]
    assert given == LABELS


def test_the_experts_come_back_as_they_were(letters: LetterFeatures, experts: TwoExperts) -> None:
    back = TwoExperts.from_arrays(_kept(experts.to_arrays()))
    assert back.labels == experts.labels
    for text in ALL:
        row, vector = letters.row(text), encode([text])[0]
        assert np.array_equal(back.probabilities(row, vector), experts.probabilities(row, vector))


@pytest.mark.parametrize("classes", [3, 4, 5])
def test_classes_fitted_in_halves_are_fitted_as_all_at_once(classes: int, letters: LetterFeatures) -> None:
    rows, numbers = matrix([letters.row(text) for text in ALL]), np.arange(len(ALL)) % classes
    weights, intercepts = each_against_the_rest(rows, numbers, classes, strength=1.0, weights={0: 0.5})
    whole = LinearSVC(C=1.0, tol=0.001, random_state=0, class_weight={0: 0.5}).fit(rows, numbers)
    assert np.allclose(rows @ weights.astype(np.float32) + intercepts, whole.decision_function(rows), atol=0.1)
