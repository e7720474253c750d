"""The seam to the dialogue process, with children that hang, crash, are slow, talk nonsense or do not start."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.dialogue import process
from bot.dialogue.process import DialogueProcess
from bot.editions import Edition
from bot.errors import ModelError, TurnFailed
from bot.paths import ROOT

DEADLINE = 0.5
GRACE = 0.5  # seconds after the deadline in which a caller must have heard

# A child in place of the worker: in place of a model it gets a file that says how to behave, read anew for each request.
_CHILD = """
import json, os, sys, time
def mode():
    return open(sys.argv[1]).read().split()
def say(value):
    sys.stdout.write(value if isinstance(value, str) else json.dumps(value))
    sys.stdout.write("\\n")
    sys.stdout.flush()
if mode()[0] == "refuse":
    say({"cannot_start": "There is no model. Train one."})
    sys.exit()
if mode()[0] == "start-with":
    say(" ".join(mode()[1:]))
    sys.exit()
if mode()[0] == "die-at-start":
    sys.exit(3)
if mode()[0] == "start-slowly":
    time.sleep(60)
say({"ready": True})
if mode()[0] == "talk-unasked":
    time.sleep(0.1)
    say("noise")
for line in sys.stdin:
    request, (how, *rest) = json.loads(line), mode()
    if how == "hang":
        time.sleep(60)
    if how == "die":
        os._exit(1)
    if how == "close":
        os.close(1)
        time.sleep(60)
    if how == "say":
        say(" ".join(rest))
        continue
    if how == "flood":
        sys.stdout.write("x" * 6_000_000)
        sys.stdout.flush()
        time.sleep(60)
    if how == "take":
        if time.monotonic() > request["until"]:
            say({"late": True})
            continue
        time.sleep(float(rest[0]))
    turn = {"blocks": [{"text": request["text"], "optional": False}], "bare": False, "options": [["Pay", "/rights_pay"]],
            "locale": "en", "urgent": None, "state": {"pid": os.getpid()}, "ended": False, "understanding": None}
    say({"turn": turn})
"""


class Child:
    """A dialogue process over that child.

    Args:
        file: where the child reads how to behave.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.behave("well")
        self.process = DialogueProcess(Edition(ROOT, file), deadline=DEADLINE, command=("-S", "-c", _CHILD))

    def behave(self, how: str) -> None:
        """From the next request on. Written aside and put in place, so that a busy child never reads half a word."""
        aside = self._file.with_suffix(".aside")
        aside.write_text(how, encoding="utf-8")
        aside.replace(self._file)

    async def ask(self, text: str = "hello") -> str:
        """What it answers."""
        turn = await self.process.reply(text, None, {})
        assert turn.options == (("Pay", "/rights_pay"),)
        return turn.blocks[0].text

    async def fails(self, text: str = "hello") -> float:
        """Asks and is told that the turn failed; returns after how many seconds."""
        started = time.monotonic()
        with pytest.raises(TurnFailed, match="helpline check"):
            await self.ask(text)
        return time.monotonic() - started

    async def replaces(self, former: int | None) -> None:
        """Waits until there is another child, and finds it well."""
        self.behave("well")
        end = time.monotonic() + 5
        while not self.process.ready or self.process.pid == former:
            assert time.monotonic() < end
            await asyncio.sleep(0.01)
        assert await self.ask("back") == "back"


@asynccontextmanager
async def _started(child: Child) -> AsyncIterator[Child]:
    await child.process.start()
    try:
        yield child
    finally:
        await child.process.stop()


@pytest.fixture
async def child(tmp_path: Path) -> AsyncIterator[Child]:
    """A child that has started and behaves well, as yet."""
    async with _started(Child(tmp_path / "how")) as child:
        await child.process.wait_until_ready()
        yield child


def test_the_deadlines_of_the_house() -> None:
    assert process.DEADLINE == 3.0
    assert 0 < process._START <= 60


