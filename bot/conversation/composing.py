"""Puts a reply together: as much as the channel carries at once, the rest behind a digit, and a person always behind 0."""

from __future__ import annotations

import re

from bot.conversation.messages import Block, Choice, Reply, Shape, Turn
from bot.conversation.sessions import LATER, Session
from bot.dialogue.catalogues import translate

PERSON = ("0", "/talk_to_human")
_MORE = "/more"
_DIGITS = "123456789"
_SENTENCE_END = re.compile(r"(?<=[.!?؟।])\s+|(?<=[。！？；])\s*")  # Chinese writes no spaces
_SPACE = re.compile(r"\s+|(?<=[，、])")

Option = tuple[str, str]


def _titled(locale: str, name: str, english: str) -> str:
    return translate(locale, f"utter_option_{name}", english)


def _digits(options: list[Option]) -> list[tuple[str, str, str]]:
    """What each digit stands for; there are nine, the first options have them."""
    return [(digit, title, payload) for digit, (title, payload) in zip(_DIGITS, options, strict=False)]


def _choices(options: list[Option], turn: int, locale: str, *, person: bool) -> tuple[Choice, ...]:
    listed = [Choice(digit, title, f"{turn}:{digit}") for digit, title, _ in _digits(options)]
    if person:
        listed.append(Choice("0", _titled(locale, "person", "A person"), f"{turn}:0"))
    return tuple(listed)


def _halved(text: str) -> list[str]:
    """A text that is too long by itself, in two parts: after the sentence nearest to its middle, else after a word or a Chinese comma."""
    for gaps in (_SENTENCE_END, _SPACE):
        ends = [gap.end() for gap in gaps.finditer(text) if text[gap.end() :].strip()]
        if ends:
            cut = min(ends, key=lambda end: abs(end - len(text) / 2))
            return [text[:cut].rstrip(), text[cut:]]
    return [text]


def _page(text: str, options: list[Option], session: Session, shape: Shape, locale: str, *, person: bool) -> list[Option]:
    """As many of a long list of options as have digits and fit beside the text, and where that is not all, one that turns the page."""
    if len(options) <= len(_DIGITS) and shape.fits(text, _choices(options, session.turn, locale, person=person), locale):
        return options
    turn_over = (_titled(locale, "more", "More"), LATER)
    for size in range(min(len(_DIGITS), len(options)) - 1, 1, -1):
        page = [*options[:size], turn_over]
        if shape.fits(text, _choices(page, session.turn, locale, person=person), locale):
            return page
    return [options[0], turn_over]


def _fit(
    blocks: list[Block], options: list[Option], session: Session, shape: Shape, locale: str, *, person: bool
) -> tuple[str, list[str], list[Option]]:
    """The longest beginning that fits with its choices.

    Returns:
        The text, the blocks that wait, the options that go with the text.
    """
    kept, every_option = list(blocks), options
    later: list[str] = []
    while True:
        shown = options
        if later:  # one "more" is enough: what waits of this reply comes first
            shown = [(_titled(locale, "more", "More"), LATER), *(option for option in options if option[1] not in (_MORE, LATER))]
        text = "\n".join(block.text for block in kept)
        if shape.fits(text, _choices(shown, session.turn, locale, person=person), locale):
            return text, later, shown
        droppable = [number for number, block in enumerate(kept) if block.optional]
        if droppable:
            del kept[droppable[-1]]
        elif len(kept) == 2 and len(options) > 1:
            options = options[:-1]  # an introduction without the answer behind it would be a riddle
        elif len(kept) > 1:
            later.insert(0, kept.pop().text)
            options = every_option
        elif options:
            options = options[:-1]
        elif kept and len(halves := _halved(kept[0].text)) > 1:
            kept = [Block(half) for half in halves]
        else:
            return text, later, shown


def _turned(
    text: str, shown: list[Option], options: list[Option], session: Session, shape: Shape, locale: str, *, person: bool
) -> tuple[list[Option], list[Option]]:
    """The options that stand beside a text, with one that turns the page where they are not all; and those behind it."""
    listed = [option for option in shown if option[1] != LATER]
    if len(listed) == len(options):
        return shown, []
    turn_over = (_titled(locale, "more", "More"), LATER)
    listed = listed if len(listed) < len(shown) else listed[:-1]
    if not listed and not shape.fits(text, _choices([turn_over], session.turn, locale, person=person), locale):
        return shown, []  # what the text says comes before what may be picked
    while listed and not shape.fits(text, _choices([*listed, turn_over], session.turn, locale, person=person), locale):
        listed.pop()
    return [*listed, turn_over], options[len(listed) :]


def compose(turn: Turn, session: Session, shape: Shape, *, asked_person: bool = False) -> tuple[Reply, Session]:
    """The reply to a turn, and the session after it.

    Args:
        turn: what the dialogue answered.
        session: as it was before.
        shape: of the channel.
        asked_person: the reply is itself the way to a person, so that 0 need not be spelled out.
    """
    after = session.next(turn.state, turn.locale)
    after.about = {**session.about, **turn.about}
    after.urgent = None if turn.bare else turn.urgent or session.urgent  # somebody may be looking: nothing of it comes up again
    person = not (turn.bare or turn.ended or asked_person)
    options = page = [] if turn.bare else [option for option in turn.options if not person or option[1] != PERSON[1]]
    if len(options) > len(_DIGITS):
        page = _page("\n".join(block.text for block in turn.blocks), options, after, shape, turn.locale, person=person)
    text, after.later, shown = _fit(list(turn.blocks), page, after, shape, turn.locale, person=person)
    shown, after.held = (shown, options) if after.later else _turned(text, shown, options, after, shape, turn.locale, person=person)
    after.options = _digits(list(turn.options) if turn.bare and not after.later else shown)
    choices = _choices(shown, after.turn, turn.locale, person=person)
    return Reply(text, choices, turn.locale, turn.urgent, erase=turn.ended), after


def rest(session: Session, shape: Shape, *, lead: str | None = None, locale: str | None = None) -> tuple[Reply, Session]:
    """What waits of the last reply; or a sentence before the choices that are still open.

    Args:
        session: as it was before.
        shape: of the channel.
        lead: a sentence to say instead of what waits.
        locale: of that sentence.
    """
    locale = locale or session.locale or "en"
    after = session.next(session.state, session.locale)
    open_options = session.open_options()
    if session.held and not session.later:  # a list of options that is being paged through
        options = session.held if lead is None else open_options + session.held
        text = lead or _titled(locale, "more", "More")
        shown = _page(text, options, after, shape, locale, person=True)
        after.held = options[len(shown) - 1 :] if shown != options else []
    else:
        if lead is None:
            blocks, options = session.later, session.held or open_options
        else:
            blocks, options = [lead], [(_titled(locale, "more", "More"), LATER)] * bool(session.later) + open_options
        text, left, shown = _fit([Block(block) for block in blocks], options, after, shape, locale, person=True)
        after.later = left if lead is None else session.later
        after.held = session.held if after.later else []
    after.options = _digits(shown)
    return Reply(text, _choices(shown, after.turn, locale, person=True), locale), after
