"""Two linear experts over one text: one sees the sentence vector, the other the letters. Mixed, not concatenated.

The sentence encoder carries meaning across languages; letters carry spelling, dialect and languages that the encoder does
not know. Put side by side in one model each drowns the other, so each gets its own model and their opinions are added up: the
log-probabilities of a logistic regression on vectors, the margins of a linear support vector machine on letters (better and
ten times faster to fit there than logistic regression; measured on the development texts).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bot.nlu.text import fold

Floats = NDArray[np.float32]
Row = tuple[NDArray[np.int64], Floats]  # columns and values of a text's letter features


def letter_pieces(text: str, shortest: int = 1, longest: int = 5) -> Iterable[str]:
    """Pieces of `shortest` to `longest` letters inside each word (its ends marked by a space), and pairs of words."""
    words = fold(text).split()
    for word in words:
        padded = f" {word} "
        for size in range(shortest, longest + 1):
            for start in range(max(1, len(padded) - size + 1)):
                yield padded[start : start + size]
        yield f"={word}"
    for left, right in pairwise(words):
        yield f"={left} {right}"


@dataclass
class LetterFeatures:
    """Tf-idf over letter pieces.

    Attributes:
        vocabulary: piece to column.
        weights: inverse document frequency, one a column.
    """

    vocabulary: dict[str, int]
    weights: Floats

    @classmethod
    def fit(cls, texts: Sequence[str], seen_at_least: int = 2) -> LetterFeatures:
        """Learns the pieces that at least `seen_at_least` of the texts hold."""
        seen = Counter(piece for text in texts for piece in set(letter_pieces(text)))
        kept = sorted(piece for piece, count in seen.items() if count >= seen_at_least)
        weights = np.array([np.log((1 + len(texts)) / (1 + seen[p])) + 1 for p in kept], dtype=np.float32)
        return cls({piece: column for column, piece in enumerate(kept)}, weights)

    def row(self, text: str) -> Row:
        """Columns and values of one text, length 1."""
        counts = Counter(column for piece in letter_pieces(text) if (column := self.vocabulary.get(piece)) is not None)
        columns = np.fromiter(counts, dtype=np.int64, count=len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * self.weights[columns]
        length = np.sqrt(float(values @ values))
        return columns, (values / length if length else values).astype(np.float32)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as plain arrays, for `numpy.savez`; no pickle."""
        pieces = "\n".join(self.vocabulary).encode("utf-8")
        return {"pieces": np.frombuffer(pieces, dtype=np.uint8), "piece_weights": self.weights}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> LetterFeatures:
        """The features that `to_arrays` was made of."""
        pieces = arrays["pieces"].tobytes().decode("utf-8").split("\n")
        return cls({piece: column for column, piece in enumerate(pieces)}, np.asarray(arrays["piece_weights"], np.float32))


def matrix(rows: Sequence[Row], width: int) -> csr_matrix:
    """Rows of `LetterFeatures.row` as one sparse matrix, shape (rows, width)."""
    starts = np.cumsum([0] + [len(columns) for columns, _ in rows])
    indices = np.concatenate([columns for columns, _ in rows])
    return csr_matrix((np.concatenate([values for _, values in rows]), indices, starts), shape=(len(rows), width))


def softmax(scores: Floats) -> Floats:
    """Probabilities over the last axis."""
    scaled = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True), dtype=np.float32)


@dataclass
class TwoExperts:
    """A classifier of texts by sentence vector and by letters.

    Attributes:
        labels: the classes, in the order of the columns.
        by_vector: weights (512, classes) and intercepts (classes).
        by_letters: weights (pieces, classes), as half floats to save memory, and intercepts (classes).
        vector_weight: what the vector expert's log-probabilities are multiplied by.
        letter_weight: what the letter expert's margins are multiplied by.
    """

    labels: list[str]
    by_vector: tuple[Floats, Floats]
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
        vector_strength: float = 10.0,
        letter_strength: float = 0.5,
        weight: Mapping[str, float] | None = None,
    ) -> TwoExperts:
        """Fits both experts.

        Args:
            rows: letter features of the examples, see `matrix`.
            vectors: their sentence vectors, shape (examples, 512).
            labels: their classes, at least three different ones.
            vector_weight, letter_weight: see the class.
            vector_strength, letter_strength: inverse regularisation (scikit-learn's `C`) of each expert.
            weight: extra weight by class; 1 where absent.
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.svm import LinearSVC

        classes = sorted(set(labels))
        numbers = np.array([classes.index(label) for label in labels])
        weights = np.array([(weight or {}).get(label, 1.0) for label in labels])
        vector_model = LogisticRegression(C=vector_strength, max_iter=300, tol=1e-3).fit(vectors, numbers, sample_weight=weights)
        letter_model = LinearSVC(C=letter_strength, random_state=0).fit(rows, numbers, sample_weight=weights)
        return cls(
            classes,
            (vector_model.coef_.T.astype(np.float32), vector_model.intercept_.astype(np.float32)),
            (np.ascontiguousarray(letter_model.coef_.T, dtype=np.float16), letter_model.intercept_.astype(np.float32)),
            vector_weight,
            letter_weight,
        )

    def probabilities(self, row: Row, vector: Floats) -> Floats:
        """Probability of each label for one text.

        Args:
            row: its letter features.
            vector: its sentence vector, shape (512,).
        Returns:
            Shape (classes,).
        """
        columns, values = row
        letter_scores = values @ self.by_letters[0][columns].astype(np.float32) + self.by_letters[1]
        vector_scores = softmax(vector @ self.by_vector[0] + self.by_vector[1])
        return softmax(self.vector_weight * np.log(vector_scores + 1e-9) + self.letter_weight * letter_scores)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as plain arrays, for `numpy.savez`; no pickle."""
        return {
            "labels": np.array(self.labels),
            "vector_weights": self.by_vector[0],
            "vector_intercepts": self.by_vector[1],
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
            (arrays["vector_weights"], arrays["vector_intercepts"]),
            (arrays["letter_weights"], arrays["letter_intercepts"]),
            vector_weight,
            letter_weight,
        )
