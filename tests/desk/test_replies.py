"""Canned replies: complete and short in every language, true to the rules of every other sentence, and found by words."""

from __future__ import annotations

import re

import pytest

from bot.channels.segments import measure, render
from bot.desk.replies import Canned, Group, canned, with_words
from bot.dialogue.catalogues import catalogues, compile_catalogues, read_catalogues, translate
from bot.dialogue.found import LIMITS
from bot.locales import DEFAULT, all_locales
from bot.nlu.text import fold
from bot.paths import LOCALES
from tests.dialogue.test_wording import FORBIDDEN
from tests.test_sentences import POLICE, TELLING

CODES = list(all_locales())
MOST_SEGMENTS = 2
every_locale = pytest.mark.parametrize("locale", CODES)


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """The catalogues as they stand now."""
    compile_catalogues()
    catalogues.put(read_catalogues(LOCALES, all_locales()))


def _replies(groups: list[Group]) -> list[Canned]:
    return [reply for group in groups for reply in group.replies]


def _texts(locale: str) -> list[str]:
    return [reply.text for reply in _replies(canned(locale, DEFAULT))]


def test_there_is_something_for_each_occasion_and_nothing_twice() -> None:
    groups = canned("en", "en")
    assert [group.title for group in groups] == [
        *("Opening", "Safety", "Understanding each other", "Asking", "Next steps", "Waiting", "Ending"),
    ]
    replies = _replies(groups)
    assert 25 <= len(replies) <= 30 and all(len(group.replies) >= 3 for group in groups)
    assert len({reply.key for reply in replies}) == len({reply.text for reply in replies}) == len(replies)


@pytest.mark.parametrize("locale", [code for code in CODES if code != DEFAULT])
def test_every_reply_is_in_her_language_beside_its_meaning(locale: str) -> None:
    for hers, english in zip(_replies(canned(locale, "en")), _replies(canned("en", "en")), strict=True):
        assert hers.key == english.key and hers.meaning == english.text
        assert hers.text != english.text, hers.key


@pytest.mark.parametrize("desk_locale", ["es", "fr", "ar"])
def test_the_desk_reads_titles_and_meanings_in_its_own_language(desk_locale: str) -> None:
    english = canned("uk", "en")
    for group, other in zip(canned("uk", desk_locale), english, strict=True):
        assert group.title != other.title
        assert all(
            reply.meaning != same.meaning and reply.text == same.text for reply, same in zip(group.replies, other.replies, strict=True)
        )


@every_locale
def test_a_reply_is_short(locale: str) -> None:
    assert [text for text in _texts(locale) if measure(render(text, (), locale)).segments > MOST_SEGMENTS] == []


@every_locale
def test_whoever_holds_the_phone_does_not_learn_what_the_line_is_for(locale: str) -> None:
    telling = re.compile(f"{TELLING[locale]}|{POLICE[locale]}")
    assert [text for text in _texts(locale) if telling.search(text.lower())] == []


@every_locale
def test_nobody_is_blamed_and_nothing_is_promised(locale: str) -> None:
    plain = [" ".join("".join(c if c.isalnum() else " " for c in fold(text)).split()) for text in _texts(locale)]
    assert [text for text in plain if re.search(FORBIDDEN[locale], text)] == []


@every_locale
def test_an_advocate_can_say_what_an_advocate_cannot_do(locale: str) -> None:
    assert translate(locale, *LIMITS) in _texts(locale)


def test_replies_are_found_by_words_of_either_language() -> None:
    groups = canned("uk", "es")
    by_meaning, by_text = with_words(groups, "culpa"), with_words(groups, "ПРОВИНА")
    assert [reply.key for reply in _replies(by_meaning)] == [reply.key for reply in _replies(by_text)] == ["not_your_fault"]
    assert [group.title for group in by_meaning] == ["Para empezar"]


def test_every_word_must_be_there_and_accents_and_order_do_not_matter() -> None:
    groups = canned("es", "en")
    assert [reply.key for reply in _replies(with_words(groups, "NUMERO emergencia"))] == ["danger"]
    assert _replies(with_words(groups, "emergency lawyer")) == []
    assert with_words(groups, "xyzzy") == []


def test_a_word_is_found_where_words_have_no_spaces_and_where_they_are_joined() -> None:
    assert [reply.key for reply in _replies(with_words(canned("zh_Hans", "en"), "律师"))] == ["law"]
    assert "law" in [reply.key for reply in _replies(with_words(canned("ar", "en"), "قانون"))]


@pytest.mark.parametrize("nothing", ["", "  ", "\u200b"])
def test_without_words_all_of_them_are_there(nothing: str) -> None:
    groups = canned("ar", "fr")
    assert with_words(groups, nothing) == groups
