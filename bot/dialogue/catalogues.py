"""The gettext catalogues of `locales/`: every sentence that leaves the bot, in every locale."""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from bot.errors import DataError
from bot.locales import DEFAULT, all_locales
from bot.paths import LOCALES

DOMAIN = "helpline"


def catalogue_path(locale: str, suffix: str = ".po", folder: Path = LOCALES) -> Path:
    """Where a locale's catalogue lies; `suffix` is ``.po`` (translators' file) or ``.mo`` (compiled)."""
    return folder / locale / "LC_MESSAGES" / f"{DOMAIN}{suffix}"


def compile_catalogues(folder: Path = LOCALES) -> None:
    """Compiles each catalogue that is newer than its compiled form. English needs none: its sentences are the keys.

    Raises:
        DataError: a catalogue of the list is missing or broken.
    """
    for locale in all_locales():
        source, target = catalogue_path(locale, ".po", folder), catalogue_path(locale, ".mo", folder)
        if locale == DEFAULT or (target.exists() and source.exists() and target.stat().st_mtime >= source.stat().st_mtime):
            continue
        try:
            with source.open("rb") as lines:
                catalogue = read_po(lines, abort_invalid=True)
        except OSError:
            raise DataError(
                f"{source.relative_to(folder.parent)} is missing. Restore it, or take {locale} off locales/locales.yml."
            ) from None
        except PoFileError as error:
            raise DataError(f"{source.relative_to(folder.parent)} line {error.lineno}: {error}. Mend that entry.") from None
        partial = target.with_suffix(".part")
        with partial.open("wb") as compiled:
            write_mo(compiled, catalogue)
        partial.replace(target)


@cache
def _catalogue(locale: str) -> gettext.NullTranslations:
    if locale == DEFAULT:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, str(LOCALES), languages=[locale], fallback=True)


def translate(locale: str, context: str, text: str) -> str:
    """The sentence in a locale; the English one where the catalogue lacks it.

    Args:
        locale: locale code.
        context: what tells equal sentences apart: the response's name, the answer's id.
        text: the English sentence.
    """
    return _catalogue(locale if locale in all_locales() else DEFAULT).pgettext(context, text)


def pgettext_noop(context: str, text: str) -> tuple[str, str]:
    """Marks a sentence for extraction where it is only looked up later; returns its context and text."""
    return context, text
