"""What answers when anything else fails: the emergency number and the helpline, from tables in memory."""

from __future__ import annotations

from babel.core import get_global

from bot.conversation.messages import Message, Reply
from bot.dialogue.catalogues import translate
from bot.knowledge.directory_words import labels
from bot.knowledge.emergency import Numbers, emergency_table
from bot.locales import DEFAULT, all_locales, left_to_right
from bot.nlu.text import script_of

_SENTENCES = {
    "utter_last_wall": "This line has a fault right now. Please write again in a few minutes.",
    "utter_danger": "If you are in danger now, call {danger}.",
    "utter_danger_anywhere": "If you are in danger now, call 112, or 911 in the Americas, 999 in the UK.",
    "utter_service_phone": "{label}: {phone}.",
    "utter_danger_limits": "I am automated. I cannot see where you are or send anyone.",
}


def _language_of(country: str | None) -> str:
    """The language that most people of a country read (Unicode CLDR, likely subtags); empty where that is not known."""
    return str(get_global("likely_subtags").get(f"und_{country}", "")).split("_")[0]


def likely_locale(message: Message) -> str:
    """The locale of a message that no model has read: by its script, the app's language, the country of the number."""
    scripts = {script_of(character) for character in message.text if character.isalpha()}
    fitting = [code for code, locale in all_locales().items() if locale.script in scripts]
    if message.locale in all_locales() and (not fitting or message.locale in fitting):
        return str(message.locale)
    if len(fitting) == 1:
        return fitting[0]
    spoken = [code for code in fitting or all_locales() if code.split("_")[0] == _language_of(message.country)]
    return spoken[0] if spoken else fitting[0] if fitting else DEFAULT


class LastWall:
    """Answers without model, store or disk: all it needs is read when it is built."""

    def __init__(self) -> None:
        self._numbers = dict(emergency_table())
        self._words = {
            locale: {context: translate(locale, context, text) for context, text in _SENTENCES.items()} for locale in all_locales()
        }
        words = {numbers.hotline.label: labels()[numbers.hotline.label] for numbers in self._numbers.values() if numbers.hotline}
        _language_of(None)  # Babel reads its table the first time it is asked: now, not when the disk may be gone
        self._labels = {locale: {label: translate(locale, "label", text) for label, text in words.items()} for locale in all_locales()}

    def reply(self, message: Message, locale: str | None = None) -> Reply:
        """The reply to a message that could not be answered otherwise.

        Args:
            message: what came in; its country is used where known.
            locale: the session's, where known.
        """
        locale = locale if locale in all_locales() else likely_locale(message)
        words, numbers = self._words[locale], self._numbers.get(message.country or "", Numbers(""))
        danger = left_to_right(numbers.danger, locale)
        call = words["utter_danger"].format(danger=danger) if numbers.danger else words["utter_danger_anywhere"]
        lines = [call, words["utter_danger_limits"], words["utter_last_wall"]]
        if numbers.hotline and (numbers.hotline.phone or numbers.hotline.sms):
            label = self._labels[locale][numbers.hotline.label]
            phone = left_to_right(numbers.hotline.phone or numbers.hotline.sms, locale)
            lines.insert(1, words["utter_service_phone"].format(label=label[:1].upper() + label[1:], phone=phone))
        return Reply("\n".join(lines), locale=locale, urgent="danger")
