"""A session's tracker as a small value without text: made after a turn, opened before the next.

Rasa's own stores keep every event with every word, under the sender's id, and replay all of them each turn. Here the last turn
is kept, stripped of what was said, and before them only slots and the active form: measured against Rasa's
in-memory store, replies are the same, a turn costs the same after 200 turns as after one, and no text stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Optional, Text

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

State = dict[str, Any]
_TURNS = 1  # before the coming one: as far as MemoizationPolicy looks back (max_history: 3 states) and as RulePolicy needs


def _stripped(event: Event) -> Optional[dict[str, Any]]:
    """An event without anything a person said: intent names, action names, slots of closed vocabularies."""
    if isinstance(event, UserUttered):
        return {"event": "user", "intent": event.intent_name}
    if isinstance(event, ActionExecuted):
        return {"event": "action", "name": event.action_name, "policy": event.policy}
    if isinstance(event, SlotSet):
        return {"event": "slot", "name": event.key, "value": event.value}
    if isinstance(event, ActiveLoop):
        return {"event": "active_loop", "name": event.name}
    return None


def _restored(entry: dict[str, Any]) -> Event:
    if entry["event"] == "user":
        intent = {"name": entry["intent"], "confidence": 1.0}
        return UserUttered("", intent, [], {"intent": intent, "entities": [], "text": ""})
    if entry["event"] == "action":
        return ActionExecuted(entry["name"], policy=entry["policy"], confidence=1.0)
    if entry["event"] == "slot":
        return SlotSet(entry["name"], entry["value"])
    return ActiveLoop(entry["name"])


def state_of(tracker: DialogueStateTracker, domain: Domain) -> State:
    """What the next turn needs of a tracker."""
    events = [event for event in tracker.applied_events() if not isinstance(event, BotUttered)]
    turns = [number for number, event in enumerate(events) if isinstance(event, UserUttered)]
    cut = max(turns[-_TURNS] - 1, 0) if len(turns) >= _TURNS else 0
    before = DialogueStateTracker.from_events("session", events[:cut], domain.slots)
    slots = {name: slot.value for name, slot in before.slots.items() if slot.value is not None and slot.has_been_set}
    recent = list[dict[str, Any]]()
    forgotten = set[str]()  # now, not a turn later
    for event in reversed(events[cut:]):
        if isinstance(event, SlotSet) and event.value is None:
            forgotten.add(event.key)
        elif isinstance(event, SlotSet) and event.key in forgotten:
            continue
        if stripped := _stripped(event):
            recent.insert(0, stripped)
    slots = {name: value for name, value in slots.items() if name not in forgotten}
    return {"slots": slots, "loop": before.active_loop_name, "events": recent}


def tracker_of(state: Optional[State], sender: Text, domain: Domain) -> Optional[DialogueStateTracker]:
    """The tracker of a session that `state_of` made, or None for a new session."""
    if not state:
        return None
    events: list[Event] = [ActionExecuted("action_session_start", confidence=1.0), SessionStarted()]
    events += [SlotSet(name, value) for name, value in state["slots"].items()]
    if state["loop"]:
        events.append(ActiveLoop(state["loop"]))
    recent = [_restored(entry) for entry in state["events"]]
    recent = [event for event in recent if not (isinstance(event, ActionExecuted) and event.action_name == "action_session_start")]
    if not (recent and isinstance(recent[0], ActionExecuted) and recent[0].action_name == ACTION_LISTEN_NAME):
        events.append(ActionExecuted(ACTION_LISTEN_NAME, confidence=1.0))
    return DialogueStateTracker.from_events(sender, events + recent, domain.slots)


@dataclass
class AboutTurn:
    """What the frame of a reply needs to know of the turn; not kept.

    Attributes:
        locale, country, topic, place: slots after the turn.
        parsed: what the components found in the message.
    """

    locale: Optional[str] = None
    country: Optional[str] = None
    topic: Optional[str] = None
    place: Optional[str] = None
    parsed: dict[str, Any] = field(default_factory=dict)


class OneTurnStore(TrackerStore):
    """Holds the tracker of the one turn that is being answered. What it made of it is taken out again by `finish`."""

    def __init__(self, domain: Domain) -> None:
        super().__init__(domain)
        self._state: Optional[State] = None
        self._about = AboutTurn()

    def begin(self, state: Optional[State]) -> None:
        """Opens a session for the coming turn; None starts one."""
        self._state, self._about = state, AboutTurn()

    def finish(self) -> tuple[State, AboutTurn]:
        """The session after the turn, and what the turn was about. Nothing of either stays here."""
        state, about = self._state or {}, self._about
        self._state, self._about = None, AboutTurn()
        return state, about

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keeps the state until `finish`."""
        self._state = state_of(tracker, self.domain)
        parsed = tracker.latest_message.parse_data if tracker.latest_message else {}
        self._about = AboutTurn(
            tracker.get_slot("locale"), tracker.get_slot("country"), tracker.get_slot("topic"), tracker.get_slot("place"), dict(parsed)
        )

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """The tracker of the turn."""
        return tracker_of(self._state, sender_id, self.domain)

    async def keys(self) -> Iterable[Text]:
        """No sender is known here."""
        return []
