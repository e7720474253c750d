"""One spelling for the words of a directory, and how its patterns are put together."""

from __future__ import annotations

import re
import unicodedata

_LETTERS = str.maketrans("đłøı’", "dloi'")  # Unicode knows no parts of these


def plain(text: str) -> str:
    """A text without case, accents and invisible characters, spaces made one. Unlike the folding of messages it cuts nothing off."""
    text = text.casefold()
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text.translate(_LETTERS))
        text = "".join(character for character in parts if not unicodedata.combining(character) and unicodedata.category(character) != "Cf")
    return " ".join(text.split())


def any_of(*patterns: str) -> re.Pattern[str]:
    """A pattern that finds whatever one of several would find in a `plain` text."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
