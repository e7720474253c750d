"""The seam to Rasa: a child process with a deadline. Hung or dead, it is replaced; its callers hear that the turn failed.

On a reload a second child takes the place of the first, once it has shown that it answers.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from bot.conversation.messages import Block, Turn, Understanding
from bot.dialogue.found import Found, found_from
from bot.editions import Edition, child_environment, why_it_ended
from bot.errors import ModelError, TurnFailed
from bot.paths import ROOT

DEADLINE = 3.0  # seconds that a person may wait for a turn
_START = 60.0  # seconds that loading the model may take on a slow machine
_PAUSES = (0.5, 2.0, 5.0, 15.0)  # seconds after each failed start; the last is repeated
_LINE = 4 * 2**20  # bytes of an answer at most
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RASA_TELEMETRY_ENABLED": "false"}
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


class _Child:
    """One process, and those who wait for its answers.

    Args:
        edition: what it loads.
        deadline, command: see `DialogueProcess`.
    """

    def __init__(self, edition: Edition, deadline: float, command: tuple[str, ...]) -> None:
        self.edition, self._deadline, self._command = edition, deadline, command
        self.process: asyncio.subprocess.Process | None = None
        self.ready = False
        self._waiting: deque[asyncio.Future[dict[str, Any]]] = deque()
        self._head_since = 0.0

    async def launch(self) -> None:
        """Starts it, and waits until it says that it can answer.

        Raises:
            ModelError: it cannot; says why.
            OSError: there can be no process.
        """
        try:
            await self._launch()
        except BaseException:
            await self.kill()
            raise

    async def _launch(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._command,
            str(self.edition.model),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
            env={**child_environment(self.edition.root), **_ONE_THREAD},
            limit=_LINE,
        )
        assert self.process.stdout is not None
        try:
            first = _object(await asyncio.wait_for(self.process.stdout.readline(), _START))
        except (asyncio.TimeoutError, ValueError):
            first = {}
        if not first.get("ready"):
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.process.wait(), 1)
            raise ModelError(first.get("cannot_start") or f"The dialogue process did not start. {why_it_ended(self.process.returncode)}")
        self.ready = True

    async def kill(self) -> None:
        """Ends it. Who waits hears that the turn failed."""
        self.ready = False
        if self.process and self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        while self._waiting:
            if not (future := self._waiting.popleft()).done():
                future.set_exception(TurnFailed(_FAILED))

    async def hand_out_answers(self) -> None:
        """Gives each answer to the first in the queue, until it dies or talks nonsense: it answers in order."""
        assert self.process is not None and self.process.stdout is not None
        with suppress(ValueError, OSError):  # a line that is too long, broken off or no answer: the child is beyond help
            while line := await self.process.stdout.readline():
                answer = _object(line)
                if not self._waiting:
                    return  # nobody asked: what follows would go to the wrong people
                future = self._waiting.popleft()
                self._head_since = time.monotonic()
                if not future.done():
                    future.set_result(answer)

    async def finish(self) -> None:
        """Waits until it has answered all who wait, as long as they do."""
        if self._waiting:
            await asyncio.wait(tuple(self._waiting), timeout=self._deadline)

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """What it answers.

        Raises:
            TurnFailed: there was no answer in time.
        """
        process = self.process
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
            if self.ready and time.monotonic() - self._head_since >= self._deadline * 0.95:
                self.ready = False
                with suppress(ProcessLookupError):
                    process.kill()
            raise TurnFailed(_FAILED) from None
        if "failed" in answer or "late" in answer:
            raise TurnFailed(_FAILED)
        return answer


class DialogueProcess:
    """Keeps one dialogue process alive and talks to it.

    Args:
        edition: what it loads.
        deadline: seconds that a turn may take.
        command: what is run as the child, with the model's path behind it; another one only in tests.
    """

    def __init__(self, edition: Edition, *, deadline: float = DEADLINE, command: tuple[str, ...] = ("-m", "bot.dialogue.worker")) -> None:
        self._deadline, self._command = deadline, command
        self._child = self._of(edition)
        self._keeper: asyncio.Task[None] | None = None
        self._former: set[asyncio.Task[None]] = set()
        self.replaced = 0
        self.problem = ""

    def _of(self, edition: Edition) -> _Child:
        return _Child(edition, self._deadline, self._command)

    @property
    def ready(self) -> bool:
        """Whether a message would be answered by the model now."""
        return self._child.ready

    @property
    def pid(self) -> int | None:
        """Process id of the child, for measurements and for tests that break it."""
        return self._child.process.pid if self._child.process else None

    async def start(self) -> None:
        """Begins to start the child, and from then on keeps one alive. Returns at once; `ready` tells when it answers."""
        self._keeper = asyncio.create_task(self._keep(None))

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
        """Ends the child, and those before it."""
        for task in (self._keeper, *self._former):
            if task:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await self._child.kill()

    @asynccontextmanager
    async def another(self, edition: Edition) -> AsyncIterator[Callable[[], None]]:
        """A second child, that is ready and has answered; the first one goes on as ever meanwhile.

        Args:
            edition: what it loads.
        Yields:
            What puts it in the first one's place, at once: new messages go to it, those under way are finished by the first one, which
            then ends. If that is not called, the second one ends with the context.
        Raises:
            ModelError: it cannot be.
        """
        child = self._of(edition)
        try:
            await self._prove(child)
            yield lambda: self._take(child)
        finally:
            if child is not self._child:
                await child.kill()

    @staticmethod
    async def _prove(child: _Child) -> None:
        try:
            await child.launch()
            hearing = asyncio.create_task(child.hand_out_answers())
            try:
                await child.ask({"do": "reply", "text": "hello", "state": None, "hints": {}, "payload": False})
            finally:
                hearing.cancel()
                with suppress(asyncio.CancelledError):
                    await hearing
        except (TurnFailed, OSError):
            raise ModelError("The new dialogue process does not answer. Run `helpline check` to see what is wrong.") from None

    def _take(self, child: _Child) -> None:
        former, keeper, self._child = self._child, self._keeper, child
        if keeper and not former.ready:
            keeper.cancel()  # it is just starting that one anew
        self._keeper = asyncio.create_task(self._keep(child))
        self.problem = ""
        task = asyncio.create_task(self._put_away(former, keeper))
        self._former.add(task)
        task.add_done_callback(self._former.discard)

    @staticmethod
    async def _put_away(child: _Child, keeper: asyncio.Task[None] | None) -> None:
        try:
            await child.finish()
        finally:
            if keeper:
                keeper.cancel()
            await child.kill()

    async def _keep(self, child: _Child | None) -> None:
        """Launches the child, hands its answers on until it dies or is killed, and begins again.

        Args:
            child: one that is ready, to begin with; else None.
        """
        while True:
            child = child or await self._launch_at_last()
            await child.hand_out_answers()
            await child.kill()
            if child is not self._child:
                return  # another has taken its place
            self.replaced += 1
            child = None

    async def _launch_at_last(self) -> _Child:
        failures = 0
        while True:
            child = self._child = self._of(self._child.edition)
            try:
                await child.launch()
                self.problem = ""
                return child
            except (ModelError, OSError) as error:
                self.problem = str(error)
                await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
                failures += 1

    async def understand(self, text: str, context: dict[str, Any] | None = None, hints: dict[str, Any] | None = None) -> Understanding:
        """What a text means, alone or in the light of a session's state.

        Raises:
            TurnFailed: there was no answer in time.
        """
        answer = await self._child.ask({"do": "understand", "text": text, "state": context, "hints": hints or {}})
        with _of_known_form():
            return _understanding(answer["understanding"])

    async def reply(self, text: str, state: dict[str, Any] | None, hints: dict[str, Any], *, payload: bool = False) -> Turn:
        """Answers one message; see `bot.dialogue.engine.Engine.reply`.

        Raises:
            TurnFailed: there was no answer in time.
        """
        answer = await self._child.ask({"do": "reply", "text": text, "state": state, "hints": hints, "payload": payload})
        with _of_known_form():
            return _turn(answer["turn"])

    async def lookup(
        self, query: str | None, topic: str | None, locale: str, desk_locale: str, country: str | None = None, place: str | None = None
    ) -> Found:
        """Looks something up for an advocate; see `bot.dialogue.lookup.look_up`.

        Raises:
            TurnFailed: there was no answer in time.
        """
        asked = {"query": query, "topic": topic, "locale": locale, "desk_locale": desk_locale, "country": country, "place": place}
        answer = await self._child.ask({"do": "lookup", "asked": asked})
        with _of_known_form():
            return found_from(answer["found"])
