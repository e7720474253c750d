"""What a search offers behind its digits: details of a service, its name, others, not near here, for whom."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING

import pytest

from actions import details
from actions.search import SERVED
from bot.channels.segments import MOST_SEGMENTS, SmsShape, measure, render
from bot.conversation.composing import compose
from bot.conversation.sessions import Session
from bot.knowledge.directory_words import directory_words
from bot.knowledge.hsds.serving import AUDIENCES
from bot.knowledge.local_services import services
from bot.knowledge.services import is_open
from bot.locales import all_locales

from .person import Person, payloads, words
from .test_wording import responses

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

BOISE = "208-345-0106"
STREET = "310 N 5th Street"


def _choice(offered: list[str], intent: str) -> str:
    return next(payload for payload in offered if payload.startswith(f"/{intent}"))


@pytest.fixture
def person(engine: Engine) -> Person:
    """Somebody in Boise who has just been named two services."""
    person = Person(engine, country_hint="US", locale_hint="en")
    person.says("i need a free lawyer in boise")
    return person


def _list(person: Person) -> list[str]:
    return payloads(person.picks('/other_services{"passed": "0"}'))


def test_details_say_what_is_known_and_name_what_is_not(person: Person) -> None:
    said = words(person.picks(_choice(_list(person), "details")))
    assert BOISE in said and f"{STREET}, Boise" in said
    assert "Not known: hours, languages" in said
    assert "No person has checked this yet." in said


def test_details_of_a_line_tell_hours_languages_whom_and_cost(engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint="en")
    said = words(person.picks(_choice(payloads(person.picks("/find_shelter")), "details")))
    for part in ("Open 24 h.", "Languages: English", "For: ", "Costs nothing."):
        assert part in said


def test_the_name_is_said_only_when_it_is_asked_for(engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint="en")
    listed = person.picks("/find_shelter")
    shown = person.picks(_choice(payloads(listed), "details"))
    assert "traffick" not in (words(listed) + words(shown)).lower() and "http" not in words(shown)
    named = words(person.picks(_choice(payloads(shown), "service_name")))
    assert "Trafficking" in named and "1-888-373-7888" in named


def test_the_list_comes_again_and_then_the_others(person: Person) -> None:
    shown = person.picks(_choice(_list(person), "details"))
    again = person.picks(_choice(payloads(shown), "other_services"))
    assert BOISE in words(again)
    others = person.picks(_choice(payloads(again), "other_services"))
    assert BOISE not in words(others) and "1-888-373-7888" in words(others)
    assert "nothing near" not in words(others)  # the first list had something


def test_the_list_of_who_helps_comes_again_too(engine: Engine) -> None:
    person = Person(engine, country_hint="GB", locale_hint="en")
    person.picks("/rights_pay")
    listed = person.picks("/who_helps")
    shown = person.picks(_choice(payloads(listed), "details"))
    assert words(person.picks(payloads(shown)[-1])) == words(listed)


def test_what_is_near_is_left_out_for_who_does_not_want_to_be_near(person: Person) -> None:
    away = person.picks(_choice(_list(person), "not_near_here"))
    assert BOISE not in words(away)
    assert "not_near_here" not in "".join(payloads(away))
    assert BOISE not in words(person.says("i need a lawyer"))  # it holds
    assert BOISE in words(person.says("i need a lawyer in Meridian, Idaho"))  # until she names another town


def test_for_whom_is_asked_only_of_who_picks_it_and_kept_as_a_code(person: Person) -> None:
    asked = person.picks(_choice(_list(person), "for_whom"))
    assert payloads(asked) == [f'/served{{"served": "{one}"}}' for one in SERVED]
    person.picks('/served{"served": "men"}')
    person.picks('/served{"served": "without_papers"}')
    assert '"men without_papers"' in json.dumps(person.state)
    person.picks('/served{"served": "anyone"}')
    person.says("thank you")
    assert "without_papers" not in json.dumps(person.state)


def test_a_man_is_not_sent_to_a_line_for_women(engine: Engine) -> None:
    person = Person(engine, country_hint="ES", locale_hint="en")
    assert "016" in words(person.picks("/find_shelter"))
    assert not any(
        "women" in service.audience
        for service in services()
        if service.phone and service.phone in words(person.picks('/served{"served": "men"}'))
    )


def test_a_service_that_is_gone_is_said_to_be_gone(person: Person) -> None:
    assert "no longer" in words(person.picks('/details{"service": "of-an-older-directory"}'))


def test_what_is_closed_is_said_to_be_closed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    by_day = next(one for one in services() if one.country == "GB" and one.openings and one.timezone and one.phone and not one.police_run)
    night = datetime.datetime(2026, 11, 22, 3, 0, tzinfo=datetime.timezone.utc)  # a Sunday
    assert is_open(by_day, night) is False
    monkeypatch.setattr(details, "now", lambda: night)
    said = words(Person(engine, country_hint="GB", locale_hint="en").picks(f'/details{{"service": "{by_day.id}"}}'))
    assert "Closed now." in said and "Hours: " in said


def test_every_code_that_a_service_bears_has_a_word() -> None:
    known = directory_words()
    assert {word for service in services() for word in service.audience} | set(AUDIENCES) <= set(known["audience"])
    assert {f"utter_option_served_{one}" for one in SERVED} <= set(responses())


@pytest.mark.parametrize("locale", list(all_locales()))
def test_a_list_and_its_details_fit_into_one_text_message_reply(locale: str, engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint=locale)
    person.picks("/greet")
    listed = person.picks('/find_legal_aid{"place": "US ID 43.6 -116.2"}')
    for turn in (listed, person.picks(_choice(payloads(listed), "details")), person.picks("/for_whom")):
        reply, session = compose(turn, Session(turn=1, locale=locale), SmsShape())
        measured = measure(render(reply.text, reply.choices, reply.locale))
        assert measured.segments <= MOST_SEGMENTS[measured.encoding]
        assert json.dumps(session.options)
