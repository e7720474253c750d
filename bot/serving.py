"""Serves: one worker in this process, or several behind one socket with Redis between them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import signal
import socket
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

import uvicorn

from bot.app import build_app, build_service, refuse_store_on_disk
from bot.errors import ConfigurationError, HelplineError
from bot.privacy.keys import Epoch, KeyRing
from bot.privacy.log_filter import configure_logging
from bot.settings import Settings

_LOG = logging.getLogger(__name__)


def _config(settings: Settings, app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,  # it would hold addresses
        ws="none",
        loop="uvloop",
        http="httptools",
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
    asyncio.run(refuse_store_on_disk(settings))
    listener = _listener(settings)
    if settings.workers == 1:
        _run(settings, build_app(build_service(settings, model, KeyRing())), listener)
    else:
        _serve_with_workers(settings, model, listener)


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=1024)
    except OSError as error:
        raise ConfigurationError(
            f"The service cannot listen on {settings.host} port {settings.port} ({error.strerror}). "
            "Set HOST and PORT to an address of this machine that is free."
        ) from None


def _run(settings: Settings, app: object, listener: socket.socket) -> None:
    server = uvicorn.Server(_config(settings, app))
    server.run(sockets=[listener])
    if not server.started:  # uvicorn has logged it, but the filter leaves only the place of that
        raise HelplineError("The service could not start. Run `helpline check` to see what is wrong.")


def _work(settings: Settings, model: Path, number: int, listener: socket.socket, pipe: Connection) -> None:
    """One worker. Its keys come through the pipe: never by environment, argument or file."""
    configure_logging()
    current, previous = pipe.recv()
    keys = KeyRing(Epoch(current), Epoch(previous))

    def follow() -> None:
        try:
            while True:
                keys.rotate(Epoch(pipe.recv_bytes()))
        except EOFError:  # the parent is gone: so are the keys of whoever comes next
            signal.raise_signal(signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()
    app = build_app(build_service(settings, model, keys, first_worker=number == 0), rotate=False)
    _run(settings, app, listener)


def _serve_with_workers(settings: Settings, model: Path, listener: socket.socket) -> None:
    context, keys = multiprocessing.get_context("spawn"), KeyRing()
    workers: dict[int, tuple[SpawnProcess, Connection]] = {}

    def launch(number: int) -> None:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(settings, model, number, listener, theirs))
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
                launch(number)
        if time.monotonic() - rotated >= settings.session_minutes * 60:
            rotated = time.monotonic()
            keys.rotate()
            for _, pipe in workers.values():
                with contextlib.suppress(OSError):
                    pipe.send_bytes(keys.current.secret)
    for process, _ in workers.values():
        process.terminate()
    for process, _ in workers.values():
        process.join(15)
