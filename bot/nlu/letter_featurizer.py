"""Rasa component: puts the letter features on a message, of the whole and of its clauses; all classifiers share them."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.components import ROWS, Derived, load_arrays, save_arrays, text_of
from bot.nlu.experts import LetterFeatures
from bot.nlu.text import clauses


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LetterFeaturizer(GraphComponent):
    """Learns how common letter pieces are, and finds them in each message."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, letters: Optional[LetterFeatures] = None) -> None:
        self._storage, self._resource, self._letters = model_storage, resource, letters

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> LetterFeaturizer:
        """An untrained featurizer."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LetterFeaturizer:
        """The trained featurizer."""
        return cls(model_storage, resource, LetterFeatures(load_arrays(model_storage, resource)["weights"]))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns the pieces of all examples, and sets their `ROWS` at once: to find the pieces takes far longer than to weigh them."""
        examples = training_data.intent_examples
        self._letters, rows = LetterFeatures.fit([text_of(example) for example in examples])
        for example, row in zip(examples, rows, strict=True):
            example.set(ROWS, Derived([row]))
        save_arrays(self._storage, self._resource, {"weights": self._letters.weights})
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `ROWS`: the whole text first, then its clauses where it has several."""
        assert self._letters is not None
        for message in messages:
            text = text_of(message)
            parts = clauses(text)
            message.set(ROWS, Derived([self._letters.row(part) for part in ([text, *parts] if len(parts) > 1 else [text])]))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Sets `ROWS`, whole texts only, of the examples that `train` did not learn from."""
        assert self._letters is not None
        for example in training_data.training_examples:
            if example.get(ROWS) is None:
                example.set(ROWS, Derived([self._letters.row(text_of(example))]))
        return training_data