async def test_each_caller_gets_its_own_answer(child: Child) -> None:
    texts = [f"text {number}" for number in range(50)]
    assert await asyncio.gather(*map(child.ask, texts)) == texts


@pytest.mark.parametrize("text", ("", "two\nlines", "نعم 🙏", "\ud83d", "x" * 1600, '"{}\\', "\x00\x1b\u2028"))
async def test_any_text_passes_the_pipe(child: Child, text: str) -> None:
    assert await child.ask(text) == text


@pytest.mark.parametrize("how", ("hang", "take 0.7", "flood"))
async def test_no_answer_in_time_is_a_failed_turn_in_time_and_another_child(child: Child, how: str) -> None:
    first = child.process.pid
    child.behave(how)
    assert DEADLINE * 0.9 < await child.fails() < DEADLINE + GRACE or how == "flood"
    await child.replaces(first)


@pytest.mark.parametrize("how", ("die", "close", "say nonsense", "say 5", "say []", "say null", "say {", "say \x00"))
async def test_a_child_beyond_help_is_told_at_once_and_replaced(child: Child, how: str) -> None:
    first = child.process.pid
    child.behave(how)
    assert await child.fails() < DEADLINE
    await child.replaces(first)


@pytest.mark.parametrize(
    "said",
    (
        '{"failed": true}',
        '{"late": true}',
        "{}",
        '{"turn": null}',
        '{"turn": []}',
        '{"turn": {}}',
        '{"turn": {"blocks": [{}], "options": [], "understanding": null}}',
        '{"turn": {"blocks": [], "options": [1], "understanding": null}}',
        '{"turn": {"blocks": [], "options": [], "understanding": 5}}',
        '{"understanding": {}}',
    ),
)
async def test_an_answer_that_is_none_is_a_failed_turn(child: Child, said: str) -> None:
    child.behave(f"say {said}")
    assert await child.fails() < DEADLINE
    with pytest.raises(TurnFailed):
        await child.process.understand("hello")
    child.behave("well")
    assert await child.ask("next") == "next"
    assert child.process.replaced == 0


@pytest.mark.parametrize("how", ("hang", "die", 'say {"failed": true}', "say {}", 'say {"found": 5}', 'say {"found": {"lines": [1]}}'))
async def test_a_lookup_fails_as_a_turn_does(child: Child, how: str) -> None:
    child.behave(how)
    started = time.monotonic()
    with pytest.raises(TurnFailed, match="helpline check"):
        await child.process.lookup("salary", None, "uk", "es")
    assert time.monotonic() - started < DEADLINE + GRACE


async def test_killed_in_the_middle_of_a_turn(child: Child) -> None:
    child.behave("hang")
    turn, pid = asyncio.create_task(child.fails()), child.process.pid
    await asyncio.sleep(0.1)
    assert pid
    os.kill(pid, signal.SIGKILL)
    assert await turn < DEADLINE
    await child.replaces(pid)


async def test_all_who_wait_for_a_child_that_hangs_hear_in_time(child: Child) -> None:
    pid = child.process.pid
    child.behave("hang")
    assert max(await asyncio.gather(*(child.fails() for _ in range(20)))) < DEADLINE + GRACE
    await child.replaces(pid)


async def test_while_there_is_no_child_callers_hear_at_once(child: Child) -> None:
    child.behave("die-at-start")
    assert child.process.pid
    os.kill(child.process.pid, signal.SIGKILL)
    await child.fails()
    for _ in range(3):
        assert await child.fails() < 0.1
    assert not child.process.ready


async def test_a_late_answer_goes_to_nobody(child: Child) -> None:
    child.behave("take 0.52")
    await child.fails("first")
    child.behave("well")
    for number in range(20):
        try:
            assert await child.ask(f"text {number}") == f"text {number}"
        except TurnFailed:
            await asyncio.sleep(0.05)


