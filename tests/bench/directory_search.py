"""The search in the directory against a plain linear scan in Python over the same 100,000 invented services, in one run on one machine.

    .venv/bin/python tests/bench/directory_search.py

Both answer the same questions, drawn at random, and must give the same services in the same order. Printed are the median and the
slowest but one in a hundred, in milliseconds, and their ratio; milliseconds belong to the machine, the promise is 10 for the search.
"""

from __future__ import annotations

import datetime
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import asin, ceil, cos, log2, radians, sin, sqrt
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.knowledge.localities import gazetteer
from bot.knowledge.search import Found, Query, build, language_of, open_index
from bot.knowledge.services import Opening, Point, Service

SERVICES = 100_000
QUESTIONS = 200  # of each sort
SCANNED = 12  # of these, by the linear scan as well: it takes some tenths of a second each
PROMISED = 10.0  # ms
KINDS = (
    *("trafficking_hotline", "gender_violence", "crisis_line", "child_help", "legal_aid", "labour_rights"),
    *("shelter", "medical", "food", "housing", "counselling", "other"),
)
ZONES = {"US": "America/New_York", "GB": "Europe/London", "ES": "Europe/Madrid", "IN": "Asia/Kolkata", "MX": "America/Mexico_City"}
ONLY_LANGUAGE = {"US": "en", "GB": "en", "ES": "es", "MX": "es", "FR": "fr", "DE": "de", "CN": "zh", "BR": "pt"}
CONTRARY = {"men": ("women", "children"), "children": ("adults",), "women": ("men", "children"), "trans": ()}


# The peer


