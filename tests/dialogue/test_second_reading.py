"""A country that an urgent message names: both numbers are said, and she is believed who says that she is there. And a message that says
only where she is, is no cry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.knowledge.emergency import numbers_elsewhere, numbers_of
from bot.nlu.urgency_classifier import UrgencyClassifier

from .person import Person, words

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

ROLE = {"danger": "danger", "self_harm": "crisis_phone", "life": "medical"}


def _country(person: Person) -> Any:
    assert person.state
    told = [event["value"] for event in person.state["events"] if event["event"] == "slot" and event["name"] == "country"]
    return told[-1] if told else person.state["slots"].get("country")


@pytest.mark.parametrize(
    ("text", "urgent", "there"),
    [
        ("he is hitting me, I am in the US", "danger", "US"),
        ("he beats me im in germany", "danger", "DE"),
        ("il me frappe je suis en Belgique", "danger", "BE"),
        ("он меня бьёт, я в Германии", "danger", "DE"),
        ("ma bate, sunt in Italia", "danger", "IT"),
        ("sinasaktan nya ako nasa Kuwait ako", "danger", "KW"),
        ("他打我 我在美国", "danger", "US"),
        ("يضربني انا في المانيا", "danger", "DE"),
        ("help i am in italy", "danger", "IT"),
        ("i want to kill myself, i am in canada", "self_harm", "CA"),
        ("i want to die im in france", "self_harm", "FR"),
        ("he is not breathing, i am in spain", "life", "ES"),
    ],
)
def test_who_says_to_be_in_another_country_gets_its_number_first_and_stays_there(
    text: str, urgent: str, there: str, engine: Engine
) -> None:
    person = Person(engine, country_hint="GB")
    turn = person.says(text)
    first, home = getattr(numbers_of(there), ROLE[urgent]), getattr(numbers_of("GB"), ROLE[urgent])
    assert turn.urgent == urgent and first and first != home
    said = turn.blocks[0].text
    assert first in said and home in said and said.index(first) < said.index(home)
    assert (_country(person), turn.about["country"]) == (there, there)
    assert home not in words(person.says("he is hitting me")), "from then on she is there"


@pytest.mark.parametrize(
    ("text", "urgent", "named"),
    [
        ("he is hitting me in Paris", "danger", "FR"),
        ("he is beating me, my passport is in India", "danger", "IN"),
        ("he overdosed, in Texas", "life", "US"),
    ],
)
def test_a_country_that_is_only_named_has_its_number_behind_and_moves_nobody(text: str, urgent: str, named: str, engine: Engine) -> None:
    person = Person(engine, country_hint="GB", locale_hint="en")
    turn = person.says(text)
    home, other = getattr(numbers_of("GB"), ROLE[urgent]), getattr(numbers_of(named), ROLE[urgent])
    assert turn.urgent == urgent
    assert turn.blocks[0].text.index(home) < turn.blocks[0].text.index(other)
    assert _country(person) == "GB"


def test_the_second_number_says_of_which_country_it_is(engine: Engine) -> None:
    turn = Person(engine, country_hint="GB").says("he is hitting me, I am in the US")
    assert turn.blocks[0].text == "If you are in danger now, call 911. United Kingdom: 999."


def test_the_same_number_is_not_said_twice(engine: Engine) -> None:
    assert numbers_of("DE").danger == numbers_of("IT").danger
    turn = Person(engine, country_hint="IT", locale_hint="en").says("he beats me im in germany")
    assert turn.blocks[0].text == "If you are in danger now, call 112."
    assert numbers_elsewhere("danger", "DE", ["IT", "GB", "ZZ"]) == [("GB", "999")]


def test_where_the_country_was_not_known_there_is_one_number(engine: Engine) -> None:
    turn = Person(engine).says("he is hitting me, I am in the US")
    assert turn.blocks[0].text == "If you are in danger now, call 911."


def test_a_place_that_several_countries_have_moves_nobody(engine: Engine) -> None:
    person = Person(engine, country_hint="GB", locale_hint="en")
    said = person.says("he is hitting me, i am in georgia").blocks[0].text
    assert said.index("999") < said.index("Georgia: 112")
    assert _country(person) == "GB"


@pytest.mark.parametrize("kind", ["danger", "self_harm", "life"])
def test_soft_words_have_both_numbers_too(kind: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = {"kind": kind, "also": None, "certain": False, "chance": 0.5, "clause": False, "life": 0.0}
    monkeypatch.setattr(UrgencyClassifier, "judge", lambda self, opinions: heard)
    turn = Person(engine, country_hint="GB", locale_hint="en").says("my boss has not paid me for 3 months, i am in the us")
    assert turn.urgent == kind
    there, home = getattr(numbers_of("US"), ROLE[kind]), getattr(numbers_of("GB"), ROLE[kind])
    assert turn.blocks[0].text.startswith("If you ") and turn.blocks[0].text.endswith(f"{there}. United Kingdom: {home}.")


@pytest.mark.parametrize(
    ("text", "hint", "country"),
    [
        ("i am in the usa now", "GB", "US"),
        ("i am in the usa now", "US", "US"),
        ("tôi đang ở Đức", "GB", "DE"),
        ("我在美国", "GB", "US"),
        ("أنا في ألمانيا", "GB", "DE"),
        ("je suis en Belgique", "GB", "BE"),
        ("I am in Germany", "GB", "DE"),
        ("i am in the us", None, "US"),
    ],
)
def test_a_message_that_says_only_where_she_is_is_answered_as_that(text: str, hint: str | None, country: str, engine: Engine) -> None:
    person = Person(engine, **({"country_hint": hint} if hint else {}))
    turn = person.says(text)
    assert turn.understanding and (turn.understanding.topic, turn.understanding.country) == ("give_location", country)
    assert turn.understanding.acted and not turn.understanding.certain
    assert _country(person) == country
    assert "action_place" in [event["name"] for event in turn.state["events"] if event["event"] == "action"]  # type: ignore[attr-defined]


def test_where_that_sounded_like_danger_the_number_comes_softly(engine: Engine) -> None:
    turn = Person(engine, country_hint="GB").says("i am in the usa now")
    assert turn.blocks[0].text == "If you are in danger right now, call 911."
    assert turn.blocks[1].text == "OK, United States. What do you need?"


def test_danger_that_was_taken_for_a_place_is_heard_softly(engine: Engine) -> None:
    turn = Person(engine, country_hint="GB").says("me pega estoy en Alemania")
    assert turn.urgent == "danger" and "112" in turn.blocks[0].text and "999" in turn.blocks[0].text


@pytest.mark.parametrize("text", ["bate in usa si striga", "E la ușă, mă omoară"])
def test_a_door_is_no_country(text: str, engine: Engine) -> None:
    person = Person(engine, country_hint="RO", locale_hint="ro")
    turn = person.says(text)
    assert "911" not in words(turn) and _country(person) == "RO"


def test_she_is_believed_in_other_messages_too(engine: Engine) -> None:
    person = Person(engine, country_hint="GB")
    person.says("I left the uk, i am in spain now, can they deport me")
    assert _country(person) == "ES"
