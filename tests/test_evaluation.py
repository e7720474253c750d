"""The figures of `helpline evaluate`, against a set small enough to count by hand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.conversation.messages import Understanding
from bot.errors import DataError
from bot.evaluation import Labelled, evaluate, is_long, locale_of_path, read_labelled, report, scores, table, urgency_heard


def understood(
    topic: str,
    *,
    locale: str = "en",
    second: str = "other",
    acted: bool = True,
    offered: Sequence[str] = (),
    urgency: str | None = None,
    also: str | None = None,
) -> Understanding:
    """What a model might make of a text."""
    return Understanding(
        locale, topic, ((topic, 0.6), (second, 0.3), ("third", 0.1)), 0.6, acted=acted, offered=tuple(offered), urgency=urgency, also=also
    )


# Text, right topic, what was understood. Below, what that makes.
BY_HAND = (
    ("they keep my passport", "papers", understood("papers")),
    ("my passport", "papers", understood("pay", second="papers")),
    ("my documents are gone", "papers", understood("pay", acted=False, offered=("pay", "papers"))),
    ("no wages this month", "pay", understood("pay")),
    ("my pay", "pay", understood("pay", acted=False, offered=("papers", "greet"))),
    ("hello there my friend", "greet", understood("thanks", locale="fr", second="bye")),
    ("he has a knife", "danger_now", understood("danger_now", urgency="danger")),
    ("he is outside now", "danger_now", understood("safety_plan", urgency="self_harm")),
    ("they come tonight", "danger_now", understood("safety_plan", urgency="life", acted=False, offered=("danger_now", "safety_plan"))),
    ("help", "danger_now", understood("danger_now", urgency="cry")),
    ("i want to die", "self_harm", understood("self_harm", urgency="self_harm")),
    ("no reason to live", "self_harm", understood("find_counselling", urgency="danger", also="self_harm")),
    ("my phone died", "not_urgent", understood("out_of_scope")),
    ("this job is killing me", "not_urgent", understood("danger_now", urgency="danger")),
    ("dead tired", "not_urgent", understood("greet", locale="es", urgency="cry")),
    ("to die for", "not_urgent", understood("self_harm", urgency="self_harm")),
)
FIGURES = {
    "n": 12,
    # F1: papers 2*1/(3+1)=.5, pay 2*2/(2+4)=.6667, greet 0, danger_now 2*2/(4+2)=.6667, self_harm 2*1/(2+1)=.6667
    "macro_f1": 0.5,
    "accuracy": 0.5,  # papers 1, pay 2, danger 2, self-harm 1 of 12
    "top2": 0.5833,  # and "my passport"
    "within_one": 0.5833,  # 5 acted on rightly ("my pay" is not), and 2 offered
    "abstained": 0.25,
    "locale_accuracy": 0.875,  # 14 of 16: those of not_urgent count
    "locale_accuracy_long": 0.9167,  # 11 of the 12 that have three words or more
    "intents": {
        "danger_now": {"n": 4, "precision": 1.0, "recall": 0.5, "f1": 0.6667},
        "greet": {"n": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0},
        "papers": {"n": 3, "precision": 1.0, "recall": 0.3333, "f1": 0.5},
        "pay": {"n": 2, "precision": 0.5, "recall": 1.0, "f1": 0.6667},
        "self_harm": {"n": 2, "precision": 1.0, "recall": 0.5, "f1": 0.6667},
    },
    "urgent": {
        "danger_now": {"n": 4, "recall": 0.25, "as_urgent": 0.5},
        "self_harm": {"n": 2, "recall": 0.5, "as_urgent": 1.0},
        "false_alarms": {"n": 4, "rate": 0.5},
    },
}
JUDGED = [(Labelled(text, intent, "en"), understanding) for text, intent, understanding in BY_HAND]


def test_the_figures_are_those_counted_by_hand() -> None:
    assert scores(JUDGED) == FIGURES


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "intents"])
def test_each_figure(name: str) -> None:
    assert scores(JUDGED)[name] == FIGURES[name]


def test_not_urgent_has_no_topic_and_counts_for_locale_and_false_alarms_only() -> None:
    only = scores([pair for pair in JUDGED if pair[0].intent == "not_urgent"])
    assert (only["n"], only["macro_f1"], only["accuracy"], only["intents"]) == (0, 0.0, 0.0, {})
    assert only["locale_accuracy"] == 0.75
    assert only["urgent"] == {
        "danger_now": {"n": 0, "recall": 0.0, "as_urgent": 0.0},
        "self_harm": {"n": 0, "recall": 0.0, "as_urgent": 0.0},
        "false_alarms": {"n": 4, "rate": 0.5},
    }
    assert "not_urgent" not in scores(JUDGED)["intents"]


def test_all_right_is_one_and_nothing_is_nought() -> None:
    perfect = scores([(Labelled("a b c", "pay", "en"), understood("pay"))])
    for name in ("macro_f1", "accuracy", "top2", "within_one", "locale_accuracy", "locale_accuracy_long"):
        assert perfect[name] == 1.0
    assert scores([])["n"] == 0


@pytest.mark.parametrize(
    ("urgency", "heard"), ((None, None), ("danger", "danger"), ("self_harm", "self_harm"), ("life", None), ("cry", None))
)
def test_an_urgent_reply_is_one_of_danger_or_self_harm(urgency: str | None, heard: str | None) -> None:
    assert urgency_heard(understood("x", urgency=urgency)) == heard


@pytest.mark.parametrize(
    ("text", "locale", "long"),
    (
        ("one two", "en", False),
        ("one two three", "en", True),
        ("  one \n two  ", "en", False),
        ("واحد اثنان ثلاثة", "ar", True),
        ("我的护照被", "zh_Hans", False),
        ("我的护照被拿", "zh_Hans", True),
        ("我的 护照 被", "zh_Hans", False),
        ("我的护照被拿走了", "en", False),
        ("", "en", False),
    ),
)
def test_what_counts_as_long(text: str, locale: str, long: bool) -> None:
    assert is_long(text, locale) == long


# Files


@pytest.mark.parametrize(
    ("path", "locale"),
    (
        ("en.yml", "en"),
        ("x/ar.yml", "ar"),
        ("fr/anything.yml", "fr"),
        ("a/es/nlu.yml", "es"),
        ("ar/en.yml", "en"),
        ("fr/not_urgent/es.yml", "es"),
    ),
)
def test_the_locale_stands_in_the_path(path: str, locale: str) -> None:
    assert locale_of_path(Path(path)) == locale


@pytest.mark.parametrize("path", ("nlu.yml", "english.yml", "de.yml", "en/x/y.yml", "EN.yml"))
def test_a_path_without_a_locale_is_told(path: str) -> None:
    with pytest.raises(DataError, match=r"does not say its locale\. Let its path end in"):
        locale_of_path(Path(path))


FILE = """
version: "3.1"
nlu:
- intent: pay
  examples: |
    - they do not pay me
    -   my boss in [London](place) pays [nobody]{"entity": "who", "role": "x"}
    - no [brackets] here - and a dash

