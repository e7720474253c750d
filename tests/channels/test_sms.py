"""The webhooks of Twilio through the real application: 39 requests written by others, and what an attacker might send."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import timeit
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from starlette.applications import Starlette
from starlette.datastructures import ImmutableMultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.channels import twilio_api
from bot.channels.outlets import Delivered, Outcome
from bot.channels.sms import WEBHOOK_PATH, Proof, country_of, sms_routes
from bot.channels.sms_sending import SmsOutlet
from bot.channels.twilio_api import STATUS_PATH, Deletions, TwilioApi
from bot.conversation.messages import SILENCE, Choice, Kind, Message, Reply, Shape
from bot.conversation.stop_words import CARRIER_HELP, CARRIER_START, CARRIER_STOP
from bot.errors import HelplineError, StoreUnavailable
from bot.settings import Twilio

from .twilio_double import Play, TwilioDouble, served

SIGNED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "peers" / "twilio" / "signed-requests.json").read_text(encoding="utf-8"))
REQUESTS: dict[str, dict[str, Any]] = {request["name"]: request for request in SIGNED["requests"]}

ACCOUNT, TOKEN, PUBLIC = "AC" + "0" * 32, SIGNED["auth_token"], "https://bot.example.org"
PERSON, OURS = "+14155550142", "+12025550123"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
# Answers under each name: what an application with our two routes, and the settings that the request was made for, must say.
EXPECTED = {
    "published by Twilio with its SDKs": 404,
    "inbound, plain": 200,
    "inbound, plain (delivered a second time)": 200,
    "inbound, Spanish with + & = % and line break": 200,
    "inbound, Arabic and emoji": 200,
    "inbound, spaces at both ends": 200,
    "inbound, empty Body": 200,
    "inbound, only a picture": 200,
    "inbound, long, reassembled from 12 parts": 200,
    "inbound, 16001 bytes of text that no phone sends": 200,
    "inbound, keyword STOP with Advanced Opt-Out": 200,
    "inbound, keyword Arrêt with Advanced Opt-Out": 200,
    "inbound, keyword AYUDA with Advanced Opt-Out": 200,
    "inbound, keyword START with Advanced Opt-Out": 200,
    "inbound, STOP without Messaging Service": 200,
    "inbound, stop inside a sentence": 200,
    "inbound, unknown parameters": 200,
    "inbound, no geography, foreign sender": 200,
    "inbound on a URL with a query": 200,
    "inbound at the fallback URL": 404,
    "status callback, sent": 204,
    "status callback, delivered": 204,
    "status callback, undelivered 30003": 204,
    "status callback, failed 21610": 204,
    "status callback, failed 30007": 204,
    "voice, inbound call": 404,
    "voice, conference event": 404,
    "inbound by GET": 405,
    "JSON body with bodySHA256": 400,
    "WRONG: Body changed": 403,
    "WRONG: From changed": 403,
    "WRONG: parameter added": 403,
    "WRONG: blank parameter left out": 403,
    "WRONG: other path": 404,
    "WRONG: http instead of https": 403,
    "WRONG: other auth token": 403,
    "WRONG: empty signature": 403,
    "WRONG: not base64, not ASCII": 403,
    "WRONG: JSON body changed": 400,
}
REPLY = Reply(
    "Está <aquí> & “allá” 🙏",
    (Choice("0", "Una persona", "1:0"), Choice("1", "Alojamiento", "1:1")),
    "es",
)
BODY = 'Está <aquí> & "allá" 🙏\n1 Alojamiento\n0 Una persona'


@dataclass
class Conversation:
    """Stands for the conversation: keeps what it was given, says what it was told to say."""

    reply: Reply = REPLY
    heard: list[Message] = field(default_factory=list)

    async def answer(self, message: Message, shape: Shape) -> Reply:
        """Answers anything with `reply`."""
        assert shape.fits("ok", (), "en")
        self.heard.append(message)
        return self.reply


@dataclass
class Service:
    """The real routes over a conversation that is none."""

    client: httpx.AsyncClient
    api: TwilioApi
    conversation: Conversation


@asynccontextmanager
async def serving(
    twilio: Twilio,
    public_url: str = PUBLIC,
    conversation: Conversation | None = None,
    claim: Callable[[str], Awaitable[bool]] | None = None,
    delivered: Delivered | None = None,
    pauses: tuple[float, ...] = (3600.0,),
) -> AsyncIterator[Service]:
    """The application in this process, with nothing listening."""
    conversation = conversation or Conversation()
    api = TwilioApi(twilio, public_url)
    api.deletions = Deletions(api.delete_message, pauses)
    app = Starlette(routes=[*sms_routes(twilio, public_url, conversation.answer, api, claim, delivered)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=public_url) as client:
        yield Service(client, api, conversation)
    await api.aclose()


@pytest.fixture
def twilio() -> Twilio:
    """An account whose API nobody serves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return Twilio(ACCOUNT, TOKEN, OURS, f"http://127.0.0.1:{listener.getsockname()[1]}", redaction=False)


