"""Twilio and the SMS phones behind it, played in this process for `trial`.

A text becomes a webhook as Twilio sends it, signed by Twilio's own SDK with a token of this process, and goes through the routes
of `bot.channels.sms`, which check it as they check any other.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
import phonenumbers
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.channels.outlets import Delivered
from bot.channels.provider_errors import Failure, ProviderError
from bot.channels.segments import measure
from bot.channels.sms import WEBHOOK_PATH, sms_routes
from bot.channels.sms_sending import SmsOutlet
from bot.channels.trial_inbox import Inbox
from bot.channels.twilio_api import RECEIPT_FIELD, STATUS_PATH, TwilioApi
from bot.conversation.messages import Message, Reply, Shape
from bot.errors import HelplineError
from bot.settings import Twilio

_URL = "https://trial.invalid"
_OURS = "+12025550100"

# Numbers that are kept free for fiction: how they begin, and how many digits follow. 555-0100 to 555-0199 of each US area code (North
# American Numbering Plan Administrator), 07700 900000 to 900999 (Ofcom, "Telephone numbers for use in TV and radio drama"),
# 06 39 98 00 00 to 06 39 98 99 99 (Arcep, national numbering plan, decision 2018-0881).
_US_AREAS = (202, 206, 212, 213, 214, 216, 303, 305, 312, 313, 314, 404, 405, 415, 503, 504, 505, 512, 602, 612, 615, 617, 702, 713, 801)
_FICTION: dict[str, tuple[tuple[str, ...], int]] = {
    "US": (tuple(f"+1{area}55501" for area in _US_AREAS), 2),
    "GB": (("+447700900",), 3),
    "FR": (("+3363998",), 4),
}
# Elsewhere a number that nobody can have: none begins with so many zeros behind its country code, from which the channel reads
# the country all the same. And 999 is a country code without a country.
_NOBODYS = ("000", 8)
_NOWHERE = "+999"


def has_numbers(country: str) -> bool:
    """Whether there is such a country, by its ISO 3166-1 alpha-2 code."""
    return phonenumbers.country_code_for_region(country) != 0


def number_of(phone: str, country: str) -> str:
    """The number of a trial phone in international form, always the same; nobody real has it.

    Args:
        phone: its id, hex digits that the page made at random. They say nothing of a person, so they need no keyed hash; and
            several workers take a phone for the same one.
        country: ISO 3166-1 alpha-2, or empty for a number that tells no country.
    """
    zeros, digits = _NOBODYS
    code = f"+{phonenumbers.country_code_for_region(country)}" if country else _NOWHERE
    beginnings, digits = _FICTION.get(country, ((code + zeros,), digits))
    which, rest = divmod(int(phone, 16), 10**digits)
    return f"{beginnings[which % len(beginnings)]}{rest:0{digits}}"


class _PlayedTwilio(TwilioApi):
    """A Twilio whose phones are in the browser. It keeps no records, so none is to be deleted."""

    def __init__(self, twilio: Twilio, inbox: Inbox) -> None:
        super().__init__(twilio, _URL)
        self._inbox = inbox

    async def send(self, to: str, body: str, receipt: str = "") -> str:
        """Leaves a message for the phone of that number."""
        sid = _fresh_sid()
        try:
            await self._inbox.put(to, sid=sid, text=body, receipt=receipt)
        except HelplineError:
            raise ProviderError(Failure.UNCERTAIN) from None
        return sid

    async def delete_message(self, sid: str) -> None:
        """Does nothing."""


class SmsPhones:
    """Plays Twilio and the phones behind it.

    Attributes:
        signer: signs webhooks as Twilio does.
        outlet: sends to the phones what they did not ask for.
    """

    def __init__(self, answer: Callable[[Message, Shape], Awaitable[Reply]], inbox: Inbox, delivered: Delivered | None = None) -> None:
        """
        Args:
            answer: the conversation.
            inbox: of the phones.
            delivered: told when a phone has got what was sent to it.
        """
        token = secrets.token_hex(16)
        self._account = "AC" + secrets.token_hex(16)
        self.signer = RequestValidator(token)
        twilio = Twilio(self._account, token, _OURS, _URL, redaction=False)
        self._inbox, api = inbox, _PlayedTwilio(twilio, inbox)
        self.outlet = SmsOutlet(api)
        channel = Starlette(routes=sms_routes(twilio, _URL, answer, api, delivered=delivered))
        self._channel = httpx.AsyncClient(transport=httpx.ASGITransport(channel), base_url=_URL)

    async def send(self, phone: str, country: str, text: str) -> dict[str, object]:
        """Sends a text from a phone.

        Args:
            phone, country: see `number_of`.
            text: what is typed.
        Returns:
            What comes back: its `text`, empty for silence, with `encoding`, `chars` and `segments`; the phone's `number`; and what
            has `arrived` before, see `arrived`.
        Raises:
            HTTPException: the channel refused the webhook, with that status.
        """
        number = number_of(phone, country)
        with contextlib.suppress(HelplineError):  # a reply needs no store
            await self._inbox.hold(number, phone)
        response = await self._call(WEBHOOK_PATH, _webhook(self._account, number, text))
        if response.status_code != 200:
            raise HTTPException(response.status_code)
        reply, arrived = _text_of(response.text), []
        with contextlib.suppress(HelplineError):
            arrived = await self.arrived(phone, country)
        return {"number": number, "text": reply, **asdict(measure(reply)), "arrived": arrived}

    async def arrived(self, phone: str, country: str) -> list[dict[str, object]]:
        """What was sent to a phone and is shown now, each with its `text`, `encoding`, `chars` and `segments`.

        Args:
            phone, country: see `number_of`.
        Raises:
            StoreFull, StoreUnavailable: see `Store`.
        """
        number = number_of(phone, country)
        items = await self._inbox.take(number) if await self._inbox.holds(number, phone) else []
        for item in items:
            path = f"{STATUS_PATH}?{RECEIPT_FIELD}={item['receipt']}" if item["receipt"] else STATUS_PATH
            await self._call(path, _report(self._account, number, item["sid"]))
        return [{"text": item["text"], **asdict(measure(item["text"]))} for item in items]

    async def _call(self, path: str, form: dict[str, str]) -> httpx.Response:
        """Calls the channel as Twilio does."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": self.signer.compute_signature(_URL + path, form),
        }
        return await self._channel.post(path, content=urlencode(form), headers=headers)


