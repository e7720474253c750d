"""Rasa component: in which locale to answer. Sticky in a session; changes when the person clearly changes."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.locales import DEFAULT, all_locales
from bot.nlu.components import LOCALE, example_metadata, examples_matrix, load_arrays, rows_of, save_arrays, text_of
from bot.nlu.experts import Floats, Row, softmax
from bot.nlu.text import clean

_LETTERS = re.compile(r"[^\W\d_]+")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LocaleDetector(GraphComponent):
    """Mixes a letter model of our own training texts (which knows Arabizi and SMS spelling) with py3langid (which knows the
    wider language), and weighs both against the locale of the session."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`own_share`: weight of our letter model, 0 to 1. `stay`: how much likelier the session's locale is held to be before
        the text is read, as log-odds, for a text of one word; it falls with the root of the number of words. `hint`: the same for
        the channel's suggestion."""
        return {"own_share": 0.6, "stay": 4.0, "hint": 1.0}

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, weights: Optional[Floats] = None) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource, self._weights = model_storage, resource, weights
        self._locales = list(all_locales())
        self._wider = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._wider.set_languages([all_locales()[code].detector for code in self._locales])

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> LocaleDetector:
        """An untrained detector."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LocaleDetector:
        """The trained detector."""
        return cls(config, model_storage, resource, np.asarray(load_arrays(model_storage, resource)["weights"], np.float32))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns the spelling of each locale as log-odds of letter pieces (multinomial naive Bayes, class sizes evened out)."""
        examples = [e for e in training_data.intent_examples if example_metadata(e).get("locale") in self._locales]
        rows = examples_matrix(examples)
        locales = np.array([self._locales.index(example_metadata(e)["locale"]) for e in examples])
        counts = np.stack([np.asarray(rows[locales == n].sum(axis=0))[0] / max(1, (locales == n).sum()) for n in range(len(self._locales))])
        self._weights = np.log(counts + 1e-4).T.astype(np.float32)
        save_arrays(self._storage, self._resource, {"weights": self._weights.astype(np.float16)})
        return self._resource

    def _log_probabilities(self, text: str, row: Row) -> Floats:
        assert self._weights is not None
        columns, values = row
        own = softmax(4.0 * (values @ self._weights[columns])) if len(columns) else np.full(len(self._locales), 1 / len(self._locales))
        ranked = dict(self._wider.rank(clean(text)))
        wider = np.array([ranked[all_locales()[code].detector] for code in self._locales])
        share = self._config["own_share"]
        return np.asarray(share * np.log(own + 1e-4) + (1 - share) * np.log(wider + 1e-4), dtype=np.float32)

    def locale_of(self, text: str, row: Row, current: Optional[str], hint: Optional[str]) -> str:
        """The locale to answer `text` in.

        Args:
            text: what the person wrote.
            row: its letter features.
            current: the session's locale, if it has one.
            hint: the channel's suggestion, if it has one.
        """
        words = _LETTERS.findall(clean(text))
        if not words:
            return current or hint or DEFAULT
        scores = self._log_probabilities(text, row)
        if current in self._locales:
            scores[self._locales.index(current)] += self._config["stay"] / len(words) ** 0.5
        elif hint in self._locales:
            scores[self._locales.index(hint)] += self._config["hint"] / len(words) ** 0.5
        return self._locales[int(scores.argmax())]

    def process(self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None) -> List[Message]:
        """Sets `LOCALE` and an entity of that name, from which Rasa fills the slot."""
        for message in messages:
            current = tracker.get_slot("locale") if tracker else None
            hint = (message.get("metadata") or {}).get("locale_hint")
            locale = self.locale_of(text_of(message), rows_of(message)[0], current, hint)
            message.set(LOCALE, locale)
            message.set(ENTITIES, [*(message.get(ENTITIES) or []), {"entity": "locale", "value": locale}], add_to_output=True)
        return messages
