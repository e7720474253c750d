"""The side panel: what an advocate sees and sends, what is asked of the dialogue, and that nothing typed becomes part of the page."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.desk.panel import PanelCase, desk_panel_routes
from bot.desk.replies import canned
from bot.dialogue.catalogues import catalogues, compile_catalogues, read_catalogues
from bot.dialogue.found import Found, FoundService, Line, Pick
from bot.errors import TurnFailed
from bot.locales import all_locales
from bot.paths import LOCALES, ROOT

_ENVIRONMENT = Environment(loader=FileSystemLoader(ROOT / "bot" / "desk" / "templates"), autoescape=True, undefined=StrictUndefined)
PANEL = "/desk/case/7/panel"
ANSWER = Found(
    "rights_pay",
    "Pago y horas de trabajo",
    "GB",
    None,
    (Line("Мінімум у Британії.", "El mínimo en el Reino Unido."),),
    Line("Джерело: Закон. Перевірка 2026-11-22.", "Fuente: Ley. Revisado: 2026-11-22."),
    ("Ley, https://example.org/ley",),
    (FoundService("Own Name Line", (Line("Лінія: 0800.", "Línea: 0800."), Line("Цілодобово.", "Abierto 24 h."))),),
    picks=(Pick("Un abogado", "find_legal_aid", "GB", "GB ENG 53.8 -1.6"),),
)


@pytest.fixture(scope="module", autouse=True)
def compiled() -> Iterator[None]:
    """The catalogues as they stand now."""
    compile_catalogues()
    catalogues.put(read_catalogues(LOCALES, all_locales()))
    yield
    catalogues.put(read_catalogues(LOCALES, all_locales()))


@dataclass(frozen=True)
class Visit:
    """A request of somebody who is signed in."""

    request: Request
    form: dict[str, str]


class Door:
    """Lets everybody in."""

    def part(self, handler: Callable[[Visit], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """See `bot.desk.panel.Door`."""
        return self.act(handler)

    def act(self, handler: Callable[[Visit], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """See `bot.desk.panel.Door`."""

        async def endpoint(request: Request) -> Response:
            async with request.form() as form:
                return await handler(Visit(request, {name: str(value) for name, value in form.items()}))

        return endpoint


@dataclass
class Dialogue:
    """Finds what it is told to find."""

    found: Found = field(default_factory=Found)
    fails: bool = False
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def lookup(self, *asked: Any) -> Found:
        """See `bot.dialogue.process.DialogueProcess`."""
        self.asked.append(asked)
        if self.fails:
            raise TurnFailed("It does not answer. Wait.")
        return self.found


class Seen(HTMLParser):
    """What a part of a page holds: elements with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Notes text."""
        self.text += data

    def drafts(self) -> list[str | None]:
        """What its buttons put into the draft."""
        return [attributes["data-draft"] for _, attributes in self.elements if "data-draft" in attributes]


@asynccontextmanager
async def _desk(case: PanelCase, dialogue: Dialogue) -> AsyncIterator[httpx.AsyncClient]:
    def rendered(template: str, locale: str, **values: Any) -> str:
        return _ENVIRONMENT.get_template(template).render(values)

    async def case_of(visit: Visit) -> PanelCase:
        if visit.request.path_params["case"] != "7":
            raise HTTPException(403)
        return case

    app = Starlette(routes=desk_panel_routes("/desk/case/{case}/panel", Door(), case_of, dialogue, rendered))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as client:
        yield client


async def _posted(case: PanelCase, dialogue: Dialogue, to: str, **form: str) -> Seen:
    async with _desk(case, dialogue) as client:
        answer = await client.post(f"{PANEL}/{to}", data=form)
    assert answer.status_code == 200
    return Seen(answer.text)


async def test_every_ready_reply_is_a_button_with_her_words_and_below_them_the_meaning() -> None:
    async with _desk(PanelCase("ar", "es"), Dialogue()) as client:
        seen = Seen((await client.get(PANEL)).text)
    replies = [reply for group in canned("ar", "es") for reply in group.replies]
    assert seen.drafts() == [reply.text for reply in replies]
    assert all(reply.meaning in seen.text for reply in replies)
    texts = [attributes for tag, attributes in seen.elements if tag == "span" and attributes["class"] == "text"]
    assert {(one["lang"], one["dir"]) for one in texts} == {("ar", "rtl")}
    meanings = [attributes for tag, attributes in seen.elements if tag == "span" and attributes["class"] == "meaning"]
    assert {(one["lang"], one["dir"]) for one in meanings} == {("es", "ltr")} and len(meanings) == len(replies)


async def test_in_one_language_nothing_is_said_twice() -> None:
    async with _desk(PanelCase("zh_Hans", "en"), Dialogue()) as client:
        assert 'lang="zh-Hans"' in (await client.get(PANEL)).text
    async with _desk(PanelCase("es", "es"), Dialogue()) as client:
        assert "meaning" not in (await client.get(PANEL)).text


async def test_typing_leaves_the_replies_that_fit() -> None:
    case, dialogue = PanelCase("uk", "es"), Dialogue()
    assert len((await _posted(case, dialogue, "replies", query="culpa")).drafts()) == 1
    assert "Ninguna respuesta lista" in (await _posted(case, dialogue, "replies", query="xyzzy")).text
    assert dialogue.asked == [], "the dialogue is not bothered with each letter"


async def test_what_was_found_is_shown_with_source_and_the_name_apart() -> None:
    seen = await _posted(PanelCase("uk", "es", "GB"), Dialogue(ANSWER), "find", query="salario")
    assert seen.drafts() == [
        *(ANSWER.lines[0].text, "Джерело: Закон. Перевірка 2026-11-22.", "Лінія: 0800.", "Цілодобово.", "Лінія: 0800.\nЦілодобово."),
    ]
    for said in ("El mínimo en el Reino Unido.", "Ley, https://example.org/ley", "Own Name Line", "Reino Unido", "Abierto 24 h."):
        assert said in seen.text
    assert "Own Name Line" not in "".join(filter(None, seen.drafts()))


async def test_words_and_town_are_asked_of_the_dialogue_with_what_is_known_of_the_case() -> None:
    dialogue = Dialogue()
    await _posted(PanelCase("uk", "es", "GB"), dialogue, "find", query=" albergue ", place="Leeds")
    await _posted(PanelCase("uk", "es", None), dialogue, "find", query="", place="")
    assert dialogue.asked == [("albergue", None, "uk", "es", "GB", "Leeds"), (None, None, "uk", "es", None, None)]


async def test_a_pick_asks_for_just_that() -> None:
    dialogue = Dialogue(ANSWER)
    seen = await _posted(PanelCase("uk", "es", "GB"), dialogue, "find", query="salario")
    pick = next(attributes for tag, attributes in seen.elements if tag == "button" and "hx-vals" in attributes)
    assert (pick["hx-post"], pick["hx-target"]) == (f"{PANEL}/find", "#panel-results")
    assert json.loads(pick["hx-vals"] or "") == {"topic": "find_legal_aid", "country": "GB", "place": "GB ENG 53.8 -1.6"}
    await _posted(PanelCase("uk", "es", "US"), dialogue, "find", topic="find_legal_aid", country="GB", place="GB ENG 53.8 -1.6")
    assert dialogue.asked[-1] == (None, "find_legal_aid", "uk", "es", "GB", "GB ENG 53.8 -1.6")


async def test_a_pick_that_says_no_place_goes_by_the_town_in_the_field() -> None:
    seen = await _posted(PanelCase("uk", "es"), Dialogue(Found(picks=(Pick("Un abogado", "find_legal_aid"),))), "find")
    pick = next(attributes for tag, attributes in seen.elements if tag == "button" and "hx-vals" in attributes)
    assert pick["hx-include"] == "#panel-place" and json.loads(pick["hx-vals"] or "") == {"topic": "find_legal_aid"}


async def test_her_town_stands_in_the_field_already() -> None:
    async with _desk(PanelCase("uk", "es", "GB", "Leeds"), Dialogue()) as client:
        seen = Seen((await client.get(PANEL)).text)
    assert next(attributes["value"] for _, attributes in seen.elements if attributes.get("name") == "place") == "Leeds"


async def test_what_is_urgent_unknown_or_missing_is_said() -> None:
    lines = (Line("x", "y"),)
    for found, said in (
        (Found("danger_now", "t", "GB", "danger", lines), "Puede ser urgente."),
        (Found("rights_pay", "t", None, None, lines), "No se sabe el país"),
        (Found("find_work", "t", "GB", None, lines), "No se encontró ningún servicio."),
        (Found("find_work", "t", "GB", None, lines, unknown_place=True), "No se conoce esa ciudad."),
        (Found("find_work", "t", "GB", None, lines, services=ANSWER.services, nothing_near=True), "Ninguno está cerca"),
        (Found("find_work", "t", "US", picks=(Pick("Ohio", "find_work"),)), "¿De qué lugar se trata?"),
        (Found(picks=(Pick("Un abogado", "find_legal_aid"),)), "No hay nada para esas palabras."),
    ):
        assert said in (await _posted(PanelCase("uk", "es", "GB"), Dialogue(found), "find", query="a")).text
    assert "No hay nada" not in (await _posted(PanelCase("uk", "es"), Dialogue(), "find")).text, "nothing was asked yet"


async def test_where_the_dialogue_does_not_answer_a_plain_sentence_says_so() -> None:
    seen = await _posted(PanelCase("uk", "fr"), Dialogue(fails=True), "find", query="salaire")
    assert "La recherche ne répond pas" in seen.text and seen.drafts() == []


async def test_who_may_not_see_the_case_gets_nothing_and_asks_nothing() -> None:
    dialogue = Dialogue(ANSWER)
    async with _desk(PanelCase("uk", "es"), dialogue) as client:
        answers = [
            await client.get("/desk/case/8/panel"),
            await client.post("/desk/case/8/panel/replies", data={"query": "culpa"}),
            await client.post("/desk/case/8/panel/find", data={"query": "salario"}),
        ]
    assert [answer.status_code for answer in answers] == [403, 403, 403] and dialogue.asked == []
    assert not any("data-draft" in answer.text for answer in answers)


@pytest.mark.parametrize("to", ["find", "replies"])
async def test_words_are_never_part_of_an_address(to: str) -> None:
    async with _desk(PanelCase("uk", "es"), Dialogue()) as client:
        assert (await client.get(f"{PANEL}/{to}?query=salario")).status_code == 405


async def test_what_is_no_topic_or_country_of_ours_is_passed_over_and_a_paste_is_cut() -> None:
    dialogue = Dialogue()
    await _posted(PanelCase("uk", "es", "GB"), dialogue, "find", query="x" * 100_000, topic="../x", country="'--", place="y" * 1000)
    query, topic, _, _, country, place = dialogue.asked[0]
    assert (len(query), topic, country, len(place)) == (200, None, "GB", 200)


async def test_markup_in_texts_is_shown_and_not_obeyed() -> None:
    evil = """<script>x</script>'"><img src=x onerror=x>&amp;"""
    found = Found(
        "find_work", evil, "GB", None, (Line(evil, evil),), Line(evil, evil), (evil,), (FoundService(evil, (Line(evil, evil),)),),
        picks=(Pick(evil, "find_work", None, evil),),
    )  # fmt: skip
    seen = await _posted(PanelCase("uk", "es", "GB"), Dialogue(found), "find", query=evil)
    assert set(seen.drafts()) == {evil} and evil in seen.text
    assert {tag for tag, _ in seen.elements}.isdisjoint({"script", "img"})
    async with _desk(PanelCase("uk", "es", "GB", evil), Dialogue()) as client:
        seen = Seen((await client.get(PANEL)).text)
    assert {tag for tag, _ in seen.elements}.isdisjoint({"script", "img"})


