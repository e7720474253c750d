"""Teaches the student encoder (bot/nlu/student.py) and writes data/encoder/student.npz; `make student`, some fifteen minutes on two cores.

The teacher is the universal encoder (bot/nlu/encoder.py). In languages that it does not know, and in other spellings of those that it
knows, texts are shown beside English ones of the same meaning: public pairs of sentences (data/encoder/pairs/) and our own training
texts with their English meaning (data/encoder/glosses/).
In languages that it knows, texts are shown beside themselves: public sentences (data/encoder/sentences/), the English sides of the
pairs, and our own training texts. What is asked of the student is the teacher's vector of the other side.
"""

from __future__ import annotations

import gzip
import random
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bot.knowledge.files import read_yaml
from bot.locales import all_locales
from bot.nlu.arrays import Floats
from bot.nlu.encoder import encode
from bot.nlu.experts import COLUMNS, columns_of_each
from bot.nlu.parallel import shared_out
from bot.nlu.student import WEIGHTS, WIDTH, Student
from bot.nlu.text import script_of
from bot.paths import DATA

NUMBERS = 96  # in a row of the student's table
ROUNDS = 7  # times that every text is shown
BATCH = 1024
STEP = 0.3  # of the table at first; it falls to nothing
PROJECTION_STEP = 0.006
GLOSSES_COUNT = 3  # our own texts are few, and they are what people write about here
CLIPPED = 99.95  # per cent of a column of the table that keep their value as whole numbers

Pair = tuple[str, str]  # a text in a language that the teacher knows; a text that is to have its vector