def kilometres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance by the haversine formula."""
    north, east = radians(b[0] - a[0]), radians(b[1] - a[1])
    return 2 * 6371.0 * asin(sqrt(sin(north / 2) ** 2 + cos(radians(a[0])) * cos(radians(b[0])) * sin(east / 2) ** 2))


def is_open(service: Service, at: datetime.datetime) -> bool | None:
    """Whether a service is open; None where that is unknown."""
    if service.always_open:
        return True
    if not service.openings or not service.timezone:
        return None
    there = at.astimezone(ZoneInfo(service.timezone))
    minute = there.weekday() * 1440 + there.hour * 60 + there.minute
    times = [(one.weekday * 1440 + one.opens, one.weekday * 1440 + one.closes) for one in service.openings]
    return any(opens <= now < closes for opens, closes in times for now in (minute, minute + 7 * 1440))


def _ranked(service: Service, query: Query) -> tuple[tuple[object, ...], Found] | None:
    """The key by which a service is sorted, or None where it does not fit."""
    street = not service.confidential and any(point.street for point in service.points)
    if (service.police_run and not query.police) or not (service.phone or service.sms or service.chat or service.website or street):
        return None
    said = set(query.audience) | ({"lgbtq"} if "trans" in query.audience else set())
    contrary = {other for one in query.audience for other in CONTRARY[one]} - said
    meant = "anyone" in service.audience or bool(said & set(service.audience))
    if service.audience and not meant and set(service.audience) <= contrary:
        return None
    if query.without_papers and service.without_papers is False:
        return None
    certain = (0 if meant else 4 if service.audience else 2) + bool(query.without_papers and service.without_papers is None)
    language = 0
    if query.locale:
        wanted = language_of(query.locale)
        spoken = wanted in map(language_of, service.languages) or service.interpreter
        spoken = spoken or (not service.languages and ONLY_LANGUAGE.get(service.country) == wanted)
        language = 0 if spoken else 2 if service.languages else 1
    verified = 0 if service.checked_on else 1 if service.confirmed else 2
    opened = is_open(service, query.at) if query.at else None
    placed = [(point, (point.latitude, point.longitude)) for point in service.points if point.latitude is not None]
    if query.not_near and placed:
        placed = [(point, spot) for point, spot in placed if kilometres(query.not_near[:2], spot) > query.not_near[2]]  # type: ignore[arg-type]
        if not placed and not service.nationwide:
            return None
    if query.region and service.regions and query.region not in service.regions:
        return None
    away = min((kilometres(query.near, spot) for _, spot in placed), default=None) if query.near else None  # type: ignore[arg-type]
    national, here = service.nationwide or (not placed and not service.regions), bool(query.region) and query.region in service.regions
    if query.near:
        if national or here:
            band, step = 0, min(away if away is not None else 1e9, 50.1 + 0.1 * national)
        elif away is not None:
            band, step = max(0, ceil(log2(max(away, 1e-6) / 50))), away
            band = min(band, 1) if service.regions else band
        else:
            band, step = 1, 1e9
    elif query.region:
        there = here or any(point.region == query.region for point, _ in placed)
        band, step = 0 if there or national else 9, 0.0 if there else 1.0
    else:
        band, step = 0, 0.0 if national else 1.0
    state = {True: 0, None: 1, False: 2}[opened]
    key = (query.kinds.index(service.kind), band, certain, language, verified, state, int(step * 10), not service.always_open)
    return key, Found(service, away, opened)


def linear_find(services: Sequence[Service], query: Query) -> list[Found]:
    """What the search should find, by looking at every service."""
    for country in (query.country, "INT"):
        fitting = [_ranked(one, query) for one in services if one.country == country and one.kind in query.kinds]
        ranked = sorted((one for one in fitting if one), key=lambda one: one[0])
        if ranked:
            found = [one for _, one in ranked]
            if query.at and found[0].open is False:
                opened = next((one for key, one in ranked if one.open and key[1] == 0), None)
                if opened:
                    found.remove(opened)
                    found.insert(0, opened)
            return found[: query.limit]
    return []


# What is asked


def cities() -> dict[str, list[tuple[float, float]]]:
    """Where cities lie, by country."""
    found: dict[str, list[tuple[float, float]]] = {}
    for town in gazetteer().towns(people=15_000):
        if town.latitude is not None and town.longitude is not None:
            found.setdefault(town.country, []).append((town.latitude, town.longitude))
    return found


def region_of(longitude: float) -> str:
    """An invented part of a country: ten degrees wide."""
    return f"R{int(longitude // 10)}"


def invented(count: int, chance: random.Random) -> list[Service]:
    """Services as real directories have them: half of them in one country, mostly offices in cities, much of it unknown."""
    places = cities()
    countries = list(places)
    services = []
    for number in range(count):
        country = chance.choices(("US", "GB", "ES", "IN", "MX", chance.choice(countries)), (50, 12, 8, 8, 6, 16))[0]
        offices: tuple[Point, ...] = ()
        regions: tuple[str, ...] = ()
        # One in fifty serves a whole country or a part of it by phone; every tenth office has a second one.
        if chance.random() < 0.98:
            offices = tuple(
                Point(country, region_of(longitude), "", latitude + chance.gauss(0, 0.1), longitude + chance.gauss(0, 0.1), "1 Main St")
                for latitude, longitude in chance.choices(places[country], k=1 + (chance.random() < 0.1))
            )
        elif chance.random() < 0.7:
            regions = (region_of(chance.choice(places[country])[1]),)
        late = chance.random() < 0.1
        openings = tuple(Opening(day, 1200, 1560) if late else Opening(day, 540, 1020) for day in range(7 if late else 5))
        timed = chance.random() < 0.5 and country in ZONES
        services.append(
            Service(
                id=f"s{number}",
                country=country if chance.random() < 0.999 else "INT",
                kind=chance.choice(KINDS),
                name=f"Service {number}",
                label="line",
                phone="1-800-555-0100" if chance.random() < 0.95 else "",
                always_open=chance.random() < (0.05 if offices else 0.7),
                openings=openings if timed else (),
                timezone=ZONES.get(country, "") if timed else "",
                languages=tuple(chance.sample(("en", "es", "ar", "zh", "uk", "tl"), chance.choice((0, 0, 0, 1, 2)))),
                interpreter=chance.random() < 0.1,
                audience=chance.choice(((), (), ("anyone",), ("women",), ("women", "children"), ("children",), ("workers",), ("men",))),
                without_papers=chance.choice((None, None, None, True, False)),
                points=offices,
                regions=regions,
                nationwide=chance.random() < 0.01 and not regions,
                police_run=chance.random() < 0.01,
                confirmed=chance.random() < 0.3,
                checked_on=datetime.date(2026, 11, 1) if chance.random() < 0.1 else None,
            )
        )
    return services


def questions(chance: random.Random) -> dict[str, Callable[[], Query]]:
    """Five sorts of questions; each call draws another."""
    places = cities()

    def somewhere(country: str = "US") -> tuple[float, float]:
        return chance.choice(places[country])

    def moment() -> datetime.datetime:
        return datetime.datetime(2026, 11, 2, tzinfo=datetime.timezone.utc) + datetime.timedelta(minutes=chance.randrange(7 * 1440))

    def near_and_open() -> Query:
        spot = somewhere()
        return Query(("shelter", "housing"), "US", near=spot, region=region_of(spot[1]), locale="es", at=moment())

    return {
        "near, language, open now": near_and_open,
        "whole country, no place known": lambda: Query((chance.choice(KINDS),), "US", locale="ar", at=moment(), limit=10),
        "all kinds, near, for men": lambda: Query(KINDS, "US", near=somewhere(), audience=frozenset({"men"}), at=moment(), limit=10),
        "not near here, no papers": lambda: Query(
            ("shelter",), "US", near=(spot := somewhere()), not_near=(*spot, 30.0), without_papers=True, audience=frozenset({"children"})
        ),
        "region, further down, another country": lambda: Query(
            ("legal_aid", "labour_rights"), "GB", region=region_of(somewhere("GB")[1]), locale="zh_Hans", limit=20
        ),
    }


def slow_one(times: Sequence[float]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(times, n=100)[98]


def main() -> int:
    """Builds, asks both, compares, and prints the table; 1 where an answer differs or the promise is broken."""
    chance = random.Random(0)
    services = invented(SERVICES, chance)
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite"
        began = time.perf_counter()
        build(services, path)
        took = time.perf_counter() - began
        began = time.perf_counter()
        index = open_index(path)
        opened = (time.perf_counter() - began) * 1000
        size = path.stat().st_size / 1e6
        print(f"{len(index):,} services that can be reached: {size:.0f} MB, built in {took:.1f} s, opened in {opened:.0f} ms")
        print(f"{'milliseconds':36}{'scan p50':>10}{'search p50':>12}{'p99':>8}{'ratio':>8}")
        sorts = questions(chance)
        for name, draw in sorts.items():
            times, scans = [], []
            for number in range(QUESTIONS):
                query = draw()
                began = time.perf_counter()
                found = index.find(query)
                times.append((time.perf_counter() - began) * 1000)
                if number < SCANNED:
                    began = time.perf_counter()
                    expected = linear_find(services, query)
                    scans.append((time.perf_counter() - began) * 1000)
                    broken += [one.service.id for one in found] != [one.service.id for one in expected]
            broken += slow_one(times) > PROMISED
            middle = statistics.median(times)
            peer = statistics.median(scans)
            print(f"{name:36}{peer:10.1f}{middle:12.2f}{slow_one(times):8.2f}{peer / middle:8.0f}")
        build((replace(service, country="US", kind="other") for service in services), path)
        index, times = open_index(path), []
        for _ in range(QUESTIONS):
            query = replace(sorts["near, language, open now"](), kinds=("other",))
            began = time.perf_counter()
            index.find(query)
            times.append((time.perf_counter() - began) * 1000)
        print(f"{'at worst: all US, all of one kind':36}{'':10}{statistics.median(times):12.2f}{slow_one(times):8.2f}")
    print(f"{broken} broken promises or other answers" if broken else "same answers, promise kept")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
