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
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.app import build_app, build_service, refuse_store_on_disk
from bot.errors import ConfigurationError, HelplineError
from bot.privacy.keys import Epoch, KeyRing
from bot.privacy.log_filter import configure_logging
from bot.settings import Settings

_LOG = logging.getLogger(__name__)
_LARGEST_HEAD = 32 * 1024  # bytes of request line and headers; those of the providers have one or two thousand
_LONGEST_STOP = 30.0  # seconds that workers get to answer what is open, to send it, and to delete records at the provider
_LONGEST_EXCHANGE = 30.0  # seconds from a request's first byte to its answer's last; no provider waits longer than 15


class BoundedConnection(HttpToolsProtocol):
    """A connection that costs little and ends soon, whatever comes through it.

    uvicorn bounds neither the head of a request nor the time that it may take to come in: a single header without an end would
    keep everybody waiting, as each part is copied with all parts before it, and silent connections would use up all there are.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts its time."""
        super().connection_made(transport)
        self._in_head, self._head = True, 0
        self._end = self.loop.call_later(_LONGEST_EXCHANGE, transport.abort)

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
    asyncio.run(refuse_store_on_disk(settings))
    listener = _listener(settings)
    if settings.workers == 1:
        _run(settings, build_app(build_service(settings, model, KeyRing())), listener)
    else:
        _serve_with_workers(settings, model, listener)


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


def _work(settings: Settings, model: Path, number: int, listener: socket.socket, pipe: Connection, patient: bool) -> None:
    """One worker, and what is said of its end: left to itself, multiprocessing prints a traceback, which may quote a person."""
    configure_logging()
    try:
        _serve_as_worker(settings, model, number, listener, pipe, patient)
    except HelplineError as error:
        _LOG.critical("serving.worker: %s", error)
    except Exception as error:  # noqa: BLE001
        _LOG.critical("serving.worker: stopped on an unforeseen %s. Report this with the version of the service.", type(error).__name__)


def _serve_as_worker(settings: Settings, model: Path, number: int, listener: socket.socket, pipe: Connection, patient: bool) -> None:
    """Its keys come through the pipe: never by environment, argument or file."""
    current, previous = pipe.recv()
    keys = KeyRing(Epoch(current), Epoch(previous))

    def follow() -> None:
        try:
            while True:
                keys.rotate(Epoch(pipe.recv_bytes()))
        except EOFError:  # the parent is gone: so are the keys of whoever comes next
            signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()
    app = build_app(build_service(settings, model, keys, first_worker=number == 0), rotate=False, patient=patient)
    _run(settings, app, listener)


def _serve_with_workers(settings: Settings, model: Path, listener: socket.socket) -> None:
    context, keys = multiprocessing.get_context("spawn"), KeyRing()
    workers: dict[int, tuple[SpawnProcess, Connection]] = {}

    def launch(number: int, *, patient: bool = False) -> None:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(settings, model, number, listener, theirs, patient))
        process.start()
        theirs.close()
        with contextlib.suppress(OSError):  # it died at once, and will be replaced
            ours.send((keys.current.secret, keys.previous.secret))
        workers[number] = (process, ours)

    stopping = threading.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, lambda *_: stopping.set())
    for number in range(settings.workers):
        launch(number)
    rotated = time.monotonic()
    while not stopping.wait(0.5):
        for number, (process, pipe) in list(workers.items()):
            if not process.is_alive():
                pipe.close()
                _LOG.error("serving.worker: a worker died and is replaced. Report this if it comes often.")
                launch(number, patient=True)  # the others answer until it can
        if time.monotonic() - rotated >= settings.session_minutes * 60:
            rotated = time.monotonic()
            keys.rotate()
            for _, pipe in workers.values():
                with contextlib.suppress(OSError):
                    pipe.send_bytes(keys.current.secret)
    for process, _ in workers.values():
        process.terminate()
    end = time.monotonic() + _LONGEST_STOP
    for process, _ in workers.values():
        process.join(max(0.0, end - time.monotonic()))
        process.kill()  # one that hangs would keep this process from ending, and itself alive