- intent: papers
  metadata: {locale: en}
  examples:
  - text: |
      where is my passport
    metadata: {x: 1}
  - just a text
- synonym: London
  examples: |
    - londres
- lookup: places
  examples: |
    - Paris
- regex: postcode
  examples: |
    - [A-Z]{2}
"""


def test_every_form_that_rasa_reads_is_read(tmp_path: Path) -> None:
    (tmp_path / "en.yml").write_text(FILE, encoding="utf-8")
    assert read_labelled(tmp_path / "en.yml") == [
        Labelled("they do not pay me", "pay", "en"),
        Labelled("my boss in London pays nobody", "pay", "en"),
        Labelled("no [brackets] here - and a dash", "pay", "en"),
        Labelled("where is my passport", "papers", "en"),
        Labelled("just a text", "papers", "en"),
    ]


@pytest.mark.parametrize(
    "content",
    (
        b"",
        b"words",
        b"version: '3.1'",
        b"nlu:",
        b"nlu: 5",
        b"nlu: [words]",
        b"nlu: [null]",
        b"nlu:\n- intent: pay\n",
        b"nlu:\n- intent: pay\n  examples: 5\n",
        b"nlu:\n- intent: pay\n  examples: [5]\n",
        b"nlu:\n- intent: pay\n  examples: [{metadata: x}]\n",
        b"nlu: [",
        b"nlu:\n- intent: caf\xe9\n",
    ),
)
def test_a_file_of_another_form_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "en.yml").write_bytes(content)
    with pytest.raises(DataError, match=r"en\.yml .*\.$"):
        read_labelled(tmp_path / "en.yml")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"en\.yml cannot be read"):
        read_labelled(tmp_path / "en.yml")


def test_files_of_one_locale_are_judged_together_and_locales_apart(tmp_path: Path) -> None:
    for path, text in (("en.yml", "a b c"), ("en/more.yml", "d e f"), ("fr/x.yml", "g h i")):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(f"nlu:\n- intent: pay\n  examples: |\n    - {text}\n", encoding="utf-8")
    asked: list[str] = []

    def understand(text: str) -> Understanding:
        asked.append(text)
        return understood("pay")

    figures = evaluate([tmp_path / "fr/x.yml", tmp_path / "en.yml", tmp_path / "en/more.yml"], understand)
    assert list(figures) == ["en", "fr"]
    assert (figures["en"]["n"], figures["fr"]["n"]) == (2, 1)
    assert (figures["en"]["locale_accuracy"], figures["fr"]["locale_accuracy"]) == (1.0, 0.0)
    assert asked == ["g h i", "a b c", "d e f"]


# What is written

SHARE = {"type": "number", "minimum": 0, "maximum": 1}
COUNT = {"type": "integer", "minimum": 0}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


URGENT = _object(n=COUNT, recall=SHARE, as_urgent=SHARE)
# As the issue words it: {"<locale>": {"n", "macro_f1", ..., "intents": {...}, "urgent": {...}}}
SCHEMA = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": _object(
        n=COUNT,
        macro_f1=SHARE,
        accuracy=SHARE,
        top2=SHARE,
        within_one=SHARE,
        abstained=SHARE,
        locale_accuracy=SHARE,
        locale_accuracy_long=SHARE,
        intents={"type": "object", "additionalProperties": _object(n=COUNT, precision=SHARE, recall=SHARE, f1=SHARE)},
        urgent=_object(danger_now=URGENT, self_harm=URGENT, false_alarms=_object(n=COUNT, rate=SHARE)),
    ),
}


def test_the_json_has_the_form_that_was_agreed() -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps({"en": scores(JUDGED)})))


def test_the_table_has_a_row_for_each_locale_and_a_column_for_each_figure() -> None:
    rows = table({"en": scores(JUDGED), "zh_Hans": scores(JUDGED)}).splitlines()
    assert len(rows) == 3
    assert len({len(row) for row in rows}) == 1
    # n macro-F1 accuracy top2 within-one abstained language (3+ words) danger self-harm as-urgent false-alarms; as urgent: 4 of 6
    assert rows[1].split() == "en 12 0.500 0.500 0.58 0.583 0.250 0.875 0.917 0.250 0.500 0.667 0.500".split()  # noqa: SIM905
    assert rows[2].split()[1:] == rows[1].split()[1:]


def test_the_report_says_the_same_with_intervals_and_names_what_is_confused() -> None:
    lines = report({"en": JUDGED, "fr": JUDGED}).splitlines()
    cells = [cell.strip() for cell in lines[2].strip("|").split("|")]
    # as urgent 4 of 6, of the right kind 2 of 6, with the number of that kind 3 of 6, false alarms 2 of 4;
    # locale: 11 of 12 long texts and 3 of 4 shorter ones
    assert cells[:5] == ["en", "12", "0.500", "0.583", "0.25"]
    assert [cell.split()[0] for cell in cells[5:9]] == ["0.67", "0.33", "0.50", "0.50"]
    assert cells[5].endswith("(0.30-0.90)")
    assert cells[9:] == ["0.917", "0.750"]
    assert [line.split("|")[1].strip() for line in lines[2:5]] == ["en", "fr", "all"]
    assert "- `danger_now` taken for `safety_plan`: 4" in lines
