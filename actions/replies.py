"""How actions say things: names of responses and values, never words. The wording is the generator's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.knowledge.answers import Answer
from bot.knowledge.directory_words import directory_words, labels
from bot.knowledge.emergency import Numbers, numbers_elsewhere, numbers_of
from bot.knowledge.services import Service

PERSON = "/talk_to_human"
LONGEST_NAME = 80  # characters of a service's name: directories of others have sentences there, and a text message must hold the number too
_CUT = "..."


def say(dispatcher: CollectingDispatcher, response: str, **values: Any) -> None:
    """Adds a block to the reply: a response of the domain, with the values of its placeholders."""
    dispatcher.utter_message(response=response, **values)


def offer(dispatcher: CollectingDispatcher, response: str, picked: str, **values: Any) -> None:
    """Adds a choice: a response as its title, and what follows when it is picked (see `payload`)."""
    dispatcher.utter_message(response=response, option=picked, **values)


def payload(intent: str, **values: str) -> str:
    """What follows when a choice is picked: an intent with the values of its entities, in Rasa's own form."""
    return f"/{intent}{json.dumps(values) if values else ''}"


def number(text: str) -> dict[str, str]:
    """A phone number as a value: it runs left to right in every script."""
    return {"number": text}


def listed(context: str, words: Sequence[str]) -> dict[str, Any]:
    """Words of the directory as a value: the wording puts them into the locale, and between them what it puts into a list."""
    return {"list": [{"context": context, "sentence": directory_words()[context][word]} for word in words]}


def country_of(tracker: Tracker) -> str | None:
    """The country the person is in as far as known (ISO 3166-1 alpha-2), else None."""
    country = tracker.get_slot("country")
    return None if country in (None, "unknown") else str(country)


def country_was_asked() -> list[EventType]:
    """The slots that remember that the person was asked for the country: what comes next is read as the answer, and it is asked once."""
    return [SlotSet("asked", "country"), SlotSet("country_asked", True)]


def countries_of(tracker: Tracker) -> list[str | None]:
    """The countries of which an urgent reply says numbers: that where the person is, as far as known, and behind it others that the latest
    message named (see `bot.dialogue.second_reading`)."""
    return understanding_of(tracker).get("numbers_of") or [country_of(tracker)]


def numbers_for(tracker: Tracker) -> Numbers:
    """The emergency numbers that apply."""
    return numbers_of(countries_of(tracker)[0])


def say_elsewhere(dispatcher: CollectingDispatcher, tracker: Tracker, role: str) -> None:
    """Adds behind a number those of other countries for the same role, where the latest message named any.

    Args:
        role: ``danger``, ``medical`` or ``crisis_phone``.
    """
    first, *others = countries_of(tracker)
    for country, there in numbers_elsewhere(role, first, [other for other in others if other]):
        say(dispatcher, "utter_service_phone", label={"country": country}, phone=number(there), joined=True)


def say_answer_words(dispatcher: CollectingDispatcher, answer: Answer, text: str, numbers: Numbers, **about: Any) -> None:
    """Adds a sentence of an answer, with the numbers that it names."""
    hotline = numbers.hotline
    general = {"context": "utter_any_emergency_number", "sentence": "112, or 911 in the Americas, 999 in the UK"}
    say(
        dispatcher,
        "utter_words",
        context=f"{answer.id}:{answer.version}",
        sentence=text,
        emergency=number(numbers.danger) if numbers.danger else general,
        ambulance=number(numbers.medical) if numbers.medical else general,
        crisis=number(numbers.crisis_phone) if numbers.crisis_phone else general,
        hotline=number(hotline.phone or hotline.sms) if hotline else general,
        **about,
    )


def say_service(dispatcher: CollectingDispatcher, service: Service, *, named: bool = False, **about: Any) -> None:
    """Adds the line of a service, and a second where neither two sources nor a human vouch for it."""
    say_line(dispatcher, service, named=named, **about)
    if service.doubtful:
        say(dispatcher, "utter_search_unchecked", joined=True)


def _short_name(name: str) -> str:
    """The name of a service, cut off behind a word where it is too long."""
    if len(name) <= LONGEST_NAME:
        return name
    kept = name[: LONGEST_NAME - len(_CUT) + 1]
    words, space, _ = kept.rpartition(" ")
    return (words if space else kept[:-1]).rstrip(" ,;:-(") + _CUT


def say_line(dispatcher: CollectingDispatcher, service: Service, *, named: bool = False, **about: Any) -> None:
    """Adds one line for a service: its label (or its name once the person used the word), its town and how to reach it."""
    label: Any = _short_name(service.name) if named else {"context": "label", "sentence": labels()[service.label]}
    values: dict[str, Any] = {"label": label, **about}
    city = next((point.city for point in service.points if point.city), "")
    if service.phone:
        values["phone"] = number(service.phone)
    if service.sms:
        values["sms"] = number(service.sms)
    if service.sms_word:
        values["word"] = service.sms_word
    if city and service.phone:
        say(dispatcher, "utter_service_phone_in", city=city, **values)
    elif service.phone and service.sms:
        say(dispatcher, "utter_service_phone_and_word" if service.sms_word else "utter_service_phone_and_text", **values)
    elif service.phone:
        say(dispatcher, "utter_service_phone", **values)
    elif service.sms:
        say(dispatcher, "utter_service_text_word" if service.sms_word else "utter_service_text", **values)
    elif service.chat or service.website:
        say(dispatcher, "utter_service_web", web=service.chat or service.website, **values)
    else:  # an office with nothing but its door
        say(dispatcher, "utter_service_web", web=", ".join(filter(None, (service.points[0].street, city))), **values)


def say_hotline(dispatcher: CollectingDispatcher, tracker: Tracker) -> bool:
    """Adds the line of the country's helpline; False where there is none."""
    hotline = numbers_for(tracker).hotline
    if hotline:
        say_service(dispatcher, hotline, named=bool(tracker.get_slot("named")))
    return hotline is not None


def say_lines(dispatcher: CollectingDispatcher, tracker: Tracker, *, urgent: bool = False) -> None:
    """Adds the lines of the country's helplines, and of one that is not for everybody whom it is for: nobody should call in vain.

    Args:
        urgent: life may be at stake, so advice on pay and work is no help.
    """
    for service in numbers_for(tracker).lines:
        if urgent and service.kind == "labour_rights":
            continue
        say_service(dispatcher, service, named=bool(tracker.get_slot("named")))
        if service.for_some:
            say(dispatcher, "utter_details_for", audience=listed("audience", service.audience), joined=True)


def understanding_of(tracker: Tracker) -> dict[str, Any]:
    """What the model made of the latest message (`bot.nlu.components.UNDERSTANDING`); empty after a choice."""
    return (tracker.latest_message or {}).get("understanding") or {}


def topic_of(tracker: Tracker) -> str:
    """The intent that Rasa acts on. Not `Tracker.get_intent_of_latest_message`: that reads the ranking of topics, which a choice does
    not have and which neither urgency nor doubt has changed."""
    return str(((tracker.latest_message or {}).get("intent") or {}).get("name") or "")
