"""Which services are found, and in which order; the same as by looking at every one; the file, whole, broken and shared by threads."""

from __future__ import annotations

import datetime
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.errors import DataError
from bot.knowledge.directory import HELPLINES
from bot.knowledge.local_services import LOCAL, services
from bot.knowledge.search import Index, Query, build, built_from, fingerprint, open_index
from bot.knowledge.services import Opening, Point, Service
from tests.bench.directory_search import invented, linear_find, questions

BOSTON, WORCESTER, NEW_YORK, LOS_ANGELES = (42.36, -71.06), (42.26, -71.80), (40.71, -74.01), (34.05, -118.24)
OFFICE_HOURS = tuple(Opening(day, 9 * 60, 17 * 60) for day in range(5))
NIGHTLY = tuple(Opening(day, 20 * 60, 26 * 60) for day in range(7))
NIGHT = datetime.datetime(2026, 11, 3, 2, 0, tzinfo=ZoneInfo("America/New_York"))  # a Tuesday
NOON = NIGHT.replace(hour=12)


@lru_cache(maxsize=1)
def real() -> list[Service]:
    """The directory that is delivered."""
    return services((HELPLINES, LOCAL))


def service(service_id: str, **about: Any) -> Service:
    """A line for all of the United States, of which nothing is known but what is said."""
    return Service(**{"id": service_id, "country": "US", "kind": "legal_aid", "name": service_id, "label": "line", "phone": "1", **about})


def office(service_id: str, at: tuple[float, float], **about: Any) -> Service:
    """A service with a place."""
    return service(service_id, points=(Point("US", "", "", *at, "1 Main St"),), **about)


@pytest.fixture
def found(tmp_path: Path) -> Any:
    """Builds an index of services and asks it; gives the ids, best first."""

    def ask(*services: Service, kinds: tuple[str, ...] = ("legal_aid",), country: str = "US", **about: Any) -> list[str]:
        build(services, tmp_path / "index")
        found = open_index(tmp_path / "index").find(Query(kinds, country, **{"limit": 100, **about}))
        return [one.service.id for one in found]

    return ask


# Order


def test_kinds_come_in_the_order_in_which_they_are_wanted(found: Any) -> None:
    services = [office("legal", BOSTON, confirmed=True), office("work", LOS_ANGELES, kind="labour_rights"), service("food", kind="food")]
    assert found(*services, kinds=("labour_rights", "legal_aid", "labour_rights"), near=BOSTON) == ["work", "legal"]


def test_the_nearest_comes_first_then_the_region_then_the_country_then_what_is_far(found: Any) -> None:
    services = [
        office("far", LOS_ANGELES),
        office("next state", NEW_YORK),
        service("country"),
        service("region", regions=("MA",)),
        office("near", (42.3, -71.1)),
        office("here", BOSTON),
    ]
    expected = ["here", "near", "region", "country", "next state", "far"]
    assert found(*services, near=BOSTON, region="MA") == expected
    assert found(*reversed(services), near=BOSTON, region="ma") == expected


def test_what_is_known_of_a_far_office_does_not_bring_it_before_a_near_one(found: Any) -> None:
    best = office("far", LOS_ANGELES, confirmed=True, languages=("es",), audience=("men",), always_open=True)
    assert found(best, office("near", BOSTON), near=WORCESTER, locale="es", audience=frozenset({"men"}), at=NIGHT) == ["near", "far"]