@pytest.fixture(scope="module")
def running() -> Iterator[TwilioDouble]:
    with served(TwilioDouble(ACCOUNT, TOKEN)) as double:
        yield double


@pytest.fixture
def double(running: TwilioDouble) -> Iterator[TwilioDouble]:
    running.forget()
    yield running
    assert running.misfits == []


def _inbound(**fields: str) -> list[tuple[str, str]]:
    """The fields of a message that comes in, some of them otherwise."""
    usual = {
        "MessageSid": "SM" + "1" * 32,
        "AccountSid": ACCOUNT,
        "From": PERSON,
        "To": OURS,
        "Body": "help me",
        "NumMedia": "0",
        "ToCity": "",
    }
    return list({**usual, **fields}.items())


async def _post(service: Service, fields: list[tuple[str, str]], path: str = WEBHOOK_PATH) -> httpx.Response:
    """Posts fields as Twilio would, signed."""
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{path}", ImmutableMultiDict(fields))
    return await service.client.post(path, content=urlencode(fields), headers={"Content-Type": FORM, "X-Twilio-Signature": signature})


def _said(response: httpx.Response) -> list[str | None]:
    """The text of each message in TwiML."""
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)
    assert root.tag == "Response"
    assert {child.tag for child in root} <= {"Message"}
    return [child.text for child in root]


async def _replay(service: Service, request: dict[str, Any]) -> httpx.Response:
    headers = {name: value.encode() for name, value in request["headers"].items()}
    return await service.client.request(request["method"], request["url"], content=request["body"].encode(), headers=headers)


def _settings_of(request: dict[str, Any], twilio: Twilio) -> tuple[Twilio, str]:
    """The account and the public address that a request of the file was made for."""
    address = urlsplit(request["url"])
    return replace(twilio, auth_token=request.get("auth_token", TOKEN)), f"{address.scheme}://{address.netloc}"


def test_nothing_is_left_out_of_the_signed_requests() -> None:
    assert list(EXPECTED) == list(REQUESTS)
    assert len(EXPECTED) == 39


