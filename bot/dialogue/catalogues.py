"""The gettext catalogues of `locales/`: every sentence that leaves the bot, in every locale."""

from __future__ import annotations

import gettext
import io
import re
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from bot.errors import DataError
from bot.locales import DEFAULT, all_locales
from bot.paths import LOCALES

DOMAIN = "helpline"
# Nothing, a comment, or a string in its quotes with or without a keyword before it.
_LINE = re.compile(r'\s*(?:#.*|(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s+)?"(?:[^"\\]|\\.)*"\s*)?')


def catalogue_path(locale: str, suffix: str = ".po", folder: Path = LOCALES) -> Path:
    """Where a locale's catalogue lies; `suffix` is ``.po`` (translators' file) or ``.mo`` (compiled)."""
    return folder / locale / "LC_MESSAGES" / f"{DOMAIN}{suffix}"


def _refuse_broken_lines(content: bytes, name: str) -> None:
    """Babel passes over a string whose quotes are missing: its sentence would silently be gone.

    Raises:
        DataError: a line is none of a catalogue; says which.
    """
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            broken = not _LINE.fullmatch(line.decode("utf-8"))
        except UnicodeDecodeError:
            raise DataError(f"{name} line {number} is not UTF-8. Save the file as UTF-8.") from None
        if broken:
            raise DataError(f"{name} line {number} is no line of a catalogue; often a quote is missing. Mend that entry.")


def compile_catalogues(folder: Path = LOCALES) -> None:
    """Compiles each catalogue that is newer than its compiled form. English needs none: its sentences are the keys.

    Raises:
        DataError: a catalogue of the list is missing or broken.
    """
    for locale in all_locales():
        source, target = catalogue_path(locale, ".po", folder), catalogue_path(locale, ".mo", folder)
        if locale == DEFAULT or (target.exists() and source.exists() and target.stat().st_mtime >= source.stat().st_mtime):
            continue
        name = source.relative_to(folder.parent)
        try:
            content = source.read_bytes()
        except OSError:
            raise DataError(f"{name} is missing. Restore it, or take {locale} off locales/locales.yml.") from None
        _refuse_broken_lines(content, str(name))
        try:
            catalogue = read_po(io.BytesIO(content), abort_invalid=True)
        except PoFileError as error:
            raise DataError(f"{name} line {error.lineno + 1}: {error}. Mend that entry.") from None
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
