"""Answers on a topic: their words, their rest, their source, easier words, and who can help."""

from __future__ import annotations

import datetime

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import HelplineAction
from actions.details import now, offer_details, say_services
from actions.places import ask_country
from actions.replies import (
    country_of,
    country_was_asked,
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
from bot.knowledge.answers import Answer, answer_for
from bot.knowledge.directory import directory
from bot.knowledge.services import Service
from bot.knowledge.signs import SIGNS

# Whose law differs from country to country; on the others the baseline says all there is.
_BY_COUNTRY = (
    "rights_",
    "is_this_trafficking",
    "check_job_offer",
    "online_abuse",
    "needs_medical_care",
    "minor_at_risk",
)
# Topics with a short check behind their answer, see `actions.signs`.
WITH_SIGNS = tuple(SIGNS)


def helpers_for(answer: Answer, tracker: Tracker) -> list[Service]:
    """Services that help with the answer's topic in the person's country, best first; worldwide ones where they are known."""
    audience = "children" if answer.topic == "minor_at_risk" else None
    found = directory().find(country_of(tracker) or "", answer.services, audience=audience)
    return found or directory().find("INT", answer.services, audience=audience)


def give_answer(dispatcher: CollectingDispatcher, tracker: Tracker, topic: str) -> list[EventType]:
    """Says the answer on a topic for the person's country, and offers what goes with it.

    Returns:
        The slots that remember it.
    """
    country = country_of(tracker)
    answer = answer_for(topic, country)
    if answer is None:
        say(dispatcher, "utter_no_answer")
        say_hotline(dispatcher, tracker)
        return []
    helpers = helpers_for(answer, tracker)
    events: list[EventType] = [SlotSet("topic", topic), SlotSet("page", 0.0)]
    say_answer_words(dispatcher, answer, answer.text, numbers_for(tracker))
    if topic == "minor_at_risk":  # whoever is young gets a line at once: that for the young, else the country's helpline
        for service in helpers[:1]:
            say_service(dispatcher, service)
        if not helpers:
            say_hotline(dispatcher, tracker)
    if answer.jurisdiction != country and topic.startswith(_BY_COUNTRY):
        if country:
            say(dispatcher, "utter_general_country", country={"country": country})
        elif not tracker.get_slot("country_asked"):
            events += ask_country(dispatcher, tracker)
        else:
            say(dispatcher, "utter_general")
    if answer.lawyer:
        say(dispatcher, "utter_lawyer", optional=True)
    if topic == "rights_police" and numbers_for(tracker).danger:  # who asks for the police may need them
        say(dispatcher, "utter_soft_danger", danger=number(numbers_for(tracker).danger))
    # Where the source is due to be read again, the date on which it was read is not left out for want of room.
    say_source(dispatcher, answer, optional=not answer.is_late(datetime.date.today()))
    if answer.more:
        offer(dispatcher, "utter_option_more", "/more")
    if topic in WITH_SIGNS:
        offer(dispatcher, "utter_option_signs", "/signs")
    if helpers:
        offer(dispatcher, "utter_option_who_helps", "/who_helps")
    if answer.lawyer:
        offer(dispatcher, "utter_topic_find_legal_aid", "/find_legal_aid")
    if not tracker.get_slot("phone_asked") and topic != "unsafe_phone":
        offer(dispatcher, "utter_option_phone_is_shared", "/phone_is_shared")
        events.append(SlotSet("phone_asked", True))
    return events


def say_source(dispatcher: CollectingDispatcher, answer: Answer, *, optional: bool) -> None:
    """The source in short, with the date on which it was checked."""
    about = {"optional": True} if optional else {}
    say(dispatcher, "utter_source", cite=answer.cite, date=number(answer.as_of.isoformat()), **about)


def last_answer(tracker: Tracker) -> Answer | None:
    """The answer that was given last, in its present jurisdiction."""
    topic = tracker.get_slot("topic")
    return answer_for(topic, country_of(tracker)) if topic else None


def give_nobody(dispatcher: CollectingDispatcher, tracker: Tracker, topic: str) -> list[EventType]:
    """Says to whoever asks where a certain person is that nobody tells that, and names a line where anybody is heard; no other, and no
    place."""
    answer = answer_for(topic, country_of(tracker))
    if answer is None or not answer.sought:
        say(dispatcher, "utter_no_answer")
    else:
        say_answer_words(dispatcher, answer, answer.sought, numbers_for(tracker))
    for service in directory().find(country_of(tracker) or "", ("crisis_line",))[:1]:
        say_service(dispatcher, service)
    return [SlotSet("topic", topic), SlotSet("page", 0.0)]


class ActionAnswer(HelplineAction):
    """The answer on the topic that was asked."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_answer"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """See `give_answer`; where the message asks for a person, `give_nobody`."""
        give = give_nobody if understanding_of(tracker).get("seeks_person") else give_answer
        return give(dispatcher, tracker, topic_of(tracker))


class ActionMore(HelplineAction):
    """The next page of the last answer."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_more"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """The page, and what follows it."""
        answer, page = last_answer(tracker), int(tracker.get_slot("page") or 0)
        if answer is None or page >= len(answer.more):
            say(dispatcher, "utter_more_nothing")
            return []
        say_answer_words(dispatcher, answer, answer.more[page], numbers_for(tracker))
        if page + 1 < len(answer.more):
            offer(dispatcher, "utter_option_more", "/more")
        if helpers_for(answer, tracker):
            offer(dispatcher, "utter_option_who_helps", "/who_helps")
        offer(dispatcher, "utter_option_source", "/source")
        return [SlotSet("page", float(page + 1))]


class ActionSimplify(HelplineAction):
    """The last answer in easier words."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_simplify"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """The easier wording; where nothing was answered yet, an invitation."""
        answer = last_answer(tracker)
        if answer is None:
            say(dispatcher, "utter_simplify_nothing")
            return []
        say_answer_words(dispatcher, answer, answer.simple, numbers_for(tracker))
        if helpers_for(answer, tracker):
            offer(dispatcher, "utter_option_who_helps", "/who_helps")
        return []


class ActionSource(HelplineAction):
    """Where the last answer comes from."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_source"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """The source in short, then each in full."""
        answer = last_answer(tracker)
        if answer is None:
            say(dispatcher, "utter_source_nothing")
            return []
        say_source(dispatcher, answer, optional=False)
        for source in answer.sources:
            if not source.url.startswith("http"):
                continue  # a rule of this project (data/answers/README.md): nothing to look up
            parts = (source.title, source.section, source.url)
            say(dispatcher, "utter_source_full", source=", ".join(part for part in parts if part))
        return []


class ActionWhoHelps(HelplineAction):
    """Services that help with the last answer."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_who_helps"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Two services, one line each; the helpline where there are none."""
        answer = last_answer(tracker)
        found = helpers_for(answer, tracker)[:2] if answer else []
        if not found and not numbers_for(tracker).hotline:
            say(dispatcher, "utter_person_where")
            return country_was_asked()
        say(dispatcher, "utter_search")
        if found:
            say_services(dispatcher, found, now(), named=bool(tracker.get_slot("named")))
            offer_details(dispatcher, found)
        else:
            say_hotline(dispatcher, tracker)
        return []
