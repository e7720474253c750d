"""What the directory knows of one service: when it is open, its languages, whom it serves, what it costs, and who checked that."""

from __future__ import annotations

import datetime
from abc import abstractmethod
from collections.abc import Sequence

from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.base import HelplineAction
from actions.places import forget_shared, shared_place
from actions.replies import listed, number, offer, payload, say, say_line
from bot.knowledge.local_services import KINDS, index
from bot.knowledge.services import Service, is_open

_PLACES = ("first", "second")  # of services in a list


def now() -> datetime.datetime:
    """The time by which services are open or closed."""
    return datetime.datetime.now(datetime.timezone.utc)


def say_services(dispatcher: CollectingDispatcher, services: Sequence[Service], at: datetime.datetime, *, named: bool) -> None:
    """Adds a line for each service; behind it whether it is closed now, and where nobody has confirmed it, that nobody has.

    Args:
        services: of the directory, one or two.
        at: with time zone.
        named: by their names; else by their neutral labels.
    """
    all_doubtful = all(service.doubtful for service in services)
    for service in services:
        say_line(dispatcher, service, named=named)
        if is_open(service, at) is False:
            say(dispatcher, "utter_details_closed_now", joined=True)
        if service.doubtful and not all_doubtful:
            say(dispatcher, "utter_search_unchecked", joined=True)
    if all_doubtful:
        say(dispatcher, "utter_search_unchecked")


def offer_details(dispatcher: CollectingDispatcher, services: Sequence[Service], **about: str) -> None:
    """Adds a choice for each service of a list that was just said.

    Args:
        services: as they were said.
        about: what the choice must bear beside the service, so that the list can be said again.
    """
    for place, service in zip(_PLACES if len(services) > 1 else ("only",), services, strict=False):
        offer(dispatcher, f"utter_option_about_{place}", payload("details", service=service.id, **about))


def service_of(tracker: Tracker) -> Service | None:
    """The service that a choice names; None where it is no longer in the directory."""
    try:
        return index().service(str(next(tracker.get_latest_entity_values("service"), "")))
    except KeyError:
        return None


def say_details(dispatcher: CollectingDispatcher, service: Service, at: datetime.datetime) -> None:
    """Adds what is known of a service, and in one sentence what is not known.

    Args:
        service: of the directory.
        at: with time zone; by it the service is open or closed.
    """
    unknown = []
    if service.always_open:
        say(dispatcher, "utter_details_always_open")
    elif service.openings:
        say(dispatcher, "utter_details_hours", hours={"openings": [(one.weekday, one.opens, one.closes) for one in service.openings]})
        opened = is_open(service, at)
        if opened is not None:
            say(dispatcher, "utter_details_open_now" if opened else "utter_details_closed_now", joined=True)
    else:
        unknown.append("hours")
    if service.languages:
        say(dispatcher, "utter_details_languages", languages={"languages": list(service.languages)})
    elif not service.interpreter:
        unknown.append("languages")
    if service.interpreter:
        say(dispatcher, "utter_details_interpreter")
    if service.audience:
        say(dispatcher, "utter_details_for", audience=listed("audience", service.audience))
    else:
        unknown.append("audience")
    if service.without_papers is not None:
        say(dispatcher, "utter_details_without_papers" if service.without_papers else "utter_details_papers")
    if service.free is not None:
        say(dispatcher, "utter_details_free" if service.free else "utter_details_paid")
    else:
        unknown.append("cost")
    street = next((point for point in service.points if point.street and point.city), None)
    if street:
        say(dispatcher, "utter_details_address", street=street.street, city=street.city)
    if unknown:
        say(dispatcher, "utter_details_unknown", unknown=listed("unknown", unknown))
    if service.checked_on:
        say(dispatcher, "utter_details_checked", date=number(service.checked_on.isoformat()))
    else:
        say(dispatcher, "utter_details_not_checked")


def _offer_list_again(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """Adds the choice that leads back to where the service was named: a search, or who helps with an answer."""
    searched = tracker.get_slot("topic") in KINDS
    again = payload("other_services", passed="0", **shared_place(tracker)) if searched else payload("who_helps")
    offer(dispatcher, "utter_option_list_again", again)


def _say_web(dispatcher: CollectingDispatcher, service: Service) -> None:
    """Adds where it is on the web; an address tells what a service is for, so it comes only with the name."""
    if service.chat and service.phone:
        say(dispatcher, "utter_person_chat", chat=service.chat)
    if service.website and service.phone:
        say(dispatcher, "utter_details_website", web=service.website)


class _ActionOnService(HelplineAction):
    """Tells something of the service that a choice names, and leads back to the list. Subclasses give `name` and `tell`."""

    @abstractmethod
    def tell(self, dispatcher: CollectingDispatcher, tracker: Tracker, service: Service) -> None:
        """Says what there is to say of it."""

    def reply(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """See `tell`; or that the service is gone."""
        service = service_of(tracker)
        if service is None:
            say(dispatcher, "utter_details_gone")
            return []
        self.tell(dispatcher, tracker, service)
        _offer_list_again(dispatcher, tracker)
        return forget_shared(tracker)


class ActionDetails(_ActionOnService):
    """What is known of one service that was named."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_details"

    def tell(self, dispatcher: CollectingDispatcher, tracker: Tracker, service: Service) -> None:
        """See `say_details`."""
        named = bool(tracker.get_slot("named"))
        say_line(dispatcher, service, named=named)
        say_details(dispatcher, service, now())
        if named:
            _say_web(dispatcher, service)
        else:
            offer(dispatcher, "utter_option_service_name", payload("service_name", service=service.id, **shared_place(tracker)))


class ActionServiceName(_ActionOnService):
    """The name of a service, for who asks for it: until then it goes by its neutral label."""

    def name(self) -> str:
        """Its name in the domain."""
        return "action_service_name"

    def tell(self, dispatcher: CollectingDispatcher, tracker: Tracker, service: Service) -> None:
        """Its name, chat and website."""
        say_line(dispatcher, service, named=True)
        _say_web(dispatcher, service)
