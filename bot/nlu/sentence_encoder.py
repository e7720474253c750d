"""Rasa component: puts the sentence vectors on a message, of the whole and of its clauses."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.components import VECTORS, Derived, text_of
from bot.nlu.encoder import encode
from bot.nlu.text import clauses


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(GraphComponent):
    """Encodes each message once for all components behind it."""

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> SentenceEncoder:
        """Loads the encoder, so that the first message does not wait for it."""
        encode([""])
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `VECTORS`: the whole text first, then its clauses where it has several."""
        for message in messages:
            text = text_of(message)
            parts = clauses(text)
            message.set(VECTORS, Derived(encode([text, *parts] if len(parts) > 1 else [text])))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Sets `VECTORS` of every example, whole texts only, in one batch."""
        examples = training_data.training_examples
        for example, vector in zip(examples, encode([text_of(example) for example in examples]), strict=True):
            example.set(VECTORS, Derived(vector[None, :]))
        return training_data