@pytest.mark.parametrize(
    ("better", "worse", "about"),
    (
        ({"audience": ("anyone",)}, {}, {"audience": frozenset({"men"})}),
        ({"audience": ("men",)}, {}, {"audience": frozenset({"men"})}),
        ({"audience": ("lgbtq",)}, {}, {"audience": frozenset({"trans"})}),
        ({}, {"audience": ("workers",)}, {"audience": frozenset({"men"})}),
        ({}, {"audience": ("children",)}, {}),
        ({"without_papers": True}, {}, {"without_papers": True}),
        ({"languages": ("es",)}, {}, {"locale": "es"}),
        ({"languages": ("spa",)}, {}, {"locale": "es_MX"}),
        ({"languages": ("zh",)}, {}, {"locale": "zh_Hans"}),
        ({"languages": ("tl",)}, {}, {"locale": "fil"}),
        ({"interpreter": True, "languages": ("en",)}, {}, {"locale": "ar"}),
        ({}, {"languages": ("en",)}, {"locale": "ar"}),
        ({}, {"languages": ("es",)}, {"locale": "en"}),
        ({"confirmed": True}, {}, {}),
        ({"checked_on": datetime.date(2026, 11, 1)}, {"confirmed": True}, {}),
        ({"always_open": True}, {}, {"at": NIGHT}),
        ({}, {"openings": OFFICE_HOURS, "timezone": "America/New_York"}, {"at": NIGHT}),
        ({"openings": OFFICE_HOURS, "timezone": "America/New_York"}, {}, {"at": NOON}),
        ({"always_open": True}, {}, {}),
    ),
    ids=str,
)
def test_among_equals_the_better_one_comes_first(found: Any, better: dict[str, Any], worse: dict[str, Any], about: dict[str, Any]) -> None:
    """And it does although the other one is nearer."""
    for two in ([service("good", **better), service("bad", **worse)], [service("bad", **worse), service("good", **better)]):
        assert found(*two, **about) == ["good", "bad"]
    if about:
        nearer = [office("bad", BOSTON, **worse), office("good", WORCESTER, **better)]
        assert found(*nearer, near=(42.33, -71.4), **about) == ["good", "bad"]


def test_who_is_served_weighs_more_than_language_and_that_more_than_verification_and_that_more_than_hours(found: Any) -> None:
    always, verified, spoken = {"always_open": True}, {"confirmed": True}, {"languages": ("ar",)}
    services = [
        service("hours", **always),
        service("verified", **verified),
        service("language", **spoken),
        service("served", audience=("men",)),
        service("all", **always, **verified, **spoken, audience=("men",)),
    ]
    expected = ["all", "served", "language", "verified", "hours"]
    assert found(*services, locale="ar", audience=frozenset({"men"}), at=NIGHT) == expected


@pytest.mark.parametrize(
    ("person", "audience"),
    (
        ({"men"}, ("women",)),
        ({"men"}, ("women", "children")),
        ({"women"}, ("men",)),
        ({"children"}, ("adults",)),
        ({"adults"}, ("children",)),
    ),
    ids=str,
)
def test_services_for_others_are_left_out(found: Any, person: set[str], audience: tuple[str, ...]) -> None:
    assert found(service("others", audience=audience), service("unknown"), audience=frozenset(person)) == ["unknown"]
    assert found(service("others", audience=audience)) == ["others"]  # nothing is known of the person


@pytest.mark.parametrize(
    ("person", "audience"),
    (
        ({"men"}, ("migrants", "workers")),
        ({"men", "children"}, ("children",)),
        ({"children"}, ("women",)),
        ({"trans"}, ("women",)),
        ({"women"}, ("women", "children")),
    ),
    ids=str,
)
def test_who_may_be_meant_is_not_left_out(found: Any, person: set[str], audience: tuple[str, ...]) -> None:
    assert found(service("perhaps", audience=audience), audience=frozenset(person)) == ["perhaps"]


def test_who_has_no_papers_is_not_sent_where_papers_are_asked_for(found: Any) -> None:
    services = [service("asks", without_papers=False), service("unknown"), service("open", without_papers=True)]
    assert found(*services, without_papers=True) == ["open", "unknown"]
    assert len(found(*services, without_papers=False)) == len(found(*services)) == 3


# At night


def closed(service_id: str, at: tuple[float, float], **about: Any) -> Service:
    """An office that is closed at night, and verified."""
    return office(service_id, at, openings=OFFICE_HOURS, timezone="America/New_York", **about)


