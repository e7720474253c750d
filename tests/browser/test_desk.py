"""The desk as advocates meet it: real browser, real handoffs; two desks and several phones at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, ViewportSize, expect

from bot.channels.segments import fold_for_gsm7, measure
from bot.desk.accounts import DESK_LOCALES
from bot.desk.wording import number_of
from bot.dialogue.catalogues import compile_catalogues
from bot.dialogue.found import Found, FoundService, Line
from bot.handoff.life import Point
from tests.desk.trial_desk import PASSWORD, Person, Served, TrialDesk
from tests.running import until

PHONE: ViewportSize = {"width": 390, "height": 844}
WIDE: ViewportSize = {"width": 1280, "height": 800}
SMALLEST = 44  # CSS pixels of what is pressed
# What browser and htmx say of their own accord when an answer is a refusal.
OF_THE_BROWSER = re.compile("Failed to load resource|Response Status Error Code")
TEXTS = (
    "", "Hello", "x" * 160, "x" * 161, "x" * 306, "x" * 307, "€" * 80, "€" * 81, "^{}[]~|\\" * 21, "Où êtes-vous ?",
    "¿Dónde estás? Á í ó ú ñ", "“quoted” – dashes … and • more", "Înțeleg, sunt aici", "á" * 71, "é" * 161, "مرحبا، أنا هنا معك",
    "م" * 70, "م" * 71, "م" * 135, "你好，我在这里", "你" * 67 + "。", "Привет", "Xin chào, tôi ở đây. Bạn có an toàn không?",
    "नमस्ते, मैं यहाँ हूँ", "क्षत्रिय" * 20, "\N{GRINNING FACE}" * 35, "\N{GRINNING FACE}" * 36, "👩‍👩‍👧‍👦" * 9, "🇺🇸🇬🇧" * 12, "👍🏽" * 20,
    "a\u0301" * 40, "ﬁ ﬀ ½ ¼", "tab\there", "line\nline\r\nline", "\u200bzero\ufeff", "ＦＵＬＬ width", "می\u200cخواهم", "Ş ş Ţ ţ",
    "\u00a0\u2003 spaces", "Kumusta? Nandito ako.", "y\u0323\u0307" * 30, "\u200f", "e" * 152 + "€" * 5,
)  # fmt: skip

# Who may sign in: display name, languages, language of the desk, supervisor.
STAFF: dict[str, tuple[str, tuple[str, ...], str, bool]] = {
    "ana": ("Ana", ("en", "es", "ar"), "en", False),
    "bea": ("Bea", ("en", "es"), "en", False),
    "amal": ("أمل", ("en", "ar"), "ar", False),
    "sol": ("Sol", ("en", "es"), "es", False),
    "zoe": ("Zoé", ("en",), "fr", False),
    "sue": ("Sue", ("en",), "en", True),
    "samir": ("سمير", ("en", "ar"), "ar", True),
}
DeskPage = Callable[..., Page]


class Dialogue:
    """Finds one answer and one service, whatever is asked."""

    async def lookup(self, *asked: Any) -> Found:
        """See `bot.desk.panel.Dialogue`."""
        answer = Line("Te deben pagar todas las horas.", "You must be paid for all hours.")
        source = Line("Fuente: Ley. Revisado: 2026-11-22.", "Source: Law. Checked 2026-11-22.")
        service = FoundService("A helpline", (Line("Línea: 0800.", "Line: 0800."),))
        return Found("rights_pay", "Pay and working hours", "US", None, (answer,), source, ("Law, https://example.org/law",), (service,))


@pytest.fixture
def desk(tmp_path: Path) -> TrialDesk:
    compile_catalogues()
    return TrialDesk(tmp_path, dialogue=Dialogue())


@pytest.fixture
def served(desk: TrialDesk) -> Iterator[Served]:
    with Served(desk) as served:
        yield served


@pytest.fixture
def complaints() -> list[str]:
    """What the consoles say, but for what the browser says of refusals."""
    return []


@pytest.fixture
def at(browser: Browser, served: Served, complaints: list[str]) -> Iterator[DeskPage]:
    """Opens a desk of its own for somebody who signs in. What it asks of others, stores or complains of fails the test."""
    contexts, pages, elsewhere = [], list[Page](), list[str]()

    def opened(name: str = "", size: ViewportSize = WIDE, **how: Any) -> Page:
        context = browser.new_context(base_url=served.url, viewport=size, locale="en-US", **how)
        contexts.append(context)
        ours = urlsplit(served.url).netloc
        context.on("request", lambda one: elsewhere.append(one.url) if urlsplit(one.url).netloc != ours else None)
        context.on("console", lambda one: None if OF_THE_BROWSER.search(one.text) else complaints.append(one.text))
        context.on("weberror", lambda one: complaints.append(str(one.error)))
        page = context.new_page()
        pages.append(page)
        page.set_default_timeout(10_000)
        page.goto("/desk")
        if name:
            served.desk.add(name, *STAFF[name])
            sign_in(page, served, name)
        return page

    yield opened
    for page in pages:
        assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    for context in contexts:
        context.close()
    assert elsewhere == []
    assert complaints == []


def sign_in(page: Page, served: Served, name: str) -> None:
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("#code").fill(served.desk.code(name))
    page.locator("#code").press("Enter")
    page.locator("#board").wait_for()


def waits(served: Served, *arguments: Any, **named: Any) -> Person:
    return served.do(served.desk.somebody_waits(*arguments, **named))


def take(page: Page, person: Person) -> None:
    """Takes a case from the board."""
    page.locator(f"#take-{person.case}").click()
    expect(page.locator("#draft")).to_be_focused()


def bubbles(page: Page) -> Locator:
    return page.locator("#log .bubble")


def send(page: Page, text: str) -> None:
    page.locator("#draft").fill(text)
    page.locator("#draft").press("Enter")


# --- two desks, several phones ----------------------------------------------------------------------------------------------------------


def test_two_desks_and_three_phones_at_once(served: Served, at: DeskPage) -> None:
    ana, bea = at("ana"), at("bea")
    english = waits(served, "en", points=[Point("topic", "rights_pay")])
    spanish = waits(served, "es", "telegram")
    arabic = waits(served, "ar", urgent="danger")
    for board in (ana, bea):
        expect(board.locator("#waiting > li")).to_have_count(3)
        expect(board.locator("#waiting > li").first).to_contain_text("Danger now")
        expect(board.locator(f"#row-{english.case}")).to_contain_text("Pay and working hours")
    expect(bea.locator(f"#row-{arabic.case}")).to_contain_text("you do not write this language")
    take(ana, arabic)
    expect(bea.locator(f"#row-{arabic.case}")).to_have_count(0)
    take(bea, spanish)
    served.do(arabic.writes("أنا خائفة"))
    served.do(spanish.writes("Hola, ¿hay alguien?"))
    expect(bubbles(ana)).to_have_text(["أنا خائفة"])
    expect(bubbles(ana)).to_have_css("direction", "rtl")
    expect(bubbles(bea)).to_have_text(["Hola, ¿hay alguien?"])
    send(ana, "أنا هنا")
    send(bea, "Aquí estoy")
    expect(bubbles(ana)).to_have_text(["أنا خائفة", "أنا هنا"])
    expect(ana.locator("#log .fate")).to_have_text("delivered")
    expect(bubbles(bea)).to_have_text(["Hola, ¿hay alguien?", "Aquí estoy"])
    phones = served.desk.phones
    assert phones.relayed(arabic.address, ["أنا هنا", "Aquí estoy"]) == ["أنا هنا"]
    assert phones.relayed(spanish.address, ["أنا هنا", "Aquí estoy"]) == ["Aquí estoy"]
    assert phones.relayed(english.address, ["أنا هنا", "Aquí estoy"]) == []


def test_of_two_who_click_at_once_one_reads_that_it_is_taken(served: Served, at: DeskPage) -> None:
    ana, bea = at("ana"), at("bea")
    person = waits(served)
    held: list[Route] = []
    bea.route("**/claim", lambda route: held.append(route))
    bea.locator(f"#take-{person.case}").click()
    take(ana, person)
    held[0].continue_()
    expect(bea.locator("#problem")).to_have_text("Somebody else has just taken this case.")
    expect(bea).to_have_url(re.compile("/desk$"))


def test_messages_go_out_in_order_and_once_although_the_connection_breaks(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    person = waits(served)
    take(ana, person)
    tries: list[str] = []

    def broken(route: Route) -> None:
        """The first try is lost on its way, of the second one the answer."""
        tries.append(route.request.post_data or "")
        if len(tries) == 2:
            route.fetch()
        route.abort() if len(tries) < 3 else route.continue_()

    ana.route("**/answer", broken)
    said = [f"message {number}" for number in range(5)]
    for text in said:
        send(ana, text)
    expect(ana.locator("#pending")).to_contain_text("tried again")
    expect(bubbles(ana)).to_have_text(said)
    expect(ana.locator("#pending li")).to_have_count(0)
    assert served.desk.phones.relayed(person.address, said) == said
    assert len({one.split("key=")[1][:32] for one in tries[:3]}) == 1


def test_a_refused_message_stays_on_the_page_with_the_reason(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    person = waits(served)
    take(ana, person)
    ana.route("**/answer", lambda route: route.fulfill(status=409, body="No."))
    send(ana, "lost words")
    expect(ana.locator("#pending")).to_contain_text("not sent · No.")
    expect(ana.locator("#pending .bubble")).to_have_text("lost words")


def test_a_draft_focus_and_caret_stay_while_everything_around_changes(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    first, second = waits(served), waits(served, "es")
    take(ana, first)
    ana.locator("#draft").fill("half a thought")
    for _ in range(5):
        ana.locator("#draft").press("ArrowLeft")
    for number in range(5):
        served.do(first.writes(f"words {number}"))
        waits(served)
    expect(bubbles(ana)).to_have_count(5)
    expect(ana.locator("#draft")).to_be_focused()
    ana.keyboard.type("lighter ")
    expect(ana.locator("#draft")).to_have_value("half a thlighter ought")
    ana.locator(".home").click()
    take(ana, second)
    expect(ana.locator("#draft")).to_have_value("")
    ana.locator("#draft").fill("otro")
    ana.locator(f"#mine-{first.case} a").click()
    expect(ana.locator("#draft")).to_have_value("half a thlighter ought")
    ana.go_back()
    expect(ana.locator("#draft")).to_have_value("otro")
    expect(ana.locator(f"#mine-{second.case} a")).to_have_attribute("aria-current", "page")


def test_two_tabs_of_a_case_stay_in_step(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    person = waits(served)
    take(ana, person)
    other = ana.context.new_page()
    other.goto(ana.url)
    send(ana, "from one tab")
    expect(bubbles(other)).to_have_text(["from one tab"])
    send(other, "from the other")
    expect(bubbles(ana)).to_have_text(["from one tab", "from the other"])
    other.locator("#ending summary").click()
    other.locator("#close").click()
    expect(other.locator("#board")).to_be_visible()
    expect(ana.locator("#room")).to_contain_text("The case is closed.")
    expect(bubbles(ana)).to_have_count(0)


def test_what_a_person_writes_is_never_run(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    evil = "<img src=x onerror=\"document.title='x'\"><script>document.title='x'</script>"
    person = waits(served, points=[Point("words", evil)])
    take(ana, person)
    served.do(person.writes(evil))
    expect(bubbles(ana)).to_have_text([evil])
    expect(ana.locator(".points")).to_contain_text(evil)
    expect(ana).to_have_title(re.compile("^Case "))
    assert ana.locator("#log img, #log script, .points img").count() == 0


def test_who_left_is_told_plainly_and_the_words_are_gone(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    person = waits(served)
    take(ana, person)
    served.do(person.writes("I must go"))
    expect(bubbles(ana)).to_have_count(1)
    ana.locator("#draft").fill("a draft")
    served.do(person.leaves())
    expect(ana.locator("#room [role=alert]")).to_contain_text("Nothing more can be sent.")
    expect(ana.locator("#room")).not_to_contain_text("I must go")
    expect(ana.locator("#draft")).to_have_count(0)


def test_a_case_is_handed_to_one_who_is_there(served: Served, at: DeskPage) -> None:
    ana, bea = at("ana"), at("bea")
    person = waits(served)
    take(ana, person)
    send(ana, "before")
    ana.locator("#transfer summary").click()
    ana.locator("#hand-bea").click()
    expect(ana.locator("#board")).to_be_visible()
    bea.locator(f"#mine-{person.case} a").click()
    expect(bubbles(bea)).to_have_text(["before"])
    expect(bea.locator("#log .who")).to_have_text("Another advocate")


def test_a_supervisor_looks_on_is_alerted_and_puts_a_case_back(served: Served, at: DeskPage) -> None:
    ana, sue = at("ana"), at("sue")
    person = waits(served)
    take(ana, person)
    expect(sue.locator("#taken")).to_contain_text(number_of(person.case))
    served.do(person.writes("He has a knife", urgent="danger"))
    alert = sue.locator("#alerts .banner")
    expect(alert).to_contain_text(f"Case {number_of(person.case)} has become urgent.")
    expect(ana.locator("#urgent")).to_contain_text("Danger now")
    ana.locator("#urgent a").click()
    expect(ana.locator(".protocol-text")).to_contain_text("Tell a supervisor <now>.")
    alert.get_by_role("link").click()
    expect(bubbles(sue)).to_have_text(["He has a knife"])
    expect(sue.locator("#draft")).to_have_count(0)
    expect(sue.locator("#alerts .banner")).to_have_count(0)
    sue.locator("#requeue").click()
    expect(sue.locator(f"#row-{person.case}")).to_contain_text("was with an advocate already")
    expect(ana.locator("#room")).to_contain_text("This case is not yours, or no longer.")


def test_typing_is_shown_on_telegram_and_not_too_often(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    person, quiet = waits(served, "en", "telegram"), waits(served, "en", "sms")
    take(ana, person)
    with ana.expect_response("**/typing"):
        ana.locator("#draft").press_sequentially("hello there")
    ana.locator(".home").click()
    take(ana, quiet)
    ana.locator("#draft").press_sequentially("hello there")
    assert served.desk.phones.typed == [person.address]


# --- counting ---------------------------------------------------------------------------------------------------------------------------


def test_segments_are_counted_as_the_service_counts_them(served: Served, at: DeskPage) -> None:
    page = at("ana")
    for locale in ("en", "es", "fr", "ar", "ro", "zh_Hans", "hi", "vi"):
        told = page.evaluate(
            """async ([locale, texts]) => {
              const tables = await Segments.tables(locale);
              return texts.map((text) => {
                const folded = Segments.folded(text, tables);
                return [folded, Segments.measure(folded, tables), Segments.measure(text, tables)];
              });
            }""",
            [locale, list(TEXTS)],
        )
        for text, (folded, of_folded, of_text) in zip(TEXTS, told, strict=True):
            assert folded == fold_for_gsm7(text, locale), text
            assert of_folded == vars(measure(fold_for_gsm7(text, locale))), text
            assert of_text == vars(measure(text)), text


def test_the_count_stands_beside_the_draft_and_too_much_is_cut(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    person = waits(served, "es")
    take(ana, person)
    draft, count, cut = ana.locator("#draft"), ana.locator("#count"), ana.locator("#cut")
    draft.fill("Hola")
    expect(count).to_have_text("Characters: 4 of 1,000 · SMS segments: 1")
    draft.fill("ñ" * 160 + "😀")
    expect(count).to_have_text("Characters: 161 of 1,000 · SMS segments: 3")
    ana.evaluate("document.querySelector('#draft').focus(); document.querySelector('#draft').select()")
    ana.evaluate("document.execCommand('insertText', false, 'x'.repeat(100000))")
    expect(count).to_contain_text("1000 of 1,000")
    expect(cut).to_have_text("A message has at most 1,000 characters. The rest was cut off.")
    draft.fill("😀" * 3000)
    expect(count).to_contain_text("1000 of 1,000")
    assert draft.input_value() == "😀" * 1000
    draft.press("Enter")
    expect(bubbles(ana)).to_have_text(["😀" * 1000])
    expect(cut).to_have_text("")


def test_an_answer_that_was_looked_up_goes_into_the_draft(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    take(ana, waits(served, "es"))
    ana.locator("#panel [data-draft]", has_text="Te deben pagar").first.click()
    expect(ana.locator("#draft")).to_have_value(re.compile("Te deben pagar todas las horas."))
    expect(ana.locator("#draft")).to_be_focused()


def test_what_another_part_of_the_page_offers_goes_into_the_draft_where_the_cursor_is(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    take(ana, waits(served))
    ana.locator("#draft").fill("Hello!")
    ana.evaluate("document.dispatchEvent(new CustomEvent('insert-draft', { detail: { text: 'You can call 112.' } }))")
    expect(ana.locator("#draft")).to_have_value("Hello! You can call 112.")
    expect(ana.locator("#draft")).to_be_focused()
    expect(ana.locator("#count")).to_contain_text("Characters: 24")


# --- nobody there, nobody connected -----------------------------------------------------------------------------------------------------


def test_an_idle_screen_locks_itself_and_the_draft_is_there_afterwards(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    person = waits(served)
    ana.clock.install()
    ana.reload()
    take(ana, person)
    served.do(person.writes("secret words"))
    ana.locator("#draft").fill("half a thought")
    ana.clock.fast_forward(9 * 60_000)
    ana.keyboard.press("Shift")
    ana.clock.fast_forward(9 * 60_000)
    expect(ana.locator("#draft")).to_be_visible()
    ana.clock.fast_forward(2 * 60_000)
    expect(ana.locator("#unlock-password")).to_be_focused()
    expect(ana).to_have_title("Locked")
    assert "secret words" not in ana.content() and "half a thought" not in ana.content()
    ana.locator("#unlock-password").fill("seven quiet candles")
    ana.keyboard.press("Enter")
    expect(ana.locator("#lock-problem")).to_contain_text("That did not fit.")
    ana.locator("#unlock-password").fill(PASSWORD)
    ana.keyboard.press("Enter")
    expect(ana.locator("#draft")).to_have_value("half a thought")
    expect(bubbles(ana)).to_have_text(["secret words"])


def test_a_locked_page_that_is_loaded_again_is_locked_still(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    ana.locator(".more summary").click()
    with ana.expect_response("**/lock"):
        ana.locator("#lock-now").click()
    ana.reload()
    expect(ana.locator("#unlock-password")).to_be_visible()
    ana.locator("#unlock-password").fill(PASSWORD)
    ana.keyboard.press("Enter")
    expect(ana.locator("#board")).to_be_visible()


def test_a_lost_connection_is_said_and_made_good(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    person = waits(served)
    take(ana, person)
    served.cut()
    expect(ana.locator("#connection")).to_contain_text("The connection is lost.")
    send(ana, "written meanwhile")
    expect(ana.locator("#pending")).to_contain_text("written meanwhile")
    served.do(person.writes("and I as well"))
    served.mend()
    expect(bubbles(ana)).to_have_text(["and I as well", "written meanwhile"], timeout=20_000)
    expect(ana.locator("#connection")).to_be_empty()
    assert served.desk.phones.relayed(person.address, ["written meanwhile"]) == ["written meanwhile"]


def test_after_signing_out_going_back_shows_nothing(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    take(ana, waits(served, points=[Point("words", "secret words")]))
    expect(ana.locator(".points")).to_contain_text("secret words")
    ana.locator(".more summary").click()
    ana.get_by_role("button", name="Sign out").click()
    expect(ana.locator("h1")).to_have_text("End of shift")
    ana.locator("#room").get_by_role("button").last.click()
    expect(ana.locator("#name")).to_be_visible()
    ana.go_back()
    expect(ana.locator("#name")).to_be_visible()
    assert "secret words" not in ana.content()


# --- being heard ------------------------------------------------------------------------------------------------------------------------


def test_somebody_new_is_seen_in_another_tab_by_those_who_are_available(served: Served, at: DeskPage) -> None:
    ana, bea = at("ana"), at("bea")
    for page in (ana, bea):
        page.evaluate("document.hasFocus = () => false")
    bea.locator("#available").click()
    expect(bea.locator("#available")).to_have_attribute("aria-pressed", "false")
    expect(ana.locator("#staff-bea")).to_contain_text("Away")
    person = waits(served)
    expect(ana).to_have_title("(1) Somebody waits")
    expect(ana.locator("#icon")).to_have_attribute("href", "/desk/static/desk-alert.svg")
    expect(bea.locator(f"#row-{person.case}")).to_be_visible()
    expect(bea).to_have_title("Board · Desk")
    ana.evaluate("document.hasFocus = () => true; window.dispatchEvent(new Event('focus'))")
    expect(ana).to_have_title("Board · Desk")
    expect(ana.locator("#icon")).to_have_attribute("href", "/desk/static/desk.svg")


def test_new_words_are_heard_where_the_sound_is_on(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    ana.evaluate(
        """() => {
          window.tones = 0;
          const start = OscillatorNode.prototype.start;
          OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
        }"""
    )
    first, second = waits(served), waits(served)
    take(ana, first)
    served.do(first.writes("unheard"))
    expect(bubbles(ana)).to_have_count(1)
    assert ana.evaluate("window.tones") == 0
    expect(ana.locator("#sound")).to_have_attribute("aria-pressed", "false")
    ana.locator("#sound").click()
    until(lambda: ana.evaluate("window.tones") == 2, 10)
    served.do(first.writes("heard"))
    until(lambda: ana.evaluate("window.tones") == 4, 10)
    send(ana, "an answer")
    ana.locator(".home").click()
    take(ana, second)
    send(ana, "hello")
    expect(bubbles(ana)).to_have_count(1)
    before = ana.evaluate("window.tones")
    ana.evaluate("document.hasFocus = () => false")
    served.do(first.writes("in the other case"))
    expect(ana).to_have_title("(1) New words")
    ana.evaluate("document.hasFocus = () => true; window.dispatchEvent(new Event('focus'))")
    expect(ana).to_have_title(f"Case {number_of(second.case)} · Desk")
    until(lambda: ana.evaluate("window.tones") > before, 10)
    expect(ana.locator(f"#mine-{first.case}")).to_contain_text("waits for your answer")


# --- erasing everything -----------------------------------------------------------------------------------------------------------------


def test_the_keys_pressed_three_times_erase_everything_on_every_desk(served: Served, at: DeskPage) -> None:
    ana, bea = at("ana"), at("bea")
    person = waits(served)
    take(ana, person)
    for _ in range(2):
        bea.keyboard.press("Control+Alt+w")
    expect(bea.locator("#board")).to_be_visible()
    bea.keyboard.press("Control+Alt+w")
    for page in (ana, bea):
        expect(page.locator("h1")).to_have_text("Everything is gone", timeout=15_000)
        page.goto("/desk")
        expect(page.locator("#name")).to_be_visible()
    assert any("This line is closing now." in text for to, text in served.desk.phones.got if to == person.address)


def test_the_typed_word_erases_everything_too(served: Served, at: DeskPage) -> None:
    ana = at("ana")
    waits(served)
    ana.locator(".more summary").click()
    ana.get_by_role("link", name="Erase everything").click()
    ana.locator("#word").fill("delete")
    ana.keyboard.press("Enter")
    expect(ana.locator("#problem")).to_have_text("That is not the word. Nothing was erased.")
    ana.locator("#word").fill("erase")
    ana.keyboard.press("Enter")
    expect(ana.locator("h1")).to_have_text("Everything is gone", timeout=15_000)
    assert served.do(served.desk.handoffs.board()) == ()


# --- for everybody ----------------------------------------------------------------------------------------------------------------------


def tab_to(page: Page, target: Locator) -> None:
    """Moves the focus by keyboard until it is there."""
    for _ in range(40):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab never reaches it")


def test_a_whole_conversation_by_keyboard_alone(served: Served, at: DeskPage) -> None:
    served.desk.add("ana", *STAFF["ana"])
    page = at()
    expect(page.locator("#name")).to_be_focused()
    for typed in ("ana", PASSWORD, served.desk.code("ana")):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    person = waits(served)
    expect(page.locator(f"#row-{person.case}")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#next"))
    page.keyboard.press("Enter")
    expect(page.locator("#draft")).to_be_focused()
    page.keyboard.type("I am here.")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Are you safe?")
    page.keyboard.press("Enter")
    expect(bubbles(page)).to_have_text(["I am here.\nAre you safe?"])
    tab_to(page, page.locator("#ending summary"))
    assert page.locator("#ending summary").evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#close-asking"))
    page.keyboard.press("Enter")
    expect(page.locator("#board")).to_be_visible()
    view = served.do(served.desk.handoffs.case(person.case))
    assert view and view.asked


def each_room(page: Page, served: Served) -> Iterator[str]:
    """Goes through all rooms of a desk, full of what they may show; tells where it is."""
    desk = served.desk
    points = [Point("topic", "rights_pay"), Point("country", "US"), Point("words", "<b>I need help</b> أحتاج مساعدة")]
    locale = "ar" if "ar" in page.evaluate("document.documentElement.lang") else "en"
    others = [waits(served, "en", urgent="self_harm"), waits(served, "es", "telegram", points=points), waits(served, "en")]
    person = waits(served, locale, points=points, urgent="danger")
    expect(page.locator("#waiting > li")).to_have_count(4)
    page.locator(".more summary").click()
    yield "board"
    page.locator(".more summary").click()
    take(page, person)
    served.do(person.writes("أنا خائفة جدا" if locale == "ar" else "I am so afraid", urgent="danger"))
    served.do(person.writes("x" * 300))
    send(page, "أنا معك" if locale == "ar" else "I am with you")
    expect(bubbles(page)).to_have_count(3)
    page.locator("#draft").fill("a draft")
    for details in ("protocol", "transfer", "ending", "blocking"):
        page.locator(f"#{details} summary").click()
    expect(page.locator("#panel")).to_contain_text("0800")
    yield "case"
    page.goto(f"/desk/case/{others[0].case}")
    yield "another's case"
    page.goto("/desk/shift")
    yield "shift"
    page.goto("/desk/wipe")
    yield "wipe"
    page.locator(".more summary").click()
    with page.expect_response("**/lock"):
        page.locator("#lock-now").click()
    yield "locked in place"
    page.reload()
    yield "locked"
    page.context.clear_cookies()
    page.goto("/desk/sign-in?language=" + page.evaluate("document.documentElement.lang"))
    page.locator("#name").fill("x")
    page.locator("#password").fill("x")
    page.locator("#code").fill("x")
    page.keyboard.press("Enter")
    expect(page.locator("#problem")).to_be_visible()
    yield "door"
    page.goto("/desk/wiped")
    yield "wiped"
    assert desk.handoffs


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["sue", "samir"])
def test_no_page_hinders_anybody(served: Served, at: DeskPage, name: str, scheme: str) -> None:
    """A supervisor's pages hold all that an advocate's do."""
    page = at(name, color_scheme=scheme)
    for room in each_room(page, served):
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        violations = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]]
        assert violations == [], room


@pytest.mark.parametrize("name", ["sue", "samir"])
def test_every_page_fits_a_phone_and_a_finger(served: Served, at: DeskPage, name: str) -> None:
    page = at(name, PHONE)
    for room in each_room(page, served):
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], room
        small = page.evaluate(
            """smallest => [...document.querySelectorAll("button, summary, input, textarea, a")]
              .filter(element => element.checkVisibility() && !element.classList.contains("skip"))
              .filter(element => { const box = element.getBoundingClientRect(); return box.height < smallest || box.width < smallest })
              .map(element => element.outerHTML)""",
            SMALLEST,
        )
        assert small == [], room


@pytest.mark.parametrize(("name", "locale"), [("ana", "en"), ("sol", "es"), ("zoe", "fr"), ("amal", "ar")])
def test_the_desk_speaks_the_advocates_language(served: Served, at: DeskPage, name: str, locale: str) -> None:
    page = at(name)
    waits(served)
    assert locale in DESK_LOCALES
    expect(page.locator("html")).to_have_attribute("lang", locale)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if locale == "ar" else "ltr")
    words = {"en": "Take next", "es": "Tomar el siguiente", "fr": "Prendre le suivant", "ar": "استلام التالي"}
    expect(page.locator("#next")).to_have_text(words[locale])
    expect(page.locator("#waiting > li")).to_have_count(1)
    if locale != "en":
        left = {"Board", "Waiting: 1", "Available", "Sign out", "Take", "More", "Lines", "open", "waits"}
        assert left.isdisjoint(page.locator("body").inner_text().splitlines())