@pytest.mark.asyncio
@pytest.mark.parametrize("name", EXPECTED)
async def test_signed_requests(name: str, twilio: Twilio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    request, expected = REQUESTS[name], EXPECTED[name]
    account, public_url = _settings_of(request, twilio)
    async with serving(account, public_url) as service:
        response = await _replay(service, request)
    assert response.status_code == expected
    assert len(service.conversation.heard) == (expected == 200)
    if expected >= 400:
        assert response.text == response.reason_phrase
    for message in service.conversation.heard:
        assert message.text in ("STOP", dict(parse_qsl(request["body"], keep_blank_values=True))["Body"])
    for value in (*dict(parse_qsl(request["body"])).values(), request["headers"].get("X-Twilio-Signature", "")):
        assert len(value) < 6 or value not in caplog.text


@pytest.mark.parametrize("request_", [each for each in REQUESTS.values() if "json" not in each["headers"].get("Content-Type", "")])
def test_the_proof_judges_as_twilios_own_libraries_do(request_: dict[str, Any], twilio: Twilio) -> None:
    account, public_url = _settings_of(request_, twilio)
    address = urlsplit(request_["url"])
    fields = ImmutableMultiDict(parse_qsl(request_["body"], keep_blank_values=True))
    signature = request_["headers"]["X-Twilio-Signature"]
    ours = fields.get("AccountSid") == ACCOUNT
    assert Proof(account, public_url).holds(address.path, address.query, fields, signature) is (request_["valid"] and ours)


@pytest.mark.asyncio
async def test_a_repeated_delivery_gets_the_very_same_answer(twilio: Twilio) -> None:
    async with serving(twilio) as service:
        first = await _replay(service, REQUESTS["inbound, plain"])
        second = await _replay(service, REQUESTS["inbound, plain (delivered a second time)"])
    assert first.content == second.content
    assert {message.delivery for message in service.conversation.heard} == {"SM" + "0" * 31 + "1"}


@pytest.mark.asyncio
async def test_answers_with_one_message_that_asks_for_its_status(twilio: Twilio) -> None:
    async with serving(twilio) as service:
        response = await _post(service, _inbound())
    assert _said(response) == [BODY]
    message = ElementTree.fromstring(response.content)[0]
    assert message.attrib == {"action": f"{PUBLIC}{STATUS_PATH}", "statusCallback": f"{PUBLIC}{STATUS_PATH}"}


@pytest.mark.asyncio
async def test_silence_is_an_empty_response(twilio: Twilio) -> None:
    async with serving(twilio, conversation=Conversation(SILENCE)) as service:
        assert _said(await _post(service, _inbound())) == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fields", "kind", "text"),
    [
        ({}, Kind.TEXT, "help me"),
        ({"Body": " ¿Qué?\n+ & = % "}, Kind.TEXT, " ¿Qué?\n+ & = % "),
        ({"Body": "😢😢"}, Kind.TEXT, "😢😢"),
        ({"Body": ""}, Kind.TEXT, ""),
        ({"Body": "", "NumMedia": ""}, Kind.TEXT, ""),
        ({"Body": "", "NumMedia": "1", "MediaContentType0": "image/jpeg"}, Kind.PICTURE, ""),
        ({"Body": "", "NumMedia": "2", "MediaContentType0": "video/3gpp"}, Kind.PICTURE, ""),
        ({"Body": "", "NumMedia": "1"}, Kind.PICTURE, ""),
        ({"Body": " ", "NumMedia": "1", "MediaContentType0": "audio/amr"}, Kind.VOICE, " "),
        ({"Body": "", "NumMedia": "1", "MediaContentType0": "application/pdf"}, Kind.FILE, ""),
        ({"Body": "look", "NumMedia": "1", "MediaContentType0": "image/jpeg"}, Kind.TEXT, "look"),
        ({"Body": "please stop him"}, Kind.TEXT, "please stop him"),
        ({"Body": "AYUDA", "OptOutType": "HELP"}, Kind.TEXT, "AYUDA"),
        ({"Body": "empezar", "OptOutType": "START"}, Kind.TEXT, "empezar"),
    ],
)
async def test_what_the_conversation_hears(twilio: Twilio, fields: dict[str, str], kind: Kind, text: str) -> None:
    async with serving(twilio) as service:
        assert _said(await _post(service, _inbound(**fields))) == [BODY]
    assert service.conversation.heard == [Message("sms", PERSON, text, "SM" + "1" * 32, kind, country="US")]


@pytest.mark.asyncio
async def test_whatsapp_keeps_its_whole_address(twilio: Twilio) -> None:
    async with serving(twilio) as service:
        await _post(service, _inbound(From="whatsapp:+447700900123"))
    assert [(message.address, message.country) for message in service.conversation.heard] == [("whatsapp:+447700900123", "GB")]


