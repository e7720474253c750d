"""What follows from topic and urgency: act, act softly, or ask which of a few topics is meant."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.components import ANSWERS_COUNTRY, CRY, DANGER, LIFE, SELF_HARM, UNDERSTANDING, URGENCY
from bot.nlu.decision import Decision

NONE: dict[str, Any] = {"kind": None, "certain": False, "chance": 0.1}


def _urgency(kind: str, chance: float, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "certain": chance >= 0.6, "chance": chance, **more}


def _ranking(*topics: tuple[str, float]) -> list[dict[str, Any]]:
    return [{"name": name, "confidence": chance} for name, chance in topics]


PAY, UNSURE = ("rights_pay", 0.9), ("rights_pay", 0.3)
REST = [("rights_debt", 0.1), ("find_work", 0.05), ("is_this_trafficking", 0.04)]


@pytest.mark.parametrize(
    ("likeliest", "urgency", "topic", "acted", "kind", "certain"),
    [
        # no urgency: the topic, if it is likely enough
        (PAY, NONE, "rights_pay", True, None, False),
        (UNSURE, NONE, "rights_pay", False, None, False),
        (("rights_pay", 0.55), NONE, "rights_pay", True, None, False),
        (("rights_pay", 0.5499), NONE, "rights_pay", False, None, False),
        # certain urgency: its topic, however likely another is
        (PAY, _urgency(DANGER, 0.9), "danger_now", True, DANGER, True),
        (UNSURE, _urgency(DANGER, 0.61), "danger_now", True, DANGER, True),
        (PAY, _urgency(SELF_HARM, 0.9), "self_harm", True, SELF_HARM, True),
        (PAY, _urgency(LIFE, 0.9), "needs_medical_care", True, LIFE, True),
        (PAY, _urgency(CRY, 0.9), "what_can_you_do", True, CRY, True),
        # possible urgency: the topic stays, the numbers come softly before it
        (PAY, _urgency(DANGER, 0.5), "rights_pay", True, DANGER, False),
        (UNSURE, _urgency(DANGER, 0.5), "rights_pay", False, DANGER, False),
        (PAY, _urgency(SELF_HARM, 0.45), "rights_pay", True, SELF_HARM, False),
        # an urgent topic is urgent long before it is sure, but not where it is a mere guess
        (("danger_now", 0.3), NONE, "danger_now", True, DANGER, False),
        (("self_harm", 0.3), NONE, "self_harm", True, SELF_HARM, False),
        (("danger_now", 0.29), NONE, "danger_now", False, None, False),
        (("danger_now", 0.9), _urgency(SELF_HARM, 0.9), "self_harm", True, SELF_HARM, True),
        # heard in one clause only, beside a topic that is sure: softly, and the topic is answered too
        (PAY, _urgency(DANGER, 0.7, clause=True), "rights_pay", True, DANGER, False),
        (UNSURE, _urgency(DANGER, 0.7, clause=True), "danger_now", True, DANGER, True),
        (("danger_now", 0.9), _urgency(DANGER, 0.7, clause=True), "danger_now", True, DANGER, True),
        # medical care is urgent by itself only where life is at stake
        (("needs_medical_care", 0.9), NONE, "needs_medical_care", True, None, False),
    ],
)
def test_topic_and_urgency_are_weighed(
    likeliest: tuple[str, float], urgency: dict[str, Any], topic: str, acted: bool, kind: str | None, certain: bool
) -> None:
    decided = Decision({}).decide(_ranking(likeliest, *REST), urgency)
    assert (decided["topic"], decided["acted"], decided["urgency"], decided["certain"]) == (topic, acted, kind, certain)
    assert decided["ranking"][0][0] == topic
    assert len({name for name, _ in decided["ranking"]}) == len(decided["ranking"]) <= 5
    if kind is None:
        assert bool(decided["offered"]) == (not acted or decided["confidence"] < 0.97)


@pytest.mark.parametrize(
    ("likeliest", "urgency", "offered"),
    [
        # surely in danger: numbers, and nothing to choose from
        (PAY, _urgency(DANGER, 0.8), []),
        (("danger_now", 0.8), NONE, []),
        (("danger_now", 0.4), _urgency(DANGER, 0.9), []),
        # perhaps: the numbers come all the same, and behind them what else it may have been about
        (PAY, _urgency(DANGER, 0.7), ["rights_pay", "rights_debt"]),
        (("danger_now", 0.5), NONE, ["rights_debt", "find_work"]),
        (("self_harm", 0.79), NONE, ["rights_debt", "find_work"]),
    ],
)
def test_an_urgent_reply_that_is_not_sure_comes_with_what_else_may_be_meant(
    likeliest: tuple[str, float], urgency: dict[str, Any], offered: list[str]
) -> None:
    decided = Decision({}).decide(_ranking(likeliest, *REST), urgency)
    assert decided["urgency"]
    assert decided["offered"] == offered


@pytest.mark.parametrize(("chance", "offered"), [(0.6, ["rights_debt", "find_work"]), (0.96, ["rights_debt", "find_work"]), (0.97, [])])
def test_an_answer_that_is_not_sure_comes_with_what_else_may_be_meant(chance: float, offered: list[str]) -> None:
    decided = Decision({}).decide(_ranking(("rights_pay", chance), *REST), NONE)
    assert decided["acted"]
    assert decided["offered"] == offered


def test_a_topic_that_the_last_reply_offered_is_likelier() -> None:
    ranking = _ranking(("rights_debt", 0.4), ("rights_pay", 0.35), ("find_work", 0.1))
    weighed = Decision({})._in_context(ranking, ["rights_pay", "more"])
    assert [entry["name"] for entry in weighed] == ["rights_pay", "rights_debt", "find_work"]
    assert sum(entry["confidence"] for entry in weighed) <= 1
    assert Decision({})._in_context(ranking, []) == ranking


def test_three_likely_topics_are_offered_where_none_is_acted_on() -> None:
    decided = Decision({}).decide(_ranking(UNSURE, *REST), NONE)
    assert decided["offered"] == ["rights_pay", "rights_debt", "find_work"]


@pytest.mark.parametrize("useless", ["greet", "goodbye", "thanks", "affirm", "deny", "frustrated", "out_of_scope", "give_location", "stop"])
def test_what_helps_nobody_is_not_offered(useless: str) -> None:
    decided = Decision({}).decide(_ranking((useless, 0.29), *REST), NONE)
    assert decided["offered"] == [name for name, _ in REST]


@pytest.mark.parametrize(("topic", "acted"), [("thanks", True), ("out_of_scope", True), ("stop", False), ("give_location", False)])
def test_what_asks_nothing_is_answered_sooner_but_never_ends_a_session(topic: str, acted: bool) -> None:
    decided = Decision({}).decide(_ranking((topic, 0.4), *REST), NONE)
    assert decided["acted"] == acted
    assert decided["offered"] == [name for name, _ in REST][: 2 if acted else 3]


def test_an_urgent_topic_is_not_offered_to_whoever_hardly_meant_it() -> None:
    offered = Decision({}).decide(_ranking(UNSURE, ("self_harm", 0.05), *REST), NONE)["offered"]
    assert "self_harm" not in offered
    assert "self_harm" in Decision({}).decide(_ranking(UNSURE, ("self_harm", 0.2), *REST), NONE)["offered"]


@pytest.mark.parametrize(("life", "taken"), [(0.0, False), (0.09, False), (0.1, True), (0.9, True)])
def test_a_wish_to_die_with_life_at_stake_may_be_an_overdose_already(life: float, taken: bool) -> None:
    decided = Decision({}).decide(_ranking(("self_harm", 0.9)), _urgency(SELF_HARM, 0.9, life=life))
    assert decided["taken"] is taken


def test_nothing_known_is_out_of_scope() -> None:
    decided = Decision({}).decide([], {})
    assert (decided["topic"], decided["acted"], decided["offered"]) == ("out_of_scope", False, [])


def _decided(text: str, **set_before: Any) -> Message:
    message = Message({TEXT: text})
    for name, value in {"intent_ranking": _ranking(PAY, *REST), URGENCY: NONE, **set_before}.items():
        message.set(name, value)
    return Decision({}).process([message])[0]


def test_rasas_policies_see_the_topic_or_that_nothing_was_understood() -> None:
    assert _decided("no pay").get("intent") == {"name": "rights_pay", "confidence": 0.9}
    assert _decided("hm", intent_ranking=_ranking(UNSURE)).get("intent")["name"] == "nlu_fallback"


def test_a_message_that_only_names_a_place_is_that_place_unless_it_is_urgent() -> None:
    placed = _decided("london", **{ANSWERS_COUNTRY: True, "intent_ranking": _ranking(UNSURE)})
    assert placed.get("intent")["name"] == "give_location"
    urgent = _decided("london", **{ANSWERS_COUNTRY: True, URGENCY: _urgency(DANGER, 0.9)})
    assert urgent.get("intent")["name"] == "danger_now"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("am I a victim of trafficking?", True),
        ("TRAFFICKED", True),
        ("i am a slave here", True),
        ("¿esto es trata de personas?", True),
        ("soy víctima de trata", True),
        ("se trata de mi hermana", False),
        ("se trata de pagar una multa", False),
        ("el jefe la trata mal", False),
        ("esclavitud", True),
        ("c'est de la traite des êtres humains", True),
        ("victime de traite", True),
        ("la traite d'êtres humains", True),
        ("il me traite mal", False),
        ("il la traite de folle", False),
        ("il nous traite des fois de chiens", False),
        ("هل هذا اتجار بالبشر", True),
        ("الاتجار بالبشر", True),
        ("my boss has not paid me", False),
        ("traffic was bad", False),
    ],
)
def test_whether_the_person_used_a_telling_word(text: str, named: bool) -> None:
    assert _decided(text).get(UNDERSTANDING)["named"] is named


@pytest.mark.parametrize(
    ("open_topics", "topic"), [(["find_legal_aid"], "find_legal_aid"), (["more", "find_legal_aid"], "affirm"), ([], "affirm")]
)
def test_yes_to_the_one_thing_that_was_offered_picks_it(open_topics: list[str], topic: str) -> None:
    said = {"intent_ranking": _ranking(("affirm", 0.9)), "metadata": {"open_topics": open_topics}}
    assert _decided("yes", **said).get("intent")["name"] == topic
    urgent = _decided("yes", **said, **{URGENCY: _urgency(DANGER, 0.9)})
    assert urgent.get("intent")["name"] == "danger_now"


def test_the_first_country_and_the_locale_are_passed_on() -> None:
    entities = [{"entity": "locale", "value": "es"}, {"entity": "country", "value": "GB"}, {"entity": "country", "value": "US"}]
    understanding = _decided("x", entities=entities, locale="es").get(UNDERSTANDING)
    assert (understanding["locale"], understanding["country"]) == ("es", "GB")
