"""What an operator brings takes the place of the same service of ours, and of no other."""

from __future__ import annotations

from typing import Any

import pytest

from bot.knowledge.hsds.sameness import as_one
from bot.knowledge.services import Point, Service

BOISE, NAMPA = Point("US", "ID", "Boise", 43.6, -116.2), Point("US", "ID", "Nampa", 43.5, -116.6)


def _service(service_id: str, **about: Any) -> Service:
    values = {"kind": "legal_aid", "country": "US", "name": service_id, "label": "legal", "phone": "1-888-373-7888", **about}
    return Service(id=service_id, **values)


def _ids(ours: list[Service], brought: list[Service], same_ids: dict[str, str] | None = None) -> list[tuple[str, str]]:
    return [(one.id, one.name) for one in as_one(ours, brought, same_ids or {})]


@pytest.mark.parametrize("number", ("888-373-7888", "+1 888 373 7888", "(888) 373 7888", "1-888-373-7888"))
def test_one_number_kind_and_country_is_one_service_however_the_number_is_written(number: str) -> None:
    assert _ids([_service("ours")], [_service("theirs", phone=number)]) == [("ours", "theirs")]


@pytest.mark.parametrize(
    "about",
    (
        {"kind": "shelter"},
        {"country": "CA"},
        {"phone": "888-373-7889"},
        {"phone": "888-373-7888 ext. 5"},
        {"phone": "", "website": "https://x.example"},
        {"regions": ("TX",)},  # what serves a part does not stand for what serves all
    ),
    ids=str,
)
def test_another_one_stands_beside_ours(about: dict[str, Any]) -> None:
    assert _ids([_service("ours")], [_service("theirs", **about)]) == [("ours", "ours"), ("theirs", "theirs")]


def test_services_that_have_no_number_are_not_the_same_for_that() -> None:
    ours, theirs = (_service(one, phone="", website=f"https://{one}.example") for one in ("ours", "theirs"))
    assert len(as_one([ours], [theirs], {})) == 2


def test_a_number_that_serves_several_kinds_is_replaced_kind_by_kind() -> None:
    ours = [_service("law"), _service("bed", kind="shelter")]
    assert _ids(ours, [_service("new law")]) == [("law", "new law"), ("bed", "bed")]


def test_offices_at_one_number_are_told_apart_by_their_towns() -> None:
    ours = [_service("boise", points=(BOISE,)), _service("nampa", points=(NAMPA,))]
    assert _ids(ours, [_service("new", points=(NAMPA,))]) == [("boise", "boise"), ("nampa", "new")]
    assert _ids(ours, [_service("both", points=(BOISE, NAMPA))]) == [("boise", "both")]
    assert len(as_one(ours, [_service("line")], {})) == 3


def test_of_several_at_one_number_the_one_of_our_name_comes_and_then_one_without_office() -> None:
    brought = [_service("office", points=(BOISE,)), _service("line"), _service("x", name="The Line", points=(NAMPA,))]
    assert _ids([_service("ours", name="THE LINE")], brought)[0] == ("ours", "The Line")
    assert _ids([_service("ours")], brought)[0] == ("ours", "line")
    assert len(as_one([_service("ours")], brought, {})) == 3


def test_the_same_id_comes_before_the_same_number() -> None:
    brought = [_service("row", name="by id", phone="312-341-1070"), _service("theirs", name="by number")]
    assert _ids([_service("ours")], brought, {"row": "ours"}) == [("ours", "by id"), ("theirs", "by number")]


def test_what_takes_the_place_of_a_line_is_reached_from_where_that_was() -> None:
    (national,) = as_one([_service("ours", confirmed=True)], [_service("theirs", points=(BOISE,))], {})
    assert national.nationwide and national.confirmed and national.points == (BOISE,)
    (regional,) = as_one([_service("ours", regions=("ID",))], [_service("theirs", points=(BOISE,))], {})
    assert regional.regions == ("ID",) and not regional.nationwide
    (office,) = as_one([_service("ours", points=(BOISE,))], [_service("theirs", points=(BOISE,))], {})
    assert not office.nationwide and office.regions == ()
    (other,) = as_one([_service("ours", confirmed=True)], [_service("theirs", phone="312-341-1070")], {"theirs": "ours"})
    assert not other.confirmed and not other.nationwide


def test_a_line_of_the_police_stays_one() -> None:
    (line,) = as_one([_service("ours", police_run=True)], [_service("theirs")], {})
    assert line.police_run
