"""Looks something up for an advocate: what the dialogue would say to the person, in her language and in the desk's, side by side.

Nothing is worded here: each text is what an action says in a session that is made up for it (locale, country, place) and forgotten
with it.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from bot.conversation.messages import Turn
from bot.dialogue.catalogues import translate
from bot.dialogue.found import LIMITS, Found, FoundService, Line, Pick
from bot.knowledge.answers import BASELINE, Answer, answer_for, answers
from bot.knowledge.local_services import KINDS, index, place_of
from bot.knowledge.offers import Wish, offers

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

# What answers each kind of urgency, best first; all that is urgent by itself among them.
_URGENT = {"danger": "danger_now", "self_harm": "self_harm", "life": "needs_medical_care", "cry": "danger_now"}
# A person hears a line that looks like nothing first, because somebody may be watching; the advocate wants the steps.
_ASKED_AS = {"unsafe_phone": "phone_is_shared"}
_CODE = re.compile(r"[A-Z]{2} \S+ -?\d+\.\d -?\d+\.\d")  # as `bot.knowledge.local_services.code_of` writes a place
_LIKELY = 0.15  # probability from which a topic is taken: an advocate sees which it was, and picks another
_MOST_SERVICES = 5


def topics() -> tuple[str, ...]:
    """What can be looked up: danger and a wish to die, searches, and all that there are answers on."""
    answered = [topic for jurisdiction, topic in answers() if jurisdiction == BASELINE]
    return tuple(dict.fromkeys((_URGENT["danger"], _URGENT["self_harm"], *KINDS, *answered)))


def look_up(
    engine: Engine, query: str | None, topic: str | None, locale: str, desk_locale: str, country: str | None, place: str | None
) -> Found:
    """What there is on a query or a topic; with neither, the topics.

    Args:
        engine: the loaded model.
        query: in the advocate's own words, or None.
        topic: one of `topics()`, where there is no query.
        locale: the person's.
        desk_locale: the advocate's.
        country: where the person is (ISO 3166-1 alpha-2), or None; a query may name another.
        place: a town or postcode in the advocate's words, or the place of a `Pick`, or None; a query may name one as well.
    """
    lookup = _Lookup(engine, locale, desk_locale, country, place)
    if query:
        return lookup.of_query(query)
    return lookup.on(topic) if topic in topics() else lookup.nothing()


class _Lookup:
    """One lookup; arguments as of `look_up`."""

    def __init__(self, engine: Engine, locale: str, desk_locale: str, country: str | None, place: str | None) -> None:
        self._engine, self._locale, self._desk_locale, self._country = engine, locale, desk_locale, country
        self._place: str | None = None
        self._candidates = ""  # places of one name, see `actions.places.candidates_of`
        self._unknown_place = False
        if place and _CODE.fullmatch(place):
            self._place = place
        elif place:  # read as the answer to the question for the country is
            self._hear(engine.parsed(place, self._session(desk_locale, asked="country")))
            self._unknown_place = not (self._place or self._candidates)

    def _hear(self, parsed: dict[str, Any]) -> None:
        """Notes the place that a text names."""
        told = {entity["entity"]: str(entity["value"]) for entity in parsed["entities"]}
        if told.get("country", self._country) != self._country:
            self._country, self._place = told["country"], None
        self._place = told.get("place", self._place)
        self._candidates = told.get("candidates", self._candidates)

    def of_query(self, query: str) -> Found:
        """What the model takes a query for."""
        parsed = self._engine.parsed(query, self._session(self._desk_locale))
        self._hear(parsed)
        understanding = parsed["understanding"]
        ranked = [topic for topic, chance in understanding["ranking"] if chance >= _LIKELY]
        urgent = [_URGENT[understanding["urgency"]], *_URGENT.values()] if understanding["urgency"] else []
        likely = [topic for topic in dict.fromkeys((*ranked, *urgent, *understanding["offered"])) if topic in topics()]
        return self.on(likely[0], understanding, others=likely[1:]) if likely else self.nothing()

    def nothing(self) -> Found:
        """That nothing was looked for or understood, and all that can be picked."""
        return Found(country=self._country, picks=self._picks(topics()))

    def on(self, topic: str, understanding: dict[str, Any] | None = None, *, others: Iterable[str] = ()) -> Found:
        """What there is on a topic.

        Args:
            topic: one of `topics()`.
            understanding: what the components made of the query; urgency in it is answered first.
            others: topics that may have been meant as well.
        """
        if topic in KINDS and self._candidates:
            return self._which_place(topic)
        urgency = understanding["urgency"] if understanding else None
        answer = answer_for(topic, self._country)
        lines = self._beside(lambda locale: self._said(locale, _URGENT[urgency], understanding=understanding)) if urgency else ()
        if answer or not lines:
            lines += self._beside(lambda locale: self._answer(locale, topic, answer))
        source = self._beside(lambda locale: self._said(locale, "source", topic=topic)) if answer else ()
        services, nothing_near = self._sought(topic) if topic in KINDS else (self._helping(topic) if answer else [], False)
        return Found(
            topic,
            self._title(topic),
            self._country,
            urgency or next((kind for kind, one in _URGENT.items() if one == topic and not answer), None),
            tuple(line for line in lines if line not in source),
            source[0] if source else None,
            tuple(line.meaning for line in source[1:]),
            tuple(self._service(service, topic) for service in services),
            nothing_near,
            self._unknown_place,
            self._picks(others),
        )

    def _session(self, locale: str, **slots: Any) -> dict[str, Any]:
        """The state of a session in which everything is known and nothing is to be asked."""
        known = {"locale": locale, "country": self._country, "place": self._place, "country_asked": True, "phone_asked": True}
        set_slots = {name: value for name, value in {**known, **slots}.items() if value is not None}
        return {"slots": set_slots, "loop": None, "events": [], "introduced": True}

    def _turn(
        self, locale: str, intent: str, entities: dict[str, str] | None = None, understanding: dict[str, Any] | None = None, **slots: Any
    ) -> Turn:
        """What the dialogue answers to an intent."""
        named = [{"entity": entity, "value": value} for entity, value in (entities or {}).items()]
        about = {"understanding": understanding} if understanding else {}
        parsed = {"text": "", "intent": {"name": intent, "confidence": 1.0}, "entities": named, **about}
        return self._engine.answer(parsed, self._session(locale, **slots))

    def _said(self, locale: str, intent: str, *arguments: Any, **slots: Any) -> list[str]:
        """The texts of a turn, as an advocate may send them."""
        automated = self._engine.worded("utter_danger_limits", locale)
        texts = [block.text for block in self._turn(locale, intent, *arguments, **slots).blocks]
        return [translate(locale, *LIMITS) if text == automated else text for text in texts]

    def _beside(self, said: Callable[[str], Sequence[str]]) -> tuple[Line, ...]:
        """What is said in her locale and in the desk's."""
        texts = {locale: said(locale) for locale in (self._locale, self._desk_locale)}
        return tuple(Line(*pair) for pair in zip(texts[self._locale], texts[self._desk_locale], strict=True))

    def _answer(self, locale: str, topic: str, answer: Answer | None) -> list[str]:
        """All of an answer, page by page."""
        if topic in KINDS:  # before the answer stand services, which are found apart; "unknown" is what ends the question for the country
            texts = self._said(locale, topic, country=self._country or "unknown")[-1:] if answer else []
        else:
            texts = self._said(locale, _ASKED_AS.get(topic, topic))
        pages = range(len(answer.more)) if answer else ()
        return [*texts, *(text for page in pages for text in self._said(locale, "more", topic=topic, page=float(page)))]

    def _sought(self, search: str) -> tuple[list[str], bool]:
        """Ids of services for a search, best first, and whether none is near the town that was named."""
        place = place_of(self._place) if self._place else None
        if not self._country:
            return [], False
        found = offers(Wish(search, self._country, self._locale, place=place, at=datetime.datetime.now(datetime.timezone.utc)))
        return [one.service.id for one in found[:_MOST_SERVICES]], place is not None and not any(one.service.points for one in found)

    def _helping(self, topic: str) -> list[str]:
        """Ids of services that help with an answer, best first."""
        picked = [payload for _, payload in self._turn(self._desk_locale, "who_helps", topic=topic).options]
        return [json.loads(payload.removeprefix("/details"))["service"] for payload in picked if payload.startswith("/details{")]

    def _service(self, service: str, topic: str) -> FoundService:
        lines = self._beside(lambda locale: self._said(locale, "details", {"service": service}, topic=topic))
        return FoundService(index().service(service).name, lines)

    def _which_place(self, topic: str) -> Found:
        """The places of one name, to pick from."""
        options = self._turn(self._desk_locale, "give_location", {"candidates": self._candidates}).options
        told = [(title, json.loads(payload.removeprefix("/give_location"))) for title, payload in options if "{" in payload]
        picks = tuple(Pick(title, topic, place["country"], place.get("place")) for title, place in told)
        return Found(topic, self._title(topic), self._country, picks=picks)

    def _picks(self, offered: Iterable[str]) -> tuple[Pick, ...]:
        return tuple(Pick(self._title(topic), topic, self._country, self._place) for topic in offered)

    def _title(self, topic: str) -> str:
        return self._engine.worded(f"utter_topic_{topic}", self._desk_locale)
