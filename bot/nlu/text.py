"""What every component does to a text before it looks at it: one spelling for what a person types in many ways."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

# A pasted contract must not make the bot slow. The point of a message stands at its start or at its end.
_HEAD, _TAIL, _MOST = 500, 250, 4000
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\ufff8]"
)
_ARABIC_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640]")
_ARABIC_LETTERS = str.maketrans("أإآٱةىؤئگکیﻻ", "ااااهيويككيل")
_STROKED_LETTERS = str.maketrans("đłøı", "dloi")  # Unicode knows no parts of these
_REPEATED = re.compile(r"(.)\1{2,}")
_SPACE = re.compile(r"\s+")
_CLAUSE = re.compile(r"(?<=[.!?؟…;\n])\s+|\n+|(?<=[,،])\s+")


def clean(text: str) -> str:
    """One line of visible text: NFKC, without control and invisible characters, of bounded length (750 characters)."""
    if len(text) > _MOST:  # before anything looks at it: normalising marks takes quadratic time
        text = f"{text[: _MOST // 2]} {text[-_MOST // 2 :]}"
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") else c for c in text)
    text = _SPACE.sub(" ", text).strip()
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]} {text[-_TAIL:]}"
    return text


def fold(text: str) -> str:
    """`clean`, then spelling variants made one: case, accents, Arabic letter forms, lengthened letters."""
    text = _ARABIC_MARKS.sub("", clean(text).lower()).translate(_ARABIC_LETTERS).translate(_STROKED_LETTERS)
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
        text = unicodedata.normalize("NFC", text)
    return _REPEATED.sub(r"\1\1", text)


def script_of(character: str) -> str:
    """The script of a letter by its Unicode name, such as ``Latin``; Chinese characters are ``Han``."""
    script = unicodedata.name(character, "").split(" ")[0].title()
    return "Han" if script == "Cjk" else script


def main_script(text: str) -> str | None:
    """The script of more than half of the letters; None where there is none."""
    if text.isascii():
        return "Latin" if any(map(str.isalpha, text)) else None
    scripts = Counter(script_of(character) for character in text if character.isalpha())
    script, count = scripts.most_common(1)[0] if scripts else ("", 0)
    return script if count * 2 > scripts.total() else None


def clauses(text: str, longest: int = 12) -> list[str]:
    """The parts of a longer message, each of at most `longest` words and overlapping by half, so that one alarming
    part is heard inside harmless ones. A short message is its only part."""
    parts: list[str] = []
    for clause in _CLAUSE.split(clean(text)):
        words = clause.split()
        if len(words) <= longest:
            parts.append(clause)
        else:
            parts.extend(" ".join(words[i : i + longest]) for i in range(0, len(words) - longest // 2, longest // 2))
    return [part for part in parts if part] or [""]
