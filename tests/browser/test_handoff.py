"""A human at the other end, from both ends at once: the real service and model, two desks in Chromium and several phones."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, expect

from bot.channels.segments import fold_for_gsm7, measure
from bot.desk.sentences import ENDINGS, FATES, OTHER_ADVOCATE, PERSON, PROBLEMS, REFUSALS, SCRIPT, said
from bot.dialogue.catalogues import compile_catalogues, translate
from bot.handoff.life import Ending, Fate, Point, Refusal
from bot.handoff.wording import emergency_line, worded_point

from ..running import Running, copy_of_project, environment, helpline, running, until
from .phones import Phone, SmsPhone, TelegramPhone, says

PASSWORD = "seven quiet lanterns"
# Minutes, so short that a test can wait for them.
WAITS = {"quiet": 0.5, "advocate_gone": 0.05}
# What browser and htmx say of their own accord when an answer is a refusal.
OF_THE_BROWSER = re.compile("Failed to load resource|Response Status Error Code")
EMOJI = "\N{LOUDLY CRYING FACE}\N{BROKEN HEART}" * 400
EVIL = "<script>document.title='x'</script><img src=x onerror=\"document.title='x'\">"


@dataclass
class Hotline:
    """A service with two advocates: Ana, a supervisor who reads English and Spanish, and Amal, whose desk is in Arabic.

    Attributes:
        service: that runs.
        root: of the project that it is run from.
        staff: folder of the accounts.
        apps: the authenticator app of each, by sign-in name.
    """

    service: Running
    root: Path
    staff: Path
    apps: dict[str, pyotp.TOTP]

    def sms(self, locale: str, country: str) -> SmsPhone:
        """A phone that has not texted yet."""
        return SmsPhone(self.service.url, locale, country=country)

    def telegram(self, locale: str) -> TelegramPhone:
        """Another one."""
        return TelegramPhone(self.service.url, locale)


def added(root: Path, folder: Path, name: str, display: str, role: str, languages: str, desk_locale: str) -> pyotp.TOTP:
    """Lets somebody in by the command line; returns their authenticator app."""
    words = ("add", name, "--display", display, "--role", role, "--languages", languages, "--desk-locale", desk_locale)
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "staff", *words, "--password-stdin"],
        cwd=root, env=environment(HELPLINE_STAFF_FOLDER=str(folder)), input=PASSWORD + "\n", capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (secret,) = re.findall("secret=([A-Z2-7]{32})&", done.stdout)
    return pyotp.TOTP(secret)


@pytest.fixture(scope="module")
def hotline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """Runs from a copy of the project whose waits are short."""
    compile_catalogues()
    folder = tmp_path_factory.mktemp("hotline")
    root, staff = copy_of_project(folder), folder / "staff"
    desk = root / "data" / "desk.yml"
    text = desk.read_text(encoding="utf-8")
    for name, minutes in WAITS.items():
        text, changed = re.subn(rf"^  {name}: \S+", f"  {name}: {minutes}", text, flags=re.MULTILINE)
        assert changed == 1
    desk.write_text(text, encoding="utf-8")
    apps = {
        "ana": added(root, staff, "ana", "Ana", "supervisor", "es,en", "en"),
        "amal": added(root, staff, "amal", "أمل", "advocate", "ar,es,en", "ar"),
    }
    with running(folder, root=root, HELPLINE_STAFF_FOLDER=str(staff)) as service:
        yield Hotline(service, root, staff, apps)


class Desk:
    """An advocate's desk.

    Args:
        browser: that it is opened in.
        hotline: whose desk it is.
        name: of the advocate, who signs in.
        locale: of the pages.
    """

    def __init__(self, browser: Browser, hotline: Hotline, name: str, locale: str) -> None:
        self._browser, self._hotline, self.name, self.locale = browser, hotline, name, locale
        self.complaints: list[str] = []
        self.page = self._opened(None)
        self.page.locator("#name").fill(name)
        self.page.locator("#password").fill(PASSWORD)
        self.page.locator("#code").fill(hotline.apps[name].now())
        self.page.locator("#code").press("Enter")
        self.page.locator("#board").wait_for()

    def _opened(self, state: StorageState | None) -> Page:
        context = self._browser.new_context(
            base_url=self._hotline.service.url, viewport={"width": 1280, "height": 900}, locale="en-US", storage_state=state
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        context.on("console", lambda one: None if OF_THE_BROWSER.search(one.text) else self.complaints.append(one.text))
        context.on("weberror", lambda one: self.complaints.append(str(one.error)))
        page.goto("/desk")
        return page

    def cut_off(self) -> StorageState:
        """Its connection is gone, without a goodbye; returns what its browser still has."""
        state = self.page.context.storage_state()
        self.page.context.close()
        return state

    def come_back(self, state: StorageState) -> None:
        """The browser is opened again."""
        self.page = self._opened(state)

    def at_home(self) -> Desk:
        """Itself, with the board before it and nothing left of another test."""
        self.page.goto("/desk")
        self.end_all()
        return self

    @property
    def waiting(self) -> Locator:
        """Those who wait."""
        return self.page.locator("#waiting > li")

    @property
    def bubbles(self) -> Locator:
        """What was said in the case that is shown."""
        return self.page.locator("#log .bubble")

    @property
    def draft(self) -> Locator:
        """Where the advocate writes."""
        return self.page.locator("#draft")

    def go_home(self) -> None:
        """To the board."""
        self.page.locator(".home").click()
        self.page.locator("#board").wait_for()

    def take(self, number: int = 0) -> None:
        """Takes one of those who wait."""
        self.waiting.nth(number).locator("button[id^=take-]").click()
        expect(self.draft).to_be_focused()

    def take_next(self) -> None:
        """Takes whoever is first."""
        self.page.locator("#next").click()
        expect(self.draft).to_be_focused()

    def say(self, *texts: str) -> None:
        """Sends messages."""
        for text in texts:
            self.draft.fill(text)
            self.draft.press("Enter")

    def is_told(self, sentence: tuple[str, str]) -> None:
        """Waits for a sentence of the desk, in its language, in the room."""
        expect(self.page.locator("#room")).to_contain_text(said(self.locale, sentence))

    def end_all(self) -> None:
        """Ends all cases of the advocate without a question."""
        for _ in range(self.page.locator("#mine a").count()):
            self.open_mine()
            self.page.locator("#ending summary").click()
            self.page.locator("#close").click()
            self.page.locator("#board").wait_for()

    def case_path(self) -> str:
        """Of the case that is shown."""
        return urlsplit(self.page.url).path

    def posts(self, text: str, path: str = "") -> tuple[int, str]:
        """What the service says to an answer that the page's own script would not send: status and sentence."""
        posted = self.page.evaluate(
            """async ([path, text]) => {
              const body = new URLSearchParams({key: "0".repeat(32), text});
              const answer = await fetch(path, {method: "POST", headers: {"X-CSRF": document.body.dataset.csrf}, body});
              return [answer.status, await answer.text()];
            }""",
            [(path or self.case_path()) + "/answer", text],
        )
        return posted[0], posted[1]

    def open_mine(self, number: int = 0) -> None:
        """Goes to one of the advocate's own cases."""
        self.page.locator("#mine a").nth(number).click()
        expect(self.draft).to_be_focused()


