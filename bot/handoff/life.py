"""The life of a handoff: one pure state machine. Events go in, effects come out; no clock, socket or store is in here.

Somebody is offered a human (OFFERED), sees what the human would see (CARD) and may add a few words of her own (WORDS), says whether
she may be texted (SAFETY), waits (WAITING), writes with an advocate (JOINED), is asked one question (CLOSING), and then it is gone
(ENDED). In danger one digit leads from OFFERED straight to WAITING, with nothing in the summary but that it is urgent. Up to SAFETY
nothing is in the queue and no advocate knows of it: until then a handoff is a draft in her session.

`TRANSITIONS` decides every pair of state and event; `step` looks the pair up. Each function there does one transition. A pair that
cannot matter any more says so by name: `_nothing` (as if it had not happened), `_to_bot` (her words are the bot's), `_refuse` (the
desk is told that its act does not apply). What is promised is tested pair by pair and by random walks (tests/handoff/test_life.py):
never two advocates, never lost, never words to one who may not have them, erased at the end.

Times are seconds of whatever clock the caller uses; they come in with the events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from bot.handoff.lines import Waits


class State(str, Enum):
    """Where a handoff stands."""

    OFFERED = "offered"
    CARD = "card"
    WORDS = "words"
    SAFETY = "safety"
    WAITING = "waiting"
    JOINED = "joined"
    CLOSING = "closing"
    ENDED = "ended"


DRAFTS = frozenset((State.OFFERED, State.CARD, State.WORDS, State.SAFETY))
IN_QUEUE = frozenset((State.WAITING, State.JOINED, State.CLOSING))


class Fate(str, Enum):
    """What became of words on their way to her phone. UNKNOWN: the provider left it open, so they are never sent again."""

    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    FAILED = "failed"


class Ending(str, Enum):
    """Why a handoff ended; counted, never kept with a person."""

    DECLINED = "declined"
    LEFT_QUEUE = "left_queue"
    NOBODY_CAME = "nobody_came"
    CLOSED = "closed"
    BLOCKED = "blocked"
    LEFT = "left"
    UNREACHABLE = "unreachable"
    WIPED = "wiped"
    STOPPED = "stopped"
    TOO_LONG = "too_long"


PERSON = "person"  # who said something, where it was not an advocate: no sign-in name


class Refusal(str, Enum):
    """Why an act of the desk does not apply."""

    NOT_WAITING = "not_waiting"
    NOT_YOURS = "not_yours"
    OVER = "over"
    NOT_THERE = "not_there"
    NOT_AGREED = "not_agreed"


@dataclass(frozen=True)
class Point:
    """One line of the summary: a kind (``urgent``, ``topic``, ``country``, ``place``, ``words``) and its value."""

    kind: str
    value: str

    def __repr__(self) -> str:
        return f"<Point {self.kind}>"


@dataclass(frozen=True)
class Said:
    """One message within a case.

    Attributes:
        key: tells it from every other of the case; the same key twice is one message.
        who: ``person``, or the advocate's sign-in name.
        text: the words.
        at: when it came (seconds).
        fate: for an advocate's words, what became of them.
        urgent: for hers, the kind of urgency that was heard in it.
    """

    key: str
    who: str
    text: str
    at: float
    fate: Fate = Fate.DELIVERED
    urgent: str | None = None

    def __repr__(self) -> str:
        return f"<Said {self.who} {self.fate.value}>"


@dataclass(frozen=True)
class Held:
    """What she is to be told once she may be.

    Attributes:
        name, values: of the sentence, see `Tell`.
        at: when it was to be said (seconds).
    """

    name: str
    values: tuple[tuple[str, str], ...]
    at: float


@dataclass(frozen=True)
class Handoff:
    """Everything that is known of one handoff. Nobody's address is.

    Attributes:
        state: where it stands.
        locale, channel: hers.
        urgent: the kind of urgency for which it is in front, or None.
        points: the summary, at most five lines.
        struck: which of them she took out, by their number from 0.
        agreed: when she agreed.
        since: from when she waits: when she agreed, or came back into the queue.
        front: it was with an advocate already, and comes before the others.
        ladder: what she was told while nobody came: ``other_language``, ``phone``, ``text``.
        any_language: she agreed to an advocate without her language.
        texting: for how many seconds after her last word she may be texted without having asked.
        heard: when she last wrote or picked, as far as it was surely she.
        stirred: when anything last came from her phone while she was with an advocate or waited.
        advocate, display: who has it, by sign-in name and by the name that she is told.
        joined: when that advocate took it.
        met: since when she knows that an advocate reads what she writes; None where she has not been told.
        gone: when the advocate's connection was lost, or None.
        alerted: supervisors know that her words wait for an answer.
        knocked: the neutral line is out and not yet answered.
        held: what she is to be told once she may be.
        said: the messages, oldest first.
        asked_again: while it is a draft: its question was put once more beside an answer of the bot.
        closing: when the advocate ended it.
        ending: why it ended, or None.
        helped: her answer to the last question, or empty.
    """

    state: State
    locale: str
    channel: str
    urgent: str | None = None
    points: tuple[Point, ...] = ()
    struck: tuple[int, ...] = ()
    agreed: float = 0.0
    since: float = 0.0
    front: bool = False
    ladder: tuple[str, ...] = ()
    any_language: bool = False
    texting: float = 0.0
    heard: float = 0.0
    stirred: float = 0.0
    advocate: str | None = None
    display: str = ""
    joined: float = 0.0
    met: float | None = None
    gone: float | None = None
    alerted: bool = False
    knocked: bool = False
    held: tuple[Held, ...] = ()
    said: tuple[Said, ...] = ()
    asked_again: bool = False
    closing: float = 0.0
    ending: Ending | None = None
    helped: str = ""

    def __repr__(self) -> str:
        return f"<Handoff {self.state.value}>"

    @property
    def shown(self) -> tuple[Point, ...]:
        """The points that she left in."""
        return tuple(point for number, point in enumerate(self.points) if number not in self.struck)


# --- events ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """Something happened at a time (seconds)."""

    at: float


@dataclass(frozen=True)
class Picked(Event):
    """She picked a choice that a handoff put to her: see `CHOICES`, and ``strike:N``."""

    choice: str


@dataclass(frozen=True)
class Wrote(Event):
    """She wrote in her own words.

    Attributes:
        key: of the message.
        text: her words; of no use where they are for the bot.
        urgent: the kind of urgency that was surely heard in them, or None.
        locale: in which the bot answers her, where it does.
    """

    key: str
    text: str
    urgent: str | None = None
    locale: str | None = None

    def __repr__(self) -> str:
        return "<Wrote>"


@dataclass(frozen=True)
class Left(Event):
    """She left, erased, or stopped: at once and in silence."""


@dataclass(frozen=True)
class Lost(Event):
    """Her phone can no longer be reached: blocked, or gone."""


@dataclass(frozen=True)
class Claimed(Event):
    """An advocate takes the case.

    Attributes:
        writes: the advocate can write in her language.
    """

    advocate: str
    display: str
    writes: bool = True


@dataclass(frozen=True)
class Answered(Event):
    """The advocate writes."""

    advocate: str
    key: str
    text: str

    def __repr__(self) -> str:
        return "<Answered>"


@dataclass(frozen=True)
class Transferred(Event):
    """The advocate, or a supervisor, hands the case to another.

    Attributes:
        writes: the other can write in her language.
    """

    advocate: str
    to: str
    display: str
    supervisor: bool = False
    writes: bool = True


@dataclass(frozen=True)
class Requeued(Event):
    """The advocate, or a supervisor, puts the case back in front of the queue."""

    advocate: str
    supervisor: bool = False


@dataclass(frozen=True)
class Closed(Event):
    """The advocate ends the case.

    Attributes:
        asks: the one question is put.
    """

    advocate: str
    asks: bool = True


@dataclass(frozen=True)
class Blocked(Event):
    """The advocate ends the case because the line is abused."""

    advocate: str


@dataclass(frozen=True)
class Dropped(Event):
    """The advocate's connection is lost."""

    advocate: str


