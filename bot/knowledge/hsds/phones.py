"""Reads the telephone numbers of a directory (libphonenumber)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

_SEVERAL = re.compile(r"\s*(?:;|/|\bor\b|\bund\b|\bo\b|\n)\s*")
_NOTE = re.compile(r"\s*\([^\d()]*[A-Za-z][^()]*\)\s*$")  # "217-525-5297 (LAWS)"


@dataclass(frozen=True)
class Number:
    """A telephone number.

    Attributes:
        text: as dialled inside its country, or with ``+`` where it is another's; digits, spaces and hyphens; the extension behind ``ext.``.
        region: ISO 3166-1 alpha-2 code of the country that it belongs to, "" where several share it or it is a short number.
    """

    text: str
    region: str


def _short(digits: str, region: str | None) -> bool:
    """Whether digits are a number of a service that is dialled as it is, such as 116 or 1343: no list knows all of them."""
    if not region:
        return bool(re.fullmatch(r"116\d{3}", digits))  # harmonised in Europe
    if not 3 <= len(digits) <= 6:
        return False
    code = phonenumbers.country_code_for_region(region)
    # In North America alone the list is complete, and fragments of long numbers are common.
    return code != 1 or bool(phonenumbers.is_valid_short_number_for_region(phonenumbers.PhoneNumber(code, int(digits)), region))


def first_of(text: str) -> tuple[str, bool]:
    """The first number of a field without quotes and remarks, and whether the field holds more than it."""
    parts = [part for part in _SEVERAL.split(_NOTE.sub("", text.strip(" \"'"))) if len(re.findall(r"\d", part)) >= 3]
    return (parts[0].strip(" \"'") if parts else "", len(parts) > 1)


def read_number(text: str, region: str | None, extension: str = "") -> Number | None:
    """The number that a field holds, the first where it holds several; None where it is none that can exist.

    Args:
        text: the field.
        region: country in which a number without ``+`` is meant, if known.
        extension: where another field holds it.
    """
    number, _ = first_of(text)
    digits = re.sub(r"\D", "", number)
    if _short(digits, region) and not number.startswith("+"):
        return Number(digits, "")
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    home = str(phonenumbers.region_code_for_number(parsed) or "")
    behind = re.sub(r"\D", "", extension) or parsed.extension or ""
    parsed.extension = None
    at_home = region is not None and parsed.country_code == phonenumbers.country_code_for_region(region)
    form = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    written = re.sub(r"[^\d+]+", "-" if parsed.country_code == 1 and at_home else " ", phonenumbers.format_number(parsed, form)).strip(" -")
    shared = parsed.country_code in (1, 7, 44) and phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.TOLL_FREE
    return Number(f"{written} ext. {behind}" if behind else written, "" if shared else home)
