"""Sentence vectors: a text as a point among the meanings of twelve languages, by a student of a far larger encoder.

Reimers and Gurevych, "Making Monolingual Sentence Embeddings Multilingual using Knowledge Distillation", EMNLP 2020
(https://aclanthology.org/2020.emnlp-main.365): a small model is shown a sentence and the teacher's vector of its translation, or of
itself where the teacher knows its language. Here it is as small as can be: one row of numbers for each column of letter pieces, added
up, and one linear layer. It was taught by `make student` (tools/teach_student.py); what from, and under which licences, says
data/encoder/README.md.

It reads every text first, and its teacher only those of which the student is not sure (`bot.nlu.topic_classifier`): one in ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import DataError
from bot.nlu.arrays import Floats
from bot.nlu.experts import COLUMNS
from bot.paths import DATA

WEIGHTS = DATA / "encoder" / "student.npz"
WIDTH = 512  # of a sentence vector


@dataclass(frozen=True)
class Student:
    """What the student has learnt.

    Attributes:
        table: a row for each column of letter pieces, shape (COLUMNS, width), as whole numbers of -127 to 127.
        projection: from a sum of rows to a sentence vector, shape (width, WIDTH).
    """

    table: NDArray[np.int8]
    projection: Floats

    def impression(self, columns: NDArray[np.int64]) -> Floats:
        """What the letter pieces of a text come to before the last layer, of unit length; zeros where there are none.

        Args:
            columns: the different ones of the text, see `bot.nlu.experts.columns_of`.
        Returns:
            Shape (width,).
        """
        return _of_length_one(self.table[columns].sum(axis=0, dtype=np.float32))

    def vector(self, impression: Floats) -> Floats:
        """The sentence vector, of unit length, of a text with this impression; zeros where it is."""
        return _of_length_one(impression @ self.projection)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything as plain arrays, for `numpy.savez`; no pickle."""
        return {"table": self.table, "projection": self.projection}


def _of_length_one(vector: Floats) -> Floats:
    length = float(np.sqrt(vector @ vector))
    return np.asarray(vector / length if length else vector, dtype=np.float32)


def read_student(path: Path = WEIGHTS) -> Student:
    """Reads what `to_arrays` gave.

    Raises:
        DataError: the file is missing or was made for other letter pieces.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            student = Student(arrays["table"], arrays["projection"])
    except (OSError, KeyError, ValueError):
        raise DataError(f"{path.name} is missing or damaged. Fetch it again with the repository, or make it with `make student`.") from None
    if len(student.table) != COLUMNS:
        raise DataError(f"{path.name} does not fit the letter pieces of bot/nlu/experts.py. Make it anew with `make student`.")
    return student


@lru_cache(maxsize=1)
def student() -> Student:
    """The student of this repository."""
    return read_student()
