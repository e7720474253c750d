"""Handoffs as they stand at one moment, by name, and events of that moment: what the tests of a handoff's life begin with."""

from __future__ import annotations

from dataclasses import replace

from bot.handoff import life
from bot.handoff.life import Effect, Ending, Event, Fate, Handoff, Held, Point, Said, State
from bot.handoff.lines import Waits

WAITS = Waits(
    other_language_after=180,
    phone_after=360,
    text_after=600,
    longest=1800,
    advocate_gone=60,
    quiet=300,
    closing=180,
    longest_case=43200,
    unanswered=300,
)
NOW = 100_000.0
POINTS = (Point("urgent", "danger"), Point("topic", "rights_pay"), Point("country", "US"))


def _words(key: str, who: str, fate: Fate = Fate.DELIVERED, ago: float = 20) -> Said:
    return Said(key, who, f"words {key}", NOW - ago, fate)


_DRAFT = life.offered("es", "sms", POINTS, None, NOW - 10)
# She agreed two minutes ago, may be texted for half an hour, and was heard of ten seconds ago.
_WAITING = replace(_DRAFT, state=State.WAITING, agreed=NOW - 120, since=NOW - 120, texting=1800, heard=NOW - 10)
# She writes with Ana, and may not be texted but for that.
_JOINED = replace(
    _WAITING, state=State.JOINED, texting=0, advocate="ana", display="Ana", joined=NOW - 60, met=NOW - 60,
    said=(_words("1", "person", ago=40), _words("2", "ana", Fate.SENT, ago=20)),
)  # fmt: skip
_PHONE = Held("phone", (), NOW - 60)
_CLOSING = replace(_JOINED, state=State.CLOSING, advocate=None, closing=NOW - 10)

SITUATIONS: dict[str, Handoff] = {
    "offered": _DRAFT,
    "card": replace(_DRAFT, state=State.CARD),
    "card, one struck": replace(_DRAFT, state=State.CARD, struck=(1,)),
    "words": replace(_DRAFT, state=State.WORDS),
    "safety": replace(_DRAFT, state=State.SAFETY),
    "safety, urgent": replace(_DRAFT, state=State.SAFETY, urgent="danger"),
    "waiting": _WAITING,
    "waiting, urgent": replace(_WAITING, urgent="danger"),
    "waiting, no texts": replace(_WAITING, texting=0),
    "waiting, quiet": replace(_WAITING, since=NOW - 400, heard=NOW - 400),
    "waiting, any language": replace(_WAITING, any_language=True),
    "waiting, knocked": replace(_WAITING, heard=NOW - 400, knocked=True, held=(_PHONE,), ladder=("phone",)),
    "waiting, held": replace(_WAITING, texting=0, held=(_PHONE,), ladder=("phone",)),
    "waiting again": replace(_WAITING, front=True, said=_JOINED.said),
    "joined": _JOINED,
    "joined, not told": replace(_JOINED, met=None, held=(Held("joined", (("name", "Ana"),), NOW - 60),), said=()),
    "joined, not told, knocked": replace(
        _JOINED, met=None, held=(Held("joined", (("name", "Ana"),), NOW - 60),), said=(), texting=1800, heard=NOW - 400, knocked=True
    ),
    "joined, quiet": replace(_JOINED, texting=1800, heard=NOW - 400),
    "joined, quiet, no texts": replace(_JOINED, heard=NOW - 400),
    "joined, knocked": replace(
        _JOINED,
        texting=1800,
        heard=NOW - 400,
        knocked=True,
        said=(*_JOINED.said, _words("3", "ana", Fate.HELD), _words("4", "ana", Fate.HELD)),
    ),
    "joined, gone": replace(_JOINED, gone=NOW - 30),
    "joined, gone long": replace(_JOINED, gone=NOW - 60),
    "joined, unanswered": replace(_JOINED, said=(_words("1", "person", ago=300),), joined=NOW - 400, met=NOW - 400),
    "joined, half a day": replace(_JOINED, agreed=NOW - 43200),
    "closing": _CLOSING,
    "closing, unread": replace(_CLOSING, held=(Held("ending", (("name", "Ana"),), NOW - 10),), knocked=True, heard=NOW - 400, texting=1800),
    "closing, nobody came": replace(
        _WAITING,
        state=State.CLOSING,
        closing=NOW - 10,
        ending=Ending.NOBODY_CAME,
        held=(Held("nobody_came", (("name", ""),), NOW - 10),),
        texting=0,
    ),
    "closing, over": replace(_CLOSING, closing=NOW - 180),
    "ended": replace(Handoff(State.ENDED, "es", "sms"), ending=Ending.CLOSED),
}