@pytest.mark.asyncio
async def test_the_country_is_never_where_the_number_was_issued(twilio: Twilio) -> None:
    async with serving(twilio) as service:
        await _post(service, _inbound(FromCountry="MX", FromCity="TIJUANA", FromState="BC", FromZip="22000"))
    assert service.conversation.heard[0].country == "US"


@pytest.mark.parametrize(
    ("address", "country"),
    [
        (PERSON, "US"),
        ("+16135550123", "CA"),
        ("+18769990123", "JM"),
        ("+447700900123", "GB"),
        ("+77012345678", "KZ"),
        ("+5215512345678", "MX"),
        ("whatsapp:+33612345678", "FR"),
        ("+883510000000094", None),
        ("12345", None),
        ("INFO", None),
        ("", None),
        ("+", None),
    ],
)
def test_country_of_a_number(address: str, country: str | None) -> None:
    assert country_of(address) == country


@pytest.mark.asyncio
@pytest.mark.parametrize("word", [*CARRIER_STOP, "stop", " Stop\n", "oPtOuT"])
async def test_nothing_is_said_after_a_stop_word(twilio: Twilio, word: str) -> None:
    async with serving(twilio) as service:
        assert _said(await _post(service, _inbound(Body=word))) == []
    assert [message.text for message in service.conversation.heard] == ["STOP"]


@pytest.mark.asyncio
async def test_a_stop_word_of_the_operators_own_reaches_the_conversation_as_one(twilio: Twilio) -> None:
    async with serving(twilio) as service:
        assert _said(await _replay(service, REQUESTS["inbound, keyword Arrêt with Advanced Opt-Out"])) == []
    assert [message.text for message in service.conversation.heard] == ["STOP"]


@pytest.mark.asyncio
@pytest.mark.parametrize("word", [*CARRIER_HELP, *CARRIER_START, "Yes", "stop it", "end of story"])
async def test_other_keywords_are_answered(twilio: Twilio, word: str) -> None:
    async with serving(twilio) as service:
        assert _said(await _post(service, _inbound(Body=word))) == [BODY]
    assert [message.text for message in service.conversation.heard] == [word]


@pytest.mark.asyncio
@pytest.mark.parametrize("path", [WEBHOOK_PATH, STATUS_PATH])
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"a=" + b"x" * (64 * 1024), FORM, 413),
        (b"\xff\xfe\x00" * 100, FORM, 400),
        (b"Body=%FF%FE", FORM, 400),
        (b"Body=%ED%A0%80", FORM, 400),
        (b"no form at all", FORM, 400),
        (b"a=1&&b=2", FORM, 400),
        (b"", FORM, 400),
        (b"&".join(b"a%d=" % number for number in range(600)), FORM, 400),
        (b'{"Body": "help me"}', "application/json", 400),
        (b"Body=help", "multipart/form-data; boundary=x", 400),
        (b"Body=help", "", 400),
        (b"Body=help", FORM, 403),
        (b"Body=" + b"x" * 64000, FORM, 403),
    ],
)
async def test_what_is_no_webhook_is_refused(
    twilio: Twilio, caplog: pytest.LogCaptureFixture, path: str, body: bytes, content_type: str, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"Content-Type": content_type, "X-Twilio-Signature": "x" * 28}
    async with serving(twilio) as service:
        response = await service.client.post(path, content=body, headers=headers)
    assert (response.status_code, response.text) == (status, httpx.codes.get_reason_phrase(status).replace("Request Entity", "Content"))
    assert service.conversation.heard == []
    assert [record for record in caplog.records if record.name != "asyncio"] == []


@pytest.mark.asyncio
async def test_a_body_without_a_length_is_cut_off_at_the_limit(twilio: Twilio) -> None:
    chunk, given = b"a=" + b"x" * 1021 + b"&", 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while given < 1000:
            given += 1
            yield chunk

    async with serving(twilio) as service:
        response = await service.client.post(WEBHOOK_PATH, content=endless(), headers={"Content-Type": FORM, "X-Twilio-Signature": "x"})
    assert (response.status_code, service.conversation.heard) == (413, [])
    assert given < 100


