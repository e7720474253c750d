"""The side panel of a conversation: canned replies, answers and services, to look up and put into the draft.

The words of a search are posted: they may be the person's own, and what stands in an address ends up in logs.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from babel import Locale as CldrLocale
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.desk.replies import canned, with_words
from bot.dialogue.catalogues import pgettext_noop, translate
from bot.dialogue.found import Found, Pick
from bot.errors import TurnFailed
from bot.locales import locale_of

_MOST_CHARACTERS = 200  # of a field; what is pasted behind them is passed over
_TOPIC = re.compile(r"[a-z0-9_]{1,40}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_WORDS = {
    "panel": pgettext_noop("desk", "Replies, answers and services"),
    "query": pgettext_noop("desk", "Search, in your own words"),
    "town": pgettext_noop("desk", "Town or postcode, if you have one"),
    "find": pgettext_noop("desk", "Find answers and services"),
    "replies": pgettext_noop("desk", "Ready replies"),
    "no_reply": pgettext_noop("desk", "No ready reply has these words."),
    "topics": pgettext_noop("desk", "Topics"),
    "all_topics": pgettext_noop("desk", "All topics"),
    "not_understood": pgettext_noop("desk", "Nothing found for these words. Say it in another way, or pick a topic."),
    "which_place": pgettext_noop("desk", "Which place is meant?"),
    "perhaps": pgettext_noop("desk", "Or is it about this?"),
    "urgent": pgettext_noop("desk", "This may be urgent. A number comes first."),
    "no_country": pgettext_noop("desk", "The country is not known, so this is general. Name a town to find services."),
    "unknown_place": pgettext_noop("desk", "That town is not known. It was left out."),
    "answer": pgettext_noop("desk", "Answer"),
    "source": pgettext_noop("desk", "Where this comes from"),
    "services": pgettext_noop("desk", "Services and places"),
    "nothing_near": pgettext_noop("desk", "None is near that town. These serve the whole country."),
    "no_service": pgettext_noop("desk", "No service found."),
    "name": pgettext_noop("desk", "Its name, which is not sent:"),
    "all_of_it": pgettext_noop("desk", "Put all of it into the draft"),
    "away": pgettext_noop("desk", "The search does not answer right now. Try again in a moment."),
}


@dataclass(frozen=True)
class PanelCase:
    """What the panel must know of a case.

    Attributes:
        locale: the person's.
        desk_locale: the advocate's.
        country: where the person is (ISO 3166-1 alpha-2) as far as the advocate may know, or None.
        town: the same, or empty.
    """

    locale: str
    desk_locale: str
    country: str | None = None
    town: str = ""


class Visit(Protocol):
    """A request of somebody who is signed in: `bot.desk.door.Visit`."""

    @property
    def request(self) -> Request:
        """As it came."""
        ...

    @property
    def form(self) -> dict[str, str]:
        """What was sent along."""
        ...


AVisit = TypeVar("AVisit", bound=Visit)
_OfDoor = TypeVar("_OfDoor", bound=Visit, covariant=True)
Endpoint = Callable[[Request], Awaitable[Response]]


class Door(Protocol[_OfDoor]):
    """What lets requests in: `bot.desk.door.Door`."""

    def part(self, handler: Callable[[_OfDoor], Awaitable[Response]]) -> Endpoint:
        """A part that the page itself asks for."""
        ...

    def act(self, handler: Callable[[_OfDoor], Awaitable[Response]]) -> Endpoint:
        """Something that an advocate does."""
        ...


class Dialogue(Protocol):
    """What looks things up: `bot.dialogue.process.DialogueProcess`."""

    async def lookup(
        self, query: str | None, topic: str | None, locale: str, desk_locale: str, country: str | None = None, place: str | None = None
    ) -> Found:
        """See there."""
        ...


def desk_panel_routes(
    path: str, door: Door[AVisit], case_of: Callable[[AVisit], Awaitable[PanelCase]], dialogue: Dialogue, rendered: Callable[..., str]
) -> list[BaseRoute]:
    """The panel of a case, and what it posts to. All answer with parts of a page.

    Args:
        path: of the panel, with the parameters that `case_of` reads, such as ``/desk/case/{case}/panel``.
        door: lets nobody in who is not signed in.
        case_of: the case that a request is about. Refuses whoever neither has that case nor is a supervisor.
        dialogue: looks up answers and services.
        rendered: a template of `bot/desk/templates/` by its name, a locale and values; escapes what it fills in.
    """

    async def panel(visit: AVisit) -> Response:
        case = await case_of(visit)
        groups = canned(case.locale, case.desk_locale)
        return shown("panel.html", case, at=visit.request.url.path, town=case.town, groups=groups, searched=False)

    async def replies(visit: AVisit) -> Response:
        case = await case_of(visit)
        query = _field(visit.form, "query")
        groups = with_words(canned(case.locale, case.desk_locale), query)
        return shown("panel_replies.html", case, groups=groups, searched=bool(query))

    async def find(visit: AVisit) -> Response:
        case, form = await case_of(visit), visit.form
        query, place = _field(form, "query"), _field(form, "place")
        topic, country = _field(form, "topic", _TOPIC), _field(form, "country", _COUNTRY)
        at = visit.request.url.path.removesuffix("/find")
        try:
            found = await dialogue.lookup(
                None if topic else query or None, topic or None, case.locale, case.desk_locale, country or case.country, place or None
            )
        except TurnFailed:
            return shown("panel_away.html", case)
        picks = [(one.title, _asked(one)) for one in found.picks]
        named = _name(found.country, case.desk_locale)
        return shown("panel_results.html", case, at=at, found=found, picks=picks, country=named, sought=bool(query or topic))

    def shown(template: str, case: PanelCase, **values: Any) -> Response:
        words = {name: translate(case.desk_locale, *sentence) for name, sentence in _WORDS.items()}
        sides = {"hers": _side(case.locale), "ours": _side(case.desk_locale)}
        return HTMLResponse(rendered(template, case.desk_locale, words=words, **sides, **values))

    return [
        Route(path, door.part(panel), methods=["GET"]),
        Route(f"{path}/replies", door.act(replies), methods=["POST"]),
        Route(f"{path}/find", door.act(find), methods=["POST"]),
    ]


def _side(locale: str) -> dict[str, str]:
    """What HTML must know of a text in a locale."""
    return {"lang": locale.replace("_", "-"), "dir": locale_of(locale).direction}


def _name(country: str | None, desk_locale: str) -> str:
    return str(CldrLocale.parse(desk_locale).territories.get(country, country)) if country else ""


def _asked(pick: Pick) -> dict[str, str]:
    """The fields that a pick posts."""
    fields = {"topic": pick.topic, "country": pick.country, "place": pick.place}
    return {name: value for name, value in fields.items() if value}


def _field(form: Mapping[str, str], name: str, of: re.Pattern[str] | None = None) -> str:
    """A field of a form; empty where it is not of its kind, which no page of the desk sends."""
    value = form.get(name, "")[:_MOST_CHARACTERS].strip()
    return value if of is None or of.fullmatch(value) else ""
