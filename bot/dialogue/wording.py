"""Words replies from the catalogues: Rasa's natural language generator, with gettext in between."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Text

from babel import Locale as CldrLocale
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.dialogue.catalogues import listed, translate
from bot.dialogue.opening_hours import worded_openings
from bot.knowledge.languages import english_name
from bot.knowledge.localities import gazetteer
from bot.locales import DEFAULT, all_locales, left_to_right, locale_of

# An answer's sentence is no response of the domain: it comes with its own context and text (see `actions.replies.say_answer_words`).
WORDS = "utter_words"


def worded_value(value: Any, locale: str) -> str:
    """What stands for a placeholder.

    Args:
        value: text as it is; or {"context", "sentence"} for a sentence of the catalogues; or {"list": values} for several; or
            {"country": code}, {"region": country and ISO 3166-2 part} or {"languages": codes} for names in the locale; or
            {"english_language": code}; or {"openings": [weekday, opens, closes]} as in `bot.knowledge.services.Opening`;
            or {"number": text} for digits that must run left to right in every script.
        locale: locale code.
    """
    if not isinstance(value, Mapping):
        return str(value)
    if "number" in value:
        return left_to_right(str(value["number"]), locale)
    names = CldrLocale.parse(locale)
    if "country" in value:
        return str(names.territories.get(value["country"], value["country"]))
    if "region" in value:
        country, region = value["region"].split()
        return gazetteer().region_name(region, country, locale)
    if "english_language" in value:
        return english_name(value["english_language"])
    if "languages" in value:
        # They are spoken: no script.
        return listed(locale, (str(names.languages.get(code.split("_")[0], code)) for code in value["languages"]))
    if "list" in value:
        return listed(locale, (worded_value(one, locale) for one in value["list"]))
    if "openings" in value:
        runs = worded_openings(value["openings"], locale)
        return listed(locale, (f"{days} {worded_value({'number': times}, locale)}" for days, times in runs))
    return translate(locale, value["context"], value["sentence"])


def worded(locale: str, context: str, text: str, values: Mapping[str, Any]) -> str:
    """A sentence in a locale with its placeholders filled; see `worded_value`. Values that it has no place for are ignored:
    Rasa passes its own beside ours."""
    needed = {name: worded_value(value, locale) for name, value in values.items() if f"{{{name}}}" in text}
    filled = translate(locale, context, text).format_map(needed)
    return filled[:1].upper() + filled[1:]


class CatalogueWording(TemplatedNaturalLanguageGenerator):
    """Rasa looks a response up by name; this translates it, fills it, and passes on what actions say about it.

    Values of placeholders come as keyword arguments of the response. What an action says about a block beside them (`option`,
    `optional`, `urgent`, ...; see `bot.dialogue.engine.Outbox`) passes through Rasa to the output channel untouched.
    """

    def __init__(self, endpoint_config: Optional[EndpointConfig] = None, domain: Optional[Domain] = None) -> None:
        super().__init__(domain.responses if domain else {})

    async def generate(
        self, utter_action: Text, tracker: DialogueStateTracker, output_channel: Text, **kwargs: Any
    ) -> Optional[Dict[Text, Any]]:
        """The reply of that name in the session's locale, or None where the domain has none."""
        locale = kwargs.pop("locale", None) or tracker.get_slot("locale") or DEFAULT
        if utter_action == WORDS:
            context, text = kwargs.pop("context"), kwargs.pop("sentence")
        elif self.responses.get(utter_action):
            context, text = utter_action, self.responses[utter_action][0]["text"]
        else:
            return None
        kwargs.setdefault("word", all_locales().get(locale, locale_of(DEFAULT)).exit_word)
        return {"text": worded(locale, context, text, kwargs)}
