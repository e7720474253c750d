"""Rasa component: what follows from topic and urgency: act, or ask which of a few topics is meant."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import ENTITIES, INTENT
from rasa.shared.nlu.training_data.message import Message

from bot.locales import all_locales
from bot.nlu.components import (
    ANSWERS_COUNTRY,
    CRY,
    DANGER,
    DETECTED,
    LIFE,
    LOCALE,
    SELF_HARM,
    UNDERSTANDING,
    URGENCY,
    URGENT_TOPICS,
    text_of,
)
from bot.nlu.text import fold

# A choice of these helps nobody: whoever says hello or no says it again.
_NOT_OFFERED = frozenset({"greet", "goodbye", "thanks", "affirm", "deny", "frustrated", "out_of_scope", "give_location", "stop"})
# What cannot be taken back: in doubt it is asked about first.
_FINAL = frozenset({"erase_me"})
# What asks nothing and changes nothing: a wrong "stop" would end the session, a wrong "yes" answer a question.
_SMALL_TALK = frozenset({"greet", "goodbye", "thanks", "frustrated", "out_of_scope"})
_URGENT_OFFERED_FROM = 0.15  # "I cannot go on" among the choices frightens whoever meant something else
_OFFERED_FROM = 0.02  # less likely ones are noise
_TAKEN = 0.1  # chance of life at stake from which a wish to die may be an overdose already
_TOPIC_OF_URGENCY = {DANGER: "danger_now", SELF_HARM: "self_harm", LIFE: "needs_medical_care", CRY: "what_can_you_do"}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Decision(GraphComponent):
    """Sets the intent that Rasa's policies see."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`act`: probability from which a topic is answered at once; `small_talk`: the same for what asks nothing; `final`: the same for
        what cannot be taken back. `offer`: how many topics are offered otherwise. `sure`: from this on another topic is so sure that
        urgency in a clause beside it is worded softly, and the topic answered too. `doubtless`: below it an answer comes with the next
        likeliest topics as choices (`beside` of them); `alarmed`: the same for an urgent reply. `open`: how many times likelier a topic
        is that the last reply offered. `urgent`: from this on an urgent topic, where it is the likeliest, gets its reply; below it a
        text hardly says anything ("i was there"), and who wrote it is asked."""
        return {
            "act": 0.55,
            "offer": 3,
            "sure": 0.8,
            "small_talk": 0.3,
            "final": 0.75,
            "doubtless": 0.97,
            "alarmed": 0.8,
            "beside": 2,
            "open": 2.0,
            "urgent": 0.3,
        }

    def __init__(self, config: Dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}
        # Chinese has no spaces between words.
        self._telling = tuple(
            fold(words) if locale.script == "Han" else f" {fold(words)}" for locale in all_locales().values() for words in locale.telling
        )

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> Decision:
        """The component; it learns nothing."""
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets intent and `UNDERSTANDING` (see `bot.conversation.messages.Understanding`)."""
        for message in messages:
            open_topics = (message.get("metadata") or {}).get("open_topics") or []
            understanding = self.decide(self._in_context(message.get("intent_ranking") or [], open_topics), message.get(URGENCY) or {})
            if understanding["topic"] == "affirm" and not understanding["urgency"] and len(open_topics) == 1:
                understanding.update(topic=open_topics[0], acted=True, offered=[])  # yes to the one thing that was offered
            if message.get(ANSWERS_COUNTRY) and not understanding["certain"]:
                understanding.update(topic="give_location", acted=True, offered=[], urgency=None)
            countries = [e["value"] for e in message.get(ENTITIES) or [] if e["entity"] == "country"]
            understanding.update(locale=message.get(LOCALE), country=countries[0] if countries else None)
            detected = message.get(DETECTED)
            understanding.update(other_locale=detected.other if detected else None, outside=bool(detected and detected.outside))
            if understanding["outside"] and not understanding["urgency"]:
                understanding.update(acted=False, offered=[])
            words = f" {fold(text_of(message))}"
            understanding["named"] = any(telling in words for telling in self._telling)
            name = understanding["topic"] if understanding["acted"] else DEFAULT_NLU_FALLBACK_INTENT_NAME
            message.set(INTENT, {"name": name, "confidence": understanding["confidence"]}, add_to_output=True)
            message.set(UNDERSTANDING, understanding, add_to_output=True)
        return messages

    def _in_context(self, ranking: List[Dict[str, Any]], open_topics: List[str]) -> List[Dict[str, Any]]:
        """The ranking in the light of what was offered last."""
        if not open_topics:
            return ranking
        weighed = [
            {"name": entry["name"], "confidence": entry["confidence"] * (self._config["open"] if entry["name"] in open_topics else 1.0)}
            for entry in ranking
        ]
        total = sum(entry["confidence"] for entry in weighed) + max(0.0, 1.0 - sum(entry["confidence"] for entry in ranking))
        return sorted(({**entry, "confidence": entry["confidence"] / total} for entry in weighed), key=lambda entry: -entry["confidence"])

    def decide(self, ranking: List[Dict[str, Any]], urgency: Dict[str, Any]) -> Dict[str, Any]:
        """Weighs topic and urgency; where they disagree the urgent side wins, worded softly.

        Args:
            ranking: topics with confidence, likeliest first.
            urgency: what `UrgencyClassifier` set.
        """
        ranked = [(entry["name"], round(entry["confidence"], 4)) for entry in ranking]
        topic, confidence = ranked[0] if ranked else ("out_of_scope", 0.0)
        kind, certain = urgency.get("kind"), bool(urgency.get("certain"))
        if urgency.get("clause") and topic not in URGENT_TOPICS and confidence >= self._config["sure"]:
            certain = False
        if kind and certain:
            topic = _TOPIC_OF_URGENCY[kind]
            confidence = max(confidence, round(urgency["chance"], 4))
            ranked = [(topic, confidence)] + [pair for pair in ranked if pair[0] != topic]
        # A soft urgent reply needs no question first, and an urgent topic is urgent though it is not sure.
        kind = kind or (URGENT_TOPICS.get(topic) if confidence >= self._config["urgent"] else None)
        needed = self._config["small_talk" if topic in _SMALL_TALK else "final" if topic in _FINAL else "act"]
        acted = bool(kind) if certain or topic in URGENT_TOPICS else confidence >= needed
        likely = [name for name, chance in ranked if chance >= (_URGENT_OFFERED_FROM if name in URGENT_TOPICS else _OFFERED_FROM)]
        offered = [name for name in likely if name not in _NOT_OFFERED and not (acted and name == topic)]
        if acted:  # who is surely in danger gets numbers, and nothing to choose from
            chance = urgency["chance"] if urgency.get("kind") else confidence
            doubtless = self._config["alarmed" if kind else "doubtless"]
            offered = [] if chance >= doubtless else offered[: self._config["beside"]]
        return {
            "topic": topic,
            "confidence": confidence,
            "ranking": ranked[:5],
            "acted": acted,
            "offered": offered[: self._config["offer"]],
            "urgency": kind,
            "also": urgency.get("also"),
            "certain": certain,
            "taken": urgency.get("life", 0.0) >= _TAKEN,
        }
