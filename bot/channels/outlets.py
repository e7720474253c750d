"""The outgoing side of the channels: what is sent although the person has not just written, such as an advocate's words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from bot.channels.provider_errors import Failure, ProviderError
from bot.conversation.messages import Reply, Shape


class Outcome(str, Enum):
    """What became of one reply.

    SENT: the provider took it; in a delivery report: it has arrived.
    NOT_SENT: surely nothing went out; the same reply may be sent again.
    UNKNOWN: the provider left open whether it went out, or only part of it did. It is never sent again: two equal texts at an odd
    moment draw eyes to a phone.
    BLOCKED: the person takes nothing from this sender any more.
    UNREACHABLE: it does not come to this address.
    """

    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Sent:
    """How the sending of one reply ended.

    Attributes:
        outcome: what became of it.
        receipt: opaque text that comes back with a later delivery report (see `Delivered`); also where the outcome is UNKNOWN, since a
            reply that went out after all is reported as well. Empty where there will be no report.
    """

    outcome: Outcome
    receipt: str = ""


class Outlet(Protocol):
    """One channel, outwards.

    Attributes:
        shape: how much one reply carries.
    """

    shape: Shape

    async def send(self, address: str, reply: Reply) -> Sent:
        """Sends a reply; one without words is silence and counts as sent. Never raises.

        What goes to one address from one process goes out in the order in which it was handed in, each after the end of the one before.

        Args:
            address: of a `Message` of this channel.
            reply: what to send.
        """
        ...

    async def typing(self, address: str) -> None:
        """Shows for some seconds that somebody is writing, where the channel can. Never raises."""
        ...


# By `Message.channel`. Trial phones have the names of the real channels.
Outlets = Mapping[str, Outlet]

# Told of the delivery report of a receipt: SENT, BLOCKED or UNREACHABLE. It passes over receipts that nobody waits for.
Delivered = Callable[[str, Outcome], Awaitable[None]]

_OUTCOMES = {
    Failure.OPTED_OUT: Outcome.BLOCKED,
    Failure.UNREACHABLE: Outcome.UNREACHABLE,
    Failure.UNCERTAIN: Outcome.UNKNOWN,
}


def outcome_of(error: ProviderError) -> Outcome:
    """What an error means for what was to be sent."""
    return _OUTCOMES.get(error.failure, Outcome.NOT_SENT)


def of_rest(outcome: Outcome) -> Outcome:
    """What the outcome of a reply's rest means for all of it, when some of it has gone out: it must not go out again as a whole."""
    return Outcome.UNKNOWN if outcome is Outcome.NOT_SENT else outcome
