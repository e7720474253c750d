"""Serves: one worker in this process, or several behind one socket with Redis between them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import resource
import signal
import socket
import threading
import time
from concurrent.futures import Future, TimeoutError
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.app import build_app, build_service, refuse_store_on_disk
from bot.conversation.tables import put_in_use, read_tables
from bot.editions import Edition, Editions
from bot.errors import ConfigurationError, HelplineError
from bot.privacy.keys import Epoch, KeyRing
from bot.privacy.log_filter import configure_logging
from bot.reloading import Reloading
from bot.settings import Settings

_LOG = logging.getLogger(__name__)
_LARGEST_HEAD = 32 * 1024  # bytes of request line and headers; those of the providers have one or two thousand
_TICK = 0.5  # seconds between two looks at the workers
_LONGEST_STOP = 30.0  # seconds that workers get to answer what is open, to send it, and to delete records at the provider
_STOP = "stop"  # what the parent tells its workers before all of them end
_LONGEST_TAKE = 120.0  # seconds that a worker may need for another edition; its dialogue process may take 60 to start
# Seconds from a request's first byte to its answer's first, and then to each further part of it; no provider waits longer than 15.
_LONGEST_EXCHANGE = 30.0
_BROKEN_SECONDS = 3600.0  # for which people are told that the service before this one broke off


class BoundedConnection(HttpToolsProtocol):
    """A connection that costs little and ends soon, whatever comes through it.

    uvicorn bounds neither the head of a request nor the time that it may take to come in: a single header without an end would
    keep everybody waiting, as each part is copied with all parts before it, and silent connections would use up all there are.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts its time."""
        super().connection_made(transport)
        self._in_head, self._head, self._streams = True, 0, False
        self._end = self.loop.call_later(_LONGEST_EXCHANGE, transport.abort)
        self._answer, self.app = self.app, self._in_parts

    async def _in_parts(self, scope: Any, receive: Any, send: Any) -> None:
        """The application, with time for each part of an answer that comes in several, such as the events of a desk."""

        async def sent(message: Any) -> None:
            await send(message)
            self._streams = message["type"] == "http.response.body" and message.get("more_body", False)
            if self._streams and not self.transport.is_closing():
                self._end.cancel()
                self._end = self.loop.call_later(_LONGEST_EXCHANGE, self.transport.abort)

        await self._answer(scope, receive, sent)

    def shutdown(self) -> None:
        """Ends what would never end by itself: behind it wait the goodbyes to people."""
        if self._streams:
            self.transport.close()
        super().shutdown()

    def data_received(self, data: bytes) -> None:
        """Reads on, unless the head is too long."""
        super().data_received(data)
        self._head += len(data)
        if self._in_head and self._head > _LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        """Notes that a head begins."""
        super().on_message_begin()
        self._in_head, self._head = True, 0

    def on_headers_complete(self) -> None:
        """Notes that the head is over."""
        self._in_head = False
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Gives the next exchange its time."""
        super().on_response_complete()
        self._end.cancel()
        if not self.transport.is_closing():
            self._end = self.loop.call_later(_LONGEST_EXCHANGE, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops its time."""
        self._end.cancel()
        super().connection_lost(exc)


def _config(settings: Settings, app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,  # it would hold addresses
        ws="none",
        loop="uvloop",
        http=BoundedConnection,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )


def serve(settings: Settings, model: Path) -> None:
    """Serves until it is told to stop.

    Args:
        settings: the configuration.
        model: path of the trained model.
    Raises:
        HelplineError: it cannot start.
    """
    configure_logging()
    _leave_no_core()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends it as Ctrl-C does: with everything put away
    reloading = Reloading()
    asyncio.run(refuse_store_on_disk(settings))
    listener = _listener(settings)
    with Editions() as editions:
        edition = editions.make(model)
        if settings.workers == 1:
            _serve_alone(settings, editions, edition, reloading, listener)
        else:
            workers = _Workers(settings, editions, edition, listener)
            reloading.begin(editions, edition, workers.take)
            workers.serve()


def _serve_alone(settings: Settings, editions: Editions, edition: Edition, reloading: Reloading, listener: socket.socket) -> None:
    put_in_use(read_tables(edition.root))
    service = build_service(settings, edition, KeyRing(), home=editions.home, broken_until=_broken_until(editions))

    def take(another: Edition) -> None:
        taking = service.take_soon(another)
        try:
            taking.result(_LONGEST_TAKE)
        except TimeoutError:
            taking.cancel()
            raise HelplineError("The new data were not taken in time. Try again when the machine has less to do.") from None

    reloading.begin(editions, edition, take)
    _run(settings, build_app(service), listener)


def _broken_until(editions: Editions) -> float:
    """Until when people are told that the service before this one broke off, in monotonic seconds: they are the same in all workers."""
    return time.monotonic() + _BROKEN_SECONDS if editions.broke_off else 0.0


def _leave_no_core() -> None:
    """Keeps a crash from writing the memory to disk, with what people wrote and their addresses in it. Children take that over."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=1024)
    except OSError as error:
        why = (error.strerror or "").partition(" (")[0]  # what Python adds in brackets says the address again
        raise ConfigurationError(
            f"The service cannot listen on {settings.host} port {settings.port} ({why}). "
            "Set HOST and PORT to an address of this machine that is free."
        ) from None


def _run(settings: Settings, app: object, listener: socket.socket) -> None:
    server = uvicorn.Server(_config(settings, app))
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C: by now it has stopped in good order, and raises it anew
        server.run(sockets=[listener])
    if not server.started:  # uvicorn has logged it, but the filter leaves only the place of that
        raise HelplineError("The service could not start. Run `helpline check` to see what is wrong.")


@dataclass(frozen=True)
class _Start:
    """What a worker is started with, but its keys.

    Attributes:
        number: 0 for the first, and so on.
        edition: what it says.
        home: folder of the editions.
        patient: see `build_app`.
        broken_until: see `build_service`.
    """

    number: int
    edition: Edition
    home: Path
    patient: bool
    broken_until: float


def _work(settings: Settings, start: _Start, listener: socket.socket, pipe: Connection) -> None:
    """One worker, and what is said of its end: left to itself, multiprocessing prints a traceback, which may quote a person."""
    configure_logging()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it means the parent, who will tell
    try:
        _serve_as_worker(settings, start, listener, pipe)
    except HelplineError as error:
        _LOG.critical("serving.worker: %s", error)
    except Exception as error:  # noqa: BLE001
        _LOG.critical("serving.worker: stopped on an unforeseen %s. Report this with the version of the service.", type(error).__name__)


def _serve_as_worker(settings: Settings, start: _Start, listener: socket.socket, pipe: Connection) -> None:
    """Its keys come through the pipe: never by environment, argument or file."""
    keys = KeyRing(*map(Epoch, pipe.recv()))
    put_in_use(read_tables(start.edition.root))
    service = build_service(
        settings, start.edition, keys, first_worker=start.number == 0, home=start.home, broken_until=start.broken_until, drains=False
    )

    def follow() -> None:
        try:
            while True:
                told = pipe.recv()
                if isinstance(told, Edition):
                    service.take_soon(told).add_done_callback(answer)
                elif told == _STOP:
                    service.drains = True  # all workers end, and with them the cases: who waits is told
                    signal.raise_signal(signal.SIGTERM)
                else:
                    keys.rotate(Epoch(told))
        except (EOFError, OSError):  # the parent is gone: so are the keys of whoever comes next, and all workers end
            service.drains = True
            signal.raise_signal(signal.SIGTERM)

    def answer(done: Future[None]) -> None:
        if done.cancelled():
            return
        error = done.exception()
        with contextlib.suppress(OSError):
            pipe.send(str(error) if isinstance(error, HelplineError) else f"A worker met {type(error).__name__}." if error else "")

    threading.Thread(target=follow, daemon=True).start()
    _run(settings, build_app(service, rotate=False, patient=start.patient), listener)


class _Worker:
    """A worker as its parent sees it.

    Attributes:
        process: its process.
        edition: what it says.
    """

    def __init__(self, process: SpawnProcess, pipe: Connection, edition: Edition) -> None:
        self.process, self.edition, self._pipe = process, edition, pipe
        self._telling = threading.Lock()  # keys and editions are told by different threads

    def tell(self, what: object) -> None:
        """Sends it something; nothing happens where it is dead."""
        with self._telling, contextlib.suppress(OSError):
            self._pipe.send(what)

    def take(self, edition: Edition) -> bool:
        """Lets it say another edition.

        Returns:
            False where it died over that.
        Raises:
            HelplineError: it cannot, and says what it said before.
        """
        self.tell(edition)
        try:
            if not self._pipe.poll(_LONGEST_TAKE):
                self.process.terminate()
                raise HelplineError("A worker did not take the new data in time. Try again when the machine has less to do.")
            refusal = self._pipe.recv()
        except (EOFError, OSError):
            return False
        if refusal:
            raise HelplineError(refusal)
        self.edition = edition
        return True

    def close(self) -> None:
        """Puts away what belongs to one that is dead."""
        self._pipe.close()


class _Workers:
    """The workers and their parent, which holds their keys, replaces those that die, and hands a reload on.

    Args:
        settings: the configuration.
        editions: of this service.
        edition: what the workers say at first.
        listener: the socket that they share.
    """

    def __init__(self, settings: Settings, editions: Editions, edition: Edition, listener: socket.socket) -> None:
        self._settings, self._home, self._edition, self._listener = settings, editions.home, edition, listener
        self._broken_until = _broken_until(editions)
        self._context, self._keys = multiprocessing.get_context("spawn"), KeyRing()
        self._workers: dict[int, _Worker] = {}
        self._stopping = threading.Event()

    def serve(self) -> None:
        """Serves until it is told to stop."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: self._stopping.set())
        for number in range(self._settings.workers):
            self._launch(number)
        rotated = time.monotonic()
        while not self._stopping.wait(_TICK):
            for number, worker in list(self._workers.items()):
                if not worker.process.is_alive():
                    worker.close()
                    _LOG.error("serving.worker: a worker died and is replaced. Report this if it comes often.")
                    self._launch(number, patient=True)  # the others answer until it can
            if time.monotonic() - rotated >= self._settings.session_minutes * 60:
                rotated = time.monotonic()
                self._keys.rotate()
                for worker in self._workers.values():
                    worker.tell(self._keys.current.secret)
        self._stop()

    def _launch(self, number: int, *, patient: bool = False) -> None:
        ours, theirs = self._context.Pipe()
        start = _Start(number, self._edition, self._home, patient, self._broken_until)
        process = self._context.Process(target=_work, args=(self._settings, start, self._listener, theirs))
        process.start()
        theirs.close()
        worker = _Worker(process, ours, start.edition)
        worker.tell(tuple(epoch.secret for epoch in (self._keys.current, self._keys.previous, self._keys.steady)))
        self._workers[number] = worker

    def _stop(self) -> None:
        for worker in self._workers.values():
            worker.tell(_STOP)
        end = time.monotonic() + _LONGEST_STOP
        for worker in self._workers.values():
            worker.process.join(max(0.0, end - time.monotonic()))
            worker.process.kill()  # one that hangs would keep this process from ending, and itself alive

    def take(self, edition: Edition) -> None:
        """Lets all workers say another edition, one after the other, so that never more than one loads a model.

        Raises:
            HelplineError: one cannot; then all say what they said before.
        """
        before = self._edition
        try:
            self._bring_to(edition)
        except HelplineError:
            self._edition = before
            for worker in self._behind(before):
                try:
                    worker.take(before)
                except HelplineError:
                    worker.process.terminate()  # the one in its place begins with what all the others say
            raise

    def _bring_to(self, edition: Edition) -> None:
        self._edition = edition  # whoever takes the place of one that dies begins with it
        while behind := self._behind(edition):
            if not behind[0].take(edition):
                self._stopping.wait(2 * _TICK)  # until another has taken its place

    def _behind(self, edition: Edition) -> list[_Worker]:
        return [worker for worker in list(self._workers.values()) if worker.edition != edition]
