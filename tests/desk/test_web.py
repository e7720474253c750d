"""The desk over HTTP: who is let in, what each answer bears, who may do what, and what bad input becomes."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.desk.sentences import PROBLEMS, REFUSALS
from bot.desk.wording import number_of
from bot.dialogue.catalogues import compile_catalogues
from bot.errors import StaffFilesUnavailable, StoreUnavailable
from bot.handoff.desk_view import Advocate
from bot.handoff.life import Fate, Point, Refusal
from tests.desk.trial_desk import PASSWORD, PROTOCOL, Person, TrialDesk

LOCAL, PUBLIC = "http://127.0.0.1", "https://desk.example.org"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
EXPECTED_POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'", "form-action 'self'",
    "frame-ancestors 'none'", "base-uri 'none'",
}  # fmt: skip
PARTS = ("/desk/board", "/desk/mine", "/desk/lines")


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    compile_catalogues()


@pytest.fixture
def desk(tmp_path: Path) -> TrialDesk:
    made = TrialDesk(tmp_path)
    made.add("ana", "Ana", ("en", "es"))
    made.add("bea", "Bea", ("en",))
    made.add("sue", "Sue", ("en",), supervisor=True)
    return made


class Browser(httpx.AsyncClient):
    """A browser at the desk: it says where a request comes from, and sends the word of the page along."""

    def __init__(self, desk: TrialDesk, base: str = LOCAL) -> None:
        super().__init__(transport=httpx.ASGITransport(desk.app()), base_url=base, headers=SAME_ORIGIN)
        self.desk, self.csrf = desk, ""

    async def sign_in(self, account: str, **other: str) -> httpx.Response:
        """Types name, password and code, or what `other` says."""
        form = {"name": account, "password": PASSWORD, "code": self.desk.code(account), **other}
        response = await self.post("/desk/sign-in", data=form)
        if response.status_code == 303:
            self.csrf = _csrf((await self.get("/desk")).text)
        return response

    async def act(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> httpx.Response:
        """Does what a button of the page does."""
        return await self.post(path, data=fields, headers={"X-CSRF": self.csrf, **(headers or {})})


def _csrf(page: str) -> str:
    found = re.search(r'(?:data-csrf="|name="csrf" value=")([^"]+)', page)
    assert found
    return found[1]


@pytest.fixture
async def browsers(desk: TrialDesk) -> AsyncIterator[Any]:
    """Makes browsers at which somebody is signed in, by name."""
    opened: list[Browser] = []

    async def made(*names: str) -> list[Browser]:
        for name in names:
            opened.append(Browser(desk))
            assert (await opened[-1].sign_in(name)).status_code == 303
        return opened[-len(names) :]

    yield made
    for browser in opened:
        await browser.aclose()


def key() -> str:
    return secrets.token_hex(16)


async def taken(browser: Browser, person: Person) -> str:
    """Takes a person's case; its address."""
    path = f"/desk/case/{person.case}"
    assert (await browser.act(path + "/claim")).status_code == 204
    return path


# --- who is let in ---------------------------------------------------------------------------------------------------------------------


async def test_whoever_signs_in_comes_to_the_board(desk: TrialDesk) -> None:
    async with Browser(desk) as browser:
        response = await browser.sign_in("ana")
        assert response.headers["location"] == "/desk"
        page = (await browser.get("/desk")).text
    assert "<h1>Board</h1>" in page and "Ana" in page
    assert desk.noted() == [("ana", "signed_in")]


async def test_the_cookie_of_a_session_is_for_this_host_over_https_only(desk: TrialDesk) -> None:
    async with Browser(desk, PUBLIC) as browser:
        cookies = (
            await browser.post("/desk/sign-in", data={"name": "ana", "password": PASSWORD, "code": desk.code("ana")})
        ).headers.get_list("set-cookie")
    session = next(one for one in cookies if one.startswith("__Host-desk="))
    assert {part.strip().lower() for part in session.split(";")[1:]} == {"httponly", "path=/", "samesite=strict", "secure"}
    assert all(one.startswith("__Host-") and "Secure" in one and "HttpOnly" in one for one in cookies)


