"""What is remembered between a person's messages: short-lived, sealed, found by a keyed hash of the address. No text."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.conversation.messages import Choice, Message, Reply
from bot.privacy.keys import Epoch, KeyRing
from bot.store import Store

# A provider repeats a webhook within seconds; Telegram goes on for some minutes.
ANSWERED_SECONDS = 600.0
_LONGEST_TURN = 10.0  # seconds after which a worker that holds a session is taken for dead


@dataclass
class Session:
    """One person's session.

    Attributes:
        turn: counts replies, so that an old button is known as old.
        state: of the dialogue (see `bot.dialogue.tracker_state`); None before the first reply.
        locale: of the last reply.
        options: what may be picked next, as (digit, title, payload).
        later: the rest of the last reply, which waits behind a digit: the service's own words.
        held: options, as (title, payload), that come back when nothing waits any more.
    """

    turn: int = 0
    state: dict[str, Any] | None = None
    locale: str | None = None
    options: list[tuple[str, str, str]] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    held: list[tuple[str, str]] = field(default_factory=list)

    def payload(self, digit: str) -> str | None:
        """What a digit stands for now."""
        return next((payload for known, _, payload in self.options if known == digit), None)


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
        for epoch in (self.keys.current, self.keys.previous):
            name = self.name(message, epoch)
            sealed = await self._store.get(name)
            content = epoch.open(sealed, name) if sealed else None
            if content:
                kept = json.loads(content)
                return Session(**{**kept, **{name: [tuple(option) for option in kept[name]] for name in ("options", "held")}})
        return None

    async def save(self, message: Message, session: Session) -> None:
        """Keeps the session for the quiet time from now on, under the present keys."""
        name = self.name(message)
        content = json.dumps(asdict(session), separators=(",", ":")).encode()
        await self._store.set(name, self.keys.current.seal(content, name), self._seconds)
        await self._store.delete(self.name(message, self.keys.previous))

    async def drop(self, message: Message) -> None:
        """Forgets the session."""
        await self._store.delete(self.name(message), self.name(message, self.keys.previous))

    async def first_time(self, delivery: str) -> bool:
        """Whether a provider's delivery comes for the first time, to any worker (for channels that cannot repeat a reply)."""
        earlier = self.keys.previous.identify("delivery", delivery)
        if await self._store.get(earlier) is not None:
            return False
        return await self._store.claim(self.keys.current.identify("delivery", delivery), ANSWERED_SECONDS)

    def _answered(self, message: Message, epoch: Epoch) -> str:
        return epoch.identify("answered", message.channel, message.delivery)

    async def answered(self, message: Message) -> Reply | None:
        """The reply that this very delivery got before, or None."""
        if not message.delivery:
            return None
        for epoch in (self.keys.current, self.keys.previous):
            name = self._answered(message, epoch)
            sealed = await self._store.get(name)
            content = epoch.open(sealed, name) if sealed else None
            if content:
                kept = json.loads(content)
                return Reply(**{**kept, "choices": tuple(Choice(**choice) for choice in kept["choices"])})
        return None

    async def remember_answer(self, message: Message, reply: Reply) -> None:
        """Keeps the reply for a repeated delivery: a repeat comes because the first answer did not arrive."""
        if message.delivery:
            name = self._answered(message, self.keys.current)
            content = json.dumps(asdict(reply), separators=(",", ":")).encode()
            await self._store.set(name, self.keys.current.seal(content, name), ANSWERED_SECONDS)
