"""How a handoff speaks to her: a sentence for all that its life can say, the numbers with it, and nothing that tells too much."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import replace

import pytest

from bot.channels.segments import SmsShape
from bot.conversation.composing import compose, rest
from bot.conversation.messages import Block, Turn
from bot.conversation.sessions import Session
from bot.handoff import life
from bot.handoff.life import Handoff, Point, State, Tell, step
from bot.handoff.wording import PAYLOAD, Outlook, choice_option, emergency_line, titled, ways, worded, worded_point
from bot.knowledge.emergency import emergency_table, numbers_of
from bot.locales import all_locales, locale_of

from ..test_sentences import TELLING
from .situations import NOW, SITUATIONS, WAITS, event
from .test_life import rows

NOBODY_AHEAD = Outlook(0, None, 1800)
LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
COUNTRIES = (*emergency_table(), None)
every_locale = pytest.mark.parametrize("locale", all_locales())


def say(tell: Tell, *, handoff: Handoff = SITUATIONS["waiting"], country: str | None = "US", outlook: Outlook = NOBODY_AHEAD) -> list[str]:
    """The paragraphs of what she is told."""
    return worded(handoff, tell, country, outlook, WAITS.closing)[0]


def english(name: str, country: str | None = "US", locale: str = "en") -> list[str]:
    """A sentence to one who reads English, in the United States unless told otherwise."""
    return say(Tell(name, {"name": "Ana"}), handoff=replace(SITUATIONS["waiting"], locale=locale), country=country)


def _everything_told() -> list[tuple[Handoff, Tell]]:
    """Each thing that the specification of `test_life` lets her be told, with the handoff of that moment."""
    told = []
    for situation, happened, _, _ in rows():
        handoff, effects = step(SITUATIONS[situation], event(happened), WAITS)
        told += [(handoff, effect) for effect in effects if isinstance(effect, Tell)]
    return told


def test_the_specification_says_everything_that_the_code_can_say() -> None:
    named = set()
    for node in ast.walk(ast.parse(inspect.getsource(life))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Tell", "_tell", "_farewell", "_in_front"):
            named |= {part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    assert len(named) > 15
    assert named <= {tell.name for _, tell in _everything_told()}


@every_locale
def test_everything_that_she_can_be_told_is_worded_with_a_title_for_each_choice(locale: str) -> None:
    for handoff, tell in _everything_told():
        lines, options = worded(replace(handoff, locale=locale), tell, "US", NOBODY_AHEAD, WAITS.closing)
        assert lines and all(lines)
        assert not re.search(r"[{}]", " ".join(lines))
        assert [payload for _, payload in options] == [PAYLOAD + choice for choice in tell.choices]
        assert all(title and "{" not in title for title, _ in options)
        assert len({title for title, _ in options}) == len(options)


@every_locale
def test_the_neutral_line_tells_nothing(locale: str) -> None:
    (line,), ((title, _),) = worded(replace(SITUATIONS["joined"], locale=locale), Tell("knock", {}, ("read",)), "US", NOBODY_AHEAD, 0)
    assert "Ana" not in line + title
    assert not re.search(TELLING[locale], f"{line} {title}".lower())


@pytest.mark.parametrize("name", ("goodbye", "blocked", "nobody_came", "phone", "text"))
def test_numbers_come_by_neutral_names_in_every_country(name: str) -> None:
    telling = {country: english(name, country) for country in COUNTRIES}
    assert {country: lines for country, lines in telling.items() if re.search(TELLING["en"], " ".join(lines).lower())} == {}


@pytest.mark.parametrize("name", ("goodbye", "blocked", "nobody_came"))
def test_no_ending_is_without_a_number_to_call(name: str) -> None:
    for country in COUNTRIES:
        lines, hotline = english(name, country), numbers_of(country).hotline
        assert lines[1] == emergency_line("en", country)
        assert re.search(r"\d\d", lines[1])
        assert any(hotline.phone in line for line in lines) if hotline and hotline.phone else len(lines) == 2


@pytest.mark.parametrize("locale", ("en", "ar", "vi"))
@pytest.mark.parametrize("name", ("phone", "text"))
def test_a_way_is_named_exactly_where_there_is_one(name: str, locale: str) -> None:
    """A sentence that ends in "you can also call:" would be cruel."""
    named = {country for country in COUNTRIES if len(english(name, country, locale)) > 1}
    assert named == {country for country in COUNTRIES if name in ways(locale, country)}
    assert named and None not in named


@every_locale
def test_digits_stay_in_their_order_where_one_reads_from_right_to_left(locale: str) -> None:
    said = " ".join(say(Tell("goodbye", {}), handoff=replace(SITUATIONS["waiting"], locale=locale)))
    for number in ("911", "1-888-373-7888"):
        assert number in said
        assert (LEFT_TO_RIGHT + number in said) == (locale_of(locale).direction == "rtl")


def test_whoever_needs_an_interpreter_hears_what_to_say() -> None:
    lines = say(Tell("phone", {}), handoff=replace(SITUATIONS["waiting"], locale="vi"))
    assert any("Vietnamese, please" in line for line in lines)
    assert not any("please" in line for line in english("phone"))


def test_a_number_for_texts_comes_with_the_languages_that_are_read_there() -> None:
    assert any("233733" in line for line in english("text"))
    assert not any("They speak" in line for line in english("text"))
    assert len(say(Tell("text", {}), handoff=replace(SITUATIONS["waiting"], locale="vi"))) == 3


# --- the card --------------------------------------------------------------------------------------------------------------------


def _card(*choices: str, words: str = "") -> tuple[list[str], list[tuple[str, str]]]:
    handoff = replace(SITUATIONS["card"], locale="en")
    if words:
        handoff, effects = step(replace(handoff, state=State.WORDS), life.Wrote(NOW, "9", words), WAITS)
    else:
        for choice in choices:
            handoff, effects = step(handoff, life.Picked(NOW, choice), WAITS)
    (card,) = effects
    assert isinstance(card, Tell)
    return worded(handoff, card, "US", NOBODY_AHEAD, 0)


def test_the_card_shows_exactly_what_would_be_shown() -> None:
    _, options = _card("strike:7", "strike:1")
    assert [title for title, payload in options if "strike" in payload] == ["It is urgent", "United States"]


def test_an_empty_card_says_so() -> None:
    lines, options = _card("strike:0", "strike:1", "strike:2")
    assert lines == english("card_empty")
    assert not any("strike" in payload for _, payload in options)


def test_her_own_words_stand_on_the_card_in_short_and_are_passed_on_whole() -> None:
    words = "he  keeps\nmy passport " * 30
    _, options = _card(words=words)
    (title,) = [title for title, payload in options if payload.endswith("strike:3")]
    assert "he keeps my passport he keeps" in title
    assert title.endswith("...")
    assert len(title) < 80
    assert words in worded_point("en", Point("words", words))


def test_words_that_look_like_a_pattern_are_words() -> None:
    assert "{name} {0} %s" in worded_point("en", Point("words", "{name} {0} %s"))
    assert say(Tell("joined", {"name": "{minutes}"}), handoff=replace(SITUATIONS["waiting"], locale="en"))[0].startswith("{minutes}, a")


@pytest.mark.parametrize("words", ("help", "please come " * 60, "请 帮 我 " * 100, "a" * 1000), ids=("word", "words", "signs", "letters"))
def test_with_any_words_the_card_can_be_passed_on_by_sms(words: str) -> None:
    lines, options = _card(words=words)
    shape, seen = SmsShape(), []
    reply, session = compose(Turn(tuple(map(Block, lines)), options=tuple(options), locale="en"), Session(), shape, asked_person=True)
    for _ in range(4):
        assert shape.fits(reply.text, reply.choices, "en")
        seen += [choice.title for choice in reply.choices]
        reply, session = rest(session, shape)
    assert {choice_option("en", choice)[0] for choice in ("send", "none")} <= set(seen)


# --- the wait --------------------------------------------------------------------------------------------------------------------


def _wait(ahead: int, seconds: float | None, texting: float = 0.0) -> str:
    (line,) = say(
        Tell("waiting", {}), handoff=replace(SITUATIONS["waiting"], locale="en", texting=texting), outlook=Outlook(ahead, seconds, 1800)
    )
    return line


def test_the_wait_is_told_as_far_as_it_is_known() -> None:
    assert re.findall(r"\d+", _wait(0, None)) == ["30"]  # for so long her place is kept
    assert re.findall(r"\d+", _wait(0, 240)) == ["4", "30"]
    assert re.findall(r"\d+", _wait(0, 1)) == ["1", "30"]
    said = {_wait(ahead, seconds, texting) for ahead in (0, 3) for seconds in (None, 240) for texting in (0, 1800)}
    assert len(said) == 8  # who is next hears so, who may be texted hears so, and who cannot be told how long hears that
    assert _wait(3, 240) == _wait(9, 240)


def test_languages_are_named_in_her_own() -> None:
    (line,) = say(Tell("other_language", {"languages": "en fr zh_Hans"}), handoff=replace(SITUATIONS["waiting"], locale="es"))
    assert "inglés" in line and "francés" in line and "chino" in line and "español" in line


def test_the_last_question_says_how_long_it_stands() -> None:
    assert re.findall(r"\d+", english("ending")[0]) == ["3"]


def test_a_choice_leads_back_to_itself() -> None:
    assert titled("en", SITUATIONS["offered"], "call")[1] == "/call_me"
    assert titled("en", SITUATIONS["offered"], "agree") == ("Yes", "/handoff:agree")