async def test_a_trial_on_this_machine_needs_no_https(desk: TrialDesk) -> None:
    async with Browser(desk) as browser:
        response = await browser.post("/desk/sign-in", data={"name": "ana", "password": PASSWORD, "code": desk.code("ana")})
    session = next(one for one in response.headers.get_list("set-cookie") if one.startswith("desk="))
    assert "Secure" not in session and "HttpOnly" in session and "SameSite=strict" in session


@pytest.mark.parametrize("wrong", [{"name": "nobody"}, {"name": ""}, {"password": "seven quiet candles"}, {"code": "000000"}])
async def test_each_refusal_to_sign_in_is_the_same_sentence(desk: TrialDesk, wrong: dict[str, str]) -> None:
    async with Browser(desk) as browser:
        response = await browser.sign_in("ana", **wrong)
    assert response.status_code == 403
    assert PROBLEMS["sign_in"][1] in response.text
    assert "set-cookie" not in response.headers
    assert desk.noted() == [("unknown", "sign_in_refused")]


async def test_who_tries_too_often_is_refused_in_the_same_words_even_with_the_right_ones(desk: TrialDesk) -> None:
    async with Browser(desk) as browser:
        for _ in range(5):
            await browser.sign_in("ana", code="000000")
        response = await browser.sign_in("ana")
        assert response.status_code == 403 and PROBLEMS["sign_in"][1] in response.text
        desk.clock.ahead += 60
        assert (await browser.sign_in("ana")).status_code == 303


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}]
)  # fmt: skip
async def test_nobody_is_signed_in_by_another_page(desk: TrialDesk, headers: dict[str, str]) -> None:
    async with Browser(desk) as browser:
        form = {"name": "ana", "password": PASSWORD, "code": desk.code("ana")}
        response = await browser.post("/desk/sign-in", data=form, headers=headers)
    assert response.status_code == 403 and PROBLEMS["elsewhere"][1] in response.text


@pytest.mark.parametrize(("origin", "status"), [("http://127.0.0.1", 303), ("https://evil.example", 403), ("null", 403), (None, 403)])
async def test_a_browser_without_fetch_metadata_is_known_by_the_origin(desk: TrialDesk, origin: str | None, status: int) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(desk.app()), base_url=LOCAL) as browser:
        form = {"name": "ana", "password": PASSWORD, "code": desk.code("ana")}
        response = await browser.post("/desk/sign-in", data=form, headers={"Origin": origin} if origin else {})
    assert response.status_code == status


async def test_without_a_session_pages_lead_to_the_door_and_parts_say_so(desk: TrialDesk) -> None:
    person = await desk.somebody_waits()
    async with Browser(desk) as browser:
        for token in ("", "forged", "x" * 5000, "a%00b"):
            browser.cookies.set("desk", token)
            for path in ("/desk", "/desk/wipe", f"/desk/case/{person.case}"):
                response = await browser.get(path)
                assert (response.status_code, response.headers["location"]) == (303, "/desk/sign-in")
            for path in (*PARTS, f"/desk/case/{person.case}/live"):
                assert (await browser.get(path)).status_code == 401
            assert (await browser.act(f"/desk/case/{person.case}/claim")).status_code == 401


