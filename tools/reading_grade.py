"""The reading grade of the English sentences: Flesch-Kincaid, which textstat computes, a development dependency.

How it is computed, for texts as short as ours:

- Each text of an answer (first text, easy words, each page behind "more") and each response stands alone: it is read alone.
- Whoever writes can neither choose nor shorten the name of a law, an office or a country, a number, an address of the web, nor what fills
  a placeholder: each counts as one word of one syllable. A name begins with a capital inside a sentence and is nowhere written small.
- In texts of fewer than ten words, titles of choices above all, the formula measures the chance of one word ("Another language" would
  be grade 15). They are joined, a full stop behind each, and graded as one text.
- textstat counts syllables by the dictionary of Carnegie Mellon, and by hyphenation where a word is not in it. A sentence of one or two
  words adds its words but does not count as a sentence, so breaking sentences into crumbs gains nothing.

The grade is American: 6.0 is the beginning of the sixth year at school.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import textstat
from babel.messages.pofile import read_po

from bot.desk.sentences import CONTEXT
from bot.paths import LOCALES

HIGHEST = 6.0
SHORT = "texts of fewer than ten words"
_ENOUGH_WORDS = 10
_NAME = "Bob"  # one syllable
_ADDRESS = re.compile(r"\b[\w-]+(?:\.[A-Za-z][\w-]+)+\b")
_NUMBER = re.compile(r"\$?\b\d+(?:[.,:]\d+)*%?")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_CAPITALISED = re.compile(r"\b[A-Z][\w'-]*")
_INSIDE_A_SENTENCE = re.compile(rf"(?<=[a-z,0-9)] ){_CAPITALISED.pattern}")
_SMALL = re.compile(r"\b[a-z][a-z'-]*\b")


def names_in(texts: Iterable[str]) -> set[str]:
    """Words that are names: written with a capital inside a sentence, and small nowhere."""
    together = "\n".join(texts)
    small = set(_SMALL.findall(together))
    return {word for word in _INSIDE_A_SENTENCE.findall(together) if word.lower() not in small and word != "I"}


def grade(text: str, names: set[str]) -> float:
    """The Flesch-Kincaid grade of an English text, in school years.

    Args:
        text: the sentence or sentences, placeholders and all.
        names: words that count as one syllable, see `names_in`.
    """
    text = _NUMBER.sub(_NAME, _ADDRESS.sub(_NAME, _PLACEHOLDER.sub(_NAME, text)))
    text = _CAPITALISED.sub(lambda word: _NAME if word[0] in names or re.fullmatch(r"[A-Z]{2,}s?", word[0]) else word[0], text)
    return float(textstat.flesch_kincaid_grade(text))


def english_texts() -> dict[str, str]:
    """Every English sentence that people are told by its context and itself, the shortest joined (see above). The desk's are for staff."""
    with (LOCALES / "helpline.pot").open("rb") as lines:
        entries = [(str(entry.context), str(entry.id)) for entry in read_po(lines) if entry.id and entry.context != CONTEXT]
    found: dict[str, str] = {}
    short = []
    for context, text in entries:
        if len(text.split()) < _ENOUGH_WORDS:
            short.append(text.rstrip(".:?"))
        else:
            found[f"{context}: {text}"] = text
    return {**found, SHORT: ". ".join(short) + "."}


def grades(texts: Mapping[str, str]) -> dict[str, float]:
    """The grade of each text; the names are those of all of them."""
    names = names_in(texts.values())
    return {name: grade(text, names) for name, text in texts.items()}
