"""Words for what the directory says by codes (`data/directory/words.yml`): whom a service is for, what is not known of it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bot.knowledge.files import field, sections
from bot.paths import DATA


def read_words(path: Path) -> dict[str, dict[str, str]]:
    """The English words by section, which is their context in the catalogues, and code.

    Raises:
        DataError: the file is malformed.
    """
    found = sections(path, audience=dict, unknown=dict)
    return {
        section: {code: field(words, code, str) for code in words} for section, words in zip(("audience", "unknown"), found, strict=True)
    }


@lru_cache(maxsize=1)
def directory_words() -> dict[str, dict[str, str]]:
    """The words of `data/directory/words.yml`."""
    return read_words(DATA / "directory" / "words.yml")
