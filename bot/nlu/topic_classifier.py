"""Rasa component: what a message is about, as probabilities of the topics, and how likely each kind of urgency is.

Both come from one pair of experts. Trained on urgent or not alone, a model knows less: it sees no difference between the many
things that are not urgent, and heard 0.63 of the urgent texts where this one heard 0.83 at the same false alarms (development
texts, 5 % false alarms on alarming-sounding harmless ones).
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.arrays import Floats
from bot.nlu.components import (
    URGENT_CHANCES,
    URGENT_TOPICS,
    example_metadata,
    examples_matrix,
    load_arrays,
    rows_of,
    save_arrays,
    vectors_of,
)
from bot.nlu.experts import TwoExperts
from bot.nlu.sentence_encoder import second_look


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent):
    """Two experts over all locales at once; see `bot.nlu.experts`. Their classes are the topics, and apart from them the urgent
    messages of topics that are not always urgent ("needs_medical_care:life")."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Weights and strengths of the experts, see `TwoExperts.train`. `sure`: below this chance of the likeliest class, the universal
        encoder is asked too where it knows the language. That is so for a tenth of the development texts, and of use to no more."""
        return {"vector_weight": 0.5, "letter_weight": 5.0, "letter_strength": 1.0, "sure": 0.9}

    def __init__(
        self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, experts: Optional[TwoExperts] = None
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource, self._experts = model_storage, resource, experts
        if experts:
            self._topics, self._fold, self._urgent = _groups(experts.labels)

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> TopicClassifier:
        """An untrained classifier."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TopicClassifier:
        """The trained classifier."""
        return cls(config, model_storage, resource, TwoExperts.from_arrays(load_arrays(model_storage, resource)))

    def train(self, training_data: TrainingData) -> Resource:
        """Fits both experts on the examples of all topics."""
        examples = training_data.intent_examples
        settings = {name: self._config[name] for name in self.get_default_config() if name != "sure"}
        self._experts = TwoExperts.train(
            examples_matrix(examples), np.concatenate([vectors_of(e) for e in examples]), [_label(e) for e in examples], **settings
        )
        save_arrays(self._storage, self._resource, self._experts.to_arrays())
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets intent and intent ranking as Rasa's own classifiers do, and `URGENT_CHANCES`."""
        assert self._experts is not None
        for message in messages:
            opinions = [self._experts.probabilities(row, vector) for row, vector in zip(rows_of(message), vectors_of(message), strict=True)]
            if opinions[0].max() < self._config["sure"] and (vector := second_look(message)) is not None:
                opinions[0] = self._experts.probabilities(rows_of(message)[0], vector)
            chances = self._fold @ opinions[0]
            ranking = [{"name": self._topics[i], "confidence": float(chances[i])} for i in chances.argsort()[::-1][:10]]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            urgent = [{kind: float(opinion[column]) for kind, column in self._urgent.items()} for opinion in opinions]
            message.set(URGENT_CHANCES, urgent)
        return messages


def _label(example: Message) -> str:
    """The class of a training example: its topic, with the kind of urgency where its metadata name one."""
    urgency = example_metadata(example).get("urgency")
    return f"{example.get(INTENT)}:{urgency}" if urgency else str(example.get(INTENT))


def _groups(labels: List[str]) -> Tuple[List[str], Floats, Dict[str, int]]:
    """The topics behind the classes; the matrix that adds up the classes of a topic; the class of each kind of urgency."""
    topics = sorted({label.partition(":")[0] for label in labels})
    adding = np.array([[float(label.partition(":")[0] == topic) for label in labels] for topic in topics], dtype=np.float32)
    urgent = {URGENT_TOPICS.get(label) or label.partition(":")[2]: column for column, label in enumerate(labels)}
    return topics, adding, {kind: column for kind, column in urgent.items() if kind}
