"""How a handoff speaks to her: the sentences of `bot.handoff.life.Tell`, in every locale, and the titles of the choices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from babel import Locale as CldrLocale

from bot.dialogue.catalogues import pgettext_noop, translate
from bot.dialogue.topic_titles import topic_title
from bot.handoff.life import Handoff, Point, Tell
from bot.knowledge.directory_words import labels
from bot.knowledge.emergency import numbers_of
from bot.knowledge.languages import english_name
from bot.knowledge.services import Service
from bot.locales import locale_of

Option = tuple[str, str]  # (title, payload)
PAYLOAD = "/handoff:"  # and the name of a choice behind it
_MOST_LANGUAGES = 3  # that are named to her
_LONGEST_TITLE = 60  # characters of a choice that are her own words
_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"

# NOTE: "they" is the person she may write with. Points are lines such as "Pay" or "Mexico", which she may look at first and take out.
_OFFER = pgettext_noop(
    "handoff", "A person can write with you here. They see your language and a few points from this chat, not your number."
)
_ERASED_AFTER = pgettext_noop("handoff", "When it ends, all of it is erased here. Do you want to write with a person?")
_DUTIES = {
    frozenset(("child_harm",)): pgettext_noop("handoff", "They may have to report harm to a child."),
    frozenset(("violence_under_way",)): pgettext_noop("handoff", "They may have to report violence that is going on now."),
    frozenset(("child_harm", "violence_under_way")): pgettext_noop(
        "handoff", "They may have to report harm to a child, or violence that is going on now."
    ),
}
_SENTENCES: Mapping[str, tuple[str, str]] = {
    # NOTE: behind it stand "Pass this on" and the points, each with a digit.
    "card": pgettext_noop("handoff", "They would see your language and these points. Pick a point to take it out:"),
    "card_empty": pgettext_noop("handoff", "They would see your language and no points."),
    "words": pgettext_noop("handoff", "Write in one message what they should read first."),
    "safety": pgettext_noop("handoff", "Is it safe to text you here while you wait? Someone else may see the phone."),
    "declined": pgettext_noop("handoff", "OK. Nothing was passed on. You can go on asking me."),
    "waiting": pgettext_noop("handoff", "You are waiting for a person."),
    "waiting_urgent": pgettext_noop("handoff", "You are waiting for a person."),
    "left_queue": pgettext_noop("handoff", "You are no longer waiting. What was passed on is erased here. You can go on asking me."),
    # NOTE: {name} is the advocate's, such as Ana. No gender of the advocate is known.
    "joined": pgettext_noop(
        "handoff",
        "{name}, a person, is in this chat now and reads what you write. They do not see what you wrote to me, only what was passed on.",
    ),
    "joined_other": pgettext_noop(
        "handoff",
        "{name}, a person, is in this chat now, with ready sentences in your language. Short, plain words help. "
        "They do not see what you wrote to me, only what was passed on.",
    ),
    "still_joined": pgettext_noop("handoff", "{name} is in this chat. What you write goes to them."),
    "transferred": pgettext_noop(
        "handoff", "{name}, another person, goes on with you now. They can read what you and the last person wrote."
    ),
    "back_in_front": pgettext_noop(
        "handoff", "You wait for another person now, ahead of others. That person can read what you and the last one wrote."
    ),
    "advocate_gone": pgettext_noop(
        "handoff",
        "The link to the person was lost. You wait for another one now, ahead of others. "
        "That person can read what you and the last one wrote.",
    ),
    # NOTE: {language} is hers, {languages} a list, both as names of languages.
    "other_language": pgettext_noop(
        "handoff",
        "No one who writes {language} can answer now. A person who writes {languages} can, with ready sentences in your language. "
        "Do you want that?",
    ),
    "phone": pgettext_noop("handoff", "No one can answer yet. You can also call:"),
    "text": pgettext_noop("handoff", "No one can answer yet. You can also send a text to:"),
    "nobody_came": pgettext_noop(
        "handoff", "I am sorry: no one could answer in time. What was passed on is erased here. There is other help:"
    ),
    "knock": pgettext_noop("handoff", "There is a message for you."),
    # NOTE: {minutes} is a number, 1 as well: word it, or shorten it, so that every number fits.
    "ending": pgettext_noop(
        "handoff", "The chat with {name} has ended. Did it help? When you answer, or in {minutes} min, all of it is erased here."
    ),
    "closed": pgettext_noop("handoff", "The chat with {name} has ended. All of it is erased here. The automated line answers again."),
    "erased": pgettext_noop(
        "handoff", "Thank you. All of it is erased here: the words, the points, the way to reach you. The automated line answers again."
    ),
    "blocked": pgettext_noop("handoff", "This chat has ended and is erased here."),
    "goodbye": pgettext_noop("handoff", "This line is closing now."),
    "choice_gone": pgettext_noop("utter_choice_gone", "That choice is no longer open. Please write in your own words."),
    "end_sure": pgettext_noop("handoff", "Do you want to end this chat and erase all of it?"),
    "lost": pgettext_noop(
        "handoff", "This line had a fault. If you were waiting for a person or writing with one, that has ended and is erased here."
    ),
}
_CHOICES: Mapping[str, tuple[str, str]] = {
    "offer": pgettext_noop("handoff choice", "Write with a person"),
    "join_now": pgettext_noop("handoff choice", "Write with a person now"),
    "agree": pgettext_noop("handoff choice", "Yes"),
    "no": pgettext_noop("handoff choice", "No"),
    "send": pgettext_noop("handoff choice", "Pass this on"),
    "none": pgettext_noop("handoff choice", "Pass on no points"),
    "words": pgettext_noop("handoff choice", "Add my own words"),
    "back": pgettext_noop("handoff choice", "Back"),
    "text_short": pgettext_noop("handoff choice", "Yes, for 30 minutes"),
    "text_long": pgettext_noop("handoff choice", "Yes, for 2 hours"),
    "text_never": pgettext_noop("handoff choice", "No, I will write again"),
    "leave": pgettext_noop("handoff choice", "Stop waiting"),
    "stay": pgettext_noop("handoff choice", "Go on waiting"),
    "any_language": pgettext_noop("handoff choice", "Yes"),
    "read": pgettext_noop("handoff choice", "Read it"),
    "helped_yes": pgettext_noop("handoff choice", "Yes"),
    "helped_some": pgettext_noop("handoff choice", "A little"),
    "helped_no": pgettext_noop("handoff choice", "No"),
    "end": pgettext_noop("handoff choice", "Yes, end it"),
    "go_on": pgettext_noop("handoff choice", "No, go on"),
    "call": pgettext_noop("handoff choice", "A number to call"),
}
# NOTE: {minutes} is a number, 1 as well: word it, or shorten it, so that every number fits.
_KEPT = pgettext_noop("handoff", "Your place is kept for {minutes} min.")
_NEXT = pgettext_noop("handoff", "You are next.")
# NOTE: {minutes} is a number, 1 as well: word it, or shorten it, so that every number fits.
_WAIT = pgettext_noop("handoff", "It may take about {minutes} min.")
_WAIT_UNKNOWN = pgettext_noop("handoff", "I do not know how long it takes.")
# NOTE: "they" is the person she is waiting for.
_ONLY_URGENT = pgettext_noop("handoff", "They see your language and that it is urgent. When it ends, all of it is erased here.")
_WILL_TEXT = pgettext_noop("handoff", "I will text you when a person can answer. Until then you can ask me things.")
_WRITE_TO_SEE = pgettext_noop("handoff", "Write here to see if a person can answer. Until then you can ask me things.")
_NOBODY_NOW = pgettext_noop("handoff", "No person can write with you right now.")
# NOTE: {when} is a moment such as "tomorrow 9:00".
_OPENS = pgettext_noop("handoff", "No person can write with you right now. Next time: {when}.")
_INTERPRETER = pgettext_noop("utter_person_interpreter", 'For your language say: "{language}, please".')
_LANGUAGES = pgettext_noop("utter_person_languages", "They speak {languages}.")
_DANGER = pgettext_noop("utter_danger", "If you are in danger now, call {danger}.")
_DANGER_ANYWHERE = pgettext_noop("utter_danger_anywhere", "If you are in danger now, call 112, or 911 in the Americas, 999 in the UK.")
_PHONE = pgettext_noop("utter_service_phone", "{label}: {phone}.")
_URGENT_POINT = pgettext_noop("handoff point", "It is urgent")
_WORDS_POINT = pgettext_noop("handoff point", "Own words: {words}")


@dataclass(frozen=True)
class Outlook:
    """What is known of the wait.

    Attributes:
        ahead: how many are before her; None where nobody at the desk writes her language, so that her place tells nothing.
        seconds: an honest estimate, or None.
        kept: seconds for which her place is kept, however quiet she is.
    """

    ahead: int | None
    seconds: float | None
    kept: float


def _say(locale: str, sentence: tuple[str, str], **values: str) -> str:
    text = translate(locale, *sentence).format(**values)
    return text[:1].upper() + text[1:]


def _in_a_row(locale: str, sentences: Iterable[str]) -> str:
    return ("" if locale_of(locale).script == "Han" else " ").join(sentences)


def _digits(locale: str, number: str) -> str:
    return _LEFT_TO_RIGHT + number if locale_of(locale).direction == "rtl" else number


def _minutes(seconds: float) -> str:
    return str(max(1, round(seconds / 60)))


def _languages(locale: str, codes: tuple[str, ...]) -> str:
    names = CldrLocale.parse(locale)
    listed = [str(names.languages.get(code.split("_")[0], code)) for code in codes]
    text = listed[0] if listed else ""
    for one in listed[1:]:
        text = names.list_patterns["standard"]["middle"].format(text, one)
    return text


def worded_point(locale: str, point: Point) -> str:
    """A line of the summary, as she or an advocate reads it."""
    if point.kind == "urgent":
        return _say(locale, _URGENT_POINT)
    if point.kind == "topic" and (title := topic_title(point.value)):
        return _say(locale, title)
    if point.kind == "words":
        return _say(locale, _WORDS_POINT, words=point.value)
    if point.kind == "country":
        return str(CldrLocale.parse(locale).territories.get(point.value, point.value))
    return point.value


def _in_short(point: Point) -> Point:
    """Her own words as they fit beside other choices: she has just written them. Who has the case reads all of them."""
    words = " ".join(point.value.split())
    cut = words if len(words) <= _LONGEST_TITLE else f"{words[: _LONGEST_TITLE - 3].rstrip()}..."
    return Point(point.kind, cut) if point.kind == "words" else point


def choice_option(locale: str, choice: str) -> Option:
    """A choice that needs nothing of the handoff to be worded."""
    return _say(locale, _CHOICES[choice]), "/call_me" if choice == "call" else PAYLOAD + choice


def end_sure(locale: str) -> str:
    """The question whether she means to end."""
    return _say(locale, _SENTENCES["end_sure"])


def titled(locale: str, handoff: Handoff, choice: str) -> Option:
    """A choice as the person sees it, and the payload behind it."""
    verb, _, number = choice.partition(":")
    if verb == "strike":
        return worded_point(locale, _in_short(handoff.points[int(number)])), PAYLOAD + choice
    return choice_option(locale, choice)


def emergency_line(locale: str, country: str | None) -> str:
    """The emergency number of the country, or the general ones."""
    number = numbers_of(country).danger
    return _say(locale, _DANGER, danger=_digits(locale, number)) if number else _say(locale, _DANGER_ANYWHERE)


def _phone_lines(locale: str, country: str | None) -> list[str]:
    """The helplines' phones, and the words for an interpreter where they have one."""
    said: list[str] = []
    for helpline in numbers_of(country).lines:
        said += _line(locale, helpline, helpline.phone)
        if helpline.phone and helpline.interpreter and locale not in helpline.languages:
            said.append(_say(locale, _INTERPRETER, language=english_name(locale)))
    return said


