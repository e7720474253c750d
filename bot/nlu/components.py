"""What the components share: their storage and what they read of Rasa's messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List

import numpy as np
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from scipy.sparse import csr_matrix

from bot.nlu.arrays import Floats
from bot.nlu.experts import Row, matrix

VECTORS = "clause_vectors"  # of a message: for the whole text, then each clause, what the encoders say; shape (1 + clauses, numbers)
ROWS = "letter_rows"  # of a message: the letter features in the same order
URGENT_CHANCES = "urgent_chances"  # of a message: for the whole and each clause, {kind of urgency: probability}
ANSWERS_COUNTRY = "answers_country"  # of a message: it only names a place, or names one where the country was asked for
LOCALE = "locale"
DETECTED = "detected_locale"  # of a message: what `LocaleDetector` found, see `bot.nlu.locale_detector.Detected`
URGENCY = "urgency"
UNDERSTANDING = "understanding"

# Kinds of urgency. A topic that is urgent by itself has one; two other topics are urgent in some messages only, which the
# training data say by `urgency:` in the metadata of an intent's block.
DANGER, SELF_HARM, LIFE, CRY = "danger", "self_harm", "life", "cry"
KINDS = (DANGER, SELF_HARM, LIFE, CRY)
URGENT_TOPICS = {"danger_now": DANGER, "self_harm": SELF_HARM}


@dataclass(frozen=True)
class Derived:
    """Something worked out from a message's text.

    While training, Rasa fingerprints every message after every component, with all that hangs on it. What follows from the text
    adds nothing to its fingerprint, but took a minute to hash.
    """

    value: Any

    def fingerprint(self) -> str:
        """The same for all: the text beside it tells messages apart."""
        return "derived"


def text_of(message: Message) -> str:
    """The message's text, empty where it has none."""
    return message.get(TEXT) or ""


def example_metadata(message: Message) -> dict[str, Any]:
    """The metadata under the intent of a training example (`metadata:` in the NLU files)."""
    return (message.get("metadata") or {}).get("intent") or {}


def vectors_of(message: Message) -> Floats:
    """What `SentenceEncoder` put on the message."""
    return message.get(VECTORS).value


def rows_of(message: Message) -> List[Row]:
    """What `LetterFeaturizer` put on the message."""
    return message.get(ROWS).value


def save_arrays(storage: ModelStorage, resource: Resource, arrays: dict[str, Any]) -> None:
    """Keeps plain arrays in the model; no pickle."""
    with storage.write_to(resource) as folder:
        np.savez_compressed(folder / "arrays.npz", **arrays)


def load_arrays(storage: ModelStorage, resource: Resource) -> dict[str, Any]:
    """What `save_arrays` kept."""
    with storage.read_from(resource) as folder, np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def examples_matrix(examples: List[Message]) -> csr_matrix:
    """The letter features of training examples, shape (examples, COLUMNS)."""
    return matrix([rows_of(example)[0] for example in examples])
