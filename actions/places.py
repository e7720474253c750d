"""Which place is meant: where several have one name, the person picks by a digit; what of a shared location was used is said."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.replies import country_of, country_was_asked, offer, payload, say, topic_of, understanding_of
from bot.knowledge.directory_words import directory_words
from bot.knowledge.local_services import code_of, is_shared, place_of
from bot.knowledge.localities import Locality, gazetteer

# Where people name the state with their town.
_BY_STATE = frozenset({"US"})


def candidates_of(tracker: Tracker) -> list[Locality]:
    """The places that the latest message may mean, among which the person is to be asked; none where it is clear."""
    numbers = str(next(tracker.get_latest_entity_values("candidates"), None) or "")
    return [gazetteer().at(int(number)) for number in numbers.split()]


def ask_which(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    """Asks which of several places of one name is meant, by digits; nothing where the latest message names none such.

    Where they lie in other countries than the one that was known, none is known until she says: whoever does not answer the question is
    given the numbers of no single country.

    Returns:
        The slots that remember the question; empty where nothing was asked.
    """
    candidates = candidates_of(tracker)
    if not candidates:
        return []
    hint = (tracker.latest_message.get("metadata") or {}).get("country_hint")
    thought = country_of(tracker) or hint
    doubted = [SlotSet("country", "unknown")] if thought and {one.country for one in candidates} != {thought} else []
    say(dispatcher, "utter_ask_which", place=candidates[0].name)
    for one in candidates:
        response, values = _title(one, candidates)
        offer(dispatcher, response, payload("give_location", **_told_by(one)), **values)
    offer(dispatcher, "utter_words", payload("give_location"), context="place", sentence=directory_words()["place"]["another"])
    return [*doubted, *country_was_asked()]


def is_another_picked(tracker: Tracker) -> bool:
    """Whether the person picked that none of the places is meant which she was asked among."""
    named = bool(understanding_of(tracker)) or bool(candidates_of(tracker)) or next(tracker.get_latest_entity_values("country"), None)
    return topic_of(tracker) == "give_location" and not named


def ask_for_another(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    """Asks for a place other than those that the person was asked among.

    Returns:
        The slots that remember the question.
    """
    if not country_of(tracker):
        return ask_country(dispatcher, tracker)
    say(dispatcher, "utter_search_town")
    return [SlotSet("asked", "town")]


def ask_country(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    """Asks for the country; among the places that the message named, where it named several.

    Returns:
        The slots that remember the question.
    """
    if asked := ask_which(dispatcher, tracker):
        return asked
    say(dispatcher, "utter_ask_country")
    return country_was_asked()


def _told_by(one: Locality) -> dict[str, str]:
    """What is known once a place is picked: the country, and where it is a town its area."""
    return {"country": one.country} if one.latitude is None else {"country": one.country, "place": code_of(one)}


def _title(one: Locality, candidates: list[Locality]) -> tuple[str, dict[str, Any]]:
    """The words of a choice: the country where that tells it from the others, else the state with it or alone."""
    country, region = {"country": one.country}, {"region": f"{one.country} {one.region}"}
    if all(other.country == one.country for other in candidates):
        return "utter_option_region", {"region": region}
    alone = sum(other.country == one.country for other in candidates) == 1 and one.country not in _BY_STATE
    if alone or not one.region:
        return "utter_option_country", {"country": country}
    return "utter_option_region_country", {"region": region, "country": country}


def shared_place(tracker: Tracker) -> dict[str, str]:
    """The area of a location that the person shared, for the choices that go on with the same search; empty where none was shared."""
    code = tracker.get_slot("place")
    return {"place": code} if code and is_shared(code) else {}


def forget_shared(tracker: Tracker) -> list[EventType]:
    """The slot that forgets a location that the person shared: it serves one search. Empty where none was shared."""
    return [SlotSet("place", None)] if shared_place(tracker) else []


def say_shared(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Says near which town was looked, where the person had shared a location."""
    if shared := shared_place(tracker):
        place = place_of(shared["place"])
        if place.latitude is not None and place.longitude is not None:
            say(dispatcher, "utter_place_used", place=gazetteer().nearest(place.latitude, place.longitude).name)
