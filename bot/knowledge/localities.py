"""Where a person is, as coordinates: from a text that names a town, a district, a state, a country or a US ZIP code, or from a shared
location. The gazetteer is a file (`data/places/localities.npz`); nobody is asked over the network, and nothing of it is kept."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.errors import DataError
from bot.nlu.text import clean, fold
from bot.paths import DATA

WELL_KNOWN_FROM: Final = 500_000  # people; such names, states and countries are believed anywhere in a text
_MISSPELLED_FROM: Final = 50_000  # people; of smaller towns too many are spelt nearly alike
_LONGEST: Final = 5  # words of a name
_MOST: Final = 12  # candidates
_TRIES: Final = 10  # at names that may be misspelt: a long message must not take long
_SHORT: Final = 3  # words
_CODE: Final = frozenset(("zip", "code", "zipcode", "postal"))
_ZIP: Final = re.compile(r"(?<![\w-])(\d{5})(?:-\d{4})?(?![\w-])")
# Words are what lies between these: letters with the marks of their script, which `\w` would cut off in Hindi.
_BETWEEN: Final = re.compile(r"[^\w\u0300-\u036f\u0900-\u0963\u0971-\u097f'’]+|_")
_HAN: Final = re.compile(r"[\u3400-\u9fff]+")
# Phrases before a place, a language a line, that say that it is where the person is or wants to go; those behind it, in Hindi; and
# Chinese ones, which are cut out of the text, since Chinese knows no spaces.
_BEFORE_IT: Final = """
in, at, near, around, by, to, close to, next to, nearby, outside, downtown
en, cerca de, cerca, por, junto a
a, au, aux, dans, près de, près d', proche de, vers, sur
perto de, perto, em, no, na, do
în, la, lângă, aproape de, aproape
в, во, возле, около, рядом с, под, недалеко от, из
у, біля, поруч з, поруч із, коло, недалеко від
في, قريب من, قرب, بالقرب من, جنب, حول, عند, من, fi, f, fel, qrib mn, 9rib mn, qrib men, qarib min
gần, ở, tại
sa, nasa, taga, malapit sa
zai
"""
_BEHIND_IT: Final = "में, मे, के पास, के करीब, के नजदीक, के आसपास, mein, ke paas, ke pas, fujin"
_HAN_AROUND: Final = re.compile("我在|我住在|住在|人在|靠近|离|離|在|附近|旁边|旁邊|周围|周圍|这里|這裡|这边|的|近|里|市区|市區")
_ARTICLES: Final = frozenset(("the", "la", "le", "el", "l", "al", "los", "las"))
_GENERIC: Final = frozenset(
    ("city", "town", "ciudad", "ville", "cidade", "oras", "orasul", "город", "городе", "місто", "місті", "مدينه", "शहर")
)
_CLITICS: Final = ("بال", "وال", "ب", "ل", "ف", "و")  # Arabic prepositions that are written on to the name
_CLITIC_OF: Final = {"بال": "ال", "وال": "ال"}
_BREAKS: Final = (OSError, EOFError, ValueError, KeyError, IndexError, zlib.error, zipfile.BadZipFile)


@dataclass(frozen=True)
class Locality:
    """A place that a text may mean.

    Attributes:
        name: its usual name in Latin letters.
        country: ISO 3166-1 alpha-2.
        region: state or province by its ISO 3166-2 part (``AL``, ``ENG``), or "" where that is unknown.
        latitude, longitude: degrees; None for a state or a country, which is too wide for a point.
        population: people, 0 where unknown.
    """

    name: str
    country: str
    region: str
    latitude: float | None
    longitude: float | None
    population: int


def words_of(text: str) -> list[str]:
    """The folded words of a text, of which the length is bounded."""
    return [word for word in _BETWEEN.sub(" ", fold(text).replace("’", "'")).split() if word.strip("'")]


def _phrases(text: str) -> frozenset[str]:
    return frozenset("_".join(words_of(phrase)) for phrase in re.split("[,\n]", text.strip()))


BEFORE: Final = _phrases(_BEFORE_IT)
BEHIND: Final = _phrases(_BEHIND_IT)


class _Words:
    """Sorted words in one run of bytes: a list of strings would take ten times the memory."""

    def __init__(self, run: NDArray[Any], ends: NDArray[Any]) -> None:
        self._run, self._ends = run.tobytes(), ends

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, row: int) -> str:
        if not 0 <= row < len(self):
            raise IndexError(row)
        return self._run[self._ends[row] : self._ends[row + 1]].decode()

    def size(self, row: int) -> int:
        """The bytes of a word."""
        return int(self._ends[row + 1] - self._ends[row])

    def row(self, word: str) -> int | None:
        """Where a word stands, or None."""
        wanted, low, high = word.encode(), 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._run[self._ends[middle] : self._ends[middle + 1]] < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._run[self._ends[low] : self._ends[low + 1]] == wanted else None

    def __contains__(self, word: str) -> bool:
        return self.row(word) is not None


class Gazetteer:
    """The places and their names.

    Args:
        data: the arrays that `tools/build_localities.py` writes.
    """

    def __init__(self, data: Any) -> None:
        self._names, self._places, self._ordinary, self._zip_cities = (
            _Words(data[key], data[f"{key}_ends"]) for key in ("names", "places", "words", "zip_cities")
        )
        self._rows, self._rows_ends = data["rows"], data["rows_ends"]
        self._country, self._region, self._people = data["country"], data["region"], data["people"]
        self._latitude, self._longitude = data["latitude"], data["longitude"]
        self._zip = {key: data[key] for key in ("zip", "zip_latitude", "zip_longitude", "zip_city", "zip_state")}
        towns = np.flatnonzero(~np.isnan(self._latitude))
        self._towns, self._globe = towns, _on_the_globe(self._latitude[towns], self._longitude[towns])
        self._spelt = self._spellings()

    def find(self, text: str, country: str | None = None) -> list[Locality]:
        """The places that a text may mean, the most populous first; none where it names none.

        A ZIP code is believed first; then a name that is the whole text, or stands behind a word such as "near"; then a well-known one
        anywhere; then such a one misspelt, but not where the word is an ordinary one. What follows a name ("Paris, Texas") decides
        between places of that name.

        Args:
            text: what the person wrote.
            country: ISO 3166-1 alpha-2 of the country that is likely anyway; where it has a place of that name, others are left out.
        """
        if country in (None, "US") and (found := self._zip_in(clean(text))):
            return [found]
        words = words_of(_HAN.sub(_spaced, clean(text)))
        for rows, sure in self._exact(words, country):
            if rows and sure:
                return self._localities(rows, country)
        for rows in self._misspelt(words, country):
            if rows:
                return self._localities(rows, country)
        return []

    def nearest(self, latitude: float, longitude: float) -> Locality:
        """The town that is nearest to a place.

        Args:
            latitude, longitude: degrees, as in WGS 84.
        """
        here = _on_the_globe(np.array([latitude], np.float32), np.array([longitude], np.float32))[0]
        return self._locality(int(self._towns[np.argmax(self._globe @ here)]))

    def _zip_in(self, text: str) -> Locality | None:
        """The place of a ZIP code, which is the whole of a short text, or stands behind a word such as "near": sums of money have five
        digits too."""
        words = words_of(text)
        for match in _ZIP.finditer(text):
            before = words_of(text[: match.start()])[-2:]
            row = int(np.searchsorted(self._zip["zip"], int(match[1])))
            believed = len(words) <= _SHORT or bool(_CODE.intersection(before) or BEFORE.intersection(before[-1:]))
            if believed and row < len(self._zip["zip"]) and self._zip["zip"][row] == int(match[1]):
                return Locality(
                    self._zip_cities[int(self._zip["zip_city"][row])],
                    "US",
                    self._zip["zip_state"][row].decode(),
                    round(float(self._zip["zip_latitude"][row]), 4),
                    round(float(self._zip["zip_longitude"][row]), 4),
                    0,
                )
        return None

    def _exact(self, words: list[str], country: str | None) -> Iterator[tuple[list[int], bool]]:
        """Rows for the names in a text, the likeliest name first, and whether it is believed."""
        for start, end, marked in _spans(words):
            name = " ".join(words[start:end])
            for spelling in _spellings_of(name):
                rows = self._called(spelling)
                if not rows:
                    continue
                rows, rest = self._qualified(rows, words[end : end + 3])
                qualified = rest > 0
                alone = start == 0 and end + rest == len(words)
                known = int(self._people[rows[0]]) >= WELL_KNOWN_FROM and len(name) >= (2 if _HAN.match(name) else 4)
                if spelling != name:
                    yield rows, known and spelling not in self._ordinary
                elif name in self._ordinary:  # "nice" is a town only for who is in France and says nothing else
                    yield rows, qualified or (alone and country is not None and country in self._countries(rows))
                else:
                    yield rows, alone or marked or known or qualified

    def _qualified(self, rows: list[int], behind: list[str]) -> tuple[list[int], int]:
        """Those of the places that lie in what is named behind them, and of how many words that consists; all and 0 where none does."""
        for length in range(len(behind), 0, -1):
            name = " ".join(behind[:length])
            within = {(self._country[row], self._region[row]) for row in self._called(name) if np.isnan(self._latitude[row])}
            if length == 1 and len(name) == 2 and not within:
                within = {(b"US", name.upper().encode())}
            fitting = [row for row in rows if within & {(self._country[row], b""), (self._country[row], self._region[row])}]
            if fitting:
                return fitting, length
        return rows, 0

    def _misspelt(self, words: list[str], country: str | None) -> Iterator[list[int]]:
        tried = 0
        for start, end, marked in _spans(words):
            name = " ".join(words[start:end])
            alone = start == 0 and end == len(words)
            if (marked or alone) and len(name) >= 5 and max(words[start:end], key=len) not in self._ordinary:
                yield self._near_to(name, country)
                tried += 1
                if tried == _TRIES:
                    return

    def _near_to(self, name: str, country: str | None) -> list[int]:
        """Rows of the best of the names that are spelt nearly so: those of the likely country first, well-known ones, then the nearest."""
        most = 2 if len(name) >= 9 else 1
        letters, lengths, names, peaks = self._spelt
        low, high = np.searchsorted(lengths, (len(name) - most, len(name) + most + 1))
        apart = np.abs(letters[low:high] - _letters([name], np.array([len(name)]))).sum(axis=1, dtype=np.int16)
        best: tuple[tuple[bool, bool, int, int], int] | None = None
        for spot in low + np.flatnonzero(apart <= 2 * most):
            other = self._names[int(names[spot])]
            distance = _edits(name, other, most)
            if distance <= most:
                at_home = country is not None and country in self._countries(self._called(other))
                people = int(peaks[spot])
                key = (not at_home, people < WELL_KNOWN_FROM, distance, -people)
                if best is None or key < best[0]:
                    best = key, int(names[spot])
        return self._called(self._names[best[1]]) if best else []

    def _spellings(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
        """What is compared with a misspelt name: counts of letters, lengths, rows of names, and the people of the largest
        place; the shortest names first."""
        peaks = self._people[self._rows[self._rows_ends[:-1]]]
        rows = [row for row in np.flatnonzero(peaks >= _MISSPELLED_FROM) if self._names.size(row) >= 4]
        rows.sort(key=lambda row: len(self._names[row]))
        names = [self._names[row] for row in rows]
        lengths = np.array([len(name) for name in names], np.int16)
        return _letters(names, lengths), lengths, np.array(rows, np.uint32), peaks[rows]

    def _called(self, name: str) -> list[int]:
        row = self._names.row(name)
        return [] if row is None else [int(one) for one in self._rows[self._rows_ends[row] : self._rows_ends[row + 1]]]

    def _countries(self, rows: Sequence[int]) -> set[str]:
        return {self._country[row].decode() for row in rows}

    def _localities(self, rows: list[int], country: str | None) -> list[Locality]:
        likely = [row for row in rows if self._country[row].decode() == country] or rows
        return [self._locality(row) for row in likely if not self._said_better(row, likely)][:_MOST]

    def _said_better(self, row: int, rows: list[int]) -> bool:
        """Whether another of the places is the same in effect: the city of New York rather than its state, and Mexico rather than its
        capital; but a state that is hardly more than its city, such as Singapore, is the city."""
        for other in rows:
            wide, point = (row, other) if np.isnan(self._latitude[row]) else (other, row)
            around = {(self._country[point], b""), (self._country[point], self._region[point])}
            if (
                np.isnan(self._latitude[wide])
                and not np.isnan(self._latitude[point])
                and (self._country[wide], self._region[wide]) in around
            ):
                return row == (wide if self._people[point] * 2 >= self._people[wide] else point)
        return False

    def _locality(self, row: int) -> Locality:
        wide = bool(np.isnan(self._latitude[row]))
        return Locality(
            self._places[row],
            self._country[row].decode(),
            self._region[row].decode(),
            None if wide else round(float(self._latitude[row]), 4),
            None if wide else round(float(self._longitude[row]), 4),
            int(self._people[row]),
        )


def _spans(words: list[str]) -> list[tuple[int, int, bool]]:
    """Where names may stand (first word, word behind the last, whether it stands behind a word such as "near"): the marked ones first, the
    longer before the shorter, then the whole text and its other parts."""
    starts = {0} if len(words) == 1 else set()
    behind: set[int] = set()
    for i in range(len(words)):
        for length in (3, 2, 1):
            phrase = "_".join(words[i : i + length])
            if i + length <= len(words) and phrase in BEFORE:
                start = i + length
                starts.add(start)
                while start < len(words) and (words[start] in _ARTICLES or words[start] in _GENERIC):
                    start += 1
                    starts.add(start)
            if phrase in BEHIND:
                behind.add(i)
    spans = [
        (start, end, True)
        for start in range(len(words))
        for end in range(min(len(words), start + _LONGEST), start, -1)
        if (start in starts and len(words) > 1) or end in behind
    ]
    spans.sort(key=lambda span: (span[0] - span[1], -span[0]))
    seen = {span[:2] for span in spans}
    rest = [
        (start, end, False)
        for start in range(len(words))
        for end in range(min(len(words), start + _LONGEST), start, -1)
        if (start, end) not in seen
    ]
    rest.sort(key=lambda span: (span[0] - span[1], span[0]))
    return spans + rest


def _spellings_of(name: str) -> Iterator[str]:
    yield name
    for clitic in _CLITICS:
        if name.startswith(clitic) and len(name) > len(clitic) + 2:
            yield _CLITIC_OF.get(clitic, "") + name[len(clitic) :]
            yield name[len(clitic) :]


def _spaced(run: re.Match[str]) -> str:
    """A run of Chinese characters, with the words around a name cut out."""
    return f" {_HAN_AROUND.sub(' ', run.group())} "


def _letters(names: Sequence[str], lengths: NDArray[Any]) -> NDArray[Any]:
    """How often each letter stands in each name, in 32 drawers: names that differ in many letters need not be compared one by one."""
    drawers = np.frombuffer("".join(names).encode("utf-32-le"), np.uint32) % 32
    owners = np.repeat(np.arange(len(names)), lengths)
    return np.bincount(owners * 32 + drawers, minlength=len(names) * 32).reshape(-1, 32).astype(np.int8)


def _edits(one: str, other: str, most: int) -> int:
    """Letters to insert, leave out, replace or swap with the next, to make one word of another; above `most` the number does not matter."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, 1):
        last, row = rows[-1], [i]
        for j, there in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != there))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == there:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        rows.append(row)
    return rows[-1][-1]


