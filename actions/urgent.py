"""Danger, self-harm, life at stake, a phone in the wrong hands: a number first, no question before it."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import give_answer
from actions.base import HelplineAction
from actions.replies import (
    country_of,
    country_was_asked,
    number,
    numbers_for,
    offer,
    say,
    say_elsewhere,
    say_lines,
    topic_of,
    understanding_of,
)
from bot.knowledge.answers import answer_for


def say_danger(dispatcher: CollectingDispatcher, tracker: Tracker, *, urgent: str = "danger") -> None:
    """The emergency number of the country, or the general ones; `urgent` is the kind of urgency that it answers."""
    numbers = numbers_for(tracker)
    if numbers.danger:
        say(dispatcher, "utter_danger", danger=number(numbers.danger), urgent=urgent)
    else:
        say(dispatcher, "utter_danger_anywhere", urgent=urgent)
    say_elsewhere(dispatcher, tracker, "danger")


def ask_country_last(dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
    """Asks for the country behind the numbers, where it is not known and was not asked for before."""
    if country_of(tracker) or tracker.get_slot("country_asked"):
        return []
    say(dispatcher, "utter_ask_country")
    return country_was_asked()


def say_taken(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """The emergency number for one who has already done something."""
    numbers = numbers_for(tracker)
    if numbers.medical:
        say(dispatcher, "utter_self_harm_taken", ambulance=number(numbers.medical), urgent="self_harm")
    else:
        say(dispatcher, "utter_self_harm_taken_anywhere", urgent="self_harm")
    say_elsewhere(dispatcher, tracker, "medical")


def is_unsure(tracker: Tracker, topic: str) -> bool:
    """Whether the latest message was taken for an urgent topic, but may not have been meant so."""
    return topic_of(tracker) == topic and understanding_of(tracker).get("certain") is False


def say_crisis_line(dispatcher: CollectingDispatcher, tracker: Tracker, *, softly: bool) -> bool:
    """The crisis line of the country; False where none is confirmed."""
    numbers = numbers_for(tracker)
    if numbers.crisis_phone:
        say(
            dispatcher,
            "utter_soft_self_harm" if softly else "utter_self_harm",
            crisis=number(numbers.crisis_phone),
            urgent="self_harm",
        )
    elif softly:
        say_danger(dispatcher, tracker, urgent="self_harm")
    else:
        say(dispatcher, "utter_self_harm_no_line")
    say_elsewhere(dispatcher, tracker, "crisis_phone")
    return bool(numbers.crisis_phone)


def say_also(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """The number for the other of danger and self-harm, worded softly, where the message may have meant that. Where no crisis line is
    known, a wish to die gets no other number than danger does."""
    also, numbers = understanding_of(tracker).get("also"), numbers_for(tracker)
    if also == "self_harm" and numbers.crisis_phone:
        say(dispatcher, "utter_soft_self_harm", crisis=number(numbers.crisis_phone))
    elif also == "danger" and numbers.danger:
        say(dispatcher, "utter_soft_danger", danger=number(numbers.danger))
    elif also == "danger":
        say(dispatcher, "utter_soft_danger_anywhere")


class ActionDanger(HelplineAction):
    """Danger now: emergency number, helpline, a person; and that nobody here can see or send anyone."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_danger"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Numbers first; the country is asked last, and only where it is not known."""
        numbers = numbers_for(tracker)
        say_danger(dispatcher, tracker)
        say_also(dispatcher, tracker)
        say_lines(dispatcher, tracker, urgent=True)
        if numbers.emergency_sms:
            say(dispatcher, "utter_danger_sms", sms=number(numbers.emergency_sms))
        say(dispatcher, "utter_danger_limits")
        if country_of(tracker):
            offer(dispatcher, "utter_option_no_voice", "/no_voice")
        return [SlotSet("topic", "danger_now"), *ask_country_last(dispatcher, tracker)]


class ActionNoVoice(HelplineAction):
    """For one who cannot speak: the silent ways of the country, where the facts have them."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_no_voice"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """The number that takes texts, or that none is known; calling without a word as well."""
        numbers = numbers_for(tracker)
        if numbers.emergency_sms:
            say(dispatcher, "utter_danger_sms", sms=number(numbers.emergency_sms), urgent="danger")
        elif numbers.emergency_sms_in_places:
            say(dispatcher, "utter_danger_sms_in_places", sms=number(numbers.emergency_sms_in_places), urgent="danger")
        else:
            say_danger(dispatcher, tracker)
            say(dispatcher, "utter_no_voice_nothing_known", urgent="danger")
            return []
        say_danger(dispatcher, tracker)
        return []


class ActionSelfHarm(HelplineAction):
    """Somebody wants to die: crisis line first, a person at once, the emergency number if something is done already."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_self_harm"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Crisis line; where none is confirmed, the helpline. Where it is not sure that this was meant, in soft words."""
        numbers, softly = numbers_for(tracker), is_unsure(tracker, "self_harm")
        # Where no crisis line is known, the emergency number is the only one that helps at any hour: it comes first then as well.
        first = bool(understanding_of(tracker).get("taken")) or not (numbers.crisis_phone or softly)
        if first:
            say_taken(dispatcher, tracker)
        if say_crisis_line(dispatcher, tracker, softly=softly):
            if numbers.crisis_sms:
                say(dispatcher, "utter_self_harm_text", crisis_sms=number(numbers.crisis_sms))
        else:
            say_lines(dispatcher, tracker, urgent=True)
        say_also(dispatcher, tracker)
        if not first:
            say_taken(dispatcher, tracker)
        return [SlotSet("topic", "self_harm"), *ask_country_last(dispatcher, tracker)]


class ActionMedical(HelplineAction):
    """A doctor is needed; where life is at stake, the ambulance first."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_medical"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """The ambulance number alone where it is urgent, else the answer on medical care."""
        if understanding_of(tracker).get("urgency") != "life":
            return give_answer(dispatcher, tracker, "needs_medical_care")
        numbers = numbers_for(tracker)
        if numbers.medical:
            say(dispatcher, "utter_life", ambulance=number(numbers.medical), urgent="life")
        else:
            say(dispatcher, "utter_life_anywhere", urgent="life")
        say_elsewhere(dispatcher, tracker, "medical")
        say(dispatcher, "utter_life_stay")
        say(dispatcher, "utter_danger_limits")
        say_lines(dispatcher, tracker, urgent=True)
        return [SlotSet("topic", "needs_medical_care")]


class ActionUnsafePhone(HelplineAction):
    """Somebody may be looking: one line that looks like nothing. The steps come on a digit."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_unsafe_phone"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """The blank line; no choice is spelled out."""
        say(dispatcher, "utter_unsafe_phone", bare=True)
        offer(dispatcher, "utter_option_steps", "/phone_is_shared")
        return [SlotSet("topic", "unsafe_phone")]


class ActionUnsafePhoneSteps(HelplineAction):
    """What to do about a phone that others see."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_unsafe_phone_steps"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """The answer on it, and the exit word."""
        if not answer_for("unsafe_phone", country_of(tracker)):
            return []
        events = give_answer(dispatcher, tracker, "unsafe_phone")
        say(dispatcher, "utter_exit_word")
        return [*events, SlotSet("phone_asked", True)]
