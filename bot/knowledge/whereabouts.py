"""In which country a message says that the person is, and how surely: by the words around the name of a place.

Whoever is in danger with a phone from elsewhere needs the numbers of where she is. So a message is asked more exactly than by
`bot.knowledge.localities`: whether she says of herself that she is there ("I am in Germany", not "he is" and not "if I am"), and
whether the message says anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bot.knowledge.localities import Locality, gazetteer, to_ask
from bot.knowledge.place_words import ARTICLES, BEHIND, FROM, GENERIC, NOT, THERE, phrases_of
from bot.locales import DEFAULT

# Phrases before a word such as "in" by which a person says of herself that she is there. Not "me in": that may be long ago. English ones
# count in every language, since people mix.
_I_AM: Final = {
    "en": "i am, i m, i'm, im, am, iam, i live, i stay, i work, we are, we're, we live, here",
    "es": "estoy, stoy, toy, estamos, vivo, vivimos, me encuentro, aqui, aca",
    "fr": "je suis, j suis, j'suis, jsuis, chui, on est, nous sommes, j'habite, jhabite, je vis, je travaille, ici",
    "pt": "estou, tou, eu to, estamos, moro, vivo, me encontro, aqui",
    "ar": "انا, احنا, نحن, اسكن, ساكن, ساكنه, عايش, عايشه, موجود, موجوده, اعيش, اعمل, هنا, ana, ani, rani, a7na",
    "zh_Hans": "我, 我们, 本人, wo, wo men, 这里",
    "ru": "я, мы, живу, нахожусь, работаю, здесь, тут, ya",
    "uk": "я, ми, живу, знаходжусь, перебуваю, працюю, тут, ya",
    "ro": "sunt, suntem, eu is, locuiesc, stau, ma aflu, lucrez, aici",
    "vi": "toi, tui, em, minh, con, chau, chung toi",
    "fil": "ako ay, andito ako, nandito ako, narito ako, andto ako, dito ako, nandito kami, andito kami, dito",
    "hi": "मैं, मै, हम, यहाँ, main, mai, hum, ham, yahan",
}
# What may stand between these and "in".
_MEANWHILE: Final = {
    "en": "now, right now, currently, here, still, living, staying, working, at the moment, today, already, also, just",
    "es": "ahora, ahorita, ahora mismo, actualmente, ya, hoy, viviendo, trabajando",
    "fr": "maintenant, actuellement, la, en ce moment, toujours",
    "pt": "agora, atualmente, ja, hoje, morando",
    "ar": "الان, هلا, هلق, دلوقتي, حاليا, اليوم, هنا, لسه, daba, delwa2ti, halla2",
    "zh_Hans": "现在, 目前, 正, 正在, 今天, 人, 还, xianzai",
    "ru": "сейчас, щас, теперь, тут, здесь, уже, сегодня",
    "uk": "зараз, тепер, тут, вже, сьогодні",
    "ro": "acum, momentan, inca, aici",
    "vi": "dang, hien, hien tai, hien dang, bay gio, gio",
    "fil": "po, opo, na, pa, ay, ngayon, kasalukuyan",
    "hi": "अभी, अब, आज, फिलहाल, abhi, ab, aaj, filhal",
}
# The same, but no word of a message that says only where she is.
_HELD: Final = {
    "en": "stuck, trapped, locked, locked up, held, alone",
    "es": "sola, solo, atrapada, atrapado, encerrada, encerrado",
    "fr": "seule, seul, bloquee, bloque, coincee, coince, enfermee",
    "pt": "sozinha, sozinho, presa, preso",
}
# What else a message may hold that says only where she is.
_BESIDES: Final = {
    "en": "hello, hi, hey, please, ok, okay, yes, and, so, well, the, country, my location is",
    "es": "hola, buenas, por favor, si, y",
    "fr": "bonjour, salut, svp, oui, et",
    "pt": "ola, oi, sim, e",
    "ar": "مرحبا, سلام, نعم",
    "zh_Hans": "你好, 是, 的, 里, 了, 啊, 呢",
    "ru": "привет, здравствуйте, добрый день",
    "uk": "привіт, так, добрий день",
    "ro": "buna, salut, da",
    "vi": "chao, alo, vang, a, nhe, roi, nay",
    "fil": "dito, rin, din, lang, oo, ako, kami",
    "hi": "नमस्ते, हाँ, हूँ, हूं, हू, है, रहता, रहती, रहते, hu, hun, hoon, hai, rehta, rehti, rahta, rahti, haan",
}
# Words before all that by which it is only a thought.
_IF: Final = {
    "en": "if, when, once, until",
    "es": "si, cuando",
    "fr": "si, quand",
    "pt": "se, quando",
    "ar": "لو, اذا, لما, عندما",
    "zh_Hans": "如果, 要是, 等",
    "ru": "если, когда, пока",
    "uk": "якщо, коли, поки",
    "ro": "daca, cand",
    # And by which it is somebody else: Vietnamese puts "I" behind what is hers, "husband I".
    "vi": "neu, khi, chong, vo, me, bo, cha, con, em, anh, chi, ban, dinh, sep, chu, yeu",
    "fil": "kung, kapag, pag",
    "hi": "अगर, जब, agar, jab",
}
# Names that are words of a language: Romanian "usa" is a door, and at it stands who is feared; a dog has bitten who says "muscat". Arabic
# "in Amman" is "in safety".
_NO_PLACES: Final = {"ro": "usa, muscat", "fr": "reunion", "fil": "reunion", "ar": "امان, بامان, الامان, بالامان"}
_I_AFTER: Final = frozenset(("ako", "kami"))  # behind the place in Filipino, where "nasa" stands before it
_AT: Final = "nasa"
_O_OF_NAMES: Final = "o"  # Vietnamese for "in" as a part of a name: "o duc" is "in Germany", and Romanian for "I lead her away"


@dataclass(frozen=True)
class Whereabouts:
    """Where a message says that the person is.

    Attributes:
        places: of the one country that is meant; or one each of those that may be meant, where several countries have such a place.
        sure: she says of herself that she is there.
        alone: the message says nothing else.
    """

    places: tuple[Locality, ...]
    sure: bool
    alone: bool

    @property
    def country(self) -> str | None:
        """The country that is meant (ISO 3166-1 alpha-2); None where it may be several."""
        countries = {place.country for place in self.places}
        return countries.pop() if len(countries) == 1 else None


class _Words:
    """The words around a place in a locale.

    Args:
        locale: locale code.
    """

    def __init__(self, locale: str) -> None:
        def listed(by_locale: dict[str, str]) -> frozenset[str]:
            return frozenset().union(*(phrases_of(by_locale[code]) for code in {DEFAULT, locale} if code in by_locale))

        self._i_am, self._if = listed(_I_AM), listed(_IF)
        meanwhile = listed(_MEANWHILE)
        self._meanwhile = meanwhile | listed(_HELD)
        self._no_places = listed(_NO_PLACES)
        self._vietnamese = locale == "vi"
        phrases = (*self._i_am, *meanwhile, *listed(_BESIDES), *THERE, *BEHIND, *ARTICLES, *GENERIC)
        self._of_places = frozenset(word for phrase in phrases for word in phrase.split("_"))

    def is_a_place(self, before: list[str], name: list[str], after: list[str]) -> bool:
        """Whether a name may be one of a place in this language."""
        return "_".join(name) not in self._no_places and (self._vietnamese or name[0] != _O_OF_NAMES)

    def is_all(self, before: list[str], name: list[str], after: list[str]) -> bool:
        """Whether a message says nothing but that name and what belongs to it, or besides where she is not."""
        if not self.is_a_place(before, name, after) or _ends_with(FROM, before):
            return False
        others = {*before, *after} - self._of_places
        return not others or (not NOT.isdisjoint(others) and all(map(gazetteer().has_town, others - NOT)))

    def is_there_herself(self, before: list[str], name: list[str], after: list[str]) -> bool:
        """Whether she says of herself that she is there."""
        if not self.is_a_place(before, name, after):
            return False
        for units in _before_in(before):
            for rest in (units, _without(self._meanwhile, units)):
                if length := _ends_with(self._i_am, rest):
                    return not _ends_with(self._if, rest[:-length])
        there = before[-1:] == [_AT] and not _ends_with(self._if, before[:-1])
        return there and bool(_I_AFTER.intersection(_without(self._meanwhile, after[2::-1])[-1:]))


def _before_in(before: list[str]) -> list[list[str]]:
    """The units before a name without the word for "in": one for each way in which that may be read, the longest word first."""
    end = len(before)
    while end and (before[end - 1] in ARTICLES or before[end - 1] in GENERIC):
        end -= 1
    lengths = [length for length in (3, 2, 1) if length <= end and "_".join(before[end - length : end]) in THERE]
    return [before[: end - length] for length in lengths] or [before[:end]]


def _ends_with(phrases: frozenset[str], units: list[str]) -> int:
    """How many units at the end of some are such a phrase, the longest."""
    return next((length for length in (3, 2, 1) if length <= len(units) and "_".join(units[-length:]) in phrases), 0)


def _without(phrases: frozenset[str], units: list[str]) -> list[str]:
    """Units without such phrases at their end."""
    while length := _ends_with(phrases, units):
        units = units[:-length]
    return units


@lru_cache(maxsize=32)
def _words_of(locale: str) -> _Words:
    return _Words(locale)


def whereabouts(text: str, locale: str, country: str | None) -> Whereabouts | None:
    """Where a message says that the person is; None where it does not.

    Args:
        text: what she wrote.
        locale: in which she wrote it.
        country: ISO 3166-1 alpha-2 of the country where she is thought to be, or None.
    """
    words = _words_of(locale)
    alone, sure, any_of_them = gazetteer().told_among(text, country, (words.is_all, words.is_there_herself, words.is_a_place))
    found = alone or sure or any_of_them
    if not found:
        return None
    asked = to_ask(found, country)
    several = len({place.country for place in asked}) > 1
    return Whereabouts(tuple(asked) if several else (found[0],), bool(alone or sure), bool(alone))
