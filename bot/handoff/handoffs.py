"""Carries out what the life of a handoff decides: keeps the cases, tells her, passes words both ways, shows the desk what changed.

The person's side is called by the conversation, the desk's side by the desk, time by `run`. Each change is one step of
`bot.handoff.life` under the lock of its case; what it brings about is done afterwards, in order for each case.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from bot.dialogue.opening_hours import moment
from bot.errors import HelplineError, StoreUnavailable
from bot.handoff import life
from bot.handoff.cases import Cases
from bot.handoff.counts import Counts
from bot.handoff.desk_view import Advocate, CaseView, Notice, Presence, Row
from bot.handoff.life import Effect, Ending, Fate, Handoff, Point, Refusal, State
from bot.handoff.lines import Desk, desk_settings, is_open, next_opening
from bot.handoff.presence import Presences
from bot.handoff.queueing import Place, estimate, in_order, next_for
from bot.handoff.records import Record
from bot.handoff.wording import Option, Outlook, closed_line, emergency_line, lost_line, offer_lines, titled, ways, worded
from bot.locales import all_locales
from bot.privacy.keys import KeyRing
from bot.store import Store

ANSWER_MOST = 1_000  # characters of one answer of an advocate
_TOPIC = "desk"  # under which notices are published
_TICK = 2.0  # seconds between looks at what time has brought
_REPORT_SECONDS = 3 * 3600.0  # for which a provider's report on a message can come
_BLOCK_SECONDS = 24 * 3600.0
_COUNTS_EVERY = 600.0  # seconds
_DRAIN = 8.0  # seconds that goodbyes get
_TURN, _LOOK = 30.0, 0.05  # seconds for which words wait for those before them that another worker sends, and between looks at these
_LOG = logging.getLogger(__name__)


class Sent(Protocol):
    """What became of something that was sent; see `bot.channels.outlets.Sent`."""

    @property
    def fate(self) -> Fate:
        """What became of it."""
        ...

    @property
    def lost(self) -> bool:
        """Nothing will reach that phone any more."""
        ...

    @property
    def receipt(self) -> str:
        """What a later report on it bears, or empty."""
        ...


class Postman(Protocol):
    """Brings to her phone what she has not just asked for; see `bot.conversation.pushing.Pusher`."""

    async def tell(self, channel: str, address: str, locale: str, blocks: Sequence[str], options: Sequence[Option]) -> Sent:
        """The service's own words with choices, which are open from then on."""
        ...

    async def relay(self, channel: str, address: str, locale: str, text: str) -> Sent:
        """An advocate's words."""
        ...

    async def typing(self, channel: str, address: str) -> None:
        """That somebody is typing, where the channel can show it."""
        ...


@dataclass(frozen=True)
class Heard:
    """What is said to a person who has just written or picked.

    Attributes:
        state: where her handoff stands now.
        blocks: paragraphs; empty for silence.
        options: what may be picked next, as (title, payload).
        locale: of the words.
        to_bot: the bot is to answer what she wrote, with the paragraphs before it.
        warn: the bot is to tell her the numbers for the danger that was heard.
        draft: the handoff as her session keeps it, while nothing is in the queue yet.
    """

    state: State
    blocks: tuple[str, ...]
    options: tuple[Option, ...]
    locale: str
    to_bot: bool = False
    warn: bool = False
    draft: Handoff | None = None

    def __repr__(self) -> str:
        return f"<Heard {self.state.value}>"


@dataclass(frozen=True)
class _Post:
    """Something that is to go out."""

    record: Record
    address: str
    effect: life.Tell | life.Relay

    def __repr__(self) -> str:
        return f"<Post {type(self.effect).__name__}>"


