"""The gettext catalogues of `locales/`: every sentence that leaves the bot, in every locale."""

from __future__ import annotations

import gettext
import io
import os
import re
import struct
from collections.abc import Iterable
from functools import reduce
from pathlib import Path
from string import Formatter

from babel import Locale as CldrLocale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from bot.errors import DataError
from bot.kept import Kept
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


def _placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def _refuse_other_placeholders(catalogue: Catalog, name: str) -> None:
    """A translation that lost a placeholder has lost a number to call; one that has another cannot be said at all.

    Raises:
        DataError: says where.
    """
    for message in catalogue:
        if not isinstance(message.id, str) or not isinstance(message.string, str) or not message.id or not message.string or message.fuzzy:
            continue
        try:
            equal = _placeholders(message.string) == _placeholders(message.id)
        except ValueError:
            equal = False
        if not equal:
            raise DataError(
                f"{name} line {message.lineno}: the translation has not the same words in braces as the English. "
                "Write each as it stands there, such as {danger}."
            )


def _compiled(source: Path, name: str, locale: str) -> bytes:
    """A catalogue in the form that gettext reads.

    Raises:
        DataError: it is missing or broken.
    """
    try:
        content = source.read_bytes()
    except OSError:
        raise DataError(f"{name} is missing. Restore it, or take {locale} off locales/locales.yml.") from None
    _refuse_broken_lines(content, name)
    try:
        catalogue = read_po(io.BytesIO(content), abort_invalid=True)
    except PoFileError as error:
        raise DataError(f"{name} line {error.lineno + 1}: {error}. Mend that entry.") from None
    except (ValueError, LookupError) as error:  # its head: a charset, a date or a plural form that there is not
        raise DataError(f"{name} has a broken head ({type(error).__name__}). Compare its first lines with another catalogue's.") from None
    if not len(catalogue):
        raise DataError(f"{name} holds no sentence. Restore it, or take {locale} off locales/locales.yml.")
    _refuse_other_placeholders(catalogue, name)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def compile_catalogues(folder: Path = LOCALES) -> None:
    """Compiles each catalogue whose compiled form was made from another; all of them or, where one is broken, none.

    English needs none: its sentences are the keys. The compiled form has the time of its source, so that one which is put back from
    an older copy is compiled as well.

    Args:
        folder: with a catalogue for each locale.
    Raises:
        DataError: a catalogue of the list is missing or broken.
    """
    made: list[tuple[Path, bytes, int]] = []
    for locale in all_locales():
        source, target = catalogue_path(locale, ".po", folder), catalogue_path(locale, ".mo", folder)
        changed = source.stat().st_mtime_ns if source.exists() else 0
        if locale != DEFAULT and not (changed and target.exists() and target.stat().st_mtime_ns == changed):
            made.append((target, _compiled(source, str(source.relative_to(folder.parent)), locale), changed))
    for target, content, changed in made:
        partial = target.with_suffix(f".{os.getpid()}.part")  # two services may start from one folder
        partial.write_bytes(content)
        os.utime(partial, ns=(changed, changed))
        partial.replace(target)


def read_catalogues(folder: Path, locales: Iterable[str]) -> dict[str, gettext.NullTranslations]:
    """Reads compiled catalogues, by locale; one that is not there has no sentence.

    Args:
        folder: with a catalogue for each locale.
        locales: their codes.
    Raises:
        DataError: one cannot be read.
    """
    found: dict[str, gettext.NullTranslations] = {}
    for locale in locales:
        path = catalogue_path(locale, ".mo", folder)
        try:  # not by `gettext.translation`, which keeps every file that it has ever read in memory
            with path.open("rb") as compiled:
                found[locale] = gettext.GNUTranslations(compiled)
        except FileNotFoundError:  # of English there is none
            found[locale] = gettext.NullTranslations()
        except (OSError, ValueError, struct.error):
            name = path.relative_to(folder.parent)
            raise DataError(f"{name} is damaged. Delete it: the next start makes it anew from the .po beside it.") from None
    return found


@Kept
def catalogues() -> dict[str, gettext.NullTranslations]:
    """The catalogues of this installation, by locale."""
    return read_catalogues(LOCALES, all_locales())


def translate(locale: str, context: str, text: str) -> str:
    """The sentence in a locale; the English one where the catalogue lacks it.

    Args:
        locale: locale code.
        context: what tells equal sentences apart: the response's name, the answer's id.
        text: the English sentence.
    """
    catalogue = catalogues().get(locale)
    return catalogue.pgettext(context, text) if catalogue else text


def listed(locale: str, parts: Iterable[str]) -> str:
    """Several words with the locale's own comma between them. Not with its "and": Spanish would need "e" for some words."""
    return reduce(CldrLocale.parse(locale).list_patterns["standard"]["middle"].format, parts)


def pgettext_noop(context: str, text: str) -> tuple[str, str]:
    """Marks a sentence for extraction where it is only looked up later; returns its context and text."""
    return context, text
