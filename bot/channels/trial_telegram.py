"""Telegram and the phones behind it, played in this process for `trial`.

What is done on a phone becomes an update as Telegram sends it, and goes through `TelegramChannel`, whose calls to the Bot API are
answered here.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, cast

from telegram.request import BaseRequest, RequestData

from bot.channels.telegram import TelegramChannel
from bot.channels.trial_inbox import Inbox
from bot.conversation.messages import Message, Reply, Shape
from bot.errors import HelplineError
from bot.settings import Telegram
from bot.store.sealed_lists import SealedLists

_TOKEN = "1:trial"  # noqa: S105 - of a bot that there is not
_BOT = {"id": 1, "is_bot": True, "first_name": "Trial"}
_ID_BITS = 52  # of a chat's id, https://core.telegram.org/bots/api#chat
_FILE = {"file_id": "trial", "file_unique_id": "trial"}
_STICKER = {**_FILE, "type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False, "emoji": "🙂"}
# What a message may hold that no bot can read.
UNREADABLE: dict[str, dict[str, Any]] = {
    "sticker": {"sticker": _STICKER},
    "photo": {"photo": [{**_FILE, "width": 90, "height": 60}]},
    "voice": {"voice": {**_FILE, "duration": 3}},
}
_COMMAND = re.compile(r"/[A-Za-z0-9_]{1,32}")


def words(text: str) -> dict[str, Any]:
    """The content of a message of words, or of a command."""
    command = _COMMAND.match(text)
    entities = {"entities": [{"type": "bot_command", "offset": 0, "length": command.end()}]} if command else {}
    return {"text": text, **entities}


def location(latitude: float, longitude: float) -> dict[str, Any]:
    """The content of a message that shares a place."""
    return {"location": {"latitude": latitude, "longitude": longitude}}


class TelegramPhones:
    """Plays Telegram and the phones behind it.

    Attributes:
        outlet: sends to the phones what they did not ask for.
    """

    def __init__(self, answer: Callable[[Message, Shape], Awaitable[Reply]], inbox: Inbox, shared: SealedLists) -> None:
        """
        Args:
            answer: the conversation.
            inbox: of the phones.
            shared: message ids of the channel, see `TelegramChannel`.
        """
        telegram = Telegram(_TOKEN, "", "https://trial.invalid")
        self._inbox = inbox
        self.outlet = TelegramChannel(telegram, "", answer, request=_PlayedBotApi(inbox), poll=False, shared=shared)

    async def send(self, phone: str, language: str, content: dict[str, Any]) -> dict[str, object]:
        """Sends a message from a phone.

        Args:
            phone: its id, hex digits that the page made at random.
            language: of the phone's app, as Telegram names it (``pt-br``); empty where the app does not tell.
            content: what the message holds, see `words`, `location` and `UNREADABLE`.
        Returns:
            The message's `own` id; `messages` that come back, each with its id, text and buttons; ids of those `deleted`; and what
            has `arrived` before, see `arrived`.
        """
        chat_id = _chat_id(phone)
        message = {**_message(chat_id), "from": _person(chat_id, language), **content}
        return {"own": message["message_id"], **await self._handle(chat_id, "message", message)}

    async def press(self, phone: str, language: str, data: str) -> dict[str, object]:
        """Presses a button.

        Args:
            phone, language: as for `send`.
            data: of the button.
        Returns:
            As for `send`, without an own message.
        """
        chat_id = _chat_id(phone)
        message = {**_message(chat_id), "from": _BOT}
        query = {"id": str(_fresh_id()), "from": _person(chat_id, language), "chat_instance": "trial", "data": data, "message": message}
        return await self._handle(chat_id, "callback_query", query)

    async def _handle(self, chat_id: int, kind: str, content: dict[str, Any]) -> dict[str, object]:
        screen = _Screen(chat_id)
        before = _SCREEN.set(screen)
        try:
            await self.outlet.handle({"update_id": _fresh_id(), kind: content})
        finally:
            screen.shown = True
            _SCREEN.reset(before)
        arrived: dict[str, object] = {"messages": [], "deleted": [], "typing": False}
        with contextlib.suppress(HelplineError):  # a reply needs no store
            arrived = await self._arrived(chat_id, gone=screen.deleted)
        return {"messages": screen.messages, "deleted": screen.deleted, "arrived": arrived}

    async def arrived(self, phone: str) -> dict[str, object]:
        """What came to a phone that it did not ask for.

        Args:
            phone: its id.
        Returns:
            `messages` and ids of those `deleted`, as for `send`; and whether somebody is `typing`.
        Raises:
            StoreFull, StoreUnavailable: see `Store`.
        """
        return await self._arrived(_chat_id(phone), gone=[])

    async def _arrived(self, chat_id: int, gone: list[int]) -> dict[str, object]:
        items = await self._inbox.take(str(chat_id))
        deleted = [message_id for item in items for message_id in item.get("deleted", ())]
        messages = [item["message"] for item in items if "message" in item and item["message"]["id"] not in (*deleted, *gone)]
        return {"messages": messages, "deleted": deleted, "typing": await self._inbox.is_typing(str(chat_id))}


def _chat_id(phone: str) -> int:
    return 1 + int(phone, 16) % (1 << _ID_BITS)


def _fresh_id() -> int:
    """An id of an update or a message. Not counted up: several workers would count alike, and take each other's updates for repeats."""
    return 1 + secrets.randbits(_ID_BITS)


