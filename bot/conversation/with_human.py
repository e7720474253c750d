"""A conversation with a human in it: what goes to the advocate instead of the bot, and what a handoff says beside the bot's reply."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace

from bot.conversation.composing import PERSON, compose
from bot.conversation.last_wall import likely_locale
from bot.conversation.messages import SILENCE, Block, Kind, Message, Reply, Shape, Turn
from bot.conversation.sessions import Session
from bot.errors import HelplineError
from bot.handoff.handoffs import Handoffs, Heard
from bot.handoff.life import Handoff, Point, State
from bot.handoff.records import handoff_from
from bot.handoff.wording import PAYLOAD, choice_option, end_sure

Answered = tuple[Reply, Session, bool]
Ask = Callable[[], Awaitable[Turn]]

_WAYS = tuple(f"{PAYLOAD}{choice}" for choice in ("offer", "join_now", "agree", "send", "text_short"))
_PATIENCE = 0.3  # seconds that her words wait for the model, which hears danger in them, before they go to the advocate
_SURE = 0.75  # probability from which words that an advocate is to read are taken for the wish to end: "do not call me" is none
_MOST_TOPICS = 2  # in the summary
_ENDS = ("erase_me", "stop")
_GREETING = "greet"
_YES = {State.OFFERED: "agree", State.CARD: "send", State.SAFETY: "text_short"}
_NO = {State.OFFERED: "no", State.CARD: "none", State.SAFETY: "text_never"}


def _points(session: Session) -> tuple[Point, ...]:
    """The summary: what is known of her needs, never her words."""
    topics = [Point("topic", topic) for topic in session.topics[-_MOST_TOPICS:]]
    places = [Point(kind, session.about[kind]) for kind in ("country", "place") if kind in session.about]
    return (*topics, *places)


class WithHuman:
    """Stands between the conversation and the handoffs.

    Args:
        handoffs: all of them.
    """

    def __init__(self, handoffs: Handoffs) -> None:
        self._handoffs = handoffs

    async def left(self, message: Message) -> None:
        """Whoever sent the message has left, erased, or stopped."""
        await self._handoffs.left(message.channel, message.address)

    async def instead(self, message: Message, session: Session, shape: Shape, text: str | None, payload: bool, ask: Ask) -> Answered | None:
        """The answer where a message is not for the bot; None where it is.

        Args:
            message, session, shape: as they came.
            text, payload: what the message means; see `Conversation._meant`.
            ask: asks the bot the same: only to hear danger in what goes to an advocate.
        """
        where = await self._handoffs.state_of(message.channel, message.address)
        choice = text.removeprefix(PAYLOAD) if payload and text and text.startswith(PAYLOAD) else None
        if where:
            return await self._in_case(*where, message, session, shape, choice, text, payload, ask)
        if choice == "offer" or (payload and text == PERSON[1]):
            return await self._offered(message, session, shape)
        draft = handoff_from(session.draft) if session.draft else None
        if draft is None:
            return None
        if choice:
            heard = await self._handoffs.picked_in_draft(draft, choice, *_at(message, session))
        elif draft.state is State.WORDS and not payload and text:
            turn = await _or_nothing(ask)
            if turn and ((turn.ended and _is_sure(turn)) or _surely_urgent(turn)):
                return None
            heard = await self._handoffs.wrote_in_draft(draft, message.text, *_at(message, session))
        else:
            return None
        return self._said(heard, session, shape)

    async def _in_case(
        self, case: str, state: State, message: Message, session: Session, shape: Shape,
        choice: str | None, text: str | None, payload: bool, ask: Ask,
    ) -> Answered | None:  # fmt: skip
        if choice:
            heard = await self._handoffs.picked(case, choice)
        elif state is State.JOINED and message.kind is Kind.TEXT and not _picks(session, text, payload):
            return await self._to_advocate(case, message, session, shape, ask)
        elif payload and text == PERSON[1]:
            heard = await self._handoffs.picked(case, "status")
        else:
            return None
        return self._said(heard, session, shape) if heard and heard.blocks else None

    async def _to_advocate(self, case: str, message: Message, session: Session, shape: Shape, ask: Ask) -> Answered | None:
        """Her words go to the advocate; the bot is silent but for danger and for the wish to end."""
        asking = asyncio.ensure_future(_or_nothing(ask))
        turn = await _soon(asking)
        heard = await self._handoffs.wrote(case, message.delivery, message.text, _surely_urgent(turn))
        if heard is None or heard.to_bot:  # the advocate has just gone
            return None
        if turn is None:
            turn = await asking
            if late := _surely_urgent(turn):
                heard = await self._handoffs.wrote(case, "", "", late) or heard
        told = Turn(tuple(map(Block, heard.blocks)), options=heard.options, locale=heard.locale, state=session.state or {})
        if turn and heard.warn:
            told = replace(turn, blocks=(*turn.blocks, *told.blocks), options=told.options, state=session.state or {})
        elif turn and turn.understanding and turn.understanding.topic in _ENDS and _is_sure(turn):
            options = (choice_option(turn.locale, "end"), choice_option(turn.locale, "go_on"))
            told = replace(told, blocks=(Block(end_sure(turn.locale)),), options=options, locale=turn.locale)
        if told.blocks:
            return (*compose(told, session, shape, asked_person=True), False)
        return SILENCE, session.next(session.state, session.locale), False

    async def _offered(self, message: Message, session: Session, shape: Shape) -> Answered | None:
        if not await self._handoffs.can_take(message.channel, message.address):
            return None
        heard = self._handoffs.offer(session.locale or likely_locale(message), message.channel, _points(session), None)
        return self._said(heard, session, shape)

    @staticmethod
    def _said(heard: Heard | None, session: Session, shape: Shape) -> Answered | None:
        """What a handoff says, as the whole reply."""
        if heard is None or not heard.blocks:
            return None
        turn = Turn(tuple(map(Block, heard.blocks)), options=heard.options, locale=heard.locale, state=session.state or {})
        kept = replace(session, draft=asdict(heard.draft) if heard.draft else None)
        return (*compose(turn, kept, shape, asked_person=True), False)

    async def beside(self, message: Message, session: Session, turn: Turn, payload: bool) -> tuple[Turn, Session]:
        """The bot's turn with what a handoff has to say beside it, and the session with what an advocate may be told."""
        if lost := self.lost_lines(session, turn.locale, message.country):
            turn = replace(turn, blocks=(*map(Block, lost), *turn.blocks))
        session = _noted(session, turn)
        if turn.ended or turn.bare:
            if turn.ended:
                await self.left(message)
            return turn, replace(session, draft=None)
        where = await self._handoffs.state_of(message.channel, message.address)
        if where:
            return await self._beside_case(*where, message, turn), session
        draft = handoff_from(session.draft) if session.draft else None
        if answered := self._answered_draft(session, turn):
            draft, choice = answered
            heard = await self._handoffs.picked_in_draft(draft, choice, *_at(message, session))
            return _replaced(turn, heard), replace(session, draft=asdict(heard.draft) if heard.draft else None)
        if not turn.urgent and not turn.offers_person:
            return await self._beside_draft(draft, message, session, turn) if draft else (turn, session)
        return await self._with_offer(message, session, turn, payload)

    def lost_lines(self, session: Session, locale: str, country: str | None) -> tuple[str, ...]:
        """What she hears first, where the service lost what it held of her; else nothing."""
        return self._handoffs.lost_lines(locale, country) if session.state is None else ()

    @staticmethod
    def _answered_draft(session: Session, turn: Turn) -> tuple[Handoff, str] | None:
        """A draft whose question was answered by a plain yes or no, and the choice that this is."""
        topic = turn.understanding.topic if turn.understanding else ""
        open_now = any(payload.startswith(PAYLOAD) for _, _, payload in session.options)
        choices = {"affirm": _YES, "deny": _NO}.get(topic)
        if not session.draft or not open_now or choices is None:
            return None
        draft = handoff_from(session.draft)
        choice = choices.get(draft.state)
        return (draft, choice) if choice else None

    async def _beside_case(self, case: str, state: State, message: Message, turn: Turn) -> Turn:
        certain = turn.understanding is not None and turn.understanding.certain
        heard = await self._handoffs.wrote(case, message.delivery, "", turn.urgent if certain else None, locale=turn.locale)
        waits = state is State.WAITING
        if waits and heard and not heard.blocks and _asks_for_status(turn):
            heard = await self._handoffs.picked(case, "status") or heard
            greeted = turn.understanding is not None and turn.understanding.topic == _GREETING
            turn = replace(turn, blocks=(), options=()) if greeted and heard.blocks else turn
        blocks = tuple(map(Block, heard.blocks)) if heard else ()
        last = (choice_option(turn.locale, "leave"),) if waits else ()  # not where 1 stands, which is picked from habit
        first = tuple(option for option in heard.options if option not in last) if heard else ()
        said = (*turn.blocks, *blocks) if turn.urgent else (*blocks, *turn.blocks)
        return replace(turn, blocks=said, options=(*first, *turn.options, *last))

    async def _beside_draft(self, draft: Handoff, message: Message, session: Session, turn: Turn) -> tuple[Turn, Session]:
        if draft.state is State.WORDS:
            return turn, session
        heard = await self._handoffs.wrote_in_draft(draft, "", *_at(message, session))
        turn = replace(turn, blocks=(*map(Block, heard.blocks), *turn.blocks), options=(*heard.options, *turn.options))
        return turn, replace(session, draft=asdict(heard.draft) if heard.draft else None)

    async def _with_offer(self, message: Message, session: Session, turn: Turn, payload: bool) -> tuple[Turn, Session]:
        able = await self._handoffs.can_take(message.channel, message.address)
        if turn.urgent:
            if not able:
                return turn, session
            heard = self._handoffs.urgent_offer(turn.locale, message.channel, turn.urgent)
            draft = asdict(heard.draft) if heard.draft else None
            return replace(turn, options=(*heard.options, *turn.options)), replace(session, draft=draft)
        asked_for = payload or (turn.understanding is not None and turn.understanding.topic == "talk_to_human")
        if not able:
            closed = (Block(self._handoffs.closed(turn.locale)),) if asked_for and self._handoffs.in_use else ()
            return replace(turn, blocks=(*closed, *turn.blocks)), session
        if not asked_for:
            return replace(turn, options=(choice_option(turn.locale, "offer"), *turn.options)), session
        heard = self._handoffs.offer(turn.locale, message.channel, _points(session), None)
        return _replaced(turn, heard), replace(session, draft=asdict(heard.draft) if heard.draft else None)


