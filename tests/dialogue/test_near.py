"""A search names a service near the town that the person is in, where the directory has one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .person import Person, words

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

BOISE = "208-345-0106"


@pytest.mark.parametrize(
    ("text", "locale", "number"),
    [
        ("i need a free lawyer in boise", "en", BOISE),
        ("necesito un abogado gratis en boise idaho", "es", BOISE),
        ("мне нужен бесплатный адвокат в Бойсе", "ru", BOISE),
    ],
)
def test_a_town_in_the_request_is_heard(text: str, locale: str, number: str, engine: Engine) -> None:
    said = words(Person(engine, country_hint="US", locale_hint=locale).says(text))
    assert number in said and "Boise" in said


def test_a_town_that_is_named_after_the_answer_brings_what_is_near(engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint="en")
    first = words(person.says("i need a lawyer"))
    assert BOISE not in first and "Name a town or ZIP code" in first
    second = words(person.says("boise"))
    assert BOISE in second and "Name a town" not in second
    # The town holds for the next search too.
    assert "Boise" in words(person.says("i need a lawyer"))


def test_what_nobody_has_verified_is_said_to_be_unchecked(engine: Engine) -> None:
    assert "Not checked yet" in words(Person(engine, country_hint="US").says("i need a free lawyer in boise"))


def test_a_town_of_another_country_is_not_believed_near(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    person.says("i need a lawyer in boise")
    assert BOISE not in words(person.says("i am in london uk"))


def test_the_label_is_neutral_until_the_person_uses_the_word(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    said = words(person.says("i need a safe place to sleep in los angeles"))
    assert "888-539-2373" in said and "cast" not in said.lower()


def test_where_there_is_none_near_that_is_said_and_the_national_lines_stand_alone(engine: Engine) -> None:
    said = words(Person(engine, country_hint="US").says("i need a lawyer in miami"))
    assert "nothing near there" in said and "1-888-373-7888" in said and "Miami" not in said


def test_the_session_knows_the_town_only_to_ten_kilometres(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    person.says("i need a lawyer, i am at 94110")
    kept = json.dumps(person.state)
    assert "94110" not in kept and "US CA 37.8 -122.4" in kept


@pytest.mark.parametrize(("country", "number", "unchecked"), [("CZ", "222 717 171", True), ("NZ", "0800 456 450", False)])
def test_a_helpline_of_one_source_is_named_where_there_is_no_other_and_said_to_be_unchecked(
    country: str, number: str, unchecked: bool, engine: Engine
) -> None:
    said = words(Person(engine, country_hint=country).picks("/find_shelter"))
    assert number in said and ("Not checked yet" in said) == unchecked
