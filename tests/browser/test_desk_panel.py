"""The panel's script in a real browser, under the policy of the desk's pages: a click hands the words to the page, and nothing else."""

from __future__ import annotations

from html import escape

import pytest
from playwright.sync_api import Browser, Route, expect

from bot.paths import ROOT

ADDRESS = "http://desk.invalid"
POLICY = "default-src 'none'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'"
LISTENER = """
document.addEventListener("insert-draft", (event) => { document.getElementById("draft").value += event.detail.text; });
"""
WORDS = "Лінія: 0800.\n<b>\"'& 24"


@pytest.mark.parametrize("inside", [WORDS, f"<span lang='uk'>{escape(WORDS)}</span>"])
def test_a_click_on_a_reply_hands_its_words_to_the_page_once(browser: Browser, inside: str) -> None:
    page = browser.new_page()
    files = {
        "/": (
            "text/html",
            f"<script src='/panel.js' defer></script><script src='/listener.js' defer></script><textarea id='draft'></textarea>"
            f"<button type='button' id='reply' data-draft='{escape(WORDS)}'>{inside}</button><button type='button' id='other'>x</button>",
        ),
        "/panel.js": ("text/javascript", (ROOT / "bot" / "desk" / "static" / "panel.js").read_text(encoding="utf-8")),
        "/listener.js": ("text/javascript", LISTENER),
    }

    def answer(route: Route) -> None:
        kind, body = files.get(route.request.url.removeprefix(ADDRESS), ("text/plain", ""))
        route.fulfill(body=body, headers={"Content-Type": f"{kind}; charset=utf-8", "Content-Security-Policy": POLICY})

    page.route("**/*", answer)
    page.goto(ADDRESS + "/")
    page.click("#other")
    expect(page.locator("#draft")).to_have_value("")
    page.click("#reply")
    expect(page.locator("#draft")).to_have_value(WORDS)
    page.focus("#reply")
    page.keyboard.press("Enter")
    expect(page.locator("#draft")).to_have_value(WORDS * 2)
    page.close()
