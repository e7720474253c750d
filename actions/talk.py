"""The conversation itself: menu, language, yes and no, not understood, erasing, leaving."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import HelplineAction
from actions.help import give_person
from actions.replies import offer, say, say_lines, topic_of, understanding_of
from actions.urgent import ActionDanger, ActionSelfHarm, say_danger
from bot.knowledge.languages import locale_named_in
from bot.locales import DEFAULT, all_locales

MENU = ("rights_overview", "rights_pay", "find_shelter", "find_legal_aid")
_UNSURE_LIMIT = 2  # failures in a row before a human is put forward


def offer_topic(dispatcher: CollectingDispatcher, topic: str) -> None:
    """A topic as a choice."""
    offer(dispatcher, f"utter_topic_{topic}", f"/{topic}")


class ActionMenu(HelplineAction):
    """What the bot can do. A bare cry for help gets the danger line first."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_menu"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """The most asked topics as choices."""
        if understanding_of(tracker).get("urgency") == "cry":
            say_danger(dispatcher, tracker)
            say_lines(dispatcher, tracker)
            say(dispatcher, "utter_cry")
        else:
            say(dispatcher, "utter_menu")
        for topic in MENU:
            offer_topic(dispatcher, topic)
        return []


class ActionUnsure(HelplineAction):
    """Not understood: a question with the likeliest topics; the second time, a human."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_unsure"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """One question, or the way to a human."""
        if understanding_of(tracker).get("outside"):
            # In the likeliest language and in English; the numbers help in any.
            if tracker.get_slot("locale") != DEFAULT:
                say(dispatcher, "utter_other_language", locale=DEFAULT)
            return give_person(dispatcher, tracker, "utter_other_language")
        failures = int(tracker.get_slot("unsure") or 0) + 1
        offered = understanding_of(tracker).get("offered") or []
        if failures >= _UNSURE_LIMIT:
            events = give_person(dispatcher, tracker, "utter_unsure_again")
        else:
            events = []
            say(dispatcher, "utter_unsure" if offered else "utter_unsure_nothing")
        for topic in offered or MENU:
            offer_topic(dispatcher, topic)
        return [*events, SlotSet("unsure", float(failures))]


class ActionOutOfScope(HelplineAction):
    """Something the bot has no answer to."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_out_of_scope"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Says so, and what there is instead."""
        say(dispatcher, "utter_out_of_scope")
        for topic in MENU:
            offer_topic(dispatcher, topic)
        return []


class _InLocale(CollectingDispatcher):
    """Says everything in a locale that the session has only from the next message on.

    Args:
        dispatcher: where it is said.
        locale: locale code.
    """

    def __init__(self, dispatcher: CollectingDispatcher, locale: str) -> None:
        super().__init__()
        self.messages, self._locale = dispatcher.messages, locale

    def utter_message(self, *arguments: Any, **about: Any) -> None:
        """Adds a block or a choice."""
        super().utter_message(*arguments, **{"locale": self._locale, **about})


class ActionChangeLanguage(HelplineAction):
    """Another language: the one that was named or picked, else a choice of all."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_change_language"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Changes over, or asks which. Whoever is in danger and could not read the numbers gets them again."""
        message = tracker.latest_message or {}
        picked = next(tracker.get_latest_entity_values("locale"), None) if topic_of(tracker) == "choose_locale" else None
        wanted = picked or locale_named_in(message.get("text") or "")
        if wanted in all_locales():
            tracker.add_slots([SlotSet("locale", wanted)])
            urgent = {"danger_now": ActionDanger, "self_harm": ActionSelfHarm}.get(str(tracker.get_slot("topic") or ""))
            if urgent:
                return [*urgent().reply(_InLocale(dispatcher, wanted), tracker), SlotSet("locale", wanted)]
            say(dispatcher, "utter_language_changed", locale=wanted, language=all_locales()[wanted].name)
            for topic in MENU:
                offer(dispatcher, f"utter_topic_{topic}", f"/{topic}", locale=wanted)
            return [SlotSet("locale", wanted)]
        say(dispatcher, "utter_change_language")
        for locale in all_locales().values():
            offer(dispatcher, "utter_language_name", f'/choose_locale{{"locale": "{locale.code}"}}', language=locale.name)
        return []


class ActionAffirm(HelplineAction):
    """Yes: to the question that is open."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_affirm"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """A country cannot be told by yes: it is asked for; without a question, an invitation."""
        if tracker.get_slot("asked") == "country":
            say(dispatcher, "utter_ask_country")
            return [SlotSet("asked", "country")]
        say(dispatcher, "utter_affirm")
        for topic in MENU:
            offer_topic(dispatcher, topic)
        return []


class ActionDeny(HelplineAction):
    """No: nothing is pressed."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_deny"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """An open question is dropped; numbers that were just given stay in sight."""
        say(dispatcher, "utter_deny")
        if tracker.get_slot("topic") in ("danger_now", "self_harm"):
            say_danger(dispatcher, tracker)
            say_lines(dispatcher, tracker)
        return []


class ActionErase(HelplineAction):
    """Forget everything. The conversation drops the session when it sees this action."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_erase"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Says what is gone and what remains."""
        say(dispatcher, "utter_erase", ended=True)
        return []


class ActionStop(HelplineAction):
    """End this, in her own words (the exit word and the carrier's words are silent, and are heard before any model)."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_stop"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """One neutral line; the session is dropped."""
        say(dispatcher, "utter_stop", ended=True, bare=True)
        return []