def test_a_line_that_is_open_beats_a_closed_office_nearby(found: Any) -> None:
    services = [closed("office", BOSTON), service("line", always_open=True)]
    assert found(*services, near=BOSTON, at=NIGHT) == ["line", "office"]
    assert found(*services, near=BOSTON, at=NOON) == ["office", "line"]


def test_a_closed_office_is_not_first_even_where_only_another_kind_is_open(found: Any) -> None:
    services = [
        closed("office", BOSTON, checked_on=datetime.date(2026, 11, 1)),
        closed("office 2", BOSTON),
        service("line", kind="crisis_line"),
        service("open line", kind="crisis_line", always_open=True),
        office("open far away", LOS_ANGELES, kind="crisis_line", always_open=True, confirmed=True),
    ]
    kinds = ("legal_aid", "crisis_line")
    expected = ["open line", "office", "office 2", "line", "open far away"]
    assert found(*services, kinds=kinds, near=BOSTON, at=NIGHT) == expected
    assert [found(*services, kinds=kinds, near=BOSTON, at=NIGHT, limit=number) for number in range(1, 6)] == [
        expected[:n] for n in range(1, 6)
    ]
    assert found(*services, kinds=kinds, near=BOSTON, at=NOON)[0] == "office"


@pytest.mark.parametrize(
    ("openings", "timezone", "at", "expected"),
    (
        (OFFICE_HOURS, "America/New_York", "2026-11-03T09:00-05:00", True),
        (OFFICE_HOURS, "America/New_York", "2026-11-03T08:59-05:00", False),
        (OFFICE_HOURS, "America/New_York", "2026-11-03T17:00-05:00", False),
        (OFFICE_HOURS, "America/New_York", "2026-11-07T12:00-05:00", False),  # a Saturday
        (OFFICE_HOURS, "America/Los_Angeles", "2026-11-03T12:00-05:00", True),
        (OFFICE_HOURS, "America/Los_Angeles", "2026-11-03T11:00-05:00", False),
        (OFFICE_HOURS, "America/New_York", "2026-07-07T13:30+00:00", True),  # in summer New York is four hours behind
        (OFFICE_HOURS, "America/New_York", "2026-12-08T13:30+00:00", False),  # and in winter five
        (NIGHTLY, "Asia/Kolkata", "2026-11-02T20:29+00:00", True),  # 1:59 on Tuesday
        (NIGHTLY, "Asia/Kolkata", "2026-11-02T20:31+00:00", False),
        (NIGHTLY, "Europe/London", "2026-11-02T01:59+00:00", True),  # Sunday night lasts into Monday
        (NIGHTLY, "Europe/London", "2026-11-02T02:00+00:00", False),
        (OFFICE_HOURS, "", "2026-11-03T12:00-05:00", None),
        (OFFICE_HOURS, "Mars/Phobos", "2026-11-03T12:00-05:00", None),
        (OFFICE_HOURS, "../etc/passwd", "2026-11-03T12:00-05:00", None),
        ((), "America/New_York", "2026-11-03T12:00-05:00", None),
    ),
)
def test_whether_it_is_open_is_told(tmp_path: Path, openings: tuple[Opening, ...], timezone: str, at: str, expected: bool | None) -> None:
    build([service("one", openings=openings, timezone=timezone)], tmp_path / "index")
    index = open_index(tmp_path / "index")
    assert index.find(Query(("legal_aid",), "US", at=datetime.datetime.fromisoformat(at)))[0].open is expected
    assert index.find(Query(("legal_aid",), "US"))[0].open is None


def test_a_time_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Query(("legal_aid",), "US", at=datetime.datetime(2026, 11, 3, 2, 0))


# Where