_ACTS: dict[str, Event] = {
    "writes": life.Wrote(NOW, "9", "words 9"),
    "writes urgently": life.Wrote(NOW, "9", "words 9", urgent="danger"),
    "writes the same again": life.Wrote(NOW, "1", "words 1"),
    "picks for the bot": life.Wrote(NOW, "9", ""),
    "leaves": life.Left(NOW),
    "is lost": life.Lost(NOW),
    "ana claims": life.Claimed(NOW, "ana", "Ana"),
    "ben claims": life.Claimed(NOW, "ben", "Ben"),
    "ana, without the language, claims": life.Claimed(NOW, "ana", "Ana", writes=False),
    "ana answers": life.Answered(NOW, "ana", "9", "words 9"),
    "ana answers the same again": life.Answered(NOW, "ana", "2", "words 2"),
    "ben answers": life.Answered(NOW, "ben", "9", "words 9"),
    "ana transfers to ben": life.Transferred(NOW, "ana", "ben", "Ben"),
    "ana transfers to ana": life.Transferred(NOW, "ana", "ana", "Ana"),
    "ana transfers to ben, without the language": life.Transferred(NOW, "ana", "ben", "Ben", writes=False),
    "ben transfers to ben": life.Transferred(NOW, "ben", "ben", "Ben"),
    "a supervisor transfers to ben": life.Transferred(NOW, "sue", "ben", "Ben", supervisor=True),
    "ana requeues": life.Requeued(NOW, "ana"),
    "ben requeues": life.Requeued(NOW, "ben"),
    "a supervisor requeues": life.Requeued(NOW, "sue", supervisor=True),
    "ana closes": life.Closed(NOW, "ana"),
    "ana closes without asking": life.Closed(NOW, "ana", asks=False),
    "ben closes": life.Closed(NOW, "ben"),
    "ana blocks": life.Blocked(NOW, "ana"),
    "ben blocks": life.Blocked(NOW, "ben"),
    "ana drops out": life.Dropped(NOW, "ana"),
    "ben drops out": life.Dropped(NOW, "ben"),
    "ana returns": life.Returned(NOW, "ana"),
    "ben returns": life.Returned(NOW, "ben"),
    "words arrive": life.Reported(NOW, "2", Fate.DELIVERED),
    "tick": life.Ticked(NOW),
    "tick, 3 minutes": life.Ticked(NOW + 60),
    "tick, 3 minutes, others": life.Ticked(NOW + 60, writers=False, others=("en", "fr")),
    "tick, 6 minutes": life.Ticked(NOW + 240),
    "tick, 6 minutes, no phone": life.Ticked(NOW + 240, ways=("text",)),
    "tick, 10 minutes": life.Ticked(NOW + 480),
    "tick, 30 minutes": life.Ticked(NOW + 1680),
    "tick, closed": life.Ticked(NOW, writers=False, open=False),
    "tick, closed, others": life.Ticked(NOW, others=("es",), open=False),
    "wipe": life.Cleared(NOW),
    "stop": life.Cleared(NOW, Ending.STOPPED),
}


def event(name: str) -> Event:
    """An event by its name; ``picks X`` is that pick."""
    verb, _, choice = name.partition(" ")
    return _ACTS[name] if name in _ACTS else life.Picked(NOW, {"picks": choice}[verb])


def told(effects: tuple[Effect, ...]) -> str:
    """Effects in short: ``"phone"`` is a sentence that she is told, ``relay 3`` an advocate's words."""
    return " ".join(map(_short, effects)) or "-"


def _short(effect: Effect) -> str:
    if isinstance(effect, life.Tell):
        return f'"{effect.name}"'
    if isinstance(effect, life.Relay):
        return f"relay:{effect.key}"
    if isinstance(effect, (life.Refuse, life.Alert)):
        return f"{type(effect).__name__.lower()}:{getattr(effect.why, 'value', effect.why)}"
    return {life.ToBot: "bot", life.Warn: "warn", life.Enqueue: "enqueue", life.Erase: "erase"}[type(effect)]
