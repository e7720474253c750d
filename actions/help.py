"""Humans and places: the helpline, a number to call, the country that a person names."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import give_answer
from actions.base import HelplineAction
from actions.places import ask_for_another, ask_which, candidates_of, is_another_picked
from actions.replies import country_of, country_was_asked, number, numbers_for, offer, say, say_hotline, say_lines, understanding_of
from actions.search import give_search
from actions.urgent import ActionDanger, ActionNoVoice, ActionSelfHarm
from bot.knowledge.answers import answer_for
from bot.knowledge.local_services import KINDS

_ALSO_SOUGHT = 0.15  # probability from which a message that names a place looks for something there


def give_person(dispatcher: CollectingDispatcher, tracker: Tracker, opening: str) -> list[EventType]:
    """The human helpline of the country: phone, text, chat, languages. Asks for the country where it is not known."""
    numbers = numbers_for(tracker)
    if not country_of(tracker):
        say(dispatcher, "utter_danger_anywhere")
        say(dispatcher, "utter_person_where", person=True)
        return [SlotSet("topic", "talk_to_human"), *country_was_asked()]
    if numbers.hotline is None:
        if numbers.danger:
            say(dispatcher, "utter_person_none", country={"country": numbers.country}, danger=number(numbers.danger))
        else:
            say(dispatcher, "utter_person_none_anywhere")
        return []
    say(dispatcher, opening, person=True)
    say_lines(dispatcher, tracker)
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


def _searched(tracker: Tracker) -> str | None:
    """What the latest message may look for beside naming a place ("shelter near Houston"); None where it only names one."""
    ranking = understanding_of(tracker).get("ranking") or []
    return next((name for name, chance in ranking if name in KINDS and chance >= _ALSO_SOUGHT), None)


class ActionPlace(HelplineAction):
    """A place: remembered as a country, and what was asked before is answered for it."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_place"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """The last topic once more, now for the country."""
        country, topic = country_of(tracker), str(tracker.get_slot("topic") or "")
        if is_another_picked(tracker):
            return ask_for_another(dispatcher, tracker)
        if candidates := candidates_of(tracker):  # whoever is in danger gets the numbers before the question
            if {one.country for one in candidates} != {country}:
                tracker.add_slots([SlotSet("country", None)])  # and not those of a country where she may not be
            urgent = {"danger_now": ActionDanger, "self_harm": ActionSelfHarm}.get(topic)
            before = urgent().reply(dispatcher, tracker) if urgent else []
            return [*before, *ask_which(dispatcher, tracker)]
        if not next(tracker.get_latest_entity_values("country"), None) or not country:
            say(dispatcher, "utter_place_not_found")
            return country_was_asked()
        if topic == "danger_now":
            return ActionDanger().reply(dispatcher, tracker)
        if topic == "self_harm":
            return ActionSelfHarm().reply(dispatcher, tracker)
        if topic == "talk_to_human":
            return give_person(dispatcher, tracker, "utter_person")
        if search := topic if topic in KINDS else _searched(tracker):
            return give_search(dispatcher, tracker, search)
        if topic and answer_for(topic, country):
            return give_answer(dispatcher, tracker, topic)
        say(dispatcher, "utter_place_noted", country={"country": country})
        say_hotline(dispatcher, tracker)
        for other in ("rights_overview", "rights_pay", "find_shelter", "find_legal_aid"):
            offer(dispatcher, f"utter_topic_{other}", f"/{other}")
        return []