def _text_lines(locale: str, country: str | None) -> list[str]:
    """The helplines' numbers for texts, with the languages that they read. Not their web chat: its address tells what it is for."""
    said: list[str] = []
    for helpline in numbers_of(country).lines:
        if helpline.sms:
            said += _line(locale, helpline, " ".join(filter(None, (helpline.sms, helpline.sms_word))))
            if helpline.languages and locale not in helpline.languages:
                said.append(_say(locale, _LANGUAGES, languages=_languages(locale, helpline.languages)))
    return said


def _line(locale: str, service: Service, number: str) -> list[str]:
    if not number:
        return []
    return [_say(locale, _PHONE, label=translate(locale, "label", labels()[service.label]), phone=_digits(locale, number))]


def _outlook_lines(locale: str, handoff: Handoff, outlook: Outlook) -> list[str]:
    lines = [_say(locale, _NEXT)] if outlook.ahead == 0 else []
    if outlook.seconds is None:
        lines += [_say(locale, _WAIT_UNKNOWN)] if outlook.ahead != 0 else []
    else:
        lines.append(_say(locale, _WAIT, minutes=_minutes(outlook.seconds)))
    return [
        *lines,
        _say(locale, _WILL_TEXT if handoff.texting else _WRITE_TO_SEE),
        _say(locale, _KEPT, minutes=_minutes(outlook.kept)),
    ]


