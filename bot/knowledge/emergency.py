"""Which number a person is given: one reviewed table per country (`data/emergency.yml`), and the helpline of the country."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.errors import DataError
from bot.knowledge.directory import directory
from bot.knowledge.files import field, sections, text_or_nothing
from bot.knowledge.services import Service
from bot.paths import DATA


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
    checked_on: str = ""


def _number(entry: dict[str, Any] | None) -> str:
    if not entry:
        return ""
    numbers = [field(entry, "number", str)]
    if entry.get("where"):  # regions of one country have different numbers: say all of them
        numbers += [field(other, "number", str) for other in entry.get("also", [])]
    return " / ".join(numbers)


def _numbers(country: str, entry: dict[str, Any]) -> Numbers:
    crisis = entry.get("crisis") or {}
    silent = [way for way in entry.get("silent") or [] if way.get("sms")]
    return Numbers(
        country,
        danger=_number(entry.get("danger")),
        medical=_number(entry.get("medical")),
        crisis_phone=text_or_nothing(crisis, "phone"),
        crisis_sms=text_or_nothing(crisis, "sms"),
        emergency_sms=text_or_nothing(entry.get("text") or {}, "sms"),
        emergency_sms_in_places=next((field(way, "sms", str) for way in silent if not way.get("everywhere", True)), ""),
        hotline=directory().service(entry["hotline"]) if entry.get("hotline") else None,
        checked_on=str(entry["checked_on"]) if entry.get("checked_on") and entry.get("checked_by") else "",
    )


def read_emergency_table(path: Path) -> dict[str, Numbers]:
    """Reads a table, by country code.

    Raises:
        DataError: an entry is malformed, or names a helpline that the directory lacks or that the police run.
    """
    table = {}
    (countries,) = sections(path, countries=dict)
    for country, entry in countries.items():
        try:
            if not isinstance(country, str):
                raise TypeError("its code needs quotes: YAML takes NO for a no")
            table[country] = _numbers(country, entry)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path.name}: the entry {country} is malformed ({error}). Compare it with the comment at the head of the file."
            ) from None
        hotline = table[country].hotline
        if hotline and hotline.police_run:
            raise DataError(f"{path.name}: the helpline of {country} is run by the police. Choose another, or null.")
    return table


@lru_cache(maxsize=1)
def emergency_table() -> dict[str, Numbers]:
    """The table of `data/emergency.yml`, by country code."""
    return read_emergency_table(DATA / "emergency.yml")


def numbers_of(country: str | None) -> Numbers:
    """The numbers of a country; all empty where it is unknown or has none."""
    return emergency_table().get(country or "", Numbers(country or ""))
