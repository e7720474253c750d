"""Words for what the directory says by codes (`data/directory/words.yml`): the neutral labels of services, whom they are for, what is not
known of them; and for choosing a place."""

from __future__ import annotations

from pathlib import Path

from bot.errors import DataError
from bot.kept import Kept
from bot.knowledge.files import sections
from bot.paths import DATA

WORDS = DATA / "directory" / "words.yml"
_SECTIONS = ("label", "audience", "unknown", "place")


def read_words(path: Path) -> dict[str, dict[str, str]]:
    """The English words by section, which is their context in the catalogues, and code.

    Raises:
        DataError: the file cannot be read, or a word is no text.
    """
    found = dict(zip(_SECTIONS, sections(path, label=dict, audience=dict, unknown=dict, place=dict), strict=True))
    for section, words in found.items():
        for code, word in words.items():
            if not isinstance(code, str) or not isinstance(word, str) or not word:
                raise DataError(f"{path.name}: {code}, of {section}, has no words. Write them behind it, in quotes.")
    return found


@Kept
def directory_words() -> dict[str, dict[str, str]]:
    """The words of `data/directory/words.yml`."""
    return read_words(WORDS)


def labels() -> dict[str, str]:
    """The English wording of each neutral label by its id."""
    return directory_words()["label"]
