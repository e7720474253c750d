"""Choices that are typed in words although they are not shown: "more", "where does this come from", "others" (`locales/typed_choices.yml`).

A model that is asked for the topic of such a word finds one that it is not: "details" and "more" sounded like the wish to leave.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Optional

from bot.errors import DataError
from bot.knowledge.files import sections, shown
from bot.knowledge.local_services import KINDS
from bot.nlu.text import fold
from bot.paths import LOCALES

_OF_SEARCHES = ("other_services", "not_near_here", "for_whom")
_OF_SIGNS = "signs_done"
_INTENTS = ("more", "source", "who_helps", *_OF_SEARCHES, _OF_SIGNS)


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() or c == "'" else " " for c in fold(text).replace("’", "'")).split())


def read_typed_choices(path: Path) -> dict[str, str]:
    """The intents by what is typed for them.

    Raises:
        DataError: the file is malformed, or one text stands for two choices.
    """
    found: dict[str, str] = {}
    (listed,) = sections(path, choices=dict)
    for intent, texts in listed.items():
        if intent not in _INTENTS or not isinstance(texts, list):
            raise DataError(f"{shown(path)}: nothing is known of {intent}. Write one of {', '.join(_INTENTS)}, and a list behind it.")
        for text in texts:
            if not isinstance(text, str) or found.get(_plain(text), intent) != intent:
                raise DataError(f"{shown(path)}: {text!r} of {intent} is no text, or stands for another choice as well. Mend that line.")
            found[_plain(text)] = intent
    return found


@lru_cache(maxsize=1)
def typed_choices() -> dict[str, str]:
    """Those of `locales/typed_choices.yml`."""
    return read_typed_choices(LOCALES / "typed_choices.yml")


def _slot(state: Dict[str, Any], name: str) -> Any:
    """What the session remembers, the last turn included."""
    set_last = [event["value"] for event in state["events"] if event["event"] == "slot" and event["name"] == name]
    return set_last[-1] if set_last else state["slots"].get(name)


def typed_choice(text: str, state: Optional[Dict[str, Any]]) -> Optional[str]:
    """The choice that a text stands for in a session, as Rasa's payload; None where it is none, or there is nothing that it goes on from.

    Args:
        text: what the person wrote.
        state: of the session, see `bot.dialogue.tracker_state`.
    """
    intent = typed_choices().get(_plain(text)) if state else None
    if intent is None or state is None:
        return None
    acted = [event["name"] for event in state["events"] if event["event"] == "action"]
    picking = "action_signs" in acted
    if intent == _OF_SIGNS or picking:
        return f"/{_OF_SIGNS}" if picking and intent == _OF_SIGNS else None
    topic = _slot(state, "topic")
    if topic in KINDS:
        return f"/{'other_services' if intent == 'more' else intent}" if intent in (*_OF_SEARCHES, "more", "source") else None
    return f"/{intent}" if topic and intent not in _OF_SEARCHES else None
