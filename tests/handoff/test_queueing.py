"""Who is next: the bound of how far an urgent case goes ahead, languages, a surge; and what is said of the wait."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.handoff.queueing import Place, estimate, in_order, next_for

AHEAD = 20
LANGUAGES = ("en", "es", "ar", "vi")


def place(
    name: str, since: float = 0, *, urgent: bool = False, front: bool = False, locale: str = "en", also: tuple[str, ...] = ()
) -> Place:
    """A case that waits."""
    return Place(name, since, urgent, front, locale, also)


def ids(places: list[Place]) -> list[str]:
    """Their names, in order."""
    return [one.id for one in places]


# Whole seconds: so a difference is what it is.
waiting = st.lists(
    st.builds(
        Place,
        id=st.uuids().map(str),
        since=st.integers(0, 100),
        urgent=st.booleans(),
        front=st.booleans(),
        locale=st.sampled_from(LANGUAGES),
        also=st.lists(st.sampled_from(LANGUAGES), max_size=2).map(tuple),
    ),
    max_size=100,
)


def test_who_came_first_is_next() -> None:
    assert ids(in_order([place("b", 2), place("c", 3), place("a", 1)], AHEAD)) == ["a", "b", "c"]


def test_an_urgent_case_goes_ahead_of_whom_came_shortly_before() -> None:
    assert ids(in_order([place("ordinary", 0), place("urgent", 19, urgent=True)], AHEAD)) == ["urgent", "ordinary"]


@pytest.mark.parametrize("later", (20, 21, 1000))
def test_it_overtakes_nobody_who_has_waited_that_much_longer(later: int) -> None:
    assert ids(in_order([place("urgent", later, urgent=True), place("ordinary", 0)], AHEAD)) == ["ordinary", "urgent"]


def test_who_lost_an_advocate_comes_first_of_all() -> None:
    places = [place("urgent", 0, urgent=True), place("second", 9, front=True), place("first", 8, front=True), place("ordinary", 1)]
    assert ids(in_order(places, AHEAD)) == ["first", "second", "urgent", "ordinary"]


def test_equal_ones_keep_their_order() -> None:
    places = [place(str(number), 5) for number in range(10)]
    assert in_order(places, AHEAD) == places


@given(waiting, st.integers(0, 60))
def test_the_bound_holds_for_any_queue(places: list[Place], ahead: int) -> None:
    order = in_order(places, ahead)
    assert sorted(ids(order)) == sorted(ids(places))
    for before, one in enumerate(order):
        for behind in order[before + 1 :]:  # `one` is taken before `behind`
            if one.front == behind.front:
                overtakes = one.urgent and not behind.urgent
                assert one.since < behind.since + ahead if overtakes and ahead else one.since <= behind.since + ahead
                assert one.urgent or one.since <= behind.since
            else:
                assert one.front


@given(waiting, st.sets(st.sampled_from(LANGUAGES)))
def test_next_is_the_first_whom_the_advocate_can_write_with(places: list[Place], languages: set[str]) -> None:
    found = next_for(places, languages, AHEAD)
    fitting = [one for one in in_order(places, AHEAD) if one.locale in languages or languages & set(one.also)]
    assert found == (fitting[0] if fitting else None)


def test_a_language_that_she_accepts_is_enough() -> None:
    waits = [place("spanish", 0, locale="es"), place("accepts", 1, locale="vi", also=("en",))]
    assert next_for(waits, ["en"], AHEAD) == waits[1]
    assert next_for(waits, ["ar"], AHEAD) is None
    assert next_for([], ["en"], AHEAD) is None


@pytest.mark.parametrize("seed", range(5))
def test_in_a_surge_everybody_is_taken_once_and_none_is_starved(seed: int) -> None:
    """A hundred at once, and urgent ones that never cease: an ordinary one waits for those at most who came up to the bound after it."""
    chance = random.Random(seed)
    left = [
        place(str(number), chance.randrange(10), urgent=chance.random() < 0.5, locale=chance.choice(LANGUAGES)) for number in range(100)
    ]
    ordinary = {one.id for one in left if not one.urgent}
    taken: list[Place] = []
    for now in range(10, 400):
        left.append(place(f"urgent {now}", now, urgent=True, locale=chance.choice(LANGUAGES)))
        left.append(replace(left[-1], id=f"urgent too {now}"))
        one = next_for(left, LANGUAGES, AHEAD)
        assert one
        left.remove(one)
        taken.append(one)
    order = [one.id for one in taken]
    assert len(set(order)) == len(order)
    assert ordinary <= set(order)
    for before, one in enumerate(taken):
        if one.urgent:
            assert all(one.since < behind.since + AHEAD for behind in taken[before + 1 :] if not behind.urgent)


@pytest.mark.parametrize("waits", ((), (60.0,), (60.0, 90.0)))
def test_without_experience_nothing_is_said(waits: tuple[float, ...]) -> None:
    assert estimate(waits, 0, 1) is None


@pytest.mark.parametrize(
    ("ahead", "free", "seconds"), ((0, 1, 120), (0, 0, 120), (2, 3, 120), (2, 2, 120), (1, 0, 240), (4, 0, 600), (4, 3, 240))
)
def test_the_wait_grows_with_those_ahead_whom_nobody_is_free_to_take(ahead: int, free: int, seconds: float) -> None:
    assert estimate((120.0, 10.0, 3000.0), ahead, free) == seconds


@given(st.lists(st.floats(0, 3600), min_size=3), st.integers(0, 100), st.integers(0, 20))
def test_one_more_ahead_is_never_less_and_one_more_advocate_never_more(waits: list[float], ahead: int, free: int) -> None:
    now = estimate(waits, ahead, free)
    more_people, more_advocates = estimate(waits, ahead + 1, free), estimate(waits, ahead, free + 1)
    assert now is not None and more_people is not None and more_advocates is not None
    assert more_advocates <= now <= more_people
    assert now >= min(waits)