@pytest.mark.asyncio
async def test_a_caller_who_hangs_up_is_let_go(twilio: Twilio, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    api, statuses = TwilioApi(twilio, PUBLIC), []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        statuses.append(message.get("status"))

    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": WEBHOOK_PATH, "query_string": b"", "headers": []}
    await Starlette(routes=[*sms_routes(twilio, PUBLIC, Conversation().answer, api)])(scope, receive, send)
    await api.aclose()
    assert statuses[0] == 400
    assert [record for record in caplog.records if record.name != "asyncio"] == []


@pytest.mark.asyncio
@pytest.mark.parametrize("body", [urlencode(_inbound()).encode(), b"\xff\xfe"])
async def test_without_a_signature_nothing_is_read(twilio: Twilio, body: bytes) -> None:
    async with serving(twilio) as service:
        response = await service.client.post(WEBHOOK_PATH, content=body, headers={"Content-Type": FORM})
    assert (response.status_code, service.conversation.heard) == (403, [])


@pytest.mark.asyncio
async def test_the_name_of_a_content_type_has_no_case(twilio: Twilio) -> None:
    request = REQUESTS["inbound, plain"]
    headers = {**request["headers"], "Content-Type": "Application/X-WWW-Form-URLEncoded"}
    async with serving(twilio) as service:
        assert _said(await _replay(service, {**request, "headers": headers})) == [BODY]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (_inbound(AccountSid="AC" + "1" * 32), 403),
        (_inbound(AccountSid=""), 403),
        (_inbound(From=""), 400),
        (_inbound(MessageSid=""), 400),
        ([*_inbound(), ("Body", "another")], 400),
        ([*_inbound(), ("SomethingNew", "1"), ("SomethingNew", "2")], 200),
    ],
)
async def test_signed_but_not_for_us_or_not_whole(twilio: Twilio, fields: list[tuple[str, str]], status: int) -> None:
    async with serving(twilio) as service:
        response = await _post(service, fields)
    assert response.status_code == status
    assert len(service.conversation.heard) == (status == 200)


@pytest.mark.asyncio
async def test_the_public_address_may_have_a_path(twilio: Twilio) -> None:
    public_url, fields = "https://example.org/helpline", _inbound()
    signature = RequestValidator(TOKEN).compute_signature(f"{public_url}{WEBHOOK_PATH}", dict(fields))
    async with serving(twilio, public_url) as service:
        # What a proxy does that serves us under a path of its own.
        response = await service.client.post(
            f"https://inside.local{WEBHOOK_PATH}",
            content=urlencode(fields),
            headers={"Content-Type": FORM, "X-Twilio-Signature": signature},
        )
    assert _said(response) == [BODY]


@pytest.mark.asyncio
async def test_with_redaction_the_reply_goes_through_the_api(double: TwilioDouble, twilio: Twilio) -> None:
    async with serving(replace(twilio, api_base=double.url, redaction=True)) as service:
        assert _said(await _post(service, _inbound())) == []
    retention = {"ContentRetention": "discard", "AddressRetention": "obfuscate"}
    assert double.sent == [{"To": PERSON, "From": OURS, "Body": BODY, "StatusCallback": f"{PUBLIC}{STATUS_PATH}", **retention}]


