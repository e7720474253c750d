"""The one list of locales (`locales/locales.yml`) and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bot.errors import DataError
from bot.kept import Kept
from bot.knowledge.files import FieldError, field, line_of, refuse_unknown, sections, shown, where
from bot.paths import LOCALES

DEFAULT = "en"
_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"


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
        gsm7_fold: letters that SMS may write without their accent, as {letter: replacement}; None where the language needs letters that
            GSM-7 lacks.
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
    gsm7_fold: dict[str, str] | None


def _listed(entry: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(words.replace("_", " ") for words in field(entry, name, str).split())


def _locale(entry: dict[str, Any]) -> Locale:
    refuse_unknown(entry, [one.name for one in fields(Locale)])
    if (direction := field(entry, "direction", str)) not in ("ltr", "rtl"):
        raise FieldError("a 'direction' that is neither ltr nor rtl", line_of(entry, "direction"))
    folds = entry.get("gsm7_fold", "") is not None  # null: it cannot do without letters that GSM-7 lacks
    pairs = [pair.partition(":") for pair in field(entry, "gsm7_fold", str).split()] if folds else []
    if not all(len(letter) == 1 and plain for letter, _, plain in pairs):
        raise FieldError("a 'gsm7_fold' that does not say letter:replacement", line_of(entry, "gsm7_fold"))
    return Locale(
        code=field(entry, "code", str),
        name=field(entry, "name", str),
        script=field(entry, "script", str),
        direction=direction,
        telegram=None if entry.get("telegram", "") is None else field(entry, "telegram", str),
        encoder=field(entry, "encoder", str),
        exit_word=field(entry, "exit_word", str),
        exit_also=_listed(entry, "exit_also"),
        telling=_listed(entry, "telling"),
        gsm7_fold={letter: plain for letter, _, plain in pairs} if folds else None,
    )


def read_locales(path: Path) -> dict[str, Locale]:
    """Reads a list of locales, in its order, by code.

    Raises:
        DataError: an entry is malformed, or English is missing.
    """
    (entries,) = sections(path, locales=list)
    found: dict[str, Locale] = {}
    for number, entry in enumerate(entries, 1):
        try:
            locale = _locale(entry)
        except FieldError as error:
            raise DataError(f"{where(path, entry, error)}: locale {number} has {error}. Compare it with the comment at its head.") from None
        if locale.code in found:
            raise DataError(f"{where(path, entry)}: the locale {locale.code} stands twice. Keep one.")
        found[locale.code] = locale
    if DEFAULT not in found:
        raise DataError(f"{shown(path)} lacks English, which all the others are translated from. Restore it from the repository.")
    return found


@Kept
def all_locales() -> dict[str, Locale]:
    """The list of this installation, in its order, by code."""
    return read_locales(LOCALES / "locales.yml")


def left_to_right(text: str, code: str | None) -> str:
    """Digits that must run left to right in every script, for a sentence in the locale of that code."""
    return _LEFT_TO_RIGHT + text if locale_of(code).direction == "rtl" else text


def locale_of(code: str | None) -> Locale:
    """The locale of that code, or English where there is none."""
    return all_locales().get(code or DEFAULT) or all_locales()[DEFAULT]
