"""The custom actions: all are there, what they return is what Rasa expects, and one that breaks says nothing to anybody."""

from __future__ import annotations

import copy
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import ActionAnswer
from actions.base import HelplineAction
from actions.details import now
from actions.replies import LONGEST_NAME, say_line
from actions.search import ValidateSearchForm
from actions.talk import MENU
from bot.dialogue.in_process_actions import InProcessActions
from bot.errors import TurnFailed
from bot.knowledge.answers import answers
from bot.knowledge.directory import directory
from bot.knowledge.emergency import numbers_of
from bot.knowledge.local_services import KINDS
from bot.knowledge.offers import Wish, offers
from bot.locales import all_locales
from bot.nlu.urgency_classifier import UrgencyClassifier
from bot.paths import RASA_DOMAIN
from tests.dialogue.person import Person, payloads, words

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

# The service's own actions in the domain; Rasa's and the form are not among them.
IN_DOMAIN = set(yaml.safe_load((RASA_DOMAIN / "slots.yml").read_text(encoding="utf-8"))["actions"])


def _every_action(engine: Engine) -> None:
    """Conversations in which each action has its turn, in several states and for several countries."""
    topics = [
        topic
        for topic in (engine._agent.domain.intents if engine._agent.domain else [])
        if topic not in ("back", "restart", "session_start")
    ]
    for country in ("US", "GB", "AD", ""):
        for fresh in (True, False):
            for topic in topics:
                person = Person(engine, **({"country_hint": country} if country else {}), locale_hint="en")
                if not fresh:
                    person.says("my boss has not paid me, am I a slave?")
                person.picks(f"/{topic}")
    person = Person(engine)
    for text in ("I need a lawyer", "he is beating me", "in London", "I need a bed", "no", "he overdosed, he is not breathing", "help"):
        person.says(text)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Legal Aid of Boise", "Legal Aid of Boise"),
        ("x" * 80, "x" * 80),
        ("Centre for " + "advice and " * 20, "Centre for advice and advice and advice and advice and advice and advice and..."),
        ("Help, " * 20, "Help, " * 12 + "Help..."),
        ("法律援助" * 30, ("法律援助" * 30)[:77] + "..."),
    ],
)  # fmt: skip
def test_a_name_as_long_as_a_sentence_is_cut_off_behind_a_word(name: str, said: str) -> None:
    dispatcher = CollectingDispatcher()
    say_line(dispatcher, replace(next(iter(directory())), name=name), named=True)
    assert dispatcher.messages[0]["label"] == said and len(said) <= LONGEST_NAME


@pytest.fixture(scope="module")
def results(engine: Engine) -> dict[str, list[Any]]:
    """Everything that the actions return in those conversations, by the action's name."""
    returned: dict[str, list[Any]] = {}
    request = InProcessActions.request

    async def watched(self: InProcessActions, *arguments: Any, **named: Any) -> Any:
        result = await request(self, *arguments, **named)
        returned.setdefault(named["json"]["next_action"], []).append(copy.deepcopy(result))
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(InProcessActions, "request", watched)
        _every_action(engine)
    return returned


def test_the_domain_and_the_package_have_the_same_actions() -> None:
    assert InProcessActions("actions").names == IN_DOMAIN


def test_every_action_belongs_to_a_rule_or_to_the_form() -> None:
    domain = Domain.load(str(RASA_DOMAIN))
    from bot.paths import DATA

    rules = "".join(path.read_text(encoding="utf-8") for path in (DATA / "rules").glob("*.yml"))
    ruled = {name for name in IN_DOMAIN if f"action: {name}\n" in rules}
    assert IN_DOMAIN - ruled == {"action_ask_country", "validate_search_form"}
    assert domain.forms == {"search_form": {"required_slots": ["country"]}}


def test_whatever_an_action_returns_is_what_rasa_expects_of_an_action_server(results: dict[str, list[Any]]) -> None:
    """Rasa's own check is switched off while the service runs, because it costs more than the action."""
    assert set(results) == IN_DOMAIN, "each had its turn"
    schema = RemoteAction.action_response_format_spec()
    validator = jsonschema.validators.validator_for(schema)(schema)
    for name, returned in results.items():
        for result in returned:
            assert [error.message for error in validator.iter_errors(result)] == [], name


def test_the_schema_can_fail() -> None:
    schema = RemoteAction.action_response_format_spec()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"events": [{"no": "event"}], "responses": []}, schema)


def test_actions_set_slots_of_the_domain_only_and_to_words_of_their_own(results: dict[str, list[Any]]) -> None:
    slots = {slot.name for slot in Domain.load(str(RASA_DOMAIN)).slots}
    said = {
        event["value"] for returned in results.values() for result in returned for event in result["events"] if event["event"] == "slot"
    }
    named = {
        event["name"] for returned in results.values() for result in returned for event in result["events"] if event["event"] == "slot"
    }
    assert named <= slots
    texts = {value for value in said if isinstance(value, str)}
    topics = set(Domain.load(str(RASA_DOMAIN)).intents)
    assert texts <= topics | {"country", "town", "unknown", "US", "GB", "AD", *all_locales()}


def test_actions_say_names_of_responses_never_words_of_their_own(results: dict[str, list[Any]]) -> None:
    """So that nothing leaves the bot that no translator has seen."""
    responses = set(Domain.load(str(RASA_DOMAIN)).responses) | {"utter_words"}
    for returned in results.values():
        for result in returned:
            for response in result["responses"]:
                assert response["response"] in responses
                assert not response.get("text")


@pytest.mark.parametrize("text", ["my boss has not paid me for 3 months", "he took my passport"])
def test_an_action_that_breaks_fails_the_turn_and_quotes_nothing(
    text: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(self: HelplineAction, dispatcher: Any, tracker: Any) -> Any:
        raise ValueError(f"cannot answer {tracker.latest_message['text']}")

    monkeypatch.setattr(ActionAnswer, "reply", broken)
    with caplog.at_level(logging.DEBUG), pytest.raises(TurnFailed) as failure:
        Person(engine).says(text)
    said = caplog.text + "".join(capfd.readouterr()) + str(failure.value) + repr(failure.value.__cause__)
    assert text not in said
    assert "cannot answer" not in said


def test_an_action_that_breaks_after_its_first_words_says_none_of_them(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an answer could be a wrong one."""

    def broken(self: HelplineAction, dispatcher: Any, tracker: Any) -> Any:
        dispatcher.utter_message(response="utter_thanks")
        raise ValueError

    monkeypatch.setattr(ActionAnswer, "reply", broken)
    with pytest.raises(TurnFailed):
        Person(engine).says("my boss has not paid me for 3 months")


def test_a_form_that_breaks_fails_the_turn(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: ValidateSearchForm, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        raise ValueError(tracker.latest_message["text"])

    person = Person(engine)
    person.says("I need a lawyer")
    monkeypatch.setattr(ValidateSearchForm, "extract_country", broken)
    with pytest.raises(TurnFailed, match="No action answered"):
        person.says("London")


def test_a_turn_after_a_broken_one_is_answered(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: HelplineAction, dispatcher: Any, tracker: Any) -> Any:
        raise ValueError

    person = Person(engine, country_hint="US")
    person.says("hello")
    with monkeypatch.context() as patch, pytest.raises(TurnFailed):
        patch.setattr(ActionAnswer, "reply", broken)
        person.says("my boss has not paid me for 3 months")
    assert person.says("my boss has not paid me for 3 months").blocks


def test_every_topic_of_the_menu_and_of_a_search_has_an_answer_for_every_jurisdiction() -> None:
    for topic in {*KINDS, *(topic for topic in MENU if topic.startswith("rights_"))}:
        assert ("INT", topic) in answers()
    for topic in ("rights_overview", "rights_pay", "minor_at_risk", "unsafe_phone", "needs_medical_care", "safety_plan"):
        assert ("INT", topic) in answers()


@pytest.mark.parametrize("search", KINDS)
@pytest.mark.parametrize("country", ["US", "GB"])
def test_a_search_names_two_services_at_most_each_with_a_way_to_reach_it(search: str, country: str, engine: Engine) -> None:
    found = [one.service for one in offers(Wish(search, country, "en", at=now()))]
    assert found, "the directory has something for it"
    said = words(Person(engine, country_hint=country).picks(f"/{search}"))
    assert all((service.phone or service.sms or service.chat or service.website) in said for service in found[:2])
    assert [service.phone for service in found[2:] if service.phone and service.phone in said] == []


@pytest.mark.parametrize("payload", ["/who_helps", "/source", "/simplify", "/more"])
def test_what_goes_on_from_an_answer_says_so_where_there_was_none(payload: str, engine: Engine) -> None:
    person = Person(engine)
    person.says("hello")
    assert words(person.picks(payload))


def test_who_helps_names_services_for_the_last_answer(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    person.says("my boss has not paid me for 3 months")
    said = words(person.picks("/who_helps"))
    wanted = answers()["US", "rights_pay"].services
    assert any(service.phone and service.phone in said for service in directory().find("US", wanted))


def test_easier_words_are_those_of_the_last_answer(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    person.says("my boss has not paid me for 3 months")
    assert answers()["US", "rights_pay"].simple.split("{")[0] in words(person.says("i dont understand, easier words please"))


def test_the_sources_of_an_answer_are_told_on_request_with_their_addresses(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    person.says("my boss has not paid me for 3 months")
    said = words(person.picks("/source"))
    assert all(source.url in said for source in answers()["US", "rights_pay"].sources if source.url.startswith("http"))


def test_who_cannot_speak_gets_the_number_that_takes_texts_where_there_is_one(engine: Engine) -> None:
    silent = {country: numbers_of(country).emergency_sms for country in ("FR", "US", "GB", "AD")}
    assert silent["FR"], "France has one"
    for country, sms in silent.items():
        person = Person(engine, country_hint=country, locale_hint="en")
        danger = person.says("he has a gun, he is at the door")
        assert "/no_voice" in payloads(danger)
        said = person.picks("/no_voice")
        assert said.urgent == "danger"
        assert sms in words(said)
        assert numbers_of(country).danger in words(said)
        assert (sms in words(danger)) or not sms, "it is told at once, before she asks"


@pytest.mark.parametrize("country", ["US", "GB", ""])
@pytest.mark.parametrize("certain", [True, False])
@pytest.mark.parametrize("kind", ["danger", "self_harm"])
def test_where_danger_and_self_harm_may_both_be_meant_both_numbers_are_said(
    kind: str, certain: bool, country: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = {"kind": kind, "also": None, "certain": certain, "chance": 0.9, "clause": False, "life": 0.0}
    monkeypatch.setattr(UrgencyClassifier, "judge", lambda self, opinions: heard)
    text, hints = "my boss has not paid me for 3 months", {"locale_hint": "en", **({"country_hint": country} if country else {})}
    alone = words(Person(engine, **hints).says(text))
    heard["also"] = "self_harm" if kind == "danger" else "danger"
    turn = Person(engine, **hints).says(text)
    numbers = numbers_of(country)
    softly = {"danger": f"If you are in danger right now, call {numbers.danger or '112, or 911 in the Americas, 999 in the UK'}."}
    if numbers.crisis_phone:
        softly["self_harm"] = f"If you think of hurting yourself, you can talk to someone now: {numbers.crisis_phone}."
    assert turn.urgent == kind
    # Where no crisis line is known, the reply to danger names every number already.
    expected = softly.get(heard["also"])
    assert words(turn).splitlines().count(expected or "") == bool(expected)
    assert [line for line in words(turn).splitlines() if line != expected] == [line for line in alone.splitlines() if line != expected]


@pytest.mark.parametrize("country", ["GB", "US", "FR", "AD", ""])
def test_a_wish_to_die_that_is_not_sure_is_worded_softly(country: str, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = {"kind": "self_harm", "also": None, "certain": True, "chance": 0.9, "clause": False, "life": 0.0}
    monkeypatch.setattr(UrgencyClassifier, "judge", lambda self, opinions: heard)
    text, hints = "i want to die", {"locale_hint": "en", **({"country_hint": country} if country else {})}
    sure = Person(engine, **hints).says(text)
    heard["certain"] = False
    unsure = Person(engine, **hints).says(text)
    assert sure.understanding and unsure.understanding
    assert (sure.understanding.topic, unsure.understanding.topic) == ("self_harm", "self_harm")
    assert sure.urgent == unsure.urgent == "self_harm"
    assert "I am glad you wrote." in words(sure) and "I am glad you wrote." not in words(unsure)
    numbers, first = numbers_of(country), unsure.blocks[0].text
    assert first.startswith("If you ")
    assert (numbers.crisis_phone or numbers.danger or "112, or 911 in the Americas") in first
    assert (numbers.medical or "112") in words(unsure), "for one who has done something already"


def test_in_another_language_a_sure_wish_to_die_stays_sure(engine: Engine) -> None:
    person = Person(engine, country_hint="GB", locale_hint="en")
    sure = person.says("i want to kill myself")
    assert sure.understanding and sure.understanding.certain
    again = person.says("french please")
    assert again.locale == "fr" and "116 123" in again.blocks[0].text
    assert again.blocks[0].text == Person(engine, country_hint="GB", locale_hint="fr").picks("/self_harm").blocks[0].text


def test_whom_a_helpline_is_for_is_said_in_danger_where_that_is_not_everybody(engine: Engine) -> None:
    said = words(Person(engine, country_hint="AE", locale_hint="en").says("he has a gun, he is at the door"))
    assert "800 111. For: women, people under 18." in said
    assert "For:" not in words(Person(engine, country_hint="US", locale_hint="en").says("he has a gun, he is at the door"))


@pytest.mark.parametrize("text", ["he has a gun, he is at the door", "i want to talk to a real person"])
def test_a_line_that_is_open_round_the_clock_comes_before_a_helpline_of_unknown_hours(text: str, engine: Engine) -> None:
    said = words(Person(engine, country_hint="GB", locale_hint="en").says(text))
    first, hotline = numbers_of("GB").lines
    assert first.always_open and not hotline.always_open
    assert said.index(first.phone) < said.index(hotline.phone)


@pytest.mark.parametrize("topic", ["danger_now", "self_harm", "talk_to_human", "find_shelter", "rights_pay"])
def test_a_country_told_afterwards_answers_the_last_topic_for_it(topic: str, engine: Engine) -> None:
    person, direct = Person(engine, locale_hint="en"), Person(engine, country_hint="GB", locale_hint="en")
    person.says("hello")
    direct.says("hello")
    person.picks(f"/{topic}")
    after = set(words(person.picks('/give_location{"country": "GB"}')).splitlines())
    at_once = set(words(direct.picks(f"/{topic}")).splitlines())
    assert at_once <= after | {line for line in at_once if line.startswith("Source")}


def test_a_place_that_is_not_known_is_not_taken_for_another(engine: Engine) -> None:
    person = Person(engine)
    person.says("hello")
    turn = person.says("i live near Xqzvwyton")
    assert words(turn) == "I do not know that place. Please write the country."
