"""What the topics' classifier makes of its experts' opinions, and when it takes a second look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.arrays import Floats
from bot.nlu.components import LOCALE, ROWS, URGENT_CHANCES, VECTORS, Derived
from bot.nlu.encoder import encode
from bot.nlu.experts import LetterFeatures
from bot.nlu.sentence_encoder import SentenceEncoder
from bot.nlu.student import WIDTH
from bot.nlu.topic_classifier import TopicClassifier

LABELS = ["danger_now", "needs_medical_care", "needs_medical_care:life", "rights_pay", "self_harm", "what_can_you_do:cry"]
TEXTS = ["my boss has not paid me. he is at the door", "el jefe no me paga", "hindi nya ako binayaran", "khad el passport beta3i"]


class Experts:
    """Opinions that are written down beforehand, and the vectors that they were asked about."""

    labels = LABELS

    def __init__(self, *opinions: list[float]) -> None:
        self._opinions = iter(opinions)
        self.asked: list[Floats] = []

    def probabilities(self, row: Any, vector: Floats) -> Floats:
        """The next opinion."""
        self.asked.append(vector)
        return np.array(next(self._opinions), dtype=np.float32)


def _message(text: str, locale: str, parts: int = 1) -> Message:
    letters, _ = LetterFeatures.fit(TEXTS)
    message = Message({TEXT: text, LOCALE: locale, ROWS: Derived([letters.row(text)] * parts)})
    return SentenceEncoder().process([message])[0]


def _classified(experts: Experts, message: Message) -> Message:
    return TopicClassifier({}, None, None, experts).process([message])[0]  # type: ignore[arg-type]


SURE, DOUBTFUL, AGAIN = [0.02, 0, 0, 0.95, 0.03, 0], [0.3, 0, 0, 0.5, 0.2, 0], [0.8, 0, 0, 0.1, 0.1, 0]


def test_the_classes_of_a_topic_are_added_up_and_the_urgent_ones_told_apart() -> None:
    message = _classified(Experts([0.1, 0.2, 0.4, 0.2, 0.05, 0.05]), _message("hindi nya ako binayaran", "fil"))
    assert [entry["name"] for entry in message.get("intent_ranking")][:2] == ["needs_medical_care", "rights_pay"]
    assert message.get("intent_ranking")[0]["confidence"] == pytest.approx(0.6)
    chances = {"danger": 0.1, "life": 0.4, "self_harm": 0.05, "cry": 0.05}
    assert message.get(URGENT_CHANCES) == [pytest.approx(chances)]


@pytest.mark.parametrize(("text", "locale"), [(TEXTS[0], "en"), (TEXTS[1], "es")])
def test_a_doubtful_text_is_looked_at_again_by_the_universal_encoder(text: str, locale: str) -> None:
    experts, message = Experts(DOUBTFUL, AGAIN), _message(text, locale)
    first = message.get(VECTORS).value[0]
    assert _classified(experts, message).get("intent")["name"] == "danger_now"
    assert len(experts.asked) == 2
    assert np.array_equal(experts.asked[0], first)
    assert np.allclose(experts.asked[1][:WIDTH], encode([text])[0])
    assert np.array_equal(experts.asked[1][WIDTH:], first[WIDTH:])


@pytest.mark.parametrize(
    ("text", "locale", "opinion"), [(TEXTS[0], "en", SURE), (TEXTS[2], "fil", DOUBTFUL), (TEXTS[3], "ar", DOUBTFUL), (TEXTS[1], "es", SURE)]
)
def test_what_is_sure_or_nothing_for_that_encoder_is_not_looked_at_again(text: str, locale: str, opinion: list[float]) -> None:
    experts = Experts(opinion)
    assert _classified(experts, _message(text, locale)).get("intent")["name"] == "rights_pay"
    assert len(experts.asked) == 1


def test_clauses_are_looked_at_once() -> None:
    experts = Experts(DOUBTFUL, DOUBTFUL, DOUBTFUL, AGAIN)
    message = _classified(experts, _message(TEXTS[0], "en", parts=3))
    assert [round(chances["danger"], 2) for chances in message.get(URGENT_CHANCES)] == [0.8, 0.3, 0.3]
