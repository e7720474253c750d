"""The way of a message: once, in order for each session, with a deadline; and an answer whatever breaks."""

from __future__ import annotations

import asyncio
import json
import re
import time
import unicodedata
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from bot.conversation.composing import compose, rest
from bot.conversation.last_wall import LastWall, likely_locale
from bot.conversation.messages import SILENCE, Kind, Message, Reply, Shape, Turn
from bot.conversation.sessions import LATER, Session, Sessions
from bot.conversation.stop_words import is_carrier_help, is_carrier_stop
from bot.conversation.with_human import WithHuman, leads_to_person
from bot.dialogue.catalogues import translate
from bot.errors import HelplineError, StoreFull, TurnFailed
from bot.handoff.handoffs import Handoffs
from bot.handoff.wording import PAYLOAD
from bot.knowledge.emergency import numbers_of
from bot.locales import all_locales
from bot.nlu.text import clean, fold

DEADLINE = 4.0  # seconds for the whole way; the dialogue's own deadline lies within
_ASKING = 0.3  # seconds for asking the store whether somebody has left
_PERSON = "/talk_to_human"
_COMMANDS = {"start": "/greet", "help": "/what_can_you_do", "person": _PERSON, "language": "/change_language", "erase": "/erase_me"}
# What came in without words to understand, and what it is answered with.
_WORDLESS = {
    Kind.PICTURE: ("utter_no_pictures", "I can only read text. Please write in your own words."),
    Kind.STICKER: ("utter_no_pictures", "I can only read text. Please write in your own words."),
    Kind.FILE: ("utter_no_pictures", "I can only read text. Please write in your own words."),
    Kind.VOICE: ("utter_no_voice_notes", "I cannot hear voice notes. Please write. If writing is hard, a person can listen:"),
}
_EMPTY = ("utter_empty", "Your message came without words. Please write a few words.")
_LATE = ("utter_old_message", "This line was away when you wrote. If you still want to, write again.")
_GONE = ("utter_choice_gone", "That choice is no longer open. Please write in your own words.")
_LOST = ("utter_place_not_found", "I do not know that place. Please write the country.")


class Dialogue(Protocol):
    """What stands behind the seam: see `bot.dialogue.process.DialogueProcess`."""

    async def reply(self, text: str, state: dict[str, Any] | None, hints: dict[str, Any], *, payload: bool = False) -> Turn:
        """Answers one message."""
        ...


def digit_of(text: str) -> str | None:
    """The digit that a text is, in whatever script or dress it was typed; None where it is more or less than one."""
    bare = clean(text).strip(".)( \N{COMBINING ENCLOSING KEYCAP}")
    return str(unicodedata.digit(bare)) if len(bare) == 1 and unicodedata.digit(bare, None) is not None else None


# Words that people put before the digit of a choice ("option 2", "el 3", "le 2"), folded. Any word would not do: "overdose 2".
_BEFORE_A_DIGIT = frozenset("option opcion choix choice number numero num nr no n the el la le رقم الرقم خيار الخيار raqm ra9m".split())  # noqa: SIM905


def digit_named(text: str) -> str | None:
    """The digit that is named as that of a choice ("option 2", "le 3"); None where the text says anything else."""
    words = clean(text).split()
    return digit_of(words[1]) if len(words) == 2 and fold(words[0]).rstrip(".") in _BEFORE_A_DIGIT and "?" not in text else None


_BETWEEN_DIGITS = re.compile(r"[\s,;.&+/-]*")


def digits_of(text: str) -> list[str]:
    """The digits that a text lists ("1 3", "2,4", "135"); empty where it holds anything else, or fewer than two."""
    digits = [digit_of(sign) for sign in _BETWEEN_DIGITS.sub("", clean(text))]
    return [digit for digit in digits if digit] if len(digits) > 1 and all(digits) else []


def is_emergency_number(text: str, country: str | None) -> bool:
    """Whether somebody texts what they should call: the emergency number of the country, or one that the world knows."""
    bare = text.strip().strip(".!")
    numbers = numbers_of(country)
    return len(bare) > 1 and bare in {"112", "911", "999", numbers.danger, numbers.medical}


