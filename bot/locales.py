"""The one list of locales (`locales/locales.yml`) and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from bot.errors import DataError
from bot.paths import LOCALES

DEFAULT = "en"


@dataclass(frozen=True)
class Locale:
    """One language of the replies.

    Attributes:
        code: as in `shared` contracts and folder names, such as ``es`` or ``zh_Hans``.
        name: the language's name in itself.
        script: Unicode name of its usual script.
        direction: ``ltr`` or ``rtl``.
        telegram: two-letter code for Telegram's command menus, or None where Telegram has none.
        encoder: ``universal`` where the universal encoder knows it, ``student`` where only its student does (see `bot.nlu.encoder`).
        exit_word: the word that ends a session in silence.
        exit_also: the same word in Latin letters.
        telling: beginnings of words after which services may be named.
        gsm7_fold: letters that SMS may write without their accent, as {letter: replacement}.
    """

    code: str
    name: str
    script: str
    direction: str
    telegram: str | None
    encoder: str
    exit_word: str
    exit_also: tuple[str, ...]
    telling: tuple[str, ...]
    gsm7_fold: dict[str, str]


@lru_cache(maxsize=1)
def all_locales(path: Path = LOCALES / "locales.yml") -> dict[str, Locale]:
    """Reads the list, in its order, by code.

    Raises:
        DataError: an entry lacks a field.
    """
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))["locales"]
        found = {}
        for entry in entries:
            fold = dict(pair.split(":", 1) for pair in entry["gsm7_fold"].split())
            listed = {name: tuple(words.replace("_", " ") for words in entry[name].split()) for name in ("exit_also", "telling")}
            found[entry["code"]] = Locale(**{**entry, **listed, "gsm7_fold": fold})
        return found
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise DataError(f"{path.name} is not a list of locales ({error}). Compare it with the comment at its head.") from None


def locale_of(code: str | None) -> Locale:
    """The locale of that code, or English where there is none."""
    return all_locales().get(code or DEFAULT) or all_locales()[DEFAULT]
