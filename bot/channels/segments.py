"""How long a text is as SMS, and how to write it so that it is as short as it can be.

A message of letters from the GSM-7 alphabet takes 160 of them, or 153 in each of several segments. One letter outside it
makes the whole message UCS-2: 70, or 67 in each. Segments are what is paid, and several may arrive in any order.

Sources: 3GPP TS 23.038 (alphabet); Twilio, https://www.twilio.com/docs/glossary/what-sms-character-limit; the counting and the
table of Smart Encoding follow Twilio's sms-segments-calculator 1.3.0 (MIT, Copyright (c) 2021 Twilio Inc), against whose
results the tests hold this module.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.conversation.messages import Choice
from bot.locales import locale_of

GSM_7, UCS_2 = "GSM-7", "UCS-2"
MOST_SEGMENTS = {GSM_7: 3, UCS_2: 4}
# Twilio refuses a longer body (error 21617).
LONGEST_BODY = 1600

_ALONE = {GSM_7: 160, UCS_2: 70}
_IN_SEVERAL = {GSM_7: 153, UCS_2: 67}

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM_7 = _BASIC | _EXTENSION

_JOINER, _NON_JOINER = "\u200d", "\u200c"

# Twilio's Smart Encoding: {replacement: characters that it replaces}.
_REPLACED_BY = {
    '"': "\u00ab\u00bb\u02ba\u02ee\u201c\u201d\u201e\u201f\u275d\u275e\u301d\u301e",
    "'": "\u0060\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u0313\u0314\u2018\u2019\u201b\u275b\u275c\ufe10\ufe11",
    "/": "\u00f7\u0337\u0338\u2044\u2215\u29f8",
    "1/4": "\u00bc",
    "1/2": "\u00bd",
    "3/4": "\u00be",
    "\\": "\u20e5\u29f5\u29f9\ufe68",
    "_": "\u0332\u2017",
    "|": "\u20d2\u20d3\u2223\u239c\u239f\u23b8\u23b9\u23d0",
    "-": "\u2010\u2013\u2014\u2015\u2022\u2043\u23bc\u23bd\ufe63",
    "@": "\ufe6b",
    "$": "\ufe69",
    "!": "\u01c3\ufe15\ufe57",
    "!!": "\u203c",
    "#": "\ufe5f",
    "%": "\ufe6a",
    "&": "\ufe60",
    ",": "\u0326\u201a\u3001\ufe50\ufe51\uff64",
    "(": "\u2768\u276a\u27ee\u2985\ufe59",
    ")": "\u2769\u276b\u27ef\u2986\ufe5a",
    "*": "\u204e\u2217\u229b\u2722\u2723\u2724\u2725\u2731\u2732\u2733\u273a\u273b\u273c\u273d\u2743\u2749\u274a\u274b\u29c6\ufe61",
    "+": "\u02d6\ufe62",
    ".": "\u3002\ufe52\uff61",
    "...": "\u2026",
    ":": "\u02d0\u02f8\u2982\ua789\ufe13",
    ";": "\u204f\ufe14\ufe54",
    "<": "\u2039\ufe64",
    "=": "\u0347\ua78a\ufe66",
    ">": "\u203a\ufe65",
    "?": "\ufe16\ufe56",
    "^": "\u02c6\u0302\u1dcd",
    "{": "\u2774\ufe5b",
    "}": "\u2775\ufe5c",
    "~": "\u02dc\u02f7\u0303\u0330\u0334\u223c",
    " ": "\u2001\u2028\u2029",
    "  ": "\u0080\u008d\u0090\u009b\u009f\u00a0\u2000\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "       ": "\t",
    "": "\u0000\u0003\u0004\u0010\u0011\u0012\u0013\u0014\u0017\u0019\u200b\u200c\u2060\ufeff",
}
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "ABCDEFGHIJKLMNOPRSTUVWYZ")
_FULL_WIDTH = {0xFEE0 + code: code for code in (*range(ord("!"), ord("_") + 1), *range(ord("{"), ord("~") + 1))}
_SMART = {**{ord(old): new for new, olds in _REPLACED_BY.items() for old in olds}, **_SMALL_CAPITALS, **_FULL_WIDTH}

# Before Twilio's table comes ours: one space where it makes two, and what it forgot.
_OURS = {**{ord(space): " " for space in _REPLACED_BY["  "] + "\t"}, 0x00AD: "", 0x2011: "-", 0x2212: "-"}
# A text that stays UCS-2 keeps what belongs to its own script: joiners (Persian), marks, the punctuation of Chinese.
_SMART_IN_ANY_SCRIPT = {
    old: new for old, new in _SMART.items() if old < 0x3000 and chr(old) != _NON_JOINER and not unicodedata.combining(chr(old))
}
# What XML, and so TwiML, cannot carry, and carriage returns.
_UNSENDABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Measure:
    """How long a text is as SMS.

    Attributes:
        encoding: ``GSM-7`` or ``UCS-2``.
        chars: GSM-7 code units, or graphemes in UCS-2.
        segments: what is paid for.
    """

    encoding: str
    chars: int
    segments: int


def is_gsm7(text: str) -> bool:
    """Whether every letter of the text is in the GSM-7 alphabet or its extension table."""
    return _GSM_7.issuperset(text)


def measure(text: str) -> Measure:
    """Counts as Twilio counts: what cannot be divided (an extended letter, a grapheme) goes to the next segment whole."""
    if is_gsm7(text):
        sizes = [2 if letter in _EXTENSION else 1 for letter in text]
        return Measure(GSM_7, sum(sizes), _segments(sizes, GSM_7))
    sizes = [_units(grapheme) for grapheme in _graphemes(text)]
    return Measure(UCS_2, len(sizes), _segments(sizes, UCS_2))


def _segments(sizes: list[int], encoding: str) -> int:
    if sum(sizes) <= _ALONE[encoding]:
        return 1
    segments, used = 1, 0
    for size in sizes:
        if used + size > _IN_SEVERAL[encoding]:
            segments, used = segments + 1, 0
        used += size
    return segments


def _units(text: str) -> int:
    """UTF-16 code units, which is what UCS-2 segments and Twilio's limit of a body count."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def _graphemes(text: str) -> Iterable[str]:
    """What a reader takes for one character: a letter with its marks, a flag, an emoji with its skin and its family.

    Unicode Standard Annex 29, as far as the locales and emoji need it.
    """
    if not any(map(_attaches, text)):
        return text
    clusters = [text[0]]
    for letter in text[1:]:
        if _joins(clusters[-1], letter):
            clusters[-1] += letter
        else:
            clusters.append(letter)
    return clusters


