"""Replies of any length in pieces that fit: nothing is lost, nothing comes twice, nothing is longer than the channel carries."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.segments import SmsShape, measure, render
from bot.conversation.composing import compose, rest
from bot.conversation.messages import Block, Choice, Reply, Turn
from bot.conversation.sessions import LATER, Session
from bot.locales import all_locales

SHAPE = SmsShape()
TEXTS = {
    "Latin": "you may have a right to be paid for each hour that you worked even without papers ask someone. first.",
    "Han": "就算 没有身份 也可能 有权 拿到 每一小时的 工钱 去问律师。 先。",
    "Cyrillic": "возможно у вас есть право на оплату каждого часа даже без документов спросите юриста. сначала.",
    "Devanagari": "बिना कागज के भी हर घंटे के पैसे का हक हो सकता है किसी से पूछिए। पहले।",
    "Arabic": "قد يكون لك حق في اجرك عن كل ساعة عملت فيها حتى بدون اوراق اسأل محامي. اولا.",
}


@dataclasses.dataclass(frozen=True)
class Narrow:
    """A channel that carries so many characters, choices counted in."""

    room: int

    def fits(self, text: str, choices: tuple[Choice, ...], locale: str) -> bool:
        """Whether it does."""
        return len(text) + sum(len(choice.title) + 3 for choice in choices) <= self.room


def all_of_it(turn: Turn) -> list[tuple[Reply, Session]]:
    """The reply to a turn and everything that waits behind "more"."""
    replies = [compose(turn, Session(), SHAPE)]
    while any(payload == LATER for _, _, payload in replies[-1][1].options):
        assert len(replies) < 50
        replies.append(rest(replies[-1][1], SHAPE))
    return replies


def words(texts: Iterable[str]) -> list[str]:
    """All words, in order."""
    return " ".join(texts).split()


def test_chinese_which_has_no_spaces_is_cut_after_a_sentence_or_a_comma() -> None:
    text = "就算没有身份也可能有权拿到工钱，可以先问律师，不要签看不懂的纸。" * 12
    turn = Turn((Block(text),), locale="zh_Hans")
    pieces = [reply.text for reply, _ in all_of_it(turn)]
    assert len(pieces) > 1
    assert "".join(pieces) == text
    assert all(piece.endswith(("。", "，")) for piece in pieces)


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    """A turn of any language with blocks from one word to far too many."""
    locale = draw(st.sampled_from(list(all_locales())))
    word = st.sampled_from(words([TEXTS[all_locales()[locale].script]]))
    block = st.lists(word, min_size=1, max_size=120).map(" ".join)
    blocks = [Block(draw(block), optional=number > 0 and draw(st.booleans())) for number in range(draw(st.integers(1, 6)))]
    options = [(f"Option {number}", f"/option_{number}") for number in range(draw(st.integers(0, 4)))]
    return Turn(tuple(blocks), options=tuple(options), locale=locale)


@given(turns())
def test_every_piece_fits_and_all_pieces_together_are_the_whole(turn: Turn) -> None:
    pieces = all_of_it(turn)
    for reply, _ in pieces:
        body = render(reply.text, reply.choices, reply.locale)
        assert SHAPE.fits(reply.text, reply.choices, reply.locale)
        assert measure(body).segments <= {"GSM-7": 3, "UCS-2": 4}[measure(body).encoding]
        assert reply.text
    said = words(reply.text for reply, _ in pieces)
    needed, everything = (words(block.text for block in turn.blocks if always or not block.optional) for always in (False, True))
    assert said == needed or len(needed) < len(said) <= len(everything)


@given(turns())
def test_what_a_digit_shows_is_what_it_does(turn: Turn) -> None:
    for reply, session in all_of_it(turn):
        shown = [(choice.digit, choice.title) for choice in reply.choices if choice.digit != "0"]
        assert shown == [(digit, title) for digit, title, _ in session.options]
        assert [choice.data for choice in reply.choices] == [f"{session.turn}:{choice.digit}" for choice in reply.choices]
        assert reply.choices[-1].digit == "0"


def test_a_text_that_is_too_long_by_itself_is_cut_between_sentences() -> None:
    sentences = [f"This is sentence {number} of a long text." for number in range(40)]
    for reply, _ in all_of_it(Turn((Block(" ".join(sentences)),))):
        assert reply.text.startswith("This is sentence") and reply.text.endswith("of a long text.")


def test_a_word_without_end_goes_out_all_the_same() -> None:
    reply, session = compose(Turn((Block("x" * 2000),)), Session(), SHAPE)
    assert reply.text == "x" * 2000
    assert session.later == []


@pytest.mark.parametrize("room", (40, 90, 10_000))
def test_more_options_than_digits_come_page_by_page_none_lost_and_none_twice(room: int) -> None:
    options = tuple((f"Option {number}", f"/option_{number}") for number in range(22))
    pages = [compose(Turn((Block("Which?"),), options=options), Session(), Narrow(room))]
    while LATER in (last := [payload for _, _, payload in pages[-1][1].options]):
        assert last.index(LATER) == len(last) - 1
        # What interrupts, such as a picture, does not lose the next page.
        pages[-1] = rest(pages[-1][1], Narrow(room), lead="A sentence.") if len(pages) == 1 else pages[-1]
        pages.append(rest(pages[-1][1], Narrow(room)))
    assert all(reply.text and [c.digit for c in reply.choices] == [*"123456789"[: len(reply.choices) - 1], "0"] for reply, _ in pages)
    assert [payload for _, s in pages for _, _, payload in s.options if payload != LATER] == [payload for _, payload in options]
    assert (len(pages) == 3) == (room == 10_000)


@pytest.mark.parametrize("room", range(30, 200, 15))
def test_a_narrow_channel_gets_the_most_important_part_first(room: int) -> None:
    blocks = (Block("Call 911."), Block("Helpline: 1-888-373-7888."), Block("I am automated."))
    options = (("I cannot talk", "/no_voice"), ("More", "/more"))
    reply, _ = compose(Turn(blocks, options=options), Session(), Narrow(room))
    assert reply.text.startswith("Call 911.")


def test_the_turn_counts_and_what_the_dialogue_remembers_is_kept() -> None:
    _, session = compose(Turn((Block("Said."),), state={"slots": {}}, locale="fr"), Session(turn=4, state={"old": 1}), SHAPE)
    assert (session.turn, session.state, session.locale) == (5, {"slots": {}}, "fr")
    _, session = rest(session, SHAPE, lead="A sentence.")
    assert (session.turn, session.state, session.locale) == (6, {"slots": {}}, "fr")


def test_choices_for_which_there_is_no_room_wait_behind_more() -> None:
    """Once a long answer in a script of four segments lost the choices at its end for good."""
    options = tuple((f"choice number {number} of some length", f"/{number}") for number in range(6))
    _, session = compose(Turn((Block("x" * 400),), options=options), Session(), Narrow(520))
    seen = [payload for _, _, payload in session.options]
    while seen[-1] == LATER:
        _, session = rest(session, Narrow(520))
        seen[-1:] = [payload for _, _, payload in session.options]
    assert seen == [payload for _, payload in options]


def test_the_way_to_a_person_stands_there_once() -> None:
    reply, after = compose(Turn((Block("Text."),), options=(("A person", "/talk_to_human"), ("Pay", "/rights_pay"))), Session(), SmsShape())
    assert [(choice.digit, choice.title) for choice in reply.choices] == [("1", "Pay"), ("0", "A person")]
    assert after.payload("1") == "/rights_pay"
