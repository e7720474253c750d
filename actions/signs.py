"""A short check: signs to pick from by digits, then what they may mean. Never a verdict, and nothing is kept."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import helpers_for, last_answer
from actions.base import HelplineAction
from actions.replies import offer, say, topic_of
from bot.knowledge.signs import SIGNS

_MEANING = {"is_this_trafficking": "utter_signs_found", "check_job_offer": "utter_signs_found_offer"}


class ActionSigns(HelplineAction):
    """Offers the signs that were not picked yet; says what the picked ones may mean when that is all."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_signs"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Begins, goes on, or ends, as the choice says; what was picked is known only in between."""
        topic = str(tracker.get_slot("topic") or "")
        if topic not in SIGNS:  # an old choice, after another topic
            topic = "is_this_trafficking"
        picked = [] if topic_of(tracker) == "signs" else str(tracker.get_slot("signs") or "").split()
        for several in tracker.get_latest_entity_values("sign"):
            picked += [sign for sign in several.split() if sign in SIGNS[topic] and sign not in picked]
        left = [sign for sign in SIGNS[topic] if sign not in picked]
        if topic_of(tracker) == "signs_done" or not left:
            return self._end(dispatcher, tracker, topic, found=bool(picked))
        say(dispatcher, "utter_signs_further" if picked else "utter_signs")
        for sign in left:
            offer(dispatcher, f"utter_option_sign_{sign}", f'/sign{{"sign": "{sign}"}}')
        offer(dispatcher, "utter_option_signs_done", "/signs_done")
        return [SlotSet("topic", topic), SlotSet("signs", " ".join(picked) or None)]

    def _end(self, dispatcher: CollectingDispatcher, tracker: Tracker, topic: str, *, found: bool) -> list[EventType]:
        say(dispatcher, _MEANING[topic] if found else "utter_signs_none")
        answer = last_answer(tracker)
        if answer and helpers_for(answer, tracker):
            offer(dispatcher, "utter_option_who_helps", "/who_helps")
        offer(dispatcher, "utter_topic_find_legal_aid", "/find_legal_aid")
        return [SlotSet("signs", None)]
