"""The ASGI application: channels at the edge, the conversation behind them, the dialogue in its own process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from bot.channels.sms import sms_routes
from bot.channels.telegram import TelegramChannel
from bot.channels.trial import trial_routes
from bot.channels.twilio_api import TwilioApi
from bot.conversation.conversation import Conversation
from bot.conversation.last_wall import LastWall
from bot.conversation.sessions import Sessions
from bot.dialogue.process import DialogueProcess
from bot.errors import ConfigurationError, ModelError, StoreUnavailable
from bot.knowledge.emergency import numbers_of
from bot.privacy.keys import KeyRing
from bot.settings import Settings
from bot.store import Store
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore

_LOG = logging.getLogger(__name__)
_PATIENCE = 30.0  # seconds; then the last wall answers for the model


def refuse_unchecked_numbers(settings: Settings) -> None:
    """Keeps real channels off while no human has checked the launch country's numbers.

    Raises:
        ConfigurationError: they are unchecked and the operator has not said that this is accepted.
    """
    if settings.real_channels and not settings.accept_unverified_numbers and not numbers_of(settings.country).checked_on:
        raise ConfigurationError(
            f"No human has checked the emergency numbers of {settings.country}. Check each in data/emergency.yml and write checked_on and "
            "checked_by there, or set HELPLINE_UNVERIFIED_NUMBERS=accept to go live with unchecked numbers."
        )


async def refuse_store_on_disk(settings: Settings) -> None:
    """Keeps sessions out of a Redis that writes to disk. One that is away hinders no start: the last wall answers until it is there.

    Raises:
        ConfigurationError: it writes to disk.
    """
    if not settings.redis_url:
        return
    store = RedisStore(settings.redis_url)
    try:
        await store.check()
    except StoreUnavailable as error:
        _LOG.warning("store: %s", error)
    finally:
        await store.close()


@dataclass
class Service:
    """The parts of one worker.

    Attributes:
        settings: the configuration.
        keys: of sessions; rotated by `rotate_keys`, or by the parent where there are several workers.
        store, dialogue, conversation: see their modules.
        telegram: the channel, or None.
        twilio: the API client, or None.
    """

    settings: Settings
    keys: KeyRing
    store: Store
    dialogue: DialogueProcess
    sessions: Sessions
    conversation: Conversation
    telegram: TelegramChannel | None
    twilio: TwilioApi | None


def build_service(settings: Settings, model: Path, keys: KeyRing, *, first_worker: bool = True) -> Service:
    """Puts the parts of one worker together.

    Args:
        settings: the configuration.
        model: path of the trained model.
        keys: of sessions, shared by all workers.
        first_worker: this one polls Telegram.
    Raises:
        ConfigurationError: numbers are unchecked.
        DataError: a table cannot be read.
    """
    refuse_unchecked_numbers(settings)
    store: Store = RedisStore(settings.redis_url) if settings.redis_url else MemoryStore()
    dialogue = DialogueProcess(model)
    sessions = Sessions(store, keys, settings.session_minutes)
    conversation = Conversation(dialogue, sessions, LastWall())
    telegram = None
    if settings.telegram:
        telegram = TelegramChannel(
            settings.telegram,
            settings.public_url,
            conversation.answer,
            poll=first_worker,
            session_minutes=settings.session_minutes,
            claim=sessions.first_time,
        )
    twilio = TwilioApi(settings.twilio, settings.public_url) if settings.twilio else None
    return Service(settings, keys, store, dialogue, sessions, conversation, telegram, twilio)


async def rotate_keys(keys: KeyRing, minutes: int) -> None:
    """Puts fresh keys in place as often as sessions live; runs until it is cancelled."""
    while True:
        await asyncio.sleep(minutes * 60)
        keys.rotate()


def build_app(service: Service, *, rotate: bool = True, patient: bool = False) -> Starlette:
    """The application of one worker.

    Args:
        service: its parts.
        rotate: this process rotates the keys; False where a parent does.
        patient: let nobody in before the model answers, or for some seconds; others are there meanwhile.
    """
    settings = service.settings

    async def health(request: Request) -> JSONResponse:
        if service.dialogue.ready:
            return JSONResponse({"status": "ok", "replaced": service.dialogue.replaced, "failures": service.conversation.failures})
        return JSONResponse({"status": "starting", "problem": service.dialogue.problem}, status_code=503)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as parts:  # each is put away, the last one first, even if another fails at that
            parts.push_async_callback(service.store.close)
            await service.dialogue.start()
            parts.push_async_callback(service.dialogue.stop)
            if service.twilio:
                parts.push_async_callback(service.twilio.aclose)
            if rotate:
                parts.callback(asyncio.create_task(rotate_keys(service.keys, settings.session_minutes)).cancel)
            if service.telegram:
                await _start(service.telegram)
                parts.push_async_callback(service.telegram.stop)
            if patient:
                with contextlib.suppress(ModelError, asyncio.TimeoutError):
                    await asyncio.wait_for(service.dialogue.wait_until_ready(), _PATIENCE)
            yield

    routes: list[BaseRoute] = [Route("/health", health, methods=["GET"])]
    if settings.twilio and service.twilio:
        routes += sms_routes(settings.twilio, settings.public_url, service.conversation.answer, service.twilio, service.sessions.first_time)
    if service.telegram:
        routes += service.telegram.routes()
    if not settings.real_channels:
        routes += trial_routes(service.conversation.answer)
    app = Starlette(routes=routes, lifespan=lifespan)
    # A provider that was given an address with a slash too many would be sent on to an unencrypted one, and follow with number and text.
    app.router.redirect_slashes = False
    return app


async def _start(telegram: TelegramChannel) -> None:
    try:
        await telegram.start()
    except ConfigurationError as error:
        _LOG.critical("%s", error)  # whoever catches it is uvicorn, whose words the filter takes out
        raise
