"""Writes `evaluation/handoff-states.md`: the life of a handoff as a table, from the table that decides it.

Run by `make answers`.
"""

from __future__ import annotations

from bot.handoff.life import EVENTS, TRANSITIONS, State
from bot.paths import ROOT

OUT = ROOT / "evaluation" / "handoff-states.md"


def table() -> str:
    """Events by states; each cell names the function of `bot/handoff/life.py` that does the transition."""
    lines = [
        "# The life of a handoff",
        "",
        "Made by `make answers` from `bot/handoff/life.py`, where each name stands for a function. `nothing`: as if it had not happened. "
        "`to_bot`: her words are the bot's. `refuse`, `not_waiting`: the desk is told that its act does not apply. `over_...`: ended, for "
        "that reason, without a word to her.",
        "",
        "| event | " + " | ".join(state.value for state in State) + " |",
        "| --- |" + " --- |" * len(State),
    ]
    for event in EVENTS:
        cells = (TRANSITIONS[state][event].__name__.lstrip("_") for state in State)
        lines.append(f"| {event.__name__} | " + " | ".join(cells) + " |")
    lines += ["", "| event | what it is |", "| --- | --- |"]
    lines += [f"| {event.__name__} | {(event.__doc__ or '').strip().splitlines()[0]} |" for event in EVENTS]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    OUT.write_text(table(), encoding="utf-8")
