"""The answers: sourced, dated, short enough, without a number of their own; and files of them that are broken."""

from __future__ import annotations

import datetime
import re
import string
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels.segments import is_gsm7
from bot.errors import DataError
from bot.knowledge.answers import BASELINE, Answer, answer_for, answers, read_answers
from bot.knowledge.directory import directory
from bot.knowledge.emergency import emergency_table
from bot.paths import DATA, RASA_DOMAIN, ROOT

from .broken import line_named

ALL = sorted(answers().values(), key=lambda answer: answer.id)
LONGEST = {"text": 200, "more": 230, "simple": 130, "cite": 40}
KINDS = {
    "legal_aid",
    "labour_rights",
    "trafficking_hotline",
    "gender_violence",
    "crisis_line",
    "child_help",
    "missing_child",
    "online_abuse",
    "victim_fund",
}
PLACEHOLDERS = {"emergency", "ambulance", "hotline", "crisis"}
every_answer = pytest.mark.parametrize("answer", ALL, ids=lambda answer: answer.id)


def _texts(answer: Answer) -> list[str]:
    return [answer.text, *answer.more, answer.simple]


@every_answer
def test_an_answer_names_its_sources(answer: Answer) -> None:
    assert answer.sources
    assert answer.cite.strip() and len(answer.cite) <= LONGEST["cite"]
    for source in answer.sources:
        assert source.title.strip()
        if source.url.startswith("data/"):  # what the house itself holds to: a heading of a file that is here
            assert re.search(rf"^#+ {re.escape(source.title)}$", (ROOT / source.url).read_text(encoding="utf-8"), re.M)
        else:
            assert source.url.startswith(("https://", "http://")) or source.section.strip()


@every_answer
def test_an_answer_is_dated_and_will_be_looked_at_again(answer: Answer) -> None:
    assert answer.as_of <= datetime.date.today()
    assert answer.as_of < answer.review_by <= answer.as_of + datetime.timedelta(days=366)


@every_answer
def test_an_answer_is_as_short_as_a_phone_bears(answer: Answer) -> None:
    assert 0 < len(answer.text) <= LONGEST["text"]
    assert 0 < len(answer.simple) <= LONGEST["simple"]
    assert 1 <= len(answer.more) <= 3
    assert all(0 < len(page) <= LONGEST["more"] for page in answer.more)
    assert all(is_gsm7(text) for text in _texts(answer))


@every_answer
def test_an_answer_has_no_number_to_call_of_its_own(answer: Answer) -> None:
    for text in _texts(answer):
        assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= PLACEHOLDERS
        assert not re.search(r"\b(911|999|112|988)\b|\+\d|\d{3}[- ]\d{3,4}", text), text


@every_answer
def test_an_answer_blames_nobody_promises_nothing_and_calls_nobody_a_victim(answer: Answer) -> None:
    for text in _texts(answer):
        assert not re.search(r"why did|why didn|you should have|you will get|you are safe|nobody will know|guarantee", text, re.I), text
        assert "victim" not in text.lower(), text


@every_answer
def test_what_helps_with_an_answer_is_a_kind_of_the_directory(answer: Answer) -> None:
    assert set(answer.services) <= KINDS
    assert len(set(answer.services)) == len(answer.services)


def test_ids_are_unique_and_say_jurisdiction_and_topic() -> None:
    assert len({answer.id for answer in ALL}) == len(ALL)
    assert all(answer.id == f"{answer.jurisdiction.lower()}.{answer.topic}" for answer in ALL)


def test_every_topic_is_an_intent_of_the_domain() -> None:
    topics = yaml.safe_load((RASA_DOMAIN / "topics.yml").read_text(encoding="utf-8"))["intents"]
    names = {next(iter(topic)) if isinstance(topic, dict) else topic for topic in topics}
    assert {answer.topic for answer in ALL} <= names


def test_every_topic_has_the_international_baseline_and_the_rights_have_their_countries() -> None:
    assert {answer.topic for answer in ALL} == {answer.topic for answer in ALL if answer.jurisdiction == BASELINE}
    assert len([topic for jurisdiction, topic in answers() if jurisdiction == BASELINE and topic.startswith("rights_")]) == 11
    for country in ("US", "GB"):
        rights = {topic for jurisdiction, topic in answers() if jurisdiction == country and topic.startswith("rights_")}
        assert len(rights) == 11


