"""What reviewed lists of words find in a message, behind the model and before Rasa's policies: where it says that the person is, and
whether it asks where somebody else is.

A model has learnt that "I am in the USA now" sounds like many a cry, and the components believe no place in a message about something
else, because a wrong country is a wrong emergency number. Here she is believed who says of herself that she is in another country; and
where the message is urgent, both countries' numbers are said.
"""

from __future__ import annotations

from typing import Any, Optional

from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT

from bot.dialogue.persons_sought import seeks_person
from bot.knowledge.local_services import code_of
from bot.knowledge.whereabouts import Whereabouts, whereabouts
from bot.locales import DEFAULT
from bot.nlu.components import UNDERSTANDING, URGENT_TOPICS

# In the understanding of an urgent message that names another country: the countries of which the reply says numbers. The one that she
# says she is in comes first; one that is only named comes behind the one that is known, since it may be where somebody else is.
NUMBERS_OF = "numbers_of"
SEEKS_PERSON = "seeks_person"  # in the understanding: the message asks where a certain person is
_PLACE, _MISSING = "give_location", "missing_person"
_MOST = 2  # countries that may be meant by one name


def read_again(parsed: dict[str, Any], country: Optional[str]) -> None:
    """Puts right what the components found.

    Args:
        parsed: of one message; what is wrong in it is changed.
        country: ISO 3166-1 alpha-2 of the country where the person was thought to be before this message, or None.
    """
    understood = parsed[UNDERSTANDING]
    locale = understood["locale"] or DEFAULT
    if seeks_person(parsed[TEXT], locale) and not (understood["urgency"] and understood["certain"]):
        _take_for(parsed, _MISSING)
        understood[SEEKS_PERSON] = True
        return
    there = whereabouts(parsed[TEXT], locale, country)
    if there is None:
        return
    if there.alone and there.country:
        if not (understood["topic"] == _PLACE and understood["acted"]):
            _take_for(parsed, _PLACE)
            _move(parsed, there)
        return
    if understood["topic"] == _PLACE and not understood["urgency"] and understood["ranking"]:
        # The place was believed because nothing was sure; but what is likeliest after all is urgent.
        understood["urgency"] = URGENT_TOPICS.get(understood["ranking"][0][0])
    if there.country == country:
        return
    sure = there.sure and there.country
    if understood["urgency"] and country:
        named = [place.country for place in there.places[:_MOST]]
        understood[NUMBERS_OF] = list(dict.fromkeys([*named, country] if sure else [country, *named]))
    if sure:
        _move(parsed, there)


def _take_for(parsed: dict[str, Any], topic: str) -> None:
    """Lets the message be about that topic. What urgency was heard in it is not sure, then."""
    understood = parsed[UNDERSTANDING]
    understood.update(topic=topic, acted=True, offered=[], certain=False)
    parsed[INTENT] = {"name": topic, "confidence": understood["confidence"]}


def _move(parsed: dict[str, Any], there: Whereabouts) -> None:
    """Lets the message name that country, and the town where it is one, instead of what the components had found."""
    (place,) = there.places
    found = {"country": place.country} if place.latitude is None else {"country": place.country, "place": code_of(place)}
    others = [one for one in parsed[ENTITIES] if one["entity"] not in ("country", "place", "candidates")]
    parsed[ENTITIES] = [*others, *({"entity": entity, "value": value} for entity, value in found.items())]
    parsed[UNDERSTANDING]["country"] = place.country