def _message(chat_id: int) -> dict[str, Any]:
    return {"message_id": _fresh_id(), "date": int(time.time()), "chat": {"id": chat_id, "type": "private", "first_name": "Trial"}}


def _person(chat_id: int, language: str) -> dict[str, Any]:
    return {"id": chat_id, "is_bot": False, "first_name": "Trial", **({"language_code": language} if language else {})}


@dataclass
class _Screen:
    """What one update brings to the screen of its phone.

    Attributes:
        chat_id: of the phone.
        messages: that were sent to it.
        deleted: ids of messages that were taken off it.
        shown: it is over; what comes now waits for the page.
    """

    chat_id: int
    messages: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    shown: bool = False


# Set while an update is handled, for that task and those that it starts: so no phone ever sees what goes to another.
_SCREEN: ContextVar[_Screen | None] = ContextVar("screen of a trial phone", default=None)


def _shown(message: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """A message as the page shows it."""
    rows = given.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [[{"text": button["text"], "data": button["callback_data"]} for button in row] for row in rows]
    return {"id": message["message_id"], "text": message["text"], "buttons": buttons}


class _PlayedBotApi(BaseRequest):
    """The Bot API, as far as a private chat needs it. https://core.telegram.org/bots/api

    Args:
        inbox: where that waits which is no answer to an update.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    @property
    def read_timeout(self) -> float | None:
        """None: nothing is waited for."""
        return None

    async def initialize(self) -> None:
        """Does nothing: there is no connection."""

    async def shutdown(self) -> None:
        """Does nothing: there is no connection."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *timeouts: Any, **named_timeouts: Any
    ) -> tuple[int, bytes]:
        """Answers one call."""
        given = cast("dict[str, Any]", request_data.parameters) if request_data else {}
        try:
            result = await self._call(url.rpartition("/")[2], given)
        except LookupError:
            return 400, b'{"ok": false, "error_code": 400, "description": "Bad Request: a trial phone cannot do that"}'
        except HelplineError:
            return 503, b'{"ok": false, "error_code": 503, "description": "Service Unavailable"}'
        return 200, json.dumps({"ok": True, "result": result}).encode()

    async def _call(self, method: str, given: dict[str, Any]) -> object:
        """Does what a call asks for, and returns its result.

        Raises:
            LookupError: a trial phone cannot do that.
            HelplineError: the store cannot take it.
        """
        if method == "answerCallbackQuery":
            return True
        chat_id = int(given["chat_id"])
        screen = _SCREEN.get()
        here = screen if screen and screen.chat_id == chat_id and not screen.shown else None
        if method == "sendMessage":
            message = {**_message(chat_id), "text": given["text"]}
            if here:
                here.messages.append(_shown(message, given))
            else:
                await self._inbox.put(str(chat_id), message=_shown(message, given))
            return message
        if method == "deleteMessages":
            if here:
                here.deleted += given["message_ids"]
            else:
                await self._inbox.put(str(chat_id), deleted=given["message_ids"])
        elif method == "sendChatAction":
            await self._inbox.show_typing(str(chat_id))
        else:
            raise LookupError(method)
        return True
