"""Rasa component: puts the sentence vectors on a message, of the whole and of its clauses."""

from __future__ import annotations

from typing import Any, Dict, List

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.components import LOCALE, VECTORS, Derived, example_metadata, rows_of, text_of
from bot.nlu.encoder import encode, is_for_student
from bot.nlu.parallel import shared_out
from bot.nlu.student import student


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(GraphComponent):
    """Encodes each message once for all components behind it: by the universal encoder or by the student, as its locale needs."""

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> SentenceEncoder:
        """Loads both encoders, so that the first message does not wait for them."""
        encode([""])
        student()
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `VECTORS`: the whole text first, then its clauses where it has several. Those go to the student in any case: a long text
        has many, and the universal encoder takes a millisecond for each."""
        for message in messages:
            text, (whole, *clauses) = text_of(message), [columns for columns, _ in rows_of(message)]
            first = student().vector(whole) if is_for_student(text, message.get(LOCALE)) else encode([text])[0]
            message.set(VECTORS, Derived(np.stack([first, *(student().vector(columns) for columns in clauses)])))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Sets `VECTORS` of every example, whole texts only."""
        universal = []
        for example in training_data.training_examples:
            if is_for_student(text_of(example), example_metadata(example).get("locale")):
                example.set(VECTORS, Derived(student().vector(rows_of(example)[0][0])[None, :]))
            else:
                universal.append(example)
        for example, vector in zip(universal, shared_out(encode, [text_of(example) for example in universal]), strict=True):
            example.set(VECTORS, Derived(vector[None, :]))
        return training_data