def test_not_near_here_leaves_offices_out_and_keeps_lines(found: Any) -> None:
    two = service("two offices", points=(Point("US", "", "", *BOSTON, "1 St"), Point("US", "", "", *NEW_YORK, "2 St")))
    services = [office("here", BOSTON), office("elsewhere", WORCESTER), service("line"), two]
    assert found(*services, near=BOSTON, not_near=(*BOSTON, 30.0)) == ["line", "elsewhere", "two offices"]
    assert found(*services, not_near=(*BOSTON, 30.0)) == ["line", "elsewhere", "two offices"]


def test_kilometres_are_those_to_the_nearest_office_that_is_not_avoided(tmp_path: Path) -> None:
    build([service("two", points=(Point("US", "", "", *WORCESTER), Point("US", "", "", *NEW_YORK))), service("line")], tmp_path / "index")
    index = open_index(tmp_path / "index")
    near = {one.service.id: one.kilometres for one in index.find(Query(("legal_aid",), "US", near=BOSTON))}
    assert near["line"] is None
    assert near["two"] == pytest.approx(61.9, abs=0.5)
    avoided = index.find(Query(("legal_aid",), "US", near=BOSTON, not_near=(*WORCESTER, 5.0)))
    assert {one.service.id: one.kilometres for one in avoided}["two"] == pytest.approx(306, abs=2)


def test_the_date_line_and_the_poles_are_no_walls(found: Any) -> None:
    assert found(office("far", (-18.0, 170.0)), office("near", (-18.0, -179.9)), near=(-18.0, 179.9)) == ["near", "far"]
    assert found(office("far", (80.0, 0.0)), office("near", (89.9, 180.0)), near=(89.9, 0.0)) == ["near", "far"]


def test_services_of_another_region_are_left_out_and_offices_there_come_last(found: Any) -> None:
    there = service("office in Ohio", points=(Point("US", "OH", "Dayton"),))
    services = [service("Texas", regions=("TX",)), service("Ohio", regions=("OH",)), service("country"), there]
    assert found(*services, region="OH") == ["Ohio", "office in Ohio", "country"]
    assert found(*services, region="TX") == ["Texas", "country", "office in Ohio"]
    assert found(*services) == ["country", "Texas", "Ohio", "office in Ohio"]


def test_the_world_is_asked_only_where_the_country_has_nothing(found: Any) -> None:
    services = [service("world", country="INT", confirmed=True), service("US"), service("GB", country="GB", kind="food")]
    assert found(*services) == ["US"]
    assert found(*services, country="GB") == ["world"]
    assert found(*services, country="INT") == ["world"]
    assert found(*services, kinds=("crisis_line",)) == []


# What is never found


@pytest.mark.parametrize("way", ({"phone": "1"}, {"sms": "1"}, {"chat": "https://a.example"}, {"website": "https://a.example"}), ids=str)
def test_any_way_to_reach_it_will_do(found: Any, way: dict[str, str]) -> None:
    assert found(service("one", **{"phone": "", **way})) == ["one"]


def test_a_street_will_do_where_it_is_published(found: Any) -> None:
    assert found(office("street", BOSTON, phone="")) == ["street"]
    assert found(office("secret", BOSTON, phone="", confidential=True), service("nothing", phone="")) == []


def test_police_are_found_only_when_asked_for(found: Any) -> None:
    services = [service("police", police_run=True, confirmed=True), service("other")]
    assert found(*services) == ["other"]
    assert found(services[0]) == []
    assert found(*services, police=True) == ["police", "other"]


# Against looking at every one


def test_the_same_is_found_as_by_looking_at_every_service(tmp_path: Path) -> None:
    chance = random.Random(1)
    services = invented(3_000, chance)
    build(services, tmp_path / "index")
    index = open_index(tmp_path / "index")
    answered = 0
    for draw in questions(chance).values():
        for _ in range(15):
            query = draw()
            found = index.find(query)
            expected = linear_find(services, query)
            assert [(one.service, one.open) for one in found] == [(one.service, one.open) for one in expected], query
            assert [one.kilometres for one in found] == [
                None if one.kilometres is None else pytest.approx(one.kilometres, abs=0.01) for one in expected
            ]
            answered += bool(found)
    assert answered > 50


