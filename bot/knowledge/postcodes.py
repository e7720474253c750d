"""Postcodes: which area a text names by one. Believed where the form is unmistakable (United Kingdom, Canada), or where the country is
known and the number is no sum of money: it is all that was said, or stands behind a word such as "code", beside a place, or beside what is
looked for and nothing else ("shelter 77002")."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from bot.knowledge.place_words import THERE, words_of

_UK: Final = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})\b", re.IGNORECASE)
_UK_AREA: Final = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?)\b", re.IGNORECASE)
_CANADA: Final = re.compile(r"\b([ABCEGHJ-NPRSTVXY]\d[A-Z]) ?(\d[A-Z]\d)\b", re.IGNORECASE)
_CANADA_AREA: Final = re.compile(r"\b([ABCEGHJ-NPRSTVXY]\d[A-Z])\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?<![\w.,-])(\d{3,5}[ -]?\d{0,4})(?![\w]|[.,]\d)")
_DIGITS: Final = re.compile(r"\D")
# Words before a postcode, in the languages served, folded.
_CODE: Final = frozenset(
    words_of(
        "zip code zipcode postcode postal pin pincode plz cp codigo cep "
        "индекс індекс поштовий почтовый postala cod الرمز البريدي رمز بريدي "
        "邮编 郵編 पिन कोड buu chinh ma zipcode po"
    )
)
# What somebody looks for who writes no more than that and her postcode, and the words around it, in the languages served, folded.
_SOUGHT: Final = frozenset(
    words_of(
        "shelter bed housing hostel food meal lawyer attorney legal doctor clinic counseling counselling therapy help "
        "refugio albergue cama comida abogado abogada medico clinica ayuda psicologo abri foyer hebergement lit repas avocat aide medecin "
        "abrigo alojamento comida advogado advogada ajuda مأوى محامي محام طعام طبيب مساعده 庇护所 住处 律师 食物 医生 帮助 "
        "приют ночлег еда адвокат юрист врач помощь притулок нічліг їжа лікар допомога adapost mancare avocat medic ajutor "
        "cho ngu luat su bac si do an giup silungan tirahan pagkain abogado doktor tulong "
        "आश्रय खाना वकील डॉक्टर मदद aashray khana vakil madad"
    )
)
_AROUND_SOUGHT: Final = frozenset(
    words_of(
        "i need a an the free safe some good best women womens emergency homeless food aid advice services service place for me my please "
        "necesito un una gratis urgente legal de por favor besoin d un une gratuit preciso de um uma gratuito нужен нужна нужно бесплатный "
        "потрібен потрібна безкоштовний am nevoie de un gratuit can tim mien phi kailangan ko ng libre 需要 免费 احتاج مجاني मुझे चाहिए"
    )
)
_SOUGHT_WITH_WORDS: Final = _SOUGHT | _AROUND_SOUGHT
_LONG_CODE: Final = 5  # digits of a code that is believed behind such words; four are a year or a price
US_TERRITORIES: Final = frozenset(("PR", "VI", "GU", "AS", "MP"))  # countries of the gazetteer, states of the post
_SHORT_UK: Final = 3  # characters; "w8" and "m8" are words of text messages
_LONGEST: Final = 12  # digits looked at
# How many digits a whole code has, as GeoNames lists them; five where nothing is said.
_USUAL: Final = {3: ("IS", "FO"), 6: ("CN", "IN", "RO", "RU", "KZ", "BY", "SG", "VN", "CO", "EC"), 7: ("PT", "JP"), 8: ("BR",)}
_FOUR: Final = "AT AU BE BG CH CY DK GE HU LU LV MD MK NL NO NZ PH SI TN ZA AR BD LI PY".split()  # noqa: SIM905


def digits_of(country: str) -> tuple[int, ...]:
    """How many digits a postcode of a country has. Brazil's and Portugal's are often said without the part behind the hyphen."""
    for digits, countries in _USUAL.items():
        if country in countries:
            return {"PT": (7, 4), "BR": (8, 5)}.get(country, (digits,))
    return (4,) if country in _FOUR else (5, 9) if country == "US" else (5,)


def areas_named(text: str, country: str | None, is_place: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """Country and postcode, or its beginning, that a text may name, the surest first.

    Args:
        text: as cleaned, not folded.
        country: ISO 3166-1 alpha-2 where known.
        is_place: whether words name a place, so that a number beside them is no sum of money.
    """
    words = words_of(text)

    def believed(match: re.Match[str]) -> bool:
        before, behind = words_of(text[: match.start()]), words_of(text[match.end() :])
        if not before and not behind:
            return True
        if _CODE.intersection(before[-2:]) or (before and before[-1] in THERE and not behind):
            return True
        rest = [word for word in before + behind if word not in _CODE and word not in THERE]
        at_end, digits = not (before and behind), len(_DIGITS.sub("", match[0]))
        if at_end and digits >= _LONG_CODE and not _SOUGHT.isdisjoint(rest) and _SOUGHT_WITH_WORDS.issuperset(rest):
            return True
        return not rest or (
            len(words) <= 6 and any(is_place(" ".join(part)) for part in (before[-2:], before[-1:], behind[:1], behind[:2]))
        )

    if country in (None, "GB"):
        for match in _UK.finditer(text):
            yield "GB", match[1].upper()
    if country in (None, "CA"):
        for match in _CANADA.finditer(text):
            yield "CA", match[1].upper()
    for match in _UK_AREA.finditer(text) if country in (None, "GB") else ():
        if believed(match) and (len(match[1]) >= _SHORT_UK or (country == "GB" and match[1].isupper())):
            yield "GB", match[1].upper()
    for match in _CANADA_AREA.finditer(text) if country == "CA" else ():
        if believed(match):
            yield "CA", match[1].upper()
    if country and country not in ("GB", "CA"):
        for match in _NUMBER.finditer(text):
            code = _DIGITS.sub("", match[1])[:_LONGEST]
            if len(code) in digits_of(country) and believed(match):
                yield country, code
