"""What is kept of a session between two messages: enough for the same replies, and nothing that a person wrote."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses

from actions.search import SERVED
from bot.conversation.messages import Turn
from bot.dialogue.tracker_state import AboutTurn, State
from bot.errors import TurnFailed
from bot.evaluation import read_labelled
from bot.knowledge.localities import gazetteer
from bot.knowledge.signs import SIGNS
from bot.locales import all_locales
from bot.nlu.text import fold
from bot.paths import ROOT

from .person import Person

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

CONVERSATIONS, TURNS = 300, 12
LARGEST = 6_000  # bytes of a state as the store keeps it
PAYLOADS = [
    "/more",
    "/source",
    "/who_helps",
    "/phone_is_shared",
    "/no_voice",
    "/talk_to_human",
    "/find_shelter",
    "/find_legal_aid",
    "/rights_pay",
    "/greet",
    "/deny",
    "/danger_now",
    "/change_language",
    "/needs_medical_care",
    "/minor_at_risk",
    "/thanks",
    '/choose_locale{"locale": "es"}',
    '/choose_locale{"locale": "en"}',
    '/give_location{"country": "GB"}',
    "/signs",
    '/sign{"sign": "papers"}',
    '/sign{"sign": "pay debt"}',
    "/signs_done",
    '/find_legal_aid{"place": "US ID 43.6 -116.2"}',
    '/other_services{"passed": "2"}',
    '/details{"service": "us-national-human-trafficking-hotline"}',
    '/service_name{"service": "us-national-human-trafficking-hotline"}',
    "/not_near_here",
    "/for_whom",
    '/served{"served": "men"}',
]
PLACES = ["London", "in Chicago", "estoy en Madrid", "je suis à Lyon", "أنا في لندن", "from Romania", "SW1A 1AA"]


def _texts() -> list[str]:
    folder = ROOT / "tests" / "nlu" / "development"
    found = [labelled.text for path in sorted(folder.glob("*.yml")) for labelled in read_labelled(path)]
    return [*found[::5], *PLACES]  # some of each topic and locale


TEXTS = _texts()


class WholeTrackers(InMemoryTrackerStore):  # type: ignore[misc] # mypy does not see Rasa's types
    """Rasa's own store in memory, which keeps every event with every word, behind what the engine asks of its store."""

    def __init__(self, domain: Domain) -> None:
        super().__init__(domain)
        self._about = AboutTurn()

    def begin(self, state: State | None) -> None:
        """Goes on with the one conversation that is kept, or forgets it."""
        self._about = AboutTurn()
        if state is None:
            self.store.clear()

    def finish(self) -> tuple[State, AboutTurn]:
        """The state is a token only: the conversation stays here."""
        return {"kept": "elsewhere"}, self._about

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keeps everything."""
        await super().save(tracker)
        self._about = AboutTurn(tracker.get_slot("locale"), tracker.get_slot("country"), parsed=dict(tracker.latest_message.parse_data))

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation."""
        return await super().retrieve(sender_id)


class Twin:
    """The engine with a store of one turn, and with Rasa's own: says the same to both and compares."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        assert engine._agent.domain is not None
        self._stores = (engine._store, WholeTrackers(engine._agent.domain))

    def use(self, number: int) -> None:
        """Puts a store into the engine: 0 ours, 1 Rasa's."""
        store: Any = self._stores[number]
        self._engine._store = self._engine._agent.tracker_store = self._engine._agent.processor.tracker_store = store

    def replies(self, script: list[str], hints: dict[str, str], number: int) -> tuple[list[Any], list[State]]:
        """What a conversation is answered with that store, and its states."""
        self.use(number)
        said: list[Any] = []
        states: list[State] = []
        state: State | None = None
        for text in script:
            try:
                turn: Turn = self._engine.reply(text, state, hints, payload=text.startswith("/"))
            except TurnFailed:
                said.append("failed")
                continue
            said.append((turn.blocks, turn.options, turn.bare, turn.urgent, turn.locale, turn.ended))
            states.append(dict(turn.state))
            state = None if turn.ended else dict(turn.state)
        return said, states


def _script(chance: random.Random) -> list[str]:
    return [chance.choice(TEXTS) if chance.random() < 0.6 else chance.choice(PAYLOADS) for _ in range(TURNS)]


@pytest.fixture(scope="module")
def conversations(engine: Engine) -> Iterator[list[tuple[list[str], list[Any], list[State], list[Any]]]]:
    """Random conversations: what was written, what was answered, the states, and what was answered with Rasa's own store."""
    twin, chance = Twin(engine), random.Random(20261122)
    with pytest.MonkeyPatch.context() as patch:
        # Rasa's own store looks up the class of each event among all classes, each time anew: a third of this test's time.
        patch.setattr("rasa.shared.utils.common.all_subclasses", cache(all_subclasses))
        held = []
        for number in range(CONVERSATIONS):
            script, hints = _script(chance), {} if number % 3 else {"country_hint": "US", "locale_hint": "en"}
            ours, states = twin.replies(script, hints, 0)
            theirs, _ = twin.replies(script, hints, 1)
            held.append((script, ours, states, theirs))
        twin.use(0)
    yield held


