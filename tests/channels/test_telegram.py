"""The Telegram channel end to end: through a Bot API on loopback that holds every call against the published description."""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from telegram.request import BaseRequest, HTTPXRequest, RequestData

from bot import settings
from bot.channels import telegram as channel_module
from bot.channels.telegram import PATH, SECRET_HEADER, TelegramChannel
from bot.conversation.messages import SILENCE, Choice, Kind, Message, Reply, Shape
from bot.errors import ConfigurationError, StoreUnavailable

from .telegram_double import BLOCKED, TOO_OLD, TelegramDouble, Trouble, serving, telegram_double

pytestmark = pytest.mark.asyncio

TOKEN = "123456:TEST-token"
SECRET = "a-secret-of-the-webhook"
CHAT_ID = 7_000_100_200
PERSON = {"id": CHAT_ID, "is_bot": False, "first_name": "Nomsa", "last_name": "Dlamini", "username": "nomsa_d", "language_code": "es"}
CHAT = {"id": CHAT_ID, "type": "private", "first_name": "Nomsa"}
BOT = {"id": 123456, "is_bot": True, "first_name": "Line"}
WORDS = "me quitaron el pasaporte"
CHOICES = (Choice("1", "Más", "4:1"), Choice("0", "Una persona", "4:0"))

_message_ids = iter(range(1, 1_000_000))


def said(text: str | None = WORDS, *, ago: float = 0, chat_id: int = CHAT_ID, **more: Any) -> dict[str, Any]:
    """What a person wrote, as the content of an update."""
    message = {"message_id": next(_message_ids), "date": int(time.time() - ago), "chat": {**CHAT, "id": chat_id}, "from": {**PERSON, "id": chat_id}}
    return {**message, **({} if text is None else {"text": text}), **more}


def pressed(data: str = "4:1", **more: Any) -> dict[str, Any]:
    """A button that a person pressed, as the content of an update."""
    message = {"message_id": next(_message_ids), "date": int(time.time()), "chat": CHAT, "from": BOT, "text": "Choose"}
    return {"id": "991", "from": PERSON, "chat_instance": "c", "data": data, "message": message, **more}


@dataclass
class Conversation:
    """Stands for what is behind the channel: remembers what came, and answers as told."""

    reply: Reply = Reply("Estoy aquí.", locale="es")
    came: list[Message] = field(default_factory=list)
    before: Callable[[Message], Awaitable[None]] | None = None

    async def __call__(self, message: Message, shape: Shape) -> Reply:
        self.came.append(message)
        if self.before:
            await self.before(message)
        return Reply(f"{self.reply.text} {message.text}") if self.reply.text == "echo" else self.reply


@asynccontextmanager
async def by_polling(double: TelegramDouble, answer: Conversation, **more: Any) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(settings.Telegram(TOKEN, "", double.url), "", answer, **more)
    await channel.start()
    try:
        yield channel
    finally:
        await channel.stop()


@asynccontextmanager
async def by_webhook(double: TelegramDouble, answer: Conversation, **more: Any) -> AsyncIterator[TelegramChannel]:
    routes: list[Any] = []
    async with serving(Starlette(routes=routes)) as url:
        channel = TelegramChannel(settings.Telegram(TOKEN, SECRET, double.url), url, answer, **more)
        async with serving(Starlette(routes=channel.routes())) as real_url:
            channel._public_url = real_url
            await channel.start()
            try:
                await double.until("setWebhook")
                yield channel
            finally:
                await channel.stop()


@asynccontextmanager
async def directly(double: TelegramDouble, answer: Conversation, **more: Any) -> AsyncIterator[TelegramChannel]:
    """No start: updates are handed in, as by a trial phone."""
    channel = TelegramChannel(settings.Telegram(TOKEN, "", double.url), "", answer, **more)
    try:
        yield channel
    finally:
        await channel.stop()
