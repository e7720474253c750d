"""Reads the collected facts on helplines (`data/directory/facts/services.csv`) with our decisions on them (`decisions.yml`)."""

from __future__ import annotations

import csv
import datetime
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.errors import DataError
from bot.knowledge.directory_words import labels
from bot.knowledge.files import sections
from bot.knowledge.hsds.codes import language_code
from bot.knowledge.hsds.entries import label_of
from bot.knowledge.hsds.kinds import KINDS, is_run_by_police
from bot.knowledge.hsds.serving import AUDIENCES, says_always_open

_LEFT_OUT = "emergency"  # these stand in data/emergency.yml
_CONFIDENCE = ("confirmed", "single", "doubtful")
_AUDIENCE_OF_KIND = {"child_help": ("children",), "missing_child": ("children",), "labour_rights": ("workers",)}
_MARK = "[police-run]"
_NO_NAME = re.compile(r"\((?:check|per [^)]*|operator not stated)\)")  # remarks in the column of the operator
# Sentences of the notes that say nothing of the service: numbers rewritten mechanically, what the columns say, where the twin row is.
_NOTHING_NEW = re.compile(r"Intl form|Text \w+ to \d|Same line as the ")
# Sentences for whoever verifies the number, not for whoever calls it.
_FOR_CHECKERS = re.compile(
    r"re-?verify|re-?check|\bverify|printed|prints|derived|source|directory|listed|\bper\b|misprint|circulat|\bolder?\b|weak|confirmed"
    r"|stored page|not stated|not known|\brow\b|press\b|cut off|since|due to|at launch|\(check\)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Source:
    """A page that a fact is known from; `date` as it bears it, such as ``2013-04``, or ""."""

    title: str
    address: str
    date: str


@dataclass(frozen=True)
class Helpline:
    """A row of the facts with what was decided on it; names as in `bot.knowledge.services.Service`.

    Attributes:
        email: of the service, or "".
        note: what a person may need to know of it.
        check: what a human who verifies the line must look at first; never for a person.
    """

    id: str
    country: str
    kind: str
    name: str
    operator: str
    phone: str
    sms: str
    chat: str
    website: str
    email: str
    hours: str
    languages: tuple[str, ...]
    interpreter: bool
    free: bool | None
    fees: str
    police_run: bool
    confirmed: bool
    sources: tuple[Source, ...]
    note: str
    check: str
    audience: tuple[str, ...]
    label: str = ""
    sms_word: str = ""
    regions: tuple[str, ...] = ()
    checked_on: datetime.date | None = None


_Rows = list[tuple[str, Helpline]]  # each with where it stands, such as "services.csv row 7"


# From the facts


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", re.sub(r"\([^)]*\)", " ", name).lower().replace("'", ""))
    return re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")


def _languages(text: str) -> tuple[str, ...]:
    codes = (language_code(part.strip()) for part in text.split(";") if part.strip())
    return tuple(dict.fromkeys(code for code in codes if code))


def _remarks(notes: str) -> tuple[str, str]:
    """What the notes say to a person, and what to whoever verifies the line."""
    note, check = list[str](), list[str]()
    for sentence in re.split(r"(?<=\.)\s+(?=[A-Z0-9])", notes.removeprefix(_MARK).strip()):
        if sentence and not _NOTHING_NEW.match(sentence):
            (check if _FOR_CHECKERS.search(sentence) else note).append(sentence)
    return " ".join(note), " ".join(check)


def _sources(where: str, row: dict[str, str]) -> tuple[Source, ...]:
    titles, addresses, dates = (row[name].split(" ; ") for name in ("source_title", "source_url", "source_date_if_known"))
    if not len(titles) == len(addresses) == len(dates):
        raise DataError(f"{where}: {len(titles)} titles, {len(addresses)} addresses and {len(dates)} dates. Give each source all three.")
    if not all(titles) or not all(addresses):
        raise DataError(f"{where}: it has no source. Write title and address of the page; without one it cannot be offered.")
    return tuple(Source(*parts) for parts in zip(titles, addresses, ("" if date == "n.d." else date for date in dates), strict=True))


