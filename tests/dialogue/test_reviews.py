"""The sentences on which safety hangs: which they are, and when a human's review of them counts."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from bot import checks
from bot.checks import check
from bot.dialogue import reviews as module
from bot.dialogue.reviews import Review, mark_of, reviews, safety_groups, safety_sentences, sheet
from bot.errors import DataError
from bot.knowledge.answers import answers
from bot.knowledge.files import read_yaml
from bot.locales import DEFAULT, all_locales

from .test_wording import responses, sentences

LOCALES = [code for code in all_locales() if code != DEFAULT]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_safety_sentence_is_translated_and_stands_on_the_sheet(locale: str) -> None:
    sentences = safety_sentences(locale)
    printed = "\n".join(sheet(locale))
    for sentence in sentences:
        assert sentence.translation, sentence
        assert sentence.english in printed and sentence.translation in printed
    assert mark_of(sentences) in printed


def test_danger_self_harm_life_minors_and_consent_are_among_them_in_every_country() -> None:
    found = safety_sentences("es")
    contexts = {sentence.context for sentence in found}
    assert {"utter_danger", "utter_self_harm", "utter_life", "utter_cry", "utter_soft_danger", "utter_last_wall"} <= contexts
    assert {"utter_who_sees_this", "utter_introduction", "utter_person"} <= contexts
    asked = {sentence.english for sentence in found if sentence.group == "handoff"}
    for words in ("A person can write with you", "have to report harm to a child", "Is it safe to text you", "all of it is erased here"):
        assert any(words in english for english in asked), words
    minors = {f"{answer.id}:{answer.version}" for answer in answers().values() if answer.topic == "minor_at_risk"}
    assert len(minors) > 5 and minors <= contexts
    assert {sentence.group for sentence in found} == set(read_yaml(module.SAFETY))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("self-harm", r"\{crisis|hurting yourself|took or did|taken or done"),
        ("life at stake", r"\{ambulance\}|life at risk|overdose"),
        ("minors", r"young person|young people (in \w+ )?can|child is missing|harm to a child"),
        ("who is told", r"secrecy|must report|(may have to|will) report|have to be reported|will call authorities|who sees"),
        ("danger", r"in danger (right )?now|in danger call"),
    ],
)
def test_a_sentence_that_says_such_a_thing_is_on_the_list(what: str, words: str) -> None:
    """Danger in what the bot itself says: answers name the emergency number in many places, always in the same words."""
    on_list = {(sentence.context, sentence.english) for sentence in safety_sentences("es")}
    said = [(context, text) for context, text in sentences() if re.search(words, text, re.IGNORECASE)]
    if what == "danger":
        said = [pair for pair in said if pair[0] in responses()]
    assert said
    assert [pair for pair in said if pair not in on_list] == []


def test_every_name_of_the_list_finds_something() -> None:
    contexts = {sentence.context for sentence in safety_sentences("es")}
    topics = {answer.topic for answer in answers().values()}
    for name in (name for names in read_yaml(module.SAFETY).values() for name in names):
        if name.startswith("utter_"):
            assert any(context.startswith(name.rstrip("*")) for context in contexts & set(responses())), name
        elif name.startswith("handoff"):
            assert name in contexts, name
        elif name.endswith(":*"):
            assert any(context.startswith(name.rstrip("*")) for context in contexts), name
        else:
            assert name in topics


def test_a_review_counts_until_a_sentence_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def state_of(locale: str) -> tuple[bool, str]:
        found = [finding for finding in check({}, datetime.date(2026, 12, 1)) if finding.what.startswith(f"Review of {locale}")]
        return found[0].good, found[0].what

    assert state_of("es")[0] is False and "no human has reviewed" in state_of("es")[1]
    sentences = safety_sentences("es")
    entered = {"es": Review("A. B.", datetime.date(2027, 1, 31), mark_of(sentences))}
    monkeypatch.setattr(checks, "reviews", lambda: entered)
    assert state_of("es")[0] is True and "by A. B. on 2027-01-31" in state_of("es")[1]
    changed = [sentences[0].__class__(*(sentences[0].group, sentences[0].context, sentences[0].english, "otra cosa")), *sentences[1:]]
    monkeypatch.setattr(checks, "safety_sentences", lambda locale: changed)
    assert state_of("es")[0] is False and "have changed since 2027-01-31" in state_of("es")[1]


def test_what_the_sheet_says_to_write_is_read(tmp_path: Path) -> None:
    entry = list(sheet("es"))[-1].partition("\n")[2]
    path = tmp_path / "reviewed.yml"
    path.write_text(entry, encoding="utf-8")
    assert reviews(path)["es"] == Review("NAME", datetime.date.today(), mark_of(safety_sentences("es")))


@pytest.mark.parametrize(
    "content",
    [
        "\nes: {by: A, mark: ab}",
        "\nes: {by: A, date: soon, mark: ab}",
        "\nes: {date: 2027-01-31, mark: ab}",
        "\nes: {by: A, date: 2027-01-31}",
        "\nes: {by: A, date: 2027-01-31, mark: 012345670123}",
        "\nes: {by: A, date: 2027-01-31, mark: ab, office: B}",
        "\nzz: {by: A, date: 2027-01-31, mark: ab}",
    ],
)
def test_a_broken_entry_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "reviewed.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"^reviewed\.yml line 2: the review of .. has .+\. Compare it with the file's head\.$"):
        reviews(path)


@pytest.mark.parametrize("content", ("es: A. B.", "- es", "es"))
def test_what_is_no_list_of_reviews_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "reviewed.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"^reviewed\.yml.* Compare it with the file's head\.$"):
        reviews(path)


@pytest.mark.parametrize("content", ("", "danger: utter_danger", "danger: [5]", "- utter_danger"))
def test_a_broken_list_of_safety_sentences_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "safety.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"^safety\.yml.* is not a list of names for each group\. Restore it"):
        safety_groups(path)


def test_no_review_yet_is_no_error() -> None:
    assert reviews() == {}