@pytest.fixture(scope="module")
def desks(browser: Browser, hotline: Hotline) -> Iterator[tuple[Desk, Desk]]:
    """Ana's and Amal's. A code of the app lets in once, so the tests of this module share them."""
    both = Desk(browser, hotline, "ana", "en"), Desk(browser, hotline, "amal", "ar")
    yield both
    assert [desk.complaints for desk in both] == [[], []]


@pytest.fixture
def ana(desks: tuple[Desk, Desk]) -> Desk:
    return desks[0].at_home()


@pytest.fixture
def amal(desks: tuple[Desk, Desk]) -> Desk:
    return desks[1].at_home()


def waits(phone: Phone, texts: tuple[str, ...] = (), strikes: tuple[Point, ...] = ()) -> None:
    """Somebody says what it is about, asks for a human, strikes points, may be texted for half an hour, and waits."""
    for text in texts:
        phone.send(text)
    phone.send("0")
    phone.choose("agree")
    if texts:
        for point in strikes:
            phone.pick(worded_point(phone.locale, point))
        phone.choose("send")
    phone.choose("text_short")
    phone.told("waiting")


def in_danger(phone: Phone) -> None:
    """Somebody is in danger, and waits after one digit."""
    phone.send("he is going to kill me, he has a gun")
    phone.choose("join_now")
    phone.told("waiting")


def everything_is_over(*desks: Desk) -> None:
    """Nobody waits, and nobody is with an advocate."""
    for desk in desks:
        expect(desk.waiting).to_have_count(0)
        expect(desk.page.locator("#mine a")).to_have_count(0)
        expect(desk.page.locator("#taken > li")).to_have_count(0)


