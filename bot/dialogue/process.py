"""The seam to Rasa: a child process with a deadline. Hung or dead, it is replaced; its callers hear that the turn failed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bot.conversation.messages import Block, Turn, Understanding
from bot.errors import ModelError, TurnFailed
from bot.paths import ROOT

DEADLINE = 3.0  # seconds that a person may wait for a turn
_START = 60.0  # seconds that loading the model may take on a slow machine
_PAUSES = (0.5, 2.0, 5.0, 15.0)  # seconds after each failed start; the last is repeated
_LINE = 4 * 2**20  # bytes of an answer at most
_FAILED = "The dialogue did not answer. The last wall answers; if this lasts, run `helpline check`."


def _understanding(value: dict[str, Any]) -> Understanding:
    return Understanding(**{**value, "ranking": tuple(tuple(pair) for pair in value["ranking"]), "offered": tuple(value["offered"])})


def _turn(value: dict[str, Any]) -> Turn:
    return Turn(
        **{
            **value,
            "blocks": tuple(Block(**block) for block in value["blocks"]),
            "options": tuple((title, payload) for title, payload in value["options"]),
            "understanding": _understanding(value["understanding"]) if value["understanding"] else None,
        }
    )


def _object(line: bytes) -> dict[str, Any]:
    """A line of the child's.

    Raises:
        ValueError: it is no JSON object.
    """
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


@contextmanager
def _of_known_form() -> Iterator[None]:
    """Whatever is wrong with the form of an answer, the turn has failed."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise TurnFailed(_FAILED) from None


class DialogueProcess:
    """Keeps one dialogue process alive and talks to it.

    Args:
        model: the trained model.
        deadline: seconds that a turn may take.
        command: what is run as the child, with the model's path behind it; another one only in tests.
    """

    def __init__(self, model: Path, *, deadline: float = DEADLINE, command: tuple[str, ...] = ("-m", "bot.dialogue.worker")) -> None:
        self._model, self._deadline, self._command = model, deadline, command
        self._process: asyncio.subprocess.Process | None = None
        self._waiting: deque[asyncio.Future[dict[str, Any]]] = deque()
        self._head_since = 0.0
        self._keeper: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.replaced = 0
        self.problem = ""

    @property
    def ready(self) -> bool:
        """Whether a message would be answered by the model now."""
        return self._ready.is_set()

    @property
    def pid(self) -> int | None:
        """Process id of the child, for measurements and for tests that break it."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Begins to start the child, and from then on keeps one alive. Returns at once; `ready` tells when it answers."""
        self._keeper = asyncio.create_task(self._keep())

    async def wait_until_ready(self) -> None:
        """Waits until the child answers.

        Raises:
            ModelError: it cannot load the model.
        """
        while not self.ready:
            if self.problem:
                raise ModelError(self.problem)
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Ends the child."""
        if self._keeper:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        await self._kill()

    async def _launch(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RASA_TELEMETRY_ENABLED": "false"}
        for secret in ("TWILIO_AUTH_TOKEN", "TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "REDIS_URL"):
            environment.pop(secret, None)  # the model needs no secret
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._command,
            str(self._model),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
            env=environment,
            limit=_LINE,
        )
        assert self._process.stdout is not None
        try:
            first = _object(await asyncio.wait_for(self._process.stdout.readline(), _START))
        except (asyncio.TimeoutError, ValueError):
            first = {}
        if not first.get("ready"):
            await self._kill()
            raise ModelError(first.get("cannot_start") or "The dialogue process did not start. Run `helpline check` to see what is wrong.")
        self._ready.set()

    async def _kill(self) -> None:
        self._ready.clear()
        if self._process and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        while self._waiting:
            if not (future := self._waiting.popleft()).done():
                future.set_exception(TurnFailed(_FAILED))

    async def _keep(self) -> None:
        """Launches the child, hands its answers on until it dies or is killed, and begins again."""
        while True:
            await self._launch_at_last()
            await self._hand_out_answers()
            await self._kill()
            self.replaced += 1

    async def _launch_at_last(self) -> None:
        failures = 0
        while True:
            try:
                await self._launch()
                self.problem = ""
                return
            except (ModelError, OSError) as error:
                self.problem = str(error)
                await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1

    async def _hand_out_answers(self) -> None:
        """Gives each answer to the first in the queue: the child answers in order."""
        assert self._process is not None and self._process.stdout is not None
        with suppress(ValueError, OSError):  # a line that is too long, broken off or no answer: the child is beyond help
            while line := await self._process.stdout.readline():
                answer = _object(line)
                if not self._waiting:
                    return  # nobody asked: what follows would go to the wrong people
                future = self._waiting.popleft()
                self._head_since = time.monotonic()
                if not future.done():
                    future.set_result(answer)

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        if not self.ready or process is None or process.stdin is None:
            raise TurnFailed(_FAILED)
        now = time.monotonic()
        try:
            process.stdin.write(json.dumps({**request, "until": now + self._deadline}, separators=(",", ":")).encode() + b"\n")
        except (OSError, RuntimeError):  # it died a moment ago
            raise TurnFailed(_FAILED) from None
        if not self._waiting:
            self._head_since = now
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: done.exception())  # looked at even if the caller has gone by then
        self._waiting.append(future)
        try:
            answer = await asyncio.wait_for(asyncio.shield(future), self._deadline)
        except asyncio.TimeoutError:
            # Long queues are not a hang: only a child that has sat on one request for the whole deadline is replaced.
            if process is self._process and time.monotonic() - self._head_since >= self._deadline * 0.95:
                self._ready.clear()
                with suppress(ProcessLookupError):
                    process.kill()
            raise TurnFailed(_FAILED) from None
        if "failed" in answer or "late" in answer:
            raise TurnFailed(_FAILED)
        return answer

    async def understand(self, text: str, context: dict[str, Any] | None = None, hints: dict[str, Any] | None = None) -> Understanding:
        """What a text means, alone or in the light of a session's state.

        Raises:
            TurnFailed: there was no answer in time.
        """
        answer = await self._ask({"do": "understand", "text": text, "state": context, "hints": hints or {}})
        with _of_known_form():
            return _understanding(answer["understanding"])

    async def reply(self, text: str, state: dict[str, Any] | None, hints: dict[str, Any], *, payload: bool = False) -> Turn:
        """Answers one message; see `bot.dialogue.engine.Engine.reply`.

        Raises:
            TurnFailed: there was no answer in time.
        """
        answer = await self._ask({"do": "reply", "text": text, "state": state, "hints": hints, "payload": payload})
        with _of_known_form():
            return _turn(answer["turn"])
