"""Sourced, dated answers by topic and jurisdiction (`data/answers/<jurisdiction>.yml`)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.errors import DataError
from bot.knowledge.files import field, sections
from bot.paths import DATA

BASELINE = "INT"
Key = tuple[str, str]  # jurisdiction and topic


@dataclass(frozen=True)
class Source:
    """Where an answer comes from: title of the page or law, section in it, address, date as far as known."""

    title: str
    section: str
    url: str
    date: str


@dataclass(frozen=True)
class Answer:
    """What the helpline says on a topic in a jurisdiction; English here, worded in each locale by the catalogues.

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

    def is_late(self, today: datetime.date) -> bool:
        """Whether its sources should have been read again by now."""
        return self.review_by < today


def _answer(entry: dict[str, Any], jurisdiction: str, members: frozenset[str]) -> Answer:
    return Answer(
        id=field(entry, "id", str),
        version=field(entry, "version", int),
        topic=field(entry, "topic", str),
        jurisdiction=jurisdiction,
        text=field(entry, "text", str).strip(),
        more=tuple(page.strip() for page in field(entry, "more", list)),
        simple=field(entry, "simple", str).strip(),
        services=tuple(field(entry, "services", list)),
        lawyer=field(entry, "lawyer", bool),
        cite=field(entry, "cite", str),
        sources=tuple(
            Source(s["title"], str(s.get("section") or ""), str(s.get("url") or ""), str(s.get("date") or "")) for s in entry["sources"]
        ),
        as_of=field(entry, "as_of", datetime.date),
        review_by=field(entry, "review_by", datetime.date),
        serves=members - frozenset(entry.get("not_in") or ()),
    )


def read_answers(folder: Path) -> dict[Key, Answer]:
    """Reads all files of a folder, by (jurisdiction, topic). Answers that a human has flagged are left out.

    Raises:
        DataError: an entry is malformed, has no source, or stands twice.
    """
    found: dict[Key, Answer] = {}
    for path in sorted(folder.glob("*.yml")):
        jurisdiction, entries, members = sections(path, optional={"serves": ()}, jurisdiction=str, answers=list)
        for number, entry in enumerate(entries, 1):
            try:
                if entry.get("flagged"):
                    continue
                answer = _answer(entry, jurisdiction, frozenset(members))
            except (KeyError, TypeError, AttributeError) as error:
                raise DataError(f"{path.name}: answer {number} lacks or misspells {error}. Compare it with the others.") from None
            if not answer.sources:
                raise DataError(f"{path.name}: {answer.id} has no source. An answer without a source is not served: add one, or remove it.")
            if (answer.jurisdiction, answer.topic) in found:
                raise DataError(f"{path.name}: there are two answers on {answer.topic}. Keep one.")
            found[answer.jurisdiction, answer.topic] = answer
    return found


@lru_cache(maxsize=1)
def answers() -> dict[Key, Answer]:
    """The answers of `data/answers/`, by (jurisdiction, topic)."""
    return read_answers(DATA / "answers")


def answer_for(topic: str, country: str | None) -> Answer | None:
    """The answer for a country, else that of its union, else the international baseline, else None."""
    unions = sorted({answer.jurisdiction for answer in answers().values() if country in answer.serves})
    for jurisdiction in (country or "", *unions, BASELINE):
        answer = answers().get((jurisdiction, topic))
        if answer and (not answer.serves or country in answer.serves):
            return answer
    return None