@pytest.mark.asyncio
@pytest.mark.parametrize("word", ["STOP", "help me"])
async def test_with_redaction_silence_stays_silence(double: TwilioDouble, twilio: Twilio, word: str) -> None:
    conversation = Conversation(REPLY if word == "STOP" else SILENCE)
    async with serving(replace(twilio, api_base=double.url, redaction=True), conversation=conversation) as service:
        assert _said(await _post(service, _inbound(Body=word))) == []
    assert double.sent == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("play", "said"),
    [
        (Play(400, 21610), []),
        (Play(400, 21211), [BODY]),
        (Play(401, 20003), [BODY]),
        (Play(400, 30029), [BODY]),
        (Play(429, 20429), [BODY]),
        (Play(500, 20500), []),
        (Play(502), []),
        (Play(slow=0.5), []),
    ],
)
async def test_with_redaction_twiml_carries_what_was_surely_not_sent(
    double: TwilioDouble, twilio: Twilio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, play: Play, said: list[str]
) -> None:
    monkeypatch.setattr(twilio_api, "_DEADLINE", 0.2)
    caplog.set_level(logging.DEBUG)
    double.plays.append(play)
    async with serving(replace(twilio, api_base=double.url, redaction=True)) as service:
        assert _said(await _post(service, _inbound())) == said
    for secret in (PERSON[1:], "help me", "aquí", "SM111"):
        assert secret not in caplog.text
    told = [record.getMessage() for record in caplog.records if record.name.startswith("bot.")]
    assert len(told) == (play.code in (20003, 30029))


@pytest.mark.asyncio
async def test_with_redaction_twiml_carries_the_reply_when_the_api_is_out_of_reach(twilio: Twilio) -> None:
    async with serving(replace(twilio, redaction=True)) as service:
        assert _said(await _post(service, _inbound())) == [BODY]


@pytest.mark.asyncio
async def test_with_redaction_a_repeated_delivery_is_sent_once(double: TwilioDouble, twilio: Twilio) -> None:
    claimed: set[str] = set()

    async def claim(delivery: str) -> bool:
        first = delivery not in claimed
        claimed.add(delivery)
        return first

    async with serving(replace(twilio, api_base=double.url, redaction=True), claim=claim) as service:
        for delivery in ("1", "1", "2"):
            assert _said(await _post(service, _inbound(MessageSid="SM" + delivery * 32))) == []
    assert len(double.sent) == 2


@pytest.mark.asyncio
async def test_with_redaction_a_failed_store_does_not_silence_anybody(double: TwilioDouble, twilio: Twilio) -> None:
    async def claim(delivery: str) -> bool:
        raise StoreUnavailable("The store is gone. Start it.")

    async with serving(replace(twilio, api_base=double.url, redaction=True), claim=claim) as service:
        assert _said(await _post(service, _inbound())) == []
    assert len(double.sent) == 1


async def _deleted(service: Service) -> None:
    """Waits until no record waits to be deleted, and none was given up."""
    for _ in range(200):
        if not service.api.deletions.waiting:
            break
        await asyncio.sleep(0.01)
    assert (service.api.deletions.waiting, service.api.deletions.failed) == (0, 0)


@pytest.mark.asyncio
async def test_the_record_of_an_incoming_message_is_deleted(double: TwilioDouble, twilio: Twilio) -> None:
    sid = "SM" + "1" * 32
    double.records[sid] = {"status": "receiving"}
    async with serving(replace(twilio, api_base=double.url), pauses=(0.0, 0.05, 0.05)) as service:
        await _post(service, _inbound())
        await asyncio.sleep(0.03)
        double.records[sid]["status"] = "received"
        await _deleted(service)
    assert double.records == {}


@pytest.mark.asyncio
@pytest.mark.parametrize("status", ["delivered", "undelivered", "failed", "read", "canceled"])
async def test_a_record_is_deleted_at_its_last_status(double: TwilioDouble, twilio: Twilio, status: str) -> None:
    sid = "SM" + "2" * 32
    double.records[sid] = {"status": status}
    async with serving(replace(twilio, api_base=double.url), pauses=(0.0,)) as service:
        response = await _post(service, _inbound(MessageSid=sid, MessageStatus=status), STATUS_PATH)
        assert (response.status_code, response.content) == (204, b"")
        await _deleted(service)
    assert double.records == {}