@dataclass(frozen=True)
class Returned(Event):
    """The advocate's connection is there again."""

    advocate: str


@dataclass(frozen=True)
class Reported(Event):
    """What became of an advocate's words."""

    key: str
    fate: Fate


@dataclass(frozen=True)
class Ticked(Event):
    """Time has passed.

    Attributes:
        writers: an advocate is present who can write her language.
        others: the languages of the advocates who are present, as locale codes.
        open: the hotline is open.
        ways: which of ``phone`` and ``text`` there are for her.
    """

    writers: bool = True
    others: tuple[str, ...] = ()
    open: bool = True
    ways: tuple[str, ...] = ("phone", "text")


@dataclass(frozen=True)
class Cleared(Event):
    """Every case ends at once: a panic wipe, or the service stops."""

    ending: Ending = Ending.WIPED


EVENTS: tuple[type[Event], ...] = (
    Picked, Wrote, Left, Lost, Claimed, Answered, Transferred, Requeued, Closed, Blocked, Dropped, Returned, Reported, Ticked, Cleared,
)  # fmt: skip

# --- effects --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tell:
    """Says something to her: as the reply where she has just written, else as a message of its own.

    Attributes:
        name: of a sentence of `bot.handoff.wording`.
        values: for its placeholders, as text.
        choices: that go with it, see `CHOICES`.
    """

    name: str
    values: Mapping[str, str]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Relay:
    """Sends an advocate's words to her."""

    key: str
    text: str

    def __repr__(self) -> str:
        return "<Relay>"


