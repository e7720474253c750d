"""Rasa's policies, without the work that this project's domain never needs."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Set, Text, Tuple

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import PREVIOUS_ACTION, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class IntentRulePolicy(RulePolicy):
    """RulePolicy for rules that name intents, never texts: it does not look for rules that quote the message."""

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> Tuple[Optional[Text], Optional[Text], bool]:
        if use_text_for_last_user_input:
            return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)

    def _get_possible_keys(self, lookup: Dict[Text, Text], states: List[State]) -> Set[Text]:
        """The rules that hold for the states. Rasa tries every rule; here an index by last action and intent leaves a few."""
        index = self._index_of(lookup)
        intent = states[-1].get(USER, {}).get(INTENT)
        before = _last_action(states[-1])
        likely = {key for wanted in {(before, intent), (before, None), (None, intent), (None, None)} for key in index.get(wanted, ())}
        for turn, state in enumerate(reversed(states)):
            likely = {key for key in likely if self._is_rule_applicable(key, turn, state)}
        return likely

    def _index_of(self, lookup: Dict[Text, Text]) -> Dict[Tuple[Optional[Text], Optional[Text]], List[Text]]:
        indexes: Dict[int, Any] = self.__dict__.setdefault("_indexes", {})
        if id(lookup) not in indexes or indexes[id(lookup)][0] != len(lookup):
            index: Dict[Tuple[Optional[Text], Optional[Text]], List[Text]] = {}
            for key in lookup:
                last = self._rule_key_to_state(key)[-1]
                index.setdefault((_last_action(last), last.get(USER, {}).get(INTENT)), []).append(key)
            indexes[id(lookup)] = (len(lookup), index)
        found: Dict[Tuple[Optional[Text], Optional[Text]], List[Text]] = indexes[id(lookup)][1]
        return found


def _last_action(state: State) -> Optional[Text]:
    return (state.get(PREVIOUS_ACTION) or {}).get(ACTION_NAME)
