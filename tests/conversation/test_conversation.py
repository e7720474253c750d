"""What the conversation promises of every message, with a dialogue that answers by script."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import random
import time
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from bot.conversation import conversation
from bot.conversation.messages import SILENCE, Block, Kind, Reply, Turn, Understanding
from bot.conversation.stop_words import CARRIER_HELP, CARRIER_START, CARRIER_STOP
from bot.dialogue.catalogues import compile_catalogues, translate
from bot.errors import StoreUnavailable, TurnFailed
from bot.locales import all_locales
from bot.store.memory import MemoryStore

from .scripted import OPTIONS, PERSON, Asked, Line, Script, turn

GONE = ("utter_choice_gone", "That choice is no longer open. Please write in your own words.")
LOST = ("utter_place_not_found", "I do not know that place. Please write the country.")
LATE = ("utter_old_message", "This line was away when you wrote. If you still want to, write again.")
EMPTY = ("utter_empty", "Your message came without words. Please write a few words.")
NO_PICTURES = ("utter_no_pictures", "I can only read text. Please write in your own words.")
NO_VOICE = ("utter_no_voice_notes", "I cannot hear voice notes. Please write. If writing is hard, a person can listen:")


@pytest.fixture(scope="module", autouse=True)
def _catalogues() -> None:
    compile_catalogues()


def digits(reply: Reply) -> str:
    """The digits that a reply offers, in order."""
    return "".join(choice.digit for choice in reply.choices)


# Choices


@pytest.mark.parametrize(
    "typed", ("1", "١", "۱", "१", "১", "１", "①", "¹", " 1 ", "1.", "(1)", "1)", "1\ufe0f\u20e3", "\u200f١", "\u200e1\n", "\ufeff1")
)
async def test_a_digit_in_any_script_picks_its_choice(typed: str) -> None:
    line = Line()
    await line.send("hello")
    await line.send(typed)
    assert line.script.asked[-1] == Asked("/rights_pay", {"count": 1}, line.script.asked[-1].hints, payload=True)


@pytest.mark.parametrize("typed", ("0", "٠", "۰", "०", "０", " 0 ", "0.", "0\ufe0f\u20e3"))
async def test_nought_is_a_person_in_any_script(typed: str) -> None:
    line = Line()
    await line.send(typed)
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == (PERSON, True)


@pytest.mark.parametrize(
    "typed",
    ("12", "1 2", "1 is enough", "2 men", "2 men coming", "½", "ten", "/1", "-1", "1/2", "my 2 kids", "am I 2?", "at 12", "he hit 2 x"),
)
async def test_what_is_more_than_a_digit_is_read_as_words(typed: str) -> None:
    line = Line()
    await line.send("hello")
    await line.send(typed)
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == (typed, False)


@pytest.mark.parametrize("typed", ("/restart", "/talk_to_human", '/choose_locale{"locale":"fr"}', "/later", " /stop"))
async def test_what_a_person_types_is_never_a_command_of_ours(typed: str) -> None:
    line = Line()
    await line.send(typed)
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == (typed, False)


async def test_a_digit_that_stands_for_nothing_is_told_and_what_was_open_stays_open() -> None:
    line = Line()
    await line.send("hello")
    reply = await line.send("7")
    assert reply.text == GONE[1]
    assert digits(reply) == "1230"
    assert line.script.texts == ["hello"]
    await line.send("2")
    assert line.script.texts[-1] == "/find_shelter"


@pytest.mark.parametrize("typed", ("option 2", "Option 2.", "le 2", "opción 2", "الخيار ٢", "number 2)", "pay... 2"))
async def test_a_word_and_a_digit_name_a_choice(typed: str) -> None:
    line = Line()
    await line.send("hello")
    await line.send(typed)
    named = "..." not in typed
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == (("/find_shelter" if named else typed), named)
    await line.send("room 9")
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == ("room 9", False)


SIGNS = (("Papers", '/sign{"sign": "papers"}'), ("Pay", '/sign{"sign": "pay"}'), ("Debt", '/sign{"sign": "debt"}'), ("All", "/signs_done"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    (
        ("1 3", '/sign{"sign": "papers debt"}'),
        ("31", '/sign{"sign": "debt papers"}'),
        ("2,2, 1.", '/sign{"sign": "pay papers"}'),
        ("\u0661 \u0662", '/sign{"sign": "papers pay"}'),
        ("1 4", None),  # one of them ends the list
        ("1 7", None),
        ("1 and 2", None),
    ),
)
async def test_several_digits_pick_several_of_a_list_of_signs(typed: str, meant: str | None) -> None:
    line = Line(Script(lambda asked: turn("Which of these?", options=SIGNS)))
    await line.send("hello")
    await line.send(typed)
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == (meant or typed, meant is not None)


@pytest.mark.parametrize("typed", ("Who can help", "who can help", " WHO CAN HELP ", "who can hlp?", "whocan help", "Who can, help"))
async def test_the_title_of_a_choice_names_it(typed: str) -> None:
    line = Line()
    assert (await line.send(typed)).text == "Answer 1."
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == (typed, False)
    await line.send(typed)
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == ("/who_helps", True)


@pytest.mark.parametrize(
    ("typed", "meant"), (("i cant talk", True), ("I can't talk!", True), ("I can talk", False), ("I cannot talk to him about pay", False))
)
async def test_a_title_may_be_misspelled_but_not_turned_into_its_opposite(typed: str, meant: bool) -> None:
    line = Line(Script(lambda asked: turn("Now.", options=(("I cannot talk", "/no_voice"),))))
    await line.send("hello")
    await line.send(typed)
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == (("/no_voice", True) if meant else (typed, False))


@pytest.mark.parametrize(("typed", "country"), (("911", "US"), ("999.", "GB"), ("112!", None), (" 17 ", "SN"), ("911", "GB")))
async def test_who_texts_the_emergency_number_is_in_danger(typed: str, country: str | None) -> None:
    line = Line()
    await line.send(typed, country=country)
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == ("/danger_now", True)


async def test_a_digit_to_begin_with_gets_the_menu() -> None:
    line = Line()
    await line.send("1", country="MX")
    assert line.script.asked == [Asked("/what_can_you_do", None, {"locale_hint": "es", "country_hint": "MX"}, payload=True)]


async def test_a_digit_means_what_the_last_reply_said() -> None:
    line = Line(Script(lambda asked: turn("Now.", options=(("Other", "/other"),)) if asked.payload else turn("First.")))
    await line.send("hello")
    await line.send("2")
    assert (await line.send("2")).text == GONE[1]
    await line.send("1")
    assert line.script.texts == ["hello", "/find_shelter", "/other"]


async def test_nought_is_a_person_whatever_came_before() -> None:
    says = {"bare": turn("Thank you.", bare=True), "ended": turn("Gone.", ended=True), "none": turn("Said.", options=())}
    line = Line(Script(lambda asked: says.get(asked.text) or turn("A person:")))
    for before in says:
        await line.send(before)
        await line.send("0")
        assert line.script.texts[-1] == PERSON


async def test_every_reply_offers_a_person_last() -> None:
    line = Line()
    for text in ("hello", "1", "9", "", "hello"):
        assert (await line.send(text)).choices[-1].digit == "0"


async def test_the_way_to_a_person_does_not_offer_itself() -> None:
    line = Line()
    assert digits(await line.send("0")) == "123"


# Buttons, places, commands


async def test_a_button_of_the_last_reply_is_its_choice_and_carries_no_topic() -> None:
    line = Line()
    reply = await line.send("hello", channel="telegram")
    assert [choice.data for choice in reply.choices] == ["1:1", "1:2", "1:3", "1:0"]
    await line.send(kind=Kind.CHOICE, choice=reply.choices[1].data, channel="telegram")
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == ("/find_shelter", True)


async def test_a_button_of_an_older_reply_is_gone_unless_it_is_the_person() -> None:
    line = Line()
    old = (await line.send("hello")).choices
    await line.send("again")
    assert (await line.send(kind=Kind.CHOICE, choice=old[0].data)).text == GONE[1]
    assert line.script.texts == ["hello", "again"]
    await line.send(kind=Kind.CHOICE, choice=old[-1].data)
    assert line.script.texts[-1] == PERSON


@pytest.mark.parametrize("data", (None, "", ":", "1", "1:", ":1", "x:1", "1:9", "1:x", "99:1", "1:1:1", "/rights_pay", "1:/rights_pay"))
async def test_a_button_with_anything_else_in_it_is_gone(data: str | None) -> None:
    line = Line()
    await line.send("hello")
    assert (await line.send(kind=Kind.CHOICE, choice=data)).text == GONE[1]
    assert line.script.texts == ["hello"]


async def test_a_place_becomes_the_country_it_lies_in() -> None:
    line = Line()
    await line.send(kind=Kind.PLACE, country="FR")
    assert line.script.asked[-1].text == '/give_location{"country": "FR"}'
    await line.send(kind=Kind.PLACE, country="FR", place="FR IDF 48.9 2.3 once")
    assert line.script.asked[-1].text == '/give_location{"country": "FR", "place": "FR IDF 48.9 2.3 once"}'
    assert line.script.asked[-1].payload


async def test_a_place_in_no_country_is_told() -> None:
    line = Line()
    assert (await line.send(kind=Kind.PLACE, country=None)).text == LOST[1]
    assert line.script.asked == []


@pytest.mark.parametrize(
    ("command", "meant"),
    (
        ("start", "/greet"),
        ("help", "/what_can_you_do"),
        ("person", PERSON),
        ("language", "/change_language"),
        ("erase", "/erase_me"),
    ),
)
async def test_a_command_is_what_it_says(command: str, meant: str) -> None:
    line = Line()
    await line.send(kind=Kind.COMMAND, choice=command)
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == (meant, True)


@pytest.mark.parametrize("command", (None, "", "settings", "restart"))
async def test_a_command_that_there_is_not_gets_a_sentence(command: str | None) -> None:
    line = Line()
    assert (await line.send(kind=Kind.COMMAND, choice=command)).text == GONE[1]
    assert line.script.asked == []


# Leaving


@pytest.mark.parametrize("word", sorted(CARRIER_STOP))
@pytest.mark.parametrize("form", (str.upper, str.lower, str.title, " {}\n".format))
async def test_a_stop_word_of_the_carriers_gets_silence_and_the_session_goes(word: str, form: Callable[[str], str]) -> None:
    line = Line()
    await line.send("hello")
    assert await line.send(form(word)) == SILENCE
    assert line.script.texts == ["hello"]
    await line.send("back")
    assert line.script.asked[-1].state is None


async def test_a_stop_word_elsewhere_or_in_a_sentence_is_words() -> None:
    line = Line()
    await line.send("stop", channel="telegram")
    await line.send("please stop")
    assert line.script.texts == ["stop", "please stop"]


@pytest.mark.parametrize("word", sorted(CARRIER_HELP))
async def test_help_and_info_by_sms_are_the_way_to_a_person(word: str) -> None:
    line = Line()
    await line.send(word.lower())
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == (PERSON, True)
    await line.send(word, channel="telegram")
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == (word, False)


@pytest.mark.parametrize("word", sorted(CARRIER_START))
async def test_start_and_yes_are_words(word: str) -> None:
    line = Line()
    assert (await line.send(word)).text == "Answer 1."
    assert (line.script.asked[-1].text, line.script.asked[-1].payload) == (word, False)


@pytest.mark.parametrize("locale", all_locales())
@pytest.mark.parametrize("channel", ("sms", "telegram"))
async def test_the_exit_word_of_any_language_ends_in_silence(locale: str, channel: str) -> None:
    line, word = Line(), all_locales()[locale].exit_word
    for typed in (word, f" {word.upper()} \n"):
        await line.send("hello", channel=channel)
        asked = len(line.script.asked)
        assert await line.send(typed, channel=channel) == Reply("", erase=True)
        assert len(line.script.asked) == asked
        await line.send("back", channel=channel)
        assert line.script.asked[-1].state is None
    await line.send(f"{word}?! today", channel=channel)
    assert line.script.texts[-1] == f"{word}?! today"


async def test_the_exit_command_is_the_exit_word() -> None:
    line = Line()
    await line.send("hello")
    assert await line.send(kind=Kind.COMMAND, choice="exit") == Reply("", erase=True)
    await line.send("back")
    assert line.script.asked[-1].state is None


@pytest.mark.parametrize("word", ("stop", "weather"))
async def test_what_was_under_way_when_somebody_left_is_not_said_any_more(word: str) -> None:
    line = Line(Script(seconds=0.1))
    waiting = asyncio.create_task(line.send("hello", delivery="SM1"))
    await asyncio.sleep(0.03)
    assert (await line.send(word, delivery="SM2")).text == ""
    assert (await waiting).text == ""
    assert (await line.send("hello", delivery="SM1")).text == ""
    assert (await line.send("back", delivery="SM3")).text == "Answer 1."


@pytest.mark.parametrize("word", ("stop", "weather"))
async def test_what_was_said_before_somebody_left_is_not_repeated(word: str) -> None:
    line = Line()
    assert (await line.send("hello", delivery="SM1")).text == "Answer 1."
    await line.send(word, delivery="SM2")
    assert (await line.send("hello", delivery="SM1")).text == ""
    assert (await line.send("hello", delivery="SM1", address="+14155550143")).text == "Answer 1."


async def test_the_last_wall_is_silent_too_for_who_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "DEADLINE", 0.2)
    line = Line(Script(seconds=60))
    waiting = asyncio.create_task(line.send("hello", delivery="SM1"))
    await asyncio.sleep(0.05)
    await line.send("stop", delivery="SM2")
    assert (await waiting).text == ""


async def test_leaving_is_silent_even_when_the_store_is_away() -> None:
    line = Line(store=Away())
    assert await line.send("stop") == SILENCE
    assert await line.send("weather") == Reply("", erase=True)
    assert line.conversation.failures == 2


async def test_what_ended_is_forgotten_and_its_last_words_go_out() -> None:
    line = Line(Script(lambda asked: turn("Gone.", ended=True, options=()) if asked.text == "erase" else turn("Said.")))
    await line.send("hello")
    reply = await line.send("erase")
    assert (reply.text, reply.erase, reply.choices) == ("Gone.", True, ())
    assert list(line.store._values) == []  # type: ignore[attr-defined]
    await line.send("back")
    assert line.script.asked[-1].state is None


# What comes without words


@pytest.mark.parametrize("locale", all_locales())
@pytest.mark.parametrize(
    ("kind", "said"), ((Kind.PICTURE, NO_PICTURES), (Kind.STICKER, NO_PICTURES), (Kind.FILE, NO_PICTURES), (Kind.VOICE, NO_VOICE))
)
async def test_what_cannot_be_read_gets_a_sentence_and_a_person(locale: str, kind: Kind, said: tuple[str, str]) -> None:
    line = Line()
    reply = await line.send(kind=kind, locale=locale)
    assert (reply.text, reply.locale) == (translate(locale, *said), locale)
    assert digits(reply) == "0"
    assert line.script.asked == []


@pytest.mark.parametrize("text", ("", " ", "\n\n", "😢", "👍🏽👍🏽", "...", "?!", "❤️ 🙏", "\u200b", "—"))
async def test_what_has_no_words_gets_a_sentence_and_a_person(text: str) -> None:
    line = Line()
    reply = await line.send(text)
    assert reply.text == EMPTY[1]
    assert digits(reply) == "0"
    assert line.script.asked == []


async def test_such_a_sentence_comes_in_the_language_of_the_session_and_leaves_choices_open() -> None:
    line = Line(Script(lambda asked: turn("Bien.", locale="fr")))
    await line.send("bonjour")
    reply = await line.send(kind=Kind.VOICE)
    assert (reply.text, reply.locale, digits(reply)) == (translate("fr", *NO_VOICE), "fr", "1230")
    await line.send("3")
    assert line.script.texts[-1] == "/who_helps"
    assert line.script.asked[-1].state == {"count": 1}


@pytest.mark.parametrize(
    "about", ({"text": "help me"}, {"text": "1"}, {"kind": Kind.CHOICE, "choice": "1:1"}, {"kind": Kind.VOICE}, {"kind": Kind.COMMAND})
)
async def test_what_waited_during_an_outage_is_not_answered_as_if_it_were_fresh(about: dict[str, Any]) -> None:
    line = Line()
    reply = await line.send(**about, late=True)
    assert reply.text == LATE[1]
    assert digits(reply) == "0"
    assert line.script.asked == []


async def test_an_exit_word_that_waited_is_heard_all_the_same() -> None:
    assert await Line().send("weather", late=True) == Reply("", erase=True)


# What goes to the dialogue


async def test_the_dialogue_gets_text_and_hints_and_never_an_address() -> None:
    line = Line()
    await line.send("my boss", country="GB", locale="ar", delivery="SM1")
    await line.send("again", country="GB")
    first, second = line.script.asked
    assert first == Asked("my boss", None, {"locale_hint": "ar", "country_hint": "GB"}, payload=False)
    open_topics = [payload.removeprefix("/") for _, payload in OPTIONS]
    assert second == Asked("again", {"count": 1}, {"locale_hint": "en", "country_hint": "GB", "open_topics": open_topics}, payload=False)


async def test_two_people_and_two_channels_have_sessions_of_their_own() -> None:
    line = Line()
    for about in ({}, {"address": "+14155550143"}, {"channel": "telegram"}):
        reply = await line.send("hello", **about)
        assert reply.text == "Answer 1."
    assert (await line.send("hello")).text == "Answer 2."


async def test_locale_and_urgency_of_the_reply_are_those_of_the_turn() -> None:
    reply = await Line(Script(lambda asked: turn("اتصل", locale="ar", urgent="danger"))).send("x")
    assert (reply.locale, reply.urgent) == ("ar", "danger")


async def test_a_bare_reply_shows_no_choice_but_its_digit_works() -> None:
    bare = turn("Thank you. Send 1 when you have time.", bare=True, options=(("OK", "/phone_is_shared"),))
    line = Line(Script(lambda asked: turn("Steps.") if asked.payload else bare))
    reply = await line.send("he is next to me")
    assert (reply.text, reply.choices) == ("Thank you. Send 1 when you have time.", ())
    await line.send("1")
    assert line.script.texts[-1] == "/phone_is_shared"


async def test_yes_to_several_choices_puts_them_again_and_not_the_menu() -> None:
    menu = (("Menu one", "/rights_overview"), ("Menu two", "/find_work"))
    yes = Understanding("en", "affirm", (("affirm", 0.9),), 0.9, True)
    line = Line(Script(lambda asked: turn("OK. What?", options=menu, understanding=yes) if asked.text == "yes" else turn("First.")))
    reply = await line.send("yes")
    assert [choice.title for choice in reply.choices[:-1]] == ["Menu one", "Menu two"]
    await line.send("hello")
    reply = await line.send("yes")
    assert (reply.text, [choice.title for choice in reply.choices[:-1]]) == ("OK. What?", [title for title, _ in OPTIONS])
    await line.send("2")
    assert line.script.texts[-1] == OPTIONS[1][1]


async def test_yes_where_only_more_was_offered_brings_the_rest() -> None:
    yes = Understanding("en", "affirm", (("affirm", 0.9),), 0.9, True)
    long = turn(*(f"Sentence {number} of a long answer, which takes its place." for number in range(30)), options=())
    line = Line(Script(lambda asked: turn("OK. What?", understanding=yes) if asked.text == "yes" else long))
    first = await line.send("hello")
    second = await line.send("yes")
    assert first.text.startswith("Sentence 0") and second.text.startswith("Sentence ")
    assert second.text.splitlines()[0] not in first.text


# Once, and in order


async def test_a_repeated_delivery_gets_the_very_same_reply() -> None:
    line = Line(Script(lambda asked: turn(f"Said {random.random()}.", locale="es", urgent="danger")))
    first = await line.send("hello", delivery="SM1")
    assert await line.send("hello", delivery="SM1") == first
    assert len(line.script.asked) == 1
    await line.send("1")
    assert line.script.texts == ["hello", "/rights_pay"]
    assert await line.send("hello", delivery="SM1") == first


async def test_two_at_once_of_one_delivery_ask_the_dialogue_once() -> None:
    line = Line(Script(seconds=0.02))
    replies = await asyncio.gather(*(line.send("hello", delivery="SM1") for _ in range(5)))
    assert len(line.script.asked) == 1
    assert replies == [replies[0]] * 5


async def test_another_delivery_of_the_same_words_is_another_message() -> None:
    line = Line()
    texts = [(await line.send("hello", **about)).text for about in ({"delivery": "SM1"}, {"delivery": "SM2"}, {}, {})]
    assert texts == ["Answer 1.", "Answer 2.", "Answer 3.", "Answer 4."]


async def test_a_repeated_delivery_is_known_over_one_rotation_of_keys() -> None:
    line = Line()
    first = await line.send("hello", delivery="SM1")
    line.keys.rotate()
    assert await line.send("hello", delivery="SM1") == first
    assert len(line.script.asked) == 1


async def test_a_repeat_of_what_the_last_wall_answered_is_tried_again() -> None:
    broken = [True]

    def says(asked: Asked) -> Turn:
        if broken.pop():
            raise TurnFailed("It failed.")
        broken.append(False)
        return turn("Right.")

    line = Line(Script(says))
    broken.insert(0, False)
    assert "911" in (await line.send("hello", delivery="SM1")).text
    assert (await line.send("hello", delivery="SM1")).text == "Right."


async def test_the_end_of_a_session_is_repeated_too() -> None:
    line = Line(Script(lambda asked: turn("Gone.", ended=True)))
    first = await line.send("erase", delivery="SM1")
    assert await line.send("erase", delivery="SM1") == first
    assert len(line.script.asked) == 1


async def test_messages_of_one_session_are_answered_in_their_order_each_after_the_other() -> None:
    line = Line(Script(seconds=0.01))
    replies = await asyncio.gather(*(line.send(f"{number} is said") for number in range(6)))
    assert line.script.texts == [f"{number} is said" for number in range(6)]
    assert [reply.text for reply in replies] == [f"Answer {number}." for number in range(1, 7)]


async def test_sessions_do_not_wait_for_each_other() -> None:
    line = Line(Script(seconds=0.1))
    started = time.monotonic()
    await asyncio.gather(*(line.send("hello", address=f"+1415555{number:04}") for number in range(20)))
    assert time.monotonic() - started < 1


# Whatever breaks


def fails_with(error: BaseException) -> Callable[[Asked], NoReturn]:
    """A script that raises."""

    def fail(asked: Asked) -> NoReturn:
        raise error

    return fail


ERRORS = (
    TurnFailed("It failed."),
    ValueError("he has my passport"),
    KeyError("he has my passport"),
    AssertionError(),
    RecursionError(),
    MemoryError(),
    OSError(5, "disk"),
    asyncio.TimeoutError(),
    EOFError(),
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_whatever_the_dialogue_raises_the_last_wall_answers(
    error: Exception, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    line = Line(Script(fails_with(error)))
    reply = await line.send("he has my passport", country="GB")
    assert "999" in reply.text and reply.urgent == "danger"
    assert line.conversation.failures == 1
    said = caplog.text + "".join(capfd.readouterr())
    assert "passport" not in said and "14155550142" not in said


@pytest.mark.parametrize("empty", (Turn(()), Turn((Block(""),)), Turn((Block(" "), Block("\n"))), Turn((), options=OPTIONS)))
async def test_an_empty_turn_is_no_silence(empty: Turn) -> None:
    assert "911" in (await Line(Script(lambda asked: empty)).send("hello")).text


async def test_a_state_that_cannot_be_kept_is_answered_for_by_the_last_wall() -> None:
    reply = await Line(Script(lambda asked: turn("Said.", state={"count": {1, 2}}))).send("hello")
    assert "911" in reply.text


async def test_a_dialogue_that_does_not_end_is_answered_for_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "DEADLINE", 0.1)
    line = Line(Script(seconds=60))
    started = time.monotonic()
    assert "911" in (await line.send("hello")).text
    assert time.monotonic() - started < 1


async def test_a_session_outlives_a_turn_that_failed_and_the_wall_speaks_its_language() -> None:
    broken: list[bool] = []

    def says(asked: Asked) -> Turn:
        if broken:
            raise TurnFailed("It failed.")
        return turn("نعم", locale="ar")

    line = Line(Script(says))
    await line.send("marhaba")
    broken.append(True)
    reply = await line.send("hello")
    assert reply.locale == "ar" and "911" in reply.text
    broken.clear()
    await line.send("1")
    assert line.script.asked[-1] == dataclasses.replace(line.script.asked[-1], text="/rights_pay", state={"count": 1})


async def test_who_waits_behind_a_hanging_turn_is_answered_in_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "DEADLINE", 0.2)
    line = Line(Script(seconds=60))
    started = time.monotonic()
    replies = await asyncio.gather(*(line.send("hello") for _ in range(3)))
    assert time.monotonic() - started < 1
    assert all("911" in reply.text for reply in replies)
    line.script.seconds = 0
    assert (await line.send("hello")).text == "Answer 1."


class Away(MemoryStore):
    """A store that cannot be reached, as long as `gone`."""

    gone = True

    def _reach(self) -> None:
        if self.gone:
            raise StoreUnavailable("Redis cannot be reached. See that it runs.")

    async def get(self, name: str) -> bytes | None:
        """Fails."""
        self._reach()
        return await super().get(name)

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        """Fails."""
        self._reach()
        await super().set(name, value, seconds)

    async def delete(self, *names: str) -> None:
        """Fails."""
        self._reach()
        await super().delete(*names)


async def test_a_store_that_is_away_is_answered_for_by_the_last_wall_until_it_is_back() -> None:
    store = Away()
    line = Line(store=store)
    assert "911" in (await line.send("hello")).text
    store.gone = False
    assert (await line.send("hello")).text == "Answer 1."


async def test_a_store_that_goes_away_during_the_turn_costs_only_the_memory() -> None:
    store = Away()
    store.gone = False

    def says(asked: Asked) -> Turn:
        store.gone = True
        return turn("Right.")

    line = Line(Script(says), store=store)
    reply = await line.send("hello")
    assert (reply.text, digits(reply)) == ("Right.", "1230")
    assert line.conversation.failures == 1


async def test_a_full_store_costs_only_the_memory_of_new_sessions() -> None:
    line = Line(store=MemoryStore(capacity=1))
    await line.send("hello")
    assert (await line.send("hello", address="+14155550143")).text == "Answer 1."
    assert (await line.send("hello", address="+14155550143")).text == "Answer 1."
    assert line.conversation.failures == 2
    assert (await line.send("hello")).text == "Answer 2."


# As much as fits


async def test_what_does_not_fit_waits_behind_a_digit_and_comes_in_order() -> None:
    pages = [f"Page {number} " + "x" * 280 + "." for number in range(4)]
    line = Line(Script(lambda asked: turn(*pages)))
    reply = await line.send("hello")
    assert reply.text == pages[0]
    assert [choice.title for choice in reply.choices] == ["More", "Pay", "Shelter", "Who can help", "A person"]
    for page in pages[1:]:
        reply = await line.send("1")
        assert reply.text == page
    assert [choice.title for choice in reply.choices] == ["Pay", "Shelter", "Who can help", "A person"]
    assert line.script.texts == ["hello"]
    await line.send("1")
    assert line.script.texts[-1] == "/rights_pay"


async def test_more_of_the_answer_is_offered_again_when_nothing_of_the_reply_waits() -> None:
    says = turn("First " + "x" * 300, "Second " + "x" * 300, options=(("More", "/more"), ("Who can help", "/who_helps")))
    line = Line(Script(lambda asked: says))
    reply = await line.send("hello")
    assert [choice.title for choice in reply.choices] == ["More", "Who can help", "A person"]
    reply = await line.send("1")
    assert reply.text.startswith("Second")
    assert [choice.title for choice in reply.choices] == ["More", "Who can help", "A person"]
    assert line.script.texts == ["hello"]
    await line.send("1")
    assert line.script.texts[-1] == "/more"


async def test_an_introduction_keeps_its_answer_and_choices_give_way_and_come_back() -> None:
    blocks = ("Intro.", "Answer " + "x" * 390, "Last " + "x" * 100)
    line = Line(Script(lambda asked: turn(*blocks, options=(("Something long to pick", "/a"), ("Something long too", "/b")))))
    reply = await line.send("hello")
    assert reply.text == "\n".join(blocks[:2])
    assert [choice.title for choice in reply.choices] == ["More", "Something long to pick", "A person"]
    reply = await line.send("1")
    assert reply.text == blocks[2]
    assert [choice.title for choice in reply.choices] == ["Something long to pick", "Something long too", "A person"]


async def test_what_waits_still_waits_after_a_picture() -> None:
    line = Line(Script(lambda asked: turn("First " + "x" * 300, "Second " + "x" * 200)))
    first = await line.send("hello")
    reply = await line.send(kind=Kind.PICTURE)
    assert reply.text == NO_PICTURES[1]
    assert [choice.title for choice in reply.choices] == [choice.title for choice in first.choices]
    assert (await line.send("1")).text.startswith("Second")


async def test_words_instead_of_the_digit_leave_what_waits_behind() -> None:
    line = Line(Script(lambda asked: turn("First " + "x" * 300, "Second " + "x" * 200) if asked.state is None else turn("New.")))
    await line.send("hello")
    reply = await line.send("something else")
    assert (reply.text, digits(reply)) == ("New.", "1230")


async def test_an_optional_block_is_dropped_before_anything_waits() -> None:
    blocks = (Block("Answer " + "x" * 300), Block("Source " + "x" * 300, optional=True), Block("Last."))
    line = Line(Script(lambda asked: turn(*blocks)))
    reply = await line.send("hello")
    assert reply.text == blocks[0].text + "\n" + blocks[2].text
    assert "More" not in [choice.title for choice in reply.choices]


# A session that was urgent

DANGER = "If you are in danger now, call {}."


def _urgent(kind: str, country: str | None = None) -> Line:
    """A line whose first reply is urgent, and the others are not."""
    first = {"urgent": kind, "about": {"country": country} if country else {}}
    return Line(Script(lambda asked: turn("Call.", **({} if asked.state else first))))


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("danger", DANGER.format("911")),
        ("cry", DANGER.format("911")),
        ("life", DANGER.format("911")),
        ("self_harm", "If you think of hurting yourself, you can talk to someone now: 988."),
    ],
)
async def test_after_danger_an_old_digit_gets_the_number_again(kind: str, number: str) -> None:
    line = _urgent(kind)
    await line.send("he is at the door")
    reply = await line.send("7")
    assert reply.text == f"{number}\n{GONE[1]}"
    assert (reply.urgent, digits(reply)) == (kind, "1230")


async def test_so_does_whatever_carries_no_words() -> None:
    line = _urgent("danger")
    await line.send("he is at the door")
    for kind, sentence in ((Kind.PICTURE, NO_PICTURES[1]), (Kind.VOICE, NO_VOICE[1]), (Kind.STICKER, NO_PICTURES[1])):
        assert (await line.send(kind=kind)).text == f"{DANGER.format('911')}\n{sentence}"
    assert (await line.send("...")).text == f"{DANGER.format('911')}\n{EMPTY[1]}"


async def test_the_number_comes_also_after_other_replies_of_the_session() -> None:
    line = _urgent("danger")
    await line.send("he is at the door")
    await line.send("my boss has not paid me")
    await line.send("7")
    assert (await line.send("7")).text.startswith(DANGER.format("911"))


async def test_it_is_that_of_the_country_where_she_said_she_is() -> None:
    line = _urgent("danger", "GB")
    await line.send("he is hitting me, i am in the uk")
    assert (await line.send("7")).text.startswith(DANGER.format("999"))
    assert (await line.send("999")).text and line.script.texts[-1] == "/danger_now"


async def test_a_phone_that_somebody_else_may_be_looking_at_does_not_bring_it_up_again() -> None:
    def says(asked: Asked) -> Turn:
        return turn("Thank you.", bare=True) if asked.state else turn("Call.", urgent="danger")

    line = Line(Script(says))
    await line.send("he is at the door")
    await line.send("he is next to me")
    assert (await line.send("7")).text == GONE[1]


async def test_a_session_that_was_not_urgent_gets_no_number() -> None:
    line = Line()
    await line.send("hello")
    reply = await line.send("7")
    assert (reply.text, reply.urgent) == (GONE[1], None)


async def test_the_last_wall_names_the_country_where_she_said_she_is() -> None:
    def says(asked: Asked) -> Turn:
        if asked.state:
            raise TurnFailed("It failed.")
        return turn("OK, United Kingdom.", about={"country": "GB"})

    line = Line(Script(says))
    await line.send("i am in the uk")
    assert DANGER.format("999") in (await line.send("he is at the door")).text