@dataclass(frozen=True)
class ToBot:
    """Her words are for the bot."""


@dataclass(frozen=True)
class Warn:
    """The bot tells her the numbers for the danger that was heard in her words to the advocate."""


@dataclass(frozen=True)
class Enqueue:
    """From now on it is a case: it goes to the store and to the desk."""


@dataclass(frozen=True)
class Refuse:
    """The act of the desk does not apply."""

    why: Refusal


@dataclass(frozen=True)
class Alert:
    """Supervisors are to look: ``urgent``, ``unanswered`` or ``gone``."""

    why: str


@dataclass(frozen=True)
class Erase:
    """It has ended: text, summary and the way to reach her go."""


Effect = Tell | Relay | ToBot | Warn | Enqueue | Refuse | Alert | Erase
Step = Callable[[Handoff, Any, Waits], "tuple[Handoff, tuple[Effect, ...]]"]
Result = tuple[Handoff, tuple[Effect, ...]]


# --- how she is told something ---------------------------------------------------------------------------------------------------

_AGREED = 900.0  # seconds of silence for which one who agreed in danger, and was not asked, may be texted
# What may be picked in SAFETY: for how many seconds after her last word she may be texted.
_TEXTED = {"text_short": 1800.0, "text_long": 7200.0, "text_never": 0.0}
_MOST_SAID = 400  # messages of a case that are kept; the oldest go
_SENDING = 30.0  # seconds after which a worker that was to send words is taken for dead, and what became of them for unknown

# Choices that go with a sentence which she may be told later.
_CHOICES_OF: Mapping[str, tuple[str, ...]] = {
    "other_language": ("any_language", "stay", "leave"),
    "phone": ("stay", "leave"),
    "text": ("stay", "leave"),
    "ending": ("helped_yes", "helped_some", "helped_no"),
}
_KNOCK = Tell("knock", {}, ("read",))
_SAFETY = Tell("safety", {}, tuple(_TEXTED))


def _surely_hers(handoff: Handoff, at: float, waits: Waits) -> bool:
    """Whether the phone was in her hands a moment ago, as far as anybody can tell."""
    return not handoff.knocked and at <= handoff.heard + waits.quiet


def _may_be_texted(handoff: Handoff, at: float, waits: Waits) -> bool:
    """Whether at least the neutral line may be sent: she allowed it, or somebody has just written to the advocate from her phone."""
    return at < handoff.heard + handoff.texting or (handoff.met is not None and at <= handoff.stirred + waits.quiet)


def may_be_told(handoff: Handoff, at: float, waits: Waits) -> bool:
    """Whether something may be sent that she has not just asked for: she allowed it, or is in the middle of writing with an advocate."""
    talking = handoff.met is not None and handoff.heard >= handoff.met
    return _surely_hers(handoff, at, waits) and (talking or at < handoff.heard + handoff.texting)


def _tell(handoff: Handoff, at: float, waits: Waits, name: str, /, **values: str) -> Result:
    """Tells her something that she did not just ask for, now or once she may be told."""
    if may_be_told(handoff, at, waits):
        return handoff, (Tell(name, values, _CHOICES_OF.get(name, ())),)
    return _knock(replace(handoff, held=(*handoff.held, Held(name, tuple(values.items()), at))), at, waits)


def _knock(handoff: Handoff, at: float, waits: Waits) -> Result:
    """The neutral line, once, where she may be texted."""
    if handoff.knocked or not _may_be_texted(handoff, at, waits):
        return handoff, ()
    return replace(handoff, knocked=True), (_KNOCK,)


def _waits_to_be_read(handoff: Handoff) -> bool:
    return bool(handoff.held) or any(said.fate is Fate.HELD for said in handoff.said)