def _fresh_sid() -> str:
    return "SM" + secrets.token_hex(16)


def _report(account: str, number: str, sid: str) -> dict[str, str]:
    """The form of a last status. https://www.twilio.com/docs/messaging/guides/track-outbound-message-status"""
    return {
        "SmsSid": sid,
        "SmsStatus": "delivered",
        "MessageStatus": "delivered",
        "To": number,
        "MessageSid": sid,
        "AccountSid": account,
        "From": _OURS,
        "ApiVersion": "2010-04-01",
    }


def _webhook(account: str, number: str, text: str) -> dict[str, str]:
    """The form of an incoming message. https://www.twilio.com/docs/messaging/guides/webhook-request"""
    sid = _fresh_sid()
    blank = dict.fromkeys(("FromCity", "FromState", "FromZip", "FromCountry", "ToCity", "ToState", "ToZip"), "")
    return {
        **blank,
        "ToCountry": "US",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": text,
        "To": _OURS,
        "NumSegments": str(measure(text).segments),
        "MessageSid": sid,
        "AccountSid": account,
        "From": number,
        "ApiVersion": "2010-04-01",
    }


def _text_of(twiml: str) -> str:
    """The text of the one message in TwiML; empty where it is silent."""
    return ElementTree.fromstring(twiml).findtext("Message", "")  # noqa: S314 - it is our own
