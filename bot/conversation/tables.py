"""What the process at the edge says by itself, without the dialogue process: exchanged all at once on a reload."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import NullTranslations
from pathlib import Path

from bot.dialogue.catalogues import catalogues, read_catalogues
from bot.handoff.lines import Desk, desk_settings, read_desk
from bot.knowledge.directory import read_directory
from bot.knowledge.directory_words import directory_words, read_words
from bot.knowledge.emergency import Numbers, emergency_table, read_emergency_table
from bot.locales import Locale, all_locales, read_locales


@dataclass(frozen=True)
class Tables:
    """Tables that belong together, because they come from one edition.

    Attributes:
        locales: by code.
        catalogues: their sentences.
        emergency: numbers by country.
        words: of the directory, by section and code.
        desk: what the operator has set about it.
    """

    locales: dict[str, Locale]
    catalogues: dict[str, NullTranslations]
    emergency: dict[str, Numbers]
    words: dict[str, dict[str, str]]
    desk: Desk


def read_tables(root: Path) -> Tables:
    """Reads the tables of an edition aside; nothing that is in use changes.

    Args:
        root: of the edition, or of the project.
    Raises:
        DataError: a file is broken.
    """
    locales = read_locales(root / "locales" / "locales.yml")
    words = read_words(root / "data" / "directory" / "words.yml")
    helplines = read_directory(root / "data" / "directory" / "helplines", words["label"])
    emergency = read_emergency_table(root / "data" / "emergency.yml", helplines)
    desk = read_desk(root / "data" / "desk.yml", locales)
    return Tables(locales, read_catalogues(root / "locales", locales), emergency, words, desk)


def tables_in_use() -> Tables:
    """Those that are in use."""
    return Tables(all_locales(), catalogues(), emergency_table(), directory_words(), desk_settings())


def put_in_use(tables: Tables) -> None:
    """Puts tables in the place of those in use. Each step is an assignment, so all of them are done or the process is gone."""
    all_locales.put(tables.locales)
    catalogues.put(tables.catalogues)
    emergency_table.put(tables.emergency)
    directory_words.put(tables.words)
    desk_settings.put(tables.desk)
