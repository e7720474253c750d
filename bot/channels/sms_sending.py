"""How a `Reply` goes out over SMS when it is no answer to a webhook: through Twilio's API, in order, and at most once."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import replace
from weakref import WeakValueDictionary

from bot.channels.outlets import Outcome, Sent, of_rest, outcome_of
from bot.channels.provider_errors import Failure, ProviderError
from bot.channels.segments import SmsShape, split
from bot.channels.twilio_api import TwilioApi
from bot.conversation.messages import Reply, Shape

_LOG = logging.getLogger(__name__)
_NOT_SENT = "sms.not_sent (%s): %s"
_FAILED = "sms.failed (%s): a message was perhaps not sent. Report this with the version of the service."

# Seconds before each further try, where the one before surely sent nothing. Twilio: "429 responses are safe to retry",
# https://www.twilio.com/docs/api/errors/20429.
_PAUSES = {Failure.BUSY: (1.0, 3.0), Failure.NOT_CONNECTED: (0.5,)}
_LONGEST_PAUSE = 5.0  # seconds, all pauses of one message together; an advocate waits for the outcome


class SmsOutlet:
    """SMS, outwards; see `bot.channels.outlets.Outlet`.

    Args:
        api: of the account that messages go through.
    """

    def __init__(self, api: TwilioApi) -> None:
        self.shape: Shape = SmsShape()
        self._api = api
        # By address, and only while something is under way to it.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def send(self, address: str, reply: Reply) -> Sent:
        """See `Outlet`. What does not fit into one message goes out as several, and the last one has the receipt."""
        if not reply.text.strip():
            return Sent(Outcome.SENT)
        *before, last = split(reply.text, reply.choices, reply.locale)
        async with self._turn(address):
            for number, body in enumerate(before):
                sent = await self._carry(address, body, "")
                if sent.outcome is not Outcome.SENT:
                    return replace(sent, outcome=of_rest(sent.outcome)) if number else sent
            sent = await self._carry(address, last, secrets.token_hex(16))
        return replace(sent, outcome=of_rest(sent.outcome)) if before else sent

    async def typing(self, address: str) -> None:
        """Does nothing: SMS cannot show it."""

    def _turn(self, address: str) -> asyncio.Lock:
        turn = self._turns.get(address)
        if turn is None:
            turn = self._turns[address] = asyncio.Lock()
        return turn

    async def _carry(self, address: str, body: str, receipt: str) -> Sent:
        try:
            await self._keep_at_it(address, body, receipt)
        except ProviderError as error:
            if error.for_operator:
                _LOG.warning(_NOT_SENT, error.failure.value, error)
            outcome = outcome_of(error)
            return Sent(outcome, receipt if outcome is Outcome.UNKNOWN else "")
        except Exception as error:  # noqa: BLE001 - an outlet never raises, and the text of what broke may quote the person
            _LOG.error(_FAILED, type(error).__name__)
            return Sent(Outcome.UNKNOWN, receipt)
        return Sent(Outcome.SENT, receipt)

    async def _keep_at_it(self, address: str, body: str, receipt: str) -> None:
        """Sends one message, and again only where it surely did not go out and may do so soon.

        Raises:
            ProviderError: the last try failed.
        """
        left, paused = {failure: list(pauses) for failure, pauses in _PAUSES.items()}, 0.0
        while True:
            try:
                await self._api.send(address, body, receipt)
                return
            except ProviderError as error:
                if not left.get(error.failure):
                    raise
                pause = max(left[error.failure].pop(0), error.retry_after)
                paused += pause
                if paused > _LONGEST_PAUSE:
                    raise
            await asyncio.sleep(pause)
