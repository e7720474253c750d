"""Who asks in which place a certain person is, by patterns of each language (`locales/persons_sought.yml`).

A model that has learnt what people look for hears a search in "which shelter is my wife in", and names shelters. Who asks so may be the
one whom she fled from.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from bot.errors import DataError
from bot.knowledge.files import FieldError, field, read_yaml, refuse_unknown, shown, where
from bot.locales import DEFAULT, all_locales
from bot.nlu.text import fold
from bot.paths import LOCALES

_SENTENCE: Final = re.compile(r"(?<=[.!;…。！；।\n])\s*|(?<=[?؟？])\s*")
_ASKS: Final = re.compile(r"[?؟？]")
_WORD: Final = r"[^\s?]+"
_ESCAPE_OR_WORD: Final = re.compile(r"\\.|[\w\u0900-\u0963]+")
# What stands where a name may, and is none.
_NO_NAME: Final = (
    r"(?!(?:i|we|you|u|it|there|this|that|everything|everyone|people|women|men|food|help|estoy|estamos|hay|la|el|los|las|un|una|je|nous|on|tout|le"
    r"|eu|nos|tem|انا|نحن|я|мы|ми|есть|є|все|ne|toi|tui|minh|co|मैं|हम|main|hum)(?: |$))"
)
_STANDS_FOR: Final = {"word": _WORD, "name": _NO_NAME + _WORD, "end": r"(?: \?)*$", "asked": r"(?: \?)+$"}


def _sentences(text: str) -> list[str]:
    """The sentences of a text, folded, without punctuation; a question mark is a word."""
    found = []
    for sentence in _SENTENCE.split(text):
        signs = _ASKS.sub(" ? ", fold(sentence))
        plain = "".join(sign if sign.isalnum() or sign == "?" or _is_mark(sign) else " " for sign in signs)
        found.append(" ".join(plain.split()))
    return [sentence for sentence in found if sentence]


def _is_mark(sign: str) -> bool:
    """Whether a sign is a vowel of Hindi, which is no letter by itself."""
    return "\u0900" <= sign <= "\u0963"


def _pattern(pattern: str, words: dict[str, str]) -> re.Pattern[str]:
    filled = pattern
    for name, stands_for in {**words, **_STANDS_FOR}.items():
        filled = filled.replace(f"{{{name}}}", f"(?:{stands_for})")
    return re.compile(filled)


def read_patterns(path: Path) -> dict[str, list[re.Pattern[str]]]:
    """The patterns of a file by locale.

    Raises:
        DataError: it is malformed; says where.
    """
    found: dict[str, list[re.Pattern[str]]] = {}
    locales = read_yaml(path)
    if not isinstance(locales, dict) or not locales:
        raise DataError(f"{shown(path)} names no locales. Compare it with its head.")
    for locale, entry in locales.items():
        try:
            if locale not in all_locales():
                raise FieldError("a code that is none of `locales.yml`", None)
            refuse_unknown(entry, ("shelter", "person", "patterns"))
            words = {name: _folded(field(entry, name, str)) for name in ("shelter", "person")}
            words = {name: words[name].replace("{word}", _WORD) for name in words}
            found[locale] = [_pattern(_folded(pattern), words) for pattern in field(entry, "patterns", list)]
        except FieldError as error:
            raise DataError(f"{where(path, entry, error)}: {locale} has {error}. Compare it with the others.") from None
        except (re.error, AttributeError, TypeError):
            raise DataError(f"{where(path, entry)}: {locale} has a pattern that cannot be read. Compare it with the others.") from None
    return found


def _folded(pattern: str) -> str:
    """A pattern in the spelling of folded texts; its own signs, such as `\\b` and `(?:`, stay."""
    return _ESCAPE_OR_WORD.sub(lambda part: part.group() if part.group().startswith("\\") else fold(part.group()), pattern)


@lru_cache(maxsize=1)
def person_patterns() -> dict[str, list[re.Pattern[str]]]:
    """Those of `locales/persons_sought.yml`."""
    return read_patterns(LOCALES / "persons_sought.yml")


def seeks_person(text: str, locale: str) -> bool:
    """Whether a text asks in which place a certain person is.

    Args:
        text: what somebody wrote.
        locale: in which; English is heard in every one, since people mix.
    """
    known = person_patterns()
    asked = [pattern for code in dict.fromkeys((locale, DEFAULT)) for pattern in known.get(code, ())]
    return any(pattern.search(sentence) for sentence in _sentences(text) for pattern in asked)