def clicked_at_once(*buttons: Locator) -> None:
    """Clicks buttons of several pages in the same moment."""
    soon = buttons[0].evaluate("() => Date.now() + 700")
    for button in buttons:
        button.evaluate("(button, at) => setTimeout(() => button.click(), at - Date.now())", soon)


def test_from_the_offer_to_the_last_question(hotline: Hotline, ana: Desk, amal: Desk, tmp_path: Path) -> None:
    spanish, arabic, english = hotline.sms("es", "MX"), hotline.telegram("ar"), hotline.sms("en", "US")
    pay, mexico = Point("topic", "rights_pay"), Point("country", "MX")

    # She is offered a human, sees the summary, strikes a point, and says that she may be texted.
    spanish.send("hola, mi jefe no me paga hace 3 meses")
    spanish.send("quiero hablar con una persona")
    spanish.choose("agree")
    assert all(says(spanish.got[-1], worded_point("es", point)) for point in (pay, mexico))
    spanish.pick(worded_point("es", mexico))
    assert not says(spanish.got[-1], worded_point("es", mexico))
    spanish.choose("send")
    spanish.told("safety")
    everything_is_over(ana, amal)
    spanish.choose("text_short")
    spanish.told("waiting")
    expect(ana.waiting).to_have_count(1)
    waits(arabic, ("صاحب العمل أخذ جواز سفري",))
    english.send("he is going to kill me, he has a gun")
    assert english.got[-1].startswith("If you are in danger now, call 911.")
    english.choose("join_now")
    english.told("waiting")

    # The board: danger first, then who came first.
    for desk, languages in ((ana, ("English", "Spanish", "Arabic")), (amal, ("الإنجليزية", "الإسبانية", "العربية"))):
        expect(desk.waiting).to_have_count(3)
        expect(desk.waiting.locator(".language")).to_have_text(languages)
    expect(ana.waiting.nth(0)).to_contain_text("Danger now")
    expect(ana.waiting.nth(1)).to_contain_text(worded_point("en", pay))
    expect(ana.waiting.nth(2).locator("button")).to_have_count(0)
    expect(amal.page.locator("html")).to_have_attribute("dir", "rtl")
    ana.page.screenshot(path=tmp_path / "board-en.png")
    amal.page.screenshot(path=tmp_path / "board-ar.png")

    # Both want the first one: one has her, the other is told so.
    clicked_at_once(*(desk.waiting.nth(0).get_by_role("button").first for desk in (ana, amal)))
    until(lambda: any(desk.draft.count() for desk in (ana, amal)), 10)
    first, other = (ana, amal) if ana.draft.count() else (amal, ana)
    expect(other.page.locator("#problem")).to_have_text(said(other.locale, REFUSALS[Refusal.NOT_WAITING]))
    expect(other.draft).to_have_count(0)
    english.told("joined", name="Ana" if first is ana else "أمل")
    first.say("I am here.")
    english.reads("I am here.")

    # Words both ways, in order, each in its direction.
    if first is amal:
        amal.go_home()
    amal.take(-1)
    arabic.told("joined", name="أمل")
    arabic.send("أنا خائفة")
    arabic.send("لا أستطيع الخروج")
    with amal.page.expect_response("**/typing"):
        amal.draft.press_sequentially("أنا")
    until(arabic.shows_typing, 5)
    arabic.forget()
    amal.say("أنا معك", "هل أنت في أمان؟", "خذي وقتك")
    arabic.reads("خذي وقتك")
    assert arabic.got == ["أنا معك", "هل أنت في أمان؟", "خذي وقتك"]
    expect(amal.bubbles).to_have_text(["أنا خائفة", "لا أستطيع الخروج", "أنا معك", "هل أنت في أمان؟", "خذي وقتك"])
    expect(amal.bubbles.nth(0)).to_have_attribute("lang", "ar")
    expect(amal.bubbles.nth(0)).to_have_css("direction", "rtl")
    amal.page.screenshot(path=tmp_path / "case-ar.png")

    if first is ana:
        ana.go_home()
    ana.take()
    spanish.told("joined", name="Ana")
    assert spanish.send("buenas, ¿quién es?") == ""
    expect(ana.bubbles).to_have_text(["buenas, ¿quién es?"])
    expect(ana.bubbles).to_have_attribute("lang", "es")

    # What is said often, and what is known, in her language beside the advocate's.
    ana.page.locator("#panel-query").press_sequentially("safe for you")
    reply = ana.page.locator("#panel-replies .draft", has_text="Is it safe for you to write now?")
    expect(reply.locator(".text")).to_have_text(translate("es", "canned", "Is it safe for you to write now?"))
    reply.click()
    ana.draft.press("Enter")
    spanish.reads(translate("es", "canned", "Is it safe for you to write now?"))
    spanish.send("sí")
    ana.page.locator("#panel-query").fill("no me han pagado")
    ana.page.locator("#panel-query").press("Enter")
    answer = ana.page.locator("#panel-results .draft").first
    expect(answer.locator(".text")).to_have_attribute("lang", "es")
    words = answer.locator(".text").inner_text()
    answer.click()
    ana.draft.press("Enter")
    spanish.reads(words[:60])
    ana.page.screenshot(path=tmp_path / "case-en.png")
    for desk in (ana, amal):
        desk.end_all()
    everything_is_over(ana, amal)


