"""What this project does quicker than Rasa, or leaves out, comes to the same as Rasa's own way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.dialogue.engine import Engine, Outbox
from bot.dialogue.policies import IntentRulePolicy
from bot.dialogue.training import trained_model
from bot.locales import all_locales
from bot.nlu.components import LOCALE

from .person import Person, words

if TYPE_CHECKING:
    from rasa.engine.graph import GraphNode

TEXTS = [
    "my boss has not paid me for 3 months",
    "hello",
    "tengo miedo, me va a matar esta noche",
    "je veux parler à quelqu'un",
    "أريد محاميا في لندن",
    "he took my passport. then he hit me! what can i do?",
    "?",
    "x" * 3000,
]


@pytest.fixture(scope="module")
def dask(engine: Engine) -> DaskGraphRunner:
    """Rasa's own runner over the same nodes."""
    ordered = engine._agent.processor.graph_runner
    runner = object.__new__(DaskGraphRunner)  # made new, it would load the model once more
    runner._graph_schema, runner._instantiated_nodes, runner._execution_context = ordered._schema, ordered._nodes, None
    return runner


def _parsed(runner: Any, text: str, tracker: DialogueStateTracker) -> dict[str, Any]:
    message = UserMessage(text, Outbox(), "session", metadata={"country_hint": "US"}, message_id="1")
    targets = ["run_RegexMessageHandler"]
    found = runner.run(inputs={"__message__": [message], "__tracker__": tracker}, targets=targets)
    (parsed,) = found[targets[0]]
    return {name: value for name, value in parsed.as_dict().items() if name not in ("clause_vectors", "letter_rows")}


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: str(text)[:20])
def test_nodes_run_in_a_fixed_order_give_what_rasas_runner_gives(text: str, engine: Engine, dask: DaskGraphRunner) -> None:
    assert engine._agent.domain is not None
    tracker = DialogueStateTracker.from_events("session", [], engine._agent.domain.slots)
    assert _parsed(engine._agent.processor.graph_runner, text, tracker) == _parsed(dask, text, tracker)


def test_nodes_run_in_a_fixed_order_predict_what_rasas_runner_predicts(
    engine: Engine, dask: DaskGraphRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conversation() -> list[str]:
        person = Person(engine, country_hint="GB")
        return [words(person.says(text)) for text in TEXTS[:6]] + [words(person.picks("/more"))]

    ours = conversation()
    monkeypatch.setattr(engine._agent.processor, "graph_runner", dask)
    assert conversation() == ours


def test_only_the_nodes_that_a_target_needs_are_run(engine: Engine) -> None:
    runner, ran = engine._agent.processor.graph_runner, []
    nodes: dict[str, GraphNode] = runner._nodes

    class Watched:
        def __init__(self, name: str) -> None:
            self.name = name

        def __call__(self, *inputs: Any) -> Any:
            ran.append(self.name)
            return nodes[self.name](*inputs)

    from bot.dialogue.ordered_runner import OrderedRunner

    watched = object.__new__(OrderedRunner)
    watched._schema, watched._plans = runner._schema, {}
    watched._nodes = {name: Watched(name) for name in nodes}
    message = UserMessage("hello", Outbox(), "session")
    watched.run(inputs={"__message__": [message], "__tracker__": None}, targets=["run_RegexMessageHandler"])
    assert not any("Policy" in name for name in ran)
    assert len(ran) == len(set(ran)), "none runs twice"
    assert {name for name in nodes if name.startswith("run_bot.nlu")} < set(ran)


@pytest.fixture
def rules_held_against_rasa(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """While this is in use, each look-up of rules is done in Rasa's way too, and both must find the same. Yields how many were found."""
    quick, found = IntentRulePolicy._get_possible_keys, []

    def both(self: IntentRulePolicy, lookup: dict[str, str], states: list[Any]) -> set[str]:
        keys = quick(self, lookup, states)
        assert keys == RulePolicy._get_possible_keys(self, lookup, states)
        found.append(len(keys))
        return keys

    monkeypatch.setattr(IntentRulePolicy, "_get_possible_keys", both)
    yield found


def test_the_index_of_rules_finds_the_rules_that_rasa_finds(engine: Engine, rules_held_against_rasa: list[int]) -> None:
    assert engine._agent.domain is not None
    for topic in engine._agent.domain.intents:
        person = Person(engine, locale_hint="en")
        person.says("I need a lawyer")
        try:
            person.picks(f"/{topic}")
            person.picks("/give_location" + '{"country": "GB"}')
            person.picks(f"/{topic}")
        except Exception as error:  # Rasa's own intents (restart and kin) have no reply
            assert type(error).__name__ == "TurnFailed"
    assert len(rules_held_against_rasa) > 300
    assert max(rules_held_against_rasa) >= 1


def test_no_rule_quotes_a_text_so_none_is_looked_for(engine: Engine) -> None:
    policy = next(node._component for name, node in engine._agent.processor.graph_runner._nodes.items() if "IntentRulePolicy" in name)
    assert not any('"text"' in key for rules in policy.lookup.values() if isinstance(rules, dict) for key in rules)


def test_whatever_the_components_find_is_in_the_domain(engine: Engine) -> None:
    """So that Rasa need not hold each message against the whole domain, which it writes out anew for that."""
    domain = engine._agent.domain
    assert domain is not None
    components = {name: node._component for name, node in engine._agent.processor.graph_runner._nodes.items()}
    topics = next(component for name, component in components.items() if "TopicClassifier" in name)._topics
    assert set(topics) <= set(domain.intents)
    assert {"nlu_fallback", "danger_now", "self_harm", "needs_medical_care", "what_can_you_do"} <= set(domain.intents)
    of_choices = {"sign", "service", "passed", "served"}
    assert set(domain.entities) == {"locale", "country", "place", "candidates"} | of_choices
    for text in TEXTS:
        message = Message({TEXT: text})
        for name, component in components.items():
            if name.startswith("run_bot.nlu"):
                component.process([message])
        assert {entity["entity"] for entity in message.get("entities")} <= set(domain.entities)
        assert message.get(LOCALE) in all_locales()


def test_a_store_that_fails_is_not_replaced_by_one_that_keeps_everything(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rasa wraps every store so that, when saving fails once, whole conversations are kept in memory from then on."""

    async def fail(tracker: DialogueStateTracker) -> None:
        raise OSError

    fresh = Engine(trained_model())
    assert type(fresh._agent.tracker_store).__name__ == type(fresh._agent.processor.tracker_store).__name__ == "OneTurnStore"
    monkeypatch.setattr(fresh._store, "save", fail)
    with pytest.raises(OSError):
        fresh.reply("my boss has not paid me", None)
    assert asyncio.run(_keys(fresh)) == []


async def _keys(engine: Engine) -> list[str]:
    return list(await engine._agent.tracker_store.keys())
