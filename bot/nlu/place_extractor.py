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
from bot.nlu.components import text_of

_LONGEST_ANSWER = 5  # words; a longer message is more than the answer to "which country"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PlaceExtractor(GraphComponent):
    """Looks places up in a gazetteer. A place is believed where it is what the message is about, or what was asked for, or
    where a word such as "in" stands before it: "I am from Romania" does not say where somebody is."""

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
            answered = asked and len(text_of(message).split()) <= _LONGEST_ANSWER
            about = (message.get(INTENT) or {}).get("name") == "give_location"
            known = tracker.get_slot("country") if tracker else None
            hint = (message.get("metadata") or {}).get("country_hint")
            country = self._places.country_in(text_of(message), anywhere=answered or about, near=known or hint)
            if country is None and known is None:
                country = hint  # the country of the number, until the person says another
            if country:
                found = {"entity": "country", "value": country}
                message.set(ENTITIES, [*(message.get(ENTITIES) or []), found], add_to_output=True)
        return messages