@pytest.mark.parametrize(
    ("country", "jurisdiction"),
    (
        ("US", "US"),
        ("GB", "GB"),
        ("FR", "FR"),
        ("BE", "EU"),
        ("IE", "INT"),  # does not take part in what the European Union says of pay
        ("DK", "INT"),
        ("ZZ", "INT"),
        ("EU", "INT"),  # no country
        ("", "INT"),
        (None, "INT"),
        ("us", "INT"),
    ),
)
def test_the_answer_of_the_country_else_of_its_union_else_the_baseline(country: str | None, jurisdiction: str) -> None:
    answer = answer_for("rights_pay", country)
    assert answer and answer.jurisdiction == jurisdiction


def test_an_answer_of_the_union_holds_where_its_members_take_part() -> None:
    of_union = answer_for("rights_police", "IE")
    assert of_union and of_union.jurisdiction == "EU"
    of_union = answer_for("rights_compensation", "FR")  # France has none of its own
    assert of_union and of_union.jurisdiction == "EU"


def test_a_topic_without_an_answer_has_none() -> None:
    assert answer_for("greet", "US") is None


def test_services_for_an_answer_exist_somewhere() -> None:
    for kind in KINDS & {kind for answer in ALL for kind in answer.services}:
        assert any(directory().find(country, [kind]) for country in ("US", "GB", "INT", *emergency_table())), kind


# Broken files

GOOD = yaml.safe_load((DATA / "answers" / "us.yml").read_text(encoding="utf-8"))["answers"][0]


def _file(folder: Path, content: Any) -> Path:
    folder.joinpath("xx.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


def test_a_good_file_is_read(tmp_path: Path) -> None:
    found = read_answers(_file(tmp_path, {"jurisdiction": "XX", "answers": [GOOD]}))
    assert list(found) == [("XX", GOOD["topic"])]


def _named(folder: Path, says: str) -> str:
    """The line that is named when the file of a folder is read."""
    return line_named(folder / "xx.yml", lambda: read_answers(folder), says)


@pytest.mark.parametrize("name", sorted(set(GOOD) - {"confidence"}))
def test_an_answer_that_lacks_a_field_is_named(tmp_path: Path, name: str) -> None:
    broken = {key: value for key, value in GOOD.items() if key != name}
    _file(tmp_path, {"jurisdiction": "XX", "answers": [{**GOOD, "id": "other", "topic": "other"}, broken]})
    line = _named(tmp_path, rf"answer 2 has no '{name}'\. Compare it with the others\.")
    assert line.startswith("- ") and line != (tmp_path / "xx.yml").read_text(encoding="utf-8").splitlines()[1]


@pytest.mark.parametrize(
    ("name", "value"),
    (
        ("text", None),
        ("text", 5),
        ("text", " "),
        ("text", "Call {hotlin}."),
        ("text", "Call {hotline."),
        ("text", "Call {}."),
        ("more", "not a list"),
        ("more", None),
        ("more", [5]),
        ("more", ["Call {}."]),
        ("services", "legal_aid"),
        ("services", [True]),
        ("lawyer", "yes, perhaps"),
        ("version", "1a"),
        ("version", True),
        ("as_of", "2026-13-45"),
        ("as_of", datetime.datetime(2026, 11, 22, 10)),
        ("review_by", "soon"),
        ("sources", "a book"),
        ("not_in", [False]),
        ("cite", None),
    ),
)
def test_a_field_of_the_wrong_kind_is_named(tmp_path: Path, name: str, value: Any) -> None:
    _file(tmp_path, {"jurisdiction": "XX", "answers": [{**GOOD, name: value}]})
    assert _named(tmp_path, rf"answer 1 has a '{name}' .+\. Compare it with the others\.").lstrip("- ").startswith(f"{name}:")


def test_a_field_that_is_misspelt_is_named(tmp_path: Path) -> None:
    _file(tmp_path, {"jurisdiction": "XX", "answers": [{**GOOD, "flaged": "wrong since May"}]})
    assert _named(tmp_path, r"answer 1 has a 'flaged', which nobody reads\. Compare it with the others\.") == "  flaged: wrong since May"


@pytest.mark.parametrize("source", ({"url": "https://example.org"}, "a book", {"title": 5}, {"title": "A law", "page": "7"}))
def test_a_malformed_source_is_named(tmp_path: Path, source: Any) -> None:
    _file(tmp_path, {"jurisdiction": "XX", "answers": [{**GOOD, "sources": [source]}]})
    assert _named(tmp_path, r"answer 1 has .+\. Compare it with the others\.")


def test_an_answer_without_a_source_is_not_served(tmp_path: Path) -> None:
    _file(tmp_path, {"jurisdiction": "XX", "answers": [{**GOOD, "sources": []}]})
    assert _named(tmp_path, rf"{re.escape(GOOD['id'])} has no source.*remove it\.").startswith("- ")


def test_an_answer_that_a_human_has_flagged_is_withdrawn(tmp_path: Path) -> None:
    other = {**GOOD, "id": "xx.other", "topic": "other"}
    found = read_answers(_file(tmp_path, {"jurisdiction": "XX", "answers": [{**GOOD, "flagged": "wrong since May"}, other]}))
    assert list(found) == [("XX", "other")]


def test_two_answers_on_one_topic_are_one_too_many(tmp_path: Path) -> None:
    _file(tmp_path, {"jurisdiction": "XX", "answers": [GOOD, {**GOOD, "id": "xx.other"}]})
    assert _named(tmp_path, r"there are two answers on .*\. Keep one\.").startswith("- ")


def test_two_answers_of_one_id_are_one_too_many(tmp_path: Path) -> None:
    _file(tmp_path, {"jurisdiction": "XX", "answers": [GOOD, {**GOOD, "topic": "other"}]})
    assert _named(tmp_path, r"the id .* stands twice\. Give one of them another id\.").startswith("- ")


@pytest.mark.parametrize(
    "content",
    (
        "",
        "[]",
        "answers: []",
        "jurisdiction: US",
        "jurisdiction: [US]\nanswers: []",
        "jurisdiction: US\nanswers: none",
        "jurisdiction: US\nanswers: {a: 1}",
        "just words",
        "jurisdiction: US\nanswers: [words, 5]",
        "jurisdiction: US\nanswers: [null]",
    ),
)
def test_a_file_of_another_form_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "xx.yml").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"^xx\.yml.*\.$"):
        read_answers(tmp_path)


