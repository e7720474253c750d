"""Two experts over one text: one sees the sentence vector, the other the letters. Mixed, not concatenated.

The sentence encoder carries meaning across languages; letters carry spelling, dialect and what the encoder was not taught. Put side by
side in one model each drowns the other, so each gets its own model and their opinions are added up: the log-probabilities of a small
network on vectors (see `bot.nlu.network`), the margins of a linear support vector machine on letters (better and ten times faster to
fit there than logistic regression; measured on the development texts).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bot.nlu.arrays import Floats, softmax
from bot.nlu.network import Network
from bot.nlu.parallel import shared_out
from bot.nlu.spelling import consonant_pieces, in_latin
from bot.nlu.text import clean, fold

_CLOSE = 0.2  # how near to its optimum the letter expert is brought: at 0.05 it took a fifth longer, and gave the same answers
COLUMNS = 1 << 18  # of letter features; twice as many were no better
Row = tuple[NDArray[np.int64], Floats]  # columns and values of a text's letter features


def letter_pieces(text: str, shortest: int = 1, longest: int = 5) -> Iterable[str]:
    """Of a folded text: pieces of `shortest` to `longest` letters inside each word (its ends marked by a space), and pairs of words."""
    words = text.split()
    for word in words:
        padded = f" {word} "
        for size in range(shortest, longest + 1):
            for start in range(max(1, len(padded) - size + 1)):
                yield padded[start : start + size]
        yield f"={word}"
    for left, right in pairwise(words):
        yield f"={left} {right}"


def columns_of(text: str) -> list[int]:
    """The column of each letter piece of a text and of its shadows (see `bot.nlu.spelling`). Pieces share a fixed number of columns
    by their hash, so that no vocabulary has to be kept: letters alone had macro-F1 0.888 with hashes, 0.876 with a vocabulary."""
    folded = fold(text)
    shadow = None if folded.isascii() else in_latin(clean(text).lower())
    pieces = [*letter_pieces(folded), *(letter_pieces(fold(shadow)) if shadow else ()), *consonant_pieces(folded)]
    return [crc32(piece.encode("utf-8", "surrogatepass")) % COLUMNS for piece in pieces]


def columns_of_each(texts: Sequence[str]) -> list[NDArray[np.int64]]:
    """The different columns of each text, in order."""
    return [np.array(sorted(set(columns_of(text))), dtype=np.int64) for text in texts]


def tally(text: str) -> Row:
    """The different columns of a text, and for each the logarithm of how often it occurs, plus 1."""
    counts = Counter(columns_of(text))
    often = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
    return np.fromiter(counts, dtype=np.int64, count=len(counts)), np.asarray(1 + np.log(often), dtype=np.float32)


def tally_of_each(texts: Sequence[str]) -> list[Row]:
    """`tally` of each of many texts."""
    return [tally(text) for text in texts]


@dataclass
class LetterFeatures:
    """Tf-idf over letter pieces.

    Attributes:
        weights: inverse document frequency, one a column.
    """

    weights: Floats

    @classmethod
    def fit(cls, texts: Sequence[str]) -> tuple[LetterFeatures, list[Row]]:
        """Learns how common each column is among the texts; gives their rows too."""
        tallies = shared_out(tally_of_each, texts)
        features = cls.of_rows(tallies)
        return features, [features.weighed(tally) for tally in tallies]

    @classmethod
    def of_rows(cls, rows: Sequence[Row]) -> LetterFeatures:
        """Learns how common each column is among the rows (weighed or not) of texts."""
        seen = np.zeros(COLUMNS, dtype=np.float32)
        for columns, _ in rows:
            seen[columns] += 1
        return cls((np.log((1 + len(rows)) / (1 + seen)) + 1).astype(np.float32))

    def row(self, text: str) -> Row:
        """Columns and values of one text, length 1."""
        return self.weighed(tally(text))

    def weighed(self, tally: Row) -> Row:
        """What `row` gives of the text that was tallied."""
        columns, values = tally
        values = values * self.weights[columns]
        length = np.sqrt(float(values @ values))
        return columns, (values / length if length else values).astype(np.float32)


def matrix(rows: Sequence[Row], width: int = COLUMNS) -> csr_matrix:
    """Rows of `LetterFeatures.row` as one sparse matrix, shape (rows, width)."""
    starts = np.cumsum([0] + [len(columns) for columns, _ in rows])
    indices = np.concatenate([columns for columns, _ in rows])
    return csr_matrix((np.concatenate([values for _, values in rows]), indices, starts), shape=(len(rows), width))


def each_against_the_rest(
    rows: csr_matrix, numbers: NDArray[np.int64], classes: int, *, strength: float, weights: Mapping[int, float] | None = None
) -> tuple[NDArray[np.float16], Floats]:
    """A linear support vector machine for each class against all others; half of the classes in each of two threads.

    Args:
        rows: letter features of the examples.
        numbers: the class of each, from 0 on.
        classes: how many there are.
        strength: inverse regularisation (scikit-learn's `C`).
        weights: extra weight of the examples of a class; 1 where absent.
    Returns:
        Weights, shape (width of the rows, classes), as half floats to save memory, and intercepts, shape (classes,).
    """
    from sklearn.svm import LinearSVC

    def fit(half: NDArray[np.int64]) -> tuple[Floats, Floats]:
        machine = LinearSVC(C=strength, tol=_CLOSE, random_state=0, class_weight={k: w for k, w in (weights or {}).items() if k in half})
        machine.fit(rows, np.where(np.isin(numbers, half), numbers, classes))  # all the others are one class: the last
        if len(half) == 1:  # of two classes it keeps the second one's weights only
            return -machine.coef_, -machine.intercept_
        return machine.coef_[: len(half)], machine.intercept_[: len(half)]

    with ThreadPoolExecutor(2) as pool:
        fitted = list(pool.map(fit, np.array_split(np.arange(classes), 2)))
    coefficients = np.concatenate([one for one, _ in fitted])
    return np.ascontiguousarray(coefficients.T, dtype=np.float16), np.concatenate([one for _, one in fitted]).astype(np.float32)


@dataclass
class TwoExperts:
    """A classifier of texts by sentence vector and by letters.

    Attributes:
        labels: the classes, in the order of the columns.
        by_vector: a network over sentence vectors.
        by_letters: weights (COLUMNS, classes), as half floats to save memory, and intercepts (classes).
        vector_weight: what the vector expert's log-probabilities are multiplied by.
        letter_weight: what the letter expert's margins are multiplied by.
    """

    labels: list[str]
    by_vector: Network
    by_letters: tuple[NDArray[np.float16], Floats]
    vector_weight: float
    letter_weight: float

    @classmethod
    def train(
        cls,
        rows: csr_matrix,
        vectors: Floats,
        labels: Sequence[str],
        *,
        vector_weight: float,
        letter_weight: float,
        letter_strength: float = 0.5,
    ) -> TwoExperts:
        """Fits both experts.

        Args:
            rows: letter features of the examples, see `matrix`.
            vectors: their sentence vectors, shape (examples, numbers).
            labels: their classes, at least three different ones.
            vector_weight, letter_weight: see the class.
            letter_strength: inverse regularisation (scikit-learn's `C`) of the letter expert.
        """
        classes = sorted(set(labels))
        numbers = np.array([classes.index(label) for label in labels])
        with ThreadPoolExecutor(1) as pool:  # both let go of Python's lock while they reckon
            by_letters = pool.submit(each_against_the_rest, rows, numbers, len(classes), strength=letter_strength)
            by_vector = Network.train(vectors, numbers, len(classes))
            letter_weights, letter_intercepts = by_letters.result()
        return cls(
            classes,
            by_vector,
            (letter_weights, letter_intercepts),
            vector_weight,
            letter_weight,
        )

    def probabilities(self, row: Row, vector: Floats) -> Floats:
        """Probability of each label for one text.

        Args:
            row: its letter features.
            vector: its sentence vector, shape (numbers,).
        Returns:
            Shape (classes,).
        """
        columns, values = row
        letter_scores = values @ self.by_letters[0][columns].astype(np.float32) + self.by_letters[1]
        vector_scores = softmax(self.by_vector.scores(vector))
        return softmax(self.vector_weight * np.log(vector_scores + 1e-9) + self.letter_weight * letter_scores)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as plain arrays, for `numpy.savez`; no pickle."""
        return {
            "labels": np.array(self.labels),
            **self.by_vector.to_arrays(),
            "letter_weights": self.by_letters[0],
            "letter_intercepts": self.by_letters[1],
            "settings": np.array([self.vector_weight, self.letter_weight]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> TwoExperts:
        """The classifier that `to_arrays` was made of."""
        vector_weight, letter_weight = (float(value) for value in arrays["settings"])
        return cls(
            [str(label) for label in arrays["labels"]],
            Network.from_arrays(arrays),
            (arrays["letter_weights"], arrays["letter_intercepts"]),
            vector_weight,
            letter_weight,
        )