def _released(handoff: Handoff, at: float) -> Result:
    """Everything that was held, in the order in which it was said: who writes, the words, that it has ended."""
    told: list[tuple[float, Effect]] = [(one.at, Tell(one.name, dict(one.values), _CHOICES_OF.get(one.name, ()))) for one in handoff.held]
    relayed: list[tuple[float, Effect]] = [(said.at, Relay(said.key, said.text)) for said in handoff.said if said.fate is Fate.HELD]
    in_order = sorted((*told, *relayed), key=lambda one: one[0])
    said = tuple(replace(one, fate=Fate.SENDING, at=at) if one.fate is Fate.HELD else one for one in handoff.said)
    met = at if handoff.state is State.JOINED and handoff.met is None else handoff.met
    return replace(handoff, held=(), said=said, knocked=False, heard=at, stirred=at, met=met), tuple(effect for _, effect in in_order)


def _with(handoff: Handoff, said: Said) -> Handoff:
    return replace(handoff, said=(*handoff.said, said)[-_MOST_SAID:])


def _ended(handoff: Handoff, ending: Ending) -> Handoff:
    """What is left of a handoff that is over: nothing of her, but why."""
    return replace(
        Handoff(State.ENDED, handoff.locale, handoff.channel), urgent=handoff.urgent, ending=ending, helped=handoff.helped,
        since=handoff.since, joined=handoff.joined, points=tuple(point for point in handoff.shown if point.kind == "topic"),
    )  # fmt: skip


def _over(ending: Ending) -> Step:
    """Ends it in silence."""

    def end(handoff: Handoff, event: Event, waits: Waits) -> Result:
        return _ended(handoff, ending), (Erase(),)

    end.__name__ = f"_over_{ending.value}"
    return end


def _farewell(handoff: Handoff, at: float, waits: Waits, ending: Ending, name: str) -> Result:
    """Ends it and tells her; where she may not be told now, that alone is kept for her, and no advocate has it any more."""
    handoff, told = _tell(handoff, at, waits, name, name=handoff.display)
    if any(effect.name == name for effect in told if isinstance(effect, Tell)):
        return _ended(handoff, ending), (*told, Erase())
    return replace(handoff, state=State.CLOSING, closing=at, ending=ending, advocate=None), told


# --- draft: nothing is in the queue ----------------------------------------------------------------------------------------------


def offered(locale: str, channel: str, points: tuple[Point, ...], urgent: str | None, at: float) -> Handoff:
    """A new handoff, as a draft.

    Args:
        locale, channel: hers.
        points: the summary; at most five.
        urgent: the kind of urgency, or None.
        at: now.
    """
    return Handoff(State.OFFERED, locale, channel, urgent, points[:5], heard=at)


def _picked_in_offer(handoff: Handoff, event: Picked, waits: Waits) -> Result:
    if event.choice == "join_now":
        return _queued(replace(handoff, texting=_AGREED), event, "waiting_urgent")
    if event.choice == "agree" and not handoff.points:
        return replace(handoff, state=State.SAFETY, heard=event.at), (_SAFETY,)
    if event.choice == "agree":
        return _card(replace(handoff, heard=event.at))
    if event.choice == "no":
        return _ended(handoff, Ending.DECLINED), (Tell("declined", {}), Erase())
    return _gone(handoff)


def _picked_in_card(handoff: Handoff, event: Picked, waits: Waits) -> Result:
    handoff = replace(handoff, heard=event.at)
    verb, _, number = event.choice.partition(":")
    if verb == "strike" and number.isdecimal() and int(number) < len(handoff.points):
        return _card(replace(handoff, struck=tuple(sorted({*handoff.struck, int(number)}))))
    if event.choice == "none":
        handoff = replace(handoff, struck=tuple(range(len(handoff.points))))
    if event.choice in ("send", "none"):
        return replace(handoff, state=State.SAFETY, asked_again=False), (_SAFETY,)
    if event.choice == "words":
        return replace(handoff, state=State.WORDS), (Tell("words", {}, ("back",)),)
    return _gone(handoff)


def _card(handoff: Handoff) -> Result:
    """The first digit passes on: who picks it from habit takes nothing out."""
    strikes = tuple(f"strike:{number}" for number in range(len(handoff.points)) if number not in handoff.struck)
    choices = ("send", *strikes, "none", "words") if strikes else ("send", "words")
    return replace(handoff, state=State.CARD, asked_again=False), (Tell("card" if strikes else "card_empty", {}, choices),)


def _wrote_at_card(handoff: Handoff, event: Wrote, waits: Waits) -> Result:
    """The bot answers, and she is asked once more: she may take herself for one who waits already."""
    if handoff.asked_again:
        return handoff, (ToBot(),)
    handoff, card = _card(handoff)
    return replace(handoff, asked_again=True), (ToBot(), *card)


def _wrote_at_safety(handoff: Handoff, event: Wrote, waits: Waits) -> Result:
    if handoff.asked_again:
        return handoff, (ToBot(),)
    return replace(handoff, asked_again=True), (ToBot(), _SAFETY)