async def test_a_caller_who_leaves_does_not_shift_the_answers(child: Child) -> None:
    child.behave("take 0.1")
    leaving = asyncio.create_task(child.ask("left"))
    await asyncio.sleep(0.02)
    leaving.cancel()
    assert list(await asyncio.gather(child.ask("one"), child.ask("two"))) == ["one", "two"]
    assert child.process.replaced == 0


async def test_a_long_queue_is_no_hang(child: Child) -> None:
    first = child.process.pid
    child.behave("take 0.05")
    started = time.monotonic()
    answers = await asyncio.gather(*(child.ask(f"text {number}") for number in range(60)), return_exceptions=True)
    assert time.monotonic() - started < DEADLINE + GRACE
    assert 3 <= sum(isinstance(answer, str) for answer in answers) <= 12
    assert all(isinstance(answer, (str, TurnFailed)) for answer in answers)
    child.behave("well")
    end = time.monotonic() + 5
    while list(await asyncio.gather(child.ask("after"), return_exceptions=True)) != ["after"]:
        assert time.monotonic() < end
    assert (child.process.pid, child.process.replaced) == (first, 0)


async def test_a_child_that_talks_unasked_is_replaced_too(tmp_path: Path) -> None:
    child = Child(tmp_path / "how")
    child.behave("talk-unasked")
    async with _started(child):
        await child.process.wait_until_ready()
        await child.replaces(child.process.pid)


async def test_the_new_child_is_not_blamed_for_the_old_one(child: Child) -> None:
    first = child.process.pid
    child.behave("say nonsense")
    asked = [asyncio.create_task(child.fails()) for _ in range(3)]
    await asyncio.gather(*asked[:1])
    await child.replaces(first)
    second = child.process.pid
    await asyncio.gather(*asked)
    await asyncio.sleep(DEADLINE * 1.5)
    assert (child.process.pid, child.process.replaced) == (second, 1)


