"""The trial phones as somebody meets them who opens the page: real browser, real service, trained model."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

BOTH = ("sms", "telegram")
SMALL: ViewportSize = {"width": 360, "height": 640}
COUNT = re.compile(r"(GSM-7|UCS-2) · (\d) segments? · (\d+) characters? · (\d+\.\d) ¢ · \d+ ms")
ENGLISH, ARABIC = "They took my passport", "أخذوا جواز سفري"

# Characters of each phone number in the newest reply, as they stand on the screen from left to right.
NUMBERS_AS_SHOWN = """bubble => {
  const node = bubble.firstChild;
  return [...node.data.matchAll(/[+]?\\d[\\d -]{4,}\\d/g)].map(found => {
    const places = [...found[0]].map((letter, at) => {
      const range = document.createRange();
      range.setStart(node, found.index + at);
      range.setEnd(node, found.index + at + 1);
      return [range.getBoundingClientRect().left, letter];
    });
    return [found[0], places.sort((one, other) => one[0] - other[0]).map(place => place[1]).join("")];
  });
}"""
# Of all texts on the page, those whose contrast is under 4.5 : 1 (WCAG 2.2, 1.4.3), with the contrast.
WEAK_TEXTS = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => channels(colour).slice(0, 3).map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [.2126, .7152, .0722][at], 0);
  const ground = element => {
    const colour = getComputedStyle(element).backgroundColor;
    return channels(colour)[3] === 0 ? ground(element.parentElement) : colour;
  };
  const contrast = (one, other) => (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
  return [...document.body.querySelectorAll("*")]
    .filter(element => element.placeholder || [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .map(element => [element.textContent || element.placeholder, contrast(
      light(getComputedStyle(element, element.placeholder ? "::placeholder" : null).color), light(ground(element)))])
    .filter(([, found]) => found < 4.5);
}"""


