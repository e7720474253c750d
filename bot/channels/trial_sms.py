"""Twilio and the SMS phones behind it, played in this process for `trial`.

A text becomes a webhook as Twilio sends it, signed by Twilio's own SDK with a token of this process, and goes through the routes
of `bot.channels.sms`, which check it as they check any other.
"""

from __future__ import annotations

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

from bot.channels.segments import measure
from bot.channels.sms import WEBHOOK_PATH, sms_routes
from bot.channels.twilio_api import TwilioApi
from bot.conversation.messages import Message, Reply, Shape
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


class _ForgetfulApi(TwilioApi):
    """A Twilio without records, so none is to be deleted. No reply is sent through it: that is for accounts with redaction."""

    async def delete_message(self, sid: str) -> None:
        """Does nothing."""


class SmsPhones:
    """Plays Twilio and the phones behind it.

    Attributes:
        signer: signs webhooks as Twilio does.
    """

    def __init__(self, answer: Callable[[Message, Shape], Awaitable[Reply]]) -> None:
        """
        Args:
            answer: the conversation.
        """
        token = secrets.token_hex(16)
        self._account = "AC" + secrets.token_hex(16)
        self.signer = RequestValidator(token)
        twilio = Twilio(self._account, token, _OURS, _URL, redaction=False)
        channel = Starlette(routes=sms_routes(twilio, _URL, answer, _ForgetfulApi(twilio, _URL)))
        self._channel = httpx.AsyncClient(transport=httpx.ASGITransport(channel), base_url=_URL)

    async def send(self, phone: str, country: str, text: str) -> dict[str, object]:
        """Sends a text from a phone.

        Args:
            phone, country: see `number_of`.
            text: what is typed.
        Returns:
            What comes back: its `text`, empty for silence, with `encoding`, `chars` and `segments`; and the phone's `number`.
        Raises:
            HTTPException: the channel refused the webhook, with that status.
        """
        number = number_of(phone, country)
        form = _webhook(self._account, number, text)
        response = await self._channel.post(
            WEBHOOK_PATH,
            content=urlencode(form),
            headers={
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                "X-Twilio-Signature": self.signer.compute_signature(_URL + WEBHOOK_PATH, form),
            },
        )
        if response.status_code != 200:
            raise HTTPException(response.status_code)
        reply = _text_of(response.text)
        return {"number": number, "text": reply, **asdict(measure(reply))}


def _webhook(account: str, number: str, text: str) -> dict[str, str]:
    """The form of an incoming message. https://www.twilio.com/docs/messaging/guides/webhook-request"""
    sid = "SM" + secrets.token_hex(16)
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
