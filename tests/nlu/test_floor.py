"""A floor under the understanding, on the texts that were looked at while it was built. It guards against what breaks it; how good
it really is, on texts that nobody looked at, stands in the README and comes from `helpline evaluate tests/nlu/heldout`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.evaluation import evaluate
from bot.locales import all_locales
from bot.paths import ROOT

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

LOCALES = list(all_locales())
DEVELOPMENT = ROOT / "tests" / "nlu" / "development"


@pytest.fixture(scope="module")
def figures(engine: Engine) -> dict[str, dict[str, Any]]:
    """What `helpline evaluate` says of the development texts."""
    return evaluate(sorted(DEVELOPMENT.rglob("*.yml")), engine.understand)


def test_every_locale_is_judged(figures: dict[str, dict[str, Any]]) -> None:
    assert set(figures) == set(LOCALES)
    assert all(score["n"] >= 300 for score in figures.values())


@pytest.mark.parametrize("locale", LOCALES)
def test_topics_are_told_apart(locale: str, figures: dict[str, dict[str, Any]]) -> None:
    assert figures[locale]["macro_f1"] >= 0.88
    assert figures[locale]["within_one"] >= 0.91
    assert min(score["f1"] for score in figures[locale]["intents"].values()) >= 0.4, "no topic is lost"


@pytest.mark.parametrize("locale", LOCALES)
def test_urgent_texts_get_an_urgent_reply(locale: str, figures: dict[str, dict[str, Any]]) -> None:
    urgent = figures[locale]["urgent"]
    heard = sum(urgent[kind]["as_urgent"] * urgent[kind]["n"] for kind in ("danger_now", "self_harm"))
    assert heard / sum(urgent[kind]["n"] for kind in ("danger_now", "self_harm")) >= 0.87


@pytest.mark.parametrize("locale", LOCALES)
def test_harmless_texts_rarely_raise_an_alarm(locale: str, figures: dict[str, dict[str, Any]]) -> None:
    assert figures[locale]["urgent"]["false_alarms"]["rate"] <= 0.25


@pytest.mark.parametrize("locale", LOCALES)
def test_the_language_of_a_text_is_known(locale: str, figures: dict[str, dict[str, Any]]) -> None:
    # Filipinos mix so much English in that some texts have hardly a word of their own.
    assert figures[locale]["locale_accuracy_long"] >= (0.88 if locale == "fil" else 0.95)
