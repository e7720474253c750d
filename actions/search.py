"""A search: services near the person and lines of the whole country, two a reply; others, for whom, not near here, and details of one."""

from __future__ import annotations

from typing import Any

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.events import ActionExecutionRejected, ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions.base import HelplineAction
from actions.details import now, offer_details, say_services
from actions.places import ask_country, ask_which, candidates_of, forget_shared, is_another_picked, say_shared, shared_place
from actions.replies import (
    country_of,
    listed,
    numbers_for,
    offer,
    payload,
    say,
    say_answer_words,
    say_hotline,
    topic_of,
    understanding_of,
)
from actions.urgent import say_danger
from bot.knowledge.answers import answer_for
from bot.knowledge.local_services import KINDS, away_from, is_away, place_of
from bot.knowledge.offers import Wish, offers, there_are_places
from bot.knowledge.search import Found

_A_REPLY = 2  # services that one reply names
# What may be said to the question for the country without naming one, and ends it; any other topic leaves the search.
_NO_COUNTRY = (*KINDS, "give_location", "affirm", "deny", "out_of_scope", "nlu_fallback")
_URGENT = ("danger_now", "self_harm")
# Whom a service must serve, as a person may pick it; "anyone" takes it back.
SERVED = ("women", "men", "children", "trans", "families", "without_papers", "anyone")
_WITHOUT_PAPERS = "without_papers"


def wish_of(tracker: Tracker, search: str, country: str) -> Wish:
    """What the person looks for, from what the session knows."""
    code = tracker.get_slot("place")
    place = place_of(code) if code else None
    served = set(str(tracker.get_slot("served") or "").split())
    return Wish(
        search,
        country,
        str(tracker.get_slot("locale") or "en"),
        place=place if place and place.country == country else None,
        avoid=place if code and is_away(code) else None,
        audience=frozenset(served - {_WITHOUT_PAPERS}),
        without_papers=_WITHOUT_PAPERS in served,
        at=now(),
    )


def _say_found(dispatcher: CollectingDispatcher, tracker: Tracker, found: list[Found], shown: list[Found], wish: Wish) -> None:
    """The services that are shown, a line each; and where the place that she named has none, that it has none."""
    nothing_near = wish.place is not None and wish.avoid is None and not any(one.service.points for one in found)
    if nothing_near:
        say(dispatcher, "utter_search_none_near")
    elif served := sorted(wish.audience) + [_WITHOUT_PAPERS] * wish.without_papers:
        say(dispatcher, "utter_search_for", audience=listed("audience", served))
    else:
        say(dispatcher, "utter_search")
    say_services(dispatcher, [one.service for one in shown], now(), named=bool(tracker.get_slot("named")))


def _offer_next(dispatcher: CollectingDispatcher, tracker: Tracker, shown: list[Found], wish: Wish, *, rest: int) -> None:
    """The choices behind a list of services."""
    shared = shared_place(tracker)
    offer_details(dispatcher, [one.service for one in shown], **shared)
    if rest:
        offer(dispatcher, "utter_option_other_services", payload("other_services", passed=str(rest), **shared))
    if wish.place is not None and wish.avoid is None and any(one.service.points for one in shown):
        offer(dispatcher, "utter_option_not_near", payload("not_near_here", **shared))
    offer(dispatcher, "utter_option_for_whom", payload("for_whom", **shared))


def give_search(dispatcher: CollectingDispatcher, tracker: Tracker, search: str) -> list[EventType]:
    """Two services for what is looked for, in the country and near the town that was named; then the answer on it. Where the message
    names a place of which there are several, the question which is meant.

    Args:
        search: a key of `bot.knowledge.local_services.KINDS`.
    """
    if asking := ask_which(dispatcher, tracker):
        return [SlotSet("topic", search), SlotSet("page", 0.0), SlotSet("search", None), *asking]
    events = _say_list(dispatcher, tracker, search)
    say_shared(dispatcher, tracker)
    if answer := answer_for(search, country_of(tracker)):
        say_answer_words(dispatcher, answer, answer.text, numbers_for(tracker))
    return events


def _say_list(dispatcher: CollectingDispatcher, tracker: Tracker, search: str, *, passed: int = 0) -> list[EventType]:
    """Two services of a search, and the choices behind them.

    Args:
        search: a key of `bot.knowledge.local_services.KINDS`.
        passed: how many of the best were named before.
    """
    country, asked = country_of(tracker), None
    wish = wish_of(tracker, search, country or "")
    found = offers(wish) if country else []
    shown = found[passed : passed + _A_REPLY]
    if shown:
        _say_found(dispatcher, tracker, found, shown, wish)
    elif country and (passed or found or wish.audience or wish.without_papers):
        say(dispatcher, "utter_search_no_more")
        _say_anybody(dispatcher, tracker, wish)
    elif country and not wish.place and there_are_places(search, country):
        _say_anybody(dispatcher, tracker, wish)
    elif country:
        say(dispatcher, "utter_search_none", country={"country": country})
        _say_anybody(dispatcher, tracker, wish)
    else:
        say(dispatcher, "utter_search_unknown_country")
        say(dispatcher, "utter_danger_anywhere")
    if country and not passed and not wish.place and there_are_places(search, country):
        say(dispatcher, "utter_search_town", optional=bool(shown))
        asked = "town"
    if country:
        further = passed + _A_REPLY
        _offer_next(dispatcher, tracker, shown, wish, rest=further if further < len(found) else 0)
    said = SlotSet("page", float(passed + _A_REPLY))
    remembered = [SlotSet("topic", search), said, SlotSet("search", None), SlotSet("asked", asked)]
    return [*remembered, *forget_shared(tracker)]


