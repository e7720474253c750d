"""Random walks through the life of a handoff: whatever happens in whatever order, what is promised holds."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import asdict, dataclass, field, replace

import pytest

from bot.handoff import life
from bot.handoff.life import DRAFTS, EVENTS, Effect, Ending, Event, Fate, Handoff, Point, State, step

from .situations import NOW, SITUATIONS, WAITS

# A day in the life of a quick desk: so a walk of some hundred steps sees every limit.
QUICK = replace(WAITS, longest=600.0, closing=120.0, longest_case=3600.0, quiet=120.0, advocate_gone=60.0)
TICK = 30.0
STAFF = ("ana", "ben", "sue")  # Sue is a supervisor
PICKS = (
    "agree", "card", "no", "join_now", "send", "none", "words", "back", "strike:0", "strike:1", "strike:7", "strike:x",
    "text_short", "text_long", "text_never", "leave", "stay", "any_language", "read", "status", "go_on", "end",
    "helped_yes", "helped_some", "helped_no", "", "no such choice",
)  # fmt: skip
SECRET = "secret words"  # begins everything that anybody writes
LIKELY = {
    State.OFFERED: ("agree", "join_now"),
    State.CARD: ("send", "none", "words", "strike:1"),
    State.WORDS: ("back",),
    State.SAFETY: ("text_short", "text_long", "text_never"),
}
# What happens how often.
OFTEN: dict[type[Event], float] = {
    life.Picked: 4, life.Wrote: 6, life.Claimed: 4, life.Answered: 8, life.Transferred: 1, life.Requeued: 1, life.Closed: 0.5,
    life.Blocked: 0.1, life.Dropped: 1, life.Returned: 1, life.Reported: 3, life.Ticked: 2, life.Left: 0.05, life.Lost: 0.05,
    life.Cleared: 0.05,
}  # fmt: skip
SILENT = (life.Left, life.Lost)
HERS = (life.Picked, life.Wrote)


@dataclass
class Walk:
    """One life, and what a witness knows of it without looking into it.

    Attributes:
        chance: what happens next.
        pairs: which event came in which state.
        now: the time.
        advocate: who has it.
        agreed: when she agreed.
        heard: when she last wrote or picked.
        stirred: when anything last came from her phone in a case.
        told_of: when she was told of the advocate who has it, or None.
        knocked: the neutral line is out.
        accepted: keys of an advocate's words, as they were taken.
        relayed: keys of words as they went to her.
        enqueued, erased: how often.
        texting: seconds that she allowed.
        written: how many keys there are.
        waited: how many words waited before they went to her.
        handoff: as it stands.
    """

    chance: random.Random
    pairs: Counter[tuple[State, type[Event]]]
    now: float = NOW
    advocate: str | None = None
    agreed: float | None = None
    heard: float = NOW
    stirred: float = NOW
    told_of: float | None = None
    knocked: bool = False
    accepted: list[str] = field(default_factory=list)
    relayed: list[str] = field(default_factory=list)
    enqueued: int = 0
    erased: int = 0
    texting: float = 0.0
    written: int = 0
    waited: int = 0

    def __post_init__(self) -> None:
        points = tuple(Point(self.chance.choice(("topic", "place", "urgent")), str(number)) for number in range(self.chance.randrange(7)))
        self.handoff = life.offered("en", "sms", points, self.chance.choice((None, "danger")), NOW)

    def key(self) -> str:
        """A new key, and sometimes one that was there already."""
        if self.written and self.chance.random() < 0.15:
            return f"k{self.chance.randrange(self.written)}"
        self.written += 1
        return f"k{self.written - 1}"

    def next(self) -> Event:
        """What happens next: mostly something plausible, sometimes anything."""
        chance, now, name = self.chance, self.now, self.chance.choice(STAFF)
        if self.handoff.state in DRAFTS and chance.random() < 0.6:
            return life.Picked(now, chance.choice(LIKELY[self.handoff.state]))
        if self.advocate and chance.random() < 0.5:
            name = self.advocate
        text, supervisor = f"{SECRET} {chance.random()}", name == "sue"
        kind = chance.choices(tuple(OFTEN), tuple(OFTEN.values()))[0]
        if kind is life.Picked:
            return life.Picked(now, chance.choice(PICKS))
        if kind is life.Wrote:
            text = "" if chance.random() < 0.1 else text
            return life.Wrote(now, self.key(), text, chance.choice((None, None, "danger")), chance.choice((None, "es")))
        if kind is life.Claimed:
            return life.Claimed(now, name, name.title(), chance.random() < 0.8)
        if kind is life.Answered:
            return life.Answered(now, name, self.key(), text)
        if kind is life.Transferred:
            return life.Transferred(now, name, chance.choice(STAFF), "Other", supervisor, chance.random() < 0.8)
        if kind is life.Requeued:
            return life.Requeued(now, name, supervisor)
        if kind is life.Closed:
            return life.Closed(now, name, chance.random() < 0.5)
        if kind is life.Reported:
            return life.Reported(now, self.key(), chance.choice(tuple(Fate)))
        if kind is life.Ticked:
            others = tuple(chance.sample(("en", "fr", "ar"), chance.randrange(3)))
            return life.Ticked(now, chance.random() < 0.5, others, chance.random() < 0.9)
        if kind is life.Cleared:
            return life.Cleared(now, chance.choice((Ending.WIPED, Ending.STOPPED)))
        if kind in (life.Left, life.Lost):
            return kind(now)
        return kind(now, name)  # type: ignore[call-arg]  # blocked, dropped, returned

    def go(self, steps: int) -> None:
        """So many events, and a tick whenever one is due; some more after the end."""
        due, over = self.now + TICK, 0
        for _ in range(steps):
            over += self.handoff.state is State.ENDED
            if over > 8:
                return
            self.now += self.chance.choice((0.0, 0.0, 1.0, 5.0, 20.0, 130.0))
            while due <= self.now:
                self.happens(life.Ticked(due))
                due += TICK
            self.happens(self.next())

    def happens(self, event: Event) -> None:
        """One event, and everything that must hold then."""
        before = self.handoff
        self.pairs[before.state, type(event)] += 1
        self.handoff, effects = step(before, event, QUICK)
        self.queue_only_after_consent(before, event, effects)
        self.one_advocate(before, event, effects)
        self.words_once_and_in_order(before, event, effects)
        self.only_where_she_may_be_told(before, event, effects)
        self.erased_at_the_end(before, event, effects)
        self.never_for_ever(event)
        self.the_same_again_is_nothing(event)

    def queue_only_after_consent(self, before: Handoff, event: Event, effects: tuple[Effect, ...]) -> None:
        """Nothing is in the queue before she agreed, once."""
        if any(isinstance(effect, life.Enqueue) for effect in effects):
            assert isinstance(event, life.Picked)
            assert event.choice in ("join_now", "text_short", "text_long", "text_never")
            assert before.state in DRAFTS and self.handoff.state is State.WAITING
            self.enqueued += 1
            self.agreed = event.at
            self.texting = {"text_long": 7200.0, "text_short": 1800.0, "join_now": 900.0}.get(event.choice, 0.0)
        assert self.enqueued <= 1
        if self.handoff.state in life.IN_QUEUE:
            assert self.enqueued == 1

    def one_advocate(self, before: Handoff, event: Event, effects: tuple[Effect, ...]) -> None:
        """Who has it is who claimed it or got it, and nobody else changes anything."""
        refused = [effect for effect in effects if isinstance(effect, life.Refuse)]
        if refused:
            assert self.handoff == before and len(effects) == 1
        elif isinstance(event, life.Claimed):
            assert before.state is State.WAITING and self.advocate is None
            assert event.writes or before.any_language
            self.advocate = event.advocate
        elif isinstance(event, life.Transferred):
            assert event.supervisor or event.advocate == self.advocate
            assert event.writes or before.any_language
            self.advocate = event.to
        elif isinstance(event, life.Requeued):
            assert event.supervisor or event.advocate == self.advocate
        elif isinstance(event, (life.Answered, life.Blocked)) or (isinstance(event, life.Closed) and self.handoff != before):
            assert event.advocate == self.advocate
        if self.handoff.state is not State.JOINED:
            self.advocate = None
        assert self.handoff.advocate == self.advocate
        if before.state is State.JOINED and self.handoff.state is State.WAITING:
            assert self.handoff.front

    def words_once_and_in_order(self, before: Handoff, event: Event, effects: tuple[Effect, ...]) -> None:
        """An advocate's words go out once, in the order in which they were taken, and only while it is not over."""
        if isinstance(event, life.Answered) and self.handoff.said[-1:] != before.said[-1:]:
            self.accepted.append(event.key)
        for effect in effects:
            if isinstance(effect, life.Relay):
                assert self.erased == 0 and before.state is not State.ENDED
                assert effect.text.startswith(SECRET)
                self.relayed.append(effect.key)
                self.waited += not isinstance(event, life.Answered)
        assert self.relayed == self.accepted[: len(self.relayed)]
        held = [said.key for said in self.handoff.said if said.fate is Fate.HELD]
        if self.handoff.state is not State.ENDED:
            assert held == self.accepted[len(self.relayed) :]

    def only_where_she_may_be_told(self, before: Handoff, event: Event, effects: tuple[Effect, ...]) -> None:
        """Without having asked she is told nothing where she may not be, behind the neutral line nothing at all."""
        names = [effect.name for effect in effects if isinstance(effect, life.Tell)]
        relays = [effect for effect in effects if isinstance(effect, life.Relay)]
        if isinstance(event, SILENT):
            assert not names and not relays
        elif isinstance(event, HERS):
            if self.knocked and not isinstance(event, life.Picked):
                assert (not relays and set(names) <= {"knock"}) or before.state in DRAFTS
        else:
            allowed = event.at < self.heard + self.texting
            writing = before.state is State.JOINED and self.told_of is not None and self.heard >= self.told_of
            if relays or set(names) - {"knock", "goodbye", "blocked"}:
                assert not self.knocked and event.at <= self.heard + QUICK.quiet and (allowed or writing)
            if "knock" in names:
                # Somebody has just written to the advocate: the neutral line may answer that.
                stirred = before.met is not None and event.at <= self.stirred + QUICK.quiet
                assert not self.knocked and (allowed or stirred)
        self._note_what_she_knows(event, effects, names)

    def _note_what_she_knows(self, event: Event, effects: tuple[Effect, ...], names: list[str]) -> None:
        said = any(isinstance(effect, (life.Tell, life.Relay)) for effect in effects)
        if isinstance(event, HERS):
            self.stirred = event.at
        if isinstance(event, life.Picked) and (names != ["choice_gone"] or self.handoff.state in DRAFTS):
            self.knocked = False
            self.heard = event.at
        elif isinstance(event, life.Wrote) and not (self.knocked or "knock" in names) and self.handoff.state in life.IN_QUEUE:
            dropped = self.handoff.state is State.JOINED and self.handoff.heard != event.at  # the same message again
            self.heard = self.heard if dropped else event.at
        if "knock" in names:
            self.knocked = True
        if self.handoff.state is not State.JOINED:
            self.told_of = None
        elif said and {"joined", "joined_other", "transferred", "still_joined"} & set(names) and self.told_of is None:
            self.told_of = event.at

    def erased_at_the_end(self, before: Handoff, event: Event, effects: tuple[Effect, ...]) -> None:
        """Each way to the end erases once, and nothing of her is left then."""
        self.erased += sum(isinstance(effect, life.Erase) for effect in effects)
        assert self.erased == (self.handoff.state is State.ENDED)
        if self.handoff.state is State.ENDED:
            left = self.handoff
            assert (left.said, left.held, left.advocate, left.display, left.struck) == ((), (), None, "", ())
            assert {point.kind for point in left.points} <= {"topic"}
            assert set(left.points) <= set(before.shown) | set(before.points if before.state is State.ENDED else ())
            assert before is left or SECRET not in str(asdict(left))
            assert left.ending is not None

    def never_for_ever(self, event: Event) -> None:
        """Whatever happens, it is over in its time; nobody waits longer than stated."""
        if self.agreed is not None and self.handoff.state is not State.ENDED:
            assert event.at <= self.agreed + QUICK.longest_case + QUICK.longest + QUICK.closing + TICK
        if self.handoff.state is State.WAITING:
            assert event.at <= self.handoff.since + QUICK.longest + TICK
        if self.handoff.state is State.JOINED and self.handoff.gone is not None:
            assert event.at <= self.handoff.gone + QUICK.advocate_gone + TICK

    def the_same_again_is_nothing(self, event: Event) -> None:
        """What comes twice is there once."""
        if isinstance(event, (life.Answered, life.Reported, life.Closed, life.Left, life.Lost, life.Cleared, life.Dropped, life.Returned)):
            again, effects = step(self.handoff, event, QUICK)
            assert again == self.handoff
            assert all(isinstance(effect, life.Refuse) for effect in effects)
        if isinstance(event, life.Wrote) and any(said.key == event.key for said in self.handoff.said):
            assert step(self.handoff, event, QUICK)[0].said == self.handoff.said


