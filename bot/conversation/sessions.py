"""What is remembered between a person's messages: short-lived, sealed, found by a keyed hash of the address. No text."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from typing import Any

from bot.conversation.messages import SILENCE, Choice, Message, Reply
from bot.nlu.text import fold
from bot.privacy.keys import Epoch, KeyRing
from bot.store import Store

# A provider repeats a webhook within seconds; Telegram goes on for some minutes.
ANSWERED_SECONDS = 600.0
LATER = "/later"  # the choice that brings what waits of the last reply
_OF_MANY = "sign"  # the value of choices of which several may be picked at once
_SAME = 0.9  # how alike a choice's title and what was typed must be; "I can talk" is 0.87 like "I cannot talk"
_LONGEST_TURN = 10.0  # seconds after which a worker that holds a session is taken for dead


def _likeness(title: str, text: str) -> float:
    """How alike two short texts are, case, accents and punctuation apart: 0 to 1."""
    if len(text) > 2 * len(title):
        return 0.0
    plain = ["".join(c for c in fold(part) if c.isalnum() or c == " ") for part in (title, text)]
    return SequenceMatcher(None, plain[0], plain[1]).ratio()


@dataclass
class Session:
    """One person's session.

    Attributes:
        turn: counts replies, so that an old button is known as old.
        state: of the dialogue (see `bot.dialogue.tracker_state`); None before the first reply.
        locale: of the last reply.
        options: what may be picked next, as (digit, title, payload).
        later: the rest of the last reply, which waits behind a digit: the service's own words.
        held: the options that come with the rest of the last reply, as (title, payload): all of them where words of it wait, else those
            for which there was no digit.
        about: what an advocate may be told, if she agrees; see `Turn.about`.
        topics: what was asked about, the newest last.
        draft: a handoff that is not in the queue yet (`bot.handoff.life.Handoff`, as a mapping).
        urgent: kind of urgency of the last urgent reply; None where there was none.
    """

    turn: int = 0
    state: dict[str, Any] | None = None
    locale: str | None = None
    options: list[tuple[str, str, str]] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    held: list[tuple[str, str]] = field(default_factory=list)
    about: dict[str, str] = field(default_factory=dict)
    topics: list[str] = field(default_factory=list)
    draft: dict[str, Any] | None = None
    urgent: str | None = None

    def next(self, state: dict[str, Any] | None, locale: str | None) -> Session:
        """The session after one more reply, before it is known what may be picked then."""
        return Session(self.turn + 1, state, locale, about=self.about, topics=self.topics, draft=self.draft, urgent=self.urgent)

    def payload(self, digit: str) -> str | None:
        """What a digit stands for now."""
        return next((payload for known, _, payload in self.options if known == digit), None)

    def payload_of_several(self, digits: list[str]) -> str | None:
        """What several digits stand for together, where their choices differ only in one value: that intent, with all their values."""
        payloads = [self.payload(digit) or "" for digit in dict.fromkeys(digits)]
        parts = [payload.partition("{") for payload in payloads]
        if not parts or len({intent for intent, _, _ in parts}) > 1 or not all(brace for _, brace, _ in parts):
            return None
        values = [json.loads(brace + rest) for _, brace, rest in parts]
        names = {name for value in values for name in value}
        if names != {_OF_MANY}:
            return None
        return parts[0][0] + json.dumps({_OF_MANY: " ".join(value[_OF_MANY] for value in values)})

    def open_options(self) -> list[tuple[str, str]]:
        """What may be picked next, as (title, payload), without what turns the page."""
        return [(title, payload) for _, title, payload in self.options if payload != LATER]

    def open_topics(self) -> list[str]:
        """The topics among the choices, in the light of which the next message is read."""
        return [payload.removeprefix("/") for _, payload in self.open_options() if "{" not in payload]

    def payload_of_title(self, text: str) -> str | None:
        """What a choice stands for whose title was typed instead of its digit, a slip of the finger allowed ("i cant talk")."""
        likeness, payload = max(((_likeness(title, text), payload) for _, title, payload in self.options), default=(0.0, None))
        return payload if likeness >= _SAME else None


class Sessions:
    """Sessions in a store.

    Args:
        store: where they are kept.
        keys: what they are found and sealed with.
        minutes: quiet time after which one is forgotten.
    """

    def __init__(self, store: Store, keys: KeyRing, minutes: int) -> None:
        self._store, self.keys, self._seconds = store, keys, minutes * 60.0

    def name(self, message: Message, epoch: Epoch | None = None) -> str:
        """Under which name a message's session is kept, in the present epoch or another."""
        return (epoch or self.keys.current).identify("session", message.channel, message.address)

    def turn_of(self, message: Message) -> AbstractAsyncContextManager[None]:
        """Lets one message of a session in at a time, in their order."""
        return self._store.lock(self.name(message), _LONGEST_TURN)

    async def load(self, message: Message) -> Session | None:
        """The session of whoever sent the message; also one that still lies under the previous keys."""
        kept = await self._get(message, self.name)
        return Session(**{**kept, **{name: [tuple(option) for option in kept[name]] for name in ("options", "held")}}) if kept else None

    async def save(self, message: Message, session: Session) -> None:
        """Keeps the session for the quiet time from now on, under the present keys."""
        epoch, previous = self.keys.current, self.keys.previous  # once: another thread may rotate them in between
        await self._set(epoch, self.name(message, epoch), asdict(session), self._seconds)
        await self._store.delete(self.name(message, previous))

    async def drop(self, message: Message) -> None:
        """Forgets the session."""
        await self._store.delete(self.name(message), self.name(message, self.keys.previous))

    async def leave(self, message: Message, came: float) -> None:
        """Forgets the session, and remembers for a while that nothing which came before may be answered any more.

        A message may still be with the dialogue, or be repeated by the provider, when the person has gone: its reply would light up
        the phone. A channel whose messages have no delivery id waits for each reply and repeats nothing.

        Args:
            message: the one that ended the session.
            came: when it came (monotonic seconds; they are the same in all workers of a machine).
        """
        await self.drop(message)
        if message.delivery:
            epoch = self.keys.current
            await self._set(epoch, self._left(message, epoch), came, ANSWERED_SECONDS)

    async def has_left(self, message: Message, since: float) -> bool:
        """Whether whoever sent the message has ended the session after that moment (monotonic seconds)."""
        left = await self._get(message, self._left)
        return left is not None and left > since

    async def first_time(self, delivery: str) -> bool:
        """Whether a provider's delivery comes for the first time, to any worker (for channels that cannot repeat a reply)."""
        earlier = self.keys.previous.identify("delivery", delivery)
        if await self._store.get(earlier) is not None:
            return False
        return await self._store.claim(self.keys.current.identify("delivery", delivery), ANSWERED_SECONDS)

    @staticmethod
    def _answered(message: Message, epoch: Epoch) -> str:
        # With the address: whatever a provider does with its ids, nobody gets another person's reply.
        return epoch.identify("answered", message.channel, message.address, message.delivery)

    @staticmethod
    def _left(message: Message, epoch: Epoch) -> str:
        return epoch.identify("left", message.channel, message.address)

    async def _set(self, epoch: Epoch, name: str, value: Any, seconds: float) -> None:
        content = json.dumps(value, separators=(",", ":")).encode()
        await self._store.set(name, epoch.seal(content, name), seconds)

    async def _get(self, message: Message, name_of: Callable[[Message, Epoch], str]) -> Any:
        """What `_set` kept under a name of the message, in either epoch; None where there is nothing, or nothing that can be opened."""
        for epoch in (self.keys.current, self.keys.previous):
            name = name_of(message, epoch)
            sealed = await self._store.get(name)
            content = epoch.open(sealed, name) if sealed else None
            if content:
                return json.loads(content)
        return None

    async def answered(self, message: Message) -> Reply | None:
        """The reply that this very delivery got before, or None. Silence where the person has left since: that reply must not come late."""
        kept = await self._get(message, self._answered) if message.delivery else None
        if kept is None:
            return None
        if await self.has_left(message, kept["at"]):
            return SILENCE
        return Reply(**{**kept["reply"], "choices": tuple(Choice(**choice) for choice in kept["reply"]["choices"])})

    async def remember_answer(self, message: Message, reply: Reply) -> None:
        """Keeps the reply for a repeated delivery: a repeat comes because the first answer did not arrive."""
        if message.delivery:
            epoch = self.keys.current
            await self._set(epoch, self._answered(message, epoch), {"at": time.monotonic(), "reply": asdict(reply)}, ANSWERED_SECONDS)
