"""Two linear experts over one text: one sees the sentence vector, the other the letters. Mixed, not concatenated.

The sentence encoder carries meaning across languages; letters carry spelling, dialect and languages that the encoder does
not know. Put side by side in one model each drowns the other, so each gets its own model and their opinions are averaged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bot.nlu.text import fold

Floats = NDArray[np.float32]


def letter_pieces(text: str, shortest: int = 1, longest: int = 5) -> Iterable[str]:
    """Pieces of `shortest` to `longest` letters inside each word (its ends marked by a space), and pairs of words."""
    words = fold(text).split()
    for word in words:
        padded = f" {word} "
        for size in range(shortest, longest + 1):
            for start in range(max(1, len(padded) - size + 1)):
                yield padded[start : start + size]
        yield f"={word}"
    for left, right in zip(words, words[1:]):
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

    def row(self, text: str) -> tuple[NDArray[np.int64], Floats]:
        """Columns and values of one text, length 1."""
        counts = Counter(column for piece in letter_pieces(text) if (column := self.vocabulary.get(piece)) is not None)
        columns = np.fromiter(counts, dtype=np.int64, count=len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * self.weights[columns]
        length = np.sqrt(float(values @ values))
        return columns, (values / length if length else values).astype(np.float32)

    def matrix(self, texts: Sequence[str]) -> csr_matrix:
        """`row` of each text, shape (texts, columns)."""
        rows = [self.row(text) for text in texts]
        starts = np.cumsum([0] + [len(columns) for columns, _ in rows])
        indices = np.concatenate([columns for columns, _ in rows]) if rows else np.zeros(0, np.int64)
        values = np.concatenate([v for _, v in rows]) if rows else np.zeros(0, np.float32)
        return csr_matrix((values, indices, starts), shape=(len(texts), len(self.vocabulary)))


def softmax(scores: Floats) -> Floats:
    """Probabilities over the last axis."""
    scaled = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True), dtype=np.float32)


@dataclass
class TwoExperts:
    """A classifier of texts by sentence vector and by letters.

    Attributes:
        labels: the classes, in the order of the columns.
        letters: the letter features.
        by_vector: weights (512, classes) and intercepts (classes).
        by_letters: weights (pieces, classes) and intercepts (classes).
        mix: share of the letters' opinion, 0 to 1.
        sharpness: what the mixed log-probabilities are multiplied by; above 1 where the mixture is too modest.
    """

    labels: list[str]
    letters: LetterFeatures
    by_vector: tuple[Floats, Floats]
    by_letters: tuple[Floats, Floats]
    mix: float
    sharpness: float = 1.0

    @classmethod
    def train(
        cls,
        texts: Sequence[str],
        vectors: Floats,
        labels: Sequence[str],
        *,
        mix: float,
        sharpness: float = 1.0,
        vector_strength: float = 10.0,
        letter_strength: float = 10.0,
        weight: Mapping[str, float] | None = None,
    ) -> TwoExperts:
        """Fits both experts.

        Args:
            texts: the examples.
            vectors: their sentence vectors, shape (texts, 512).
            labels: their classes.
            mix: share of the letters' opinion.
            sharpness: see the class.
            vector_strength, letter_strength: inverse regularisation (scikit-learn's `C`) of each expert.
            weight: extra weight by class; 1 where absent.
        """
        from sklearn.linear_model import LogisticRegression

        letters = LetterFeatures.fit(texts)
        classes = sorted(set(labels))
        numbers = np.array([classes.index(label) for label in labels])
        weights = np.array([(weight or {}).get(label, 1.0) for label in labels])

        def fitted(features: object, strength: float) -> tuple[Floats, Floats]:
            model = LogisticRegression(C=strength, max_iter=300, tol=1e-3).fit(features, numbers, sample_weight=weights)
            if len(classes) == 2:  # scikit-learn keeps one column for two classes
                return (
                    np.concatenate([-model.coef_, model.coef_]).T.astype(np.float32),
                    np.concatenate([-model.intercept_, model.intercept_]).astype(np.float32),
                )
            return model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32)

        return cls(
            classes, letters, fitted(vectors, vector_strength), fitted(letters.matrix(texts), letter_strength), mix, sharpness
        )

    def _mixed(self, vector_scores: Floats, letter_scores: Floats) -> Floats:
        mixed = (1 - self.mix) * softmax(vector_scores) + self.mix * softmax(letter_scores)
        return softmax(self.sharpness * np.log(mixed + 1e-9))

    def probabilities(self, text: str, vector: Floats) -> Floats:
        """Probability of each label for one text and its sentence vector, shape (classes,)."""
        columns, values = self.letters.row(text)
        letter_scores = values @ self.by_letters[0][columns] + self.by_letters[1]
        return self._mixed(vector @ self.by_vector[0] + self.by_vector[1], letter_scores)

    def probabilities_of_all(self, texts: Sequence[str], vectors: Floats) -> Floats:
        """`probabilities` of many texts at once, shape (texts, classes)."""
        letter_scores = self.letters.matrix(texts) @ self.by_letters[0] + self.by_letters[1]
        return self._mixed(vectors @ self.by_vector[0] + self.by_vector[1], letter_scores)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Everything as plain arrays, for `numpy.savez`; no pickle."""
        pieces = "\n".join(self.letters.vocabulary).encode("utf-8")
        return {
            "labels": np.array(self.labels),
            "pieces": np.frombuffer(pieces, dtype=np.uint8),
            "piece_weights": self.letters.weights,
            "vector_weights": self.by_vector[0],
            "vector_intercepts": self.by_vector[1],
            "letter_weights": self.by_letters[0].astype(np.float16),
            "letter_intercepts": self.by_letters[1],
            "settings": np.array([self.mix, self.sharpness]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> TwoExperts:
        """The classifier that `to_arrays` was made of."""
        pieces = bytes(arrays["pieces"]).decode("utf-8").split("\n")  # type: ignore[arg-type]
        mix, sharpness = (float(value) for value in arrays["settings"])
        return cls(
            [str(label) for label in arrays["labels"]],
            LetterFeatures({piece: column for column, piece in enumerate(pieces)}, np.asarray(arrays["piece_weights"], np.float32)),
            (np.asarray(arrays["vector_weights"], np.float32), np.asarray(arrays["vector_intercepts"], np.float32)),
            (np.asarray(arrays["letter_weights"], np.float32), np.asarray(arrays["letter_intercepts"], np.float32)),
            mix,
            sharpness,
        )
