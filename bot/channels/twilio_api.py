"""The two calls that the service makes to Twilio: send a message, delete the record of one.

httpx rather than Twilio's own client: that one logs each request with its headers, sets no time limit unless told to, and does not
tell "never connected" from "no answer", on which it hangs whether a reply may take another way.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from json import JSONDecodeError

import httpx

from bot.channels.provider_errors import Failure, ProviderError
from bot.settings import Twilio

STATUS_PATH = "/webhooks/twilio/status"
# Of the address at which Twilio reports: Twilio calls it as it was given, and signs it whole.
RECEIPT_FIELD = "receipt"

# Twilio waits 15 seconds for the answer to its webhook; the dialogue may take 3 of them.
_DEADLINE = 5.0
# To connect and to start TLS must end well before the deadline, so that a connection that never came about is known as such.
_TIMEOUT = httpx.Timeout(_DEADLINE, connect=1.5, pool=0.5)

# https://www.twilio.com/docs/api/errors. A code that is not here is judged by its HTTP status.
_CODES = {
    Failure.OPTED_OUT: (21610, 30004),
    Failure.UNREACHABLE: (21211, 21214, 21217, 21408, 21612, 21614, 21635, 30003, 30005, 30006, 30008),
    Failure.REFUSED: (21602, 21617, 21619, 30007),
    Failure.SETTINGS: (20003, 21603, 21606, 21608, 21609, 21659, 21701, 21703, 30002, 30029, 30030, 30034),
    Failure.BUSY: (20429, 30001),
    Failure.TOO_EARLY: (20009,),
    Failure.GONE: (20404,),
}
_FAILURE_OF_CODE = {code: failure for failure, codes in _CODES.items() for code in codes}
_FAILURE_OF_STATUS = {401: Failure.SETTINGS, 403: Failure.SETTINGS, 404: Failure.GONE, 409: Failure.TOO_EARLY, 429: Failure.BUSY}
_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")

# httpx and its transport log each address they call, and the address of a record names a message.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def failure_of(code: int | None, status: int) -> Failure:
    """The way of failing that an error of Twilio's is.

    Args:
        code: Twilio's own number, from an answer or a status callback; None where there was none.
        status: of the HTTP answer.
    """
    if code in _FAILURE_OF_CODE:
        return _FAILURE_OF_CODE[code]
    if status >= 500:
        return Failure.UNCERTAIN
    return _FAILURE_OF_STATUS.get(status, Failure.REFUSED)


class TwilioApi:
    """Twilio's REST API, as far as the service needs it. Nothing is tried twice here: the caller knows what may be.

    Attributes:
        deletions: deletes records later and keeps at it.
    """

    def __init__(self, twilio: Twilio, public_url: str) -> None:
        """
        Args:
            twilio: the account.
            public_url: address of this service; Twilio reports there how a message fares.
        """
        self._twilio = twilio
        self._status_callback = public_url + STATUS_PATH
        self._client = httpx.AsyncClient(
            base_url=f"{twilio.api_base}/2010-04-01/Accounts/{twilio.account_sid}",
            auth=(twilio.account_sid, twilio.auth_token),
            timeout=_TIMEOUT,
        )
        self.deletions = Deletions(self.delete_message)

    async def send(self, to: str, body: str, receipt: str = "") -> str:
        """Sends one message.

        Args:
            to: address of the person, as the webhook gave it.
            body: of at most 1,600 characters.
            receipt: comes back with each report of how this message fares. It must be random and not made of the sid, which leads back
                to a number at Twilio; so it also tells of a message whose sid we never heard, and no rotation of keys loses it.
        Returns:
            The sid of its record.
        Raises:
            ProviderError: it was not sent, or (`Failure.UNCERTAIN`) perhaps was.
        Source: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
        """
        reported_to = f"{self._status_callback}?{RECEIPT_FIELD}={receipt}" if receipt else self._status_callback
        form = {"To": to, "Body": body, "StatusCallback": reported_to, **self._sender(to), **self._retention()}
        response = await self._call("POST", "/Messages.json", form)
        sid = _fields(response).get("sid")
        if not isinstance(sid, str):
            raise ProviderError(Failure.UNCERTAIN)
        return sid

    async def delete_message(self, sid: str) -> None:
        """Deletes the record of a message, and with it its text, its addresses and its media. A record that is gone counts as deleted.

        Args:
            sid: of a message that came in or went out.
        Raises:
            ProviderError: the record may still be there.
        Source: https://www.twilio.com/docs/messaging/api/message-resource#delete-a-message-resource
        """
        if not _SID.fullmatch(sid):
            raise ProviderError(Failure.REFUSED)
        try:
            await self._call("DELETE", f"/Messages/{sid}.json")
        except ProviderError as error:
            if error.failure is not Failure.GONE:
                raise

    async def aclose(self) -> None:
        """Gives each waiting deletion one last try, then closes the connections."""
        await self.deletions.aclose()
        await self._client.aclose()

    def _sender(self, to: str) -> dict[str, str]:
        sender = self._twilio.sender
        if sender.startswith("MG"):
            return {"MessagingServiceSid": sender}
        return {"From": f"whatsapp:{sender}" if to.startswith("whatsapp:") else sender}

    def _retention(self) -> dict[str, str]:
        return {"ContentRetention": "discard", "AddressRetention": "obfuscate"} if self._twilio.redaction else {}

    async def _call(self, method: str, path: str, form: dict[str, str] | None = None) -> httpx.Response:
        # Exceptions of httpx are left behind (`from None`): they hold the request.
        try:
            response = await asyncio.wait_for(self._client.request(method, path, data=form), _DEADLINE)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
            raise ProviderError(Failure.NOT_CONNECTED) from None
        except (httpx.HTTPError, asyncio.TimeoutError):
            raise ProviderError(Failure.UNCERTAIN) from None
        if response.is_success:
            return response
        code = _fields(response).get("code")
        code = code if isinstance(code, int) else None
        raise ProviderError(failure_of(code, response.status_code), code, _retry_after(response))


def _retry_after(response: httpx.Response) -> float:
    """Seconds of the header `Retry-After`; 0 where it is not there, or is a date."""
    seconds = response.headers.get("retry-after", "")
    return float(seconds) if re.fullmatch(r"\d{1,6}", seconds, re.ASCII) else 0.0


def _fields(response: httpx.Response) -> dict[str, object]:
    try:
        fields = response.json()
    except (JSONDecodeError, UnicodeDecodeError):
        return {}
    return fields if isinstance(fields, dict) else {}


class Deletions:
    """Deletes records in the background. Ids are held only until that is done, and only in memory.

    Attributes:
        failed: how many records could not be deleted; they stay until the provider's own time is up.
    """

    # An incoming record is not final before Twilio has our answer, hence a pause before the first try.
    PAUSES = (1.0, 5.0, 30.0, 180.0, 900.0)
    MOST_WAITING = 10_000
    MOST_AT_ONCE = 4

    def __init__(self, delete: Callable[[str], Awaitable[None]], pauses: tuple[float, ...] = PAUSES) -> None:
        """
        Args:
            delete: deletes the record of a sid, or raises ProviderError.
            pauses: seconds before each try.
        """
        self.failed = 0
        self._delete = delete
        self._pauses = pauses
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(self.MOST_AT_ONCE)
        self._closing = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many records are still to be deleted."""
        return len(self._tasks)

    def schedule(self, sid: str, after: float = 0.0) -> None:
        """Starts deleting a record; returns at once and never raises.

        Args:
            sid: of the message. One that waits already is left as it is, unless it is now to go without delay: statuses may
                come out of order.
            after: seconds to wait before the first pause.
        """
        if earlier := self._tasks.get(sid):
            if after:
                return
            earlier.cancel()
        elif self._closing.is_set() or len(self._tasks) >= self.MOST_WAITING:
            self.failed += 1
            return
        task = asyncio.create_task(self._keep_at_it(sid, after))
        self._tasks[sid] = task
        task.add_done_callback(lambda done: self._forget(sid, done))

    async def aclose(self, grace: float = 5.0) -> None:
        """Gives every waiting deletion one last try.

        Args:
            grace: seconds after which those that have not ended count as failed.
        """
        self._closing.set()
        if not self._tasks:
            return
        _, unfinished = await asyncio.wait(self._tasks.values(), timeout=grace)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        self.failed += len(unfinished)

    def _forget(self, sid: str, done: asyncio.Task[None]) -> None:
        if self._tasks.get(sid) is done:
            del self._tasks[sid]

    async def _keep_at_it(self, sid: str, after: float) -> None:
        for pause in (after + self._pauses[0], *self._pauses[1:]):
            await self._pause(pause)
            try:
                async with self._places:
                    await self._delete(sid)
                return
            except ProviderError as error:
                if not error.passing or self._closing.is_set():
                    break
        self.failed += 1

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
