"""One who writes with the bot and with an advocate: each message reaches the one for whom it was meant, danger is heard beside both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bot.conversation.conversation import Conversation
from bot.conversation.last_wall import LastWall
from bot.conversation.messages import Message, Reply, Understanding
from bot.errors import TurnFailed
from bot.handoff import handoffs as handoffs_module
from bot.handoff.desk_view import Notice
from bot.handoff.life import Refusal, Said

from ..conversation.scripted import Asked, Line, Script, turn
from .desk import ANA, DESK, NUMBER, Service, notice_of, sentence

MESSAGE = Message("sms", NUMBER, "")


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stated times of these tests, whatever `data/desk.yml` says."""
    monkeypatch.setattr(handoffs_module, "desk_settings", lambda: DESK)


def says(asked: Asked) -> Any:
    """Hears danger in "knife", a wish for a person in "person" and a wish to end in "erase"."""
    topics = {"knife": "danger_now", "person": "talk_to_human", "erase": "erase_me"}
    topic = next((topic for word, topic in topics.items() if word in asked.text), "rights_pay")
    urgent = "danger" if topic == "danger_now" else None
    understanding = Understanding("en", topic, (), 0.99, True, urgency=urgent, certain=urgent is not None)
    asks = topic == "talk_to_human"
    return turn(
        "Bot.",
        urgent=urgent,
        ended=topic == "erase_me",
        offers_person=asks,
        understanding=understanding,
        options=(),
        about={"country": "US"},
    )


class Phone(Line):
    """One phone, the bot by script, and the desk."""

    def __init__(self, answers: Callable[[Asked], Any] = says) -> None:
        self.desk = Service()
        super().__init__(Script(answers), self.desk.store)
        self.sessions.keys = self.desk.keys
        self.conversation = Conversation(self.script, self.sessions, LastWall(), self.desk.handoffs)

    async def pick(self, payload: str) -> Reply:
        """She types the digit of an open choice."""
        session = await self.sessions.load(MESSAGE)
        assert session
        (digit,) = [digit for digit, _, known in session.options if known == f"/handoff:{payload}"]
        return await self.send(digit)

    async def waits(self, texting: str = "text_long") -> str:
        """She agrees while an advocate is there. Returns the id of the case."""
        await self.desk.comes(ANA)
        await self.send("a person please")
        await self.pick("agree")
        await self.pick("send")
        await self.pick(texting)
        return await self.desk.case_of()

    async def said(self, case: str) -> tuple[Said, ...]:
        """What the advocate reads."""
        view = await self.desk.handoffs.case(case)
        assert view
        return view.said


async def test_what_she_writes_goes_to_the_advocate_and_the_bot_is_silent() -> None:
    phone = Phone()
    case = await phone.waits()
    await phone.desk.handoffs.claim(case, ANA)
    assert (await phone.send("are you there")).text == ""
    assert [(said.text, said.urgent) for said in await phone.said(case)] == [("are you there", None)]


async def test_until_she_is_told_of_the_advocate_the_bot_answers_and_the_advocate_reads_nothing() -> None:
    phone = Phone()
    case = await phone.waits("text_never")
    await phone.desk.handoffs.claim(case, ANA)
    reply = await phone.send("what about my pay")
    assert sentence("joined") in reply.text and "Bot." in reply.text
    assert await phone.said(case) == ()
    await phone.send("hello Ana")
    assert [said.text for said in await phone.said(case)] == ["hello Ana"]


async def test_she_can_stop_waiting_in_the_moment_in_which_somebody_comes() -> None:
    phone = Phone()
    case = await phone.waits("text_never")
    await phone.desk.handoffs.claim(case, ANA)
    assert (await phone.pick("leave")).text.startswith(sentence("left_queue"))
    assert await phone.desk.handoffs.answer(case, ANA, "k", "hello") is Refusal.OVER
    await phone.desk.sent()
    assert phone.desk.postman.pushed == []


async def test_danger_in_the_words_that_she_adds_is_danger() -> None:
    phone = Phone()
    await phone.desk.comes(ANA)
    await phone.send("a person please")
    await phone.pick("agree")
    await phone.pick("words")
    reply = await phone.send("he has a knife")
    assert reply.urgent == "danger"
    await phone.pick("join_now")
    (row,) = await phone.desk.handoffs.board()
    assert row.urgent == "danger"


async def test_other_words_that_she_adds_are_hers() -> None:
    phone = Phone()
    await phone.desk.comes(ANA)
    await phone.send("a person please")
    await phone.pick("agree")
    await phone.pick("words")
    await phone.send("my boss keeps my papers")
    await phone.pick("send")
    await phone.pick("text_long")
    view = await phone.desk.handoffs.case(await phone.desk.case_of())
    assert view and view.points[-1].value == "my boss keeps my papers"


async def test_whoever_wants_all_gone_while_adding_words_is_understood() -> None:
    phone = Phone()
    await phone.desk.comes(ANA)
    await phone.send("a person please")
    await phone.pick("agree")
    await phone.pick("words")
    assert (await phone.send("erase it all")).erase
    assert await phone.sessions.load(MESSAGE) is None