def _on_the_globe(latitude: NDArray[Any], longitude: NDArray[Any]) -> NDArray[Any]:
    phi, lam = np.radians(latitude), np.radians(longitude)
    globe: NDArray[Any] = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)
    return globe.astype(np.float32)


def read_gazetteer(path: Path) -> Gazetteer:
    """Reads a gazetteer.

    Raises:
        DataError: the file is missing or broken.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            return Gazetteer(data)
    except _BREAKS as error:
        raise DataError(f"{path.name} cannot be read ({type(error).__name__}). Build it again with `make places`.") from None


@lru_cache(maxsize=1)
def _gazetteer() -> Gazetteer:
    return read_gazetteer(DATA / "places" / "localities.npz")


def find(text: str, country: str | None = None) -> list[Locality]:
    """`Gazetteer.find` in the gazetteer of `data/places/`."""
    return _gazetteer().find(text, country)


def towns(text: str, country: str) -> list[Locality]:
    """Those of the places that a text may mean which are towns of a country, and so have a point; the most populous first.

    Args:
        text: what the person wrote.
        country: ISO 3166-1 alpha-2.
    """
    return [one for one in find(text, country) if one.country == country and one.latitude is not None]


def nearest(latitude: float, longitude: float) -> Locality:
    """`Gazetteer.nearest` in the gazetteer of `data/places/`."""
    return _gazetteer().nearest(latitude, longitude)
