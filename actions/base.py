"""What every action does before and after its own work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.replies import understanding_of


class HelplineAction(Action, ABC):
    """An action that says something. Subclasses give `name` and `reply`.

    An exception inside ends the turn without a reply, which the dialogue takes for a failure: the last wall answers. It is
    swallowed here, because Rasa would log it with what it quotes.
    """

    @abstractmethod
    def name(self) -> str:
        """Its name in the domain."""

    @abstractmethod
    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Says what there is to say; returns the slots it sets."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Runs `reply`, and closes the question that was open before."""
        try:
            events = self.reply(dispatcher, tracker)
        except Exception:  # noqa: BLE001 - see the class
            dispatcher.messages.clear()
            return []
        set_here = {event["name"] for event in events if event["event"] == "slot"}
        for slot, value in (("asked", None), ("unsure", 0.0)):
            if slot not in set_here and tracker.get_slot(slot) not in (None, value):
                events.append(SlotSet(slot, value))
        if understanding_of(tracker).get("named") and not tracker.get_slot("named"):
            events.append(SlotSet("named", True))
        return events