def test_long_words_floods_and_scripts_arrive_as_they_are(hotline: Hotline, ana: Desk, amal: Desk) -> None:
    spanish, english = hotline.sms("es", "ES"), hotline.telegram("en")
    waits(spanish)
    ana.take()
    waits(english)
    amal.take()
    title = ana.page.title()
    flood = [EMOJI, "\N{BROKEN HEART}", "?", EVIL, "no " * 1300]
    for text in flood:
        assert [spanish.send(text), english.send(text)] == ["", ""]
    for desk in (ana, amal):
        expect(desk.bubbles).to_have_text(flood)
        assert desk.page.locator("#log script, #log img").count() == 0
        assert desk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert ana.page.title() == title

    long = "¿Estás en un lugar seguro? Si él vuelve, guarda el teléfono y escríbeme después. " * 12
    ana.say(long[:1000].strip(), EVIL, EMOJI[:20])
    amal.say(long[:1000].strip(), EVIL, EMOJI[:20])
    for phone in (spanish, english):
        phone.reads(EMOJI[:20])
        assert EVIL in phone.got
    parts = spanish.got[spanish.got.index(spanish.reads("¿Est")) : spanish.got.index(EVIL)]
    assert len(parts) > 1 and all(measure(part).segments <= 3 for part in parts)
    assert "".join(parts).replace(" ", "") == fold_for_gsm7(long[:1000], "es").replace(" ", "")
    assert long[:1000].strip() in english.got

    ana.draft.focus()
    ana.page.keyboard.insert_text("á" * 100_000)
    expect(ana.draft).to_have_value("á" * 1000)
    expect(ana.page.locator("#cut")).to_have_text(said("en", SCRIPT["cut"]))
    ana.draft.fill("")
    status, sentence = ana.posts("x" * 100_000)
    assert (status, sentence) == (413, said("en", PROBLEMS["too_long"]))
    for desk in (ana, amal):
        desk.end_all()
    everything_is_over(ana, amal)


def test_after_a_quiet_gap_words_wait_and_a_case_whose_advocate_is_cut_off_goes_on_with_another(
    hotline: Hotline, ana: Desk, amal: Desk
) -> None:
    quiet, left = hotline.sms("es", "ES"), hotline.telegram("en")
    waits(quiet)
    ana.take()
    quiet.told("joined", name="Ana")
    quiet.send("hola")
    heard = time.monotonic()
    waits(left)
    amal.take()
    left.told("joined", name="أمل")
    left.send("I am in the kitchen")
    amal.say("I am here.")
    left.reads("I am here.")

    state = amal.cut_off()
    ana.go_home()
    lost = ana.page.locator("#taken > li", has_text="the advocate's connection is lost")
    expect(lost).to_have_count(1, timeout=40_000)
    left.send("are you still there?")
    left.told("advocate_gone")
    expect(ana.waiting).to_contain_text(["was with an advocate already"])
    expect(ana.page.locator("#alerts")).to_contain_text("the advocate's connection is lost")
    ana.take()
    expect(ana.bubbles).to_have_text(["I am in the kitchen", "I am here.", "are you still there?"])
    expect(ana.page.locator("#log .who")).to_have_text([said("en", PERSON), said("en", OTHER_ADVOCATE), said("en", PERSON)])
    left.told("transferred", name="Ana")
    ana.say("I am Ana, and I go on.")
    left.reads("I am Ana, and I go on.")
    amal.come_back(state)
    expect(amal.page.locator("#mine a")).to_have_count(0)

    until(lambda: time.monotonic() > heard + 60 * WAITS["quiet"], 40)
    ana.go_home()
    ana.page.locator("#mine a", has_text="Spanish").click()
    ana.say("¿Sigues ahí?")
    quiet.told("knock")
    expect(ana.page.locator("#log .fate")).to_have_text(said("en", FATES[Fate.HELD]))
    expect(ana.page.locator("#is-held")).to_be_visible()
    assert not any("Sigues" in text for text in quiet.got)
    assert says(quiet.choose("read"), "¿Sigues ahí?")
    expect(ana.page.locator("#is-held")).to_have_count(0)

    # She leaves in mid-conversation.
    path = ana.case_path()
    assert quiet.send("clima") == ""
    ana.is_told(ENDINGS[Ending.LEFT])
    expect(ana.page.locator("#room")).not_to_contain_text("hola")
    assert ana.posts("¿Hola?", path) == (409, said("en", REFUSALS[Refusal.OVER]))
    ana.page.locator("#room a").click()
    ana.open_mine()
    shown = len(left.deleted)
    assert left.send("weather") == ""
    assert len(left.deleted) > shown
    ana.is_told(ENDINGS[Ending.LEFT])
    ana.page.locator("#room a").click()
    everything_is_over(ana, amal)
    for phone in (quiet, left):
        phone.forget()
        assert phone.send("hello")
    everything_is_over(ana, amal)


