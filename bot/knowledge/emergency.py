"""Which number a person is given: one reviewed table per country (`data/emergency.yml`), and the helpline of the country."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import DataError
from bot.kept import Kept
from bot.knowledge.directory import Directory, directory
from bot.knowledge.files import FieldError, field, line_of, refuse_unknown, sections, shown, where
from bot.knowledge.services import Service
from bot.paths import DATA

_Kind = TypeVar("_Kind", dict[str, Any], list[Any])
_NUMBER = re.compile(r"[+*#\d][\d*# ()-]{1,19}")  # as it is dialled
_OF_COUNTRY = frozenset(
    {"fcdo_page", "danger", "medical", "crisis", "text", "silent", "hotline", "first_line", "checked_on", "checked_by", "note"}
)
_OF_NUMBER = frozenset({"number", "reaches", "where", "also", "note", "confidence", "sources"})
_OF_LINE = frozenset({"service", "name", "phone", "sms", "sms_word", "hours", "languages", "note", "confidence", "sources"})
_OF_WAY = frozenset({"way", "sms", "everywhere", "not_from", "note", "sources"})


@dataclass(frozen=True)
class Numbers:
    """The numbers of one country.

    Attributes:
        country: ISO 3166-1 alpha-2 code.
        danger: police or general emergency number as dialled there, or "" where none is confirmed; "911 / 999" where regions differ.
        medical: ambulance or general number, or "".
        crisis_phone, crisis_sms: of a confirmed crisis line, or "".
        emergency_sms: emergency number that takes text messages everywhere in the country, or "".
        emergency_sms_in_places: one that takes them in some places only, or "".
        hotline: the human helpline, or None.
        first_line: the helpline that is named before it to whoever is in danger or wants a person: open round the clock, which the other is
            not known to be, or for everybody, which the other is not. Else None.
        checked_on: date on which a human checked every number of the country, or "".
    """

    country: str
    danger: str = ""
    medical: str = ""
    crisis_phone: str = ""
    crisis_sms: str = ""
    emergency_sms: str = ""
    emergency_sms_in_places: str = ""
    hotline: Service | None = None
    first_line: Service | None = None
    checked_on: str = ""

    @property
    def lines(self) -> list[Service]:
        """The human helplines, in the order in which they are named."""
        return [line for line in (self.first_line, self.hotline) if line]


def _dialled(entry: dict[str, Any], name: str = "number") -> str:
    number = field(entry, name, str)
    if not _NUMBER.fullmatch(number):
        raise FieldError(f"a '{name}' that nobody can dial ({number!r})", line_of(entry, name))
    return number


def _dialled_or_nothing(entry: dict[str, Any], name: str) -> str:
    return "" if entry.get(name) is None else _dialled(entry, name)


def _part(entry: dict[str, Any], name: str, kind: type[_Kind]) -> _Kind:
    """A part of the entry that may be missing; empty then."""
    return kind() if entry.get(name) is None else field(entry, name, kind)


def _number(entry: dict[str, Any]) -> str:
    if not entry:
        return ""
    refuse_unknown(entry, _OF_NUMBER)
    numbers = [_dialled(entry)]
    others = _part(entry, "also", list)
    for other in others:
        refuse_unknown(other, _OF_NUMBER)
    if entry.get("where"):  # regions of one country have different numbers: say all of them
        numbers += [_dialled(other) for other in others]
    return " / ".join(numbers)


def _line(entry: dict[str, Any], name: str, services: Directory) -> Service | None:
    if entry.get(name) is None:
        return None
    try:
        return services.service(field(entry, name, str))
    except KeyError as error:
        raise FieldError(f"a '{name}' that the directory does not know ({error})", line_of(entry, name)) from None


def _checked_on(entry: dict[str, Any]) -> str:
    if not (entry.get("checked_on") and entry.get("checked_by")):
        return ""
    try:
        return datetime.date.fromisoformat(str(entry["checked_on"])).isoformat()
    except ValueError:
        raise FieldError("a 'checked_on' that is no date like 2026-11-22", line_of(entry, "checked_on")) from None


def _numbers(country: str, entry: dict[str, Any], services: Directory) -> Numbers:
    refuse_unknown(entry, _OF_COUNTRY)
    crisis, text, silent = _part(entry, "crisis", dict), _part(entry, "text", dict), _part(entry, "silent", list)
    for part, known in ((crisis, _OF_LINE), (text, _OF_LINE), *((way, _OF_WAY) for way in silent)):
        refuse_unknown(part, known)
    return Numbers(
        country,
        danger=_number(_part(entry, "danger", dict)),
        medical=_number(_part(entry, "medical", dict)),
        crisis_phone=_dialled_or_nothing(crisis, "phone"),
        crisis_sms=_dialled_or_nothing(crisis, "sms"),
        emergency_sms=_dialled_or_nothing(text, "sms"),
        emergency_sms_in_places=next((_dialled(way, "sms") for way in silent if way.get("sms") and not way.get("everywhere", True)), ""),
        hotline=_line(entry, "hotline", services),
        first_line=_line(entry, "first_line", services),
        checked_on=_checked_on(entry),
    )


def read_emergency_table(path: Path, services: Directory) -> dict[str, Numbers]:
    """Reads a table, by country code.

    Args:
        path: of the file.
        services: where the helplines that it names are found.
    Raises:
        DataError: an entry is malformed, or names a helpline that the directory lacks or that the police run.
    """
    table = {}
    countries, _ = sections(path, countries=dict, sources=dict)  # the sources end the file: one that was cut off lacks them
    for country, entry in countries.items():
        try:
            if not isinstance(country, str):
                raise FieldError("a code that needs quotes: YAML takes NO for a no", line_of(countries, country))
            table[country] = _numbers(country, entry, services)
        except FieldError as error:
            there = where(path, entry, error)
            raise DataError(f"{there}: the entry {country} has {error}. Compare it with the comment at the head of the file.") from None
        if any(line.police_run for line in table[country].lines):
            raise DataError(f"{where(path, entry)}: the helpline of {country} is run by the police. Choose another, or null.")
    if not table:
        raise DataError(f"{shown(path)} has no country. Restore it from the repository.")
    return table


@Kept
def emergency_table() -> dict[str, Numbers]:
    """The table of `data/emergency.yml`, by country code."""
    return read_emergency_table(DATA / "emergency.yml", directory())


def numbers_of(country: str | None) -> Numbers:
    """The numbers of a country; all empty where it is unknown or has none."""
    return emergency_table().get(country or "", Numbers(country or ""))


def numbers_elsewhere(role: str, country: str | None, others: Sequence[str]) -> list[tuple[str, str]]:
    """The numbers of other countries for the same role, with their countries; none that is that of the country itself.

    Args:
        role: ``danger``, ``medical`` or ``crisis_phone``.
        country: whose number is said first.
        others: codes of the others.
    """
    found = [(other, str(getattr(numbers_of(other), role))) for other in others]
    return [(other, number) for other, number in found if number not in ("", getattr(numbers_of(country), role))]
