"""Puts a reply together: as much as the channel carries at once, the rest behind a digit, and a person always behind 0."""

from __future__ import annotations

from bot.conversation.messages import Choice, Reply, Shape, Turn
from bot.conversation.sessions import Session
from bot.dialogue.catalogues import translate

PERSON = ("0", "/talk_to_human")
_LATER = "/later"
_MORE = "/more"
_DIGITS = "123456789"

Option = tuple[str, str]


def _titled(locale: str, name: str, english: str) -> str:
    return translate(locale, f"utter_option_{name}", english)


def _choices(options: list[Option], turn: int, locale: str, *, person: bool) -> tuple[Choice, ...]:
    listed = [Choice(digit, title, f"{turn}:{digit}") for digit, (title, _) in zip(_DIGITS, options)]
    if person:
        listed.append(Choice("0", _titled(locale, "person", "A person"), f"{turn}:0"))
    return tuple(listed)


def _fit(
    blocks: list[str], optional: list[bool], options: list[Option], session: Session, shape: Shape, locale: str, *, person: bool
) -> tuple[str, list[str], list[Option]]:
    """The longest beginning that fits with its choices.

    Returns:
        The text, the blocks that wait, the options that go with the text.
    """
    kept = list(zip(blocks, optional))
    later: list[str] = []
    while True:
        shown = options
        if later:  # one "more" is enough: what waits of this reply comes first
            shown = [(_titled(locale, "more", "More"), _LATER), *(option for option in options if option[1] != _MORE)]
        text = "\n".join(block for block, _ in kept)
        if shape.fits(text, _choices(shown, session.turn, locale, person=person), locale):
            return text, later, shown
        droppable = [number for number, (_, may_go) in enumerate(kept) if may_go]
        if droppable:
            del kept[droppable[-1]]
        elif len(kept) > 1:
            later.insert(0, kept.pop()[0])
        elif options:
            options = options[:-1]
        else:
            return text, later, shown


def compose(turn: Turn, session: Session, shape: Shape, *, asked_person: bool = False) -> tuple[Reply, Session]:
    """The reply to a turn, and the session after it.

    Args:
        turn: what the dialogue answered.
        session: as it was before.
        shape: of the channel.
        asked_person: the reply is itself the way to a person, so that 0 need not be spelled out.
    """
    after = Session(turn=session.turn + 1, state=turn.state, locale=turn.locale)
    person = not (turn.bare or turn.ended or asked_person)
    options = [] if turn.bare else list(turn.options)
    blocks, optional = [block.text for block in turn.blocks], [block.optional for block in turn.blocks]
    text, after.later, shown = _fit(blocks, optional, options, after, shape, turn.locale, person=person)
    after.options = [(digit, title, payload) for digit, (title, payload) in zip(_DIGITS, list(turn.options) if turn.bare else shown)]
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
    after = Session(turn=session.turn + 1, state=session.state, locale=session.locale)
    open_options = [(title, payload) for _, title, payload in session.options if payload != _LATER]
    blocks = [lead] if lead is not None else list(session.later)
    text, after.later, shown = _fit(blocks, [False] * len(blocks), open_options, after, shape, locale, person=True)
    if lead is not None and session.later:
        after.later = session.later
        shown = [(_titled(locale, "more", "More"), _LATER), *shown]
    after.options = [(digit, title, payload) for digit, (title, payload) in zip(_DIGITS, shown)]
    return Reply(text, _choices(shown, after.turn, locale, person=True), locale), after