@pytest.mark.parametrize("seconds", (0.0, 0.6))
async def test_danger_is_told_to_supervisors_and_answered_with_numbers_however_long_the_model_takes(seconds: float) -> None:
    phone = Phone()
    case = await phone.waits()
    await phone.desk.handoffs.claim(case, ANA)
    phone.script.seconds = seconds
    async with phone.desk.handoffs.watch() as notices:
        reply = await phone.send("he has a knife")
        assert reply.urgent == "danger" and "Bot." in reply.text
        notice = await notice_of(notices, "alert")
    assert notice == Notice("alert", case, "urgent")
    assert [said.text for said in await phone.said(case)] == ["he has a knife"]
    view = await phone.desk.handoffs.case(case)
    assert view and view.row.urgent == "danger"


async def test_with_an_advocate_there_a_model_that_fails_costs_nobody_anything() -> None:
    def fails(asked: Asked) -> Any:
        if asked.text == "are you there":
            raise TurnFailed("It failed. Look.")
        return says(asked)

    phone = Phone(fails)
    case = await phone.waits()
    await phone.desk.handoffs.claim(case, ANA)
    assert (await phone.send("are you there")).text == ""
    assert [said.text for said in await phone.said(case)] == ["are you there"]


@pytest.mark.parametrize("ends", ("requeue", "close"))
async def test_when_the_advocate_goes_in_that_very_moment_the_bot_answers(ends: str) -> None:
    phone, thinking = Phone(), asyncio.Event()
    case = await phone.waits()
    await phone.desk.handoffs.claim(case, ANA)
    await phone.send("hello")
    wrote = phone.desk.handoffs.wrote

    async def late(*args: Any, **rest: Any) -> Any:
        if not thinking.is_set():
            thinking.set()
            await getattr(phone.desk.handoffs, ends)(case, ANA)
        return await wrote(*args, **rest)

    phone.desk.handoffs.wrote = late  # type: ignore[method-assign]
    assert "Bot." in (await phone.send("and another thing")).text


async def test_who_leaves_is_gone_from_the_desk_at_once() -> None:
    phone = Phone()
    case = await phone.waits()
    await phone.desk.handoffs.claim(case, ANA)
    await phone.desk.sent()
    phone.desk.postman.pushed.clear()
    assert (await phone.send("STOP")).text == ""
    assert await phone.desk.handoffs.board() == ()
    assert await phone.desk.handoffs.answer(case, ANA, "k", "hello") is Refusal.OVER
    await phone.desk.sent()
    assert phone.desk.postman.to(NUMBER) == []


def greets(asked: Asked) -> Any:
    """Hears a greeting in "hello", nothing that it understands in "how long", and a question in everything else."""
    topic = "greet" if "hello" in asked.text else "rights_pay"
    understanding = Understanding("en", topic, (), 0.99, "how long" not in asked.text)
    return says(asked) if "person" in asked.text else turn("Bot.", understanding=understanding)


async def test_who_waits_and_asks_whether_anybody_comes_hears_how_it_stands() -> None:
    phone = Phone(greets)
    await phone.waits()
    status = "You are waiting for a person."
    reply = await phone.send("hello? are you there")
    assert reply.text.startswith(status) and "Bot." not in reply.text
    reply = await phone.send("how long?")
    assert reply.text.startswith(status) and "Bot." in reply.text
    assert (await phone.send("what about my pay")).text == "Bot."


async def test_the_first_digit_beside_the_bots_answers_does_not_lose_her_place() -> None:
    phone = Phone(greets)
    await phone.waits()
    reply = await phone.send("what about my pay")
    assert [choice.digit for choice in reply.choices if choice.title == "Stop waiting"] == [str(len(reply.choices) - 1)]
    assert reply.choices[0].title == "Pay"


@pytest.mark.parametrize("text", ["??", "\N{THUMBS UP SIGN}", "\N{LOUDLY CRYING FACE}\N{LOUDLY CRYING FACE}"])
async def test_a_message_without_words_is_for_the_advocate(text: str) -> None:
    phone = Phone()
    case = await phone.waits()
    assert "without words" in (await phone.send(text)).text
    await phone.desk.handoffs.claim(case, ANA)
    assert (await phone.send(text)).text == ""
    assert [said.text for said in await phone.said(case)] == [text]


async def test_thanks_in_the_place_of_an_answer_leave_nobody_in_the_belief_that_they_wait() -> None:
    phone = Phone(greets)
    await phone.desk.comes(ANA)
    await phone.send("a person please")
    await phone.pick("agree")
    await phone.pick("send")
    reply = await phone.send("hello, thank you")
    assert sentence("safety") in reply.text
    await phone.pick("text_short")
    assert await phone.desk.case_of()


async def test_beside_an_advocate_the_numbers_are_told_once() -> None:
    phone = Phone()
    case = await phone.waits()
    await phone.desk.handoffs.claim(case, ANA)
    assert (await phone.send("he has a knife")).text == "Bot."
    assert (await phone.send("a big knife")).text == ""
    assert [said.urgent for said in await phone.said(case)] == ["danger", "danger"]
