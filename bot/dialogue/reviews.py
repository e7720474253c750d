"""The sentences on which safety hangs, and whether a human has reviewed them in a locale (`locales/safety.yml`, `locales/reviewed.yml`)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from babel.messages.pofile import read_po

from bot.dialogue.catalogues import catalogue_path
from bot.errors import DataError
from bot.knowledge.files import FieldError, field, line_of, read_yaml, refuse_unknown, shown, where
from bot.locales import DEFAULT, all_locales
from bot.paths import LOCALES

SAFETY, REVIEWED = LOCALES / "safety.yml", LOCALES / "reviewed.yml"


@dataclass(frozen=True)
class Sentence:
    """One sentence to review.

    Attributes:
        group: what hangs on it: ``danger``, ``consent`` and so on.
        context: name of the response, or id and version of the answer.
        english, translation: its words.
    """

    group: str
    context: str
    english: str
    translation: str


@dataclass(frozen=True)
class Review:
    """A human's review of a locale's safety sentences.

    Attributes:
        by: who it was.
        date: when.
        mark: of the sentences that were read, see `mark_of`.
    """

    by: str
    date: datetime.date
    mark: str


def _group_of(context: str, groups: dict[str, list[str]]) -> str | None:
    topic = context.partition(":")[0].partition(".")[2]  # of an answer's id, such as us.rights_pay:1
    for group, names in groups.items():
        if any(fnmatchcase(context, name) or (topic and topic == name) for name in names):
            return group
    return None


def safety_groups(path: Path = SAFETY) -> dict[str, list[str]]:
    """Names of responses and topics on which safety hangs, by what hangs on them.

    Raises:
        DataError: the list cannot be read.
    """
    groups: dict[str, list[str]] = read_yaml(path)
    for group in groups if isinstance(groups, dict) and groups else (None,):
        names = groups[group] if group else None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise DataError(f"{where(path, groups)} is not a list of names for each group. Restore it from the repository.")
    return groups


def safety_sentences(locale: str) -> list[Sentence]:
    """The sentences on which safety hangs, group by group.

    Raises:
        DataError: the list or the catalogue cannot be read.
    """
    groups = safety_groups()
    with catalogue_path(locale).open("rb") as lines:
        entries = [entry for entry in read_po(lines, locale=locale) if entry.id and entry.context]
    found = [(_group_of(str(entry.context), groups), entry) for entry in entries]
    order = list(groups)
    return sorted(
        (Sentence(group, str(entry.context), str(entry.id), str(entry.string or "")) for group, entry in found if group),
        key=lambda sentence: (order.index(sentence.group), sentence.context),
    )


def mark_of(sentences: list[Sentence]) -> str:
    """Twelve hex digits that change with any word of the sentences."""
    words = [(sentence.context, sentence.english, sentence.translation) for sentence in sentences]
    return sha256(repr(words).encode()).hexdigest()[:12]


def reviews(path: Path = REVIEWED) -> dict[str, Review]:
    """The reviews that humans have made, by locale.

    Raises:
        DataError: an entry is malformed.
    """
    found: dict[str, Review] = {}
    entries = read_yaml(path) or {}
    if not isinstance(entries, dict):
        raise DataError(f"{shown(path)} names no locales. Compare it with the file's head.")
    for locale, entry in entries.items():
        try:
            if locale not in all_locales() or locale == DEFAULT:
                raise FieldError("a code that is none of a translation", line_of(entries, locale))
            refuse_unknown(entry, ("by", "date", "mark"))
            found[locale] = Review(field(entry, "by", str), field(entry, "date", datetime.date), _mark(entry))
        except FieldError as error:
            raise DataError(f"{where(path, entry, error)}: the review of {locale} has {error}. Compare it with the file's head.") from None
    return found


def _mark(entry: dict[str, Any]) -> str:
    """Unquoted, a mark of digits alone is a number to YAML; one with leading zeros then is another."""
    if type(entry.get("mark")) is int:
        raise FieldError("a 'mark' that needs quotes", line_of(entry, "mark"))
    return field(entry, "mark", str)


def sheet(locale: str) -> Iterator[str]:
    """What a reviewer reads, line by line, and how to enter that it was done."""
    sentences = safety_sentences(locale)
    group = ""
    for sentence in sentences:
        if sentence.group != group:
            group = sentence.group
            yield f"== {group}"
        yield f"{sentence.context}\n  en: {sentence.english}\n  {locale}: {sentence.translation or '(not translated)'}"
    entry = yaml.safe_dump({locale: {"by": "NAME", "date": datetime.date.today(), "mark": mark_of(sentences)}}, default_flow_style=None)
    yield f"\n{len(sentences)} sentences. Mend what is wrong in {catalogue_path(locale).relative_to(LOCALES.parent)}, and run this again."
    yield f"When all is right, write into {REVIEWED.relative_to(LOCALES.parent)}:\n{entry.strip()}"
