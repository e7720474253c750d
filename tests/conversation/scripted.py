"""Stands for the dialogue, at its seam: answers by script, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.channels.segments import SmsShape
from bot.conversation.conversation import Conversation
from bot.conversation.last_wall import LastWall
from bot.conversation.messages import Block, Message, Reply, Shape, Turn
from bot.conversation.sessions import Sessions
from bot.privacy.keys import KeyRing
from bot.store import Store
from bot.store.memory import MemoryStore

PERSON = "/talk_to_human"
NUMBER = "+14155550142"
OPTIONS = (("Pay", "/rights_pay"), ("Shelter", "/find_shelter"), ("Who can help", "/who_helps"))


@dataclass(frozen=True)
class Asked:
    """One question that the dialogue got."""

    text: str
    state: dict[str, Any] | None
    hints: dict[str, Any]
    payload: bool


def turn(*blocks: str | Block, **rest: Any) -> Turn:
    """A turn that says these blocks, with three options unless told otherwise."""
    said = tuple(Block(block) if isinstance(block, str) else block for block in blocks)
    return Turn(said, **{"options": OPTIONS, **rest})


@dataclass
class Script:
    """A dialogue that answers "Answer N" to the N-th question of a session.

    Attributes:
        says: makes another turn of what was asked.
        seconds: how long each turn takes.
        asked: what came.
    """

    says: Callable[[Asked], Turn] | None = None
    seconds: float = 0.0
    asked: list[Asked] = field(default_factory=list)

    async def reply(self, text: str, state: dict[str, Any] | None, hints: dict[str, Any], *, payload: bool = False) -> Turn:
        """The dialogue's side of the seam."""
        asked = Asked(text, state, hints, payload)
        self.asked.append(asked)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        said = self.says(asked) if self.says else turn(f"Answer {self.count(state)}.")
        return said if said.state else Turn(**{**vars(said), "state": {"count": self.count(state)}})

    @staticmethod
    def count(state: dict[str, Any] | None) -> int:
        """Which turn of the session this is."""
        return int((state or {}).get("count", 0)) + 1

    @property
    def texts(self) -> list[str]:
        """What was asked, in order."""
        return [asked.text for asked in self.asked]


class Line:
    """A conversation over a script, with everything that it stands on within reach.

    Args:
        script: the dialogue; one that answers "Answer N" by default.
        store: in memory by default.
        shape: an SMS by default.
    """

    def __init__(self, script: Script | None = None, store: Store | None = None, shape: Shape | None = None) -> None:
        self.script, self.store, self.shape = script or Script(), store or MemoryStore(), shape or SmsShape()
        self.keys = KeyRing()
        self.sessions = Sessions(self.store, self.keys, 15)
        self.conversation = Conversation(self.script, self.sessions, LastWall())

    async def send(self, text: str = "", **about: Any) -> Reply:
        """What comes back to a message; over SMS from an American number unless told otherwise."""
        message = Message(**{"channel": "sms", "address": NUMBER, "country": "US", "text": text, **about})
        return await self.conversation.answer(message, self.shape)
