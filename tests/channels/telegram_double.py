"""A stand-in for Telegram's Bot API on loopback. It knows no method by heart: it interprets the published description
(`tests/peers/telegram/api.json.gz`) and refuses what does not fit it, unknown parameters too, which Telegram itself ignores.

By hand are only the queue of updates, the webhook, the profile, and who may be written to or deleted from: what no description says.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import re
import socket
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

_DESCRIPTION = Path(__file__).parent.parent / "peers" / "telegram" / "api.json.gz"
_LENGTH = re.compile(r"(\d+)-(\d+) (characters|bytes|identifiers)")
# Forms that the description gives in words.
_FORMS = {
    "two-letter ISO 639-1": "[a-z]{2}|",
    "Only characters A-Z, a-z, 0-9, _ and - are allowed": "[A-Za-z0-9_-]*",
    "only lowercase English letters, digits and underscores": "[a-z0-9_]*",
}
_PLAIN_TYPES: dict[str, tuple[type, ...]] = {"Integer": (int,), "Float": (int, float), "String": (str,), "Boolean": (bool,)}


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """Methods and types of the Bot API, as published."""
    with gzip.open(_DESCRIPTION, "rt", encoding="utf-8") as text:
        return json.load(text)  # type: ignore[no-any-return]


def problems(fields: list[dict[str, Any]], values: dict[str, Any], where: str) -> Iterator[str]:
    """What is wrong with an object or with a method's parameters."""
    known = {each["name"]: each for each in fields}
    yield from (f"{where}.{name} is unknown" for name in values if name not in known)
    yield from (f"{where}.{name} is missing" for name, each in known.items() if each["required"] and name not in values)
    for name in values.keys() & known.keys():
        found = [list(_misfit(kind, values[name], f"{where}.{name}")) for kind in known[name]["types"]]
        yield from min(found, key=len)
        yield from _wrong_form(known[name], values[name], f"{where}.{name}")


def _misfit(kind: str, value: Any, where: str) -> Iterator[str]:
    """Why a value is not of a type."""
    types = description()["types"]
    if kind.startswith("Array of "):
        if not isinstance(value, list):
            yield f"{where} is no array"
        else:
            for position, item in enumerate(value):
                yield from _misfit(kind.removeprefix("Array of "), item, f"{where}[{position}]")
    elif kind in _PLAIN_TYPES:
        if not isinstance(value, _PLAIN_TYPES[kind]) or (isinstance(value, bool) and kind != "Boolean"):
            yield f"{where} is no {kind}"
    elif types[kind].get("subtypes"):
        yield from min((list(_misfit(subtype, value, where)) for subtype in types[kind]["subtypes"]), key=len)
    elif not isinstance(value, dict):
        yield f"{where} is no {kind}"
    else:
        yield from problems(types[kind].get("fields", []), value, where)


def _wrong_form(described: dict[str, Any], value: Any, where: str) -> Iterator[str]:
    limits = _LENGTH.search(described["description"])
    if limits and isinstance(value, (str, list)) and not int(limits[1]) <= _length(value, limits[3]) <= int(limits[2]):
        yield f"{where} is not of {limits[0]}"
    for words, form in _FORMS.items():
        if words in described["description"] and isinstance(value, str) and not re.fullmatch(form, value):
            yield f"{where} is not {words}"


def _length(value: str | list[Any], unit: str) -> int:
    if isinstance(value, list):
        return len(value)
    return len(value.encode()) if unit == "bytes" else len(value.encode("utf-16-le")) // 2


def example(kind: str, **known: Any) -> Any:
    """A value of a type: its required fields only."""
    if kind.startswith("Array of "):
        return []
    if kind in _PLAIN_TYPES:
        return {"Integer": 1, "Float": 1.0, "String": "x", "Boolean": True}[kind]
    described = description()["types"][kind]
    if described.get("subtypes"):
        return example(described["subtypes"][0], **known)
    value = {
        each["name"]: example(each["types"][0]) for each in described.get("fields", []) if each["required"] and each["name"] not in known
    }
    if "date" in value:
        value["date"] = int(time.time())
    return {**value, **known}


@dataclass(frozen=True)
class Call:
    """One call that came in."""

    method: str
    parameters: dict[str, Any]


