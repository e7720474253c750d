"""Rasa component: the country and the town that a message names, or the places of one name among which the person must be asked."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT
from rasa.shared.nlu.training_data.message import Message

from bot.knowledge.local_services import KINDS, code_of
from bot.knowledge.localities import Gazetteer, Locality, gazetteer, to_ask
from bot.nlu.components import ANSWERS_COUNTRY, text_of

# Who writes about these names where the job, the family or somebody else is.
_ELSEWHERE = frozenset({"check_job_offer", "missing_person", "rights_family", "report_concern", "find_work", "rights_immigration"})
_ABOUT_IT = 0.55  # probability below which a message that names another country than the known one is about that
_SURE = 0.8  # probability from which a message is about its topic, whatever town has that name
# Who looks for something names where she is.
_SEARCHES = frozenset(KINDS)
_LONGEST_ANSWER = 5  # words; a longer message is more than the answer to "which country"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PlaceExtractor(GraphComponent):
    """Looks places up in a gazetteer. A place is believed where it is what the message is about, or what was asked for. Inside other
    messages it is believed only while no country is known, behind a word such as "in", and not where people speak of somewhere
    else: a wrong country is a wrong emergency number."""

    def __init__(self, places: Gazetteer) -> None:
        self._places = places

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> PlaceExtractor:
        """Loads the gazetteer, so that the first message does not wait for it."""
        return cls(gazetteer())

    def process(self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None) -> List[Message]:
        """Adds an entity `country` (ISO 3166-1 alpha-2) where a place is named, and `place` where that is a town of the country; but
        `candidates` (rows of the gazetteer) where several places of that name are comparably likely."""
        for message in messages:
            self._process(message, tracker)
        return messages

    def _process(self, message: Message, tracker: Optional[DialogueStateTracker]) -> None:
        text, intent = text_of(message), message.get(INTENT) or {}
        topic, about = intent.get("name"), intent.get("name") == "give_location"
        asked = tracker.get_slot("asked") if tracker else None
        known = tracker.get_slot("country") if tracker else None  # "unknown" where it was asked for in vain
        hint = (message.get("metadata") or {}).get("country_hint")
        likely = hint if known in (None, "unknown") else known
        short = len(text.split()) <= _LONGEST_ANSWER
        answered = (asked == "country" and short) or self._places.is_place(text)
        if asked == "town" and short and intent.get("confidence", 0.0) < _SURE:
            # Nobody had to name one, so a word that surely means something else is no town ("ok", "hola").
            answered = answered or bool(likely and _towns(self._places.find(text, likely, there=True), likely))
        if not (answered or about or topic in _ELSEWHERE) and intent.get("confidence", 0.0) < _ABOUT_IT:
            elsewhere = self._places.told(text, likely)  # "I am in Germany", from a British number
            answered = bool(likely and elsewhere and elsewhere[0].country != likely)
        found: List[Locality] = []
        if answered or about:
            found = self._places.find(text, likely, about=True)
        elif not (known or hint or topic in _ELSEWHERE):
            found = self._places.told(text)
        choices = to_ask(found, likely)
        abroad = len({one.country for one in choices}) > 1
        told = found[0].country if found and not abroad else None
        message.set(ANSWERS_COUNTRY, bool(answered and found))
        country = told or (None if known or abroad else hint)  # the country of the number holds until the person says another
        if country:
            _add(message, "country", country)
        if not abroad and (answered or about or topic in _SEARCHES):
            where = told or likely
            if where and not (answered or about):
                found = self._places.find(text, where)
            # A city abroad that is far larger than the town of its name at home is none here.
            found = [one for one in found if one.country == where == found[0].country]
            choices = to_ask(found, where)
            if not choices and (towns := _towns(found, where)):
                _add(message, "place", code_of(towns[0]))
        if choices:
            _add(message, "candidates", " ".join(str(one.number) for one in choices))


def _towns(found: List[Locality], country: Optional[str]) -> List[Locality]:
    return [one for one in found if one.country == country and one.latitude is not None]


def _add(message: Message, entity: str, value: str) -> None:
    message.set(ENTITIES, [*(message.get(ENTITIES) or []), {"entity": entity, "value": value}], add_to_output=True)
