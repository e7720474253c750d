"""The ASGI application: channels at the edge, the conversation behind them, the dialogue in its own process."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import gc
import logging
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from bot.channels.outlets import Outlet, Outlets
from bot.channels.pushing import Pusher, told_to
from bot.channels.sms import sms_routes
from bot.channels.sms_sending import SmsOutlet
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_memory import shared_message_ids
from bot.channels.trial import TrialPhones
from bot.channels.twilio_api import TwilioApi
from bot.conversation.conversation import Conversation
from bot.conversation.last_wall import LastWall
from bot.conversation.sessions import Sessions
from bot.conversation.tables import put_in_use, read_tables, tables_in_use
from bot.desk.accounts import FILE as ACCOUNTS
from bot.desk.console import console_routes
from bot.desk.staffed import Staffed
from bot.dialogue.process import DialogueProcess
from bot.editions import Edition, refusal_of, tell_open_cases
from bot.errors import ConfigurationError, HelplineError, ModelError, StoreUnavailable
from bot.handoff.counts import FILE as COUNTS
from bot.handoff.counts import Counts
from bot.handoff.handoffs import Handoffs
from bot.handoff.life import Ending
from bot.knowledge.emergency import Numbers, numbers_of
from bot.memory import give_memory_back
from bot.privacy.keys import KeyRing
from bot.settings import Settings
from bot.store import Store
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore

_LOG = logging.getLogger(__name__)
_PATIENCE = 30.0  # seconds; then the last wall answers for the model


def refuse_unchecked_numbers(settings: Settings, numbers: Numbers | None = None) -> None:
    """Keeps real channels off while no human has checked the launch country's numbers.

    Args:
        settings: the configuration.
        numbers: of that country; those in use by default.
    Raises:
        ConfigurationError: they are unchecked and the operator has not said that this is accepted.
    """
    if settings.real_channels and not settings.accept_unverified_numbers and not (numbers or numbers_of(settings.country)).checked_on:
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
        trial: the trial phones, or None where there are real channels.
        outlets: what sends although the person has not just written, by channel.
        handoffs: the way to a human at the desk.
        home: folder in which the editions of the service lie, or None where it has none.
        drains: when it ends, the cases end with it, and those who wait are told; False while other workers go on with them.
    """

    settings: Settings
    keys: KeyRing
    store: Store
    dialogue: DialogueProcess
    sessions: Sessions
    conversation: Conversation
    telegram: TelegramChannel | None
    twilio: TwilioApi | None
    trial: TrialPhones | None
    outlets: Outlets
    handoffs: Handoffs
    home: Path | None = None
    drains: bool = True
    _loop: asyncio.AbstractEventLoop | None = None
    _begun: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Notes that the loop that runs now is the one in which it answers."""
        self._loop = asyncio.get_running_loop()
        self._begun.set()

    async def take(self, edition: Edition) -> None:
        """Says from now on what an edition says: with a new dialogue process, and with new tables in this one. All or nothing: until
        everything is there and answers, nothing changes, and then nobody comes between.

        Raises:
            HelplineError: the edition cannot be taken.
        """
        tables = await asyncio.to_thread(read_tables, edition.root)
        refuse_unchecked_numbers(self.settings, tables.emergency.get(self.settings.country, Numbers(self.settings.country)))
        async with self.dialogue.another(edition) as put_in_place:
            before = tables_in_use()
            put_in_use(tables)
            try:
                last_wall = LastWall()
            except BaseException:
                put_in_use(before)
                raise
            self.conversation.last_wall = last_wall
            put_in_place()
        del tables, before
        gc.collect()
        give_memory_back()

    def take_soon(self, edition: Edition) -> concurrent.futures.Future[None]:
        """Lets the loop do `take`; for another thread, which may wait for it. Waits itself until the loop runs."""
        self._begun.wait()
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(self.take(edition), self._loop)


def build_service(
    settings: Settings,
    edition: Edition,
    keys: KeyRing,
    *,
    first_worker: bool = True,
    home: Path | None = None,
    broken_until: float = 0.0,
    drains: bool = True,
) -> Service:
    """Puts the parts of one worker together.

    Args:
        settings: the configuration.
        edition: what the dialogue process says; the tables in use here are to be the same.
        keys: of sessions, shared by all workers.
        first_worker: this one polls Telegram.
        home: folder in which the editions of the service lie.
        broken_until: see `Handoffs`; monotonic seconds.
        drains: see `Service`.
    Raises:
        ConfigurationError: numbers are unchecked.
        DataError: a table cannot be read.
    """
    refuse_unchecked_numbers(settings)
    store: Store = RedisStore(settings.redis_url) if settings.redis_url else MemoryStore()
    dialogue = DialogueProcess(edition)
    sessions = Sessions(store, keys, settings.session_minutes)
    outlets: dict[str, Outlet] = {}
    handoffs = _handoffs(settings, store, keys, Pusher(sessions, outlets), home, broken_until)
    conversation = Conversation(dialogue, sessions, LastWall(), handoffs)
    telegram = None
    if settings.telegram:
        telegram = TelegramChannel(
            settings.telegram,
            settings.public_url,
            conversation.answer,
            poll=first_worker,
            session_minutes=settings.session_minutes,
            claim=sessions.first_time,
            shared=shared_message_ids(store, keys, settings.session_minutes) if settings.redis_url else None,
        )
    twilio = TwilioApi(settings.twilio, settings.public_url) if settings.twilio else None
    trial = None if settings.real_channels else TrialPhones(conversation.answer, store, keys, told_to(handoffs), _played(settings))
    outlets.update(trial.outlets() if trial else _real_outlets(telegram, twilio))
    return Service(settings, keys, store, dialogue, sessions, conversation, telegram, twilio, trial, outlets, handoffs, home, drains)


def _handoffs(settings: Settings, store: Store, keys: KeyRing, pusher: Pusher, home: Path | None, broken_until: float) -> Handoffs:
    """The desk's side of the service. Without an account there is nobody who could sign in, and nobody is offered."""
    return Handoffs(
        store,
        keys,
        pusher,
        staffed=Staffed(settings.staff_folder / ACCOUNTS),
        counts=Counts(settings.staff_folder / COUNTS),
        tell_open=(lambda count: tell_open_cases(home, count)) if home else (lambda count: None),
        broken_until=broken_until,
    )