def test_every_walk_keeps_what_is_promised() -> None:
    """And the walks get everywhere, else they would promise little: each event in each state of a case, each ending, words that waited."""
    pairs: Counter[tuple[State, type[Event]]] = Counter()
    endings: Counter[Ending | None] = Counter()
    waited = 0
    for seed in range(600):
        walk = Walk(random.Random(seed), pairs)
        try:
            walk.go(120)
        except AssertionError as error:
            raise AssertionError(f"walk {seed}") from error
        endings[walk.handoff.ending] += 1
        waited += walk.waited
    assert {(state, event) for state in (*life.IN_QUEUE, State.ENDED) for event in EVENTS} <= set(pairs)
    assert set(Ending) <= set(endings)
    assert waited > 100


@pytest.mark.parametrize("situation", [name for name, handoff in SITUATIONS.items() if handoff.state is State.WAITING])
@pytest.mark.parametrize("open_", (True, False))
def test_with_time_alone_a_wait_ends(situation: str, open_: bool) -> None:
    handoff, silent = SITUATIONS[situation], 0
    for seconds in range(0, int(2 * WAITS.longest) + 60, 30):
        handoff, effects = step(handoff, life.Ticked(NOW + seconds, open=open_), WAITS)
        silent += not effects
        if NOW + seconds >= SITUATIONS[situation].since + WAITS.longest:
            assert handoff.state is not State.WAITING
    assert handoff.state is State.ENDED
    assert handoff.ending is Ending.NOBODY_CAME


@pytest.mark.parametrize("situation", [name for name, handoff in SITUATIONS.items() if handoff.state is State.JOINED])
def test_with_time_alone_a_lost_advocate_is_replaced(situation: str) -> None:
    handoff, _ = step(SITUATIONS[situation], life.Dropped(NOW, "ana"), WAITS)
    handoff, _ = step(handoff, life.Ticked(NOW + WAITS.advocate_gone), WAITS)
    assert (handoff.state, handoff.front, handoff.advocate) == (State.WAITING, True, None)
    assert handoff.said == SITUATIONS[situation].said