def _at(message: Message, session: Session) -> tuple[str, str, str | None]:
    """Where she is reached, and whose numbers she is told."""
    return message.channel, message.address, session.about.get("country") or message.country


def _picks(session: Session, text: str | None, payload: bool) -> bool:
    """Whether the message picks something that is open; every other digit is for the advocate ("how many are you?" "3")."""
    return payload and text is not None and any(text == open_payload for _, _, open_payload in session.options)


def _noted(session: Session, turn: Turn) -> Session:
    topic = turn.about.get("topic")
    topics = [*(one for one in session.topics if one != topic), topic] if topic and topic not in _NO_TOPICS else session.topics
    return replace(session, about={**session.about, **turn.about}, topics=topics[-_MOST_TOPICS:])


# What is answered without telling what she needs.
_NO_TOPICS = frozenset(("talk_to_human", "call_me", "danger_now", "self_harm", "give_location"))


def leads_to_person(turn: Turn) -> bool:
    """Whether one of the choices is the way to a human, so that 0 need not be spelled out beside it."""
    return any(payload in _WAYS for _, payload in turn.options)


def _replaced(turn: Turn, heard: Heard) -> Turn:
    return replace(turn, blocks=tuple(map(Block, heard.blocks)), options=heard.options)


async def _or_nothing(ask: Ask) -> Turn | None:
    """The bot's turn; nothing where it fails: an advocate is there."""
    try:
        return await ask()
    except HelplineError:
        return None


async def _soon(asking: asyncio.Future[Turn | None]) -> Turn | None:
    try:
        return await asyncio.wait_for(asyncio.shield(asking), _PATIENCE)
    except asyncio.TimeoutError:
        return None


def _asks_for_status(turn: Turn) -> bool:
    """Whether somebody who waits most likely asks for the advocate ("hello?", "how long?"): the bot has nothing to answer."""
    heard = turn.understanding
    return not turn.urgent and heard is not None and (heard.topic in (_GREETING, "talk_to_human") or not heard.acted)


def _is_sure(turn: Turn) -> bool:
    return turn.understanding is None or turn.understanding.confidence >= _SURE


def _surely_urgent(turn: Turn | None) -> str | None:
    return turn.urgent if turn and (turn.understanding is None or turn.understanding.certain) else None
