"""Rasa component: what a message is about, as probabilities of the topics."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import numpy as np

from bot.nlu.components import examples_matrix, load_arrays, rows_of, save_arrays, vectors_of
from bot.nlu.experts import TwoExperts


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent):
    """Two experts over all locales at once; see `bot.nlu.experts`."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Weights and strengths of the experts, see `TwoExperts.train`."""
        return {"vector_weight": 0.5, "letter_weight": 5.0, "vector_strength": 10.0, "letter_strength": 1.0}

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, experts: Optional[TwoExperts] = None) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource, self._experts = model_storage, resource, experts

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
        settings = {name: self._config[name] for name in self.get_default_config()}
        self._experts = TwoExperts.train(
            examples_matrix(examples), np.concatenate([vectors_of(e) for e in examples]), [e.get(INTENT) for e in examples], **settings
        )
        save_arrays(self._storage, self._resource, self._experts.to_arrays())
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets intent and intent ranking as Rasa's own classifiers do."""
        assert self._experts is not None
        for message in messages:
            chances = self._experts.probabilities(rows_of(message)[0], vectors_of(message)[0])
            best = chances.argsort()[::-1][:10]
            ranking = [{"name": self._experts.labels[i], "confidence": float(chances[i])} for i in best]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages
