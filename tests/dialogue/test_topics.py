"""Every topic, in every locale, for a country with law of its own, another, and none known: what is answered and how it goes out.

Each topic is sent as the service itself sends it, as a choice, so that this does not depend on how well texts are understood."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import pytest

from bot.channels.segments import MOST_SEGMENTS, SmsShape, measure, render
from bot.conversation.composing import compose, rest
from bot.conversation.messages import Reply, Turn
from bot.conversation.sessions import Session
from bot.knowledge.directory import directory
from bot.knowledge.emergency import emergency_table, numbers_of
from bot.locales import DEFAULT, all_locales, locale_of
from bot.nlu.text import fold
from tests.domain import TOPICS

from .test_wording import LEFT_TO_RIGHT, SAME

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

LOCALES = list(all_locales())
COUNTRIES = ["US", "GB", ""]
URGENT = {"danger_now": "danger", "self_harm": "self_harm"}
# Where the answer may say the word: the question is whether it is that, or the law that helps is only for those who suffered it.
TELLING_TOPICS = {"is_this_trafficking", "rights_immigration", "rights_criminal_record", "rights_compensation", "rights_family"}
ANY_NUMBER = ("112", "911", "999")

Ask = Callable[[str, str, str], Turn]


@dataclass
class Sent:
    """What goes out for one topic over SMS, page by page: the reply, and what waited behind "more" of the same reply."""

    replies: list[Reply] = field(default_factory=list)

    @property
    def bodies(self) -> list[str]:
        """As they are sent."""
        return [render(reply.text, reply.choices, reply.locale) for reply in self.replies]


@pytest.fixture(scope="module")
def ask(engine: Engine) -> Ask:
    """The turn for a topic as the first message of a session."""

    @cache
    def asked(topic: str, locale: str, country: str) -> Turn:
        values = {"locale": locale, **({"country": country} if country else {})}
        return engine.reply(f"/{topic}{json.dumps(values)}", None, payload=True)

    return asked


def _sent(turn: Turn) -> Sent:
    shape = SmsShape()
    reply, session = compose(turn, Session(), shape)
    sent = Sent([reply])
    while session.later:
        reply, session = rest(session, shape)
        sent.replies.append(reply)
    return sent


def _said(turn: Turn) -> list[str]:
    return [*(block.text for block in turn.blocks), *(title for title, _ in turn.options)]


def _digits(text: str) -> str:
    return text.replace(LEFT_TO_RIGHT, "")


every_topic = pytest.mark.parametrize("topic", TOPICS)


def test_there_are_45_topics() -> None:
    assert len(TOPICS) == 45


@every_topic
def test_it_is_answered_in_the_locale(topic: str, ask: Ask) -> None:
    for locale in LOCALES:
        for country in COUNTRIES:
            turn = ask(topic, locale, country)
            assert turn.locale == locale
            assert turn.blocks and all(block.text.strip() for block in turn.blocks)
            assert "{" not in "".join(_said(turn)), "a placeholder was not filled"


@every_topic
def test_no_english_is_left_in_another_locale(topic: str, ask: Ask) -> None:
    for country in COUNTRIES:
        english = set(_said(ask(topic, DEFAULT, country))) - SAME - {one.name for one in all_locales().values()}
        for locale in LOCALES:
            if locale != DEFAULT:
                assert english.intersection(_said(ask(topic, locale, country))) == set()


@every_topic
def test_it_fits_into_the_segments_of_an_sms_page_by_page(topic: str, ask: Ask) -> None:
    for locale in LOCALES:
        for country in COUNTRIES:
            sent = _sent(ask(topic, locale, country))
            for body in sent.bodies:
                measured = measure(body)
                assert measured.segments <= MOST_SEGMENTS[measured.encoding], (locale, country, body)


@every_topic
def test_nothing_of_it_is_lost_on_the_way_to_an_sms(topic: str, ask: Ask) -> None:
    for locale in LOCALES:
        for country in COUNTRIES:
            turn = ask(topic, locale, country)
            together = "\n".join(reply.text for reply in _sent(turn).replies)
            assert [block.text for block in turn.blocks if not block.optional and block.text not in together] == []


@every_topic
def test_a_person_is_one_digit_away_unless_somebody_may_be_looking(topic: str, ask: Ask) -> None:
    for locale in LOCALES:
        for country in COUNTRIES:
            turn = ask(topic, locale, country)
            for reply in _sent(turn).replies:
                assert any(choice.digit == "0" for choice in reply.choices) != (turn.bare or turn.ended)


@every_topic
def test_lines_that_the_police_run_are_never_offered(topic: str, ask: Ask) -> None:
    """But for the emergency numbers themselves, which the police answer in many countries."""
    emergency = {number for numbers in emergency_table().values() for number in f"{numbers.danger} {numbers.medical}".split()}
    lines = {service.phone for service in directory() if service.police_run and service.phone} - emergency
    assert lines
    for locale in LOCALES:
        for country in COUNTRIES:
            said = _digits("\n".join(_said(ask(topic, locale, country))))
            assert [line for line in lines if re.search(rf"(?<![\d-]){re.escape(line)}(?![\d-])", said)] == []


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic not in TELLING_TOPICS])
def test_the_line_does_not_say_what_it_is_for_before_the_person_does(topic: str, ask: Ask) -> None:
    """But for the short source, where a law is named so. It gives way first where there is no room."""
    telling = [f" {words}" for one in all_locales().values() for words in one.telling]
    for locale in LOCALES:
        for country in COUNTRIES:
            turn = ask(topic, locale, country)
            texts = [block.text for block in turn.blocks if not block.optional] + [title for title, _ in turn.options]
            said = " " + re.sub(r"\W+", " ", fold(" ".join(texts)))
            assert [words for words in telling if words in said] == [], (locale, country)


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("locale", LOCALES)
def test_danger_starts_with_the_emergency_number(locale: str, country: str, ask: Ask) -> None:
    turn, numbers = ask("danger_now", locale, country), numbers_of(country)
    first = _digits(turn.blocks[0].text)
    assert turn.urgent == "danger"
    assert numbers.danger in first if country else all(number in first for number in ANY_NUMBER)
    for place, line in enumerate(numbers.lines, 1):
        assert line.phone in _digits(turn.blocks[place].text)
    assert _sent(turn).bodies[0].startswith(render(turn.blocks[0].text, (), locale)[:20])


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("locale", LOCALES)
def test_self_harm_gets_the_crisis_line_first_and_the_ambulance_for_what_is_done(locale: str, country: str, ask: Ask) -> None:
    turn, numbers = ask("self_harm", locale, country), numbers_of(country)
    assert turn.urgent == "self_harm"
    if country:
        assert numbers.crisis_phone in _digits(turn.blocks[0].text)
    taken = max(number for number, block in enumerate(turn.blocks) if (numbers.medical or "911") in _digits(block.text))
    asked = [number for number, block in enumerate(turn.blocks) if re.search("[?؟]", block.text) and not re.search(r"\d", block.text)]
    assert all(taken < number for number in asked), "no question before a number"
    numbered = [block.text for block in turn.blocks if re.search(r"\d", block.text)]
    assert all(text in _sent(turn).replies[0].text for text in numbered), "every number comes at once"


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("locale", LOCALES)
def test_danger_says_that_nobody_here_can_see_or_send_anyone(locale: str, country: str, ask: Ask) -> None:
    from bot.dialogue.catalogues import translate

    limits = translate(locale, "utter_danger_limits", "I am automated. I cannot see where you are or send anyone.")
    assert limits in _sent(ask("danger_now", locale, country)).replies[0].text


@pytest.mark.parametrize("locale", LOCALES)
def test_numbers_run_left_to_right_in_every_script(locale: str, ask: Ask) -> None:
    if locale_of(locale).direction != "rtl":
        assert not any(LEFT_TO_RIGHT in text for topic in TOPICS for country in COUNTRIES for text in _said(ask(topic, locale, country)))
        return
    phones = {service.phone for service in directory() if service.country in ("US", "GB") and service.phone}
    for topic in TOPICS:
        for country in COUNTRIES:
            for text in _said(ask(topic, locale, country)):
                for phone in phones:
                    for place in re.finditer(rf"(?<![\d-]){re.escape(phone)}(?![\d-])", text):
                        assert text[place.start() - 1] == LEFT_TO_RIGHT, (topic, country, text)


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic.startswith("rights_")])
def test_an_answer_on_a_right_names_its_source_and_the_country_it_holds_for(topic: str, ask: Ask) -> None:
    from bot.knowledge.answers import answers

    for country in ("US", "GB"):
        answer = answers()[country, topic]
        said = "\n".join(block.text for block in ask(topic, DEFAULT, country).blocks)
        assert answer.text.split("{")[0] in said
        assert answer.cite in said
        assert answer.as_of.isoformat() in said


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic.startswith("rights_")])
def test_where_a_lawyer_is_needed_it_says_so_and_offers_one(topic: str, ask: Ask) -> None:
    from bot.knowledge.answers import answer_for

    for country in COUNTRIES:
        answer, turn = answer_for(topic, country), ask(topic, DEFAULT, country)
        assert answer is not None
        offered = "/find_legal_aid" in [payload for _, payload in turn.options]
        assert offered == answer.lawyer
        assert ("Talk to a lawyer before you act." in "\n".join(block.text for block in turn.blocks)) == answer.lawyer


@pytest.mark.parametrize("country", sorted(emergency_table()))
def test_danger_in_every_country_of_the_table_fits_and_starts_with_its_number(country: str, ask: Ask) -> None:
    numbers = numbers_of(country)
    for locale in LOCALES:
        turn = ask("danger_now", locale, country)
        body = _sent(turn).bodies[0]
        assert all(number in _digits(body.splitlines()[0]) for number in (numbers.danger or "112").split(" / "))
        assert measure(body).segments <= MOST_SEGMENTS[measure(body).encoding]
        harm = _sent(ask("self_harm", locale, country)).bodies[0]
        assert (numbers.crisis_phone or numbers.medical or "112") in _digits(harm)
