"""Rasa component: the country that a message names."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT
from rasa.shared.nlu.training_data.message import Message

from bot.knowledge.places import Places, places
from bot.nlu.components import ANSWERS_COUNTRY, text_of

# Who writes about these names where the job, the family or somebody else is.
_ELSEWHERE = frozenset({"check_job_offer", "missing_person", "rights_family", "report_concern", "find_work", "rights_immigration"})
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
        """Loads the gazetteer."""
        return cls(places())

    def process(self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None) -> List[Message]:
        """Adds an entity `country` (ISO 3166-1 alpha-2) where a place is named."""
        for message in messages:
            asked = tracker is not None and tracker.get_slot("asked") == "country"
            answered = (asked and len(text_of(message).split()) <= _LONGEST_ANSWER) or self._places.is_place(text_of(message))
            topic = (message.get(INTENT) or {}).get("name")
            about = topic == "give_location"
            known = tracker.get_slot("country") if tracker else None
            hint = (message.get("metadata") or {}).get("country_hint")
            told = None
            if answered or about or not (known or hint or topic in _ELSEWHERE):
                told = self._places.country_in(text_of(message), anywhere=answered or about, near=known or hint)
            message.set(ANSWERS_COUNTRY, bool(answered and told))
            if country := told or (None if known else hint):  # the country of the number holds until the person says another
                found = {"entity": "country", "value": country}
                message.set(ENTITIES, [*(message.get(ENTITIES) or []), found], add_to_output=True)
        return messages
