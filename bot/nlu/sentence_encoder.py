"""Rasa component: puts the sentence vectors on a message, of the whole and of its clauses."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.arrays import Floats
from bot.nlu.components import LOCALE, VECTORS, Derived, example_metadata, rows_of, text_of
from bot.nlu.encoder import encode, is_for_student
from bot.nlu.parallel import shared_out
from bot.nlu.student import student

# The share of the student's impression beside the sentence vector, in every language: what an encoder makes of slang and misspellings
# the letters may set right. By vectors alone the macro-F1 was 0.82 without it, 0.84 with it (development texts).
_IMPRESSION = np.float32(0.6)
# Of the examples that the universal encoder can read, one in so many is shown by its vector, the others by the student's: the two mean
# the same, and what learns from them has to know both.
_SHOWN_BY_UNIVERSAL = 2


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(GraphComponent):
    """Encodes each message once for all components behind it, by the student, whatever its language."""

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> SentenceEncoder:
        """Loads both encoders, so that the first message does not wait for them."""
        encode([""])
        student()
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `VECTORS`: the whole text first, then its clauses where it has several."""
        for message in messages:
            impressions = [student().impression(columns) for columns, _ in rows_of(message)]
            message.set(VECTORS, Derived(np.stack([_joined(student().vector(one), one) for one in impressions])))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Sets `VECTORS` of every example, whole texts only: half of those that the universal encoder can read by it, all others by the
        student."""
        readable = 0
        universal = []
        for example in training_data.training_examples:
            impression = student().impression(rows_of(example)[0][0])
            if not is_for_student(text_of(example), example_metadata(example).get("locale")):
                readable += 1
                if readable % _SHOWN_BY_UNIVERSAL == 0:
                    universal.append((example, impression))
                    continue
            example.set(VECTORS, Derived(_joined(student().vector(impression), impression)[None, :]))
        vectors = shared_out(encode, [text_of(example) for example, _ in universal])
        for (example, impression), vector in zip(universal, vectors, strict=True):
            example.set(VECTORS, Derived(_joined(vector, impression)[None, :]))
        return training_data


def second_look(message: Message) -> Optional[Floats]:
    """The vector of a whole message by the universal encoder, for one of which the student is not sure: a millisecond or more.

    Returns:
        Shape as a row of `VECTORS`; None where only the student can read the message.
    """
    if is_for_student(text_of(message), message.get(LOCALE)):
        return None
    vector = encode([text_of(message)])[0]
    return _joined(vector, student().impression(rows_of(message)[0][0]))


def _joined(vector: Floats, impression: Floats) -> Floats:
    return np.concatenate([vector, _IMPRESSION * impression])
