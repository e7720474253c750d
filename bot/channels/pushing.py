"""Brings to a phone what its owner has not just asked for: the postman of `bot.handoff`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.channels.outlets import Delivered, Outcome, Outlets
from bot.conversation.composing import compose
from bot.conversation.messages import Block, Message, Reply, Turn
from bot.conversation.sessions import Session, Sessions
from bot.handoff.handoffs import Handoffs
from bot.handoff.life import Fate
from bot.handoff.wording import Option

_FATES = {Outcome.SENT: Fate.SENT, Outcome.UNKNOWN: Fate.UNKNOWN}


@dataclass(frozen=True)
class Pushed:
    """What became of it; see `bot.handoff.handoffs.Sent`."""

    fate: Fate
    lost: bool = False
    receipt: str = ""


def told_to(handoffs: Handoffs) -> Delivered:
    """What tells the handoffs of a provider's delivery reports."""

    async def delivered(receipt: str, outcome: Outcome) -> None:
        fate = Fate.DELIVERED if outcome is Outcome.SENT else Fate.FAILED
        await handoffs.delivered(receipt, fate, lost=outcome is Outcome.BLOCKED)

    return delivered


class Pusher:
    """Sends through the outlets, and remembers in the session which choices are open after it.

    Args:
        sessions: of the people.
        outlets: by channel.
    """

    def __init__(self, sessions: Sessions, outlets: Outlets) -> None:
        self._sessions, self._outlets = sessions, outlets

    async def tell(self, channel: str, address: str, locale: str, blocks: Sequence[str], options: Sequence[Option]) -> Pushed:
        """The service's own words with choices, which are open from then on.

        Raises:
            StoreUnavailable: the session cannot be had.
        """
        message = Message(channel, address, "", locale=locale)
        async with self._sessions.turn_of(message):
            session = await self._sessions.load(message) or Session(locale=locale)
            turn = Turn(tuple(map(Block, blocks)), options=tuple(options), locale=locale, state=session.state or {})
            reply, after = compose(turn, session, self._outlets[channel].shape, asked_person=True)
            after.state = session.state
            await self._sessions.save(message, after)
        return await self._send(channel, address, reply)

    async def relay(self, channel: str, address: str, locale: str, text: str) -> Pushed:
        """An advocate's words; what may be picked stays as it is."""
        return await self._send(channel, address, Reply(text, locale=locale))

    async def typing(self, channel: str, address: str) -> None:
        """That somebody is typing, where the channel can show it."""
        await self._outlets[channel].typing(address)

    async def _send(self, channel: str, address: str, reply: Reply) -> Pushed:
        sent = await self._outlets[channel].send(address, reply)
        return Pushed(_FATES.get(sent.outcome, Fate.FAILED), sent.outcome is Outcome.BLOCKED, sent.receipt)