def test_a_case_is_handed_on_closed_with_one_question_and_erased(hotline: Hotline, ana: Desk, amal: Desk) -> None:
    phone = hotline.sms("es", "ES")
    waits(phone, ("mi jefe no me paga",))
    ana.take_next()
    phone.send("¿me pueden ayudar?")
    ana.say("Sí. Te paso con una compañera.")
    ana.page.locator("#transfer summary").click()
    ana.page.locator("#hand-amal").click()
    ana.page.locator("#board").wait_for()
    phone.told("transferred", name="أمل")
    amal.open_mine()
    expect(amal.bubbles).to_have_text(["¿me pueden ayudar?", "Sí. Te paso con una compañera."])
    expect(amal.bubbles.first).to_have_css("direction", "ltr")
    assert ana.posts("una más", amal.case_path())[0] == 403
    phone.send("hola otra vez")
    expect(amal.bubbles).to_have_count(3)
    path = amal.case_path()
    amal.page.locator("#ending summary").click()
    amal.page.locator("#close-asking").click()
    amal.page.locator("#board").wait_for()
    phone.told("ending", name="أمل", minutes="3")
    phone.choose("helped_yes")
    phone.told("erased")
    everything_is_over(ana, amal)
    gone = amal.page.request.get(path)
    assert gone.status == 410 and "compañera" not in gone.text()
    assert amal.posts("una más", path) == (409, said("ar", REFUSALS[Refusal.OVER]))
    phone.forget()
    assert phone.send("¿puedo ver a un médico gratis?")
    everything_is_over(ana, amal)


def test_a_panic_wipe_ends_everything_and_everybody_hears_the_numbers(hotline: Hotline, ana: Desk, amal: Desk) -> None:
    """The last test here: nobody is signed in afterwards."""
    waiting, spanish, arabic = hotline.sms("en", "US"), hotline.sms("es", "MX"), hotline.telegram("ar")
    waits(spanish)
    ana.take()
    arabic.send("مرحبا")
    waits(arabic)
    amal.take()
    spanish.send("palabras que nadie debe ver")
    expect(ana.bubbles).to_have_count(1)
    in_danger(waiting)
    for _ in range(3):
        ana.page.keyboard.press("Control+Alt+KeyW")
    for desk in (ana, amal):
        desk.page.wait_for_url("**/desk/wiped")
        expect(desk.page.locator("body")).not_to_contain_text("palabras")
        desk.page.goto("/desk")
        desk.page.wait_for_url("**/desk/sign-in")
    for phone, country in ((waiting, "US"), (spanish, "MX"), (arabic, None)):
        assert says(phone.told("goodbye"), emergency_line(phone.locale, country))
    for phone in (waiting, spanish, arabic):
        phone.forget()
        assert phone.send("hello")
    done = helpline("audit", "verify", root=hotline.root, HELPLINE_STAFF_FOLDER=str(hotline.staff))
    assert done.returncode == 0, done.stdout
    for words in ("palabras", "kitchen", "kill me", waiting.id, spanish.id):
        assert words not in hotline.service.said