def _played(settings: Settings) -> Store:
    """What the providers of the trial phones hold: no part of what the service holds."""
    return RedisStore(settings.redis_url, "helpline-trial:") if settings.redis_url else MemoryStore()


def _real_outlets(telegram: TelegramChannel | None, twilio: TwilioApi | None) -> Outlets:
    sms: dict[str, Outlet] = {"sms": SmsOutlet(twilio)} if twilio else {}
    return {**sms, "telegram": telegram} if telegram else sms


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
            told = {"replaced": service.dialogue.replaced, "failures": service.conversation.failures}
            return JSONResponse({"status": "ok", **told, "reload_refused": refusal_of(service.home) or ""})
        return JSONResponse({"status": "starting", "problem": service.dialogue.problem}, status_code=503)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as parts:  # each is put away, the last one first, even if another fails at that
            parts.push_async_callback(service.store.close)
            service.begin()
            await service.dialogue.start()
            parts.push_async_callback(service.dialogue.stop)
            if service.twilio:
                parts.push_async_callback(service.twilio.aclose)
            if service.trial:
                parts.push_async_callback(service.trial.close)
            if rotate:
                parts.callback(asyncio.create_task(rotate_keys(service.keys, settings.session_minutes)).cancel)
            if service.telegram:
                await _start(service.telegram)
                parts.push_async_callback(service.telegram.stop)
            parts.callback(asyncio.create_task(service.handoffs.run()).cancel)
            parts.push_async_callback(_drain, service)
            if patient:
                with contextlib.suppress(ModelError, asyncio.TimeoutError):
                    await asyncio.wait_for(service.dialogue.wait_until_ready(), _PATIENCE)
            yield

    routes: list[BaseRoute] = [Route("/health", health, methods=["GET"])]
    if settings.twilio and service.twilio:
        routes += sms_routes(
            settings.twilio,
            settings.public_url,
            service.conversation.answer,
            service.twilio,
            service.sessions.first_time,
            told_to(service.handoffs),
        )
    if service.telegram:
        routes += service.telegram.routes()
    if service.trial:
        routes += service.trial.routes()
    routes += console_routes(
        service.handoffs, service.store, service.dialogue, settings.staff_folder, settings.audit_head, settings.public_url
    )
    app = Starlette(routes=routes, lifespan=lifespan)
    # A provider that was given an address with a slash too many would be sent on to an unencrypted one, and follow with number and text.
    app.router.redirect_slashes = False
    return app


async def _drain(service: Service) -> None:
    """Ends the cases, where no other worker goes on with them; sends what is under way, and writes what was counted."""
    with contextlib.suppress(HelplineError):
        if service.drains:
            await service.handoffs.end_all(Ending.STOPPED)
    await service.handoffs.settle()
    with contextlib.suppress(HelplineError):
        service.handoffs.counts.write()


async def _start(telegram: TelegramChannel) -> None:
    try:
        await telegram.start()
    except ConfigurationError as error:
        _LOG.critical("%s", error)  # whoever catches it is uvicorn, whose words the filter takes out
        raise
