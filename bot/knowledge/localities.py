"""Where a person is, as coordinates: from a text that names a town, a district, a state, a country or a postcode, or from a shared
location. The gazetteer is a file (`data/places/places.npz`); nobody is asked over the network, and nothing of it is kept."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from lzma import LZMAError
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.errors import DataError
from bot.knowledge.globe import kilometres_between, on_the_globe
from bot.knowledge.place_words import (
    AFTER,
    ARTICLES,
    BEHIND,
    CITIES_AS_SAID,
    COUNTRIES_ALONE,
    COUNTRIES_IN_TEXTS,
    FROM,
    GENERIC,
    HAN,
    JOINTS,
    NOT,
    THERE,
    attached,
    forms,
    lemmas,
    units_of,
    words_of,
)
from bot.knowledge.postcodes import US_TERRITORIES, areas_named
from bot.nlu.text import clean
from bot.paths import DATA

FILE: Final = DATA / "places" / "places.npz"
WELL_KNOWN_FROM: Final = 500_000  # people; such names, states and countries are believed anywhere in a text
_CITY_FROM: Final = 50_000  # people; such a city is meant rather than the state of its name
_LARGE_FROM: Final = 100_000  # people; names of such towns are believed in another case, or with a preposition written on to them
_MISSPELT_FROM: Final = 50_000  # people; of smaller towns too many are spelt nearly alike
_TOWN_FROM: Final = 15_000  # people; smaller ones are believed inside a text only behind a word such as "in"
_KNOWN_LETTERS: Final = 5  # letters of a name that is believed anywhere; shorter ones are words of some language
_LETTERS: Final = 4  # of the name of a country that is believed behind a word such as "in" though it is a word, and of a city alone
_ABBREVIATED: Final = ("US", "AE")  # their names may have fewer
_LONGEST, _LONGEST_HAN = 5, 8  # words, Chinese characters of a name
_MOST: Final = 12  # candidates
_LONG: Final = 8  # letters of a name that is believed though it is misspelt, where the country is known
_TRIES: Final = 10  # at names that may be misspelt: a long message must not take long
NOWHERE: Final = -32768  # in place of coordinates
_BESIDE_KM: Final = 45.0  # a district lies so near to its city
_COUNTRY_KM: Final = 300.0  # further off, the nearest town says nothing of the country
_AREA_KM: Final = 12.0  # around the middle of an area of postcodes: it is called after the largest town there
_SAME_KM: Final = 60.0  # towns of one name so near to each other are one for who looks for help
_STATE: Final = 1_000_000  # people that the file gives a state which is as well known as a large city
# Shares of the people of the largest place of a name, from which on another may be meant as well: in other countries, in other states of
# the country that is known; and from which on one is named beside them where a question is asked anyway. London, Ontario has 0.047 of
# London, Guadalajara in Spain 0.067 of that in Mexico.
_MAY_BE, _MAY_BE_THERE, _NAMED_TOO = 0.06, 0.2, 0.03
_FIRST_BYTES: Final = 16
_AT_ONCE: Final = 4_000  # names
_Test = Callable[[list[str], list[str], list[str]], bool]
_BREAKS: Final = (OSError, EOFError, ValueError, KeyError, IndexError, zlib.error, zipfile.BadZipFile, LZMAError, NotImplementedError)


@dataclass(frozen=True)
class Locality:
    """A place that a text may mean.

    Attributes:
        name: its usual name in Latin letters.
        country: ISO 3166-1 alpha-2.
        region: state or province by its ISO 3166-2 part (``AL``, ``ENG``), or "" where that is unknown.
        latitude, longitude: degrees; None for a state or a country, which is too wide for a point.
        population: people, 0 where unknown.
        number: of its row in the gazetteer, see `at`; -1 for an area of postcodes.
    """

    name: str
    country: str
    region: str
    latitude: float | None
    longitude: float | None
    population: int
    number: int = -1


@dataclass(frozen=True)
class _Match:
    """A name in a text.

    Attributes:
        start, end: its first unit (a word, or a Chinese character) and the one behind its last.
        rows: of the places that are called so, the most populous first.
        mark: 2 behind a word such as "in", 1 behind one such as "from", else 0.
        exact: it is written as in the gazetteer, not in another case.
        ordinary: the words mean something else as well.
        short: it is an abbreviation.
        letters: how many it has; a Chinese character says as much as three.
        within: what stands beside it says where it lies.
        everyday: it is an ordinary word that stands at the end of the text and is what a city is called every day.
    """

    start: int
    end: int
    rows: tuple[int, ...]
    mark: int
    exact: bool = True
    ordinary: bool = False
    short: bool = False
    letters: int = 0
    within: bool = False
    everyday: bool = False


class _Words:
    """Words in one run of bytes: a list of strings would take ten times the memory."""

    def __init__(self, data: Any, key: str) -> None:
        self._run: bytes = data[key].tobytes()
        self._ends = _ends(data[f"{key}_sizes"])
        if self._ends[-1] != len(self._run):
            raise ValueError(key)

    def __len__(self) -> int:
        return len(self._ends) - 1

    def bytes_at(self, row: int) -> bytes:
        """A word as it is kept."""
        return self._run[self._ends[row] : self._ends[row + 1]]

    def __getitem__(self, row: int) -> str:
        if not 0 <= row < len(self):
            raise IndexError(row)
        return self.bytes_at(row).decode()

    def all(self) -> list[str]:
        """All of them, where they are few."""
        return [self[row] for row in range(len(self))]


class _Names(_Words):
    """Sorted words that are looked up many at a time: numpy finds those that begin alike."""

    def __init__(self, data: Any, key: str) -> None:
        super().__init__(data, key)
        starts, sizes = self._ends[:-1], np.diff(self._ends.astype(np.int64))
        run = np.frombuffer(self._run + bytes(_FIRST_BYTES), np.uint8)
        firsts = np.zeros((len(self), _FIRST_BYTES), np.uint8)
        for place in range(_FIRST_BYTES):
            firsts[:, place] = np.where(place < sizes, run[starts + place], 0)
        self._firsts = firsts.reshape(-1).view(f"S{_FIRST_BYTES}")

    def rows(self, names: Sequence[str]) -> list[int]:
        """Where names stand; -1 for those that do not."""
        encoded = [name.encode() for name in names]
        firsts = np.array([name[:_FIRST_BYTES] for name in encoded], f"S{_FIRST_BYTES}")
        lows, highs = np.searchsorted(self._firsts, firsts), np.searchsorted(self._firsts, firsts, "right")
        found = [-1] * len(names)
        for at in np.flatnonzero(lows < highs).tolist():
            low, high, name = int(lows[at]), int(highs[at]), encoded[at]
            while low < high:
                middle = (low + high) // 2
                if self.bytes_at(middle) < name:
                    low = middle + 1
                else:
                    high = middle
            found[at] = low if low < len(self) and self.bytes_at(low) == name else -1
        return found


class Gazetteer:
    """The places and their names.

    Args:
        data: the arrays that `tools/build_places.py` writes.
    """

    def __init__(self, data: Any) -> None:
        self._names, self._places, self._region_names = _Names(data, "names"), _Words(data, "places"), _Words(data, "region_names")
        self._ordinary, self._areas = _Names(data, "words"), _Names(data, "areas")
        self._zones, codes = _Words(data, "zones").all(), _Words(data, "codes").all()
        self._codes = [(code[:2], code[3:]) for code in codes]
        self._code_at = {code: number for number, code in enumerate(self._codes)}
        self._locales = [str(locale) for locale in data["locales"]]
        self._rows, self._rows_ends = data["rows"], _ends(data["rows_count"])
        self._code, self._zone, self._people = data["code"], data["zone"], data["people"]
        self._latitude, self._longitude = data["latitude"], data["longitude"]
        self._area_latitude, self._area_longitude = data["area_latitude"], data["area_longitude"]
        wide = np.flatnonzero(self._latitude == NOWHERE).tolist()
        self._country_rows = {self._codes[self._code[row]][0]: row for row in wide if not self._codes[self._code[row]][1]}
        self._towns = np.flatnonzero(self._latitude != NOWHERE).astype(np.int32)
        globe = on_the_globe(self._latitude[self._towns] / 100, self._longitude[self._towns] / 100)
        self._globe = np.stack(globe, axis=1).astype(np.float32)
        own = np.unpackbits(data["own"])[: len(self._names)].astype(bool)
        self._first_words = frozenset(_Words(data, "first_words").all())
        self._as_said = self._cities_as_said()
        self._spelt = _Spelt(self._names, self._people[self._rows[self._rows_ends[:-1]]], own)
        if max(len(self._places) - 1, int(self._rows.max())) != len(self._people) - 1 or len(self._area_latitude) != len(self._areas):
            raise ValueError("rows")

    def _cities_as_said(self) -> dict[str, list[tuple[int, int]]]:
        """Rows of cities by what they are called every day, with the number of their stars (`CITIES_AS_SAID`)."""
        rows = self._names.rows([" ".join(words_of(name)) for _, (_, name), _ in CITIES_AS_SAID])
        found: dict[str, list[tuple[int, int]]] = {}
        for row, (said, (country, _), stars) in zip(rows, CITIES_AS_SAID, strict=True):
            there = [one for one in self._called(row) if self._codes[self._code[one]][0] == country and not self._is_wide(one)]
            found.setdefault(said, []).extend((one, stars) for one in there[:1])
        return found

    def find(self, text: str, country: str | None = None, *, about: bool = False, there: bool = False) -> list[Locality]:
        """The places that a text may mean, the most populous first; none where it names none.

        A postcode is believed first; then a name that is the whole text, or stands behind a word such as "near", or beside its city, state
        or country ("Paris, Texas"); then a well-known one anywhere; then such a one misspelt, but not where the word is an ordinary one.

        Args:
            text: what the person wrote.
            country: ISO 3166-1 alpha-2 of the country that is likely anyway; where it has a place of that name, others are left out, but
                not a well-known city of which it has a smaller namesake.
            about: the text says where the person is, so that a smaller town is believed anywhere in it as well.
            there: only places of that country are wanted; else London is not the one in Ohio though the country be the United States.
        """
        said = clean(text)
        if area := self._area_in(said, country):
            return [area]
        units = units_of(said)
        best = self._best(self._said(units), len(units), country, about=about)
        rows = list(best.rows) if best else self._misspelt(units, country, about=about)
        return self._localities(rows, country, there=there)

    def told(self, text: str, country: str | None = None) -> list[Locality]:
        """The well-known places that a text on something else says that the person is in: behind a word such as "in", not "from".

        Args:
            text: what the person wrote.
            country: as in `find`.
        """
        return self.told_among(text, country, [lambda before, name, after: True])[0]

    def told_among(self, text: str, country: str | None, tests: Sequence[_Test]) -> list[list[Locality]]:
        """As `told`, once for each test: of the names only those count that pass it.

        Args:
            text: what the person wrote.
            country: as in `find`.
            tests: each is asked with the units of the text before a name, those of the name, and those behind it.
        """
        units = units_of(clean(text))
        known = [
            match
            for match in self._said(units)
            if match.mark == 2
            and not match.short
            and (match.within or self._is_no_word(match) or (not match.ordinary and int(self._people[match.rows[0]]) >= WELL_KNOWN_FROM))
        ]
        found = []
        for passes in tests:
            passed = [match for match in known if passes(units[: match.start], units[match.start : match.end], units[match.end :])]
            best = self._best(passed, len(units), country, about=False)
            found.append(self._localities(list(best.rows), country) if best else [])
        return found

    def is_place(self, text: str) -> bool:
        """Whether the whole text is the name of a well-known place. Not of a small one: Hola is a town, and so is Socorro. What is a word
        as well is such a name in capitals: LA, which `find` believes where its country is likely."""
        units = units_of(text)
        whole = [match for match in self._matches(units) if match.exact and (match.start, match.end) == (0, len(units))]
        return any(
            (text.isupper() if match.everyday else not match.ordinary and not match.short)
            and int(self._people[match.rows[0]]) >= WELL_KNOWN_FROM
            for match in whole
        )

    def has_town(self, name: str) -> bool:
        """Whether a name is that of a town of at least 15,000 people, a state or a country."""
        (row,) = self._names.rows([" ".join(words_of(name))])
        return any(self._is_wide(one) or int(self._people[one]) >= _TOWN_FROM for one in self._called(row))

    def at(self, number: int) -> Locality:
        """The place of a row (`Locality.number`). Raises IndexError where there is none."""
        if not 0 <= number < len(self._people):
            raise IndexError(number)
        return self._locality(number)

    def towns(self, people: int) -> Iterator[Locality]:
        """Towns of at least so many people, the most populous first."""
        return (self._locality(int(row)) for row in self._towns if self._people[row] >= people)

    def nearest(self, latitude: float, longitude: float) -> Locality:
        """The town that is nearest to a place.

        Args:
            latitude, longitude: degrees, as in WGS 84.
        """
        return self._locality(self._nearest(latitude, longitude)[0])

    def country_at(self, latitude: float, longitude: float) -> str | None:
        """The country of the nearest town; None more than 300 km away from any."""
        row, away = self._nearest(latitude, longitude)
        return self._codes[self._code[row]][0] if away <= _COUNTRY_KM else None

    def timezone_at(self, latitude: float, longitude: float) -> str:
        """The IANA name of the time zone of the nearest town."""
        return self._zones[int(self._zone[self._nearest(latitude, longitude)[0]])]

    def region_of(self, said: str, country: str) -> str:
        """The ISO 3166-2 part of a state or province, ``CA`` of "California", "Calif." and "ca"; "" where there is none of that name.

        Args:
            said: its name in one of the locales, its usual abbreviation, or its part.
            country: ISO 3166-1 alpha-2.
        """
        part = said.strip().upper().removeprefix(f"{country}-")
        if (country, part) in self._code_at:
            return part
        name = " ".join(words_of(said))
        rows = [one for row in self._names.rows([name, f"~{name}"]) for one in self._called(row)]
        regions = [self._codes[self._code[one]] for one in rows if self._is_wide(one)]
        return next((region for its_country, region in regions if its_country == country), "")

    def region_name(self, region: str, country: str, locale: str) -> str:
        """What a state or province is called in a locale, or "" where that is unknown.

        Args:
            region: ISO 3166-2 part.
            country: ISO 3166-1 alpha-2.
            locale: locale code.
        """
        number = self._code_at.get((country, region))
        if number is None or not region:
            return ""
        columns = [self._locales.index(one) for one in (locale, "en") if one in self._locales]
        return next(filter(None, (self._region_names[column * len(self._codes) + number] for column in columns)), "")

    def _nearest(self, latitude: float, longitude: float) -> tuple[int, float]:
        """The row of the nearest town, and kilometres to it."""
        here = on_the_globe(latitude, longitude)
        best = int(np.argmax(self._globe @ np.array(here, np.float32)))
        return int(self._towns[best]), float(kilometres_between(tuple(self._globe[best]), here))

    def _area_in(self, text: str, country: str | None) -> Locality | None:
        """The area of a postcode in a text: its middle, called after the largest town there."""
        for its_country, code in areas_named(text, country, lambda name: self._names.rows([name])[0] >= 0):
            starts = [f"{its_country} {code[:length]}" for length in range(len(code), 1, -1)]
            starts = starts[:1] if its_country in ("GB", "CA") else starts
            row = next((row for row in self._areas.rows(starts) if row >= 0), None)
            if row is not None:
                latitude, longitude = self._area_latitude[row] / 100, self._area_longitude[row] / 100
                away = kilometres_between(tuple(self._globe.T), on_the_globe(latitude, longitude))
                within = self._towns[away <= _AREA_KM]
                there = [int(one) for one in within[:_MOST] if self._codes[self._code[one]][0] == its_country]
                called = self._locality(there[0] if there else int(self._towns[np.argmin(away)]))
                around = self._locality(int(self._towns[np.argmin(away)]))
                region = around.region if around.country == its_country else around.country if around.country in US_TERRITORIES else ""
                return Locality(called.name, its_country, region, float(latitude), float(longitude), 0)
        return None

    def _matches(self, units: list[str]) -> list[_Match]:
        """All names in a text."""
        marks = _Marks(units)
        spans = [
            (start, end)
            for start, first in enumerate(units)
            for end in range(start + 1, min(len(units), start + (_LONGEST_HAN if HAN.match(first) else _LONGEST)) + 1)
            if _is_one_script(units[start:end])
        ]
        names = [_name(units[start:end]) for start, end in spans]
        others = [(start, end, form, cut) for start, end in spans for form, cut in self._forms(units[start:end])]
        looked_up = [*names, *(form for _, _, form, _ in others), *(f"={name}" for name in names)]
        ordinary = self._ordinary_among([*names, *(form for _, _, form, _ in others)])
        rows = iter(self._names.rows(looked_up))
        found: dict[tuple[int, int], list[_Match]] = {}
        for span, name in zip(spans, names, strict=True):
            code = COUNTRIES_IN_TEXTS.get(name) or (COUNTRIES_ALONE.get(name) if span == (0, len(units)) else None)
            if code:
                found[span] = [_Match(*span, (self._country_rows[code],), _mark(name, marks[span]), letters=len(name))]
            for row, stars in self._as_said.get(name, ()):
                everyday = stars == 1
                if not stars or span[1] == len(units) or units[span[1]] in AFTER:
                    match = _Match(*span, (row,), _mark(name, marks[span]), ordinary=everyday, letters=len(name), everyday=everyday)
                    found.setdefault(span, []).append(match)

        def note(span: tuple[int, int], row: int, name: str, mark: int, *, exact: bool = True, short: bool = False) -> None:
            letters = 3 * len(name) if HAN.match(name) else len(name)
            match = _Match(*span, self._called(row), mark, exact, name in ordinary, short, letters)
            found.setdefault(span, []).append(match)

        for span, name, row in zip(spans, names, rows, strict=False):
            if row >= 0:
                note(span, row, name, marks[span])
        for (start, end, form, cut), row in zip(others, rows, strict=False):
            span = (start, end)
            surface = end - start == 1 and units[start] in ordinary
            for city, stars in self._as_said.get(form, ()):
                if not (stars or surface or span in found):
                    found[span] = [_Match(*span, (city,), 2 if cut else marks[span], exact=False, letters=len(form))]
            if row < 0 or surface or any(one.exact for one in found.get(span, ())):
                continue
            if int(self._people[self._called(row)[0]]) >= (_LARGE_FROM if cut else _TOWN_FROM):
                note(span, row, form, 2 if cut else marks[span], exact=False)
        for span, name, row in zip(spans, names, rows, strict=False):
            if row >= 0:
                note(span, row, name, marks[span], short=True)
        return [match for those in found.values() for match in those]

    def _ordinary_among(self, names: Sequence[str]) -> set[str]:
        return {name for name, row in zip(names, self._ordinary.rows(names), strict=True) if row >= 0}

    def _forms(self, units: list[str]) -> Iterable[tuple[str, bool]]:
        """Other ways in which the file may write a name; of several words only where it has a name with such a first word."""
        if len(units) > 3 or HAN.match(units[0]):
            return ()
        if len(units) > 1 and self._first_words.isdisjoint((units[0], *lemmas(units[0]), *attached(units[0]))):
            return ()
        return forms(units)

    def _joined(self, matches: list[_Match], units: list[str]) -> list[_Match]:
        """The names, and those that stand beside their city, state or country as one: with only the places that lie there."""
        by_start: dict[int, list[_Match]] = {}
        for match in matches:
            by_start.setdefault(match.start, []).append(match)
        joined = list(matches)
        for match in matches:
            gap = match.end
            while gap < len(units) and gap - match.end < 2 and units[gap] in JOINTS:
                gap += 1
            for other in [one for at in {match.end, gap} for one in by_start.get(at, ())]:
                for inner, outer in ((match, other), (other, match)):
                    rows = self._within(inner.rows, outer.rows)
                    if rows and not (inner.ordinary and outer.ordinary):
                        joined.append(self._as_one(match, other, inner, rows))
            if match.end < len(units) and (match.end + 1 == len(units) or units[match.end] != "in"):
                state = ("US", units[match.end].upper())  # two letters behind a town: no names of the file
                rows = tuple(row for row in match.rows if self._codes[self._code[row]] == state and not self._is_wide(row))
                if len(state[1]) == 2 and rows:
                    joined.append(replace(match, end=match.end + 1, rows=rows, within=True))
        return joined

    def _as_one(self, match: _Match, other: _Match, inner: _Match, rows: tuple[int, ...]) -> _Match:
        mark = max(match.mark, other.mark)
        return replace(inner, start=match.start, end=max(match.end, other.end), rows=rows, mark=mark, within=True, short=False)

    def _within(self, rows: tuple[int, ...], outer: tuple[int, ...]) -> tuple[int, ...]:
        """Those of the places that lie in one of others: in a state or country, or as a smaller town beside a large one."""
        found = []
        for row in rows[:_MOST]:
            country, region = self._codes[self._code[row]]
            for other in outer[:_MOST]:
                its_country, its_region = self._codes[self._code[other]]
                if row == other or country != its_country:
                    continue
                if self._is_wide(other):
                    fits = its_region == "" or (region == its_region and not self._is_wide(row))
                else:
                    large = int(self._people[other]) >= _LARGE_FROM and self._people[other] > self._people[row]
                    fits = large and not self._is_wide(row) and self._kilometres(row, other) <= _BESIDE_KM
                if fits:
                    found.append(row)
                    break
        return tuple(found)

    def _kilometres(self, row: int, other: int) -> float:
        ones, others = (on_the_globe(self._latitude[one] / 100, self._longitude[one] / 100) for one in (row, other))
        return float(kilometres_between(ones, others))

    def _said(self, units: list[str]) -> list[_Match]:
        """The names in a text, without those of which it says that the person is not there."""
        found = self._joined(self._matches(units), units)
        # Portuguese "no" right before it is "in".
        return [match for match in found if not NOT.intersection(units[max(0, match.start - 3) : max(0, match.start - 1)])]

    def _best(self, matches: list[_Match], units: int, country: str | None, *, about: bool) -> _Match | None:
        """The name that is likeliest meant among those that are believed."""
        best: tuple[tuple[float, ...], _Match] | None = None
        for match in matches:
            if not self._believed(match, units, country, about=about):
                continue
            people = int(self._people[match.rows[0]])
            home = country is not None and country in self._countries(match.rows)
            weight = (
                (4.0 if match.start == 0 and match.end == units else 0.0)
                + 3.0 * match.within
                + (0.0, 0.5, 2.0)[match.mark]
                + 1.5 * home
                + 1.0 * (people >= WELL_KNOWN_FROM)
                + 0.5 * (people >= _LARGE_FROM)
                + 0.5 * (not self._is_wide(match.rows[0]))
                - 0.7 * (not match.exact)
                - 1.0 * match.ordinary
                + 0.8 * (match.end - match.start)
            )
            key = (weight, match.start if match.mark else -match.start)
            if best is None or key > best[0]:
                best = key, match
        return best[1] if best else None

    def _believed(self, match: _Match, units: int, country: str | None, *, about: bool) -> bool:
        people = int(self._people[match.rows[0]])
        alone = match.start == 0 and match.end == units
        home = country is not None and country in self._countries(match.rows)
        if match.ordinary and self._is_country(match.rows[0]) and ((alone and about) or self._is_no_word(match)):
            return True
        if match.ordinary:  # "nice" is a town only for who is in France and says nothing else
            return (
                (match.within and people >= _TOWN_FROM)
                or (alone and (home or (about and people >= WELL_KNOWN_FROM and match.letters >= _LETTERS)))
                or ((about or match.everyday) and match.mark == 2 and people >= _LARGE_FROM and home)
            )
        if match.within:
            return True
        if alone:
            return home or not self._may_be_another_word(match)
        if match.short:
            return about or match.mark == 2
        if match.mark:
            return match.exact or people >= _TOWN_FROM
        if people >= WELL_KNOWN_FROM and match.letters >= _KNOWN_LETTERS:
            return True
        return about and people >= (_TOWN_FROM if home else _LARGE_FROM)

    def _may_be_another_word(self, match: _Match) -> bool:
        """Whether the whole text is the name of a small town, and of no other elsewhere: Moore may be somebody's name, or "more" misspelt,
        and a wrong country is a wrong emergency number. Among towns in several countries the person is asked."""
        if match.end - match.start > 1 or int(self._people[match.rows[0]]) >= _LARGE_FROM:
            return False
        return len({one.country for one in to_ask([self._locality(row) for row in match.rows[:_MOST]])}) < 2

    def _is_no_word(self, match: _Match) -> bool:
        """Whether it is a country behind a word such as "in" that is hardly anything else there: "in the usa", but not "in us"."""
        long = match.letters >= _LETTERS or (self._codes[self._code[match.rows[0]]][0] in _ABBREVIATED and match.letters > 2)
        return match.mark == 2 and match.exact and self._is_country(match.rows[0]) and long

    def _misspelt(self, units: list[str], country: str | None, *, about: bool) -> list[int]:
        if len(units) == 1 and country is None and self._names.rows(units)[0] >= 0:
            return []  # it is a name that was not believed, and not another one misspelt
        marks, tried, ordinary = _Marks(units), 0, self._ordinary_among(units)
        spans = [
            (start, end)
            for start in range(len(units))
            for end in range(min(len(units), start + 3), start, -1)
            if not HAN.match(units[start]) and (about or marks[start, end] or (start == 0 and end == len(units)))
        ]
        spans.sort(key=lambda span: (-marks[span], span[0] - span[1], span[0]))
        for start, end in spans:
            name = " ".join(units[start:end])
            if len(name) >= 5 and not all(len(unit) < 3 or unit in ordinary for unit in units[start:end]):
                whole = len(units) == end - start
                least = _LARGE_FROM if country is None and len(units) == 1 else _MISSPELT_FROM if about or whole else WELL_KNOWN_FROM
                if rows := self._near_to(name, country, least):
                    return rows
                tried += 1
                if tried == _TRIES:
                    break
        return []

    def _near_to(self, name: str, country: str | None, least: int) -> list[int]:
        """Rows of the best of the names that are spelt nearly so and have at least so many people: those of the likely country first,
        well-known ones, then the nearest."""
        best: tuple[tuple[bool, bool, int, int], tuple[int, ...]] | None = None
        for row, distance in self._spelt.like(name):
            rows = self._called(row)
            people = int(self._people[rows[0]])
            at_home = country is not None and country in self._countries(rows)
            if country is not None and not at_home:
                continue  # whoever errs in the name of a town is where she was thought to be: a wrong country is a wrong emergency number
            if people < least and not (at_home and people >= _LARGE_FROM and len(name) >= _LONG):
                continue
            key = (not at_home, people < WELL_KNOWN_FROM, distance, -people)
            if best is None or key < best[0]:
                best = key, rows
        return list(best[1]) if best else []

    def _called(self, row: int) -> tuple[int, ...]:
        return () if row < 0 else tuple(self._rows[self._rows_ends[row] : self._rows_ends[row + 1]].tolist())

    def _countries(self, rows: Iterable[int]) -> set[str]:
        return {self._codes[self._code[row]][0] for row in rows}

    def _is_wide(self, row: int) -> bool:
        return bool(self._latitude[row] == NOWHERE)

    def _is_country(self, row: int) -> bool:
        return self._is_wide(row) and not self._codes[self._code[row]][1]

    def _localities(self, rows: list[int], country: str | None, *, there: bool = False) -> list[Locality]:
        home = [row for row in rows if self._codes[self._code[row]][0] == country]
        abroad = [row for row in rows if row not in home]
        likely = home if there or home else abroad
        if likely and not there and abroad and rows[0] == abroad[0] and int(self._people[rows[0]]) >= WELL_KNOWN_FROM:
            # A well-known city of that name is meant as likely as a town at home; a country rather than one.
            if self._is_country(rows[0]) and self._people[likely[0]] < _TOWN_FROM:
                likely = abroad
            elif self._people[likely[0]] < _LARGE_FROM:
                likely = sorted([*abroad[: _MOST // 2], *home[: _MOST // 2]])
        return [self._locality(row) for row in likely if not self._said_better(row, likely)][:_MOST]

    def _said_better(self, row: int, rows: list[int]) -> bool:
        """Whether another of the places is the same in effect: the city of New York rather than its state, and Mexico rather than its
        capital; but a country that is hardly more than its city, such as Singapore, is the city."""
        for other in rows:
            wide, point = (row, other) if self._is_wide(row) else (other, row)
            if not self._is_wide(wide) or self._is_wide(point):
                continue
            (country, region), (its_country, its_region) = self._codes[self._code[wide]], self._codes[self._code[point]]
            if country == its_country and region in ("", its_region):
                city = int(self._people[point]) * 2 >= int(self._people[wide]) if not region else int(self._people[point]) >= _CITY_FROM
                return row == (wide if city else point)
        return False

    def _locality(self, row: int) -> Locality:
        country, region = self._codes[self._code[row]]
        wide = self._is_wide(row)
        return Locality(
            self._places[row],
            country,
            region,
            None if wide else float(self._latitude[row]) / 100,
            None if wide else float(self._longitude[row]) / 100,
            int(self._people[row]),
            row,
        )


class _Spelt:
    """Names that are compared with misspelt ones. Whoever errs once leaves the first two letters of a name or its last two as they are,
    so only those with the same ones are looked at.

    Args:
        names: all names.
        people: of the largest place of each.
        own: whether it is a place's own name, and not one of its others.
    """

    def __init__(self, names: _Names, people: NDArray[Any], own: NDArray[Any]) -> None:
        self._names = names
        # Of the other names in Latin letters too many belong to languages that nobody here writes.
        kept, lengths, letters, first, last = (list[Any]() for _ in range(5))
        rows = np.flatnonzero(people >= _MISSPELT_FROM)
        for part in np.array_split(rows, max(1, len(rows) // _AT_ONCE)):  # a list of all names would stay in memory
            spelt = [
                (row, name)
                for row in part.tolist()
                if len(name := names[row]) >= 4 and name[0] not in "=~" and not HAN.match(name) and (own[row] or not name.isascii())
            ]
            words = [name for _, name in spelt]
            kept.append(np.array([row for row, _ in spelt], np.int32))
            lengths.append(np.array([len(name) for name in words], np.uint8))
            letters.append(_letters(words, lengths[-1]))
            first.append(np.array([_key(name[:2]) for name in words], np.uint32))
            last.append(np.array([_key(name[-2:]) for name in words], np.uint32))
        self._rows, self._lengths, self._letters = np.concatenate(kept), np.concatenate(lengths), np.concatenate(letters)
        self._by_ends = []
        for keys in (np.concatenate(first), np.concatenate(last)):
            order = np.argsort(keys, kind="stable").astype(np.int32)
            self._by_ends.append((keys[order], order))

    def like(self, name: str) -> list[tuple[int, int]]:
        """Rows of names that are spelt nearly so, and the number of errors."""
        most = 2 if len(name) >= 9 else 1
        spots = []
        for (keys, order), end in zip(self._by_ends, (name[:2], name[-2:]), strict=True):
            low, high = np.searchsorted(keys, (_key(end), _key(end) + 1))
            spots.append(order[low:high])
        near = np.unique(np.concatenate(spots))
        near = near[np.abs(self._lengths[near].astype(np.int16) - len(name)) <= most]
        apart = np.abs(self._letters[near] - _letters([name], np.array([len(name)]))).sum(axis=1, dtype=np.int16)
        found = []
        for spot in near[apart <= 2 * most].tolist():
            row = int(self._rows[spot])
            distance = _edits(name, self._names[row], most)
            if distance <= most:
                found.append((row, distance))
        return found


def _mark(name: str, mark: int) -> int:
    """How a name that is said every day is marked: it may begin with a word such as "in" itself."""
    return 2 if " " in name and name.split()[0] in THERE else mark


def _is_one_script(units: list[str]) -> bool:
    """Whether units make a name: words, or at least two Chinese characters."""
    han = [bool(HAN.match(unit)) for unit in units]
    return not any(han) or (all(han) and len(units) > 1)


def _name(units: list[str]) -> str:
    return ("" if HAN.match(units[0]) else " ").join(units)


def _key(two: str) -> int:
    return (ord(two[0]) << 16 | ord(two[-1])) & 0xFFFFFFFF


def _ends(sizes: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.uint32)


class _Marks:
    """Which spans of a text stand behind a word such as "in" (2) or "from" (1), or before such a word, as in Hindi.

    Args:
        units: of the text.
    """

    def __init__(self, units: list[str]) -> None:
        self._starts: dict[int, int] = {}
        self._ends: set[int] = set()
        for i in range(len(units)):
            phrases = ["_".join(units[i : i + length]) for length in (3, 2, 1) if i + length <= len(units)]
            if not BEHIND.isdisjoint(phrases):
                self._ends.add(i)
            for phrase in phrases:
                if mark := 2 if phrase in THERE else 1 if phrase in FROM else 0:
                    start = i + phrase.count("_") + 1
                    self._starts[start] = max(mark, self._starts.get(start, 0)) if start == i + 1 else mark
                    while start < len(units) and (units[start] in ARTICLES or units[start] in GENERIC):
                        start += 1
                        self._starts[start] = mark
                    break

    def __getitem__(self, span: tuple[int, int]) -> int:
        start, end = span
        return 2 if end in self._ends else self._starts.get(start, 0)


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
def gazetteer() -> Gazetteer:
    """The gazetteer of `data/places/`.

    Raises:
        DataError: the file is missing or broken.
    """
    return read_gazetteer(FILE)


def to_ask(found: Sequence[Locality], country: str | None = None) -> list[Locality]:
    """The places among which the person must be asked, at most four, the most populous first; empty where one is meant clearly.

    Comparably many people live in each, and they lie in different countries or, where the country is known, in different states of it.
    Where `find` has a smaller one in the known country beside a well-known one elsewhere, either may be meant: Paris, or Paris in Texas.

    Args:
        found: what `Gazetteer.find` gives.
        country: ISO 3166-1 alpha-2 of the country that is known.
    """
    # A province of the name is where its city is; no package tells how many people a province has.
    likely = [one for one in found if one.latitude is not None or not one.region or one.population >= _STATE] or list(found)
    apart: list[Locality] = []
    for one in likely:
        of_country = [other for other in apart if other.country == one.country]
        told_apart = all(_are_apart(one, other) for other in apart) and (bool(one.region) or not of_country)
        if told_apart and one.population >= _MAY_BE_THERE * max((other.population for other in of_country), default=0):
            apart.append(one)
    most = max((one.population for one in apart), default=0)
    home = [one for one in apart if one.country == country]
    abroad = [one for one in apart if one.country != country and one.population >= _NAMED_TOO * most]
    if home and abroad:
        return [*(abroad[:2] if len(home) < 3 else abroad[:1]), *home][:4]
    least = _MAY_BE_THERE if country and all(one.country == country for one in apart) else _MAY_BE
    if sum(one.population >= least * most for one in apart) < 2:
        return []
    return [one for one in apart if one.population >= _NAMED_TOO * most][:4]


def _are_apart(one: Locality, other: Locality) -> bool:
    """Whether two places of one name can be told apart, and must be: another country or another state, and not next to each other."""
    if (one.country, one.region) == (other.country, other.region):
        return False
    if one.latitude is None or other.latitude is None or one.longitude is None or other.longitude is None:
        return True
    away = kilometres_between(on_the_globe(one.latitude, one.longitude), on_the_globe(other.latitude, other.longitude))
    return bool(away > _SAME_KM)
