"""What comes to the trial phones although nobody has just written: a real browser, the page and its two phones, and a desk that is none."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Locator, Page, expect
from starlette.applications import Starlette

from bot.channels import trial_inbox
from bot.channels.outlets import Outcome
from bot.channels.trial import TrialPhones
from bot.conversation.messages import Choice, Message, Reply, Shape
from bot.privacy.keys import KeyRing
from bot.store.memory import MemoryStore

BOTH = ("sms", "telegram")
ENGLISH, ARABIC = "I am Anna. I read this.", "أنا هنا. أقرأ رسائلك."
CHOICES = (Choice("1", "Yes, I am safe", "1:1"), Choice("0", "A person", "1:0"))


class Line:
    """Stands for the conversation and the desk, behind real trial phones.

    Attributes:
        url: of the page.
        came: what the phones have sent.
        reply: what they get back.
    """

    def __init__(self) -> None:
        self.came: list[Message] = []
        self.reply = Reply("Somebody will read this.")
        phones = TrialPhones(self._answer, MemoryStore(), KeyRing())
        self._outlets, self._begun = phones.outlets(), threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(Starlette(routes=phones.routes()), log_config=None, lifespan="off"))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._begun.wait(10)

    async def _answer(self, message: Message, shape: Shape) -> Reply:
        self.came.append(message)
        return self.reply

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._begun.set()
        await self._server.serve(sockets=[self._listener])

    def _do(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    def send(self, channel: str, *texts: str, choices: tuple[Choice, ...] = (), erase: bool = False) -> None:
        """Sends texts to the phone that wrote last."""
        for text in texts:
            assert self._do(self._outlets[channel].send(self._address(channel), Reply(text, choices, erase=erase))).outcome is Outcome.SENT

    def type(self, channel: str) -> None:
        """Shows the phone that wrote last that somebody is writing."""
        self._do(self._outlets[channel].typing(self._address(channel)))

    def _address(self, channel: str) -> str:
        return next(message.address for message in reversed(self.came) if message.channel == channel)

    def end(self) -> None:
        """Stops serving."""
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture(scope="module")
def running() -> Iterator[Line]:
    line = Line()
    yield line
    line.end()


@pytest.fixture(scope="module")
def service_url(running: Line) -> str:
    """Takes the place of the whole service."""
    return running.url


@pytest.fixture
def line(running: Line) -> Line:
    running.reply = Reply("Somebody will read this.")
    return running


@pytest.fixture(autouse=True)
def opened(page: Page, line: Line) -> None:
    page.goto("/")
    for name in BOTH:
        say(page, name, "Hello")


def phone(page: Page, name: str) -> Locator:
    return page.locator(f"#{name}")


def theirs(page: Page, name: str) -> Locator:
    return phone(page, name).get_by_role("log").locator(".theirs .bubble")


def say(page: Page, name: str, text: str) -> None:
    """Writes a text, and waits for what comes back."""
    before = theirs(page, name).count()
    field = phone(page, name).get_by_role("textbox")
    field.fill(text)
    field.press("Enter")
    expect(theirs(page, name)).to_have_count(before + 1)


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(("text", "direction"), [(ENGLISH, "ltr"), (ARABIC, "rtl")])
def test_what_is_sent_appears_by_itself(page: Page, line: Line, name: str, text: str, direction: str) -> None:
    line.send(name, text)
    expect(theirs(page, name)).to_have_text(["Somebody will read this.", text])
    expect(theirs(page, name).last).to_have_css("direction", direction)
    expect(phone(page, name).locator(".meta").last).to_contain_text("came by itself")
    other = next(other for other in BOTH if other != name)
    expect(theirs(page, other)).to_have_count(1)


@pytest.mark.parametrize("name", BOTH)
def test_many_in_a_row_keep_their_order(page: Page, line: Line, name: str) -> None:
    texts = [f"Message {number}" for number in range(20)]
    line.send(name, *texts[:7])
    expect(theirs(page, name).last).to_have_text(texts[6])
    line.send(name, *texts[7:])
    expect(theirs(page, name)).to_have_text(["Somebody will read this.", *texts])


def test_what_is_sent_costs_segments_too(page: Page, line: Line) -> None:
    line.send("sms", ENGLISH, ARABIC)
    expect(phone(page, "sms").locator(".totals")).to_have_text("3 replies · 3 segments · 3.0 ¢")
    expect(phone(page, "sms").locator(".meta").last).to_contain_text(f"UCS-2 · 1 segment · {len(ARABIC)} characters · 1.0 ¢")


def test_a_button_below_what_was_sent_works(page: Page, line: Line) -> None:
    line.send("telegram", "Can you read this?", choices=CHOICES)
    phone(page, "telegram").get_by_role("button", name="1 Yes, I am safe").click()
    expect(theirs(page, "telegram")).to_have_count(3)
    assert line.came[-1].choice == "1:1"


def test_typing_is_shown_until_the_message_comes(page: Page, line: Line) -> None:
    status = phone(page, "telegram").get_by_role("status")
    expect(status).to_have_text("")
    line.type("telegram")
    expect(status).to_have_text("typing…")
    line.send("telegram", ENGLISH)
    expect(theirs(page, "telegram")).to_have_count(2)
    expect(status).to_have_text("")


def test_typing_goes_by_itself(page: Page, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_inbox, "_TYPING", 2.0)
    line.type("telegram")
    expect(phone(page, "telegram").get_by_role("status")).to_have_text("typing…")
    expect(phone(page, "telegram").get_by_role("status")).to_have_text("")


def test_leaving_takes_it_off_the_screen(page: Page, line: Line) -> None:
    line.send("telegram", ENGLISH)
    expect(theirs(page, "telegram")).to_have_count(2)
    line.reply = Reply("", erase=True)
    phone(page, "telegram").get_by_role("textbox").fill("weather")
    phone(page, "telegram").get_by_role("textbox").press("Enter")
    expect(phone(page, "telegram").locator(".entry")).to_have_count(0)


def test_a_goodbye_that_erases_takes_the_rest_off_the_screen(page: Page, line: Line) -> None:
    line.send("telegram", ENGLISH)
    expect(theirs(page, "telegram")).to_have_count(2)
    line.send("telegram", "This line closes.", erase=True)
    expect(phone(page, "telegram").locator(".entry")).to_have_count(1)
    expect(theirs(page, "telegram")).to_have_text("This line closes.")


@pytest.mark.parametrize("name", BOTH)
def test_a_new_phone_and_another_page_see_nothing_of_it(page: Page, line: Line, name: str) -> None:
    other = page.context.new_page()
    other.goto("/")
    phone(page, name).get_by_role("button", name="New").click()
    line.send(name, "to the old phone")
    for each in (page, other):
        with each.expect_response("**/trial/inbox") as asked:
            pass
        answer = asked.value.json()
        assert (answer["sms"], answer["telegram"]["messages"]) == ([], [])
        expect(theirs(each, name)).to_have_count(0)


def test_a_page_that_nobody_sees_does_not_ask(page: Page, line: Line) -> None:
    page.clock.install()
    page.goto("/")
    say(page, "sms", "Hello")
    page.evaluate("Object.defineProperty(document, 'visibilityState', { get: () => 'hidden', configurable: true })")
    page.clock.run_for(3_000)  # what was under way comes to its end
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    line.send("sms", ENGLISH)
    page.clock.run_for(60_000)
    assert asked == []
    page.evaluate("delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))")
    expect(theirs(page, "sms").last).to_have_text(ENGLISH)


def test_a_service_that_does_not_answer_for_a_moment_loses_nothing(page: Page, line: Line, complaints: list[str]) -> None:
    with page.expect_request_finished(lambda request: request.url.endswith("/trial/inbox")):
        pass
    page.route("**/trial/inbox", lambda route: route.fulfill(status=503))
    with page.expect_response(lambda response: response.status == 503):
        pass
    line.send("sms", ENGLISH)
    page.unroute("**/trial/inbox")
    expect(theirs(page, "sms").last).to_have_text(ENGLISH)
    assert all("503" in complaint for complaint in complaints)
    complaints.clear()