async def test_nothing_in_the_page_needs_a_policy_that_lets_scripts_in() -> None:
    async with _desk(PanelCase("uk", "es", "GB"), Dialogue(ANSWER)) as client:
        pages = [(await client.get(PANEL)).text, (await client.post(f"{PANEL}/find", data={"query": "a"})).text]
    for page in pages:
        for tag, attributes in Seen(page).elements:
            assert tag not in ("script", "style")
            assert not [name for name in attributes if name == "style" or name.startswith(("on", "hx-on"))]
            assert not any("js:" in (value or "") or "javascript:" in (value or "") for value in attributes.values())
            assert "[" not in (attributes.get("hx-trigger") or ""), "a filter would be evaluated"


@pytest.mark.parametrize("desk_locale", ["en", "es", "fr", "ar"])
async def test_all_that_the_panel_says_is_in_the_language_of_the_desk(desk_locale: str) -> None:
    async with _desk(PanelCase("uk", desk_locale, "GB"), Dialogue(ANSWER)) as client:
        seen = Seen((await client.get(PANEL)).text)
        seen.feed((await client.post(f"{PANEL}/find", data={"query": "a"})).text)
    own = [label for label in ("Ready replies", "Where this comes from", "Put all of it into the draft") if label in seen.text]
    assert len(own) == (3 if desk_locale == "en" else 0)
    assert not re.search(r"\{\w*\}", seen.text)
