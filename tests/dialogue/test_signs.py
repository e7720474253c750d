"""The short checks: signs to pick from, what they may mean, never a verdict, and nothing that is kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from actions.answers import WITH_SIGNS
from bot.channels.segments import SmsShape, measure, render
from bot.conversation.composing import compose
from bot.conversation.sessions import Session
from bot.knowledge.signs import SIGNS
from bot.locales import all_locales

from .person import Person, payloads, words
from .test_wording import responses

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

BEGINNINGS = {"is_this_trafficking": "is this trafficking what they do to me", "check_job_offer": "is this job offer in dubai real"}


def _picks(turn_payloads: list[str]) -> list[str]:
    return [json.loads("{" + payload.partition("{")[2])["sign"] for payload in turn_payloads if payload.startswith("/sign{")]


def test_the_topics_that_offer_a_check_are_those_that_have_one() -> None:
    assert set(WITH_SIGNS) == set(SIGNS)
    assert {f"utter_option_sign_{sign}" for signs in SIGNS.values() for sign in signs} <= set(responses())


@pytest.mark.parametrize("topic", SIGNS)
def test_a_check_goes_from_signs_to_what_they_may_mean_and_forgets_them(topic: str, engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    assert "/signs" in payloads(person.says(BEGINNINGS[topic]))
    listed = person.picks("/signs")
    assert tuple(_picks(payloads(listed))) == SIGNS[topic]
    assert payloads(listed)[-1] == "/signs_done"
    one, *others = SIGNS[topic]
    assert tuple(_picks(payloads(person.picks(f'/sign{{"sign": "{one}"}}')))) == tuple(others)
    found = person.picks("/signs_done")
    assert "decide" in words(found) and "you are" not in words(found).lower()
    assert "/find_legal_aid" in payloads(found)
    # Neither which signs they were nor that there were any is known any more.
    assert person.state is not None
    assert person.state["slots"].get("signs") is None
    person.says("thank you")
    assert all(f'"{sign}"' not in json.dumps(person.state) for sign in SIGNS[topic])


def test_several_signs_at_once_count_as_if_picked_one_by_one(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    person.says(BEGINNINGS["is_this_trafficking"])
    person.picks("/signs")
    left = _picks(payloads(person.picks('/sign{"sign": "papers debt pay"}')))
    assert left == [sign for sign in SIGNS["is_this_trafficking"] if sign not in ("papers", "debt", "pay")]
    assert "sign of forced work" in words(person.picks(f'/sign{{"sign": "{" ".join(left)}"}}'))  # all are picked: that is the end


def test_no_sign_is_no_all_clear(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    person.says(BEGINNINGS["is_this_trafficking"])
    person.picks("/signs")
    none = words(person.picks("/signs_done"))
    assert "decides nothing" in none and "safe" not in none


def test_what_is_no_sign_of_the_check_is_left_out(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    person.says(BEGINNINGS["check_job_offer"])
    person.picks("/signs")
    assert tuple(_picks(payloads(person.picks('/sign{"sign": "hurt nonsense"}')))) == SIGNS["check_job_offer"]


@pytest.mark.parametrize("locale", list(all_locales()))
def test_all_signs_of_a_check_stand_in_one_text_message_reply(locale: str, engine: Engine) -> None:
    person = Person(engine, locale_hint=locale, country_hint="US")
    person.picks("/is_this_trafficking")
    reply, session = compose(person.picks("/signs"), Session(turn=1, locale=locale), SmsShape())
    assert len(session.options) == 9
    assert measure(render(reply.text, reply.choices, reply.locale)).segments <= 4
