"""Rasa component: whether somebody is in danger, wants to die, or life is at stake; apart from the topic and beside it."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.components import CRY, DANGER, KINDS, LIFE, SELF_HARM, URGENCY, URGENT_CHANCES

# Danger and self-harm are taken for each other more often than for anything else, and have different numbers.
_OTHER = {DANGER: SELF_HARM, SELF_HARM: DANGER}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class UrgencyClassifier(GraphComponent):
    """Hears urgency in the whole message and in each of its clauses; the most alarmed wins."""

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """`certain`: from this probability on the reply is the plain urgent one. `possible`: from this on the same numbers
        come, worded softly. `clause`: what a clause needs above that to be heard inside a longer text. `certain_clause`: from this
        probability of a clause on the reply is the plain one. `crying`: from this chance of something grave on, a cry for help is
        a cry about that. `also`: from this chance on the other of danger and self-harm is heard beside the likelier one, and its number
        said too: it stood behind 6 of the 10 development texts that were heard as the wrong one of the two, and behind 4 of the 406 that
        were heard as the right one."""
        return {"certain": 0.6, "possible": 0.4, "clause": 0.58, "certain_clause": 0.99, "crying": 0.1, "also": 0.15}

    def __init__(self, config: Dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}

    @classmethod
    def create(
        cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> UrgencyClassifier:
        """The component; it learns nothing of its own."""
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Sets `URGENCY`, see `judge`."""
        for message in messages:
            message.set(URGENCY, self.judge(message.get(URGENT_CHANCES)), add_to_output=True)
        return messages

    def judge(self, opinions: List[Dict[str, float]]) -> Dict[str, Any]:
        """Weighs the chances of the whole message and of its clauses.

        Args:
            opinions: for the whole and each clause, {kind: probability}.
        Returns:
            {"kind": one of `KINDS` or None, "also": the other of danger and self-harm where that may be meant, "certain": bool,
            "chance": float, "clause": it was heard in a clause only, "life": chance that life is at stake}
        """
        grave = [kind for kind in KINDS if kind != CRY]
        if sum(opinions[0][kind] for kind in grave) >= self._config["crying"]:  # "help me, he will ...": the cry is about that
            whole = opinions[0]
            about = max(grave, key=whole.__getitem__)
            opinions = [{**whole, about: whole[about] + whole[CRY], CRY: 0.0}, *opinions[1:]]
        heard = [
            (sum(opinion[kind] for kind in grave) - (self._config["clause"] if number else 0.0), number, opinion)
            for number, opinion in enumerate(opinions)
        ]
        needed = (self._config["certain"], self._config["certain_clause"] - self._config["clause"])  # of the whole, of a clause
        chance, number, loudest = max(heard, key=lambda one: (one[0] >= needed[one[1] > 0], one[0]))
        if chance >= self._config["possible"]:
            kind = max(grave, key=loudest.__getitem__)
            clause = heard[0][0] < self._config["possible"]
            certain = chance >= needed[number > 0]
            other = _OTHER.get(kind)
            also = other if other and loudest[other] >= self._config["also"] else None
            return {"kind": kind, "also": also, "certain": certain, "chance": chance, "clause": clause, "life": loudest[LIFE]}
        # A bare cry is bare: inside a longer text it is not one.
        if opinions[0][CRY] >= self._config["certain"]:
            return {"kind": CRY, "certain": True, "chance": opinions[0][CRY]}
        return {"kind": None, "certain": False, "chance": max(chance, 0.0)}