@pytest.fixture(autouse=True)
def opened(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_title("Helpline: trial phones")


def phone(page: Page, name: str) -> Locator:
    return page.locator(f"#{name}")


def field(page: Page, name: str) -> Locator:
    return phone(page, name).get_by_role("textbox")


def replies(page: Page, name: str) -> Locator:
    return phone(page, name).get_by_role("log").locator(".theirs .bubble")


def say(page: Page, name: str, text: str) -> Locator:
    """Writes a text and sends it with Enter; the bubble of the reply."""
    before = replies(page, name).count()
    field(page, name).fill(text)
    field(page, name).press("Enter")
    expect(replies(page, name)).to_have_count(before + 1)
    return replies(page, name).last


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Moves the focus by keyboard until it is there."""
    for _ in range(30):
        page.keyboard.press(key)
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{key} never reaches it")


def box(locator: Locator) -> Any:
    found = locator.bounding_box()
    assert found is not None
    return found


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(("text", "direction", "word"), [(ENGLISH, "ltr", "passport"), (ARABIC, "rtl", "جواز")])
def test_a_text_is_answered_in_its_own_direction(page: Page, name: str, text: str, direction: str, word: str) -> None:
    reply = say(page, name, text)
    expect(reply).to_contain_text(word)
    for bubble in (phone(page, name).locator(".mine .bubble"), reply):
        expect(bubble).to_have_attribute("dir", "auto")
        expect(bubble).to_have_css("direction", direction)
    expect(field(page, name)).to_be_focused()
    expect(field(page, name)).to_have_value("")
    other = next(other for other in BOTH if other != name)
    assert replies(page, other).count() == 0


@pytest.mark.parametrize("name", BOTH)
def test_numbers_in_arabic_read_from_left_to_right(page: Page, name: str) -> None:
    shown = say(page, name, "أحتاج مأوى في لندن").evaluate(NUMBERS_AS_SHOWN)
    assert shown
    for written, seen in shown:
        assert seen == written


def test_segments_and_cost_are_shown(page: Page) -> None:
    sms = phone(page, "sms")
    say(page, "sms", ENGLISH)
    say(page, "sms", ARABIC)
    counts = [COUNT.fullmatch(meta) for meta in sms.locator(".meta").all_inner_texts()]
    assert all(counts)
    encodings, segments = [count[1] for count in counts if count], [int(count[2]) for count in counts if count]
    assert encodings == ["GSM-7", "UCS-2"]
    assert [count[4] for count in counts if count] == [f"{number}.0" for number in segments]
    total = sum(segments)
    expect(sms.locator(".totals")).to_have_text(f"2 replies · {total} segments · {total}.0 ¢")
    sms.get_by_label("US cents per segment").fill("0.83")
    expect(sms.locator(".totals")).to_have_text(f"2 replies · {total} segments · {total * 0.83:.1f} ¢")
    expect(sms.locator(".meta").first).to_contain_text(f" · {segments[0] * 0.83:.1f} ¢ · ")


def test_a_digit_typed_on_the_sms_phone_picks_a_choice(page: Page) -> None:
    expect(say(page, "sms", ENGLISH)).to_contain_text(re.compile("^0 A person$", re.MULTILINE))
    expect(say(page, "sms", "0")).to_contain_text("1-888-373-7888")


def test_a_button_is_pressed_by_keyboard_alone(page: Page) -> None:
    tab_to(page, field(page, "telegram"))
    page.keyboard.type(ENGLISH)
    page.keyboard.press("Enter")
    expect(replies(page, "telegram")).to_have_count(1)
    person = phone(page, "telegram").get_by_role("log").get_by_role("button", name="0 A person")
    expect(person).to_have_count(1)
    tab_to(page, person, "Shift+Tab")
    assert person.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(replies(page, "telegram")).to_have_count(2)
    expect(phone(page, "telegram").locator(".mine")).to_have_count(1)


def test_a_command_is_picked_by_keyboard_alone(page: Page) -> None:
    telegram = phone(page, "telegram")
    menu = telegram.locator("summary", has_text="Commands")
    tab_to(page, menu)
    page.keyboard.press("Enter")
    tab_to(page, telegram.get_by_role("button", name="/person"))
    page.keyboard.press("Escape")
    expect(telegram.locator(".commands")).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, telegram.get_by_role("button", name="/person"))
    page.keyboard.press("Enter")
    expect(replies(page, "telegram")).to_have_count(1)
    expect(telegram.locator(".mine .bubble")).to_have_text("/person")
    expect(telegram.locator(".commands")).to_be_hidden()
    expect(field(page, "telegram")).to_be_focused()


def test_commands_come_in_the_apps_language(page: Page) -> None:
    telegram = phone(page, "telegram")
    telegram.get_by_label("App in").select_option(label="Español")
    telegram.locator("summary", has_text="Commands").click()
    expect(telegram.get_by_role("button", name="/person")).to_contain_text("persona")


@pytest.mark.parametrize(
    ("menu", "thing", "shown"),
    [
        ("Location", "London", "[Location: London]"),
        ("Location", "the open sea", "[Location: the open sea]"),
        ("Attach", "Sticker", "[Sticker]"),
        ("Attach", "Photo", "[Photo]"),
        ("Attach", "Voice note", "[Voice note]"),
    ],
)
def test_what_is_no_text_is_answered(page: Page, menu: str, thing: str, shown: str) -> None:
    telegram = phone(page, "telegram")
    telegram.locator("summary", has_text=menu).click()
    telegram.get_by_role("button", name=thing).click()
    expect(replies(page, "telegram")).to_have_count(1)
    expect(replies(page, "telegram")).not_to_be_empty()
    expect(telegram.locator(".mine .bubble")).to_have_text(shown)


def test_the_exit_word_empties_the_telegram_phone(page: Page) -> None:
    say(page, "telegram", ENGLISH)
    field(page, "telegram").fill("weather")
    field(page, "telegram").press("Enter")
    telegram = phone(page, "telegram")
    expect(telegram.locator(".entry")).to_have_count(0)
    expect(telegram.get_by_role("log")).to_contain_text("the bot deleted 3 messages")


def test_a_new_phone_is_another_person(page: Page) -> None:
    sms = phone(page, "sms")
    sms.get_by_label("Country").select_option("ES")
    say(page, "sms", ENGLISH)
    number = sms.locator(".number").inner_text()
    assert number.startswith("+34")
    sms.get_by_role("button", name="New SMS phone").click()
    expect(sms.locator(".entry")).to_have_count(0)
    expect(sms.locator(".totals")).to_have_text("0 replies · 0 segments · 0.0 ¢")
    expect(field(page, "sms")).to_be_focused()
    expect(say(page, "sms", ENGLISH)).to_contain_text("Automated")
    assert sms.locator(".number").inner_text() not in ("", number)


def test_the_phones_stand_side_by_side_on_a_wide_screen(page: Page) -> None:
    left, right = box(phone(page, "sms")), box(phone(page, "telegram"))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"]


@pytest.mark.parametrize("text", [ENGLISH, ARABIC])
def test_both_phones_are_usable_on_a_small_screen(page: Page, text: str) -> None:
    page.set_viewport_size(SMALL)
    for name in BOTH:
        phone(page, name).get_by_role("heading").scroll_into_view_if_needed()
        reply = say(page, name, text)
        field(page, name).scroll_into_view_if_needed()
        for part in (field(page, name), phone(page, name).get_by_role("button", name="Send")):
            expect(part).to_be_in_viewport(ratio=1)
        expect(reply).to_be_in_viewport(ratio=0.4)
        log = box(phone(page, name).get_by_role("log"))
        assert log["height"] > 200
        assert log["x"] >= 0 and log["x"] + log["width"] <= SMALL["width"]
        for control in phone(page, name).locator("button:visible, select, summary, textarea, input").all():
            assert box(control)["height"] >= 24, "WCAG 2.2, 2.5.8"
    assert page.evaluate("document.documentElement.scrollWidth") == SMALL["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for name in BOTH:
        say(page, name, ENGLISH)
    phone(page, "telegram").locator("summary", has_text="Commands").click()
    assert page.evaluate(WEAK_TEXTS) == []


def test_two_pages_are_two_persons(page: Page) -> None:
    other = page.context.new_page()
    other.goto("/")
    for each, text in ((page, ENGLISH), (other, ARABIC)):
        say(each, "telegram", text)
    assert replies(page, "telegram").count() == replies(other, "telegram").count() == 1
    expect(replies(page, "telegram")).to_have_css("direction", "ltr")
    expect(replies(other, "telegram")).to_have_css("direction", "rtl")


def test_long_words_and_markup_stay_inside_their_bubble(page: Page) -> None:
    text = "<img src=x onerror=alert(1)>" + "x" * 500
    for name in BOTH:
        say(page, name, text)
        mine = phone(page, name).locator(".mine .bubble")
        expect(mine).to_have_text(text)
        log = box(phone(page, name).get_by_role("log"))
        assert box(mine)["x"] >= log["x"] and box(mine)["width"] < log["width"]


def test_a_service_that_is_gone_is_said_to_be(page: Page, complaints: list[str]) -> None:
    page.route("**/trial/sms", lambda route: route.fulfill(status=503))
    page.route("**/trial/telegram", lambda route: route.abort())
    for name, note in (("sms", "The service refused this (503)."), ("telegram", "The service does not answer. Is it still running?")):
        field(page, name).fill(ENGLISH)
        field(page, name).press("Enter")
        expect(phone(page, name).locator(".note")).to_have_text(note)
    assert len(complaints) == 2
    complaints.clear()
