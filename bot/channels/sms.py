"""SMS by Twilio: proves that a webhook comes from Twilio, turns it into a `Message`, and answers with TwiML.

Sources: https://www.twilio.com/docs/messaging/guides/webhook-request (what comes in),
https://www.twilio.com/docs/usage/webhooks/webhooks-security (signature), https://www.twilio.com/docs/messaging/twiml (what goes back).
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

import phonenumbers
from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.twiml.messaging_response import MessagingResponse  # type: ignore[import-untyped]

from bot.channels.outlets import Delivered, Outcome, outcome_of
from bot.channels.provider_errors import Failure, ProviderError
from bot.channels.segments import SmsShape, render
from bot.channels.twilio_api import RECEIPT_FIELD, STATUS_PATH, TwilioApi, failure_of
from bot.conversation.messages import Kind, Message, Reply, Shape
from bot.conversation.stop_words import is_carrier_stop
from bot.errors import HelplineError
from bot.settings import Twilio

WEBHOOK_PATH = "/webhooks/twilio/webhook"

Answer = Callable[[Message, Shape], Awaitable[Reply]]
Claim = Callable[[str], Awaitable[bool]]
Fields = ImmutableMultiDict[str, str]

_log = logging.getLogger(__name__)

_MOST_BYTES = 64 * 1024
_MOST_FIELDS = 500
# What is read must stand there once; of the rest nothing is known, and Twilio adds to it without notice.
_READ = ("AccountSid", "MessageSid", "From", "Body", "NumMedia", "MediaContentType0", "OptOutType", "MessageStatus", "ErrorCode")

# A message stays `sent` where a carrier gives no receipts. Twilio waits an hour for one, and deletes no record before.
_LAST_STATUSES = frozenset(("delivered", "undelivered", "failed", "read", "canceled"))
_RECEIPTS_AWAITED = 66 * 60.0
_ARRIVED, _LOST = frozenset(("delivered", "read")), frozenset(("undelivered", "failed"))
_RECEIPT = re.compile("[0-9a-f]{32}")
_CANNOT_SAY = frozenset(("001", phonenumbers.UNKNOWN_REGION))


def sms_routes(
    twilio: Twilio,
    public_url: str,
    answer: Answer,
    api: TwilioApi,
    claim: Claim | None = None,
    delivered: Delivered | None = None,
) -> list[Route]:
    """The two routes that Twilio calls.

    Args:
        twilio: the account whose webhooks are believed.
        public_url: address under which Twilio calls them, as configured there, without a slash at its end.
        answer: the conversation; it answers a repeated delivery with the same reply, and never raises.
        api: deletes records, and sends where the account has Message Redaction.
        claim: whether the delivery of that id is the first one, asked once before a reply is sent through the API. Without it
            a repeated delivery is sent again; see `_Webhooks._carry`. Not used without redaction.
        delivered: told of the last status of what went out with a receipt (see `bot.channels.sms_sending`); what it raises of
            `HelplineError` is passed over.
    """
    webhooks = _Webhooks(twilio, public_url, answer, api, claim, delivered)
    return [
        Route(WEBHOOK_PATH, webhooks.message, methods=["POST"], max_body_size=_MOST_BYTES),
        Route(STATUS_PATH, webhooks.status, methods=["POST"], max_body_size=_MOST_BYTES),
    ]


def country_of(address: str) -> str | None:
    """The country of a number, such as ``US`` of ``+1415...``, as far as the number tells.

    Never the fields `FromCountry`, `FromCity` and their kin: they say where a number was issued, and are not even looked at.

    Args:
        address: a number in international form, alone or behind a channel's name (``whatsapp:+1415...``).
    """
    try:
        number = phonenumbers.parse(address)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(number.country_code or 0)
    return None if region in _CANNOT_SAY else region


class Proof:
    """What must be true of a request before a word of it is believed."""

    def __init__(self, twilio: Twilio, public_url: str) -> None:
        self._account_sid = twilio.account_sid
        self._public_url = public_url
        self._validator = RequestValidator(twilio.auth_token)

    def holds(self, path: str, query: str, fields: Fields, signature: str) -> bool:
        """Whether Twilio signed the request, for our account.

        The address is the configured one, as Twilio signs what it calls, not what a proxy makes of it.

        Args:
            path: of the route.
            query: as it came, not decoded.
            fields: of the form, blank ones too: Twilio signs them.
            signature: header `X-Twilio-Signature`, or empty.
        """
        url = f"{self._public_url}{path}?{query}" if query else f"{self._public_url}{path}"
        signed: bool = self._validator.validate(url, fields, signature)
        return signed and fields.get("AccountSid") == self._account_sid


class _Webhooks:
    def __init__(
        self, twilio: Twilio, public_url: str, answer: Answer, api: TwilioApi, claim: Claim | None, delivered: Delivered | None
    ) -> None:
        self._redaction = twilio.redaction
        self._proof = Proof(twilio, public_url)
        self._status_url = public_url + STATUS_PATH
        self._answer = answer
        self._api = api
        self._claim = claim
        self._delivered = delivered
        self._shape = SmsShape()

    async def message(self, request: Request) -> Response:
        fields = await self._proven(request, WEBHOOK_PATH, needed=("MessageSid", "From"))
        message = _message(fields)
        try:
            body = await self._reply(message, stopped=_is_stop(fields))
        finally:
            # `received`, the only status of what comes in, is final as soon as Twilio has this answer.
            self._api.deletions.schedule(message.delivery)
        return self._twiml(body)

    async def status(self, request: Request) -> Response:
        fields = await self._proven(request, STATUS_PATH, needed=("MessageSid", "MessageStatus"))
        sid, status = fields["MessageSid"], fields["MessageStatus"]
        if status in _LAST_STATUSES:
            self._api.deletions.schedule(sid)
            _tell_operator(fields.get("ErrorCode", ""))
            await self._report(request.query_params.get(RECEIPT_FIELD, ""), status, fields.get("ErrorCode", ""))
        elif status == "sent":
            self._api.deletions.schedule(sid, after=_RECEIPTS_AWAITED)
        return Response(status_code=204)

    async def _report(self, receipt: str, status: str, code: str) -> None:
        """Hands a last status on, where it is one of a message with a receipt."""
        if self._delivered is None or not _RECEIPT.fullmatch(receipt) or status not in _ARRIVED | _LOST:
            return
        with contextlib.suppress(HelplineError):  # nobody waits here who could do anything about it, and Twilio reports once
            await self._delivered(receipt, Outcome.SENT if status in _ARRIVED else _outcome_of_loss(code))

    async def _proven(self, request: Request, path: str, needed: tuple[str, ...]) -> Fields:
        """The fields of a request that Twilio sent.

        Raises:
            HTTPException: 413, 400 or 403; its text is the status phrase and nothing else.
        """
        try:
            body = await request.body()
        except ClientDisconnect:
            raise HTTPException(400) from None
        signature = request.headers.get("x-twilio-signature", "")
        if not signature:
            raise HTTPException(403)
        fields = _parsed(request.headers.get("content-type", ""), body)
        query = request.scope["query_string"].decode("latin-1")
        if not self._proof.holds(path, query, fields, signature):
            raise HTTPException(403)
        if not all(fields.get(name) for name in needed) or any(len(fields.getlist(name)) > 1 for name in _READ):
            raise HTTPException(400)
        return fields

    async def _reply(self, message: Message, stopped: bool) -> str:
        """What TwiML is to say; empty for silence, or where it was said through the API."""
        reply = await self._answer(message, self._shape)
        # The conversation knows stop words itself. Here too: after one nothing goes out, whatever a mistake elsewhere would say.
        if stopped or not reply.text:
            return ""
        body = render(reply.text, reply.choices, reply.locale)
        return await self._carry(message, body) if self._redaction else body

    async def _carry(self, message: Message, body: str) -> str:
        """Sends a body through the API, which can be told to keep nothing, as TwiML cannot. Returns what is left for TwiML.

        A failure that surely sent nothing leaves the body to TwiML: an answer with a trace is better than none, and the record
        is deleted. After one that may have sent it nothing is said, nor after an opt-out.

        A repeated delivery (same MessageSid) comes only because our answer did not arrive. By itself Twilio repeats only what
        it could not connect for, so that we never saw the first; but by other settings of the webhook, or at the fallback
        address, it also repeats after a timeout or an error, when the first reply is long on the phone. So the first delivery
        claims its id in what the workers share, before it sends, and the second one stays silent. The safe side is once at
        most: two equal texts at an odd moment draw eyes to a phone. Where the claim cannot be asked, or nobody gave one, the
        safe side is the answer.
        """
        if not await self._is_first(message.delivery):
            return ""
        try:
            await self._api.send(message.address, body)
        except ProviderError as error:
            if error.for_operator:
                _log.warning("Twilio did not take a reply through its API: %s", error)
            return body if error.surely_not_sent and error.failure is not Failure.OPTED_OUT else ""
        return ""

    async def _is_first(self, delivery: str) -> bool:
        if self._claim is None:
            return True
        try:
            return await self._claim(delivery)
        except HelplineError:
            return True

    def _twiml(self, body: str) -> Response:
        response = MessagingResponse()
        if body:
            # Both names of one thing: the SDK calls `statusCallback` outdated and Twilio's guides differ. The second call is harmless.
            response.message(body, action=self._status_url, status_callback=self._status_url)
        return Response(response.to_xml(), media_type="text/xml")


def _parsed(content_type: str, body: bytes) -> Fields:
    """The fields of a form, in order, blank ones too.

    Raises:
        HTTPException: 400, as it is no form, no UTF-8, or malformed.
    """
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise HTTPException(400)
    try:
        return ImmutableMultiDict(
            parse_qsl(body.decode("utf-8"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MOST_FIELDS)
        )
    except ValueError:
        # The exception quotes the body: it goes no further.
        raise HTTPException(400) from None


def _message(fields: Fields) -> Message:
    text = fields.get("Body", "")
    # A keyword of the operator's own, such as "Arrêt", that Twilio has acted on is to the conversation what it is to Twilio.
    if _is_stop(fields):
        text = "STOP"
    return Message(
        channel="sms",
        address=fields["From"],
        text=text,
        delivery=fields["MessageSid"],
        kind=_kind(text, fields),
        country=country_of(fields["From"]),
    )


def _is_stop(fields: Fields) -> bool:
    return fields.get("OptOutType") == "STOP" or is_carrier_stop(fields.get("Body", ""))


def _kind(text: str, fields: Fields) -> Kind:
    if text.strip() or fields.get("NumMedia", "0") in ("", "0"):
        return Kind.TEXT
    media = fields.get("MediaContentType0", "").partition("/")[0]
    if media == "audio":
        return Kind.VOICE
    return Kind.PICTURE if media in ("image", "video", "") else Kind.FILE


def _error_of(code: str) -> ProviderError | None:
    """The error behind the code of a status; None where there is none."""
    return ProviderError(failure_of(int(code), 400), int(code)) if code.isdecimal() and len(code) <= 6 else None


def _tell_operator(code: str) -> None:
    """Logs why Twilio or a carrier let no reply through, where only the operator can mend it: an unregistered number, a filter."""
    error = _error_of(code)
    if error and error.for_operator:
        _log.warning("Twilio did not deliver a reply: %s", error)


def _outcome_of_loss(code: str) -> Outcome:
    """What is said of a message that did not arrive. Whatever the code: what a carrier has lost once is not sent again."""
    error = _error_of(code)
    return Outcome.BLOCKED if error and outcome_of(error) is Outcome.BLOCKED else Outcome.UNREACHABLE
