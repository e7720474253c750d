"""Handoffs carried out: what reaches her phone and what never does, what the desk sees, what one worker does of which another must know."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace

import pytest

from bot.errors import StoreUnavailable
from bot.handoff import handoffs as handoffs_module
from bot.handoff.desk_view import Advocate, Notice
from bot.handoff.handoffs import Handoffs, Heard
from bot.handoff.life import Ending, Fate, Refusal, State, Tell
from bot.handoff.wording import Outlook, closed_line, lost_line, worded
from bot.privacy.keys import KeyRing
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore

from ..store.redis_server import RedisServer, redis_server
from .desk import ANA, BEN, DESK, NUMBER, POINTS, Clock, Postman, Pushed, Service, notice_of, sentence
from .situations import SITUATIONS, WAITS

OTHER = "+14155550143"


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stated times of these tests, whatever `data/desk.yml` says."""
    monkeypatch.setattr(handoffs_module, "desk_settings", lambda: DESK)


@pytest.fixture
def service() -> Service:
    """One worker, in memory."""
    return Service()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
async def two(server: RedisServer) -> AsyncIterator[tuple[Service, Service]]:
    """Two workers on one Redis, with one postman."""
    server.client.flushall()
    keys, clock, postman = KeyRing(), Clock(), Postman()
    stores = RedisStore(server.url), RedisStore(server.url)
    services = Service(stores[0], keys, clock, postman), Service(stores[1], keys, clock, postman)
    yield services
    for one in services:
        await one.sent()
    for store in stores:
        await store.close()


