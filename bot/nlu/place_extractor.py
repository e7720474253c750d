"""Rasa component: the country and the town that a message names."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT
from rasa.shared.nlu.training_data.message import Message

from bot.knowledge import localities
from bot.knowledge.local_services import KINDS, code_of
from bot.knowledge.places import Places, places
from bot.nlu.components import ANSWERS_COUNTRY, text_of

# Who writes about these names where the job, the family or somebody else is.
_ELSEWHERE = frozenset({"check_job_offer", "missing_person", "rights_family", "report_concern", "find_work", "rights_immigration"})
_SURE = 0.8  # probability from which a message is about its topic, whatever town has that name
# Who looks for something names where she is.
_SEARCHES = frozenset(KINDS)
_LONGEST_ANSWER = 5  # words; a longer message is more than the answer to "which country"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PlaceExtractor(GraphComponent):
    """Looks places up in a gazetteer. A place is believed where it is what the message is about, or what was asked for. Inside other
    messages it is believed only while no country is known, behind a word such as "in", and not where people speak of somewhere
    else: a wrong country is a wrong emergency number."""

    def __init__(self, gazetteer: Places) -> None:
        self._places = gazetteer

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> PlaceExtractor:
        """Loads the gazetteers, so that the first message does not wait for them."""
        localities.find("London")
        return cls(places())

    def process(self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None) -> List[Message]:
        """Adds an entity `country` (ISO 3166-1 alpha-2) where a place is named, and `place` where that is a town of the country."""
        for message in messages:
            asked = tracker.get_slot("asked") if tracker else None
            short = len(text_of(message).split()) <= _LONGEST_ANSWER
            answered = (asked == "country" and short) or self._places.is_place(text_of(message))
            intent = message.get(INTENT) or {}
            topic = intent.get("name")
            about = topic == "give_location"
            known = tracker.get_slot("country") if tracker else None
            hint = (message.get("metadata") or {}).get("country_hint")
            if asked == "town" and short and intent.get("confidence", 0.0) < _SURE:
                # Nobody had to name one, so a word that surely means something else is no town ("ok", "hola").
                answered = answered or self._town_in(text_of(message), known or hint) is not None
            told = None
            if answered or about or not (known or hint or topic in _ELSEWHERE):
                told = self._places.country_in(text_of(message), anywhere=answered or about, near=known or hint)
            message.set(ANSWERS_COUNTRY, bool(answered and told))
            if country := told or (None if known else hint):  # the country of the number holds until the person says another
                found = {"entity": "country", "value": country}
                message.set(ENTITIES, [*(message.get(ENTITIES) or []), found], add_to_output=True)
            if (answered or about or topic in _SEARCHES) and (place := self._town_in(text_of(message), told or known or hint)):
                message.set(ENTITIES, [*(message.get(ENTITIES) or []), {"entity": "place", "value": place}], add_to_output=True)
        return messages

    @staticmethod
    def _town_in(text: str, country: Optional[str]) -> Optional[str]:
        """The town that a text names in a country, see `bot.knowledge.local_services.code_of`; None where the country is not known, or
        there is no such town in it."""
        if not country or country == "unknown":
            return None
        found = localities.towns(text, country)
        return code_of(found[0]) if found else None
