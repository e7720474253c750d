"""Urgency is heard in the whole message and in each clause; the most alarmed wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.nlu.components import CRY, DANGER, LIFE, SELF_HARM
from bot.nlu.urgency_classifier import UrgencyClassifier

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine


def _chances(danger: float = 0.0, self_harm: float = 0.0, life: float = 0.0, cry: float = 0.0) -> dict[str, float]:
    return {DANGER: danger, SELF_HARM: self_harm, LIFE: life, CRY: cry}


@pytest.mark.parametrize(
    ("opinions", "kind", "certain"),
    [
        ([_chances()], None, False),
        ([_chances(danger=0.44)], None, False),
        ([_chances(danger=0.45)], DANGER, False),
        ([_chances(danger=0.59)], DANGER, False),
        ([_chances(danger=0.6)], DANGER, True),
        ([_chances(self_harm=0.9)], SELF_HARM, True),
        ([_chances(life=0.9)], LIFE, True),
        # several kinds together are grave, though none is by itself; the likeliest is named
        ([_chances(danger=0.25, self_harm=0.3, life=0.1)], SELF_HARM, True),
        ([_chances(danger=0.25, life=0.22)], DANGER, False),
        # a clause needs more than the whole
        ([_chances(), _chances(danger=0.89)], None, False),
        ([_chances(), _chances(danger=0.91)], DANGER, False),
        ([_chances(), _chances(danger=0.96)], DANGER, True),
        ([_chances(danger=0.5), _chances(danger=0.6)], DANGER, False),
        ([_chances(self_harm=0.46), _chances(), _chances(danger=0.96)], DANGER, True),
        # a cry is bare: the whole message, and sure
        ([_chances(cry=0.6)], CRY, True),
        ([_chances(cry=0.59)], None, False),
        ([_chances(), _chances(cry=0.99)], None, False),
        ([_chances(cry=0.99, danger=0.5)], DANGER, False),
    ],
)
def test_chances_are_weighed(opinions: list[dict[str, float]], kind: str | None, certain: bool) -> None:
    judged = UrgencyClassifier({}).judge(opinions)
    assert (judged["kind"], judged["certain"]) == (kind, certain)
    assert 0.0 <= judged["chance"] <= 1.0


def test_it_says_whether_only_a_clause_was_alarmed() -> None:
    assert UrgencyClassifier({}).judge([_chances(), _chances(danger=0.95)])["clause"] is True
    assert UrgencyClassifier({}).judge([_chances(danger=0.9), _chances(danger=0.95)])["clause"] is False


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("he has a gun and he is at the door", DANGER),
        ("tiene un cuchillo y está en la puerta", DANGER),
        ("il a un couteau il est devant la porte", DANGER),
        ("معه سكين وهو عند الباب", DANGER),
        ("i want to die", SELF_HARM),
        ("quiero morirme", SELF_HARM),
        ("je veux mourir", SELF_HARM),
        ("أريد أن أموت", SELF_HARM),
        ("she took all the pills and she is not breathing", LIFE),
        ("help me", CRY),
        ("ayúdame", CRY),
        ("au secours", CRY),
    ],
)
def test_plain_urgent_texts_are_heard_as_what_they_are(text: str, kind: str, engine: Engine) -> None:
    assert engine.understand(text).urgency == kind


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "my boss has not paid me for 3 months",
        "cuánto cuesta esto",
        "merci beaucoup",
        "أريد محاميا",
        "what does the law say about threats?",
        "my phone died lol",
    ],
)
def test_harmless_texts_are_not_heard_as_urgent(text: str, engine: Engine) -> None:
    assert engine.understand(text).urgency is None


def test_danger_is_heard_inside_a_long_harmless_message(engine: Engine) -> None:
    story = (
        "I came here two years ago to work in a hotel. The contract said eight hours. The food is fine and my room is small but clean. "
        "My family is well and I send them money when I can. Now he is at my door with a knife and he is going to kill me. "
        "The hotel has forty rooms and I clean them all. In winter there are few guests. I like the garden."
    )
    assert engine.understand(story).urgency == DANGER
    assert engine.understand(story.replace("Now he is at my door with a knife and he is going to kill me. ", "")).urgency is None