def _joins(cluster: str, letter: str) -> bool:
    if unicodedata.category(cluster[-1]) == "Cc":
        return False
    if _is_half_flag(letter):
        return len(cluster) == 1 and _is_half_flag(cluster)
    return _attaches(letter) or (cluster[-1] == _JOINER and unicodedata.category(letter) == "So")


@lru_cache(maxsize=4096)
def _attaches(letter: str) -> bool:
    """Whether a letter may belong to the one before it: a mark, a joiner, a skin tone, a half of a flag."""
    if unicodedata.category(letter) in ("Mn", "Me", "Mc"):
        return True
    return letter in (_JOINER, _NON_JOINER) or _is_skin_tone(letter) or _is_half_flag(letter)


def _is_skin_tone(letter: str) -> bool:
    return "\U0001f3fb" <= letter <= "\U0001f3ff"


def _is_half_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def smart_encode(text: str) -> str:
    """The text as Twilio's Smart Encoding leaves it: typographic characters become plain ones, letters stay.

    Source: https://www.twilio.com/docs/messaging/services#smart-encoding
    """
    return text.translate(_SMART)


def _accents(locale: str) -> dict[int, str]:
    return {ord(letter): plain for letter, plain in (locale_of(locale).gsm7_fold or {}).items()}


def _without_accent(letter: str) -> str:
    """A Latin letter that GSM-7 lacks, without its accent; anything else as it is."""
    if letter in _GSM_7:
        return letter
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() and base.isalpha() else letter


def fold_for_gsm7(text: str, locale: str) -> str:
    """The text in GSM-7 if plain punctuation and the accents that the locale may drop get it there.

    The locale's own letters are folded as its reviewed list says. What it does not write itself stands in a name (a law of Spain,
    Côte d'Ivoire), which is still the name without its accents. If all that does not suffice, nothing is gained by dropping an accent:
    the text keeps its letters, and only its quotes, dashes and their kin become plain. So does all text of a language that needs
    letters which GSM-7 lacks.

    Args:
        text: words in that locale.
        locale: locale code.
    """
    text = unicodedata.normalize("NFC", _UNSENDABLE.sub("", text)).translate(_OURS)
    folded = smart_encode(text).translate(_accents(locale))
    if locale_of(locale).gsm7_fold is not None:
        folded = "".join(map(_without_accent, folded))
    return folded if is_gsm7(folded) else text.translate(_SMART_IN_ANY_SCRIPT)