def _picked_in_words(handoff: Handoff, event: Picked, waits: Waits) -> Result:
    return _card(replace(handoff, heard=event.at)) if event.choice == "back" else _gone(handoff)


def _wrote_words(handoff: Handoff, event: Wrote, waits: Waits) -> Result:
    """Her own words become a line of the summary, in the place of earlier ones; they are shown to her like every other."""
    kept = [(number, point) for number, point in enumerate(handoff.points) if point.kind != "words"][:4]
    struck = tuple(new for new, (old, _) in enumerate(kept) if old in handoff.struck)
    points = (*(point for _, point in kept), Point("words", event.text))
    return _card(replace(handoff, points=points, struck=struck, heard=event.at))


def _picked_in_safety(handoff: Handoff, event: Picked, waits: Waits) -> Result:
    if event.choice not in _TEXTED:
        return _gone(handoff)
    return _queued(replace(handoff, texting=_TEXTED[event.choice]), event)


def _queued(handoff: Handoff, event: Picked, name: str = "waiting") -> Result:
    handoff = replace(handoff, state=State.WAITING, agreed=event.at, since=event.at, heard=event.at, stirred=event.at)
    alert: tuple[Effect, ...] = (Alert("urgent"),) if handoff.urgent else ()
    return handoff, (Enqueue(), Tell(name, {}, ("leave",)), *alert)


def _gone(handoff: Handoff) -> Result:
    """A choice that is no longer open."""
    return handoff, (Tell("choice_gone", {}),)


# --- waiting ---------------------------------------------------------------------------------------------------------------------


def _picked_in_wait(handoff: Handoff, event: Picked, waits: Waits) -> Result:
    if event.choice == "leave":
        return _ended(handoff, Ending.LEFT_QUEUE), (Tell("left_queue", {}), Erase())
    if event.choice in ("any_language", "stay", "status", "read"):
        handoff, told = _released(replace(handoff, any_language=handoff.any_language or event.choice == "any_language"), event.at)
        return handoff, told or (Tell("waiting", {}, ("leave",)),)
    return _gone(handoff)


def _wrote_in_wait(handoff: Handoff, event: Wrote, waits: Waits) -> Result:
    """The bot answers. Only that it has become urgent is taken along: what she writes to the bot is not for the advocate."""
    handoff, told = _heard_beside_held(replace(handoff, locale=event.locale or handoff.locale), event, waits)
    if event.urgent and not handoff.urgent:
        return replace(handoff, urgent=event.urgent), (ToBot(), *told, Alert("urgent"))
    return handoff, (ToBot(), *told)


def _heard_beside_held(handoff: Handoff, event: Wrote, waits: Waits) -> Result:
    """Somebody wrote. Where something waits for her, she gets it if it is surely she who wrote, else the neutral line with its digit."""
    handoff, before = replace(handoff, stirred=event.at), handoff
    if not _waits_to_be_read(handoff):
        # After a quiet time it may be somebody else who writes to the advocate: the answer waits behind the digit.
        return (handoff if handoff.met is not None and not _surely_hers(before, event.at, waits) else replace(handoff, heard=event.at)), ()
    if _surely_hers(handoff, event.at, waits):
        return _released(handoff, event.at)
    return replace(handoff, knocked=True), (_KNOCK,)


def _claimed(handoff: Handoff, event: Claimed, waits: Waits) -> Result:
    """One advocate has it from now on; one without her language only if she agreed to that."""
    if not event.writes and not handoff.any_language:
        return handoff, (Refuse(Refusal.NOT_AGREED),)
    joined = replace(
        handoff, state=State.JOINED, advocate=event.advocate, display=event.display, joined=event.at, front=False, gone=None, alerted=False
    )
    last = next((said.who for said in reversed(handoff.said) if said.who != PERSON), None)
    again = "still_joined" if last == event.advocate else "transferred"
    name = "joined_other" if not event.writes else again if handoff.said else "joined"
    joined, told = _tell(joined, event.at, waits, name, name=event.display)
    return replace(joined, met=None if joined.held else event.at), told