Held = list[tuple[list[str], list[Any], list[State], list[Any]]]


def test_replies_are_those_of_rasas_own_store(conversations: Held) -> None:
    different = [
        (script[: turn + 1], ours[turn], theirs[turn])
        for script, ours, _, theirs in conversations
        for turn in range(TURNS)
        if ours[turn] != theirs[turn]
    ]
    assert different[:1] == []


def test_hardly_any_turn_of_a_random_conversation_fails(conversations: Held) -> None:
    failed = [text for script, ours, _, _ in conversations for text, reply in zip(script, ours, strict=True) if reply == "failed"]
    assert failed == []


def test_a_state_is_small(conversations: Held) -> None:
    assert max(len(json.dumps(state)) for _, _, states, _ in conversations for state in states) < LARGEST


def test_a_state_survives_the_store(conversations: Held) -> None:
    assert all(json.loads(json.dumps(state)) == state for _, _, states, _ in conversations[:50] for state in states)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str):
        yield value


def _vocabulary(domain: Domain) -> set[str]:
    """Every word that a state may hold: names of the domain, of Rasa's policies, of countries and locales."""
    named = {*domain.intents, *domain.action_names_or_texts, *(slot.name for slot in domain.slots), *domain.forms, *all_locales()}
    countries = {country for country, _ in gazetteer()._codes}
    policies = {"IntentRulePolicy", "MemoizationPolicy", "RulePolicy"}
    keys = {"slots", "loop", "events", "event", "name", "value", "policy", "intent", "user", "action", "slot", "active_loop", "introduced"}
    return named | countries | policies | keys | {"unknown", "country", "town"}


def test_a_state_holds_words_of_closed_vocabularies_only(conversations: Held, engine: Engine) -> None:
    assert engine._agent.domain is not None
    allowed = _vocabulary(engine._agent.domain)
    allowed |= {sign for signs in SIGNS.values() for sign in signs} | set(SERVED)
    found = {text for _, _, states, _ in conversations for state in states for text in _strings(state)}
    found -= {
        text for text in found if re.fullmatch(r"[A-Z]{2} \S{1,3} -?\d+\.\d -?\d+\.\d( once)?( away)?", text)
    }  # a town, to ten kilometres
    several = {text for text in found - allowed if set(text.split()) <= allowed}  # signs, or for whom, that were picked
    assert found - allowed - several == set()


def test_a_state_holds_no_word_that_the_person_wrote(conversations: Held, engine: Engine) -> None:
    """Words that are also names in the domain, such as "country", or of JSON, are left to the test above."""
    assert engine._agent.domain is not None
    names = {part for name in _vocabulary(engine._agent.domain) for part in re.split(r"[_\W]+", name.lower())} | {"true", "false", "null"}
    for script, _, states, _ in conversations:
        written = {word for text in script if not text.startswith("/") for word in re.findall(r"\w{4,}", fold(text))} - names
        kept = set(re.findall(r"\w+", fold(json.dumps(states, ensure_ascii=False).replace("_", " "))))
        assert written & kept == set()


def test_slots_hold_no_text_even_while_a_form_asks(engine: Engine) -> None:
    """Rasa's own mappings from text would set a slot to whatever comes before it is validated."""
    person = Person(engine)
    person.says("I need somewhere to sleep")
    turn = person.says("Schmidtsdorfzinger near grandmother Ludmilla")
    assert "schmidtsdorfzinger" not in json.dumps(turn.state).lower()
    assert "ludmilla" not in json.dumps(turn.state).lower()


def test_a_session_does_not_grow(engine: Engine) -> None:
    """Rasa's own store would replay 200 turns by then."""
    person, sizes = Person(engine, country_hint="US", locale_hint="en"), []
    texts = ["my boss has not paid me", "he took my passport", "thank you", "who can read this?", "I need a lawyer"]
    for number in range(200):
        turn = person.says(texts[number % len(texts)])
        sizes.append((len(json.dumps(turn.state)), len(turn.state["events"])))  # type: ignore[arg-type]
    assert sizes[19] == sizes[199]
    assert max(sizes) == max(sizes[:20])


def test_nothing_of_a_turn_stays_in_the_engine(engine: Engine) -> None:
    engine.reply("my boss Wojciechowski has not paid me", None, {"country_hint": "US"})
    assert engine._store._state is None
    assert engine._store._about == AboutTurn()
    assert engine._agent.lock_store.conversation_locks == {}


def test_metadata_of_the_channel_are_not_kept(engine: Engine) -> None:
    """Rasa keeps those of the first message in a slot of its own."""
    turn = engine.reply("hello", None, {"country_hint": "US", "marker": "Wojciechowski"})
    assert "Wojciechowski" not in json.dumps(turn.state)
    assert "session_started_metadata" not in json.dumps(turn.state)