@pytest.mark.parametrize("how", ("refuse", "die-at-start", "start-with nonsense", "start-with 5", "start-with []", "start-with {}"))
async def test_a_start_that_fails_says_why_and_is_tried_again(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_PAUSES", (0.05,))
    child = Child(tmp_path / "how")
    child.behave(how)
    async with _started(child):
        with pytest.raises(ModelError, match="Train one" if how == "refuse" else "helpline check"):
            await child.process.wait_until_ready()
        assert await child.fails() < 0.1
        child.behave("well")
        end = time.monotonic() + 5
        while not child.process.ready:
            assert time.monotonic() < end
            await asyncio.sleep(0.01)
        assert await child.ask("at last") == "at last"
        assert child.process.problem == ""


async def test_a_start_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_START", 0.3)
    child = Child(tmp_path / "how")
    child.behave("start-slowly")
    async with _started(child):
        with pytest.raises(ModelError, match="did not start"):
            await child.process.wait_until_ready()


async def test_stopping_ends_the_child_and_fails_who_waits(tmp_path: Path) -> None:
    child = Child(tmp_path / "how")
    await child.process.start()
    await child.process.wait_until_ready()
    pid = child.process.pid
    child.behave("hang")
    waiting = asyncio.create_task(child.fails())
    await asyncio.sleep(0.05)
    await child.process.stop()
    assert await waiting < DEADLINE
    assert pid and not Path(f"/proc/{pid}").exists()
    assert not child.process.ready


async def test_nothing_of_what_was_asked_is_logged_when_turns_fail(child: Child, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for how in ("say nonsense passport", "hang", "die"):
        pid = child.process.pid
        child.behave(how)
        await child.fails("he has my passport")
        await child.replaces(pid)
    leaving = asyncio.create_task(child.ask("he has my passport"))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait((leaving,))
    await child.process.stop()
    gc.collect()
    assert "passport" not in caplog.text
    assert "never retrieved" not in caplog.text


# Another one in its place


async def _pid_of(child: Child) -> int:
    """Process id of the one that answers now."""
    pid = (await child.process.reply("who", None, {})).state["pid"]  # type: ignore[index]
    assert isinstance(pid, int)
    return pid


async def test_another_takes_its_place_while_the_first_finishes(child: Child, tmp_path: Path) -> None:
    first, other = await _pid_of(child), Edition(ROOT, tmp_path / "other")
    (tmp_path / "other").write_text("well", encoding="utf-8")
    async with child.process.another(other) as put_in_place:
        assert await _pid_of(child) == first
        child.behave("take 0.3")
        under_way = [asyncio.create_task(_pid_of(child)) for _ in range(2)]
        await asyncio.sleep(0.1)
        put_in_place()
        second = await _pid_of(child)
        assert second != first and Path(f"/proc/{first}").exists()
    assert (await under_way[0], child.process.pid, child.process.replaced) == (first, second, 0)
    await asyncio.wait(under_way)
    await _gone(first)
    assert await _pid_of(child) == second


async def _gone(pid: int) -> None:
    end = time.monotonic() + 2 * DEADLINE
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_the_other_is_kept_alive_from_then_on(child: Child, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("well", encoding="utf-8")
    async with child.process.another(Edition(ROOT, tmp_path / "other")) as put_in_place:
        put_in_place()
    second = await _pid_of(child)
    child.behave("die")  # what the first one was told is nothing to the second
    assert await _pid_of(child) == second
    os.kill(second, signal.SIGKILL)
    await child.replaces(second)
    assert child.process.replaced == 1


async def test_a_first_one_that_hangs_is_not_waited_for_longer_than_its_callers(child: Child, tmp_path: Path) -> None:
    first = child.process.pid
    (tmp_path / "other").write_text("well", encoding="utf-8")
    child.behave("hang")
    waiting = asyncio.create_task(child.fails())
    await asyncio.sleep(0.05)
    async with child.process.another(Edition(ROOT, tmp_path / "other")) as put_in_place:
        put_in_place()
        assert await child.ask() == "hello"
    assert await waiting < DEADLINE + GRACE
    assert first
    await _gone(first)


def _children() -> set[int]:
    """The children of this process; services of other tests may be among them."""
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()}


async def test_one_that_is_not_put_in_place_ends(child: Child, tmp_path: Path) -> None:
    first, before = await _pid_of(child), _children()
    (tmp_path / "other").write_text("well", encoding="utf-8")
    with pytest.raises(ZeroDivisionError):
        async with child.process.another(Edition(ROOT, tmp_path / "other")):
            new = _children() - before
            raise ZeroDivisionError
    assert new
    for pid in new:
        await _gone(pid)
    assert await _pid_of(child) == first


@pytest.mark.parametrize(
    ("how", "why"),
    (
        ("refuse", "There is no model. Train one."),
        ("die-at-start", "helpline check"),
        ("start-with {}", "helpline check"),
        ("hang", "does not answer"),
        ("die", "does not answer"),
        ("say nonsense", "does not answer"),
        ('say {"failed": true}', "does not answer"),
    ),
)
async def test_one_that_does_not_start_or_answer_changes_nothing(child: Child, tmp_path: Path, how: str, why: str) -> None:
    first = await _pid_of(child)
    (tmp_path / "other").write_text(how, encoding="utf-8")
    with pytest.raises(ModelError, match=why):
        async with child.process.another(Edition(ROOT, tmp_path / "other")):
            raise AssertionError("it is not ready")
    assert await _pid_of(child) == first
    assert (child.process.problem, child.process.replaced) == ("", 0)


async def test_a_good_one_mends_a_service_whose_own_cannot_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_PAUSES", (0.01,))
    child = Child(tmp_path / "how")
    child.behave("refuse")
    async with _started(child):
        with pytest.raises(ModelError):
            await child.process.wait_until_ready()
        (tmp_path / "other").write_text("well", encoding="utf-8")
        async with child.process.another(Edition(ROOT, tmp_path / "other")) as put_in_place:
            put_in_place()
        pid = await _pid_of(child)
        await asyncio.sleep(0.3)
        assert (await _pid_of(child), child.process.pid, child.process.problem) == (pid, pid, "")