def _country_of(message: Message, session: Session) -> str | None:
    """Where the person is, as far as known: where she shares a location, what she told before, or the country of the number."""
    return message.country if message.kind is Kind.PLACE else session.about.get("country") or message.country


def is_exit_word(text: str) -> bool:
    """Whether the whole text is the exit word of a language."""
    return fold(text) in {fold(word) for locale in all_locales().values() for word in (locale.exit_word, *locale.exit_also)}


class Conversation:
    """Answers messages of all channels.

    Args:
        dialogue: the model behind its seam.
        sessions: what is remembered.
        last_wall: what answers when anything else fails.
        handoffs: the way to a human at the desk; None where there is no desk.
    """

    def __init__(self, dialogue: Dialogue, sessions: Sessions, last_wall: LastWall, handoffs: Handoffs | None = None) -> None:
        self._dialogue, self._sessions, self.last_wall = dialogue, sessions, last_wall
        self._human = WithHuman(handoffs) if handoffs else None
        self.failures = 0

    async def answer(self, message: Message, shape: Shape) -> Reply:
        """Answers one message; never raises.

        Args:
            message: what came in.
            shape: how much the channel carries at once.
        """
        came = time.monotonic()
        if is_carrier_stop(message.text) and message.kind is Kind.TEXT and message.channel.endswith("sms"):
            return await self._leave(message, came, SILENCE)
        if (message.kind is Kind.TEXT and is_exit_word(message.text)) or (message.kind is Kind.COMMAND and message.choice == "exit"):
            return await self._leave(message, came, Reply("", erase=True))
        known: list[Session] = []
        try:
            return await asyncio.wait_for(self._in_order(message, shape, known, came), DEADLINE)
        except Exception:  # noqa: BLE001 - whatever broke, a person waits; its text may quote the message, so it goes nowhere
            self.failures += 1
            if await self._has_left(message, came):
                return await self._silence(message)
            session = known[0] if known else Session()
            return self.last_wall.reply(message, session.locale, _country_of(message, session))

    async def _leave(self, message: Message, came: float, reply: Reply) -> Reply:
        leaving = [self._sessions.leave(message, came), *([self._human.left(message)] if self._human else [])]
        for left in leaving:  # each, also where another fails
            try:
                await left
            except HelplineError:
                self.failures += 1
        return reply

    async def _has_left(self, message: Message, came: float) -> bool:
        """Whether the person left while the message was under way. Where the store cannot tell at once, the safe side is the answer."""
        try:
            return await asyncio.wait_for(self._sessions.has_left(message, came), _ASKING)
        except Exception:  # noqa: BLE001 - as above
            return False

    async def _silence(self, message: Message) -> Reply:
        """No reply, to a repeated delivery of the message neither."""
        with suppress(HelplineError):
            await self._sessions.remember_answer(message, SILENCE)
        return SILENCE

    async def _in_order(self, message: Message, shape: Shape, known: list[Session], came: float) -> Reply:
        try:
            async with self._sessions.turn_of(message):
                return await self._once(message, shape, known, came)
        except StoreFull:  # no room even for a lock: better out of order than not at all
            return await self._once(message, shape, known, came)

    async def _once(self, message: Message, shape: Shape, known: list[Session], came: float) -> Reply:
        if before := await self._sessions.answered(message):
            return before
        session = await self._sessions.load(message)
        if session:
            known.append(session)
        reply, session, ended = await self._reply(message, session or Session(), shape)
        if not reply.text.strip() and reply is not SILENCE:
            raise TurnFailed("The reply was empty. The last wall answers; report this.")
        if await self._has_left(message, came):
            return await self._silence(message)
        await self._keep(message, session, reply, came if ended else None)
        return reply

    async def _keep(self, message: Message, session: Session, reply: Reply, ended: float | None) -> None:
        """Remembers what the next message needs; nothing of a session that has ended with a message that came at that time."""
        try:
            if ended is not None:
                await self._sessions.leave(message, ended)
            else:
                await self._sessions.save(message, session)
            await self._sessions.remember_answer(message, reply)
        except HelplineError:
            self.failures += 1  # the right answer goes out all the same; only what was said is not remembered

    async def _reply(self, message: Message, session: Session, shape: Shape) -> tuple[Reply, Session, bool]:
        if message.late:
            return self._fixed(message, session, shape, *_LATE)
        if message.kind in _WORDLESS:
            return self._fixed(message, session, shape, *_WORDLESS[message.kind])
        if message.kind is Kind.TEXT and not message.text.strip():
            return self._fixed(message, session, shape, *_EMPTY)
        text, payload = self._meant(message, session)
        if payload and text == LATER:
            return (*rest(session, shape), False)
        if self._human and (answered := await self._human.instead(message, session, shape, text, payload, self._ask(message, session))):
            return answered
        if message.kind is Kind.TEXT and not any(c.isalnum() or c == "\N{SQUARED SOS}" for c in message.text):
            return self._fixed(message, session, shape, *_EMPTY)  # an advocate can read a heart, or a question mark; the model cannot
        if text is None or text.startswith(PAYLOAD):
            return self._fixed(message, session, shape, *(_LOST if message.kind is Kind.PLACE else _GONE))
        turn = await self._dialogue.reply(text, session.state, self._hints(message, session, payload), payload=payload)
        if turn.options and turn.understanding and turn.understanding.topic == "affirm" and session.options:
            if not (still_open := session.open_options()):
                return (*rest(session, shape), False)  # yes where only "more" was offered
            turn = replace(turn, options=tuple(still_open))  # yes to several things picks none of them: they are put again, not the menu
        if self._human:
            turn, session = await self._human.beside(message, session, turn, payload and text == _PERSON)
        asked_person = (payload and text == _PERSON) or leads_to_person(turn)
        reply, session = compose(turn, session, shape, asked_person=asked_person)
        return reply, session, turn.ended

    def _ask(self, message: Message, session: Session) -> Callable[[], Awaitable[Turn]]:
        """What asks the dialogue for its turn to the words of a message."""
        danger = is_emergency_number(message.text, _country_of(message, session))
        text = "/danger_now" if danger else message.text
        return lambda: self._dialogue.reply(text, session.state, self._hints(message, session, danger), payload=danger)

    @staticmethod
    def _hints(message: Message, session: Session, payload: bool) -> dict[str, Any]:
        locale = message.locale or session.locale or likely_locale(message)
        hints: dict[str, Any] = {"locale_hint": locale, "country_hint": message.country}
        if session.options and not payload:
            hints["open_topics"] = session.open_topics()
        return hints

    def _meant(self, message: Message, session: Session) -> tuple[str | None, bool]:
        """What goes to the dialogue: the person's text, or the intent behind a choice; None where the choice is gone."""
        if message.kind is Kind.CHOICE:
            turn, _, picked = (message.choice or "").partition(":")
            return (_PERSON if picked == "0" else session.payload(picked) if turn == str(session.turn) else None), True
        if message.kind is Kind.PLACE:
            place = {"place": message.place} if message.place else {}
            return (f"/give_location{json.dumps({'country': message.country, **place})}" if message.country else None), True
        if message.kind is Kind.COMMAND:
            return _COMMANDS.get(message.choice or ""), True
        if is_carrier_help(message.text) and message.channel.endswith("sms"):
            return _PERSON, True
        if is_emergency_number(message.text, _country_of(message, session)):
            return "/danger_now", True
        if digit := digit_of(message.text):
            return (_PERSON if digit == "0" else session.payload(digit) if session.options else "/what_can_you_do"), True
        if several := session.payload_of_several(digits_of(message.text)):
            return several, True
        if (named := digit_named(message.text)) and session.payload(named):
            return session.payload(named), True
        if titled := session.payload_of_title(message.text):
            return titled, True
        return message.text.replace("\N{SQUARED SOS}", " SOS "), False

    def _fixed(self, message: Message, session: Session, shape: Shape, context: str, sentence: str) -> tuple[Reply, Session, bool]:
        """A sentence that needs no model. What was open stays open; and where the session was urgent, the number comes first once more."""
        locale = session.locale or likely_locale(message)
        lost = self._human.lost_lines(session, locale, _country_of(message, session)) if self._human else ()
        lead = "\n".join((*lost, translate(locale, context, sentence)))
        if session.urgent:
            lead = f"{self.last_wall.number_line(locale, _country_of(message, session), session.urgent)}\n{lead}"
        reply, after = rest(session, shape, lead=lead, locale=locale)
        return replace(reply, urgent=session.urgent), after, False
