"""Rasa component: whether somebody is in danger, wants to die, or life is at stake; apart from the topic and beside it."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.components import URGENCY, example_metadata, examples_matrix, load_arrays, rows_of, save_arrays, vectors_of
from bot.nlu.experts import TwoExperts

DANGER, SELF_HARM, LIFE, CRY, NONE = "danger", "self_harm", "life", "cry", "none"
KINDS = (DANGER, SELF_HARM, LIFE, CRY)
_BY_TOPIC = {"danger_now": DANGER, "self_harm": SELF_HARM}


def urgency_of_example(message: Message) -> str:
    """The kind of urgency of a training example: its metadata's, else its topic's."""
    return str(example_metadata(message).get("urgency") or _BY_TOPIC.get(message.get(INTENT), NONE))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class UrgencyClassifier(GraphComponent):
    """Two experts over five classes, asked about the whole message and about each of its clauses; the most alarmed wins."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`certain`: from this probability on the reply is the plain urgent one. `possible`: from this on the same numbers
        come, worded softly. `clause`: what a clause needs above `certain` or `possible` to be heard inside a longer text."""
        return {"vector_weight": 0.7, "letter_weight": 3.0, "certain": 0.5, "possible": 0.25, "clause": 0.15, "weight": 4.0}

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, experts: Optional[TwoExperts] = None) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource, self._experts = model_storage, resource, experts

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> UrgencyClassifier:
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
    ) -> UrgencyClassifier:
        """The trained classifier."""
        return cls(config, model_storage, resource, TwoExperts.from_arrays(load_arrays(model_storage, resource)))

    def train(self, training_data: TrainingData) -> Resource:
        """Fits both experts; urgent examples weigh more, because a miss costs more than a false alarm."""
        examples = training_data.intent_examples
        self._experts = TwoExperts.train(
            examples_matrix(examples),
            np.concatenate([vectors_of(e) for e in examples]),
            [urgency_of_example(e) for e in examples],
            vector_weight=self._config["vector_weight"],
            letter_weight=self._config["letter_weight"],
            weight={kind: self._config["weight"] for kind in KINDS},
        )
        save_arrays(self._storage, self._resource, self._experts.to_arrays())
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `URGENCY`: {"kind": one of `KINDS` or None, "certain": bool, "chances": {kind: probability}}."""
        for message in messages:
            message.set(URGENCY, self._judge(message), add_to_output=True)
        return messages

    def _judge(self, message: Message) -> Dict[str, Any]:
        assert self._experts is not None
        opinions = [self._experts.probabilities(row, vector) for row, vector in zip(rows_of(message), vectors_of(message))]
        chances = {kind: 0.0 for kind in KINDS}
        for number, opinion in enumerate(opinions):
            handicap = self._config["clause"] if number else 0.0
            for kind in KINDS:
                # A bare cry is bare: inside a longer text it is not one.
                if kind == CRY and number:
                    continue
                chances[kind] = max(chances[kind], float(opinion[self._experts.labels.index(kind)]) - handicap)
        urgent = sum(chances[kind] for kind in (DANGER, SELF_HARM, LIFE))
        kind = max((DANGER, SELF_HARM, LIFE), key=chances.__getitem__) if urgent >= self._config["possible"] else None
        if kind is None and chances[CRY] >= self._config["certain"]:
            return {"kind": CRY, "certain": True, "chances": chances}
        return {"kind": kind, "certain": bool(kind) and urgent >= self._config["certain"], "chances": chances}
