"""What a search offers and in which order: near and national by turns, open before closed, for whom it is wanted, and not near here."""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.knowledge import offers as module
from bot.knowledge.localities import Locality
from bot.knowledge.offers import HERE, Wish, offers, there_are_places
from bot.knowledge.search import build, open_index
from bot.knowledge.services import Opening, Point, Service, is_open

BOISE = Locality("Boise", "US", "ID", 43.6, -116.2, 0)
NAMPA = Point("US", "ID", "Nampa", 43.54, -116.56)  # some 30 km from Boise
TWIN_FALLS = Point("US", "ID", "Twin Falls", 42.56, -114.46)  # some 180 km
IN_BOISE = Point("US", "ID", "Boise", 43.61, -116.2)
WEEKDAYS = tuple(Opening(day, 9 * 60, 17 * 60) for day in range(5))
TWO_AT_NIGHT = datetime.datetime(2026, 11, 18, 9, 0, tzinfo=datetime.timezone.utc)  # a Wednesday; two o'clock in Boise
NOON = datetime.datetime(2026, 11, 18, 19, 0, tzinfo=datetime.timezone.utc)

Stock = Callable[..., None]


def _service(name: str, kind: str = "legal_aid", **more: object) -> Service:
    values = {"phone": f"555-{zlib.crc32(name.encode()) % 10_000:04}", "confirmed": True, "audience": ("anyone",), **more}
    return Service(id=name, country="US", kind=kind, name=name, label="legal", **values)  # type: ignore[arg-type]


@pytest.fixture
def stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stock:
    """Puts services into the directory, and nothing else is in it."""

    def put(*services: Service) -> None:
        build(services, tmp_path / "index.sqlite")
        index = open_index(tmp_path / "index.sqlite")
        monkeypatch.setattr(module, "index", lambda: index)

    return put


def _names(wish: Wish) -> list[str]:
    return [one.service.name for one in offers(wish)]


def test_the_nearest_and_a_line_of_the_whole_country_come_first_then_what_else_is_near_then_the_other_lines(stock: Stock) -> None:
    stock(
        _service("line one", always_open=True),
        _service("line two"),
        _service("in nampa", points=(NAMPA,)),
        _service("in boise", points=(IN_BOISE,)),
        _service("far off", points=(TWIN_FALLS,)),
    )
    assert _names(Wish("find_legal_aid", "US", "en", place=BOISE)) == ["in boise", "line one", "in nampa", "line two"]
    assert _names(Wish("find_legal_aid", "US", "en")) == ["line one", "line two"]


def test_at_night_what_is_open_comes_before_what_is_closed(stock: Stock) -> None:
    closed = {"openings": WEEKDAYS, "timezone": "America/Boise"}
    stock(_service("by day", points=(IN_BOISE,), **closed), _service("all night", points=(NAMPA,), always_open=True))
    assert _names(Wish("find_legal_aid", "US", "en", place=BOISE, at=TWO_AT_NIGHT)) == ["all night", "by day"]
    assert _names(Wish("find_legal_aid", "US", "en", place=BOISE, at=NOON)) == ["by day", "all night"]


def test_not_near_here_leaves_the_town_and_its_suburbs_out_and_goes_on_to_the_next(stock: Stock) -> None:
    stock(
        _service("in boise", points=(IN_BOISE,)),
        _service("in nampa", points=(NAMPA,)),
        _service("in twin falls", points=(TWIN_FALLS,)),
        _service("line"),
    )
    assert HERE > 30
    assert _names(Wish("find_legal_aid", "US", "en", place=BOISE, avoid=BOISE)) == ["in twin falls", "line"]


def test_a_service_with_several_offices_is_said_with_the_nearest(stock: Stock) -> None:
    stock(_service("two offices", points=(TWIN_FALLS, NAMPA)))
    (found,) = offers(Wish("find_legal_aid", "US", "en", place=BOISE))
    assert found.service.points[0].city == "Nampa"


@pytest.mark.parametrize(
    ("audience", "names"),
    [
        (frozenset(), ["for all", "for men", "for women"]),
        (frozenset({"men"}), ["for all", "for men"]),
        (frozenset({"women"}), ["for all", "for women"]),
    ],
)
def test_who_is_not_served_is_not_sent_there(stock: Stock, audience: frozenset[str], names: list[str]) -> None:
    stock(
        _service("for women", "gender_violence", audience=("women",)),
        _service("for men", "gender_violence", audience=("men",)),
        _service("for all", "gender_violence"),
    )
    assert sorted(_names(Wish("find_shelter", "US", "en", audience=audience))) == names


def test_who_has_no_papers_is_not_sent_where_they_are_asked_for(stock: Stock) -> None:
    stock(_service("asks", without_papers=False), _service("asks not", without_papers=True), _service("who knows"))
    assert _names(Wish("find_legal_aid", "US", "en", without_papers=True)) == ["asks not", "who knows"]


def test_what_the_police_run_is_never_offered(stock: Stock) -> None:
    stock(_service("tip line", "trafficking_hotline", police_run=True), _service("line", "trafficking_hotline"))
    assert _names(Wish("find_shelter", "US", "en")) == ["line"]


def test_what_can_be_called_or_texted_comes_before_a_website(stock: Stock) -> None:
    stock(_service("site", phone="", website="https://site.example"), _service("line", confirmed=False))
    assert _names(Wish("find_legal_aid", "US", "en")) == ["line", "site"]