def _say_anybody(dispatcher: CollectingDispatcher, tracker: Tracker, wish: Wish) -> None:
    """Where there is nothing to name: the country's helpline if it serves such a person, else the emergency number."""
    hotline = numbers_for(tracker).hotline
    serves = hotline is not None and (not wish.audience or bool(wish.audience.union({"anyone"}).intersection(hotline.audience)))
    if not serves or not say_hotline(dispatcher, tracker):
        say_danger(dispatcher, tracker, urgent="")


def search_of(tracker: Tracker) -> str:
    """What is looked for: what the form asks about, else the search that was answered last."""
    for slot in ("search", "topic"):
        if tracker.get_slot(slot) in KINDS:
            return str(tracker.get_slot(slot))
    return "find_shelter"


class ActionSearch(HelplineAction):
    """The end of a search: what the directory has."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_search"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """See `give_search`; an unknown country is forgotten again, so that a later search may ask."""
        events = give_search(dispatcher, tracker, search_of(tracker))
        return [*events, SlotSet("country", None)] if tracker.get_slot("country") == "unknown" else events


class ActionOtherServices(HelplineAction):
    """The next services of the same search."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_other_services"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Those behind the ones that were named."""
        typed = tracker.get_slot("page") or 0  # "others" in her own words
        passed = int(next(tracker.get_latest_entity_values("passed"), typed))
        return _say_list(dispatcher, tracker, search_of(tracker), passed=passed)


class ActionNotNearHere(HelplineAction):
    """The same search, away from the town that was named: the nearest place may be in the wrong hands' quarter."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_not_near_here"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Searches again without what lies around that town."""
        if not tracker.get_slot("place"):  # an old choice, after the place was forgotten
            return _say_list(dispatcher, tracker, search_of(tracker))
        away = SlotSet("place", away_from(tracker.get_slot("place")))
        tracker.add_slots([away])
        return [away, *_say_list(dispatcher, tracker, search_of(tracker))]


class ActionForWhom(HelplineAction):
    """The question for whom it must be; asked only of who wants to say so."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_for_whom"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Lists whom services are for."""
        say(dispatcher, "utter_for_whom")
        for served in SERVED:
            offer(dispatcher, f"utter_option_served_{served}", payload("served", served=served, **shared_place(tracker)))
        return forget_shared(tracker)


class ActionServed(HelplineAction):
    """The same search for those who were picked."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_served"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Searches again; who needs no papers and who is a woman may both be picked, one after the other."""
        picked = str(next(tracker.get_latest_entity_values("served"), "anyone"))
        before = set(str(tracker.get_slot("served") or "").split())
        if picked == _WITHOUT_PAPERS:
            before.add(picked)
        else:
            before = (before & {_WITHOUT_PAPERS}) | {picked} if picked != "anyone" else set()
        served = SlotSet("served", " ".join(sorted(before)) or None)
        tracker.add_slots([served])
        return [*_say_list(dispatcher, tracker, search_of(tracker)), served]


class ActionAskCountry(HelplineAction):
    """The one question of a search."""

    def name(self) -> str:
        """Its name in the domain; Rasa calls it when the form lacks the country."""
        return "action_ask_country"

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """Asks, once; but where several places of one name were meant, the person may pick."""
        return ask_country(dispatcher, tracker)

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Only asks: the search goes on, so it is not left."""
        return self.reply(dispatcher, tracker)


def _is_another_topic(tracker: Tracker) -> bool:
    """Whether a message is something else than the answer to the question for the country. Urgency is, whatever it names."""
    topic = topic_of(tracker)
    understood = understanding_of(tracker)
    if topic in _URGENT or (understood.get("urgency") and understood.get("certain")):
        return True
    return topic not in _NO_COUNTRY and not next(tracker.get_latest_entity_values("country"), None)


class ValidateSearchForm(FormValidationAction):
    """Lets the form ask once: a second message without a country ends the search without one, and one about something else
    leaves it, so that its own rule answers."""

    def name(self) -> str:
        """Its name in the domain."""
        return "validate_search_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Closes the form where the message is about something else; or names a place of which there are several: then `ActionPlace` asks
        which, and goes on with the search."""
        if tracker.get_slot("requested_slot") == "country":
            left = [ActionExecutionRejected("search_form"), ActiveLoop(None), SlotSet("requested_slot", None)]
            if topic_of(tracker) == "give_location" and candidates_of(tracker):
                return [*left, SlotSet("topic", search_of(tracker))]
            if _is_another_topic(tracker):
                return left
        return list(await super().run(dispatcher, tracker, domain))

    async def extract_country(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> dict[str, Any]:
        """The country of the message; "unknown" where it was asked for and not given."""
        named = next(tracker.get_latest_entity_values("country"), None)
        if named:
            return {"country": named}
        if candidates_of(tracker) or is_another_picked(tracker):
            return {}
        return {"country": "unknown"} if tracker.get_slot("requested_slot") == "country" else {}
