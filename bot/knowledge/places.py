"""Names of places and the country they are in. The gazetteer is a file; nobody is asked over the network."""

from __future__ import annotations

import gzip
import re
import sys
import zlib
from collections.abc import Iterable
from functools import lru_cache

from bot.errors import DataError
from bot.nlu.text import clean, fold
from bot.paths import DATA

_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_UK_POSTCODE = re.compile(r"\b(?:[A-Z]{1,2}\d[A-Z\d]?) ?\d[A-Z]{2}\b", re.IGNORECASE)
_FIVE_DIGITS = re.compile(r"(?<!\d)\d{5}(?!\d)")
_FIVE_DIGIT_COUNTRIES = frozenset({"US", "ES", "FR", "DE", "IT", "MX", "MA", "TR", "UA", "FI", "SA", "EG", "MY", "TH"})
# Words before a place that say "this is where I am", in the languages served; folded.
_HERE = frozenset(
    "in at near around living live en a au aux dans pres habite j'habite cerca vivo estoy f fi fel في ب قرب قريب".split()  # noqa: SIM905
)
_LONGEST = 4  # words of a name


def _straight(text: str) -> str:
    return text.replace("’", "'")


def _words(text: str) -> list[str]:
    return [_straight(word) for word in _WORDS.findall(fold(text).replace("-", " "))]


class Places:
    """The gazetteer.

    Args:
        names: rows of a folded name and its countries, the most populous place first ("GB US" for Birmingham), tab
            between; "!" behind them marks a name so well known that it may be believed inside a sentence.
        cities: rows of latitude, longitude and country, tab between.
    """

    def __init__(self, names: Iterable[str], cities: Iterable[str]) -> None:
        # Strings of countries are shared: nearly all names have one.
        self._countries = {_straight(name): sys.intern(codes.rstrip()) for name, codes in (row.split("\t") for row in names)}
        self._cities: list[tuple[float, float, str]] = []
        for row in cities:
            latitude, longitude, code = row.rstrip().split("\t")
            self._cities.append((float(latitude), float(longitude), sys.intern(code)))

    def country_in(self, text: str, *, anywhere: bool, near: str | None = None) -> str | None:
        """The country that a text says the person is in.

        Args:
            text: what the person wrote.
            anywhere: believe any place wherever it stands; else only a well-known one behind a word such as "in": small places share
                their names with ordinary words ("la porte", "tomar", "the compound").
            near: ISO code of the country that is likely anyway; it wins among several of one name.
        Returns:
            ISO 3166-1 alpha-2 code, or None.
        """
        if _UK_POSTCODE.search(clean(text)) and anywhere:
            return "GB"
        words = _words(text)
        for length in range(min(_LONGEST, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                name = " ".join(words[start : start + length])
                for spelling in (name, name[1:] if name.startswith(("ب", "ل", "ف")) and len(name) > 4 else ""):
                    found, known, _ = self._countries.get(spelling, "").partition("!")
                    attached = bool(spelling) and spelling != name
                    if found and (anywhere or (known and (attached or (start and words[start - 1] in _HERE)))):
                        codes = found.split()
                        return near if near in codes else codes[0]
        if anywhere and near in _FIVE_DIGIT_COUNTRIES and _FIVE_DIGITS.search(text):
            return near
        return None

    def is_place(self, text: str) -> bool:
        """Whether the whole text is the name of a well-known place. Not of a small one: Hola is a town, and so is Socorro."""
        return self._countries.get(" ".join(_words(text)), "").endswith("!")

    def country_at(self, latitude: float, longitude: float) -> str | None:
        """The country of the nearest known city; None more than some 300 km away from any.

        Args:
            latitude, longitude: degrees, as in WGS 84.
        """
        best, country = 9.0, None  # square of three degrees
        for lat, lon, code in self._cities:
            away = (lat - latitude) ** 2 + ((lon - longitude + 180) % 360 - 180) ** 2 * 0.5
            if away < best:
                best, country = away, code
        return country


@lru_cache(maxsize=1)
def places() -> Places:
    """The gazetteer of `data/places/`.

    Raises:
        DataError: the file is missing or broken.
    """
    folder = DATA / "places"
    try:
        with gzip.open(folder / "names.tsv.gz", "rt", encoding="utf-8") as names, gzip.open(folder / "cities.tsv.gz", "rt") as cities:
            return Places(names, cities)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"data/places/ cannot be read ({type(error).__name__}). Build it again with `make places`.") from None
