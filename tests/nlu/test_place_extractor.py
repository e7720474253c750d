"""The country that a message names: a wrong one is a wrong emergency number, so a place is believed only where it says where she is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.knowledge.localities import gazetteer, to_ask

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine


def _session(**slots: str) -> dict[str, Any] | None:
    return {"slots": slots, "loop": None, "events": []} if slots else None


# Answers to "which country are you in", and messages that are only a place: believed wherever the place stands.
ONLY_A_PLACE = [
    ("London", None, "GB"),
    ("london uk", None, "GB"),
    ("I am in London", None, "GB"),
    ("England", None, "GB"),
    ("new york", None, "US"),
    ("in the united states", None, "US"),
    ("mexico", None, "MX"),
    ("estoy en Madrid", None, "ES"),
    ("estados unidos", None, "US"),
    ("España", None, "ES"),
    ("je suis à Lyon", None, "FR"),
    ("royaume-uni", None, "GB"),
    ("لندن", None, "GB"),
    ("أنا في لندن", None, "GB"),
    ("انا بلندن", None, "GB"),
    ("فلندن", None, "GB"),
    ("في ألمانيا", None, "DE"),
    ("SW1A 1AA", None, "GB"),
    ("m1 1ae", None, "GB"),
    ("Birmingham", "US", "US"),
    ("Birmingham", "GB", "GB"),
    ("Birmingham", None, None),
    ("Paris", "US", None),
    ("Paris", None, "FR"),
    ("90210", "US", "US"),
    ("90210", None, None),
    ("90210", "GB", None),
    ("28004", "ES", "ES"),
    ("K1A 0B1", None, "CA"),
    ("ok", None, None),
    ("", None, None),
]
# Inside other sentences: only behind a word such as "in", and only where the name is well known.
INSIDE = [
    ("he took my passport in London", "GB"),
    ("i need a lawyer in chicago", "US"),
    ("necesito un abogado en Madrid", "ES"),
    ("j'habite paris et on ne me paie pas", "FR"),
    ("أحتاج محاميا في لندن", "GB"),
    ("i am from Romania", None),
    ("they bring girls from romania", None),
    ("he took my passport, he is from London", None),
    ("im locked in the house", None),
    ("he keeps me in the garden", None),
    ("he is in the room", None),
    ("estoy en la casa", None),
    ("je suis dans la maison", None),
    ("أنا في البيت", None),
    ("SW1A 1AA is where he works", None),
]


@pytest.mark.parametrize(("text", "near", "country"), ONLY_A_PLACE)
def test_a_place_by_itself(text: str, near: str | None, country: str | None) -> None:
    found = gazetteer().find(text, near, about=True)
    told = {one.country for one in to_ask(found, near) or found[:1]}
    assert told == {country} if country else len(told) != 1


@pytest.mark.parametrize(("text", "country"), INSIDE)
def test_a_place_inside_a_sentence(text: str, country: str | None) -> None:
    told = gazetteer().told(text)
    assert (told[0].country if told else None) == country


@pytest.mark.parametrize(
    ("latitude", "longitude", "country"),
    [(51.5, -0.12, "GB"), (40.7, -74.0, "US"), (48.85, 2.35, "FR"), (30.04, 31.23, "EG"), (0.0, -150.0, None), (64.8, -147.7, "US")],
)
def test_a_shared_location_lies_in_the_country_of_the_nearest_city(latitude: float, longitude: float, country: str | None) -> None:
    assert gazetteer().country_at(latitude, longitude) == country


@pytest.mark.parametrize(
    ("text", "slots", "hint", "country"),
    [
        # the country of the number holds until another is told
        ("my boss has not paid me", {}, "US", "US"),
        ("my boss has not paid me", {}, None, None),
        ("I am in Manchester uk", {}, "US", "GB"),
        ("I am in Madrid", {"country": "US"}, "US", "ES"),
        # of which there is one at home as well: asked, and nobody is given the numbers of a wrong one
        ("I am in London", {}, "US", None),
        ("I am in London", {"country": "US"}, "US", None),
        ("Paris", {}, "US", None),
        ("moore", {}, None, None),
        ("moore", {"country": "GB"}, "GB", None),
        # known: what only stands inside a message on something else changes nothing
        ("he took my passport in Paris", {"country": "US"}, "US", None),
        ("he took my passport in Paris", {}, "US", "US"),
        ("he took my passport in Paris", {}, None, "FR"),
        # where the job or somebody else is
        ("is this job in Dubai safe?", {}, None, None),
        ("is this job in Dubai safe?", {}, "US", "US"),
        # asked: a short answer is believed without "in"
        ("mexico", {"asked": "country"}, "US", "MX"),
        ("romania", {"asked": "country"}, None, "RO"),
        ("no", {"asked": "country"}, None, None),
        ("ok", {"asked": "country"}, None, None),
        # several places of one name: the likelier country
        ("I'm in Birmingham", {}, "US", "US"),
        ("I'm in Birmingham", {}, "GB", "GB"),
        ("Birmingham", {"country": "US"}, None, "US"),
        # in different countries, and neither is likelier: nobody is given the numbers of a wrong one
        ("I'm in Birmingham", {}, None, None),
        ("i need a lawyer in valencia", {}, None, None),
        ("he is at the door, i am in birmingham", {}, None, None),
        ("I'm in Birmingham, Alabama", {}, None, "US"),
        ("in Birmingham uk", {}, None, "GB"),
        ("I am in Paris", {}, None, "FR"),
    ],
)
def test_a_message_in_its_session(text: str, slots: dict[str, str], hint: str | None, country: str | None, engine: Engine) -> None:
    understood = engine.understand(text, _session(**slots), {"country_hint": hint} if hint else {})
    assert understood.country == country


def test_an_unknown_country_that_was_asked_for_in_vain_is_not_filled_with_the_hint(engine: Engine) -> None:
    assert engine.understand("my boss has not paid me", _session(country="unknown"), {"country_hint": "US"}).country is None