def public_pairs() -> list[Pair]:
    """The public pairs of all languages."""
    pairs = []
    for path in sorted((DATA / "encoder" / "pairs").glob("*.tsv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            pairs += [(english, text) for english, text, _ in (line.rstrip("\n").split("\t") for line in lines)]
    return pairs


def glosses() -> list[Pair]:
    """Training texts with their English meaning."""
    pairs = []
    for path in sorted((DATA / "encoder" / "glosses").glob("*.tsv")):
        pairs += [(english, text) for english, text in (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())]
    return pairs


def sentences() -> list[Pair]:
    """Public sentences in the languages that the teacher knows, beside themselves."""
    texts = {english for english, _ in public_pairs()}
    for path in sorted((DATA / "encoder" / "sentences").glob("*.tsv.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            texts |= {line.split("\t")[0] for line in lines}
    return [(text, text) for text in sorted(texts)]


def own_texts() -> list[Pair]:
    """Training texts in the languages that the teacher knows, as far as they are in their own script, beside themselves."""
    pairs = []
    for code, locale in all_locales().items():
        if locale.encoder == "universal":
            for path in sorted((DATA / "nlu" / code).glob("*.yml")):
                for block in read_yaml(path)["nlu"]:
                    texts = [line.removeprefix("- ") for line in block["examples"].splitlines()]
                    pairs += [(text, text) for text in texts if any(script_of(c) == locale.script for c in text)]
    return pairs


def features(texts: list[str]) -> csr_matrix:
    """Which columns each text has, shape (texts, COLUMNS)."""
    rows = shared_out(columns_of_each, texts)
    starts = np.cumsum([0] + [len(row) for row in rows])
    values = np.concatenate([np.full(len(row), 1 / max(len(row), 1) ** 0.5, dtype=np.float32) for row in rows])
    return csr_matrix((values, np.concatenate(rows), starts), shape=(len(texts), COLUMNS))


class Lessons:
    """Stochastic gradient descent on one minus the cosine: AdaGrad for the table, whose rows are seen seldom, Adam for the projection."""

    def __init__(self) -> None:
        chance = np.random.default_rng(0)
        self.table = (chance.standard_normal((COLUMNS, NUMBERS)) * 0.1).astype(np.float32)
        self.projection = (chance.standard_normal((NUMBERS, WIDTH)) / NUMBERS**0.5).astype(np.float32)
        self._squares = np.full_like(self.table, 1e-8)
        self._places = np.zeros(COLUMNS, dtype=np.int32)
        self._mean, self._spread, self._steps = np.zeros_like(self.projection), np.zeros_like(self.projection), 0

    def show(self, rows: csr_matrix, wanted: Floats, step: float) -> float:
        """One step on some texts.

        Args:
            rows: their features.
            wanted: the vectors that they should have.
            step: length of the step.
        Returns:
            The mean distance before it: 0 where all are right.
        """
        columns = np.flatnonzero(np.bincount(rows.indices, minlength=COLUMNS))
        self._places[columns] = np.arange(len(columns), dtype=np.int32)
        small = csr_matrix((rows.data, self._places[rows.indices], rows.indptr), shape=(rows.shape[0], len(columns)))
        table = self.table[columns]
        hidden = small @ table
        given = hidden @ self.projection
        length = np.maximum(np.linalg.norm(given, axis=1, keepdims=True), 1e-6)
        cosine = (given / length * wanted).sum(axis=1, keepdims=True)
        slope = -(wanted - cosine * given / length) / length / len(wanted)
        table_slope = small.T @ (slope @ self.projection.T)
        self._move_projection(hidden.T @ slope, step)
        squares = self._squares[columns] + table_slope * table_slope
        self._squares[columns] = squares
        self.table[columns] = table - step * table_slope / np.sqrt(squares)
        return float((1 - cosine).mean())

    def _move_projection(self, slope: Floats, step: float) -> None:
        self._steps += 1
        self._mean = 0.9 * self._mean + 0.1 * slope
        self._spread = 0.999 * self._spread + 0.001 * slope * slope
        mean, spread = self._mean / (1 - 0.9**self._steps), self._spread / (1 - 0.999**self._steps)
        self.projection -= (step / STEP * PROJECTION_STEP) * mean / (np.sqrt(spread) + 1e-9)


def learnt(lessons: Lessons, seen: NDArray[np.bool_]) -> Student:
    """The student as it is kept: whole numbers, and nothing in the columns that no text had."""
    table = np.where(seen[:, None], lessons.table, 0)
    scale = np.percentile(np.abs(table[seen]), CLIPPED, axis=0) / 127
    whole = np.clip(np.rint(table / scale), -127, 127).astype(np.int8)
    return Student(whole, (lessons.projection * scale[:, None]).astype(np.float32))


def teach(pairs: list[Pair]) -> Student:
    """Shows the pairs, and says how far the student is from its teacher."""
    known = {text: number for number, text in enumerate(sorted({text for text, _ in pairs}))}
    began = time.monotonic()
    taught = np.array(shared_out(encode, list(known)))
    rows = features([text for _, text in pairs])
    wanted = np.array([known[text] for text, _ in pairs])
    print(f"{len(pairs):,} pairs made ready in {time.monotonic() - began:.0f} s", file=sys.stderr)
    lessons, chance = Lessons(), np.random.default_rng(1)
    steps = ROUNDS * -(-len(pairs) // BATCH)
    done = 0
    for turn in range(ROUNDS):
        order, distance = chance.permutation(len(pairs)), 0.0
        for start in range(0, len(pairs), BATCH):
            some = np.sort(order[start : start + BATCH])
            distance += lessons.show(rows[some], taught[wanted[some]], STEP * (1 - done / steps) + 1e-3) * len(some)
            done += 1
        print(f"round {turn + 1} of {ROUNDS}: mean distance {distance / len(pairs):.3f}, {time.monotonic() - began:.0f} s", file=sys.stderr)
    return learnt(lessons, np.asarray(rows.getnnz(axis=0) > 0))


def main(target: Path = WEIGHTS) -> None:
    """Teaches and writes."""
    pairs = public_pairs() + GLOSSES_COUNT * glosses() + sentences() + own_texts()
    random.Random(0).shuffle(pairs)  # noqa: S311 - an order, no secret
    np.savez_compressed(target, **teach(pairs).to_arrays())
    print(f"{target.name}: {target.stat().st_size / 1e6:.1f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
