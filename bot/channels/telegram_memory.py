"""What the Telegram channel remembers of a chat while its session lives: message ids that an erase must reach, and no chat id."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.privacy.keys import KeyRing
from bot.store import Store
from bot.store.sealed_lists import SealedLists

# "A message can only be deleted if it was sent less than 48 hours ago." https://core.telegram.org/bots/api#deletemessage
_DELETABLE_SECONDS = 48 * 3600 - 60
MOST_MESSAGES = 1_000  # of one session, whose ids are remembered


@dataclass
class Chat:
    """One chat while its session lives.

    Attributes:
        waiting: messages whose turn it is, or will be.
        answered: when the chat last got an answer (monotonic seconds); None if it did not yet.
        newest_late: update id of the newest message that waits as a late one.
        sending: held while something is being sent to the chat or deleted from it.
        erasures: how often everything was deleted from it.
    """

    waiting: int = 0
    answered: float | None = None
    newest_late: int = 0
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)
    erasures: int = 0
    used: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _messages: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=MOST_MESSAGES))
    _untold: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_MESSAGES))

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Held from the answering of a message to the sending of its reply, so that replies arrive in the order of the messages."""
        self.waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self.waiting -= 1

    def note(self, message_id: int) -> None:
        """Remembers the id of a message of this session, the person's or the bot's."""
        self._messages.append((time.monotonic(), message_id))
        self._untold.append(message_id)

    def untold(self) -> list[int]:
        """The ids that were noted since this was asked last, for the other workers."""
        ids = list(self._untold)
        self._untold.clear()
        return ids

    def take(self) -> list[int]:
        """The ids of this session that can still be deleted; they are forgotten here."""
        oldest = time.monotonic() - _DELETABLE_SECONDS
        ids = [message_id for when, message_id in self._messages if when > oldest]
        self._messages.clear()
        self._untold.clear()
        return list(dict.fromkeys(ids))


class ChatMemory:
    """Chats by a keyed hash of their id. The key is of this process and never leaves it.

    Args:
        minutes: quiet time after which a chat is forgotten.
        most: chats that are remembered at once; beyond, the one that was quiet longest goes.
    """

    def __init__(self, minutes: float, most: int = 10_000) -> None:
        self._quiet = minutes * 60
        self._most = most
        self._key = secrets.token_bytes(32)
        self._chats: OrderedDict[bytes, Chat] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._chats)

    def _name(self, chat_id: int) -> bytes:
        return hashlib.blake2b(str(chat_id).encode(), key=self._key, digest_size=16).digest()

    def chat(self, chat_id: int) -> Chat:
        """The chat of that id, a new one if it is not remembered. Asking counts as use. Needs a running event loop."""
        self._drop_quiet()
        name = self._name(chat_id)
        chat = self._chats.setdefault(name, Chat())
        chat.used = time.monotonic()
        self._chats.move_to_end(name)
        if len(self._chats) > self._most:
            self._chats.popitem(last=False)
        if self._timer is None:
            self._wake_at_next_end()
        return chat

    def forget(self, chat_id: int) -> None:
        """Drops what is remembered of a chat."""
        self._chats.pop(self._name(chat_id), None)

    def close(self) -> None:
        """Drops everything."""
        self._chats.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drop_quiet(self) -> None:
        ended = time.monotonic() - self._quiet
        while self._chats and next(iter(self._chats.values())).used <= ended:
            self._chats.popitem(last=False)

    def _wake_at_next_end(self) -> None:
        """Quiet chats go even when nobody writes any more: forgetting must not wait for the next message."""
        self._drop_quiet()
        self._timer = None
        if self._chats:
            wait = next(iter(self._chats.values())).used + self._quiet - time.monotonic()
            self._timer = asyncio.get_running_loop().call_later(max(wait, 0.01), self._wake_at_next_end)


def shared_message_ids(store: Store, keys: KeyRing, minutes: float) -> SealedLists:
    """The message ids of chats, for all workers that share a store.

    Args:
        store, keys: see `SealedLists`.
        minutes: quiet time after which those of a chat are forgotten.
    """
    return SealedLists(store, keys, "telegram messages", minutes * 60, MOST_MESSAGES)


class FirstTimes:
    """Knows for the newest few thousand update ids whether they were seen before. An update id says nothing of a person."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._seen: OrderedDict[str, None] = OrderedDict()

    def claim(self, delivery: str) -> bool:
        """Whether this is the first time; from now on it is not."""
        if delivery in self._seen:
            return False
        self._seen[delivery] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return True