def _ticked_in_wait(handoff: Handoff, event: Ticked, waits: Waits) -> Result:
    """The ladder while nobody comes: one rung at a time, and never an endless wait."""
    waited = event.at - handoff.since
    if waited >= waits.longest or event.at - handoff.agreed >= waits.longest_case or not (event.open or event.others):
        return _farewell(handoff, event.at, waits, Ending.NOBODY_CAME, "nobody_came")
    other_language = event.others and not event.writers and not handoff.any_language
    for name, after, possible in (
        ("other_language", waits.other_language_after, other_language),
        ("phone", waits.phone_after, "phone" in event.ways),
        ("text", waits.text_after, "text" in event.ways),
    ):
        if possible and waited >= after and name not in handoff.ladder:
            values = {"languages": " ".join(event.others)} if name == "other_language" else {}
            return _tell(replace(handoff, ladder=(*handoff.ladder, name)), event.at, waits, name, **values)
    return handoff, ()


# --- with an advocate ------------------------------------------------------------------------------------------------------------


def _wrote_to_advocate(handoff: Handoff, event: Wrote, waits: Waits) -> Result:
    """Her words go to the advocate, once; those that she wrote before she knew of the advocate are the bot's, and so are picks.

    The numbers come with the first words that tell of danger, and again after a quiet time: between a person and an advocate who is
    there they would be in the way.
    """
    if any(said.key == event.key for said in handoff.said):
        return handoff, ()
    to_bot: tuple[Effect, ...] = () if event.text and handoff.met is not None else (ToBot(),)
    warned = any(said.urgent == event.urgent and event.at - said.at < waits.quiet for said in handoff.said)
    handoff, told = _heard_beside_held(handoff, event, waits)
    if not to_bot:
        handoff = _with(handoff, Said(event.key, PERSON, event.text, event.at, urgent=event.urgent))
    if event.urgent:
        numbers: tuple[Effect, ...] = () if warned else (Warn(),)
        return replace(handoff, urgent=event.urgent), (*to_bot, *numbers, *told, Alert("urgent"))
    return handoff, (*to_bot, *told)


def _picked_with_advocate(handoff: Handoff, event: Picked, waits: Waits) -> Result:
    if event.choice in ("read", "status", "go_on"):
        handoff, told = _released(handoff, event.at)
        return handoff, told or (Tell("still_joined", {"name": handoff.display}),)
    if event.choice == "end":
        return _ended(handoff, Ending.LEFT), (Tell("erased", {}), Erase())
    if event.choice == "leave":  # it was put to her before the advocate came
        return _ended(handoff, Ending.LEFT_QUEUE), (Tell("left_queue", {}), Erase())
    return _gone(handoff)


def _answered(handoff: Handoff, event: Answered, waits: Waits) -> Result:
    if event.advocate != handoff.advocate:
        return handoff, (Refuse(Refusal.NOT_YOURS),)
    if any(said.key == event.key for said in handoff.said):
        return handoff, ()  # the desk sent it twice
    handoff = replace(handoff, alerted=False)
    said = Said(event.key, event.advocate, event.text, event.at, Fate.SENDING)
    if may_be_told(handoff, event.at, waits):
        return _with(handoff, said), (Relay(event.key, event.text),)
    return _knock(_with(handoff, replace(said, fate=Fate.HELD)), event.at, waits)


def _transferred(handoff: Handoff, event: Transferred, waits: Waits) -> Result:
    if event.advocate != handoff.advocate and not event.supervisor:
        return handoff, (Refuse(Refusal.NOT_YOURS),)
    if not event.writes and not handoff.any_language:
        return handoff, (Refuse(Refusal.NOT_AGREED),)
    if event.to == handoff.advocate:
        return handoff, ()
    handed = replace(handoff, advocate=event.to, display=event.display, joined=event.at, gone=None, alerted=False)
    return _tell(handed, event.at, waits, "transferred" if event.writes else "joined_other", name=event.display)


def _requeued(handoff: Handoff, event: Requeued, waits: Waits) -> Result:
    if event.advocate != handoff.advocate and not event.supervisor:
        return handoff, (Refuse(Refusal.NOT_YOURS),)
    return _in_front(handoff, event.at, waits, "back_in_front")


def _in_front(handoff: Handoff, at: float, waits: Waits, name: str) -> Result:
    """Back in the queue, before all others; the ladder begins anew, and what was written stays for who takes it next."""
    handoff, told = _tell(handoff, at, waits, name)
    waiting = replace(
        handoff, state=State.WAITING, front=True, since=at, ladder=(), advocate=None, display="", met=None, gone=None, alerted=False
    )
    return waiting, told


def _closed(handoff: Handoff, event: Closed, waits: Waits) -> Result:
    if event.advocate != handoff.advocate:
        return handoff, (Refuse(Refusal.NOT_YOURS),)
    if not event.asks:
        return _farewell(handoff, event.at, waits, Ending.CLOSED, "closed")
    handoff, told = _tell(handoff, event.at, waits, "ending", name=handoff.display)
    return replace(handoff, state=State.CLOSING, closing=event.at, advocate=None), told


