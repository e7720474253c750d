"""Somebody who writes to the dialogue, turn by turn, as the conversation would hand it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.conversation.messages import Turn

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine


class Person:
    """One session with the engine.

    Args:
        engine: the loaded model.
        hints: `locale_hint` and `country_hint` of the channel.
    """

    def __init__(self, engine: Engine, **hints: str) -> None:
        self._engine, self._hints = engine, hints
        self.state: dict[str, Any] | None = None

    def says(self, text: str) -> Turn:
        """Writes in her own words."""
        return self._after(self._engine.reply(text, self.state, self._hints))

    def picks(self, payload: str) -> Turn:
        """Sends a choice that the service itself issued."""
        return self._after(self._engine.reply(payload, self.state, self._hints, payload=True))

    def _after(self, turn: Turn) -> Turn:
        self.state = None if turn.ended else turn.state
        return turn


def words(turn: Turn) -> str:
    """All blocks of a reply as one text."""
    return "\n".join(block.text for block in turn.blocks)


def payloads(turn: Turn) -> list[str]:
    """What may be picked after a reply."""
    return [payload for _, payload in turn.options]