@pytest.mark.asyncio
@pytest.mark.parametrize(("status", "waiting"), [("queued", 0), ("sending", 0), ("accepted", 0), ("something-new", 0), ("sent", 1)])
async def test_a_record_under_way_is_left_alone(double: TwilioDouble, twilio: Twilio, status: str, waiting: int) -> None:
    async with serving(replace(twilio, api_base=double.url), pauses=(0.0,)) as service:
        response = await _post(service, _inbound(MessageStatus=status), STATUS_PATH)
        await asyncio.sleep(0.05)
        assert (response.status_code, double.calls, service.api.deletions.waiting) == (204, 0, waiting)


@pytest.mark.asyncio
async def test_a_receipt_after_sent_deletes_at_once(double: TwilioDouble, twilio: Twilio) -> None:
    sid = "SM" + "2" * 32
    double.records[sid] = {"status": "delivered"}
    async with serving(replace(twilio, api_base=double.url), pauses=(0.0,)) as service:
        for status in ("sent", "delivered"):
            await _post(service, _inbound(MessageSid=sid, MessageStatus=status), STATUS_PATH)
        await _deleted(service)
    assert double.records == {}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("code", "told"), [("30034", True), ("30007", True), ("30003", False), ("21610", False), ("", False), ("x", False)]
)
async def test_the_operator_hears_of_what_only_she_can_mend(
    twilio: Twilio, caplog: pytest.LogCaptureFixture, code: str, told: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(twilio) as service:
        await _post(service, _inbound(MessageStatus="undelivered", ErrorCode=code), STATUS_PATH)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("bot.")]
    assert bool(ours) is told
    assert all(code in line and PERSON[1:] not in line for line in ours)


@dataclass
class Reports:
    """Stands for whoever waits for delivery reports."""

    heard: list[tuple[str, Outcome]] = field(default_factory=list)
    trouble: HelplineError | None = None

    async def delivered(self, receipt: str, outcome: Outcome) -> None:
        """Notes a report."""
        self.heard.append((receipt, outcome))
        if self.trouble:
            raise self.trouble


async def _report(service: Service, report: tuple[str, dict[str, str], str]) -> httpx.Response:
    """Posts a report as Twilio does: to the very address that the message named."""
    url, form, signature = report
    return await service.client.post(url, content=urlencode(form), headers={"Content-Type": FORM, "X-Twilio-Signature": signature})


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        ("delivered", "", Outcome.SENT),
        ("read", "", Outcome.SENT),
        ("undelivered", "30003", Outcome.UNREACHABLE),
        ("undelivered", "30007", Outcome.UNREACHABLE),
        ("undelivered", "", Outcome.UNREACHABLE),
        ("failed", "21610", Outcome.BLOCKED),
        ("undelivered", "30004", Outcome.BLOCKED),
        ("failed", "not a code", Outcome.UNREACHABLE),
        ("queued", "", None),
        ("sent", "", None),
        ("canceled", "", None),
        ("something-new", "", None),
    ],
)
@pytest.mark.parametrize("redaction", [False, True])
async def test_the_fate_of_what_went_out_is_reported_under_its_receipt(
    double: TwilioDouble, twilio: Twilio, status: str, code: str, outcome: Outcome | None, redaction: bool
) -> None:
    reports = Reports()
    settings = replace(twilio, api_base=double.url, redaction=redaction)
    async with serving(settings, delivered=reports.delivered, pauses=(0.0,)) as service:
        sent = await SmsOutlet(service.api).send(PERSON, REPLY)
        assert (await _report(service, double.report(0, status, code))).status_code == 204
        if outcome:
            await _deleted(service)
            assert double.records == {}, "a record goes at its last status, as ever"
    assert reports.heard == ([(sent.receipt, outcome)] if outcome else [])


@pytest.mark.asyncio
async def test_what_was_left_open_is_reported_too(double: TwilioDouble, twilio: Twilio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio_api, "_DEADLINE", 0.2)
    reports = Reports()
    double.plays.append(Play(slow=0.4))
    async with serving(replace(twilio, api_base=double.url), delivered=reports.delivered) as service:
        sent = await SmsOutlet(service.api).send(PERSON, REPLY)
        assert sent.outcome is Outcome.UNKNOWN
        await _report(service, double.report(0, "delivered"))
    assert reports.heard == [(sent.receipt, Outcome.SENT)]