def _blocked(handoff: Handoff, event: Blocked, waits: Waits) -> Result:
    if event.advocate != handoff.advocate:
        return handoff, (Refuse(Refusal.NOT_YOURS),)
    return _ended(handoff, Ending.BLOCKED), (Tell("blocked", {}), Erase())


def _dropped(handoff: Handoff, event: Dropped, waits: Waits) -> Result:
    if event.advocate != handoff.advocate or handoff.gone is not None:
        return handoff, ()
    return replace(handoff, gone=event.at), ()


def _returned(handoff: Handoff, event: Returned, waits: Waits) -> Result:
    return (replace(handoff, gone=None), ()) if event.advocate == handoff.advocate else (handoff, ())


def _reported(handoff: Handoff, event: Reported, waits: Waits) -> Result:
    """What became of words. A late "sent" does not take back a "delivered"."""
    if event.fate in (Fate.HELD, Fate.SENDING):
        return handoff, ()
    still_open = (Fate.SENDING, Fate.SENT, Fate.UNKNOWN)
    said = tuple(replace(one, fate=event.fate) if one.key == event.key and one.fate in still_open else one for one in handoff.said)
    return replace(handoff, said=said), ()


def _ticked_with_advocate(handoff: Handoff, event: Ticked, waits: Waits) -> Result:
    if handoff.gone is not None and event.at - handoff.gone >= waits.advocate_gone:
        handoff, told = _in_front(handoff, event.at, waits, "advocate_gone")
        return handoff, (*told, Alert("gone"))
    if event.at - handoff.agreed >= waits.longest_case:
        return _farewell(handoff, event.at, waits, Ending.TOO_LONG, "closed")
    handoff = _overdue(handoff, event.at)
    since = waits_since(handoff)
    if since is not None and not handoff.alerted and event.at - since >= waits.unanswered:
        return replace(handoff, alerted=True), (Alert("unanswered"),)
    return handoff, ()


def _overdue(handoff: Handoff, at: float) -> Handoff:
    if not any(said.fate is Fate.SENDING and at - said.at >= _SENDING for said in handoff.said):
        return handoff
    said = tuple(replace(one, fate=Fate.UNKNOWN) if one.fate is Fate.SENDING and at - one.at >= _SENDING else one for one in handoff.said)
    return replace(handoff, said=said)


def waits_since(handoff: Handoff) -> float | None:
    """Since when her words wait for an answer; None where the last word was the advocate's."""
    since = handoff.joined if not any(said.who != PERSON and said.at >= handoff.joined for said in handoff.said) else None
    for said in handoff.said:
        if said.who != PERSON:
            since = None
        elif since is None and said.at >= handoff.joined:
            since = said.at
    return since


# --- the last question -----------------------------------------------------------------------------------------------------------


def _picked_at_end(handoff: Handoff, event: Picked, waits: Waits) -> Result:
    if event.choice in _CHOICES_OF["ending"] and handoff.ending is None:
        helped = replace(handoff, helped=event.choice.removeprefix("helped_"))
        return _ended(helped, Ending.CLOSED), (Tell("erased", {}), Erase())
    if event.choice not in ("read", "status"):
        return _gone(handoff)
    handoff, told = _released(handoff, event.at)
    if handoff.ending is not None:
        return _ended(handoff, handoff.ending), (*told, Erase())
    if told:
        return replace(handoff, closing=event.at), told
    return handoff, (Tell("ending", {"name": handoff.display}, _CHOICES_OF["ending"]),)


def _wrote_at_end(handoff: Handoff, event: Wrote, waits: Waits) -> Result:
    """The bot is there again; that the question was not answered is an answer."""
    if _waits_to_be_read(handoff) and not _surely_hers(handoff, event.at, waits):
        return replace(handoff, knocked=True), (ToBot(), _KNOCK)
    return _ended(handoff, handoff.ending or Ending.CLOSED), (ToBot(), *_released(handoff, event.at)[1], Erase())


def _ticked_at_end(handoff: Handoff, event: Ticked, waits: Waits) -> Result:
    """What she has not read by then is gone as well."""
    open_for = waits.longest if _waits_to_be_read(handoff) else waits.closing
    if event.at - handoff.closing < open_for:
        return handoff, ()
    return _ended(handoff, handoff.ending or Ending.CLOSED), (Erase(),)


# --- what cannot matter ----------------------------------------------------------------------------------------------------------


def _nothing(handoff: Handoff, event: Event, waits: Waits) -> Result:
    """As if it had not happened."""
    return handoff, ()


