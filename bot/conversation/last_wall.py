"""What answers when anything else fails: the emergency number and the helpline, from tables in memory."""

from __future__ import annotations

from babel.core import get_global

from bot.conversation.messages import Message, Reply
from bot.dialogue.catalogues import listed, translate
from bot.knowledge.directory_words import directory_words, labels
from bot.knowledge.emergency import Numbers, emergency_table
from bot.knowledge.services import Service
from bot.locales import DEFAULT, all_locales, left_to_right
from bot.nlu.text import script_of

_SENTENCES = {
    "utter_last_wall": "This line has a fault right now. Please write again in a few minutes.",
    "utter_danger": "If you are in danger now, call {danger}.",
    "utter_danger_anywhere": "If you are in danger now, call 112, or 911 in the Americas, 999 in the UK.",
    "utter_soft_self_harm": "If you think of hurting yourself, you can talk to someone now: {crisis}.",
    "utter_service_phone": "{label}: {phone}.",
    "utter_details_for": "For: {audience}.",
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
        services = {line.id: line for numbers in self._numbers.values() for line in numbers.lines}
        self._lines = {locale: {name: self._line(locale, line) for name, line in services.items()} for locale in all_locales()}
        _language_of(None)  # Babel reads its table the first time it is asked: now, not when the disk may be gone

    def _line(self, locale: str, service: Service) -> str:
        """A helpline by its neutral label, with its number; and whom it is for, where that is not everybody."""
        words, label = self._words[locale], translate(locale, "label", labels()[service.label])
        phone = left_to_right(service.phone or service.sms, locale)
        said = words["utter_service_phone"].format(label=label[:1].upper() + label[1:], phone=phone)
        if not service.for_some:
            return said
        people = [translate(locale, "audience", directory_words()["audience"][word]) for word in service.audience]
        return f"{said} {words['utter_details_for'].format(audience=listed(locale, people))}"

    def number_line(self, locale: str, country: str | None, urgent: str = "danger") -> str:
        """The one sentence with the number to call.

        Args:
            locale: locale code.
            country: ISO 3166-1 alpha-2, where known.
            urgent: kind of urgency.
        """
        words, numbers = self._words[locale], self._numbers.get(country or "", Numbers(""))
        if urgent == "self_harm" and numbers.crisis_phone:
            return words["utter_soft_self_harm"].format(crisis=left_to_right(numbers.crisis_phone, locale))
        number = numbers.medical if urgent == "life" else numbers.danger
        return words["utter_danger"].format(danger=left_to_right(number, locale)) if number else words["utter_danger_anywhere"]

    def reply(self, message: Message, locale: str | None = None, country: str | None = None) -> Reply:
        """The reply to a message that could not be answered otherwise.

        Args:
            message: what came in.
            locale: the session's, where known.
            country: the session's, where known; else that of the message.
        """
        locale = locale if locale in all_locales() else likely_locale(message)
        country = country or message.country
        words, numbers = self._words[locale], self._numbers.get(country or "", Numbers(""))
        helplines = [self._lines[locale][line.id] for line in numbers.lines if line.phone or line.sms]
        lines = [self.number_line(locale, country), *helplines, words["utter_danger_limits"], words["utter_last_wall"]]
        return Reply("\n".join(lines), locale=locale, urgent="danger")