async def test_no_link_of_another_page_signs_anybody_out(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    for path in ("/desk/wiped", "/desk/sign-in", "/desk/sign-out", "/desk/lock"):
        await ana.get(path, headers={"Sec-Fetch-Site": "cross-site"})
        assert (await ana.get("/desk")).status_code == 200


async def test_who_signs_in_anew_leaves_no_session_behind_in_that_browser(desk: TrialDesk, browsers: Any) -> None:
    (browser,) = await browsers("ana")
    token = browser.cookies["desk"]
    assert (await browser.sign_in("bea")).status_code == 303
    browser.cookies.clear()
    browser.cookies.set("desk", token)
    assert (await browser.get("/desk")).headers["location"] == "/desk/sign-in"


async def test_signing_out_ends_the_session_and_the_presence(desk: TrialDesk, browsers: Any) -> None:
    (browser,) = await browsers("ana")
    token = browser.cookies["desk"]
    await desk.handoffs.present(Advocate("ana", "Ana", ("en",)), available=True)
    response = await browser.post("/desk/sign-out", data={"csrf": browser.csrf})
    assert (response.status_code, response.headers["location"]) == (303, "/desk/sign-in")
    assert await desk.handoffs.staff() == ()
    browser.cookies.set("desk", token)
    assert (await browser.get("/desk")).headers["location"] == "/desk/sign-in"
    assert desk.noted()[-1] == ("ana", "signed_out")


async def test_at_the_end_of_a_shift_a_colleague_goes_on_with_the_cases_that_he_can_write(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    await desk.handoffs.present(Advocate("bea", "Bea", ("en",)), available=True)
    english, spanish = await desk.somebody_waits(), await desk.somebody_waits(locale="es")
    for person in (english, spanish):
        await taken(ana, person)
    assert (await ana.post("/desk/sign-out", data={"csrf": ana.csrf})).headers["location"] == "/desk/shift"
    assert "Bea" in (await ana.get("/desk/shift")).text
    response = await ana.post("/desk/shift", data={"csrf": ana.csrf, "to": "bea"})
    assert (response.status_code, response.headers["location"]) == (303, "/desk/sign-in")
    views = [await desk.handoffs.case(person.case) for person in (english, spanish)]
    assert [(view.row.state, view.row.advocate, view.row.front) for view in views if view] == [
        ("joined", "bea", False),
        ("waiting", None, True),
    ]
    assert [act for who, act in desk.noted()[-4:]] == ["transferred", "transferred", "requeued", "signed_out"]


async def test_without_a_colleague_the_cases_of_a_shift_go_back_in_front(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    person = await desk.somebody_waits()
    await taken(ana, person)
    await ana.post("/desk/shift", data={"csrf": ana.csrf, "to": ""})
    view = await desk.handoffs.case(person.case)
    assert view and view.row.state == "waiting" and view.row.front
    assert (await ana.get("/desk")).headers["location"] == "/desk/sign-in"


async def test_another_page_cannot_end_a_shift(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    person = await desk.somebody_waits()
    await taken(ana, person)
    assert (await ana.post("/desk/shift", data={"to": ""})).status_code == 403
    view = await desk.handoffs.case(person.case)
    assert view and view.row.advocate == "ana"


# --- what each answer bears ------------------------------------------------------------------------------------------------------------


async def test_every_answer_bears_the_headers_and_nothing_inline(desk: TrialDesk, browsers: Any) -> None:
    (browser,) = await browsers("ana")
    person = await desk.somebody_waits()
    path = await taken(browser, person)
    paths = (
        "/desk", "/desk/sign-in", "/desk/wipe", "/desk/wiped", path, path + "/live", path + "/colleagues", *PARTS, "/desk/case/none",
        "/desk/case/none/live", "/desk/static/desk.js", "/desk/static/desk.css", "/desk/static/none.js",
        "/desk/segments/es", "/desk/segments/none",
    )  # fmt: skip
    answers = [await browser.get(one) for one in paths]
    answers += [
        await browser.act("/desk/available"),
        await browser.post("/desk/next"),
        await browser.act(path + "/answer", text="x" * 200_000),
        await browser.get("/desk/nowhere"), await browser.get("/desk/"), await browser.get(path + "/claim"),
        await browser.put("/desk"), await browser.request("TRACE", path),
    ]  # fmt: skip
    for answer in answers:
        assert set(answer.headers["content-security-policy"].split("; ")) == EXPECTED_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in answer.headers["permissions-policy"]
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|hx-on|javascript:|https?://", answer.text)


async def test_the_browser_is_told_to_evaluate_nothing_and_to_keep_nothing(browsers: Any) -> None:
    (browser,) = await browsers("ana")
    page = (await browser.get("/desk")).text
    for setting in ('"allowEval": false', '"includeIndicatorStyles": false', '"historyEnabled": false', '"selfRequestsOnly": true'):
        assert setting in page


@pytest.mark.parametrize("csrf", ["", "forged", "another's"])
async def test_an_act_without_the_word_of_the_session_is_refused(desk: TrialDesk, browsers: Any, csrf: str) -> None:
    ana, bea = await browsers("ana", "bea")
    person = await desk.somebody_waits()
    ana.csrf = bea.csrf if csrf == "another's" else csrf
    response = await ana.act(f"/desk/case/{person.case}/claim")
    assert (response.status_code, response.text) == (403, PROBLEMS["csrf"][1])
    view = await desk.handoffs.case(person.case)
    assert view and view.row.state == "waiting"


async def test_an_act_that_another_page_sends_is_refused(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    response = await ana.act("/desk/wipe", headers={"Sec-Fetch-Site": "cross-site"}, keys="3")
    assert (response.status_code, response.text) == (403, PROBLEMS["elsewhere"][1])
    assert (await ana.get("/desk")).status_code == 200


async def test_a_page_of_the_same_site_gets_no_part_and_keeps_no_session_open(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    for path in (*PARTS, "/desk/events"):
        assert (await ana.get(path, headers={"Sec-Fetch-Site": "same-site"})).status_code == 403
    assert await desk.handoffs.staff() == ()
    for _ in range(3):
        desk.clock.ahead += 250
        page = await ana.get("/desk", headers={"Sec-Fetch-Site": "same-site"})
    assert page.status_code == 423


# --- an idle screen --------------------------------------------------------------------------------------------------------------------


async def test_an_idle_screen_shows_the_password_form_and_nothing_else(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    person = await desk.somebody_waits("es", points=[Point("topic", "rights_pay")])
    path = await taken(ana, person)
    await person.writes("palabras de ella")
    desk.clock.ahead += 601
    for address in ("/desk", path, "/desk/wipe"):
        page = await ana.get(address)
        assert page.status_code == 423 and 'id="unlock"' in page.text
        assert not re.search(f"palabras|Spanish|{number_of(person.case)}|{person.case}", page.text)
    for address in (*PARTS, path + "/live", path + "/colleagues"):
        answer = await ana.get(address)
        assert (answer.status_code, answer.text) == (423, PROBLEMS["locked"][1])
    assert (await ana.act(path + "/answer", key=key(), text="hola")).status_code == 423
    assert (await ana.act("/desk/wipe", keys="3")).status_code == 423
    view = await desk.handoffs.case(person.case)
    assert view and view.row.advocate == "ana"


async def test_the_password_opens_a_locked_screen_again(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    await ana.act("/desk/available")
    await ana.act("/desk/available")
    assert (await ana.act("/desk/lock")).status_code == 204
    assert [one.available for one in await desk.handoffs.staff()] == [False]
    wrong = await ana.act("/desk/unlock", password="seven quiet candles")
    assert (wrong.status_code, wrong.text) == (403, PROBLEMS["password"][1])
    assert (await ana.get("/desk")).status_code == 423
    assert (await ana.act("/desk/unlock", password=PASSWORD)).status_code == 204
    assert (await ana.get("/desk")).status_code == 200
    assert [one.available for one in await desk.handoffs.staff()] == [True]
    assert [act for _, act in desk.noted()] == ["signed_in", "locked", "unlock_refused", "unlocked"]


async def test_a_screen_that_is_locked_again_is_noted_once(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    for _ in range(3):
        assert (await ana.act("/desk/lock")).status_code == 204
    assert desk.noted() == [("ana", "signed_in"), ("ana", "locked")]


async def test_who_was_away_before_the_lock_is_away_after_it(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    assert (await ana.act("/desk/available")).headers["x-available"] == "no"
    await ana.act("/desk/lock")
    await ana.act("/desk/unlock", password=PASSWORD)
    assert [one.available for one in await desk.handoffs.staff()] == [False]


async def test_what_the_page_asks_by_itself_keeps_no_screen_open_but_a_keypress_does(desk: TrialDesk, browsers: Any) -> None:
    ana, bea = await browsers("ana", "bea")
    for _ in range(3):
        desk.clock.ahead += 250
        assert (await ana.get("/desk/board")).status_code == (200 if desk.clock.ahead < 600 else 423)
        assert (await bea.act("/desk/seen")).status_code == 204
    assert (await ana.get("/desk")).status_code == 423
    assert (await bea.get("/desk")).status_code == 200


# --- who may do what -------------------------------------------------------------------------------------------------------------------


async def test_of_two_who_take_a_case_at_once_one_has_it(desk: TrialDesk, browsers: Any) -> None:
    ana, bea = await browsers("ana", "bea")
    for _ in range(10):
        person = await desk.somebody_waits()
        answers = await asyncio.gather(*(one.act(f"/desk/case/{person.case}/claim") for one in (ana, bea)))
        assert sorted(one.status_code for one in answers) == [204, 409]
        lost = next(one for one in answers if one.status_code == 409)
        assert lost.text == REFUSALS[Refusal.NOT_WAITING][1]
        view = await desk.handoffs.case(person.case)
        won = "ana" if answers[0].status_code == 204 else "bea"
        assert view and view.row.advocate == won


async def test_take_next_takes_the_first_that_the_advocate_can_write_to(desk: TrialDesk, browsers: Any) -> None:
    (bea,) = await browsers("bea")
    await desk.somebody_waits("es", urgent="danger")
    english = await desk.somebody_waits("en")
    assert (await bea.act("/desk/next")).headers["x-go"] == f"/desk/case/{english.case}"
    nobody = await bea.act("/desk/next")
    assert (nobody.status_code, nobody.text) == (409, PROBLEMS["nobody"][1])
    assert desk.noted()[1:] == [("bea", "claimed")]


async def test_a_language_that_an_advocate_lacks_is_not_taken_unless_the_person_agreed(desk: TrialDesk, browsers: Any) -> None:
    (bea,) = await browsers("bea")
    person = await desk.somebody_waits("es")
    answer = await bea.act(f"/desk/case/{person.case}/claim")
    assert (answer.status_code, answer.text) == (409, REFUSALS[Refusal.NOT_AGREED][1])
    assert f"take-{person.case}" not in (await bea.get("/desk/board")).text
    assert desk.noted() == [("bea", "signed_in")]


async def test_nobody_reads_or_touches_anothers_case(desk: TrialDesk, browsers: Any) -> None:
    ana, bea = await browsers("ana", "bea")
    person = await desk.somebody_waits(points=[Point("words", "only for the one who helps me")])
    path = await taken(ana, person)
    await person.writes("secret words")
    await desk.handoffs.present(Advocate("bea", "Bea", ("en",)), available=True)
    page = await bea.get(path)
    assert page.status_code == 403 and REFUSALS[Refusal.NOT_YOURS][1] in page.text
    assert "secret" not in page.text and "only for" not in page.text
    for part in ("/live", "/colleagues"):
        answer = await bea.get(path + part)
        assert (answer.status_code, answer.text) == (403, REFUSALS[Refusal.NOT_YOURS][1])
    for act, fields in (
        ("answer", {"key": key(), "text": "I am somebody else"}), ("transfer", {"to": "bea"}), ("requeue", {}),
        ("close", {"asks": "no"}), ("block", {}),
    ):  # fmt: skip
        answer = await bea.act(f"{path}/{act}", **fields)
        assert (answer.status_code, answer.text) == (403, REFUSALS[Refusal.NOT_YOURS][1])
    assert (await bea.act(path + "/typing")).status_code == 204
    view = await desk.handoffs.case(person.case)
    assert view and view.row.advocate == "ana" and len(view.said) == 1
    assert not desk.phones.relayed(person.address, ["I am somebody else"]) and desk.phones.typed == []
    assert [who for who, act in desk.noted() if act != "signed_in"] == ["ana"]


async def test_a_case_that_waits_is_read_by_nobody_but_supervisors(desk: TrialDesk, browsers: Any) -> None:
    ana, sue = await browsers("ana", "sue")
    person = await desk.somebody_waits(points=[Point("words", "read me")])
    assert (await ana.get(f"/desk/case/{person.case}")).status_code == 403
    page = await sue.get(f"/desk/case/{person.case}")
    assert page.status_code == 200 and "read me" in page.text and 'id="composer"' not in page.text


async def test_a_supervisor_sees_all_cases_reads_and_hands_on_but_does_not_write(desk: TrialDesk, browsers: Any) -> None:
    ana, sue = await browsers("ana", "sue")
    person = await desk.somebody_waits()
    path = await taken(ana, person)
    await person.writes("words")
    assert f"row-{person.case}" in (await sue.get("/desk/board")).text
    assert f"row-{person.case}" not in (await ana.get("/desk/board")).text
    page = (await sue.get(path)).text
    assert "words" in page and "You look on." in page
    for absent in ('id="composer"', 'id="ending"', 'id="blocking"'):
        assert absent not in page
    assert (await sue.act(path + "/answer", key=key(), text="x")).status_code == 403
    assert (await sue.act(path + "/close", asks="no")).status_code == 403
    await desk.handoffs.present(Advocate("bea", "Bea", ("en",)), available=True)
    assert "Bea" in (await sue.get(path + "/colleagues")).text
    assert (await sue.act(path + "/transfer", to="bea")).status_code == 204
    view = await desk.handoffs.case(person.case)
    assert view and view.row.advocate == "bea"
    assert (await sue.act(path + "/requeue")).status_code == 204
    view = await desk.handoffs.case(person.case)
    assert view and view.row.state == "waiting" and view.row.front
    assert desk.noted()[-2:] == [("sue", "transferred"), ("sue", "requeued")]


async def test_that_a_supervisor_reads_anothers_case_is_noted_by_whatever_way_and_once_an_hour(desk: TrialDesk, browsers: Any) -> None:
    ana, sue = await browsers("ana", "sue")
    path = await taken(ana, await desk.somebody_waits())
    before = len(desk.noted())
    for part in ("/live", "", "/live", "/colleagues"):
        assert (await sue.get(path + part)).status_code == 200
        assert (await ana.get(path + part)).status_code == 200
    assert desk.noted()[before:] == [("sue", "looked_on")]
    await sue.get(f"/desk/case/{(await desk.somebody_waits()).case}")
    assert desk.noted()[before:] == [("sue", "looked_on")] * 2


async def test_a_case_goes_only_to_one_who_is_there(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    path = await taken(ana, await desk.somebody_waits())
    answer = await ana.act(path + "/transfer", to="bea")
    assert (answer.status_code, answer.text) == (409, REFUSALS[Refusal.NOT_THERE][1])


@pytest.mark.parametrize(("act", "fields", "noted"), [("close", {"asks": "no"}, "closed"), ("block", {}, "blocked")])
async def test_what_is_over_is_gone(desk: TrialDesk, browsers: Any, act: str, fields: dict[str, str], noted: str) -> None:
    (ana,) = await browsers("ana")
    person = await desk.somebody_waits()
    path = await taken(ana, person)
    await person.writes("words that go")
    done = await ana.act(f"{path}/{act}", **fields)
    assert (done.status_code, done.headers["x-go"]) == (204, "/desk")
    page = await ana.get(path)
    assert page.status_code == 410 and PROBLEMS["over"][1] in page.text and "words that go" not in page.text
    answer = await ana.act(path + "/answer", key=key(), text="too late")
    assert (answer.status_code, answer.text) == (409, REFUSALS[Refusal.OVER][1])
    assert desk.noted()[-1] == ("ana", noted)


async def test_a_person_who_left_is_sent_nothing_more(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    person = await desk.somebody_waits()
    path = await taken(ana, person)
    await person.leaves()
    assert (await ana.get(path + "/live")).status_code == 410
    assert (await ana.act(path + "/answer", key=key(), text="are you there?")).status_code == 409
    assert not desk.phones.relayed(person.address, ["are you there?"])


# --- words ------------------------------------------------------------------------------------------------------------------------------


async def test_words_of_people_are_only_ever_text(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }} \" ' &"
    person = await desk.somebody_waits(points=[Point("words", evil)])
    path = await taken(ana, person)
    await person.writes(evil)
    await ana.act(path + "/answer", key=key(), text=evil)
    for page in ((await ana.get(path)).text, (await ana.get(path + "/live")).text):
        assert "<script>alert" not in page and "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "{{ 7*7 }}" in page
    assert desk.phones.relayed(person.address, [evil]) == [evil]


async def test_the_conversation_shows_who_what_became_of_it_and_the_protocol(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    person = await desk.somebody_waits("es", points=[Point("topic", "rights_pay"), Point("country", "US")])
    path = await taken(ana, person)
    await person.writes("está aquí", urgent="danger")
    for fate in (Fate.DELIVERED, Fate.UNKNOWN, Fate.FAILED):
        desk.phones.fate = fate
        await ana.act(path + "/answer", key=key(), text=f"about {fate.value}")
        await asyncio.sleep(0)
    page = (await ana.get(path)).text
    for words in ("Pay and working hours", "United States", "Danger now", "The person", "You", "Spanish", "Español", "SMS"):
        assert words in page
    assert "Tell a supervisor &lt;now&gt;." in page and PROTOCOL.splitlines()[0] in page
    assert 'lang="es"' in page and 'dir="auto"' in page
    for words in ("delivered", "it may not have arrived; do not repeat it unseen", "it did not arrive"):
        assert words in (await ana.get(path + "/live")).text


async def test_words_that_wait_for_the_person_to_read_on_say_so(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    person = await desk.somebody_waits()
    path = await taken(ana, person)
    await person.writes("hello")
    desk.clock.ahead += 400  # she has been quiet
    await ana.act(path + "/answer", key=key(), text="are you safe?")
    live = (await ana.get(path + "/live")).text
    assert "waits until the person reads on" in live and 'id="is-held"' in live
    assert not desk.phones.relayed(person.address, ["are you safe?"])


async def test_the_same_message_sent_twice_arrives_once(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    person = await desk.somebody_waits()
    path, one = await taken(ana, person), key()
    for _ in range(3):
        assert (await ana.act(path + "/answer", key=one, text="once")).status_code == 204
    await asyncio.sleep(0)
    assert desk.phones.relayed(person.address, ["once"]) == ["once"]


@pytest.mark.parametrize(
    ("fields", "status", "problem"),
    [
        ({"key": "0" * 32, "text": "x" * 1001}, 413, "too_long"),
        ({"key": "0" * 32, "text": "x" * 100_000}, 413, "too_long"),
        ({"key": "0" * 32, "text": "\N{GRINNING FACE}" * 400_000}, 413, "too_long"),
        ({"key": "0" * 32, "text": " \n\t "}, 400, "empty"),
        ({"key": "0" * 32, "text": "\N{ZERO WIDTH SPACE}\N{RIGHT-TO-LEFT OVERRIDE}\0\x1b"}, 400, "empty"),
        ({"key": "0" * 32}, 400, "empty"),
        ({"key": "short", "text": "x"}, 400, "malformed"),
        ({"text": "x"}, 400, "malformed"),
    ],
)
async def test_what_cannot_be_sent_is_refused_with_a_sentence(
    desk: TrialDesk, browsers: Any, fields: dict[str, str], status: int, problem: str
) -> None:
    (ana,) = await browsers("ana")
    path = await taken(ana, await desk.somebody_waits())
    answer = await ana.act(path + "/answer", **fields)
    assert (answer.status_code, answer.text) == (status, PROBLEMS[problem][1])


async def test_a_thousand_emoji_are_a_message(desk: TrialDesk, browsers: Any) -> None:
    (ana,) = await browsers("ana")
    person = await desk.somebody_waits()
    path, flood = await taken(ana, person), "\N{GRINNING FACE}" * 1000
    assert (await ana.act(path + "/answer", key=key(), text=flood)).status_code == 204
    await asyncio.sleep(0)
    assert desk.phones.relayed(person.address, [flood]) == [flood]


@pytest.mark.parametrize("body", [b"\xff\xfe=\xff", b"&" * 1000, b"%", b"a=b&" * 50, b"=\x00", b'{"key": 1}'])
async def test_a_form_that_is_none_is_refused(desk: TrialDesk, browsers: Any, body: bytes) -> None:
    (ana,) = await browsers("ana")
    path = await taken(ana, await desk.somebody_waits())
    answer = await ana.post(path + "/answer", content=body, headers={"X-CSRF": ana.csrf})
    assert answer.status_code == 400 and answer.text == PROBLEMS["malformed"][1]


async def test_no_page_holds_an_address_of_a_person(desk: TrialDesk, browsers: Any) -> None:
    ana, sue = await browsers("ana", "sue")
    person = await desk.somebody_waits(address="+12025550199")
    path = await taken(ana, person)
    await person.writes("hello")
    for browser in (ana, sue):
        for address in ("/desk", path, path + "/live", path + "/colleagues", *PARTS):
            answer = await browser.get(address)
            assert "2025550199" not in answer.text + str(answer.headers)
    assert "2025550199" not in str(desk.noted())


# --- when something is away -----------------------------------------------------------------------------------------------------------


async def test_while_the_store_is_away_the_page_says_so_and_tries_again(
    desk: TrialDesk, browsers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ana,) = await browsers("ana")
    person = await desk.somebody_waits()

    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("The store does not answer. Start it.")

    monkeypatch.setattr(desk.store, "get", away)
    page = await ana.get("/desk")
    assert page.status_code == 503 and PROBLEMS["away"][1] in page.text and page.headers["refresh"] == "5"
    for answer in (await ana.get("/desk/board"), await ana.act(f"/desk/case/{person.case}/claim")):
        assert (answer.status_code, answer.text) == (503, PROBLEMS["away"][1])


async def test_where_the_audit_cannot_be_written_nothing_is_changed_but_people_are_answered(
    desk: TrialDesk, browsers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, bea = await browsers("ana", "bea")
    person, other = await desk.somebody_waits(), await desk.somebody_waits()
    path = await taken(ana, person)

    def full(*_: object) -> None:
        raise StaffFilesUnavailable("The disk is full. Make room.")

    monkeypatch.setattr(desk.audit, "note", full)
    refused = [
        await bea.act(f"/desk/case/{other.case}/claim"), await bea.act("/desk/next"), await ana.act(path + "/requeue"),
        await ana.act(path + "/close", asks="no"), await ana.act(path + "/block"),
    ]  # fmt: skip
    for answer in refused:
        assert (answer.status_code, answer.text) == (503, PROBLEMS["files"][1])
    views = [await desk.handoffs.case(one.case) for one in (person, other)]
    assert [view and view.row.advocate for view in views] == ["ana", None]
    assert (await ana.act(path + "/answer", key=key(), text="I am here")).status_code == 204
    assert (await ana.act("/desk/lock")).status_code == 204
    assert (await ana.act("/desk/unlock", password=PASSWORD)).status_code == 204
    async with Browser(desk) as sue:
        assert (await sue.sign_in("sue")).status_code == 503
    assert (await ana.act("/desk/wipe", keys="3")).status_code == 204
    assert await desk.handoffs.board() == ()


# --- erasing everything -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["", "erase it", "yes"])
async def test_nothing_is_erased_by_another_word(desk: TrialDesk, browsers: Any, word: str) -> None:
    (ana,) = await browsers("ana")
    await desk.somebody_waits()
    answer = await ana.act("/desk/wipe", word=word)
    assert (answer.status_code, answer.text) == (400, PROBLEMS["word"][1])
    assert len(await desk.handoffs.board()) == 1


@pytest.mark.parametrize("fields", [{"word": " erase "}, {"keys": "3"}])
async def test_a_wipe_erases_every_case_and_signs_everybody_out(desk: TrialDesk, browsers: Any, fields: dict[str, str]) -> None:
    ana, bea = await browsers("ana", "bea")
    people = [await desk.somebody_waits() for _ in range(3)]
    path = await taken(ana, people[0])
    await people[0].writes("gone")
    answer = await ana.act("/desk/wipe", **fields)
    assert (answer.status_code, answer.headers["x-leave"]) == (204, "/desk/wiped")
    assert await desk.handoffs.board() == ()
    told = {to for to, text in desk.phones.got if "This line is closing now." in text}
    assert told == {one.address for one in people}
    for browser in (ana, bea):
        assert (await browser.get("/desk")).headers["location"] == "/desk/sign-in"
        assert (await browser.get(path + "/live")).status_code == 401
    assert "Everything is gone" in (await bea.get("/desk/wiped")).text
    assert desk.noted()[-1] == ("ana", "wiped")