@pytest.mark.asyncio
async def test_of_a_long_reply_only_the_last_part_is_reported(double: TwilioDouble, twilio: Twilio) -> None:
    reports = Reports()
    async with serving(replace(twilio, api_base=double.url), delivered=reports.delivered) as service:
        sent = await SmsOutlet(service.api).send(PERSON, Reply("You can leave the house at any time. " * 26))
        for number in range(3):
            await _report(service, double.report(number, "delivered"))
    assert reports.heard == [(sent.receipt, Outcome.SENT)]


@pytest.mark.asyncio
@pytest.mark.parametrize("query", ["", "?receipt=", "?receipt=SM" + "1" * 32, "?receipt=" + "a" * 31, "?other=" + "a" * 32])
async def test_what_has_no_receipt_is_not_reported(double: TwilioDouble, twilio: Twilio, query: str) -> None:
    reports = Reports()
    async with serving(replace(twilio, api_base=double.url), delivered=reports.delivered) as service:
        assert (await _post(service, _inbound(MessageStatus="delivered"), STATUS_PATH + query)).status_code == 204
    assert reports.heard == []


@pytest.mark.asyncio
async def test_a_receipt_that_twilio_did_not_sign_is_not_reported(double: TwilioDouble, twilio: Twilio) -> None:
    reports = Reports()
    async with serving(replace(twilio, api_base=double.url), delivered=reports.delivered) as service:
        await SmsOutlet(service.api).send(PERSON, REPLY)
        url, form, signature = double.report(0, "delivered")
        for other in (url[:-1] + ("0" if url[-1] != "0" else "1"), url.partition("?")[0], f"{url}&receipt={'a' * 32}"):
            assert (await _report(service, (other, form, signature))).status_code == 403
    assert reports.heard == []


@pytest.mark.asyncio
async def test_a_store_that_is_away_at_a_report_is_not_twilios_trouble(double: TwilioDouble, twilio: Twilio) -> None:
    reports = Reports(trouble=StoreUnavailable("The store is gone. Start it."))
    async with serving(replace(twilio, api_base=double.url), delivered=reports.delivered) as service:
        await SmsOutlet(service.api).send(PERSON, REPLY)
        assert (await _report(service, double.report(0, "delivered"))).status_code == 204
    assert len(reports.heard) == 1


@pytest.mark.asyncio
async def test_without_anybody_who_waits_a_receipt_is_passed_over(double: TwilioDouble, twilio: Twilio) -> None:
    async with serving(replace(twilio, api_base=double.url)) as service:
        await SmsOutlet(service.api).send(PERSON, REPLY)
        assert (await _report(service, double.report(0, "delivered"))).status_code == 204


@pytest.mark.asyncio
async def test_what_the_channel_adds_to_an_answer_is_less_than_a_millisecond(twilio: Twilio) -> None:
    fields = ImmutableMultiDict(_inbound())
    signature = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{WEBHOOK_PATH}", fields)
    headers = [(b"content-type", FORM.encode()), (b"x-twilio-signature", signature.encode())]
    body = urlencode(_inbound()).encode()
    api = TwilioApi(twilio, PUBLIC)
    route = sms_routes(twilio, PUBLIC, Conversation().answer, api)[0]

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        assert message.get("status", 200) == 200

    async def once() -> None:
        scope: dict[str, Any] = {"type": "http", "method": "POST", "path": WEBHOOK_PATH, "query_string": b"", "headers": headers}
        await route.app(scope, receive, send)

    async def hundred() -> float:
        start = timeit.default_timer()
        for _ in range(100):
            await once()
        return (timeit.default_timer() - start) / 100

    best = min([await hundred() for _ in range(5)])
    await api.aclose()
    assert best < 0.001
