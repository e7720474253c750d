"""A service with a desk, without channels: handoffs over any store, a clock that is set, and a postman who remembers what was pushed."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bot.handoff.desk_view import Advocate, Notice
from bot.handoff.handoffs import Handoffs
from bot.handoff.life import Fate, Handoff, Point, State, Tell
from bot.handoff.lines import Desk, Line
from bot.handoff.wording import Option, Outlook, worded
from bot.knowledge.services import MINUTES_OF_DAY, Opening
from bot.privacy.keys import KeyRing
from bot.store import Store
from bot.store.memory import MemoryStore

from .situations import WAITS

NUMBER = "+14155550142"
NOON = datetime.datetime(2026, 3, 4, 12, 0, tzinfo=datetime.timezone.utc)
ALWAYS = tuple(Opening(day, 0, MINUTES_OF_DAY) for day in range(7))
DESK = Desk(
    (Line("all", "All", ("en", "es"), ALWAYS, {}),),
    WAITS, must_report=("child_harm",), urgent_ahead=1200.0, protocol="", timezone="UTC", asks_whether_it_helped=True,
)  # fmt: skip
ANA = Advocate("ana", "Ana", ("en", "es"))
BEN = Advocate("ben", "Ben", ("en", "es"))
SUE = Advocate("sue", "Sue", ("en",), supervisor=True)
POINTS = (Point("topic", "rights_pay"), Point("country", "US"))


def sentence(name: str, /, locale: str = "en", country: str | None = "US", **values: str) -> str:
    """What she is told by that name, as the postman remembers it."""
    handoff = Handoff(State.JOINED, locale, "sms")
    return " / ".join(worded(handoff, Tell(name, {"name": "Ana", **values}), country, Outlook(0, None, 0.0), WAITS.closing)[0])


async def notice_of(notices: AsyncIterator[Notice], kind: str) -> Notice:
    """The next notice of that kind; fails where none comes."""

    async def found() -> Notice:
        async for notice in notices:
            if notice.kind == kind:
                return notice
        raise AssertionError("The notices ended.")

    return await asyncio.wait_for(found(), 5)


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 50_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Pushed:
    """What became of something; see `bot.handoff.handoffs.Sent`."""

    fate: Fate = Fate.SENT
    lost: bool = False
    receipt: str = ""


@dataclass
class Postman:
    """Remembers what was to be brought to which phone.

    Attributes:
        pushed: address and words, in order.
        options: that came last, by address.
        typed: addresses that were shown that somebody types.
        becomes: what becomes of the next ones.
        before: is waited for before anything is brought.
    """

    pushed: list[tuple[str, str]] = field(default_factory=list)
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    becomes: Pushed = Pushed()
    before: Callable[[], Awaitable[object]] | None = None

    async def tell(self, channel: str, address: str, locale: str, blocks: Sequence[str], options: Sequence[Option]) -> Pushed:
        """See `bot.handoff.handoffs.Postman`."""
        self.options[address] = tuple(payload for _, payload in options)
        return await self._brought(address, " / ".join(blocks))

    async def relay(self, channel: str, address: str, locale: str, text: str) -> Pushed:
        """See `bot.handoff.handoffs.Postman`."""
        return await self._brought(address, text)

    async def typing(self, channel: str, address: str) -> None:
        """See `bot.handoff.handoffs.Postman`."""
        self.typed.append(address)

    async def _brought(self, address: str, words: str) -> Pushed:
        if self.before:
            await self.before()
        self.pushed.append((address, words))
        return self.becomes

    def to(self, address: str = NUMBER) -> list[str]:
        """What came to a phone."""
        return [words for one, words in self.pushed if one == address]


class Service:
    """One worker.

    Args:
        store, keys, clock, postman: shared with another worker, or its own.
    """

    def __init__(
        self, store: Store | None = None, keys: KeyRing | None = None, clock: Clock | None = None, postman: Postman | None = None
    ) -> None:
        self.clock, self.keys, self.postman = clock or Clock(), keys or KeyRing(), postman or Postman()
        self.store = store or MemoryStore(clock=self.clock)
        self.now, self.there = NOON, list[Advocate]()
        self.handoffs = Handoffs(self.store, self.keys, self.postman, clock=self.clock, now=lambda: self.now)

    async def comes(self, *advocates: Advocate) -> None:
        """Advocates are at the desk from now on."""
        self.there += advocates
        for advocate in self.there:
            await self.handoffs.present(advocate, available=True)

    async def agrees(self, address: str = NUMBER, *choices: str, locale: str = "en", country: str | None = "US") -> str:
        """Somebody agrees to a handoff; she may be texted for two hours unless she picks something else. Returns the id of the case."""
        draft: Handoff | None = self.handoffs.offer(locale, "sms", POINTS, None).draft
        for choice in choices or ("agree", "send", "text_long"):
            assert draft
            draft = (await self.handoffs.picked_in_draft(draft, choice, "sms", address, country)).draft
        return await self.case_of(address)

    async def danger(self, address: str = NUMBER) -> str:
        """Somebody in danger picks the one digit. Returns the id of the case."""
        draft = self.handoffs.urgent_offer("en", "sms", "danger").draft
        assert draft
        await self.handoffs.picked_in_draft(draft, "join_now", "sms", address, "US")
        return await self.case_of(address)

    async def case_of(self, address: str = NUMBER) -> str:
        """The id of her case."""
        found = await self.handoffs.state_of("sms", address)
        assert found
        return found[0]

    async def joined(self, advocate: Advocate = ANA, address: str = NUMBER) -> str:
        """An advocate and a person write with each other. Returns the id of the case."""
        await self.comes(advocate)
        case = await self.agrees(address)
        assert await self.handoffs.claim(case, advocate) is None
        await self.writes(case, "hello")
        await self.sent()
        self.postman.pushed.clear()
        return case

    async def writes(self, case: str, text: str, key: str = "") -> tuple[str, ...]:
        """She writes in her case. Returns what she is told."""
        self.clock.now += 1
        heard = await self.handoffs.wrote(case, key, text)
        assert heard
        return heard.blocks

    async def sent(self) -> None:
        """Returns when everything that was to go out has gone out."""
        while tasks := list(self.handoffs._outgoing.values()):
            await asyncio.wait(tasks)

    async def later(self, seconds: float) -> None:
        """Time passes, with looks at what it has brought."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now = min(end, self.clock.now + 2.0)
            await self.comes()
            await self.handoffs.tick()
        await self.sent()

    async def fates(self, case: str) -> list[tuple[str, Fate]]:
        """An advocate's words and what became of them."""
        view = await self.handoffs.case(case)
        return [(said.text, said.fate) for said in view.said if said.who != "person"] if view else []
