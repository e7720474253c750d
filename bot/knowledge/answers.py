"""Sourced, dated answers by topic and jurisdiction (`data/answers/<jurisdiction>.yml`)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

from bot.errors import DataError
from bot.knowledge.files import FieldError, field, line_of, refuse_unknown, sections, shown, where
from bot.paths import DATA

BASELINE = "INT"
Key = tuple[str, str]  # jurisdiction and topic
_PLACEHOLDERS = {"emergency", "ambulance", "hotline", "crisis"}  # what `actions.replies.say_answer_words` fills in
_FIELDS = frozenset(
    "id topic version text more simple sought services lawyer cite sources as_of review_by confidence not_in flagged".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Source:
    """Where an answer comes from: title of the page or law, section in it, address, date as far as known."""

    title: str
    section: str
    url: str
    date: str


@dataclass(frozen=True)
class Answer:
    """What the bot says on a topic in a jurisdiction; English here, worded in each locale by the catalogues.

    Attributes:
        id: such as ``us.rights_pay``; with `version` the context of its sentences in the catalogues.
        version: rises with each change of the words, so that no translation of older words is served.
        topic, jurisdiction: `jurisdiction` is ISO 3166-1 alpha-2, a union of countries such as ``EU``, or ``INT`` for the
            international baseline.
        text: what fits one reply; may hold {emergency}, {ambulance}, {hotline}, {crisis}.
        more: what waits behind "more", page by page.
        simple: the same in easier words.
        services: kinds of services that help with it, best first.
        lawyer: whether a lawyer is needed before acting on it.
        cite: the source in at most 40 characters.
        sources: in full; never empty.
        as_of, review_by: dates.
        serves: of a union, the countries that it holds in; else empty.
        sought: what is said instead of `text` to whoever asks in which place a certain person is; else empty.
    """

    id: str
    version: int
    topic: str
    jurisdiction: str
    text: str
    more: tuple[str, ...]
    simple: str
    services: tuple[str, ...]
    lawyer: bool
    cite: str
    sources: tuple[Source, ...]
    as_of: datetime.date
    review_by: datetime.date
    serves: frozenset[str] = frozenset()
    sought: str = ""

    def is_late(self, today: datetime.date) -> bool:
        """Whether its sources should have been read again by now."""
        return self.review_by < today


def _words(entry: dict[str, Any], name: str, text: object) -> str:
    """A text that is said, or a page of it. One with a placeholder that nothing fills would fail while a person waits."""
    line = line_of(entry, name)
    if not isinstance(text, str) or not text.strip():
        raise FieldError(f"a '{name}' without words", line)
    try:
        unknown = {placeholder for _, placeholder, _, _ in Formatter().parse(text) if placeholder is not None} - _PLACEHOLDERS
    except ValueError:
        raise FieldError(f"a '{name}' with a brace that has no partner", line) from None
    if unknown:
        raise FieldError(f"a '{name}' with {{{min(unknown)}}}, which nothing fills", line)
    return text.strip()


def _listed(entry: dict[str, Any], name: str) -> tuple[str, ...]:
    values = field(entry, name, list)
    if not all(isinstance(value, str) for value in values):
        raise FieldError(f"a '{name}' with something that is no text (NO and ON need quotes)", line_of(entry, name))
    return tuple(values)


def _source(entry: Any) -> Source:
    refuse_unknown(entry, ("title", "section", "url", "date"))
    return Source(field(entry, "title", str), *(str(entry.get(name) or "") for name in ("section", "url", "date")))


def _answer(entry: dict[str, Any], jurisdiction: str, members: frozenset[str]) -> Answer:
    return Answer(
        id=field(entry, "id", str),
        version=field(entry, "version", int),
        topic=field(entry, "topic", str),
        jurisdiction=jurisdiction,
        text=_words(entry, "text", field(entry, "text", str)),
        more=tuple(_words(entry, "more", page) for page in field(entry, "more", list)),
        simple=_words(entry, "simple", field(entry, "simple", str)),
        services=_listed(entry, "services"),
        lawyer=field(entry, "lawyer", bool),
        cite=field(entry, "cite", str),
        sources=tuple(map(_source, field(entry, "sources", list))),
        as_of=field(entry, "as_of", datetime.date),
        review_by=field(entry, "review_by", datetime.date),
        serves=members - frozenset(_listed(entry, "not_in") if entry.get("not_in") else ()),
        sought=_words(entry, "sought", entry["sought"]) if "sought" in entry else "",
    )


def read_answers(folder: Path) -> dict[Key, Answer]:
    """Reads all files of a folder, by (jurisdiction, topic). Answers that a human has flagged are left out.

    Raises:
        DataError: an entry is malformed, has no source, or stands twice.
    """
    found: dict[Key, Answer] = {}
    ids: set[str] = set()
    for path in sorted(folder.glob("*.yml")):
        jurisdiction, entries, members = sections(path, optional={"serves": []}, jurisdiction=str, answers=list)
        if not isinstance(members, list) or not all(isinstance(country, str) for country in members):
            raise DataError(f"{shown(path)}: `serves` is no list of country codes. Put NO in quotes: YAML takes it for a no.")
        for number, entry in enumerate(entries, 1):
            try:
                refuse_unknown(entry, _FIELDS)
                if entry.get("flagged"):
                    continue
                answer = _answer(entry, jurisdiction, frozenset(members))
            except FieldError as error:
                raise DataError(f"{where(path, entry, error)}: answer {number} has {error}. Compare it with the others.") from None
            there = where(path, entry)
            if not answer.sources:
                raise DataError(f"{there}: {answer.id} has no source. An answer without a source is not served: add one, or remove it.")
            if (answer.jurisdiction, answer.topic) in found:
                raise DataError(f"{there}: there are two answers on {answer.topic} in {jurisdiction}. Keep one.")
            if answer.id in ids:
                raise DataError(f"{there}: the id {answer.id} stands twice. Give one of them another id.")
            ids.add(answer.id)
            found[answer.jurisdiction, answer.topic] = answer
    return found


@lru_cache(maxsize=1)
def answers() -> dict[Key, Answer]:
    """The answers of `data/answers/`, by (jurisdiction, topic).

    Raises:
        DataError: see `read_answers`; or the international ones, which everybody falls back on, are missing.
    """
    found = read_answers(DATA / "answers")
    if BASELINE not in {jurisdiction for jurisdiction, _ in found}:
        raise DataError("data/answers/ has no international answers (int.yml). Restore that file from the repository.")
    return found


def answer_for(topic: str, country: str | None) -> Answer | None:
    """The answer for a country, else that of its union, else the international baseline, else None."""
    unions = sorted({answer.jurisdiction for answer in answers().values() if country in answer.serves})
    for jurisdiction in (country or "", *unions, BASELINE):
        answer = answers().get((jurisdiction, topic))
        if answer and (not answer.serves or country in answer.serves):
            return answer
    return None
