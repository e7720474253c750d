"""The dialogue process: reads requests from its standard input, answers on its standard output, one JSON line each.

Started by `bot.dialogue.process`. It knows sessions only as values that come and go with each request, and never an address.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

_NEW, _IN_USE = 600, 300  # points for `_end_first`


def _take_over_output() -> BinaryIO:
    """Keeps the pipe for answers alone: whatever prints goes nowhere, because it may quote a person."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return answers


def _end_first(points: int) -> None:
    """Where memory gets short, the system ends this process before the one that has the last wall, and a new one before an old one.

    Args:
        points: 0 to 1000, as in /proc/self/oom_score_adj of Linux.
    """
    with contextlib.suppress(OSError):  # another system
        Path("/proc/self/oom_score_adj").write_text(str(points), encoding="ascii")


def _answer(engine: Any, request: dict[str, Any]) -> dict[str, Any]:
    if time.monotonic() > request["until"]:
        return {"late": True}  # the last wall has answered; nobody waits any more
    try:
        if request["do"] == "understand":
            return {"understanding": dataclasses.asdict(engine.understand(request["text"], request["state"], request["hints"]))}
        if request["do"] == "lookup":
            return {"found": dataclasses.asdict(engine.look_up(**request["asked"]))}
        turn = engine.reply(request["text"], request["state"], request["hints"], payload=request["payload"])
        return {"turn": dataclasses.asdict(turn)}
    except Exception:  # noqa: BLE001 - its text may quote the person; the parent needs only to know
        return {"failed": True}


def main(model: str) -> None:
    """Loads the model, says so, and answers until the parent is gone."""
    answers = _take_over_output()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it means the service, which will see to this process
    _end_first(_NEW)

    def send(value: dict[str, Any]) -> None:
        answers.write(json.dumps(value, separators=(",", ":")).encode() + b"\n")
        answers.flush()

    from bot.errors import HelplineError
    from bot.memory import give_memory_back

    try:
        from bot.dialogue.engine import Engine

        engine = Engine(Path(model))
        engine.reply("hello", None, {})  # the first message costs more than the others
    except HelplineError as error:
        send({"cannot_start": str(error)})
        return
    except MemoryError:
        send({"cannot_start": "There is too little memory for the dialogue process. Free some, and try again."})
        return
    gc.collect()
    gc.freeze()  # the model never becomes garbage: collections need not look at it
    give_memory_back()
    _end_first(_IN_USE)
    send({"ready": True})
    for line in sys.stdin.buffer:
        send(_answer(engine, json.loads(line)))


if __name__ == "__main__":
    main(sys.argv[1])
