"""Codes of languages and countries by their names in every language served (Unicode CLDR)."""

from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from phonenumbers import SUPPORTED_REGIONS

from bot.knowledge.hsds.spelling import plain
from bot.locales import all_locales

_OTHER_NAMES = {
    "mandarin": "zh",
    "chinese (mandarin)": "zh",
    "chinese (cantonese)": "yue",
    "farsi": "fa",
    "castellano": "es",
    "tagalog": "fil",
}
_AS_LOCALE = {"zh": "zh_Hans", "tl": "fil"}


@lru_cache(maxsize=1)
def _language_names() -> dict[str, str]:
    """Names of languages in every language served and in themselves (Unicode CLDR), to their codes."""
    names: dict[str, str] = {}
    for shown_in in ("en", "de", *all_locales()):
        for code, name in Locale.parse(shown_in).languages.items():
            if "_" not in code:
                names.setdefault(plain(name), code)
    for code, locale in all_locales().items():
        names[plain(locale.name)] = code
    return {**names, **_OTHER_NAMES}


def language_code(name: str, code: str = "") -> str | None:
    """The locale or ISO 639 code of a language, or None where it is unknown.

    Args:
        name: its name in any language served, or its code.
        code: ISO 639 code where the source gives one, of two or three letters, with or without a country.
    """
    for said in (code, name):
        short = re.split(r"[-_]", said.strip().lower())[0] if re.fullmatch(r"[A-Za-z]{2,3}(?:[-_]\w+)?", said.strip()) else ""
        short = str(get_global("language_aliases").get(short, short))
        if short and short in Locale.parse("en").languages:
            return _AS_LOCALE.get(short, short)
    found = _language_names().get(plain(name)) or _language_names().get(plain(name.split("(")[0]))
    return _AS_LOCALE.get(found, found) if found else None


def language_name(code: str) -> str:
    """The English name of a language by its code."""
    try:
        return str(Locale.parse(code).english_name or code)
    except (UnknownLocaleError, ValueError):
        return str(Locale.parse("en").languages.get(code, code))


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for shown_in in ("en", "de", *all_locales()):
        for code, name in Locale.parse(shown_in).territories.items():
            if code in SUPPORTED_REGIONS:
                names.setdefault(plain(name), code)
    return {
        **names,
        "usa": "US",
        "united states of america": "US",
        "uk": "GB",
        "great britain": "GB",
        "england": "GB",
        "scotland": "GB",
        "wales": "GB",
    }


def country_code(text: str) -> str | None:
    """ISO 3166-1 alpha-2 code of a country by its code or by its name in any language served, or None."""
    said = text.strip()
    if len(said) == 2 and said.upper() != "UK":
        return said.upper() if said.upper() in SUPPORTED_REGIONS else None
    if len(said) == 3 and said.isalpha():
        alias = get_global("territory_aliases").get(said.upper())
        if alias:
            return str(alias[0])
    return _country_names().get(plain(said))