class Forgetful(MemoryStore):
    """A store that fails to keep what `fails` names, so often."""

    fails, times = "", 0

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        """See `Store`."""
        if self.fails and name.startswith(self.fails) and self.times:
            self.times -= 1
            raise StoreUnavailable("It is away. Wait.")
        await super().set(name, value, seconds)


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Returns when it holds; fails where it does not within seconds."""
    for _ in range(500):
        if await holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It never came to hold.")


# --- until it is a case ----------------------------------------------------------------------------------------------------------


async def test_nothing_is_on_the_board_before_she_agreed(service: Service) -> None:
    handoffs = service.handoffs
    draft = handoffs.offer("en", "sms", POINTS, None).draft
    for choice in ("agree", "strike:0", "send"):
        assert draft
        draft = (await handoffs.picked_in_draft(draft, choice, "sms", NUMBER, "US")).draft
        assert await handoffs.board() == ()
        assert await handoffs.state_of("sms", NUMBER) is None
    assert draft
    heard = await handoffs.picked_in_draft(draft, "text_never", "sms", NUMBER, "US")
    (row,) = await handoffs.board()
    assert (row.state, row.topics, row.urgent, row.waited) == ("waiting", (), None, 0.0)
    assert (heard.state, heard.draft) == (State.WAITING, None)
    assert await handoffs.open_cases() == 1
    assert service.postman.pushed == []


async def test_what_she_declined_is_nowhere(service: Service) -> None:
    draft = service.handoffs.offer("en", "sms", POINTS, None).draft
    assert draft
    heard = await service.handoffs.picked_in_draft(draft, "no", "sms", NUMBER, "US")
    assert heard.draft is None and heard.blocks == (sentence("declined"),)
    assert await service.handoffs.board() == ()


async def test_in_danger_one_digit_is_enough_and_supervisors_are_alerted(service: Service) -> None:
    async with service.handoffs.watch() as notices:
        case = await service.danger()
        await notice_of(notices, "case")
        assert await notice_of(notices, "alert") == Notice("alert", case, "urgent")
    (row,) = await service.handoffs.board()
    assert row.urgent == "danger"


async def test_nobody_is_offered_where_the_desk_is_empty_or_closed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not await service.handoffs.can_take("sms", NUMBER)
    await service.comes(ANA)
    assert await service.handoffs.can_take("sms", NUMBER)
    closed = replace(DESK, lines=tuple(replace(line, openings=()) for line in DESK.lines))
    monkeypatch.setattr(handoffs_module, "desk_settings", lambda: closed)
    assert not await service.handoffs.can_take("sms", NUMBER)
    assert service.handoffs.closed("en") == closed_line("en", "")


# --- claims ----------------------------------------------------------------------------------------------------------------------


async def test_of_twenty_who_click_at_once_one_has_the_case(two: tuple[Service, Service]) -> None:
    case = await two[0].agrees()
    staff = [Advocate(f"a{number}", f"A{number}", ("en",)) for number in range(20)]
    refusals = await asyncio.gather(*(two[number % 2].handoffs.claim(case, one) for number, one in enumerate(staff)))
    assert sorted(map(str, refusals)) == sorted(["None", *[str(Refusal.NOT_WAITING)] * 19])
    winner = staff[refusals.index(None)]
    for service in two:
        await service.sent()
        view = await service.handoffs.case(case)
        assert view and view.row.advocate == winner.name
    (told,) = two[0].postman.to()
    assert told == sentence("joined", name=winner.display)


async def test_many_cases_claimed_at_once_are_all_claimed(two: tuple[Service, Service]) -> None:
    """The statistics of waits, which all of them write, make nobody fail."""
    cases = [await two[0].agrees(f"+1415555{number:04}") for number in range(20)]
    refusals = await asyncio.gather(*(two[number % 2].handoffs.claim(case, ANA) for number, case in enumerate(cases)))
    assert set(refusals) == {None}


async def test_a_wait_that_cannot_be_noted_is_no_failed_claim() -> None:
    store = Forgetful()
    service = Service(store)
    case = await service.agrees()
    store.fails, store.times = "handoff:waits", 1
    assert await service.handoffs.claim(case, ANA) is None


async def test_whoever_does_not_have_the_case_can_do_nothing_with_it(service: Service) -> None:
    case = await service.joined()
    await service.comes(BEN)
    handoffs = service.handoffs
    for refusal in (
        await handoffs.claim(case, BEN),
        await handoffs.answer(case, BEN, "k", "words"),
        await handoffs.transfer(case, BEN, "ben"),
        await handoffs.requeue(case, BEN),
        await handoffs.close(case, BEN),
        await handoffs.block(case, BEN),
    ):
        assert refusal in (Refusal.NOT_WAITING, Refusal.NOT_YOURS)
    await handoffs.typing(case, BEN)
    await service.sent()
    assert (service.postman.pushed, service.postman.typed) == ([], [])
    assert await handoffs.can_take("sms", NUMBER)


async def test_acts_on_a_case_that_is_gone_are_refused_in_words(service: Service) -> None:
    for refusal in (
        await service.handoffs.claim("gone", ANA),
        await service.handoffs.answer("gone", ANA, "k", "words"),
        await service.handoffs.close("gone", ANA),
    ):
        assert refusal is Refusal.OVER
    assert await service.handoffs.case("gone") is None
    assert await service.handoffs.picked("gone", "read") is None
    assert await service.handoffs.wrote("gone", "", "words") is None


async def test_a_transfer_goes_to_one_who_is_there(service: Service) -> None:
    case = await service.joined()
    assert await service.handoffs.transfer(case, ANA, "ben") is Refusal.NOT_THERE
    await service.comes(BEN, Advocate("cleo", "Cleo", ("fr",)))
    assert await service.handoffs.transfer(case, ANA, "cleo") is Refusal.NOT_AGREED
    assert await service.handoffs.transfer(case, ANA, "ben") is None
    assert await service.handoffs.answer(case, ANA, "k", "words") is Refusal.NOT_YOURS
    assert await service.handoffs.answer(case, BEN, "k", "words of Ben") is None
    await service.sent()
    told, words = service.postman.to()
    assert (told, words) == (sentence("transferred", name="Ben"), "words of Ben")


async def test_next_is_the_first_whom_the_advocate_can_answer(service: Service) -> None:
    french = await service.agrees(OTHER, locale="fr")
    service.clock.now += 10
    english = await service.agrees()
    assert await service.handoffs.take_next(ANA) == english
    assert await service.handoffs.take_next(ANA) is None
    assert await service.handoffs.claim(french, ANA) is Refusal.NOT_AGREED
    assert await service.handoffs.take_next(Advocate("fay", "Fay", ("fr",))) == french


# --- an advocate's words ---------------------------------------------------------------------------------------------------------


async def test_fifty_fast_answers_keep_their_order(service: Service) -> None:
    case, chance = await service.joined(), random.Random(1)

    async def now_and_then() -> None:
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)

    service.postman.before = now_and_then
    for number in range(50):
        assert await service.handoffs.answer(case, ANA, f"k{number}", f"words {number}") is None
    await service.sent()
    assert service.postman.to() == [f"words {number}" for number in range(50)]
    assert {fate for _, fate in await service.fates(case)} == {Fate.SENT}


async def test_answers_through_two_workers_keep_their_order(two: tuple[Service, Service]) -> None:
    case, held = await two[0].joined(), asyncio.Event()
    waits = iter((held.wait,))

    async def the_first_is_slow() -> None:
        for wait in waits:
            await wait()

    two[0].postman.before = the_first_is_slow
    for number in range(10):
        assert await two[number % 2].handoffs.answer(case, ANA, f"k{number}", f"words {number}") is None
    held.set()
    for service in two:
        await service.sent()
    assert two[0].postman.to() == [f"words {number}" for number in range(10)]


async def test_the_same_answer_twice_is_sent_once(two: tuple[Service, Service]) -> None:
    case = await two[0].joined()
    await asyncio.gather(*(two[number % 2].handoffs.answer(case, ANA, "k", "words") for number in range(10)))
    for service in two:
        await service.sent()
    assert two[0].postman.to() == ["words"]


async def test_what_may_have_been_sent_is_not_sent_again(service: Service) -> None:
    case = await service.joined()
    service.postman.becomes = Pushed(Fate.UNKNOWN, receipt="r1")
    await service.handoffs.answer(case, ANA, "k", "words")
    await service.sent()
    assert await service.fates(case) == [("words", Fate.UNKNOWN)]
    await service.handoffs.answer(case, ANA, "k", "words")
    await service.later(60)
    assert service.postman.to() == ["words"]
    await service.handoffs.delivered("r1", Fate.DELIVERED)
    assert await service.fates(case) == [("words", Fate.DELIVERED)]


async def test_words_that_failed_are_shown_as_failed(service: Service) -> None:
    case = await service.joined()
    service.postman.becomes = Pushed(Fate.FAILED)
    await service.handoffs.answer(case, ANA, "k", "words")
    await service.sent()
    assert await service.fates(case) == [("words", Fate.FAILED)]


async def test_a_report_is_for_the_words_that_it_reports_on(service: Service) -> None:
    case = await service.joined()
    for number in (1, 2):
        service.postman.becomes = Pushed(receipt=f"r{number}")
        await service.handoffs.answer(case, ANA, f"k{number}", f"words {number}")
        await service.sent()
    await service.handoffs.delivered("nobody's", Fate.FAILED)
    await service.handoffs.delivered("r2", Fate.FAILED)
    await service.handoffs.delivered("r1", Fate.DELIVERED)
    assert await service.fates(case) == [("words 1", Fate.DELIVERED), ("words 2", Fate.FAILED)]


@pytest.mark.parametrize("late", (False, True))
async def test_a_phone_that_is_lost_ends_the_case_without_a_word(service: Service, late: bool) -> None:
    case = await service.joined()
    service.postman.becomes = Pushed(receipt="r") if late else Pushed(Fate.FAILED, lost=True)
    async with service.handoffs.watch() as notices:
        await service.handoffs.answer(case, ANA, "k", "words")
        await service.sent()
        if late:
            await service.handoffs.delivered("r", Fate.FAILED, lost=True)
        notice = await notice_of(notices, "ended")
    assert notice == Notice("ended", case, "unreachable")
    assert await service.handoffs.answer(case, ANA, "k2", "more") is Refusal.OVER
    await service.sent()
    assert service.postman.to() == ["words"]
    assert await service.handoffs.board() == ()


async def test_words_to_a_quiet_phone_wait_behind_one_neutral_line(service: Service) -> None:
    case = await service.joined()
    await service.later(301)
    for number in (1, 2):
        await service.handoffs.answer(case, ANA, f"k{number}", f"words {number}")
    await service.sent()
    assert service.postman.to() == [sentence("knock")]
    assert service.postman.options[NUMBER] == ("/handoff:read",)
    assert {fate for _, fate in await service.fates(case)} == {Fate.HELD}
    heard = await service.handoffs.picked(case, "read")
    assert heard and heard.blocks == ("words 1", "words 2")
    assert {fate for _, fate in await service.fates(case)} == {Fate.SENT}


async def test_typing_is_shown_only_where_words_would_come(service: Service) -> None:
    case = await service.joined()
    await service.handoffs.typing(case, ANA)
    assert service.postman.typed == [NUMBER]
    await service.later(301)
    await service.handoffs.typing(case, ANA)
    silent = await service.agrees(OTHER, "agree", "send", "text_never")
    await service.handoffs.claim(silent, ANA)
    await service.handoffs.typing(silent, ANA)
    assert service.postman.typed == [NUMBER]


# --- what must not go out --------------------------------------------------------------------------------------------------------


class Gate:
    """Holds up the first that is brought."""

    def __init__(self) -> None:
        self.reached, self.opened, self._first = asyncio.Event(), asyncio.Event(), True

    async def __call__(self) -> None:
        if self._first:
            self._first = False
            self.reached.set()
            await self.opened.wait()


@pytest.mark.parametrize("leaver", (0, 1))
async def test_after_she_left_nothing_more_goes_out_whichever_worker_hears_it(two: tuple[Service, Service], leaver: int) -> None:
    case, gate = await two[0].joined(), Gate()
    two[0].postman.before = gate
    for number in range(3):
        await two[0].handoffs.answer(case, ANA, f"k{number}", f"words {number}")
    await asyncio.wait_for(gate.reached.wait(), 5)
    await two[leaver].handoffs.left("sms", NUMBER)
    gate.opened.set()
    await two[0].sent()
    assert two[0].postman.to() == ["words 0"]  # it was with the provider already


@pytest.mark.parametrize("pick", ("end", "leave"))
async def test_after_she_ended_it_nothing_more_goes_out(service: Service, pick: str) -> None:
    case, gate = await service.joined(), Gate()
    service.postman.before = gate
    for number in range(3):
        await service.handoffs.answer(case, ANA, f"k{number}", f"words {number}")
    await asyncio.wait_for(gate.reached.wait(), 5)
    heard = await service.handoffs.picked(case, pick)
    assert heard and heard.blocks
    gate.opened.set()
    await service.sent()
    assert service.postman.to() == ["words 0"]


async def test_an_advocates_last_words_go_out_before_the_farewell(service: Service) -> None:
    case, gate = await service.joined(), Gate()
    service.postman.before = gate
    await service.handoffs.answer(case, ANA, "k", "take care")
    await asyncio.wait_for(gate.reached.wait(), 5)
    await service.handoffs.answer(case, ANA, "k2", "call this number")
    await service.handoffs.close(case, ANA, asks=False)
    gate.opened.set()
    await service.sent()
    assert service.postman.to() == ["take care", "call this number", sentence("closed")]


async def test_words_that_could_not_be_kept_are_not_sent_and_then_sent_once() -> None:
    clock, store = Clock(), Forgetful()
    service = Service(store, clock=clock)
    case = await service.joined()
    store.fails, store.times = "case:", 1
    with pytest.raises(StoreUnavailable):
        await service.handoffs.answer(case, ANA, "k", "words")
    await service.sent()
    assert service.postman.pushed == []
    assert await service.handoffs.answer(case, ANA, "k", "words") is None
    await service.sent()
    assert service.postman.to() == ["words"]


async def test_a_person_who_leaves_is_forgotten_even_if_that_cannot_be_noted() -> None:
    store = Forgetful()
    service = Service(store)
    case = await service.joined()
    store.fails, store.times = "silent:", 1
    await service.handoffs.left("sms", NUMBER)
    assert await service.handoffs.case(case) is None


# --- what she writes -------------------------------------------------------------------------------------------------------------


async def test_the_same_message_twice_is_there_once(two: tuple[Service, Service]) -> None:
    case = await two[0].joined()
    await asyncio.gather(*(two[number % 2].handoffs.wrote(case, "SM1", "words") for number in range(6)))
    view = await two[0].handoffs.case(case)
    assert view and [said.text for said in view.said] == ["hello", "words"]


async def test_until_she_knows_that_an_advocate_reads_her_words_are_the_bots(service: Service) -> None:
    await service.comes(ANA)
    case = await service.agrees(NUMBER, "agree", "send", "text_never")
    assert await service.handoffs.claim(case, ANA) is None
    await service.sent()
    assert service.postman.pushed == []
    assert await service.handoffs.state_of("sms", NUMBER) == (case, State.WAITING)
    heard = await service.handoffs.wrote(case, "", "my secret question")
    assert heard and heard.to_bot and heard.blocks == (sentence("joined"),)
    view = await service.handoffs.case(case)
    assert view and view.said == ()
    assert await service.handoffs.state_of("sms", NUMBER) == (case, State.JOINED)


async def test_what_is_shown_of_her_is_what_she_agreed_to(service: Service) -> None:
    await service.comes(ANA)
    case = await service.agrees(NUMBER, "agree", "strike:1", "send", "text_long")
    view = await service.handoffs.case(case)
    assert view and (view.points, view.country, view.row.topics) == (POINTS[:1], None, ("rights_pay",))
    nothing = await service.agrees(OTHER, "agree", "none", "text_long")
    view = await service.handoffs.case(nothing)
    assert view and (view.points, view.country, view.row.topics) == ((), None, ())


# --- time ------------------------------------------------------------------------------------------------------------------------


async def test_when_an_advocates_connection_is_lost_the_case_comes_back_in_front(service: Service) -> None:
    case = await service.joined()
    service.clock.now += 5
    before = await service.agrees(OTHER)
    service.there = [BEN]
    async with service.handoffs.watch() as notices:
        await service.later(25)
        view = await service.handoffs.case(case)
        assert view and view.row.gone and view.row.advocate == "ana"
        await service.later(60)
        notice = await notice_of(notices, "alert")
    assert notice == Notice("alert", case, "gone")
    first, second = await service.handoffs.board()
    assert (first.id, first.front, first.advocate, second.id) == (case, True, None, before)
    assert service.postman.to() == [sentence("advocate_gone")]
    assert await service.handoffs.take_next(BEN) == case
    view = await service.handoffs.case(case)
    assert view and [said.text for said in view.said] == ["hello"]


async def test_an_advocate_who_comes_back_in_time_keeps_the_case(service: Service) -> None:
    case = await service.joined()
    service.there = []
    await service.later(60)
    await service.comes(ANA)
    await service.later(120)
    view = await service.handoffs.case(case)
    assert view and (view.row.state, view.row.advocate, view.row.gone) == ("joined", "ana", False)
    assert service.postman.pushed == []


async def test_who_signs_out_is_gone_at_once(service: Service) -> None:
    await service.joined()
    service.there = []
    await service.handoffs.absent("ana")
    await service.later(2)
    (row,) = await service.handoffs.board()
    assert row.gone
    assert await service.handoffs.staff() == ()


async def test_while_nobody_comes_she_hears_of_other_ways_at_the_stated_times(service: Service) -> None:
    await service.comes(replace(ANA, languages=("es",)))
    begin = service.clock.now
    await service.agrees()
    heard: list[tuple[float, str]] = []
    while await service.handoffs.state_of("sms", NUMBER):
        await service.later(2)
        heard += [(service.clock.now - begin, words) for words in service.postman.to()[len(heard) :]]
        if (service.clock.now - begin) % 100 == 0 and (found := await service.handoffs.state_of("sms", NUMBER)):
            await service.handoffs.wrote(found[0], "", "")  # she asks the bot something, so it is she who has the phone
    assert heard == [
        (180, sentence("other_language", languages="es")),
        (360, sentence("phone")),
        (600, sentence("text")),
        (1800, sentence("nobody_came")),
    ]
    assert "1-888-373-7888" in heard[1][1] and "233733" in heard[2][1] and "911" in heard[3][1]
    assert await service.handoffs.board() == ()


async def test_she_hears_of_no_way_that_her_country_does_not_have(service: Service) -> None:
    await service.comes(ANA)
    case = await service.agrees(country=None)
    for _ in range(7):
        await service.later(100)
        await service.handoffs.wrote(case, "", "")
    assert service.postman.to() == []


async def test_another_language_lets_another_advocate_in(service: Service) -> None:
    french = Advocate("fay", "Fay", ("fr",))
    await service.comes(french)
    case = await service.agrees()
    await service.later(180)
    assert service.postman.to() == [sentence("other_language", languages="fr")]
    assert await service.handoffs.claim(case, french) is Refusal.NOT_AGREED
    await service.handoffs.picked(case, "any_language")
    assert await service.handoffs.take_next(french) == case
    await service.sent()
    assert service.postman.to()[1:] == [sentence("joined_other", name="Fay")]


async def test_at_night_nobody_waits_for_nobody(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    await service.agrees()
    closed = replace(DESK, lines=tuple(replace(line, openings=()) for line in DESK.lines))
    monkeypatch.setattr(handoffs_module, "desk_settings", lambda: closed)
    await service.later(2)
    assert service.postman.to() == [sentence("nobody_came")]
    assert await service.handoffs.board() == ()


# --- the estimate ----------------------------------------------------------------------------------------------------------------


async def _waits(service: Service, seconds: float) -> None:
    """Three others have waited that long."""
    for number in range(3):
        case = await service.agrees(f"+1415555{number:04}")
        service.clock.now += seconds
        await service.handoffs.claim(case, Advocate("busy", "Busy", ("en",)))
    await service.sent()
    await service.comes()
    service.postman.pushed.clear()


async def _told(service: Service, address: str = NUMBER, locale: str = "en") -> tuple[str, ...]:
    """What she is told of her wait."""
    heard = await service.handoffs.picked(await service.agrees(address, locale=locale), "status")
    assert heard
    return heard.blocks


def waiting(ahead: int | None, seconds: float | None, locale: str = "en") -> tuple[str, ...]:
    """The words for a wait."""
    handoff = replace(SITUATIONS["waiting"], locale=locale)
    return tuple(worded(handoff, Tell("waiting", {}), "US", Outlook(ahead, seconds, WAITS.longest), 0)[0])


async def test_without_experience_no_time_is_told(service: Service) -> None:
    await service.comes(ANA)
    assert await _told(service) == waiting(0, None)
    assert await _told(service, OTHER) == waiting(1, None)


async def test_the_estimate_is_what_others_really_waited(service: Service) -> None:
    await service.comes(ANA)
    await _waits(service, 240)
    assert await _told(service) == waiting(0, 240)


async def test_the_estimate_grows_with_those_before_her(service: Service) -> None:
    await service.comes(replace(ANA, most_cases=1))
    await _waits(service, 60)
    for number in range(4):
        await service.agrees(f"+1415556{number:04}")
    assert await _told(service) == waiting(4, 4 * 60)


async def test_advocates_who_do_not_write_her_language_shorten_nothing(service: Service) -> None:
    await service.comes(replace(ANA, languages=("en",)))
    await _waits(service, 60)
    assert await _told(service, locale="fr") == waiting(None, None, "fr")  # her place in the queue would tell her nothing
    assert await _told(service, OTHER) == waiting(1, 60)


async def test_in_danger_her_place_is_told_as_it_is(service: Service) -> None:
    await service.comes(replace(ANA, most_cases=1))
    for number in range(4):
        await service.agrees(f"+1415556{number:04}")
    draft = service.handoffs.urgent_offer("en", "sms", "danger").draft
    assert draft
    heard = await service.handoffs.picked_in_draft(draft, "join_now", "sms", NUMBER, "US")
    assert heard.blocks[:1] == waiting(0, None)
    assert "that it is urgent" in heard.blocks[1] and "harm to a child" in heard.blocks[1]


# --- ends ------------------------------------------------------------------------------------------------------------------------


async def test_a_block_keeps_no_number_and_offers_nobody_for_a_day(two: tuple[Service, Service], server: RedisServer) -> None:
    case = await two[0].joined()
    assert await two[0].handoffs.block(case, ANA) is None
    await two[0].sent()
    assert two[0].postman.to() == [sentence("blocked")]
    two[0].keys.rotate()
    two[0].keys.rotate()
    await two[1].comes(ANA)
    assert not await two[1].handoffs.can_take("sms", NUMBER)
    assert await two[1].handoffs.can_take("sms", OTHER)
    assert await two[1].handoffs.can_take("telegram", NUMBER)
    seen = server.dump()
    for hidden in (NUMBER, NUMBER[1:], "hello"):
        assert hidden.encode() not in seen


async def test_a_block_is_over_after_a_day(service: Service) -> None:
    case = await service.joined()
    await service.handoffs.block(case, ANA)
    for hours, free in ((23.9, False), (0.2, True)):
        service.clock.now += hours * 3600
        await service.comes()
        assert await service.handoffs.can_take("sms", NUMBER) is free


async def test_who_closes_asks_once_and_then_it_is_gone(service: Service) -> None:
    case = await service.joined()
    await service.handoffs.close(case, ANA)
    await service.sent()
    assert service.postman.to() == [sentence("ending")]
    assert service.postman.options[NUMBER] == ("/handoff:helped_yes", "/handoff:helped_some", "/handoff:helped_no")
    assert await service.handoffs.answer(case, ANA, "k", "words") is Refusal.OVER
    heard = await service.handoffs.picked(case, "helped_yes")
    assert heard and heard.blocks == (sentence("erased"),)
    assert await service.handoffs.state_of("sms", NUMBER) is None


async def test_where_the_hotline_does_not_ask_nobody_is_asked(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handoffs_module, "desk_settings", lambda: replace(DESK, asks_whether_it_helped=False))
    case = await service.joined()
    await service.handoffs.close(case, ANA)
    await service.sent()
    assert service.postman.to() == [sentence("closed")]
    assert await service.handoffs.case(case) is None


@pytest.mark.parametrize("ending", (Ending.STOPPED, Ending.WIPED))
async def test_everybody_hears_the_goodbye_with_the_numbers(service: Service, ending: Ending) -> None:
    waiting = await service.agrees(OTHER, "agree", "send", "text_never")
    joined = await service.joined()
    if ending is Ending.WIPED:
        assert await service.handoffs.wipe() == 2
    else:
        assert await service.handoffs.end_all(ending) == 2
    for address in (NUMBER, OTHER):
        assert service.postman.to(address) == [sentence("goodbye")]
    assert await service.handoffs.board() == ()
    for case in (waiting, joined):
        assert await service.handoffs.case(case) is None


async def test_after_a_wipe_nothing_is_left_in_any_worker(two: tuple[Service, Service], server: RedisServer) -> None:
    case = await two[0].joined()
    running = asyncio.create_task(two[1].handoffs.run())
    await eventually(lambda: _on_board(two[1], case))
    await two[0].handoffs.wipe()
    assert await _forgotten(two[0])
    await eventually(lambda: _forgotten(two[1]))
    assert await two[0].handoffs.board() == ()
    names = set(server.client.keys("*"))  # type: ignore[arg-type]  # the client is synchronous
    assert names <= {b"helpline:cases:mark", b"helpline:handoff:tick"}
    running.cancel()


async def _on_board(service: Service, case: str) -> bool:
    return case in {row.id for row in await service.handoffs.board()}


async def _forgotten(service: Service) -> bool:
    return not service.handoffs._known


async def test_what_another_worker_ended_does_not_stay_in_memory(two: tuple[Service, Service]) -> None:
    case = await two[0].joined()
    running = asyncio.create_task(two[1].handoffs.run())
    await eventually(lambda: _on_board(two[1], case))
    await two[0].handoffs.left("sms", NUMBER)
    await eventually(lambda: _forgotten(two[1]))
    assert not two[0].handoffs._known
    running.cancel()


# --- the board -------------------------------------------------------------------------------------------------------------------


async def test_each_worker_sees_what_the_other_did(two: tuple[Service, Service]) -> None:
    running = asyncio.create_task(two[1].handoffs.run())
    await eventually(lambda: _subscribed(two))
    case = await two[0].agrees()
    await eventually(lambda: _on_board(two[1], case))
    await two[0].handoffs.claim(case, ANA)

    async def joined() -> bool:
        return [row.advocate for row in await two[1].handoffs.board()] == ["ana"]

    await eventually(joined)
    running.cancel()


async def test_what_happened_before_a_worker_listened_is_seen_as_well(two: tuple[Service, Service]) -> None:
    assert await two[1].handoffs.board() == ()
    case = await two[0].agrees()
    running = asyncio.create_task(two[1].handoffs.run())
    await eventually(lambda: _on_board(two[1], case))
    running.cancel()


async def _subscribed(two: tuple[Service, Service]) -> bool:
    """Whether the second worker hears of what the first one does."""
    await two[0].handoffs._publish(Notice("case", "probe"))
    return two[1].handoffs._stale is None or "probe" in two[1].handoffs._stale


async def test_in_a_surge_of_a_hundred_urgent_ones_come_first_and_nobody_is_starved(service: Service) -> None:
    await service.comes(ANA)
    chance, came = random.Random(3), {}
    for number in range(100):
        address, urgent = f"+1415557{number:04}", chance.random() < 0.4
        case = await (service.danger(address) if urgent else service.agrees(address))
        came[case] = (service.clock.now, urgent)
        service.clock.now += 30
    board = [row.id for row in await service.handoffs.board()]
    assert sorted(board) == sorted(came)
    for place, case in enumerate(board):
        at, urgent = came[case]
        for behind in board[place + 1 :]:
            later, also = came[behind]
            if urgent == also:
                assert at < later
            else:
                assert at < later + DESK.urgent_ahead if urgent else at <= later - DESK.urgent_ahead
    taken = [await service.handoffs.take_next(ANA) for _ in range(100)]
    assert taken == board


async def test_a_look_at_two_hundred_cases_asks_the_store_only_for_what_changed() -> None:
    class Counting(MemoryStore):
        reads = 0

        async def get(self, name: str) -> bytes | None:
            self.reads += name.startswith("case:")
            return await super().get(name)

    store = Counting()
    service = Service(store)
    cases = [await service.agrees(f"+1415558{number:04}") for number in range(200)]
    assert len(await service.handoffs.board()) == 200
    store.reads = 0
    for _ in range(20):
        await service.handoffs.board()
    assert store.reads == 0
    await service.handoffs.claim(cases[7], ANA)
    store.reads = 0
    board = await service.handoffs.board()
    assert store.reads == 1
    assert [row.id for row in board if row.state == "joined"] == [cases[7]]


async def test_a_board_that_could_not_be_read_is_read_anew() -> None:
    class Away(MemoryStore):
        away = False

        async def members(self, name: str) -> set[str]:
            if self.away:
                raise StoreUnavailable("It is away. Wait.")
            return await super().members(name)

    store = Away()
    service = Service(store)
    case = await Service(store, service.keys, service.clock).agrees()
    store.away = True
    with pytest.raises(StoreUnavailable):
        await service.handoffs.board()
    store.away = False
    assert [row.id for row in await service.handoffs.board()] == [case]


async def test_a_board_shows_what_a_worker_opened_that_died_before_it_could_tell(two: tuple[Service, Service]) -> None:
    running = asyncio.create_task(two[1].handoffs.run())
    await eventually(lambda: _subscribed(two))
    assert await two[1].handoffs.board() == ()

    async def nobody(notice: Notice) -> None:
        pass

    two[0].handoffs._publish = nobody  # type: ignore[method-assign]
    case = await two[0].agrees()
    await eventually(lambda: _on_board(two[1], case))
    running.cancel()


async def test_what_another_worker_was_faster_to_take_is_not_offered_again(two: tuple[Service, Service]) -> None:
    cases = [await two[0].agrees(f"+1415555{number:04}") for number in range(2)]
    assert len(await two[1].handoffs.board()) == 2
    assert await two[0].handoffs.claim(cases[0], ANA) is None  # the other has no notice of it: nothing runs there
    assert await two[1].handoffs.take_next(BEN) == cases[1]


# --- a store that is away --------------------------------------------------------------------------------------------------------


class Flaky(MemoryStore):
    """A store that is away when told."""

    away = False

    async def get(self, name: str) -> bytes | None:
        """See `Store`."""
        if self.away:
            raise StoreUnavailable("It is away. Wait.")
        return await super().get(name)

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        """See `Store`."""
        if self.away:
            raise StoreUnavailable("It is away. Wait.")
        await super().set(name, value, seconds)


async def test_who_leaves_while_the_store_is_away_hears_nothing_when_it_is_back() -> None:
    store = Flaky()
    service = Service(store)
    case = await service.joined()
    store.away = True
    with pytest.raises(StoreUnavailable):
        await service.handoffs.left("sms", NUMBER)
    store.away = False
    await service.handoffs.tick()
    assert await service.handoffs.answer(case, ANA, "k", "are you there") is Refusal.OVER
    await service.sent()
    assert service.postman.pushed == [] and await service.handoffs.board() == ()


async def test_a_case_that_could_not_be_opened_is_on_no_board() -> None:
    class Full(MemoryStore):
        async def add(self, name: str, *members: str) -> None:
            if name == "cases":
                raise StoreUnavailable("It is away. Wait.")
            await super().add(name, *members)

    store = Full()
    service = Service(store)
    with pytest.raises(StoreUnavailable):
        await service.agrees()
    await service.handoffs.tick()
    assert await service.handoffs.state_of("sms", NUMBER) is None and await service.handoffs.board() == ()
    assert not [name for name in store._values if name.startswith("case:")]


async def test_one_case_that_cannot_be_ended_keeps_nobody_from_the_goodbye() -> None:
    class Stubborn(MemoryStore):
        stuck = ""

        async def delete(self, *names: str) -> None:
            if self.stuck in names:
                raise StoreUnavailable("It is away. Wait.")
            await super().delete(*names)

    store = Stubborn()
    service = Service(store)
    addresses = [f"+1415555{number:04}" for number in range(5)]
    cases = [await service.agrees(address) for address in addresses]
    store.stuck = f"case:{cases[2]}"
    await service.handoffs.end_all(Ending.STOPPED)
    assert [len(service.postman.to(address)) for address in addresses] == [1, 1, 0, 1, 1]


async def test_an_unforeseen_error_in_one_case_stops_time_for_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    await service.comes(ANA)
    first, second = await service.agrees(), await service.agrees(OTHER)
    look = service.handoffs._tick_case

    async def fails(case: str, *rest: object) -> None:
        if case == first:
            raise ZeroDivisionError
        await look(case, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(service.handoffs, "_tick_case", fails)
    await service.later(400)
    assert service.postman.to(NUMBER) == [] and service.postman.to(OTHER) == [sentence("knock")]
    assert {first, second} == {row.id for row in await service.handoffs.board()}


async def test_cases_outlive_the_accounts_of_their_advocates() -> None:
    service = Service()
    case = await service.joined()
    service.handoffs._staffed = lambda: False
    assert await service.handoffs.state_of("sms", NUMBER) == (case, State.JOINED)
    await service.handoffs.left("sms", NUMBER)
    assert await service.handoffs.state_of("sms", NUMBER) is None


async def test_an_advocate_whom_another_worker_took_for_gone_is_there_with_the_next_sign_of_life(two: tuple[Service, Service]) -> None:
    await two[0].comes(ANA)
    await two[1].store.discard("present", ANA.name)  # a look between the end of one presence and the beginning of the next
    await two[0].comes()
    assert [one.advocate.name for one in await two[1].handoffs.staff()] == ["ana"]


async def test_how_many_are_open_is_told_at_once() -> None:
    service, told = Service(), list[int]()
    service.handoffs._tell_open = told.append
    case = await service.agrees()
    await service.agrees(OTHER)
    await service.handoffs.picked(case, "leave")
    assert told == [1, 2, 1]


async def test_that_the_service_before_broke_off_is_told_for_as_long_as_stated() -> None:
    clock, store = Clock(), MemoryStore()
    handoffs = Handoffs(store, KeyRing(), Postman(), broken_until=clock.now + 3600, clock=clock)
    assert handoffs.lost_lines("en", "US")[0] == lost_line("en") and "911" in handoffs.lost_lines("en", "US")[1]
    clock.now += 3601
    assert handoffs.lost_lines("en", "US") == ()


# --- what is printed -------------------------------------------------------------------------------------------------------------


async def test_nothing_of_her_can_be_read_from_what_is_printed(service: Service) -> None:
    case = await service.joined()
    gate = Gate()
    service.postman.before = gate
    await service.handoffs.answer(case, ANA, "k", "secret words")
    await asyncio.wait_for(gate.reached.wait(), 5)
    view = await service.handoffs.case(case)
    printed = [repr(view), *map(repr, service.handoffs._outgoing.values()), repr(service.handoffs._known)]
    printed.append(repr(Heard(State.JOINED, ("secret words",), (), "en", draft=SITUATIONS["words"])))
    gate.opened.set()
    await service.sent()
    for text in printed:
        assert "secret" not in text and NUMBER not in text and "hello" not in text