def offer_lines(locale: str, must_report: frozenset[str]) -> list[str]:
    """The offer of a human: what they see, what they must report, when it is erased. Ends in the question.

    Args:
        locale: hers.
        must_report: what the hotline must report, ``child_harm`` and ``violence_under_way``.
    """
    return [_in_a_row(locale, (_say(locale, _OFFER), *_duty(locale, must_report), _say(locale, _ERASED_AFTER)))]


def _duty(locale: str, must_report: frozenset[str]) -> list[str]:
    return [_say(locale, _DUTIES[must_report])] if must_report in _DUTIES else []


def closed_line(locale: str, when: str) -> str:
    """That nobody is at the desk, and when somebody will be; `when` is worded, or empty where that is not known."""
    return _say(locale, _OPENS, when=when) if when else _say(locale, _NOBODY_NOW)


def lost_line(locale: str) -> str:
    """That the service lost what it held of her."""
    return _say(locale, _SENTENCES["lost"])


def worded(
    handoff: Handoff, tell: Tell, country: str | None, outlook: Outlook, closing: float, must_report: frozenset[str] = frozenset()
) -> tuple[list[str], list[Option]]:
    """What she reads.

    Args:
        handoff: hers, after the step.
        tell: what is to be said.
        country: whose numbers apply, or None.
        outlook: of the wait, where one is.
        closing: seconds for which the last question stands open.
        must_report: as for `offer_lines`.
    Returns:
        Paragraphs in order of weight, and the choices as (title, payload).
    """
    locale, values = handoff.locale, dict(tell.values)
    if "languages" in values:
        values["languages"] = _languages(locale, tuple(values["languages"].split())[:_MOST_LANGUAGES])
    values |= {"language": _languages(locale, (locale,)), "minutes": _minutes(closing)}
    lines = [_say(locale, _SENTENCES[tell.name], **values)]
    if tell.name in ("waiting", "waiting_urgent"):
        lines = [_in_a_row(locale, (*lines, *_outlook_lines(locale, handoff, outlook)))]
        if tell.name == "waiting_urgent":
            lines.append(_in_a_row(locale, (_say(locale, _ONLY_URGENT), *_duty(locale, must_report))))
    elif tell.name == "phone":
        lines += _phone_lines(locale, country)
    elif tell.name == "text":
        lines += _text_lines(locale, country)
    elif tell.name in ("nobody_came", "goodbye", "blocked"):
        lines += [emergency_line(locale, country), *_phone_lines(locale, country)]
    return lines, [titled(locale, handoff, choice) for choice in tell.choices]


def ways(locale: str, country: str | None) -> tuple[str, ...]:
    """Which of ``phone`` and ``text`` there are for her while no person is free; see `bot.handoff.life.Ticked`."""
    return tuple(name for name, lines in (("phone", _phone_lines), ("text", _text_lines)) if lines(locale, country))
