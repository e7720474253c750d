"""The neutral labels by which services go until the person uses the word herself (`data/directory/labels.yml`)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bot.errors import DataError
from bot.knowledge.files import sections
from bot.paths import DATA

LABELS = DATA / "directory" / "labels.yml"


def read_labels(path: Path) -> dict[str, str]:
    """The English wording of each label by its id, which the catalogues translate.

    Raises:
        DataError: the file cannot be read, or a label is no text.
    """
    (found,) = sections(path, labels=dict)
    for label, words in found.items():
        if not isinstance(label, str) or not isinstance(words, str) or not words:
            raise DataError(f"{path.name}: the label {label} has no words. Write them behind it, in quotes.")
    return dict(found)


@lru_cache(maxsize=1)
def labels() -> dict[str, str]:
    """The labels of `data/directory/labels.yml`."""
    return read_labels(LABELS)
