"""Nothing that a person writes is logged, printed, warned of or kept, however the service is set to log and whatever breaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from bot.dialogue.training import trained_model
from bot.paths import ROOT

# Words that nobody else writes: in texts of several topics, in what is found in them, in the channel's hints, in errors of actions.
MARKERS = ("zwqxoneton", "zwqxtwofold", "zwqxthreeway", "zwqxfoursome", "zwqxfivefold", "zwqxsixpack")

CONVERSATION = """
import asyncio, json, logging, sys, warnings
from pathlib import Path

def everything_at_debug():
    logging.getLogger().setLevel(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.disabled = False

WHEN, MODEL = sys.argv[1], Path(sys.argv[2])
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(name)s %(levelname)s %(message)s %(args)s")
logging.captureWarnings(True)
from bot.dialogue import engine as module
from actions import answers, search
from rasa_sdk.events import SlotSet
if WHEN == "before":
    everything_at_debug()
engine = module.Engine(MODEL)
if WHEN == "after":
    everything_at_debug()
warnings.simplefilter("always")

state, failed = None, 0
def say(text, **hints):
    global state, failed
    try:
        turn = engine.reply(text, state, {"locale_hint": "en", "note": "zwqxtwofold", **hints})
        state = turn.state
    except module.TurnFailed as error:
        failed += 1
        assert "zwqx" not in str(error), error
        assert error.__cause__ is None

say("my boss zwqxoneton has not paid me", country_hint="US")
say("/zwqxthreeway{\\"x\\": \\"zwqxthreeway\\"}")
say("/stop{zwqxthreeway")
say("he has a knife zwqxoneton he is at the door")
state = None
say("I need a lawyer zwqxfoursome")
say("zwqxfoursome street near the zwqxfoursome shop")

def break_(*arguments):
    raise ValueError("zwqxfivefold " + str(arguments[-1].latest_message["text"] if hasattr(arguments[-1], "latest_message") else ""))
kept = answers.ActionAnswer.reply
answers.ActionAnswer.reply = break_
say("my boss zwqxoneton has not paid me")
answers.ActionAnswer.reply = kept

form = search.ValidateSearchForm.extract_country
async def break_form(self, dispatcher, tracker, domain):
    raise ValueError("zwqxsixpack " + str(tracker.latest_message.get("text")))
state = None
say("I need somewhere to sleep zwqxoneton")
search.ValidateSearchForm.extract_country = break_form
say("zwqxoneton in London")
search.ValidateSearchForm.extract_country = form

engine.understand("my boss zwqxoneton has not paid me", state, {"note": "zwqxtwofold"})
engine.look_up("her boss zwqxoneton has not paid her", None, "uk", "en", "GB", "zwqxfoursome")
answers.ActionAnswer.reply = break_
try:
    engine.look_up("her boss zwqxoneton has not paid her", None, "uk", "en", "GB", "zwqxfoursome")
except module.TurnFailed as error:
    failed += 1
    assert "zwqx" not in str(error) and error.__cause__ is None
logging.getLogger("canary").debug("the canary sings")
warnings.warn("the warning canary sings")
import gc
gc.collect()
print("DONE", failed)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_conversation_leaves_no_word_in_any_log_stream_or_warning(when: str) -> None:
    """With every logger at DEBUG: set so by somebody before the model is loaded, or even behind its back."""
    result = subprocess.run(
        [sys.executable, "-X", "dev", "-c", CONVERSATION, when, str(trained_model())],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "LOG_LEVEL": "DEBUG", "LOG_LEVEL_LIBRARIES": "DEBUG", "PYTHONASYNCIODEBUG": "1"},
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, [line for line in said.splitlines()[-5:] if not any(marker in line for marker in MARKERS)]
    assert "the canary sings" in said and "the warning canary sings" in said, "the capture works"
    assert int(said.rsplit("DONE ", 1)[1].split()[0]) >= 3, "the actions that were broken have failed their turns"
    assert [marker for marker in MARKERS if marker in said.lower()] == []


WORKER = r"""
import sys
sys.argv = ["worker", sys.argv[1]]
from bot.dialogue.worker import main
from actions import answers
def break_(*arguments):
    print("zwqxfivefold on stdout")
    print("zwqxfivefold on stderr", file=sys.stderr)
    raise ValueError("zwqxfivefold")
answers.ActionAnswer.reply = break_
main(sys.argv[1])
"""


def test_the_dialogue_process_says_nothing_but_its_answers() -> None:
    """Its standard output is for answers alone: even what an action prints goes nowhere."""
    far = 1e12
    requests: list[dict[str, Any]] = [
        {"do": "reply", "text": "my boss zwqxoneton has not paid me", "state": None, "hints": {}, "payload": False, "until": far},
        {"do": "reply", "text": "thank you zwqxoneton", "state": None, "hints": {}, "payload": False, "until": far},
        {"do": "understand", "text": "he took my passport zwqxoneton", "state": None, "hints": {}, "until": far},
        {"do": "lookup", "asked": {"query": "a lawyer zwqxoneton", "topic": None, "locale": "uk", "desk_locale": "en"}, "until": far},
        {"do": "lookup", "asked": {"query": "unpaid zwqxoneton", "topic": None, "locale": "uk", "desk_locale": "en"}, "until": far},
    ]
    result = subprocess.run(
        [sys.executable, "-c", WORKER, str(trained_model())],
        cwd=ROOT,
        input="".join(json.dumps(request) + "\n" for request in requests),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.stderr == ""
    ready, failed, answered, understood, found, broken = (json.loads(line) for line in result.stdout.splitlines())
    assert (ready, failed, broken) == ({"ready": True}, {"failed": True}, {"failed": True})
    assert answered["turn"]["understanding"]["topic"] == "thanks"
    assert understood["understanding"]["topic"] == "rights_documents"
    assert found["found"]["topic"] == "find_legal_aid"
    assert [marker for marker in MARKERS if marker in result.stdout] == []
