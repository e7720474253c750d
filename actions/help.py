"""Humans and services: the helpline, a number to call, a search, the country."""

from __future__ import annotations

from typing import Any

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.events import ActionExecutionRejected, ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.answers import give_answer
from actions.base import HelplineAction
from actions.places import ask_country, ask_which, candidates_of, forget_shared
from actions.replies import (
    country_of,
    number,
    numbers_for,
    offer,
    say,
    say_answer_words,
    say_hotline,
    say_service,
    topic_of,
    understanding_of,
)
from actions.urgent import ActionDanger, ActionNoVoice, ActionSelfHarm, say_danger
from bot.knowledge import local_services
from bot.knowledge.answers import answer_for
from bot.knowledge.directory import directory
from bot.knowledge.search import Found

# Kinds of services that a search asks the directory for, best first.
KINDS = {
    "find_shelter": ("trafficking_hotline", "gender_violence"),
    "find_legal_aid": ("legal_aid", "trafficking_hotline"),
    "find_counselling": ("crisis_line", "trafficking_hotline", "gender_violence"),
    "find_basic_needs": ("trafficking_hotline", "gender_violence"),
    "find_work": ("labour_rights", "trafficking_hotline"),
}
# What may be said to the question for the country without naming one, and ends it; any other topic leaves the search.
_NO_COUNTRY = (*KINDS, "give_location", "affirm", "deny", "out_of_scope", "nlu_fallback")
_URGENT = ("danger_now", "self_harm")


def give_person(dispatcher: CollectingDispatcher, tracker: Tracker, opening: str) -> list[EventType]:
    """The human helpline of the country: phone, text, chat, languages. Asks for the country where it is not known."""
    numbers = numbers_for(tracker)
    if not country_of(tracker):
        say(dispatcher, "utter_danger_anywhere")
        say(dispatcher, "utter_person_where")
        return [SlotSet("topic", "talk_to_human"), SlotSet("asked", "country"), SlotSet("country_asked", True)]
    if numbers.hotline is None:
        if numbers.danger:
            say(dispatcher, "utter_person_none", country={"country": numbers.country}, danger=number(numbers.danger))
        else:
            say(dispatcher, "utter_person_none_anywhere")
        return []
    say(dispatcher, opening)
    say_hotline(dispatcher, tracker)
    locale = str(tracker.get_slot("locale") or "en")
    if locale not in numbers.hotline.languages and numbers.hotline.interpreter:
        say(dispatcher, "utter_person_interpreter", language={"english_language": locale})
    elif numbers.hotline.languages and locale not in numbers.hotline.languages:
        say(dispatcher, "utter_person_languages", languages={"languages": list(numbers.hotline.languages)})
    if numbers.hotline.chat and tracker.get_slot("named"):  # an address tells what the line is for
        say(dispatcher, "utter_person_chat", chat=numbers.hotline.chat, optional=True)
    return []


class ActionPerson(HelplineAction):
    """A human: until the hotline has a desk here, its phone, text and chat."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_person"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """See `give_person`."""
        return give_person(dispatcher, tracker, "utter_person")


class ActionCall(HelplineAction):
    """A voice call: the number to dial, the words for an interpreter, and that a call leaves a line on the phone."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_call"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """See `give_person`. Right after danger, "I cannot call" is not a wish for a call."""
        if tracker.get_slot("topic") == "danger_now":
            return ActionNoVoice().reply(dispatcher, tracker)
        events = give_person(dispatcher, tracker, "utter_call")
        say(dispatcher, "utter_call_log")
        return events


