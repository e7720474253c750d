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
from bot.nlu.components import LOCALE, example_metadata, load_arrays, save_arrays, text_of
from bot.nlu.experts import Floats, LetterFeatures, softmax
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

    def __init__(self, config: Dict[str, Any], letters: Optional[LetterFeatures] = None, weights: Optional[Floats] = None) -> None:
        self._config = {**self.get_default_config(), **config}
        self._letters, self._weights = letters, weights
        self._locales = list(all_locales())
        self._wider = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._wider.set_languages([all_locales()[code].detector for code in self._locales])

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> LocaleDetector:
        """An untrained detector."""
        detector = cls(config)
        detector._storage, detector._resource = model_storage, resource  # type: ignore[attr-defined]
        return detector

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
        arrays = load_arrays(model_storage, resource)
        pieces = bytes(arrays["pieces"]).decode("utf-8").split("\n")
        letters = LetterFeatures({piece: column for column, piece in enumerate(pieces)}, arrays["piece_weights"])
        return cls(config, letters, np.asarray(arrays["weights"], np.float32))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns the spelling of each locale as log-odds of letter pieces (multinomial naive Bayes, class sizes evened out)."""
        examples = [e for e in training_data.intent_examples if example_metadata(e).get("locale") in self._locales]
        texts = [text_of(e) for e in examples]
        self._letters = LetterFeatures.fit(texts)
        rows = self._letters.matrix(texts)
        locales = np.array([self._locales.index(example_metadata(e)["locale"]) for e in examples])
        counts = np.stack([np.asarray(rows[locales == n].sum(axis=0))[0] / max(1, (locales == n).sum()) for n in range(len(self._locales))])
        self._weights = np.log(counts + 1e-4).T.astype(np.float32)
        arrays = {
            "pieces": np.frombuffer("\n".join(self._letters.vocabulary).encode(), dtype=np.uint8),
            "piece_weights": self._letters.weights,
            "weights": self._weights.astype(np.float16),
        }
        save_arrays(self._storage, self._resource, arrays)  # type: ignore[attr-defined]
        return self._resource  # type: ignore[attr-defined, no-any-return]

    def _log_probabilities(self, text: str) -> Floats:
        assert self._letters is not None and self._weights is not None
        columns, values = self._letters.row(text)
        own = softmax(4.0 * (values @ self._weights[columns])) if len(columns) else np.full(len(self._locales), 1 / len(self._locales))
        ranked = dict(self._wider.rank(clean(text)))
        wider = np.array([ranked[all_locales()[code].detector] for code in self._locales])
        share = self._config["own_share"]
        return np.asarray(share * np.log(own + 1e-4) + (1 - share) * np.log(wider + 1e-4), dtype=np.float32)

    def locale_of(self, text: str, current: Optional[str], hint: Optional[str]) -> str:
        """The locale to answer `text` in.

        Args:
            text: what the person wrote.
            current: the session's locale, if it has one.
            hint: the channel's suggestion, if it has one.
        """
        words = _LETTERS.findall(clean(text))
        if not words:
            return current or hint or DEFAULT
        scores = self._log_probabilities(text)
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
            locale = self.locale_of(text_of(message), current, hint)
            message.set(LOCALE, locale)
            message.set(ENTITIES, [*(message.get(ENTITIES) or []), {"entity": "locale", "value": locale}], add_to_output=True)
        return messages
