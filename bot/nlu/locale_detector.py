"""Rasa component: in which locale to answer. Sticky in a session; changes when the person clearly changes."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
from numpy.typing import NDArray
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
from bot.nlu.experts import Floats, Row
from bot.nlu.text import clean

_LETTERS = re.compile(r"[^\W\d_]+")
Model = Tuple[NDArray[np.float16], Floats]  # weights (pieces, locales) as half floats, intercepts (locales)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LocaleDetector(GraphComponent):
    """A linear model on the letters of our own training texts, which knows Arabizi and SMS spelling, weighed against the locale
    of the session. A general detector (py3langid) beside it made it worse: 0.977 instead of 0.987 of the development texts."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`sharpness`: what margins are multiplied by to be log-odds. `stay`: how much likelier the session's locale is held to be
        before the text is read, as log-odds, for a text of one word; it falls with the root of the number of words. `hint`: the
        same for the channel's suggestion."""
        return {"sharpness": 4.0, "stay": 7.0, "hint": 4.0}

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, model: Optional[Model] = None) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource, self._model = model_storage, resource, model
        self._locales = list(all_locales())

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
        arrays = load_arrays(model_storage, resource)
        return cls(config, model_storage, resource, (arrays["weights"], arrays["intercepts"]))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns the spelling of each locale."""
        from sklearn.svm import LinearSVC

        examples = [e for e in training_data.intent_examples if example_metadata(e).get("locale") in self._locales]
        numbers = np.array([self._locales.index(example_metadata(e)["locale"]) for e in examples])
        fitted = LinearSVC(C=1.0, random_state=0).fit(examples_matrix(examples), numbers)
        arrays = {"weights": np.ascontiguousarray(fitted.coef_.T, np.float16), "intercepts": fitted.intercept_.astype(np.float32)}
        save_arrays(self._storage, self._resource, arrays)
        return self._resource

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
        if by_script := self._only_locale_of_script(words):
            return by_script
        assert self._model is not None
        columns, values = row
        scores = self._config["sharpness"] * (values @ self._model[0][columns].astype(np.float32) + self._model[1])
        if current in self._locales:
            scores[self._locales.index(current)] += self._config["stay"] / len(words) ** 0.5
        elif hint in self._locales:
            scores[self._locales.index(hint)] += self._config["hint"] / len(words) ** 0.5
        return self._locales[int(scores.argmax())]

    def _only_locale_of_script(self, words: List[str]) -> Optional[str]:
        """The locale whose script most of the letters are in, where no other locale shares that script."""
        scripts = Counter(unicodedata.name(letter, "").split(" ")[0].title() for word in words for letter in word)
        script, count = scripts.most_common(1)[0]
        fitting = [code for code, locale in all_locales().items() if locale.script == script]
        return fitting[0] if len(fitting) == 1 and count * 2 > scripts.total() else None

    def process(self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None) -> List[Message]:
        """Sets `LOCALE` and an entity of that name, from which Rasa fills the slot."""
        for message in messages:
            current = tracker.get_slot("locale") if tracker else None
            hint = (message.get("metadata") or {}).get("locale_hint")
            locale = self.locale_of(text_of(message), rows_of(message)[0], current, hint)
            message.set(LOCALE, locale)
            message.set(ENTITIES, [*(message.get(ENTITIES) or []), {"entity": "locale", "value": locale}], add_to_output=True)
        return messages