def _to_bot(handoff: Handoff, event: Event, waits: Waits) -> Result:
    """Her words are the bot's. A draft stays open beside them."""
    return handoff, (ToBot(),)


def _choice_gone(handoff: Handoff, event: Event, waits: Waits) -> Result:
    return _gone(handoff)


def _not_waiting(handoff: Handoff, event: Event, waits: Waits) -> Result:
    return handoff, (Refuse(Refusal.NOT_WAITING),)


def _refuse(handoff: Handoff, event: Event, waits: Waits) -> Result:
    return handoff, (Refuse(Refusal.OVER if handoff.state in (State.CLOSING, State.ENDED) else Refusal.NOT_YOURS),)


def _cleared_draft(handoff: Handoff, event: Cleared, waits: Waits) -> Result:
    return _ended(handoff, event.ending), (Erase(),)


def _cleared(handoff: Handoff, event: Cleared, waits: Waits) -> Result:
    """The neutral goodbye with the numbers, whether or not the phone is in her hands: it tells nothing."""
    return _ended(handoff, event.ending), (Tell("goodbye", {}), Erase())


_DRAFT: Mapping[type[Event], Step] = {
    Wrote: _to_bot,
    Left: _over(Ending.DECLINED),
    Lost: _over(Ending.UNREACHABLE),
    Claimed: _not_waiting,
    Answered: _refuse,
    Transferred: _refuse,
    Requeued: _refuse,
    Closed: _refuse,
    Blocked: _refuse,
    Dropped: _nothing,
    Returned: _nothing,
    Reported: _nothing,
    Ticked: _nothing,
    Cleared: _cleared_draft,
}

TRANSITIONS: Mapping[State, Mapping[type[Event], Step]] = {
    State.OFFERED: {**_DRAFT, Picked: _picked_in_offer},
    State.CARD: {**_DRAFT, Picked: _picked_in_card, Wrote: _wrote_at_card},
    State.WORDS: {**_DRAFT, Picked: _picked_in_words, Wrote: _wrote_words},
    State.SAFETY: {**_DRAFT, Picked: _picked_in_safety, Wrote: _wrote_at_safety},
    State.WAITING: {
        Picked: _picked_in_wait,
        Wrote: _wrote_in_wait,
        Left: _over(Ending.LEFT_QUEUE),
        Lost: _over(Ending.UNREACHABLE),
        Claimed: _claimed,
        Answered: _refuse,
        Transferred: _refuse,
        Requeued: _refuse,
        Closed: _refuse,
        Blocked: _refuse,
        Dropped: _nothing,
        Returned: _nothing,
        Reported: _reported,
        Ticked: _ticked_in_wait,
        Cleared: _cleared,
    },
    State.JOINED: {
        Picked: _picked_with_advocate,
        Wrote: _wrote_to_advocate,
        Left: _over(Ending.LEFT),
        Lost: _over(Ending.UNREACHABLE),
        Claimed: _not_waiting,
        Answered: _answered,
        Transferred: _transferred,
        Requeued: _requeued,
        Closed: _closed,
        Blocked: _blocked,
        Dropped: _dropped,
        Returned: _returned,
        Reported: _reported,
        Ticked: _ticked_with_advocate,
        Cleared: _cleared,
    },
    State.CLOSING: {
        Picked: _picked_at_end,
        Wrote: _wrote_at_end,
        Left: _over(Ending.CLOSED),
        Lost: _over(Ending.CLOSED),
        Claimed: _not_waiting,
        Answered: _refuse,
        Transferred: _refuse,
        Requeued: _refuse,
        Closed: _nothing,
        Blocked: _refuse,
        Dropped: _nothing,
        Returned: _nothing,
        Reported: _reported,
        Ticked: _ticked_at_end,
        Cleared: _cleared,
    },
    State.ENDED: {
        Picked: _choice_gone,
        Wrote: _to_bot,
        Left: _nothing,
        Lost: _nothing,
        Claimed: _not_waiting,
        Answered: _refuse,
        Transferred: _refuse,
        Requeued: _refuse,
        Closed: _nothing,
        Blocked: _refuse,
        Dropped: _nothing,
        Returned: _nothing,
        Reported: _nothing,
        Ticked: _nothing,
        Cleared: _nothing,
    },
}


def step(handoff: Handoff, event: Event, waits: Waits) -> Result:
    """What an event makes of a handoff.

    Args:
        handoff: as it stands.
        event: what happened.
        waits: the stated times.
    Returns:
        The handoff after it, and what is to be done, in that order.
    """
    return TRANSITIONS[handoff.state][type(event)](handoff, event, waits)