class Handoffs:
    """All handoffs of the service, in this worker.

    Args:
        store, keys: shared by all workers.
        postman: brings words to phones.
        staffed: whether there is anybody who could sign in at the desk at all.
        counts: for reports.
        tell_open: is told how many cases are open, often.
        broken_until: until when, by the clock, people are told that the service before this one broke off with cases open.
        clock: seconds, the same in all workers.
        now: the time of day, aware.
    """

    def __init__(
        self,
        store: Store,
        keys: KeyRing,
        postman: Postman,
        *,
        staffed: Callable[[], bool] = lambda: True,
        counts: Counts | None = None,
        tell_open: Callable[[int], None] = lambda count: None,
        broken_until: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime.datetime] = lambda: datetime.datetime.now(datetime.timezone.utc),
    ) -> None:
        self._store, self._keys, self._postman, self._staffed = store, keys, postman, staffed
        self._clock, self._now = clock, now
        self.counts = counts or Counts()
        self._cases = Cases(store, keys, self._desk().waits.longest_case)
        self._presences = Presences(store, clock)
        self._outgoing: dict[str, asyncio.Task[None]] = {}
        self._known: dict[str, Record] = {}
        self._stale: set[str] | None = None  # None: all
        self._looking = asyncio.Lock()
        self._tell_open = tell_open
        self._broken_until = broken_until
        self._left = set[str]()
        self._counts_written = clock()

    # --- the stated times ----------------------------------------------------------------------------------------------------

    @staticmethod
    def _desk() -> Desk:
        return desk_settings()

    # --- the person's side ---------------------------------------------------------------------------------------------------

    @property
    def in_use(self) -> bool:
        """Whether this service has a desk at all."""
        return self._staffed()

    @property
    def _has_cases(self) -> bool:
        """Whether there may be an open case: also one whose advocates have just lost their accounts."""
        return self.in_use or self._cases.remembers

    async def state_of(self, channel: str, address: str) -> tuple[str, State] | None:
        """The open case of whoever has that address, and where it stands for her; None where there is none.

        As long as she does not know of the advocate who has it, she waits, and what she writes is for the bot.
        """
        if not self._has_cases:
            return None
        case = await self._cases.of(channel, address)
        record = await self._cases.read(case) if case else None
        if case is None or record is None:
            return None
        joined = record.handoff.state is State.JOINED
        return case, State.WAITING if joined and record.handoff.met is None else record.handoff.state

    async def can_take(self, channel: str, address: str) -> bool:
        """Whether a human can be offered to that person now: the hotline is open, somebody is there, and she is not blocked."""
        if not self.in_use or not is_open(self._desk(), self._now()):
            return False
        if await self._store.get(self._blocked(channel, address)) is not None:
            return False
        return bool(await self._presences.all())

    def closed(self, locale: str) -> str:
        """That nobody is at the desk, and when somebody will be."""
        now = self._now()
        opens = None if is_open(self._desk(), now) else next_opening(self._desk(), now)
        return closed_line(locale, moment(locale, opens, now, zone=True) if opens else "")

    def lost_lines(self, locale: str, country: str | None) -> tuple[str, ...]:
        """What a person hears first in the hour after the service broke off with cases open; else nothing."""
        return (lost_line(locale), emergency_line(locale, country)) if self._clock() < self._broken_until else ()

    def offer(self, locale: str, channel: str, points: tuple[Point, ...], urgent: str | None) -> Heard:
        """Offers a human; the answer to it is a choice (`picked`)."""
        draft = life.offered(locale, channel, points, urgent, self._clock())
        options = tuple(titled(locale, draft, choice) for choice in ("agree", "call", "no"))
        return Heard(draft.state, tuple(offer_lines(locale, frozenset(self._desk().must_report))), options, locale, draft=draft)

    def urgent_offer(self, locale: str, channel: str, urgent: str) -> Heard:
        """The one digit behind urgent numbers that brings a human, who sees only that it is urgent: there is no time to show more first."""
        draft = life.offered(locale, channel, (Point("urgent", urgent),), urgent, self._clock())
        return Heard(draft.state, (), (titled(locale, draft, "join_now"),), locale, draft=draft)

    async def picked_in_draft(self, draft: Handoff, choice: str, channel: str, address: str, country: str | None) -> Heard:
        """She picked something while nothing is in the queue yet."""
        return await self._in_draft(draft, life.Picked(self._clock(), choice), channel, address, country)

    async def wrote_in_draft(self, draft: Handoff, text: str, channel: str, address: str, country: str | None) -> Heard:
        """She wrote while nothing is in the queue yet."""
        return await self._in_draft(draft, life.Wrote(self._clock(), "", text), channel, address, country)

    async def _in_draft(self, draft: Handoff, event: life.Event, channel: str, address: str, country: str | None) -> Heard:
        after, effects = life.step(draft, event, self._desk().waits)
        case = ""
        if any(isinstance(effect, life.Enqueue) for effect in effects):
            case = await self._cases.open(after, channel, address, country)
            await self._changed(case, effects)
        if after.state is State.ENDED:
            self.counts.ended(after)
        heard = await self._heard(after, effects, country, case)
        return replace(heard, draft=after if after.state in life.DRAFTS else None)

    async def picked(self, case: str, choice: str) -> Heard | None:
        """She picked something in an open case; None where it is gone."""
        return await self._direct(case, life.Picked(self._clock(), choice))

    async def wrote(self, case: str, key: str, text: str, urgent: str | None = None, locale: str | None = None) -> Heard | None:
        """She wrote, in an open case; None where it is gone.

        Args:
            case: its id.
            key: the provider's id of the message, or empty.
            text: her words.
            urgent: the kind of urgency that was surely heard in them.
            locale: in which the bot answers her, where it does.
        """
        key = self._keys.steady.identify("said", key)[:16] if key else secrets.token_hex(8)  # the same for a repeat after a rotation
        return await self._direct(case, life.Wrote(self._clock(), key, text, urgent, locale))

    async def left(self, channel: str, address: str) -> None:
        """She left, erased or stopped. Where the store is away, it is done as soon as that is back: no word may reach her any more.

        Raises:
            StoreUnavailable: it is not done yet.
        """
        if not self._has_cases:
            return
        try:
            if case := await self._cases.of(channel, address):
                await self._direct(case, life.Left(self._clock()))
        except BaseException:
            self._left |= self._cases.remembered(channel, address)
            raise

    async def _direct(self, case: str, event: life.Event) -> Heard | None:
        """A step whose words are the reply to her own message."""
        stepped = await self._step(case, event)
        if stepped is None:
            return None
        record, effects = stepped
        heard = await self._heard(record.handoff, effects, record.country, case)
        for effect in effects:
            if isinstance(effect, life.Relay):
                await self._step(case, life.Reported(self._clock(), effect.key, Fate.SENT))
        return heard

    async def _heard(self, handoff: Handoff, effects: Sequence[Effect], country: str | None, case: str) -> Heard:
        blocks, options = list[str](), list[Option]()
        for effect in effects:
            if isinstance(effect, life.Tell):
                said, choices = await self._worded(handoff, effect, country, case)
                blocks += said
                options += [choice for choice in choices if choice not in options]
            elif isinstance(effect, life.Relay):
                blocks.append(effect.text)
        to_bot = any(isinstance(effect, life.ToBot) for effect in effects)
        warn = any(isinstance(effect, life.Warn) for effect in effects)
        return Heard(handoff.state, tuple(blocks), tuple(options), handoff.locale, to_bot, warn)

    async def _worded(self, handoff: Handoff, tell: life.Tell, country: str | None, case: str) -> tuple[list[str], list[Option]]:
        outlook = await self._outlook(case) if tell.name in ("waiting", "waiting_urgent") else Outlook(0, None, 0.0)
        return worded(handoff, tell, country, outlook, self._desk().waits.closing, frozenset(self._desk().must_report))

    async def _outlook(self, case: str) -> Outlook:
        """How long she waits. Who does not write her language makes that no shorter; where nobody does, nobody knows."""
        places = in_order(await self._places(), self._desk().urgent_ahead)
        ahead = next((number for number, place in enumerate(places) if place.id == case), len(places))
        languages = {language for place in places if place.id == case for language in (place.locale, *place.also)}
        hers = [one for one in await self.staff() if one.available and not languages.isdisjoint(one.advocate.languages)]
        free = sum(max(0, one.advocate.most_cases - one.cases) for one in hers)
        seconds = estimate(await self._waits_of_others(), ahead, free) if hers else None
        return Outlook(ahead if hers else None, seconds, self._desk().waits.longest)

    # --- the desk's side -----------------------------------------------------------------------------------------------------

    async def board(self) -> tuple[Row, ...]:
        """All cases: those who wait in the order in which they are to be taken, then those with an advocate, then those that close."""
        now, records = self._clock(), await self._records()
        waiting = [place.id for place in in_order(_places(records), self._desk().urgent_ahead)]
        others = [case for state in (State.JOINED, State.CLOSING) for case in records if records[case].handoff.state is state]
        return tuple(_row(case, records[case].handoff, now) for case in (*waiting, *others))

    async def case(self, case: str) -> CaseView | None:
        """A case as it is shown; None where it is gone."""
        record = await self._cases.read(case)
        if record is None:
            return None
        handoff, now = record.handoff, self._clock()
        country = next((point.value for point in handoff.shown if point.kind == "country"), None)
        held = any(said.fate is Fate.HELD for said in handoff.said) or bool(handoff.held)
        asked = handoff.state is State.CLOSING
        return CaseView(_row(case, handoff, now), handoff.shown, handoff.said, now, held, asked, country)

    async def staff(self) -> tuple[Presence, ...]:
        """Who is at the desk."""
        records = await self._records()
        held = [record.handoff.advocate for record in records.values() if record.handoff.state is State.JOINED]
        return tuple(replace(one, cases=held.count(one.advocate.name)) for one in await self._presences.all())

    async def present(self, advocate: Advocate, *, available: bool) -> None:
        """The advocate is at the desk; to be said again every few seconds."""
        if await self._presences.put(advocate, available):
            await self._publish(Notice("staff"))
        for case, record in (await self._records()).items():
            if record.handoff.advocate == advocate.name and record.handoff.gone is not None:
                await self._pushed(case, life.Returned(self._clock(), advocate.name))

    async def absent(self, name: str) -> None:
        """The advocate has signed out."""
        await self._presences.take_out(name)
        await self._publish(Notice("staff"))

    async def claim(self, case: str, advocate: Advocate) -> Refusal | None:
        """The advocate takes a case; exclusive even when two do so at once."""
        writes = await self._writes(case, advocate)
        return await self._act(case, life.Claimed(self._clock(), advocate.name, advocate.display, writes))

    async def _writes(self, case: str, advocate: Advocate) -> bool:
        record = await self._cases.read(case)
        return record is None or record.handoff.locale in advocate.languages

    async def take_next(self, advocate: Advocate) -> str | None:
        """The advocate takes the first who waits and can be answered; None where there is nobody."""
        for _ in range(len(await self._records()) + 1):
            place = next_for(await self._places(), advocate.languages, self._desk().urgent_ahead)
            if place is None:
                return None
            if await self.claim(place.id, advocate) is None:
                return place.id
            self._look_at(place.id)  # another worker was first, and its notice is still under way
        return None

    async def answer(self, case: str, advocate: Advocate, key: str, text: str) -> Refusal | None:
        """The advocate writes; the same key twice is one message."""
        return await self._act(case, life.Answered(self._clock(), advocate.name, key, text))

    async def typing(self, case: str, advocate: Advocate) -> None:
        """The advocate is typing."""
        record = await self._cases.read(case)
        if not record or record.handoff.advocate != advocate.name:
            return
        if life.may_be_told(record.handoff, self._clock(), self._desk().waits) and (address := await self._cases.address(case)):
            await self._postman.typing(record.channel, address)

    async def transfer(self, case: str, advocate: Advocate, to: str) -> Refusal | None:
        """Hands the case to another who is at the desk."""
        other = next((one.advocate for one in await self._presences.all() if one.advocate.name == to), None)
        if other is None:
            return Refusal.NOT_THERE
        writes = await self._writes(case, other)
        event = life.Transferred(self._clock(), advocate.name, other.name, other.display, advocate.supervisor, writes)
        return await self._act(case, event)

    async def requeue(self, case: str, advocate: Advocate) -> Refusal | None:
        """Puts the case back in front of the queue."""
        return await self._act(case, life.Requeued(self._clock(), advocate.name, advocate.supervisor))

    async def close(self, case: str, advocate: Advocate, *, asks: bool = True) -> Refusal | None:
        """Ends the case, with the one question or without."""
        asks = asks and self._desk().asks_whether_it_helped
        return await self._act(case, life.Closed(self._clock(), advocate.name, asks))

    async def block(self, case: str, advocate: Advocate) -> Refusal | None:
        """Ends the case, and offers that phone no human for a day. What is kept for that is a keyed hash."""
        record, address = await self._cases.read(case), await self._cases.address(case)
        refusal = await self._act(case, life.Blocked(self._clock(), advocate.name))
        if refusal is None and record and address:
            await self._store.set(self._blocked(record.channel, address), b"1", _BLOCK_SECONDS)
        return refusal

    def watch(self) -> AbstractAsyncContextManager[AsyncIterator[Notice]]:
        """What changes, as it changes."""
        return self._watch()

    @asynccontextmanager
    async def _watch(self) -> AsyncIterator[AsyncIterator[Notice]]:
        async with self._store.subscribe(_TOPIC) as messages:
            yield (Notice(**json.loads(message)) if message else Notice("all") async for message in messages)

    async def wipe(self) -> int:
        """Every open case and session is gone; the people hear the neutral goodbye with the numbers. Returns how many cases."""
        await self._publish(Notice("wiped"))  # goodbyes take their time: what is on the screens goes before
        ended = await self.end_all(Ending.WIPED)
        await self._publish(Notice("wiped"))  # before as well: a worker that remembers a case gives it to a store that is empty
        await self._cases.wipe()
        self._forget_all()
        await self._publish(Notice("wiped"))  # again: of what waited to be heard nothing is left
        return ended

    async def end_all(self, ending: Ending) -> int:
        """Ends every case with the goodbye, and waits some seconds for that; returns how many."""
        records = await self._cases.all()
        for case in records:
            try:
                await self._pushed(case, life.Cleared(self._clock(), ending))
            except HelplineError as error:
                _LOG.error("handoff.end: a case was not ended (%s)", error)  # the others hear the goodbye all the same
        await self.settle()
        self._tell_open(len(await self._cases.all()))  # of several workers each counts what it has heard of, and this is the last word
        return len(records)

    async def settle(self) -> None:
        """Waits some seconds for what is on its way out of this worker."""
        if tasks := list(self._outgoing.values()):
            await asyncio.wait(tasks, timeout=_DRAIN)

    async def open_cases(self) -> int:
        """How many are open."""
        return len(await self._records())

    # --- time and providers --------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Looks at what time has brought, until it is cancelled."""
        hearing = asyncio.create_task(self._hear_notices())
        try:
            while True:
                await asyncio.sleep(_TICK)
                if not self._has_cases:
                    continue
                try:
                    await self.tick()
                except HelplineError:
                    pass  # the store is away: the next look may find it back
                except Exception as error:  # noqa: BLE001 - without these looks keys outlive no case, and nobody hears that nobody comes
                    _LOG.error("handoff.tick: an unforeseen %s. Report this with the version of the service.", type(error).__name__)
        finally:
            hearing.cancel()

    async def tick(self) -> None:
        """One look."""
        if await self._cases.put_back():
            _LOG.warning("handoff.put_back: the store had been emptied; open cases were put back.")
            await self._publish(Notice("all"))
        await self._end_left()
        records = await self._cases.keep_up()
        await self._see_that_boards_show(records)
        self._write_counts()
        if not await self._store.claim("handoff:tick", _TICK * 0.9):
            return
        staff = {one.advocate.name: one.advocate for one in await self._presences.all()}
        self._tell_open(len(records))
        for case, record in records.items():
            try:
                await self._tick_case(case, record, staff)
            except HelplineError:
                continue  # somebody else holds it
            except Exception as error:  # noqa: BLE001 - for the others time passes all the same
                _LOG.error("handoff.tick: an unforeseen %s in a case. Report this with the version of the service.", type(error).__name__)

    async def _end_left(self) -> None:
        """Ends, without a word, what could not be ended or begun when the store was away."""
        for waiting in (self._left, self._cases.half_open):
            for case in list(waiting):
                await self._direct(case, life.Left(self._clock()))
                waiting.discard(case)

    async def _see_that_boards_show(self, records: dict[str, Record]) -> None:
        """A notice may be lost with the worker that was to give it."""
        if self._stale is None:
            return
        for case in self._known.keys() | records.keys():
            known, found = self._known.get(case), records.get(case)
            if case not in self._stale and (known and known.version) != (found and found.version):
                self._look_at(case)
                await self._publish(Notice("case", case))

    def _write_counts(self) -> None:
        if self._clock() - self._counts_written < _COUNTS_EVERY:
            return
        self._counts_written = self._clock()
        try:
            self.counts.write()
        except HelplineError as error:
            _LOG.error("handoff.counts: %s", error)

    async def _tick_case(self, case: str, record: Record, staff: dict[str, Advocate]) -> None:
        now, handoff, country = self._clock(), record.handoff, record.country
        if handoff.advocate and (handoff.advocate in staff) == (handoff.gone is not None):
            kind = life.Returned if handoff.advocate in staff else life.Dropped
            await self._pushed(case, kind(now, handoff.advocate))
        languages = tuple(sorted({language for one in staff.values() for language in one.languages}))
        there = ways(handoff.locale, country)
        tick = life.Ticked(now, handoff.locale in languages, languages, is_open(self._desk(), self._now()), there)
        if life.step(handoff, tick, self._desk().waits)[0] != handoff:
            await self._pushed(case, tick)

    async def delivered(self, receipt: str, fate: Fate, *, lost: bool = False) -> None:
        """A provider reports what became of a message."""
        kept = await self._store.take(f"receipt:{receipt}")
        if kept is None:
            return
        case, _, key = kept.decode().partition(" ")
        await self._pushed(case, life.Lost(self._clock()) if lost else life.Reported(self._clock(), key, fate))

    # --- steps ---------------------------------------------------------------------------------------------------------------

    async def _act(self, case: str, event: life.Event) -> Refusal | None:
        """An act of the desk."""
        effects = await self._pushed(case, event)
        if effects is None:
            return Refusal.OVER
        return next((effect.why for effect in effects if isinstance(effect, life.Refuse)), None)

    async def _pushed(self, case: str, event: life.Event) -> Sequence[Effect] | None:
        """A step whose words go to her by themselves; None where the case is gone."""
        stepped = await self._step(case, event, post=True)
        return stepped[1] if stepped else None

    async def _step(self, case: str, event: life.Event, *, post: bool = False) -> tuple[Record, Sequence[Effect]] | None:
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        try:
            async with self._cases.change(case) as changing:
                if changing is None:
                    return None
                before = changing.record
                after, effects = life.step(before.handoff, event, self._desk().waits)
                changing.record = replace(before, handoff=after)
                changing.erased = any(isinstance(effect, life.Erase) for effect in effects)
                if changing.erased and isinstance(event, (life.Picked, life.Left, life.Lost)):
                    with suppress(HelplineError):  # that it is erased weighs more
                        await self._cases.silence(case)
                posts = [effect for effect in effects if isinstance(effect, (life.Tell, life.Relay))] if post else []
                address = await self._cases.address(case) if posts else None
                if address:  # in here, so that they stand in the order of the steps
                    self._post(case, [_Post(changing.record, address, effect) for effect in posts], kept)
            kept.set_result(True)
        finally:
            if not kept.done():
                kept.set_result(False)
        if isinstance(event, life.Claimed) and after.state is State.JOINED and after != before.handoff:
            await self._note_wait(after.joined - after.since)
        if after != before.handoff:
            await self._changed(case, effects, after if changing.erased else None)
        return replace(before, handoff=after), effects

    async def _changed(self, case: str, effects: Sequence[Effect], ended: Handoff | None = None) -> None:
        """Lets every desk look anew."""
        self._look_at(case)
        if ended:
            self._forget(case)
            self.counts.ended(ended)
        if ended or any(isinstance(effect, life.Enqueue) for effect in effects):
            with suppress(HelplineError):  # the next look tells it
                self._tell_open(await self.open_cases())
        await self._publish(Notice("ended", case, str(ended.ending.value if ended.ending else "")) if ended else Notice("case", case))
        for effect in effects:
            if isinstance(effect, life.Alert):
                await self._publish(Notice("alert", case, effect.why))

    async def _publish(self, notice: Notice) -> None:
        with suppress(StoreUnavailable):  # desks look anew when it is back
            await self._store.publish(_TOPIC, json.dumps(vars(notice)).encode())

    # --- what goes out -------------------------------------------------------------------------------------------------------

    def _post(self, case: str, posts: list[_Post], kept: asyncio.Future[bool]) -> None:
        """Sends them behind whatever is still under way in that case; not at all where the step that wants it could not be kept: the
        desk hears so and comes again, and she would read it twice."""
        before = self._outgoing.get(case)

        async def send() -> None:
            if before:
                await asyncio.wait([before])
            for post in posts if await kept else ():
                try:
                    await self._send(case, post)
                except HelplineError:
                    _LOG.warning("handoff.post: the store was away while something was sent; its fate is shown as unknown.")
                except Exception as error:  # noqa: BLE001 - what comes behind it goes out all the same
                    _LOG.error("handoff.post: an unforeseen %s. Report this with the version of the service.", type(error).__name__)

        task = asyncio.create_task(send())
        self._outgoing[case] = task
        task.add_done_callback(lambda done: self._outgoing.pop(case, None) if self._outgoing.get(case) is done else None)

    async def _send(self, case: str, post: _Post) -> None:
        record, effect = post.record, post.effect
        locale = record.handoff.locale
        if isinstance(effect, life.Relay):
            await self._turn_of(case, effect.key)
        if await self._cases.is_silenced(case):
            return  # she left while it was under way
        if isinstance(effect, life.Tell):
            blocks, options = await self._worded(record.handoff, effect, record.country, case)
            sent = await self._postman.tell(record.channel, post.address, locale, blocks, options)
            key = ""
        else:
            sent, key = await self._postman.relay(record.channel, post.address, locale, effect.text), effect.key
        if sent.lost:
            await self._pushed(case, life.Lost(self._clock()))
        elif key:
            if sent.receipt:
                await self._store.set(f"receipt:{sent.receipt}", f"{case} {key}".encode(), _REPORT_SECONDS)
            await self._pushed(case, life.Reported(self._clock(), key, sent.fate))

    async def _turn_of(self, case: str, key: str) -> None:
        """Waits until the words before these have gone out. Those of this worker have; another may still be sending some."""
        patience = time.monotonic() + _TURN
        while (record := await self._cases.read(case)) and _sends_before(record.handoff, key) and time.monotonic() < patience:  # noqa: ASYNC110
            await asyncio.sleep(_LOOK)  # in another process no event can be set

    # --- what is known of the others -----------------------------------------------------------------------------------------

    def _blocked(self, channel: str, address: str) -> str:
        return self._keys.steady.identify("blocked", channel, address)

    async def _hear_notices(self) -> None:
        while True:
            try:
                async with self._watch() as notices:
                    self._stale = None  # what was told before is missed
                    async for notice in notices:
                        self._hear(notice)
            except HelplineError:
                pass  # the store is away
            except Exception as error:  # noqa: BLE001 - one broken notice must not freeze the board
                _LOG.error("handoff.notices: an unforeseen %s. Report this with the version of the service.", type(error).__name__)
            await asyncio.sleep(_TICK)

    def _hear(self, notice: Notice) -> None:
        if notice.kind == "wiped":
            self._forget_all()
        elif notice.kind == "all":
            self._stale = None
        elif notice.kind == "ended":
            self._forget(notice.case)
        elif notice.case:
            self._look_at(notice.case)

    def _look_at(self, case: str) -> None:
        if self._stale is not None:
            self._stale.add(case)

    def _forget(self, case: str) -> None:
        """This worker, or another, has ended it: its words do not stay in memory until somebody looks at the board."""
        self._look_at(case)
        self._known.pop(case, None)
        self._cases.forget(case)

    def _forget_all(self) -> None:
        self._known, self._stale = {}, None

    async def _records(self) -> dict[str, Record]:
        """All cases, those that changed read anew."""
        async with self._looking:  # of two looks at once the earlier could come back last
            while self._stale is None or self._stale:
                try:
                    await self._look()
                except BaseException:
                    self._stale = None
                    raise
            return dict(self._known)

    async def _look(self) -> None:
        if self._stale is None:
            self._stale = set()
            self._known = await self._cases.all()
            return
        case = self._stale.pop()
        record = await self._cases.read(case)
        if record:
            self._known[case] = record
        else:
            self._known.pop(case, None)

    async def _places(self) -> list[Place]:
        return _places(await self._records())

    async def _note_wait(self, seconds: float) -> None:
        self.counts.waited(seconds)
        with suppress(HelplineError):  # the case is taken all the same
            async with self._store.lock("handoff:waits", 1.0):
                waits = [*await self._waits_of_others(), seconds][-20:]
                await self._store.set("handoff:waits", json.dumps([round(wait) for wait in waits]).encode(), 6 * 3600.0)

    async def _waits_of_others(self) -> list[float]:
        return [float(wait) for wait in json.loads(await self._store.get("handoff:waits") or b"[]")]


def _sends_before(handoff: Handoff, key: str) -> bool:
    """Whether words are under way that come before those of that key."""
    keys = [said.key for said in handoff.said]
    return key in keys and any(said.fate is Fate.SENDING for said in handoff.said[: keys.index(key)])


def _places(records: dict[str, Record]) -> list[Place]:
    return [
        Place(case, one.since, one.urgent is not None, one.front, one.locale, tuple(all_locales()) if one.any_language else ())
        for case, one in ((case, record.handoff) for case, record in records.items())
        if one.state is State.WAITING
    ]


def _row(case: str, handoff: Handoff, now: float) -> Row:
    unanswered = life.waits_since(handoff) if handoff.state is State.JOINED else None
    return Row(
        id=case,
        state=handoff.state.value,
        locale=handoff.locale,
        channel=handoff.channel,
        urgent=handoff.urgent,
        topics=tuple(point.value for point in handoff.shown if point.kind == "topic"),
        waited=now - handoff.since,
        front=handoff.front,
        any_language=handoff.any_language,
        advocate=handoff.advocate,
        display=handoff.display,
        unanswered=None if unanswered is None else now - unanswered,
        gone=handoff.gone is not None,
    )