def _helpline(where: str, row: dict[str, str]) -> Helpline:
    if row["kind"] not in KINDS:
        raise DataError(f"{where}: {row['kind']!r} is no kind of service. Write one of {', '.join(KINDS)}.")
    if not row["name"] or not re.fullmatch("[A-Z]{2}|INT", row["country_iso2"]):
        raise DataError(f"{where}: it lacks its name or a country of two capital letters. Write both.")
    note, check = _remarks(row["notes"])
    charge = row["free_of_charge"]
    free = {"yes": True, "": None}.get(charge, False)
    return Helpline(
        id=f"{row['country_iso2'].lower()}-{_slug(row['name'])}",
        country=row["country_iso2"],
        kind=row["kind"],
        name=row["name"],
        operator=_NO_NAME.sub("", row["operator"]).strip(),
        phone=row["phone"],
        sms=row["sms"],
        chat=row["chat_url"],
        website=row["website"],
        email=row["email"],
        hours=row["hours"],
        languages=_languages(row["languages"]),
        interpreter="interpret" in row["languages"].lower(),
        free=free,
        fees={True: "free", None: ""}.get(free, f"not free: {charge}" if charge != "no" else "not free"),
        police_run=row["notes"].startswith(_MARK) or is_run_by_police(row["name"], row["operator"]),
        confirmed=row["confidence"] == "confirmed",
        sources=_sources(where, row),
        note=note,
        check=check,
        audience=_AUDIENCE_OF_KIND.get(row["kind"], ("anyone",)),
    )


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows that go into the directory, each with where it stands."""
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        for number, row in enumerate(reader, 2):  # as spreadsheets count: notes hold no line breaks
            where = f"{path.name} row {number}"
            if None in row or None in row.values():
                raise DataError(f"{where}: it has more or fewer fields than the head. Quote fields that hold commas.")
            if row["confidence"] not in _CONFIDENCE:
                raise DataError(f"{where}: {row['confidence']!r} is no confidence. Write one of {', '.join(_CONFIDENCE)}.")
            if row["kind"] != _LEFT_OUT and row["confidence"] != "doubtful":
                yield where, {name: value.strip() for name, value in row.items()}


# Decisions


def _words(value: Any, allowed: tuple[str, ...] | None = None) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and (allowed is None or word in allowed) for word in value):
        raise TypeError(f"must be a list of {'words' if allowed is None else ' | '.join(allowed)}")
    return tuple(value)


def _text(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise TypeError("must be a text; put it in quotes")
    return value or ""


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def _label(value: Any) -> str:
    if value not in labels():
        raise TypeError(f"must be one of {', '.join(labels())}")
    return str(value)


def _day(value: Any) -> datetime.date | None:
    if value is not None and type(value) is not datetime.date:
        raise TypeError("must be a date such as 2026-11-30")
    return value


def _codes(value: Any) -> tuple[str, ...]:
    codes = _words(value)
    unknown = [code for code in codes if language_code("", code) != code]
    if unknown:
        raise TypeError(f"holds {', '.join(unknown)}, which is no code of a language (zh_Hans for Chinese)")
    return codes


_DECIDED = {
    "label": _label,
    "audience": lambda value: _words(value, AUDIENCES),
    "regions": _words,
    "languages": _codes,
    "interpreter": _yes_or_no,
    "sms_word": _text,
    "hours": _text,
    "note": _text,
    "check": _text,
    "police_run": _yes_or_no,
    "checked_on": _day,
}
_NAMING = ("row", "kind")  # by which a decision finds its row where the id cannot be made of the name


def _decided(helpline: Helpline, decision: dict[str, Any], where: str) -> Helpline:
    changes: dict[str, Any] = {}
    for name, value in decision.items():
        if name in _NAMING:
            continue
        if name not in _DECIDED:
            raise DataError(f"{where} has `{name}`, which is nothing that can be decided. Write one of {', '.join((*_NAMING, *_DECIDED))}.")
        try:
            changes[name] = _DECIDED[name](value)
        except TypeError as error:
            raise DataError(f"{where}: `{name}` {error}. Mend it.") from None
    return replace(helpline, **changes)


def _meant(rows: _Rows, decision_id: str, decision: dict[str, Any], where: str) -> tuple[str, Helpline]:
    """The row that a decision is on: of the name and kind that it gives, else the one whose name makes its id."""
    country = decision_id.split("-")[0].upper()

    def fits(helpline: Helpline) -> bool:
        named = (helpline.country, helpline.name) == (country, decision["row"]) if "row" in decision else helpline.id == decision_id
        return named and decision.get("kind") in (None, helpline.kind)

    found = [(row, helpline) for row, helpline in rows if fits(helpline)]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(row for row, _ in found)
        raise DataError(f"{where} is on several rows: {several}. Write the `row` (its name) and the `kind` of the one that is meant.")
    raise DataError(f"{where} is on no row of services.csv that the directory takes. Write the name of one as its `row`, or remove it.")


def _with_label(helpline: Helpline) -> Helpline:
    if helpline.label:
        return helpline
    always, reached = says_always_open(helpline.hours), bool(helpline.phone or helpline.sms)
    web = bool(helpline.website or helpline.chat)
    return replace(
        helpline,
        label=label_of(helpline.kind, always_open=always, free=helpline.free, phone=reached, web=web, police_run=helpline.police_run),
    )


def read_helplines(facts: Path, decisions: Path) -> list[Helpline]:
    """The helplines of the facts that the directory takes: none of the police's emergency numbers, and none that is doubtful.

    Raises:
        DataError: a row or a decision is malformed, a decision is on no row, or two rows have one id; says where and how to mend it.
    """
    (decided,) = sections(decisions, decisions=dict)
    rows: _Rows = [(where, _helpline(where, row)) for where, row in _rows(facts)]
    changed: dict[str, Helpline] = {}
    for decision_id, decision in decided.items():
        where = f"{decisions.name}: the decision {decision_id}"
        if not isinstance(decision, dict):
            raise DataError(f"{where} decides nothing. Write what differs below it, or remove it.")
        row, helpline = _meant(rows, decision_id, decision, where)
        if row in changed:
            raise DataError(f"{where} is on {row}, like {changed[row].id}. Join the two.")
        changed[row] = replace(_decided(helpline, decision, where), id=decision_id)
    result: dict[str, tuple[str, Helpline]] = {}
    for row, helpline in rows:
        final = changed.get(row, helpline)
        if final.id in result:
            same = f"{facts.name}: {result[final.id][0]} and {row} have the id {final.id}"
            raise DataError(f"{same}. Give one of them another in {decisions.name}: its name as `row`, below an id of its own.")
        result[final.id] = (row, _with_label(final))
    return [helpline for _, helpline in result.values()]