class ActionFrustrated(HelplineAction):
    """Anger at the bot: it admits, and a human is there."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_frustrated"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """See `give_person`."""
        return give_person(dispatcher, tracker, "utter_frustrated")


def services_near(tracker: Tracker, search: str) -> list[Found]:
    """One service near the town that the person named, where there is one in the country that applies."""
    code = tracker.get_slot("place")
    place = local_services.place_of(code) if code else None
    if place is None or place.country != country_of(tracker):
        return []
    return local_services.near(search, place, str(tracker.get_slot("locale") or "en"), limit=1)


def say_local_service(dispatcher: CollectingDispatcher, found: Found, *, named: bool) -> None:
    """Adds the line of a service near the person: its label (or its name once she used the word), its town and number."""
    service = found.service
    label: Any = service.name if named else {"context": "label", "sentence": directory().labels[service.label]}
    say(dispatcher, "utter_service_phone_in", label=label, city=service.points[0].city, phone=number(service.phone))
    if not service.confirmed and not service.checked_on:
        say(dispatcher, "utter_search_unchecked")


def give_search(dispatcher: CollectingDispatcher, tracker: Tracker, search: str) -> list[EventType]:
    """Up to two services for what is looked for (a key of `KINDS`), in the country; where the message names a place of which there are
    several, the question which is meant."""
    if asking := ask_which(dispatcher, tracker):
        return [SlotSet("topic", search), SlotSet("page", 0.0), SlotSet("search", None), *asking]
    country = country_of(tracker)
    answer = answer_for(search, country)
    near_by, asked = services_near(tracker, search), None
    found = directory().find(country or "", KINDS[search])[: 2 - len(near_by)]
    if found or near_by:
        say(dispatcher, "utter_search")
        for local in near_by:
            say_local_service(dispatcher, local, named=bool(tracker.get_slot("named")))
        for service in found:
            say_service(dispatcher, service, named=bool(tracker.get_slot("named")))
        if country and not near_by and not tracker.get_slot("place") and local_services.there_are_some(search, country):
            say(dispatcher, "utter_search_town", optional=True)
            asked = "town"
    elif country:
        say(dispatcher, "utter_search_none", country={"country": country})
        if not say_hotline(dispatcher, tracker):
            say_danger(dispatcher, numbers_for(tracker), urgent="")
    else:
        say(dispatcher, "utter_search_unknown_country")
        say(dispatcher, "utter_danger_anywhere")
    forgotten = forget_shared(dispatcher, tracker)
    if answer:
        say_answer_words(dispatcher, answer, answer.text, numbers_for(tracker))
    return [SlotSet("topic", search), SlotSet("page", 0.0), SlotSet("search", None), SlotSet("asked", asked), *forgotten]


class ActionSearch(HelplineAction):
    """The end of a search: what the directory has."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_search"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """See `give_search`; an unknown country is forgotten again, so that a later search may ask."""
        events = give_search(dispatcher, tracker, str(tracker.get_slot("search") or "find_shelter"))
        return [*events, SlotSet("country", None)] if tracker.get_slot("country") == "unknown" else events


class ActionAskCountry(HelplineAction):
    """The one question of a search."""

    def name(self) -> str:
        """Its name in the domain; Rasa calls it when the form lacks the country."""
        return "action_ask_country"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Asks, once; but where several places of one name were meant, the person may pick."""
        return ask_country(dispatcher, tracker)

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Only asks: the search goes on, so it is not left."""
        return self.reply(dispatcher, tracker)


def _is_another_topic(tracker: Tracker) -> bool:
    """Whether a message is something else than the answer to the question for the country. Urgency is, whatever it names."""
    topic = topic_of(tracker)
    understood = understanding_of(tracker)
    if topic in _URGENT or (understood.get("urgency") and understood.get("certain")):
        return True
    return topic not in _NO_COUNTRY and not next(tracker.get_latest_entity_values("country"), None)


class ValidateSearchForm(FormValidationAction):
    """Lets the form ask once: a second message without a country ends the search without one, and one about something else
    leaves it, so that its own rule answers."""

    def name(self) -> str:
        """Its name in the domain."""
        return "validate_search_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Closes the form where the message is about something else."""
        if tracker.get_slot("requested_slot") == "country" and _is_another_topic(tracker):
            return [ActionExecutionRejected("search_form"), ActiveLoop(None), SlotSet("requested_slot", None)]
        return list(await super().run(dispatcher, tracker, domain))

    async def extract_country(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> dict[str, Any]:
        """The country of the message; "unknown" where it was asked for and not given."""
        named = next(tracker.get_latest_entity_values("country"), None)
        if named:
            return {"country": named}
        if candidates_of(tracker):
            return {}
        return {"country": "unknown"} if tracker.get_slot("requested_slot") == "country" else {}


class ActionPlace(HelplineAction):
    """A place: remembered as a country, and what was asked before is answered for it."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_place"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """The last topic once more, now for the country."""
        country, topic = country_of(tracker), str(tracker.get_slot("topic") or "")
        if candidates_of(tracker):  # whoever is in danger gets the numbers before the question
            urgent = {"danger_now": ActionDanger, "self_harm": ActionSelfHarm}.get(topic)
            before = urgent().reply(dispatcher, tracker) if urgent else []
            return [*before, *ask_which(dispatcher, tracker)]
        if not next(tracker.get_latest_entity_values("country"), None) or not country:
            say(dispatcher, "utter_place_not_found")
            return [SlotSet("asked", "country"), SlotSet("country_asked", True)]
        if topic == "danger_now":
            return ActionDanger().reply(dispatcher, tracker)
        if topic == "self_harm":
            return ActionSelfHarm().reply(dispatcher, tracker)
        if topic == "talk_to_human":
            return give_person(dispatcher, tracker, "utter_person")
        if topic in KINDS:
            return give_search(dispatcher, tracker, topic)
        if topic and answer_for(topic, country):
            return give_answer(dispatcher, tracker, topic)
        say(dispatcher, "utter_place_noted", country={"country": country})
        say_hotline(dispatcher, tracker)
        for other in ("rights_overview", "rights_pay", "find_shelter", "find_legal_aid"):
            offer(dispatcher, f"utter_topic_{other}", f"/{other}")
        return []
