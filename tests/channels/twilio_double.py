"""A Twilio on loopback. What it accepts and answers it reads in Twilio's published description (tests/peers/twilio)."""

from __future__ import annotations

import asyncio
import base64
import copy
import json
import re
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvicorn
from jsonschema import Draft202012Validator, FormatChecker
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

DESCRIPTION: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "peers" / "twilio" / "twilio_api_v2010.json").read_text(encoding="utf-8")
)
FORM = "application/x-www-form-urlencoded"
FINAL = {"delivered", "undelivered", "failed", "canceled", "received", "read"}

_formats = FormatChecker(formats=())


@_formats.checks("uri")
def _is_uri(value: object) -> bool:
    """Whole, and its host without an underscore, which Twilio refuses."""
    address = urlsplit(str(value))
    return address.scheme in ("http", "https") and bool(address.hostname) and "_" not in address.netloc


@_formats.checks("phone-number")
def _is_sender_or_number(value: object) -> bool:
    return value is None or re.fullmatch(r"(whatsapp:)?\+[1-9]\d{6,14}|\d{3,8}", str(value)) is not None


def _inlined(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: references replaced by what they name, `nullable` by a second type."""
    if isinstance(schema, list):
        return [_inlined(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        found: Any = DESCRIPTION
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return _inlined(found)
    plain = {name: _inlined(part) for name, part in schema.items()}
    if plain.pop("nullable", False) and "type" in plain:
        plain["type"] = [plain["type"], "null"]
    return plain


def _misfits(schema: Any, instance: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(_inlined(schema), format_checker=_formats).iter_errors(instance)]


def _typed(schema: Any, text: str) -> Any:
    """A form's value as the type that the description names."""
    kind = _inlined(schema).get("type")
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind in ("integer", "number") and text.isdecimal():
        return int(text)
    return text


@dataclass
class Play:
    """What the double does with the next request instead of, or besides, what it would do.

    Attributes:
        status, code: of the error that it answers with.
        slow: seconds that the answer takes.
        retry_after: header of the error.
        taken: the request has its effect all the same.
    """

    status: int = 0
    code: int | None = None
    slow: float = 0.0
    retry_after: int | None = None
    taken: bool = False


@dataclass
class TwilioDouble:
    """Accounts, messages and mishaps of a Twilio.

    Attributes:
        url: where it listens.
        records: by sid, what it keeps of each message.
        sent: forms of the messages that it took, in order.
        opted_out: numbers that have texted STOP.
        calls: how many requests came in.
        tries: how many of them were to send something.
        misfits: what did not fit the description; a test that leaves any here has failed.
        plays: mishaps for the next requests, in order.
    """

    account_sid: str
    auth_token: str
    url: str = ""
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: list[dict[str, str]] = field(default_factory=list)
    opted_out: set[str] = field(default_factory=set)
    calls: int = 0
    tries: int = 0
    misfits: list[str] = field(default_factory=list)
    plays: deque[Play] = field(default_factory=deque)

    def forget(self) -> None:
        """Back to the beginning, for the next test."""
        self.records, self.sent, self.opted_out, self.calls, self.tries, self.misfits, self.plays = {}, [], set(), 0, 0, [], deque()

    def app(self) -> Starlette:
        """The double as an ASGI application."""
        return Starlette(routes=[Route("/{path:path}", self._any, methods=["GET", "POST", "PUT", "DELETE"])])

    async def _any(self, request: Request) -> Response:
        self.calls += 1
        self.tries += request.method == "POST"
        play = self.plays.popleft() if self.plays else Play()
        body = await request.body()
        response = self._answer(request, body) if play.taken or not play.status else None
        await asyncio.sleep(play.slow)
        if play.status:
            return _error(play.status, play.code, play.retry_after)
        assert response is not None
        return response

    def report(self, number: int, status: str, code: str = "") -> tuple[str, dict[str, str], str]:
        """How a message fares, as Twilio tells it: the address that the message named for it, the form, and its signature.

        Args:
            number: which of the messages sent, from 0.
            status: that it has reached.
            code: of the error, where there was one.
        """
        sid, url = f"SM{number + 1:032x}", self.sent[number]["StatusCallback"]
        if sid in self.records:
            self.records[sid]["status"] = status
        form = {"MessageSid": sid, "SmsSid": sid, "AccountSid": self.account_sid, "MessageStatus": status, "SmsStatus": status}
        form |= {"To": self.sent[number]["To"], "From": self.sent[number].get("From", ""), "ApiVersion": "2010-04-01"}
        form |= {"ErrorCode": code} if code else {}
        return url, form, RequestValidator(self.auth_token).compute_signature(url, form)

    def _answer(self, request: Request, body: bytes) -> Response:
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return _error(401, 20003)
        found = self._operation(request.url.path, request.method.lower())
        if found is None:
            self.misfits.append(f"no operation {request.method} {request.url.path}")
            return _error(404, 20404)
        operation, sids = found
        if sids["AccountSid"] != self.account_sid:
            return _error(404, 20404)
        if request.method == "DELETE":
            return self._delete(sids["Sid"])
        return self._create(operation, request.headers.get("content-type", ""), body)

    def _operation(self, path: str, method: str) -> tuple[dict[str, Any], dict[str, str]] | None:
        for template, methods in DESCRIPTION["paths"].items():
            match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)
            if match and method in methods:
                for parameter in methods[method]["parameters"]:
                    self.misfits += _misfits(parameter["schema"], match[parameter["name"]]) if parameter["in"] == "path" else []
                return methods[method], match.groupdict()
        return None

    def _create(self, operation: dict[str, Any], content_type: str, body: bytes) -> Response:
        schema = operation["requestBody"]["content"][FORM]["schema"]
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
        form = dict(pairs)
        typed = {name: _typed(schema["properties"].get(name, {}), text) for name, text in pairs}
        misfits = _misfits({**schema, "additionalProperties": False}, typed)
        if content_type != FORM or len(form) != len(pairs):
            misfits.append("not a form, or a field twice")
        if misfits:
            self.misfits += misfits
            return _error(400, 20001)
        if refused := 21610 if form["To"] in self.opted_out else _refused(form):
            return _error(400, refused)
        self.sent.append(form)
        return JSONResponse(self._record(operation, form), status_code=201)

    def _record(self, operation: dict[str, Any], form: dict[str, str]) -> dict[str, Any]:
        """A record as the description shows it, for this form."""
        content = operation["responses"]["201"]["content"]["application/json"]
        record: dict[str, Any] = copy.deepcopy(content["examples"]["create"]["value"])
        sid = f"SM{len(self.sent):032x}"
        service = form.get("MessagingServiceSid")
        record |= {"sid": sid, "account_sid": self.account_sid, "to": form["To"], "from": form.get("From"), "body": form["Body"]}
        record |= {"messaging_service_sid": service, "status": "accepted" if service else "queued"}
        assert not _misfits(content["schema"], record)
        self.records[sid] = record
        return record

    def _delete(self, sid: str) -> Response:
        if sid not in self.records:
            return _error(404, 20404)
        if self.records[sid]["status"] not in FINAL:
            return _error(409, 20009)
        del self.records[sid]
        return Response(status_code=204)


def _refused(form: dict[str, str]) -> int | None:
    """What the description leaves unsaid and Twilio refuses all the same; the code of its error."""
    if "From" not in form and "MessagingServiceSid" not in form:
        return 21603
    if not form.get("Body"):
        return 21602
    return 21617 if len(form["Body"].encode("utf-16-le")) > 2 * 1600 else None


def _error(status: int, code: int | None, retry_after: int | None = None) -> Response:
    """An error in Twilio's own form; its message quotes the number, as Twilio's do."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if code is None:
        return Response("<html>Bad gateway</html>", status, headers, media_type="text/html")
    fields = {"code": code, "message": "The 'To' number +14155550142 ...", "more_info": f"https://www.twilio.com/docs/errors/{code}"}
    return JSONResponse({**fields, "status": status}, status, headers)


@contextmanager
def served(double: TwilioDouble) -> Iterator[TwilioDouble]:
    """Serves a double on a free port of loopback for the length of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    double.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(double.app(), log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
