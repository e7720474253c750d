"""Names of languages, in many languages: which locale somebody asks for."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale as CldrLocale

from bot.locales import all_locales
from bot.nlu.text import fold


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Folded names of every locale's language, in every locale and in itself (Unicode CLDR), to its code."""
    names: dict[str, str] = {}
    for code, locale in all_locales().items():
        names[fold(locale.name)] = code
        names[code.lower()] = code
        for shown_in in all_locales():
            name = CldrLocale.parse(shown_in).languages.get(code.split("_")[0])
            if name:
                names[fold(name)] = code
    return names


def locale_named_in(text: str) -> str | None:
    """The locale whose language a text names, or None; the last one named wins ("not English, Spanish")."""
    found = None
    for word in fold(text).replace("?", " ").replace("!", " ").replace(",", " ").replace(".", " ").split():
        for spelling in (word, word.removeprefix("ال"), word.removeprefix("بال"), "ال" + word.removeprefix("بال")):
            found = _names().get(spelling, found) if len(spelling) > 2 else found
    return found


def english_name(code: str) -> str:
    """The English name of a locale's language, for words to say on the phone."""
    return str(CldrLocale.parse("en").languages.get(code.split("_")[0], code))