@pytest.mark.parametrize(
    ("content", "says", "named"),
    (
        ('answers:\n- id: "unclosed\n  text: x\n', r"is not valid YAML\. Mend that line, or line 3 where it begins.*", None),
        ("answers:\n- id: x\n\ttext: y\n", r"is not valid YAML\. Mend that line.*", "\ttext: y"),
        ("answers:\n- id: x\n  id: y\n", r"is not valid YAML \(id stands there twice\)\. Mend that line.*", "  id: y"),
        ("answers:\n- as_of: 2026-13-45\n", r"is not valid YAML \(month must be in 1\.\.12\)\. Mend that line.*", "- as_of: 2026-13-45"),
        ("answers:\n- [x]: y\n", r"is not valid YAML .*Mend that line.*", "- [x]: y"),
        ("answers:\n- !python/name:os.system x\n", r"is not valid YAML .*Mend that line.*", "- !python/name:os.system x"),
        ("answers:\n<<<<<<< HEAD\n- id: x\n", r"is the mark of an unfinished merge\. Choose .*", "<<<<<<< HEAD"),
        ("answers:\n- id: x\n=======\n", r"is the mark of an unfinished merge\. Choose .*", "======="),
        ("answers: []\nserve: [DE]\n", r"has a part `serve`, which nobody reads\. Compare .*", "serve: [DE]"),
    ),
)
def test_what_is_no_such_file_is_named_with_its_line(tmp_path: Path, content: str, says: str, named: str | None) -> None:
    (tmp_path / "xx.yml").write_text(f"jurisdiction: US\n{content}", encoding="utf-8")
    line = _named(tmp_path, says)
    assert named is None or line == named


def test_a_code_that_yaml_takes_for_a_no_is_named(tmp_path: Path) -> None:
    _file(tmp_path, {"jurisdiction": "XX", "serves": ["SE", False], "answers": [GOOD]})
    with pytest.raises(DataError, match=r"^xx\.yml: `serves` is no list of country codes\. Put NO in quotes"):
        read_answers(tmp_path)


def test_what_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "xx.yml").write_bytes(b"jurisdiction: US\nanswers: []  # caf\xe9\n")
    with pytest.raises(DataError, match=r"^xx\.yml line 2 is not UTF-8\. Save the file as UTF-8"):
        read_answers(tmp_path)


def test_an_editor_s_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = _file(tmp_path, {"jurisdiction": "XX", "answers": [GOOD]}) / "xx.yml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert list(read_answers(tmp_path)) == [("XX", GOOD["topic"])]
