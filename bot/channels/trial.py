"""Trial phones: an SMS phone and a Telegram phone in the browser, for trying the service without an account, a number or a bot.

Played here are the providers, not the channels: what is typed becomes what Twilio and Telegram would send, and goes through the code
that real messages go through (see `trial_sms` and `trial_telegram`). What a phone did not ask for waits in a store until its page
asks (see `trial_inbox`). Nothing leaves the service. A message bears the name of its real channel, so trial phones and real channels
must never run together; `bot.app` sees to that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.outlets import Delivered, Outlets
from bot.channels.telegram_memory import shared_message_ids
from bot.channels.telegram_profile import COMMANDS
from bot.channels.trial_inbox import Inbox
from bot.channels.trial_sms import SmsPhones, has_numbers
from bot.channels.trial_telegram import UNREADABLE, TelegramPhones, location, words
from bot.conversation.messages import Message, Reply, Shape
from bot.dialogue.catalogues import translate
from bot.errors import HelplineError
from bot.locales import all_locales
from bot.privacy.keys import KeyRing
from bot.store import Store

_STATIC = Path(__file__).parent / "trial_static"
_FILES = {"trial.css": "text/css", "trial.js": "text/javascript", "trial.svg": "image/svg+xml"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_SESSION_MINUTES = 15
_MOST_BYTES = 32 * 1024
_MOST_CHARACTERS = 4096  # of a Telegram message; no SMS has as many
_LONGEST_DATA = 64  # bytes of a button, https://core.telegram.org/bots/api#inlinekeyboardbutton
_PHONE = re.compile("[0-9a-f]{32}")
_COUNTRY = re.compile("[A-Z]{2}|")
_LANGUAGE = re.compile("[a-z]{2,3}(-[a-z]{2,4})?|")


class TrialPhones:
    """The two phones: the page in the browser, and the providers behind it.

    Args:
        answer: the conversation; it never raises.
        store: of the service.
        keys: what is found and sealed with.
        delivered: told when a phone has got what was sent to it with a receipt.
        outside: where that waits which no phone asked for: what it has on its way is the provider's, and a wipe of the service's store
            does not reach it. The store of the service by default.
    """

    def __init__(
        self,
        answer: Callable[[Message, Shape], Awaitable[Reply]],
        store: Store,
        keys: KeyRing,
        delivered: Delivered | None = None,
        outside: Store | None = None,
    ) -> None:
        self._outside = outside or store
        self._sms = SmsPhones(answer, Inbox(self._outside, keys, "sms"), delivered)
        shared = shared_message_ids(store, keys, _SESSION_MINUTES)
        self._telegram = TelegramPhones(answer, Inbox(self._outside, keys, "telegram"), shared)

    async def close(self) -> None:
        """What is on its way is lost."""
        await self._outside.close()

    def routes(self) -> list[BaseRoute]:
        """The page, its files, and what its two phones post to."""
        return [
            Route("/", _page, methods=["GET"]),
            Route("/trial/static/{name}", _file, methods=["GET"]),
            Route("/trial/languages", _languages, methods=["GET"]),
            Route("/trial/sms", self._post_sms, methods=["POST"], max_body_size=_MOST_BYTES),
            Route("/trial/telegram", self._post_telegram, methods=["POST"], max_body_size=_MOST_BYTES),
            Route("/trial/inbox", self._post_inbox, methods=["POST"], max_body_size=_MOST_BYTES),
        ]

    def outlets(self) -> Outlets:
        """What sends to the phones, under the names of the real channels."""
        return {"sms": self._sms.outlet, "telegram": self._telegram.outlet}

    async def _post_sms(self, request: Request) -> Response:
        posted = await _posted(request)
        phone, country, text = _word(posted, "phone", _PHONE), _country(posted), _text(posted.get("text"))
        return JSONResponse(await self._sms.send(phone, country, text), headers=_HEADERS)

    async def _post_telegram(self, request: Request) -> Response:
        posted = await _posted(request)
        phone, language = _word(posted, "phone", _PHONE), _word(posted, "language", _LANGUAGE)
        if "button" in posted:
            shown = await self._telegram.press(phone, language, _button(posted["button"]))
        else:
            shown = await self._telegram.send(phone, language, _content(posted))
        return JSONResponse(shown, headers=_HEADERS)

    async def _post_inbox(self, request: Request) -> Response:
        """What both phones of a page have got since it asked last."""
        posted = await _posted(request)
        sms, country, telegram = _word(posted, "sms", _PHONE), _country(posted), _word(posted, "telegram", _PHONE)
        try:
            arrived = {"sms": await self._sms.arrived(sms, country), "telegram": await self._telegram.arrived(telegram)}
        except HelplineError:
            raise HTTPException(503) from None
        return JSONResponse(arrived, headers=_HEADERS)


async def _page(request: Request) -> Response:
    return Response((_STATIC / "trial.html").read_bytes(), media_type="text/html", headers=_HEADERS)


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _FILES:
        raise HTTPException(404)
    return Response((_STATIC / name).read_bytes(), media_type=_FILES[name], headers=_HEADERS)


async def _languages(request: Request) -> Response:
    """The languages that the Telegram phone's app may be set to, each with the command menu that Telegram would show."""
    return JSONResponse(
        [
            {
                "tag": locale.telegram or locale.code.lower().replace("_", "-"),
                "name": locale.name,
                "commands": [{"name": name, "description": translate(locale.code, *text)} for name, text in COMMANDS.items()],
            }
            for locale in all_locales().values()
        ],
        headers=_HEADERS,
    )


async def _posted(request: Request) -> dict[str, Any]:
    """The JSON object that the page sent.

    Raises:
        HTTPException: 400, as it is none. The content type must be right because a page of another origin cannot send that one unasked.
    """
    try:
        body = await request.body()
        posted = json.loads(body) if request.headers.get("content-type") == "application/json" else None
    except (ClientDisconnect, ValueError, RecursionError):
        posted = None
    if not isinstance(posted, dict):
        raise HTTPException(400)
    return posted


def _word(posted: dict[str, Any], name: str, form: re.Pattern[str]) -> str:
    """A field that must be there and have that form."""
    value = posted.get(name)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise HTTPException(400)
    return value


def _country(posted: dict[str, Any]) -> str:
    """The country of an SMS phone; empty where its number tells none."""
    country = _word(posted, "country", _COUNTRY)
    if country and not has_numbers(country):
        raise HTTPException(400)
    return country


def _text(value: object) -> str:
    """A text as a phone may send it: not empty, not too long, and nothing that is no text, such as half an emoji."""
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_CHARACTERS or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise HTTPException(400)
    return value


def _button(value: object) -> str:
    data = _text(value)
    if len(data.encode()) > _LONGEST_DATA:
        raise HTTPException(400)
    return data


def _content(posted: dict[str, Any]) -> dict[str, Any]:
    """What a Telegram message holds: words, a place, or something that no bot can read."""
    match posted:
        case {"text": text}:
            return words(_text(text))
        case {"location": {"lat": int() | float() as latitude, "lon": int() | float() as longitude}}:
            if abs(latitude) <= 90 and abs(longitude) <= 180:
                return location(latitude, longitude)
        case {"kind": str(kind)} if kind in UNREADABLE:
            return UNREADABLE[kind]
    raise HTTPException(400)
