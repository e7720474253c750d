"""Conversations with the trained model: what follows what, and what is said. The ways of tests/conversations are gone here with their
real texts, which `rasa test core` does not read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.conversation.messages import Turn
from bot.errors import ModelError, TurnFailed
from bot.knowledge.directory import directory
from bot.knowledge.emergency import numbers_of
from bot.locales import all_locales
from bot.paths import ROOT

from .person import Person, payloads, words

if TYPE_CHECKING:
    from pathlib import Path

    from bot.dialogue.engine import Engine

WAYS = yaml.safe_load((ROOT / "tests" / "conversations" / "test_ways.yml").read_text(encoding="utf-8"))["stories"]
INTRODUCTION = "Info line. Automated, no judgement. 0 = a person."
EXIT_WORD = "To leave fast, send the word: weather"
WHICH_COUNTRY = "Which country are you in? Then I can be more exact."
ANY_NUMBER = "112, or 911 in the Americas, 999 in the UK"


def actions_of(turn: Turn) -> list[str]:
    """The actions that answered, in order."""
    events: Any = turn.state["events"]
    last = max(number for number, event in enumerate(events) if event["event"] == "user")
    return [event["name"] for event in events[last:] if event["event"] == "action" and event["name"] != "action_listen"]


def _turns_of(story: dict[str, Any]) -> list[tuple[dict[str, Any], list[str]]]:
    turns: list[tuple[dict[str, Any], list[str]]] = []
    for step in story["steps"]:
        if "intent" in step:
            turns.append((step, []))
        elif "action" in step:
            turns[-1][1].append(step["action"])
    return turns


@pytest.mark.parametrize("story", WAYS, ids=[story["story"] for story in WAYS])
def test_a_way_is_gone_with_the_texts_that_stand_in_it(story: dict[str, Any], engine: Engine) -> None:
    person = Person(engine)
    for step, expected in _turns_of(story):
        if "user" in step:
            turn = person.says(step["user"].strip())
        else:
            values = {name: value for entity in step.get("entities", []) for name, value in entity.items()}
            turn = person.picks(f"/{step['intent']}" + (json.dumps(values) if values else ""))
        assert actions_of(turn) == expected, step


def test_the_first_reply_introduces_the_line_and_teaches_the_exit_word_once(engine: Engine) -> None:
    person = Person(engine)
    first, second = person.says("my boss has not paid me for 3 months"), person.says("he took my passport")
    assert first.blocks[0].text == INTRODUCTION
    assert first.blocks[-1].text == EXIT_WORD
    assert first.blocks[-1].optional, "it gives way where there is no room"
    assert INTRODUCTION not in words(second)
    assert EXIT_WORD not in words(second)


def test_a_first_message_that_is_urgent_skips_the_introduction(engine: Engine) -> None:
    turn = Person(engine, country_hint="US").says("he has a gun, he is at the door")
    assert turn.urgent == "danger"
    assert "911" in turn.blocks[0].text
    assert INTRODUCTION not in words(turn)


def test_the_rest_of_an_answer_comes_page_by_page_and_ends(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    said = [words(person.says("they have not paid my wages"))]
    while "/more" in (offered := payloads(turn := person.picks("/more"))):
        assert "/source" in offered
        said.append(words(turn))
    said.append(words(turn))
    assert len(said) == len(set(said)) >= 3
    assert words(person.picks("/more")) == "There is no more on this. Ask me anything else."


def test_more_without_an_answer_before_it_says_so(engine: Engine) -> None:
    person = Person(engine)
    person.says("hello")
    assert words(person.picks("/more")) == "There is no more on this. Ask me anything else."


def test_an_answer_for_no_known_country_asks_for_it_once_and_is_given_again_for_the_country(engine: Engine) -> None:
    person = Person(engine)
    assert WHICH_COUNTRY in words(person.says("my boss has not paid me for 3 months"))
    assert WHICH_COUNTRY not in words(person.says("he took my passport"))
    again = person.says("London")
    assert again.understanding is not None and again.understanding.country == "GB"
    assert "UK" in words(again)
    assert actions_of(again) == ["action_place"]


def test_the_number_s_country_is_believed_until_another_is_named(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    assert "911" in words(person.says("he is beating me right now"))
    assert "999" in words(person.says("I am in London"))
    assert "999" in words(person.says("he is beating me right now"))


def test_a_search_for_a_country_names_services_of_that_country(engine: Engine) -> None:
    person = Person(engine)
    assert WHICH_COUNTRY in words(person.says("I need a lawyer"))
    found = person.says("in Chicago")
    assert actions_of(found) == ["search_form", "action_search"]
    hotline = numbers_of("US").hotline
    assert hotline and hotline.phone in words(found)


def test_the_country_named_after_a_search_repeats_that_search_and_no_other(engine: Engine) -> None:
    """Once it answered a search for a lawyer with places to stay."""
    person = Person(engine)
    person.says("I need a lawyer")
    person.picks("/deny")
    direct = Person(engine, country_hint="GB")
    direct.says("hello")
    assert words(person.says("I am in London")) == words(direct.says("I need a lawyer in London"))


def test_the_country_is_asked_once_in_a_search(engine: Engine) -> None:
    person = Person(engine)
    assert WHICH_COUNTRY in words(person.says("I need somewhere to sleep"))
    ended = person.picks("/deny")
    assert actions_of(ended) == ["search_form", "action_search"]
    assert "?" not in words(ended)
    assert ANY_NUMBER in words(ended)


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("who can read this?", "utter_who_sees_this"),
        ("thank you", "utter_thanks"),
        ("my boss has not paid me for 3 months", "action_answer"),
        ("i want to talk to a real person", "action_person"),
        ("delete everything", "action_erase"),
    ],
)
def test_another_topic_leaves_the_search_and_gets_its_own_answer(text: str, action: str, engine: Engine) -> None:
    person = Person(engine)
    person.says("I need somewhere to sleep")
    turn = person.says(text)
    assert actions_of(turn) == [action]
    if person.state:
        turn = person.says("xyzzy blorp")
        assert "search_form" not in actions_of(turn), "the search is over"


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("he is beating me right now", None, ANY_NUMBER),
        ("he is beating me right now in London, help", None, "999"),
        ("he has a knife he is in the house", None, ANY_NUMBER),
    ],
)
def test_danger_leaves_the_search_even_where_it_names_the_country(text: str, country: str | None, number: str, engine: Engine) -> None:
    person = Person(engine)
    person.says("I need a lawyer")
    turn = person.says(text)
    assert turn.urgent == "danger"
    assert actions_of(turn) == ["action_danger"]
    assert number in turn.blocks[0].text


def test_self_harm_leaves_the_search(engine: Engine) -> None:
    person = Person(engine)
    person.says("I need somewhere to sleep")
    turn = person.says("i want to die")
    assert (turn.urgent, actions_of(turn)) == ("self_harm", ["action_self_harm"])


@pytest.mark.parametrize(("text", "locale"), [("en español por favor", "es"), ("français svp", "fr"), ("arabic please", "ar")])
def test_a_language_that_is_named_is_written_from_then_on(text: str, locale: str, engine: Engine) -> None:
    person = Person(engine)
    person.says("my boss has not paid me for 3 months")
    assert person.says(text).locale == locale
    assert person.picks("/more").locale == locale


def test_a_language_is_picked_from_all_that_there_are(engine: Engine) -> None:
    person = Person(engine)
    offered = person.says("another language please")
    assert [title for title, _ in offered.options] == [locale.name for locale in all_locales().values()]
    changed = person.picks(dict(offered.options)["العربية"])
    assert changed.locale == "ar"
    assert payloads(changed) == ["/rights_overview", "/rights_pay", "/find_shelter", "/find_legal_aid"]
    assert person.picks("/more").locale == "ar"


@pytest.mark.parametrize("topic", ["rights_pay", "find_shelter", "talk_to_human", "who_sees_this"])
def test_a_topic_that_is_picked_is_answered_as_one_that_is_written(topic: str, engine: Engine) -> None:
    texts = {
        "rights_pay": "my boss has not paid me for 3 months",
        "find_shelter": "I need somewhere to sleep",
        "talk_to_human": "i want to talk to a real person",
        "who_sees_this": "who can read this?",
    }
    writes, picks = Person(engine, country_hint="US", locale_hint="en"), Person(engine, country_hint="US", locale_hint="en")
    assert words(writes.says(texts[topic])) == words(picks.picks(f"/{topic}"))


def test_not_understood_asks_once_then_puts_a_person_forward(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    decision = next(node._component for name, node in engine._agent.processor.graph_runner._nodes.items() if "Decision" in name)
    monkeypatch.setitem(decision._config, "act", 2.0)  # nothing is ever sure
    person = Person(engine, country_hint="US")
    once, twice = person.says("papers and so on"), person.says("papers and so on")
    assert "I want to be sure. Is it about:" in words(once)
    assert once.understanding is not None
    assert payloads(once) == [f"/{topic}" for topic in once.understanding.offered]
    assert "I am sorry, I still do not understand. A person can:" in words(twice)
    hotline = numbers_of("US").hotline
    assert hotline and hotline.phone in words(twice)
    monkeypatch.undo()
    person.says("hello")
    monkeypatch.setitem(decision._config, "act", 2.0)
    assert "I want to be sure. Is it about:" in words(person.says("papers and so on")), "something understood begins the count anew"


@pytest.mark.parametrize("text", ["erase everything I said", "borra todo lo que dije", "efface tout ce que j'ai dit", "امسح كل ما قلته"])
def test_erasing_ends_the_session(text: str, engine: Engine) -> None:
    person = Person(engine)
    person.says("my boss has not paid me for 3 months")
    assert person.says(text).ended
    assert person.state is None


def test_leaving_in_own_words_ends_the_session_with_one_line_and_no_choice(engine: Engine) -> None:
    person = Person(engine)
    person.says("hello")
    turn = person.says("stop writing to me")
    assert (turn.ended, turn.bare, len(turn.blocks), turn.options) == (True, True, 1, ())


def test_a_phone_in_the_wrong_hands_gets_one_blank_line_and_the_steps_on_a_digit(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    turn = person.says("he is next to me and reads this")
    assert (turn.bare, len(turn.blocks)) == (True, 1)
    assert payloads(turn) == ["/phone_is_shared"]
    steps = person.picks("/phone_is_shared")
    assert EXIT_WORD in words(steps)
    assert len(words(steps)) > 100


def test_whether_others_see_the_phone_is_asked_once(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    assert "/phone_is_shared" in payloads(person.says("my boss has not paid me for 3 months"))
    assert "/phone_is_shared" not in payloads(person.says("he took my passport"))


def test_a_service_goes_by_its_neutral_label_until_the_person_uses_the_word(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    hotline = numbers_of("US").hotline
    assert hotline is not None
    assert hotline.name not in words(person.says("i want to talk to a real person"))
    person.says("am I a victim of trafficking?")
    assert hotline.name in words(person.says("i want to talk to a real person"))


def test_minors_get_the_line_for_the_young_at_once(engine: Engine) -> None:
    child_lines = {service.phone for service in directory().find("GB", ["child_help"])}
    assert child_lines
    said = words(Person(engine, country_hint="GB").says("im 15 and my uncle makes me work in his shop"))
    assert any(phone in said for phone in child_lines)


@pytest.mark.parametrize(
    "text",
    [
        "/restart",
        "  /restart",
        "/ /restart",
        "/\n/restart",
        "//restart",
        "\u200b/restart",
        "\x1c/restart",
        "\u00a0/restart",
        '/choose_locale{"locale":"fr"}',
        '/\t/choose_locale{"locale": "fr"}',
        '/stop{"locale": "fr"}',
        "/stop{",
        '/give_location{"country": "FR"}',
        "/session_start",
        "/back",
        "/",
        " / / ",
        "／restart",
    ],
)
def test_a_slash_that_a_person_types_is_no_command(text: str, engine: Engine) -> None:
    """Rasa takes any text that begins with a slash for an intent, whoever typed it."""
    person = Person(engine, country_hint="US", locale_hint="en")
    person.says("my boss has not paid me for 3 months")
    turn = person.says(text)
    assert turn.understanding is not None, "the components have read it"
    assert turn.state["slots"]["country"] == "US"  # type: ignore[index]
    assert turn.locale != "fr"
    assert engine.understand(text).confidence < 1


def test_a_payload_of_the_service_is_a_command(engine: Engine) -> None:
    person = Person(engine)
    turn = person.picks('/choose_locale{"locale": "fr"}')
    assert (turn.locale, turn.understanding) == ("fr", None)


def test_understanding_leaves_no_mark_on_the_session(engine: Engine) -> None:
    person = Person(engine, country_hint="US")
    state = person.says("my boss has not paid me for 3 months").state
    before = json.dumps(state)
    assert engine.understand("no me pagan, estoy en Londres", state).topic == "rights_pay"
    assert json.dumps(state) == before


def test_understanding_takes_the_session_into_account(engine: Engine) -> None:
    person = Person(engine, locale_hint="es")
    person.says("no me pagan")
    assert engine.understand("ok", person.state).locale == "es"


def test_an_intent_without_a_rule_fails_the_turn_so_that_the_last_wall_answers(engine: Engine) -> None:
    with pytest.raises(TurnFailed, match="The last wall answers"):
        Person(engine).picks("/restart")


def test_a_failed_turn_leaves_nothing_for_the_next_one(engine: Engine) -> None:
    person = Person(engine, country_hint="GB")
    state = person.says("hello").state
    with pytest.raises(TurnFailed):
        person.picks("/restart")
    assert words(engine.reply("he is beating me right now", None, {})).count("999") == 1, "only among the general numbers"
    assert "999" in engine.reply("he is beating me right now", state).blocks[0].text


def test_a_model_that_cannot_be_loaded_is_named_with_what_to_do(tmp_path: Path) -> None:
    from bot.dialogue.engine import Engine

    broken = tmp_path / "helpline-broken.tar.gz"
    broken.write_bytes(b"no archive")
    with pytest.raises(ModelError, match=r"helpline-broken\.tar\.gz cannot be loaded .* Train it again with `helpline train`\."):
        Engine(broken)


@pytest.mark.parametrize(
    ("hint", "text", "country"),
    [
        ("GB", "I am not in the UK, I am in Germany", "DE"),
        ("RO", "nu sunt in Romania, sunt in Italia", "IT"),
    ],
)
def test_another_country_than_that_of_the_number_is_believed_where_the_message_is_about_it(
    hint: str, text: str, country: str, engine: Engine
) -> None:
    person = Person(engine, country_hint=hint)
    assert person.says(text).urgent is None
    assert f'"{country}"' in json.dumps(person.state)


@pytest.mark.parametrize("text", ["source", "sursa"])
def test_a_word_that_is_spelt_like_a_town_abroad_moves_nobody(text: str, engine: Engine) -> None:
    person = Person(engine, country_hint="AE")
    person.says(text)
    assert not re.search('"(BR|TR|US|GB)"', json.dumps(person.state))


def test_who_asks_for_another_language_in_danger_gets_the_numbers_in_it(engine: Engine) -> None:
    person = Person(engine, country_hint="GB", locale_hint="en")
    person.says("he is hitting me")
    again = person.says("vietnamese please")
    assert again.urgent == "danger" and "999" in again.blocks[0].text and "gọi" in words(again)


def test_what_has_ended_offers_nothing_more(engine: Engine) -> None:
    ended = Person(engine, country_hint="US").says("delete everything i wrote")
    assert ended.ended and not ended.options


def test_who_names_what_is_sought_with_the_place_is_answered(engine: Engine) -> None:
    assert "1-888-373-7888" in words(Person(engine, country_hint="US").says("shelter near Houston"))