def test_of_lines_that_serve_as_well_as_each_other_the_one_that_is_vouched_for_comes_first(stock: Stock) -> None:
    stock(
        _service("of one source", "trafficking_hotline", confirmed=False),
        _service("of two", "gender_violence"),
        _service("for the law, of one", "legal_aid", confirmed=False),
    )
    assert _names(Wish("find_shelter", "US", "en")) == ["of two", "of one source"]
    assert _names(Wish("find_legal_aid", "US", "en")) == ["for the law, of one", "of one source"]


def test_of_lines_that_serve_as_well_as_each_other_one_that_is_always_open_comes_before_one_of_unknown_hours(stock: Stock) -> None:
    stock(
        _service("who knows when", "trafficking_hotline"),
        _service("all day, of one source", "trafficking_hotline", always_open=True, confirmed=False),
        _service("all day, for women", "gender_violence", always_open=True, audience=("women",)),
        _service("all day", "gender_violence", always_open=True, audience=("adults",)),
    )
    assert _names(Wish("find_shelter", "US", "en", at=NOON))[:2] == ["all day", "who knows when"]
    assert _names(Wish("find_shelter", "US", "en", at=NOON, audience=frozenset({"women"})))[0] == "all day, for women"


def test_a_line_of_known_hours_stays_first_while_it_is_open(stock: Stock) -> None:
    hours = {"openings": WEEKDAYS, "timezone": "America/Boise"}
    stock(_service("by day", "trafficking_hotline", **hours), _service("all day", "gender_violence", always_open=True))
    assert _names(Wish("find_shelter", "US", "en", at=NOON)) == ["by day", "all day"]


def test_a_line_that_goes_by_two_names_is_said_once(stock: Stock) -> None:
    stock(_service("one", "trafficking_hotline", phone="116 016"), _service("the same", "gender_violence", phone="116016"))
    assert _names(Wish("find_shelter", "US", "en")) == ["one"]


def test_a_line_for_the_whole_country_is_found_everywhere_without_the_place_where_it_sits(stock: Stock) -> None:
    stock(_service("national", points=(TWIN_FALLS,), nationwide=True, confidential=True), _service("in boise", points=(IN_BOISE,)))
    assert _names(Wish("find_legal_aid", "US", "en")) == ["national"]
    found = offers(Wish("find_legal_aid", "US", "en", place=BOISE))
    assert [(one.service.name, one.service.points) for one in found] == [("in boise", (IN_BOISE,)), ("national", ())]


def test_a_line_for_the_whole_country_that_sits_near_her_is_said_once_as_what_is_near(stock: Stock) -> None:
    stock(_service("national", points=(IN_BOISE,), nationwide=True), _service("line"), _service("in nampa", points=(NAMPA,)))
    found = offers(Wish("find_legal_aid", "US", "en", place=BOISE))
    assert [one.service.name for one in found] == ["national", "line", "in nampa"] and found[0].service.points == (IN_BOISE,)


def test_where_nothing_may_be_near_such_a_line_is_said_without_its_place(stock: Stock) -> None:
    stock(_service("national", points=(IN_BOISE,), nationwide=True))
    (found,) = offers(Wish("find_legal_aid", "US", "en", place=BOISE, avoid=BOISE))
    assert found.service.points == ()


def test_no_number_of_offices_crowds_the_lines_out(stock: Stock) -> None:
    offices = [_service(f"office {number}", points=(IN_BOISE,), checked_on=datetime.date(2026, 11, 1)) for number in range(60)]
    stock(*offices, _service("line", confirmed=False))
    assert "line" in _names(Wish("find_legal_aid", "US", "en", place=BOISE))[:2]
    assert _names(Wish("find_legal_aid", "US", "en")) == ["line"]


def test_a_town_is_worth_asking_for_only_where_there_are_places(stock: Stock) -> None:
    stock(_service("in boise", points=(IN_BOISE,)), _service("line", "labour_rights", points=(IN_BOISE,), nationwide=True))
    assert there_are_places("find_legal_aid", "US")
    assert not there_are_places("find_work", "US")
    assert not there_are_places("find_legal_aid", "ES")


@pytest.mark.parametrize(
    ("service", "open_at_night"),
    [
        (_service("always", always_open=True), True),
        (_service("weekdays", openings=WEEKDAYS, timezone="America/Boise"), False),
        (_service("into the night", openings=(Opening(1, 20 * 60, 27 * 60),), timezone="America/Boise"), True),
        (_service("no zone", openings=WEEKDAYS), None),
        (_service("no hours"), None),
    ],
    ids=lambda value: value.name if isinstance(value, Service) else str(value),
)
def test_open_closed_or_not_known(service: Service, open_at_night: bool | None) -> None:
    assert is_open(service, TWO_AT_NIGHT) is open_at_night


def test_the_night_before_monday_is_that_of_sunday() -> None:
    sunday = _service("sunday night", openings=(Opening(6, 22 * 60, 26 * 60),), timezone="Europe/Madrid")
    assert is_open(sunday, datetime.datetime(2026, 11, 23, 0, 30, tzinfo=datetime.timezone.utc))  # half past one on Monday there
    assert is_open(sunday, datetime.datetime(2026, 11, 23, 1, 30, tzinfo=datetime.timezone.utc)) is False