# The real directory


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Index:
    path = tmp_path_factory.mktemp("search") / "index"
    build(real(), path)
    return open_index(path)


def test_every_service_comes_back_as_it_was(delivered: Index) -> None:
    assert len(delivered) == len(real()) > 400
    for one in real():
        assert delivered.service(one.id) == one
    with pytest.raises(KeyError):
        delivered.service("no-such-line")


def test_in_no_country_the_police_are_found_unasked(delivered: Index) -> None:
    kinds = tuple(sorted({one.kind for one in real()}))
    police = {one.id for one in real() if one.police_run}
    everything = [delivered.find(Query(kinds, country, limit=500)) for country in sorted({one.country for one in real()})]
    assert police and not police & {one.service.id for found in everything for one in found}


def test_at_two_in_the_morning_the_first_line_is_open(delivered: Index) -> None:
    line = delivered.find(Query(("trafficking_hotline", "crisis_line"), "US", locale="es", at=NIGHT))[0]
    assert line.open and line.service.country == "US"


# The file


def test_an_index_knows_what_it_was_built_from(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "services.csv").write_text("id\n1\n", encoding="utf-8")
    path, before = tmp_path / "index", fingerprint(package)
    assert built_from(path) is None
    build([service("one")], path, of=before)
    assert built_from(path) == open_index(path).built_from == before == fingerprint(package)
    (package / "services.csv").write_text("id\n2\n", encoding="utf-8")
    assert fingerprint(package) != before
    (package / "services.csv").rename(package / "other.csv")
    assert len({fingerprint(package), fingerprint(package / "other.csv"), fingerprint(tmp_path / "none"), before}) == 4


def test_a_failed_build_leaves_the_old_index_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "index"
    build([service("old")], path)
    with pytest.raises(DataError, match=r"same id\. Give"):
        build([service("new"), service("new")], path)
    assert open_index(path).service("old")
    assert list(tmp_path.iterdir()) == [path]


def test_an_index_that_is_open_outlives_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "index"
    build([service("old")], path)
    index = open_index(path)
    build([service("new")], path)
    assert index.find(Query(("legal_aid",), "US"))[0].service.id == "old"
    assert open_index(path).find(Query(("legal_aid",), "US"))[0].service.id == "new"


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^The search index index cannot be written .+ right to write\.$"):
        build([service("one")], tmp_path / "no folder" / "index")


def test_reading_needs_no_right_to_write_and_leaves_no_file_behind(tmp_path: Path) -> None:
    folder = tmp_path / "with a ? and a #"
    folder.mkdir()
    build(real(), folder / "index")
    (folder / "index").chmod(0o444)
    assert open_index(folder / "index").find(Query(("legal_aid",), "US"))
    assert [path.name for path in folder.iterdir()] == ["index"]


def test_threads_search_at_once(delivered: Index) -> None:
    kinds = tuple(sorted({one.kind for one in real()}))
    queries = [Query(kinds, country, limit=50) for country in sorted({one.country for one in real()})] * 4
    alone = [delivered.find(query) for query in queries]
    start = threading.Barrier(8)

    def search(part: int) -> bool:
        start.wait()
        return [delivered.find(query) for query in queries[part::8]] == alone[part::8]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(search, range(8)))


@pytest.mark.parametrize("size", (0, 10, 5_000, 40_000))
def test_a_broken_index_is_told(tmp_path: Path, size: int) -> None:
    path = tmp_path / "index"
    build(real(), path)
    assert path.stat().st_size > size
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(DataError, match=r"^The search index index is missing or broken\. Delete it"):
        index = open_index(path)
        for one in real():
            index.service(one.id)


def test_a_missing_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing or broken"):
        open_index(tmp_path / "none")
    assert not list(tmp_path.iterdir())
