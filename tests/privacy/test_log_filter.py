"""What reaches the log: our own fixed sentences, and of libraries no word. Looked at from outside, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.paths import ROOT

MARK = "sentinel-words-of-a-person"
START = f"""
import asyncio, logging, sys, threading, warnings
from bot.privacy.log_filter import configure_logging
MARK = {MARK!r}
"""


def said(program: str, *, status: int = 0) -> str:
    """All that a program prints, on both outputs."""
    done = subprocess.run([sys.executable, "-c", START + program], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


def test_our_own_sentences_stay() -> None:
    output = said("configure_logging(); logging.getLogger('bot.app').warning('store: %s failures. Look at Redis.', 3)")
    assert "WARNING bot.app store: 3 failures. Look at Redis." in output


@pytest.mark.parametrize("name", ("httpx", "uvicorn.error", "rasa.core", "telegram.ext", "bottle", "robot", "", "root", "__main__"))
def test_records_of_others_lose_their_words_but_not_place_and_level(name: str) -> None:
    output = said(f"configure_logging(logging.DEBUG); logging.getLogger({name!r}).error('to %s: ' + MARK, MARK)")
    assert MARK not in output
    assert "ERROR" in output
    assert "<string>:" in output


TRACES = {
    "of ours": "logging.getLogger('bot.app').exception('it failed. Look at it.')",
    "of a library": "logging.getLogger('httpx').exception(MARK)",
    "with the stack": "logging.getLogger('bot.app').error('it failed.', exc_info=True, stack_info=True)",
}


@pytest.mark.parametrize("log", TRACES.values(), ids=TRACES.keys())
def test_tracebacks_never(log: str) -> None:
    output = said(f"""
configure_logging()
try:
    raise ValueError(MARK)
except ValueError:
    {log}
""")
    assert MARK not in output
    assert "Traceback" not in output and "Stack" not in output
    assert "ERROR" in output


def test_the_kind_of_a_library_s_exception_stays() -> None:
    output = said("""
configure_logging()
try:
    raise ValueError(MARK)
except ValueError:
    logging.getLogger('asyncio').exception(MARK)
""")
    assert output.strip().endswith("ValueError")


FAILURES = {
    "in the main thread": ("raise ValueError(MARK)", 1),
    "in another thread": ("t = threading.Thread(target=lambda: {}[MARK]); t.start(); t.join()", 0),
    "where nobody can catch it": ("""
class Worn:
    def __del__(self):
        raise ValueError(MARK)
Worn()
""", 0),
    "in a task that nobody awaits": ("""
async def main():
    async def fail():
        raise ValueError(MARK)
    asyncio.get_running_loop().create_task(fail())
    await asyncio.sleep(0.01)
asyncio.run(main())
""", 0),
    "in a record of ours that does not fit its arguments": ("logging.getLogger('bot.app').error('no place for this', MARK)", 0),
}  # fmt: skip


@pytest.mark.parametrize(("program", "status"), FAILURES.values(), ids=FAILURES.keys())
def test_what_nobody_caught_is_told_by_its_kind_only(program: str, status: int) -> None:
    output = said("configure_logging()\n" + program, status=status)
    assert MARK not in output
    assert "Traceback" not in output


def test_an_unforeseen_end_asks_for_a_report() -> None:
    output = said("configure_logging(); {}[MARK]", status=1)
    assert "unforeseen KeyError" in output
    assert "Report this" in output


def test_warnings_are_silent_because_they_may_quote() -> None:
    assert MARK not in said("configure_logging(); warnings.warn(MARK); warnings.warn(MARK, DeprecationWarning)")


def test_handlers_that_were_there_before_are_taken_off() -> None:
    output = said("""
logging.basicConfig(stream=sys.stdout, level=logging.DEBUG)
own = logging.getLogger('library')
own.addHandler(logging.StreamHandler(sys.stdout))
configure_logging(logging.DEBUG)
own.error(MARK)
logging.getLogger('library.part').error(MARK)
""")
    assert MARK not in output
    assert output.count("ERROR library") == 2


@pytest.mark.parametrize("name", ("httpx", "httpcore", "telegram", "uvicorn.access", "twilio"))
def test_those_who_log_addresses_say_nothing_below_a_warning(name: str) -> None:
    assert said(f"configure_logging(logging.DEBUG); logging.getLogger({name!r}).info(MARK)") == ""
