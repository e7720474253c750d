"""The training data: every topic in every locale, each text once, and none of the texts that the model is judged on."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.evaluation import NOT_URGENT, read_labelled
from bot.locales import all_locales
from bot.nlu.components import KINDS
from bot.nlu.text import fold
from bot.paths import DATA, ROOT
from tests.domain import TOPICS

LOCALES = list(all_locales())
SETS = ["development", "heldout"]
FEWEST = 20  # texts of a topic in a locale


@cache
def blocks(locale: str) -> list[tuple[Path, dict[str, Any]]]:
    """The blocks of a locale's training files."""
    found = []
    for path in sorted((DATA / "nlu" / locale).glob("*.yml")):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        found += [(path, block) for block in content["nlu"]]
    return found


def examples(block: dict[str, Any]) -> list[str]:
    """The texts of a block."""
    return [line.removeprefix("- ").strip() for line in block["examples"].splitlines() if line.strip()]


@cache
def texts(locale: str) -> list[tuple[str, str]]:
    """A locale's training texts, folded, each with its topic."""
    return [(fold(text), block["intent"]) for _, block in blocks(locale) for text in examples(block)]


def test_there_is_a_folder_for_every_locale_of_the_list_and_for_no_other() -> None:
    assert {path.name for path in (DATA / "nlu").iterdir()} == set(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_block_says_its_locale_and_nothing_unknown(locale: str) -> None:
    for path, block in blocks(locale):
        assert set(block) == {"intent", "metadata", "examples"}, path
        assert block["metadata"]["locale"] == locale, path
        assert set(block["metadata"]) <= {"locale", "urgency"}, path
        assert block["metadata"].get("urgency") in (None, *KINDS), path
        assert all(line.startswith("- ") for line in block["examples"].splitlines() if line.strip()), path


@pytest.mark.parametrize("locale", LOCALES)
def test_every_topic_has_enough_texts(locale: str) -> None:
    counts = Counter(topic for _, topic in texts(locale))
    assert set(counts) == set(TOPICS)
    assert len(TOPICS) == 45
    assert {topic: count for topic, count in counts.items() if count < FEWEST} == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_only_topics_that_are_urgent_at_times_have_urgent_blocks(locale: str) -> None:
    urgent = Counter(
        (block["intent"], block["metadata"]["urgency"])
        for _, block in blocks(locale)
        if "urgency" in block["metadata"]
        for _ in examples(block)
    )
    assert set(urgent) == {("needs_medical_care", "life"), ("what_can_you_do", "cry")}
    assert min(urgent.values()) >= 10


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_stands_twice(locale: str) -> None:
    written = Counter(text for _, block in blocks(locale) for text in examples(block))
    assert [text for text, count in written.items() if count > 1] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_has_two_topics(locale: str) -> None:
    """Not even spelt another way."""
    topics: dict[str, set[str]] = {}
    for text, topic in texts(locale):
        topics.setdefault(text, set()).add(topic)
    assert {text: sorted(found) for text, found in topics.items() if len(found) > 1} == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_is_empty_or_begins_like_a_command(locale: str) -> None:
    assert [text for text, _ in texts(locale) if not text.strip() or text.startswith("/")] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_texts_name_no_real_number_or_address(locale: str) -> None:
    telling = re.compile(r"\+\d[\d\s-]{8,}\d|\S@\w+\.\w+|https?://")
    assert [text for text, _ in texts(locale) if telling.search(text)] == []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("judged", SETS)
def test_no_training_text_is_judged(judged: str, locale: str) -> None:
    """Folded: another spelling of the same text would flatter as much."""
    folder = ROOT / "tests" / "nlu" / judged
    trained = {text for text, _ in texts(locale)}
    files = [folder / f"{locale}.yml", folder / "not_urgent" / f"{locale}.yml"]
    seen = [labelled.text for path in files for labelled in read_labelled(path) if fold(labelled.text) in trained]
    assert seen == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_held_out_texts_are_others_than_those_of_development(locale: str) -> None:
    """But for a few phrases of two or three words that anybody would write."""
    development, heldout = (
        {fold(labelled.text) for path in (ROOT / "tests" / "nlu" / judged).rglob(f"{locale}.yml") for labelled in read_labelled(path)}
        for judged in SETS
    )
    assert len(development & heldout) <= 0.03 * len(heldout)
    assert [text for text in development & heldout if len(text.split()) > 4] == []


@pytest.mark.parametrize("judged", SETS)
@pytest.mark.parametrize("locale", LOCALES)
def test_every_topic_is_judged_in_every_locale(locale: str, judged: str) -> None:
    found = Counter(labelled.intent for labelled in read_labelled(ROOT / "tests" / "nlu" / judged / f"{locale}.yml"))
    assert set(found) == set(TOPICS)
    others = {labelled.intent for labelled in read_labelled(ROOT / "tests" / "nlu" / judged / "not_urgent" / f"{locale}.yml")}
    assert others == {NOT_URGENT}
