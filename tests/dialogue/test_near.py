"""A search names a service near the town that the person is in, where the directory has one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .person import Person, payloads, words

if TYPE_CHECKING:
    from bot.conversation.messages import Turn
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


# Places of one name

PICKED_ALABAMA = '/give_location{"country": "US", "place": "US AL 33.5 -86.8"}'


def _titles(turn: Turn) -> list[str]:
    return [title for title, payload in turn.options if payload.startswith("/give_location")]


def test_of_towns_in_different_countries_one_is_asked_for_and_the_search_goes_on(engine: Engine) -> None:
    person = Person(engine, locale_hint="en")
    asked = person.says("i need a free lawyer in birmingham")
    assert "Birmingham: which one?" in words(asked)
    assert _titles(asked) == ["United Kingdom", "Alabama, United States", "Another one"]
    assert PICKED_ALABAMA in payloads(asked)
    found = words(person.picks(PICKED_ALABAMA))
    assert "Birmingham: 205-" in found and "which one" not in found


def test_the_question_for_the_country_may_be_answered_with_such_a_town(engine: Engine) -> None:
    person = Person(engine, locale_hint="en")
    assert "Which country" in words(person.says("i need a free lawyer"))
    asked = person.says("birmingham")
    assert _titles(asked) == ["United Kingdom", "Alabama, United States", "Another one"] and words(asked).count("which one?") == 1
    assert "Birmingham: 205-" in words(person.picks(PICKED_ALABAMA))


def test_countries_and_states_are_named_in_the_language_of_the_person(engine: Engine) -> None:
    asked = Person(engine, locale_hint="es").says("necesito un abogado gratis en cordoba")
    assert _titles(asked)[:2] == ["Argentina", "España"]
    assert _titles(Person(engine, locale_hint="ru").says("мне нужен бесплатный адвокат в бирмингеме")) == [
        "Великобритания",
        "Алабама, Соединенные Штаты",
        "Другое место",
    ]


def test_where_the_country_is_known_its_states_are_asked_for(engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint="en")
    asked = person.says("i need a free lawyer in springfield")
    assert _titles(asked) == ["Missouri", "Massachusetts", "Illinois", "Oregon", "Another one"]
    assert sum("place" in payload for payload in set(payloads(asked))) == 4


def test_of_none_of_them_another_may_be_named(engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint="en")
    person.says("i need a free lawyer in springfield")
    again = person.picks("/give_location")
    assert "Name a town or ZIP code" in words(again) and "do not know that place" not in words(again)
    assert BOISE in words(person.says("boise"))


def test_where_the_country_is_not_known_it_is_asked_for_then(engine: Engine) -> None:
    person = Person(engine, locale_hint="en")
    person.says("i need a free lawyer in birmingham")
    assert "Which country" in words(person.picks("/give_location"))
    assert "1-888" in words(person.says("usa"))
    also = Person(engine, locale_hint="en")
    also.says("my boss has not paid me, i am in birmingham")
    assert "Which country" in words(also.picks("/give_location"))


def test_a_city_may_be_called_as_it_is_every_day(engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint="en")
    assert "888-539-2373" not in words(person.says("i need a safe place to sleep"))
    assert "888-539-2373" in words(person.says("LA"))
    assert "888-539-2373" in words(Person(engine, country_hint="US", locale_hint="en").says("i need a safe place to sleep in LA"))


def test_a_kind_and_a_zip_code_are_enough(engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint="en")
    assert BOISE in words(person.says("lawyer 83702"))


def test_a_well_known_city_abroad_and_a_town_of_its_name_at_home_are_asked_among(engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint="en")
    asked = person.says("paris")
    assert _titles(asked)[:2] == ["France", "Texas, United States"] and _titles(asked)[-1] == "Another one"


def test_in_danger_in_one_of_them_the_numbers_are_those_of_no_single_country(engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint="en")
    assert "911" in person.says("he is breaking the door with an axe").blocks[0].text
    second = person.says("i am in london")
    assert "112" in second.blocks[0].text and "999" in second.blocks[0].text and _titles(second)[0] == "United Kingdom"
    ignored = words(person.says("he is beating me right now"))
    assert "112" in ignored and "999" in ignored
    assert "999" in person.picks('/give_location{"country": "GB"}').blocks[0].text


def test_who_does_not_say_which_is_given_the_numbers_of_no_single_country(engine: Engine) -> None:
    for known in (False, True):
        person = Person(engine, country_hint="US", locale_hint="en")
        if known:
            person.picks('/give_location{"country": "US"}')
        person.says("i am in london")
        said = words(person.says("he is beating me right now"))
        assert "112" in said and "999" in said
        person.says("united states")
        assert "999" not in words(person.says("he is beating me right now"))


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("i need a free lawyer in paris", {}),
        ("i need a free lawyer in birmingham alabama", {}),
        ("i need a free lawyer in birmingham", {"country_hint": "US"}),
        ("i need a free lawyer in london", {"country_hint": "US"}),  # neither the one in Ohio nor that in Kentucky
    ],
)
def test_where_one_is_meant_nothing_is_asked(text: str, hints: dict[str, str], engine: Engine) -> None:
    assert "which one" not in words(Person(engine, locale_hint="en", **hints).says(text))


def test_an_answer_on_a_right_asks_among_the_places_too(engine: Engine) -> None:
    person = Person(engine, locale_hint="en")
    asked = person.says("my boss has not paid me, i am in birmingham")
    assert _titles(asked) == ["United Kingdom", "Alabama, United States", "Another one"]
    assert "112" not in words(person.picks(PICKED_ALABAMA))


def test_in_danger_the_numbers_come_first_and_are_those_of_no_single_country(engine: Engine) -> None:
    person = Person(engine, locale_hint="en")
    first = person.says("he is breaking the door with an axe, i am in birmingham")
    assert first.urgent == "danger" and "112" in first.blocks[0].text and "which one" not in words(first)
    second = person.says("birmingham")
    assert "112" in second.blocks[0].text and _titles(second) == ["United Kingdom", "Alabama, United States", "Another one"]
    assert "999" in words(person.picks('/give_location{"country": "GB"}'))


def test_what_a_session_keeps_of_the_question_is_no_place(engine: Engine) -> None:
    person = Person(engine, locale_hint="en")
    person.says("i need a free lawyer in birmingham")
    assert "irmingham" not in json.dumps(person.state) and "52.5" not in json.dumps(person.state)


# A shared location

SHARED = '/give_location{"country": "US", "place": "US ID 43.6 -116.2 once"}'


def test_a_shared_location_serves_the_search_that_was_asked_for_and_is_forgotten(engine: Engine) -> None:
    person = Person(engine, locale_hint="en")
    person.says("i need a free lawyer")
    found = words(person.picks(SHARED))
    assert BOISE in found and "I looked near Boise. Your exact location is forgotten." in found
    assert "43.6" not in json.dumps(person.state) and '"US"' in json.dumps(person.state)
    again = words(person.says("i need a free lawyer"))
    assert BOISE not in again and "I looked near" not in again


def test_a_location_that_is_shared_before_serves_the_next_search(engine: Engine) -> None:
    person = Person(engine, locale_hint="en")
    person.picks(SHARED)
    assert BOISE in words(person.says("i need a free lawyer"))
    assert "43.6" not in json.dumps(person.state)


def test_a_town_that_is_named_is_not_forgotten(engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint="en")
    assert "I looked near" not in words(person.says("i need a free lawyer in boise"))
    assert BOISE in words(person.says("i need a free lawyer"))
