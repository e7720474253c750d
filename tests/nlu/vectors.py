"""Sentence vectors of texts, as the student gives them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bot.nlu.arrays import Floats
from bot.nlu.experts import columns_of_each
from bot.nlu.student import student


def encode(texts: Sequence[str]) -> Floats:
    """The vectors, of unit length where a text has letters, shape (texts, WIDTH)."""
    return np.stack([student().vector(student().impression(columns)) for columns in columns_of_each(texts)])