@dataclass
class Trouble:
    """What a call gets instead of its result, or before it.

    Attributes:
        status, text, retry_after: of a refusal in Telegram's form.
        seconds: wait so long first; with status 200 the call is then done as usual.
        body: answer with these bytes instead.
        taken: the call is done all the same, and the refusal told afterwards.
    """

    status: int = 200
    text: str = ""
    retry_after: int = 0
    seconds: float = 0.0
    body: bytes = b""
    taken: bool = False

    def response(self) -> Response:
        if self.body:
            return Response(self.body, self.status)
        parameters = {"parameters": {"retry_after": self.retry_after}} if self.retry_after else {}
        return JSONResponse({"ok": False, "error_code": self.status, "description": self.text, **parameters}, self.status)


BLOCKED = Trouble(403, "Forbidden: bot was blocked by the user")
TOO_OLD = Trouble(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
_TAKEN_OVER = Trouble(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
_HAS_WEBHOOK = Trouble(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")


@dataclass
class TelegramDouble:
    """One bot at a Telegram of our own; `telegram_double` runs it.

    Attributes:
        calls: all that were made, in order, the refused ones too.
        refused: why calls did not fit the description; a test that expects none asserts that it is empty.
        chats: what stands in each chat, by message id.
        undeletable: message ids that may not be deleted.
        blocked_by: chats whose person has blocked the bot.
        can_join_groups: as set at @BotFather.
    """

    token: str
    calls: list[Call] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    chats: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    undeletable: set[int] = field(default_factory=set)
    blocked_by: set[int] = field(default_factory=set)
    can_join_groups: bool = False

    def __post_init__(self) -> None:
        self.app = Starlette(routes=[Route("/bot{token}/{method}", self._answer, methods=["GET", "POST"])])
        self.url = ""
        self.webhook: dict[str, Any] = {}
        self._methods = {name.lower(): name for name in description()["methods"]}
        self._troubles: dict[str, deque[Trouble]] = defaultdict(deque)
        self._ids = itertools.count(1000)
        self._updates: deque[dict[str, Any]] = deque()
        self._news = asyncio.Event()
        self._poller = 0
        self._profile: dict[tuple[str, str], dict[str, Any]] = {}

    # --- for tests ------------------------------------------------------------------------------------------------------------

    def play(self, method: str, *troubles: Trouble) -> None:
        """The next calls of a method meet these troubles, one each."""
        self._troubles[method].extend(troubles)

    def named(self, method: str) -> list[dict[str, Any]]:
        """Parameters of all calls of a method."""
        return [call.parameters for call in self.calls if call.method == method]

    def put(self, kind: str, **content: Any) -> dict[str, Any]:
        """An update comes: queued for getUpdates. It must fit the description itself.

        Args:
            kind: field of Update, such as ``message``.
            content: of that field.
        """
        update = {"update_id": next(self._ids), kind: content}
        wrong = list(_misfit("Update", update, "update"))
        assert not wrong, wrong
        self.put_raw(update)
        message = content if "message_id" in content else content.get("message") or {}
        if "chat" in message:
            self.chats[message["chat"]["id"]][message["message_id"]] = message.get("text", "")
        return update

    def put_raw(self, update: dict[str, Any]) -> None:
        """An update comes that need not fit the description."""
        self._updates.append({"update_id": next(self._ids), **update})
        self._news.set()

    def stop_polls(self) -> None:
        """Ends the long poll that waits, so that the server can stop."""
        self._poller += 1
        self._news.set()

    async def post(self, update: dict[str, Any], **headers: str) -> int:
        """Posts an update to the webhook that was set, and tells what status came back."""
        async with httpx.AsyncClient(verify=False, trust_env=False) as client:
            secret = {"X-Telegram-Bot-Api-Secret-Token": self.webhook["secret_token"]}
            return (await client.post(self.webhook["url"], json=update, headers={**secret, **headers})).status_code

    async def until(self, method: str, times: int = 1, seconds: float = 5.0) -> list[dict[str, Any]]:
        """Waits until a method was called so many times, and gives all parameters."""
        end = time.monotonic() + seconds
        while len(self.named(method)) < times:
            assert time.monotonic() < end, f"{method} was called {len(self.named(method))} times, not {times}"
            await asyncio.sleep(0.005)
        return self.named(method)

    # --- the server -----------------------------------------------------------------------------------------------------------

    async def _answer(self, request: Request) -> Response:
        method = self._methods.get(request.path_params["method"].lower())
        if request.path_params["token"] != self.token:
            return Trouble(401, "Unauthorized").response()
        if method is None:
            return Trouble(404, "Not Found").response()
        fields = description()["methods"][method].get("fields", [])
        parameters = _decoded(await request.body(), fields)
        self.calls.append(Call(method, parameters))
        wrong = list(problems(fields, parameters, method))
        self.refused += wrong
        if wrong:
            return Trouble(400, f"Bad Request: {wrong[0]}").response()
        if self._troubles[method]:
            trouble = self._troubles[method].popleft()
            if trouble.taken:
                await self._result(method, parameters)
            await asyncio.sleep(trouble.seconds)
            if trouble.status != 200 or trouble.body:
                return trouble.response()
        result = await self._result(method, parameters)
        return result.response() if isinstance(result, Trouble) else JSONResponse({"ok": True, "result": result})

    async def _result(self, method: str, given: dict[str, Any]) -> Any:
        profile = re.fullmatch(r"(set|get)My(Name|Description|ShortDescription|Commands)", method)
        if profile:
            return self._keep_profile(profile[1], profile[2], method, given)
        by_hand = {
            "getMe": self._get_me,
            "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "sendMessage": self._send_message,
            "sendChatAction": self._send_chat_action,
            "deleteMessages": self._delete_messages,
        }
        return await by_hand[method](given) if method in by_hand else example(description()["methods"][method]["returns"][0])

    def _keep_profile(self, verb: str, part: str, method: str, given: dict[str, Any]) -> Any:
        key, default = (part, given.get("language_code", "")), (part, "")
        if verb == "set":
            self._profile[key] = {name: value for name, value in given.items() if name != "language_code"}
            return True
        stored = self._profile.get(key) or self._profile.get(default)
        if part == "Commands":
            return stored["commands"] if stored else []
        return stored or example(description()["methods"][method]["returns"][0])

    async def _get_me(self, given: dict[str, Any]) -> Any:
        return example("User", is_bot=True, can_join_groups=self.can_join_groups)

    async def _get_updates(self, given: dict[str, Any]) -> Any:
        if self.webhook:
            return _HAS_WEBHOOK
        self._poller += 1
        mine, end = self._poller, time.monotonic() + given.get("timeout", 0)
        self._news.set()
        while self._updates and self._updates[0]["update_id"] < given.get("offset", 0):
            self._updates.popleft()
        while True:
            self._news.clear()
            wanted = [update for update in self._updates if update.keys() & {"update_id", *given["allowed_updates"]} > {"update_id"}]
            if wanted or time.monotonic() >= end:
                return wanted[: given.get("limit", 100)]
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), end - time.monotonic())
            if self._poller != mine:
                return _TAKEN_OVER

    async def _set_webhook(self, given: dict[str, Any]) -> Any:
        if not re.match(r"https://|http://127\.0\.0\.1[:/]", given["url"]):
            return Trouble(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = given
        return True

    async def _delete_webhook(self, given: dict[str, Any]) -> Any:
        self.webhook = {}
        if given.get("drop_pending_updates"):
            self._updates.clear()
        return True

    async def _send_chat_action(self, given: dict[str, Any]) -> Any:
        return BLOCKED if int(given["chat_id"]) in self.blocked_by else True

    async def _send_message(self, given: dict[str, Any]) -> Any:
        chat_id = int(given["chat_id"])
        if chat_id in self.blocked_by:
            return BLOCKED
        if chat_id not in self.chats:
            return Trouble(403, "Forbidden: bot can't initiate conversation with a user")
        message_id = next(self._ids)
        self.chats[chat_id][message_id] = given["text"]
        return example("Message", message_id=message_id, chat=example("Chat", id=chat_id, type="private"), text=given["text"])

    async def _delete_messages(self, given: dict[str, Any]) -> Any:
        if self.undeletable & set(given["message_ids"]):
            return Trouble(400, "Bad Request: message can't be deleted for everyone")
        for message_id in given["message_ids"]:
            self.chats[int(given["chat_id"])].pop(message_id, None)
        return True


def _decoded(body: bytes, fields: list[dict[str, Any]]) -> dict[str, Any]:
    """Parameters of a form; what is not a String stands there as JSON."""
    types = {each["name"]: each["types"] for each in fields}
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {name: value if "String" in types.get(name, ["String"]) else json.loads(value) for name, value in form.items()}


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serves an application on a free port of loopback, and gives its address."""
    # With its protocol named, asyncio turns Nagle's algorithm off; else each answer waits 40 ms for the other side's ACK.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1))
    # What `serve` does, without its hand on the signals and without the tenths of a second that it sleeps before it ends.
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets=[listener])
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        for listening in server.servers:
            listening.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        listener.close()


@asynccontextmanager
async def telegram_double(token: str) -> AsyncIterator[TelegramDouble]:
    """Runs a double for one bot."""
    double = TelegramDouble(token)
    async with serving(double.app) as double.url:
        yield double
        double.stop_polls()
