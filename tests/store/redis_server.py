"""A real Redis for one test or one session of tests: on a socket of its own, without a trace on disk, ended with its pid."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

_START_SECONDS = 10.0


class RedisServer:
    """A `redis-server` process.

    Args:
        folder: an empty one, for its socket. Nothing else may appear there.
        options: of the command line, which win over the ones given here.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self._socket = folder / "r.sock"
        here = ("--port", "0", "--unixsocket", str(self._socket), "--dir", str(folder), "--save", "", "--appendonly", "no")
        self._command = ("redis-server", *here, *options)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As in REDIS_URL."""
        return f"unix://{self._socket}"

    @property
    def client(self) -> redis.Redis:
        """A client that is none of the service's, to look behind its back."""
        return redis.Redis.from_url(self.url)

    def dump(self) -> bytes:
        """All names and values, as somebody who got hold of the server would see them."""
        client: Any = self.client
        parts = []
        for name in client.keys("*"):
            parts += [name, *(client.smembers(name) if client.type(name) == b"set" else [client.get(name)])]
        return b"\n".join(parts)

    def start(self) -> None:
        """Returns when it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < end, "redis-server did not start"
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    def stop(self) -> None:
        """Kills it, as a crash would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It accepts connections and answers none of them."""
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)


@contextmanager
def redis_server(folder: Path, *options: str) -> Iterator[RedisServer]:
    """A server that has started, and is gone afterwards."""
    server = RedisServer(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
