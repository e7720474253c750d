"""Rasa component: in which locale to answer. Sticky in a session; changes when the person clearly changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

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
from bot.nlu.arrays import Floats
from bot.nlu.components import DETECTED, LOCALE, example_metadata, load_arrays, rows_of, save_arrays, text_of
from bot.nlu.experts import COLUMNS, LetterFeatures, Row, each_against_the_rest, matrix
from bot.nlu.text import clean, main_script
from bot.paths import DATA

_ENOUGH_WORDS = 3  # to say that a language is not known, or that a text mixes English with another
_MOST_WORDS = 40  # that are looked at one by one
_MARKED = 1 << 10  # columns for letters with marks (ă, ñ, ở, ї), which letter features spell without
_MARK_WEIGHT = np.float32(0.4)  # of all of them together, beside letter features of length 1
_LETTERS = re.compile(r"[^\W\d_]+")
OTHERS = DATA / "encoder" / "other_languages.tsv"


@dataclass(frozen=True)
class Detected:
    """In which locale a text is to be answered.

    Attributes:
        locale: its code.
        other: the runner-up where the text leaves that in doubt, else None.
        outside: the text seems to be in a language that is none of the locales.
    """

    locale: str
    other: Optional[str] = None
    outside: bool = False


@dataclass(frozen=True)
class Spelling:
    """How each locale is spelt.

    Attributes:
        weights: shape (COLUMNS + marks, locales and others), as half floats.
        intercepts: shape (locales and others,).
        letters: what makes the features of a single word.
    """

    weights: NDArray[np.float16]
    intercepts: Floats
    letters: LetterFeatures

    def margins(self, row: Row) -> Floats:
        """How much each locale, and other languages last, is to be told in these features (see `_with_marks`)."""
        columns, values = row
        return np.asarray(values @ self.weights[columns].astype(np.float32) + self.intercepts, dtype=np.float32)


def _with_marks(row: Row, text: str) -> Row:
    """Letter features of a text, and its letters that are not ASCII as they were typed."""
    marked = sorted({COLUMNS + ord(letter) % _MARKED for letter in clean(text).lower() if letter.isalpha() and not letter.isascii()})
    if not marked:
        return row
    values = np.full(len(marked), _MARK_WEIGHT / np.sqrt(np.float32(len(marked))), dtype=np.float32)
    return np.concatenate([row[0], np.array(marked, dtype=np.int64)]), np.concatenate([row[1], values])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LocaleDetector(GraphComponent):
    """A linear model on the letters of our own training texts, which knows Arabizi and SMS spelling, weighed against the locale
    of the session. A general detector (py3langid) beside it made it worse: 0.977 instead of 0.987 of the development texts; so did
    frequency lists of the languages' commonest words. Texts in some forty other languages make a class of their own, so that it can
    be said that a language is not known."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`sharpness`: what margins are multiplied by to be log-odds. `stay`: how much likelier the session's locale is held to be
        before the text is read, as log-odds, for a text of one word; it falls with the root of the number of words. `hint`: the
        same for the channel's suggestion. `doubt`: how much likelier, as log-odds, the likeliest must be not to be in doubt.
        `outside`: how much likelier another language must be than any locale. `english`: how much less English is believed than
        its letters say in longer texts, because people mix it into every language; its examples count half for the same reason.
        `foreign`: how much likelier another locale than English must be for a single word, for the text not to be English: who writes
        "my rights po as OFW" reads Filipino."""
        return {"sharpness": 4.0, "stay": 7.0, "hint": 4.0, "doubt": 1.0, "outside": 1.5, "english": 1.2, "foreign": 12.0}

    def __init__(
        self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, spelling: Optional[Spelling] = None
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource, self._spelling = model_storage, resource, spelling
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
        return cls(config, model_storage, resource, Spelling(arrays["weights"], arrays["intercepts"], LetterFeatures(arrays["commonness"])))

    def train(self, training_data: TrainingData) -> Resource:
        """Learns the spelling of each locale."""
        examples = [e for e in training_data.intent_examples if example_metadata(e).get("locale") in self._locales]
        numbers = [self._locales.index(example_metadata(e)["locale"]) for e in examples]
        letters = LetterFeatures.of_rows([rows_of(example)[0] for example in examples])
        rows = [_with_marks(rows_of(example)[0], text_of(example)) for example in examples]
        others = [line.split("\t")[1] for line in OTHERS.read_text(encoding="utf-8").splitlines()]
        weights, intercepts = each_against_the_rest(
            matrix([*rows, *(_with_marks(letters.row(text), text) for text in others)], COLUMNS + _MARKED),
            np.array(numbers + [len(self._locales)] * len(others)),
            len(self._locales) + 1,
            strength=1.0,
            weights={self._locales.index(DEFAULT): 0.5},
        )
        save_arrays(self._storage, self._resource, {"weights": weights, "intercepts": intercepts, "commonness": letters.weights})
        return self._resource

    def detect(self, text: str, row: Row, current: Optional[str], hint: Optional[str]) -> Detected:
        """The locale to answer `text` in.

        Args:
            text: what the person wrote.
            row: its letter features.
            current: the session's locale, if it has one.
            hint: the channel's suggestion, if it has one.
        """
        words = _LETTERS.findall(clean(text))
        known = current if current in self._locales else hint if hint in self._locales else None
        if not words:
            return Detected(known or DEFAULT)
        likely = self._of_script("".join(words))
        if not likely:
            return Detected(known or DEFAULT, outside=True)
        assert self._spelling is not None
        scores = self._config["sharpness"] * self._spelling.margins(_with_marks(row, text))
        if len(words) > _ENOUGH_WORDS:
            scores[self._locales.index(DEFAULT)] -= self._config["english"]
        others = scores[len(self._locales)]
        outside = len(words) >= _ENOUGH_WORDS and others > scores[: len(self._locales)].max() + self._config["outside"]
        staying = np.zeros(len(scores), dtype=np.float32)
        if known:
            staying[self._locales.index(known)] = self._config["stay" if known == current else "hint"] / len(words) ** 0.5
        scores = scores + staying
        if outside:  # no Russian in Latin letters then: a language that is written in them
            likely = [code for code in likely if all_locales()[code].script == main_script("".join(words))] or likely
        ranked = sorted(likely, key=lambda code: -scores[self._locales.index(code)])
        if ranked[0] == DEFAULT and len(words) >= _ENOUGH_WORDS and (mixed_in := self._mixed_in(words, staying)):
            return Detected(mixed_in)
        margin = scores[self._locales.index(ranked[0])] - scores[self._locales.index(ranked[1])] if len(ranked) > 1 else np.inf
        in_doubt = not current and margin < self._config["doubt"]
        return Detected(ranked[0], ranked[1] if in_doubt else None, bool(outside))

    def _mixed_in(self, words: List[str], staying: Floats) -> Optional[str]:
        """The locale that one of the words of an English text belongs to, beyond doubt; None where there is none.

        Args:
            staying: what is added to the log-odds of each locale for the sake of the session.
        """
        assert self._spelling is not None
        english, count = self._locales.index(DEFAULT), len(self._locales)
        for word in words[:_MOST_WORDS]:
            margins = self._spelling.margins(_with_marks(self._spelling.letters.row(word), word))
            scores = (self._config["sharpness"] * margins + staying)[:count]
            if scores.max() - scores[english] > self._config["foreign"]:
                return self._locales[int(scores.argmax())]
        return None

    def _of_script(self, letters: str) -> List[str]:
        """The locales that a text in these letters may be in. In Latin letters people write every language."""
        script = main_script(letters)
        if script in (None, "Latin"):
            return self._locales
        return [code for code, locale in all_locales().items() if locale.script == script]

    def process(self, messages: List[Message], tracker: Optional[DialogueStateTracker] = None) -> List[Message]:
        """Sets `LOCALE` and an entity of that name, from which Rasa fills the slot."""
        for message in messages:
            current = tracker.get_slot("locale") if tracker else None
            hint = (message.get("metadata") or {}).get("locale_hint")
            detected = self.detect(text_of(message), rows_of(message)[0], current, hint)
            message.set(LOCALE, detected.locale)
            message.set(DETECTED, detected)
            message.set(ENTITIES, [*(message.get(ENTITIES) or []), {"entity": "locale", "value": detected.locale}], add_to_output=True)
        return messages