def counting_tables(locale: str) -> dict[str, object]:
    """The tables of this module as JSON, by which a page counts segments while somebody types (see bot/desk/static/segments.js).

    Args:
        locale: of what is typed.
    """

    def by_letter(table: Mapping[int, str | int]) -> dict[str, str]:
        return {chr(old): new if isinstance(new, str) else chr(new) for old, new in table.items()}

    return {
        "basic": "".join(sorted(_BASIC)),
        "extension": "".join(sorted(_EXTENSION)),
        "alone": _ALONE,
        "inSeveral": _IN_SEVERAL,
        "ours": by_letter(_OURS),
        "smart": by_letter(_SMART),
        "smartInAnyScript": by_letter(_SMART_IN_ANY_SCRIPT),
        "accents": by_letter(_accents(locale)),
        "dropsAccents": locale_of(locale).gsm7_fold is not None,
    }


def render(text: str, choices: tuple[Choice, ...], locale: str) -> str:
    """The body that goes out: the text, then one line for each choice, the person (``0``) last.

    A text that no `Shape` has cut is cut here, at a word, so that Twilio takes it and every choice stays.
    """
    body = _body(text, choices, locale)
    while text and _units(body) > LONGEST_BODY:
        text = _cut(text, _units(text) - (_units(body) - LONGEST_BODY))
        body = _body(text, choices, locale)
    return _cut(body, LONGEST_BODY)


# Where a text may be cut, the best place first: between paragraphs, lines, sentences, words. Not within a phone number.
_PLACES = tuple(re.compile(place) for place in (r"\n\s*\n", r"\n", r"(?<=[.!?؟।…])\s|(?<=[。！？])", r"(?<!\d)\s|\s(?!\d)"))


def split(text: str, choices: tuple[Choice, ...], locale: str) -> list[str]:
    """The bodies that go out one after the other where one SMS does not carry it all; each fits `SmsShape`, and the last has the choices.

    Args:
        text: words in that locale, as long as they may be.
        choices: what may be picked next.
        locale: locale code.
    """
    shape, text, bodies = SmsShape(), text.strip(), []
    while text and not shape.fits(text, choices, locale):
        end = _end_of_part(text, locale)
        bodies.append(render(text[:end].rstrip(), (), locale))
        text = text[end:].lstrip()
    return [*bodies, render(text, choices, locale)] if text or choices else bodies


def _end_of_part(text: str, locale: str) -> int:
    """Where the first part ends: at the best place in the second half of what one SMS carries."""
    shape, graphemes = SmsShape(), list(_graphemes(text))
    most = bisect_left(range(1, len(graphemes) + 1), True, key=lambda n: not shape.fits("".join(graphemes[:n]), (), locale))
    longest = len("".join(graphemes[: max(most, 1)]))
    if longest == len(text):
        return longest
    for place in _PLACES:
        end = max((found.start() for found in place.finditer(text, 0, longest + 1) if found.start() <= longest), default=0)
        if end > longest // 2:
            return end
    return longest


def _body(text: str, choices: tuple[Choice, ...], locale: str) -> str:
    person_last = sorted(choices, key=lambda choice: choice.digit == "0")
    lines = [f"{choice.digit} {choice.title}" for choice in person_last]
    return fold_for_gsm7("\n".join([text, *lines] if text else lines), locale)


def _cut(text: str, room: int) -> str:
    """As much of the text as fits into `room` UTF-16 units, ending at a word where words are divided by spaces."""
    if _units(text) <= room:
        return text
    head = text.encode("utf-16-le", "surrogatepass")[: 2 * max(room, 0)].decode("utf-16-le", "ignore")
    words = max(head.rfind(" "), head.rfind("\n"))
    return head[:words] if words > len(head) // 2 else head


class SmsShape:
    """How much of a reply one SMS carries: three segments in GSM-7, four in UCS-2, the choices counted in."""

    def fits(self, text: str, choices: tuple[Choice, ...], locale: str) -> bool:
        """Whether text and choices may go out as one reply."""
        measured = measure(_body(text, choices, locale))
        return measured.segments <= MOST_SEGMENTS[measured.encoding]
