"""Canned replies: what an advocate says often, in the person's language, with its meaning in the advocate's.

Written after the same rules as the bot's own sentences: short and plain, no blame, no promise, no gender of anybody, nothing that tells
whoever holds the phone what the line is for, no question that the help does not need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.dialogue.catalogues import pgettext_noop, translate
from bot.dialogue.found import LIMITS
from bot.nlu.text import fold

_Sentence = tuple[str, str]  # context and English
# Titles are the desk's; replies are everybody's.
_GROUPS: tuple[tuple[_Sentence, Mapping[str, _Sentence]], ...] = (
    (
        pgettext_noop("desk", "Opening"),
        {
            "hello": pgettext_noop("canned", "Hello. I am a person, not a machine. I read what you write here."),
            "take_your_time": pgettext_noop("canned", "I am glad you wrote. Take your time."),
            "you_choose": pgettext_noop("canned", "You choose what to tell me. You do not have to give your name or say where you live."),
            "not_your_fault": pgettext_noop("canned", "I am sorry this is happening. It is not your fault."),
        },
    ),
    (
        pgettext_noop("desk", "Safety"),
        {
            "safe_to_write": pgettext_noop("canned", "Is it safe for you to write now?"),
            "danger": pgettext_noop(
                "canned", "If you are in danger now, call the emergency number first. You can write here again after that."
            ),
            "limits": LIMITS,
            "someone_near": pgettext_noop("canned", "If someone comes near, you can put the phone away. Write again when it is safe."),
            "delete": pgettext_noop("canned", "You can delete these messages. But they can be proof, and an empty phone can be noticed."),
        },
    ),
    (
        pgettext_noop("desk", "Understanding each other"),
        {
            "ready_sentences": pgettext_noop(
                "canned", "I do not write your language. I use ready sentences in it. Short, plain words help me."
            ),
            "short_sentences": pgettext_noop("canned", "I know only a little of your language. Short sentences help me."),
            "other_words": pgettext_noop("canned", "I did not understand all of it. Can you say it in other words?"),
            "other_language": pgettext_noop("canned", "Is there another language in which it is easy for you to write?"),
        },
    ),
    (
        pgettext_noop("desk", "Asking"),
        {
            "most_help": pgettext_noop("canned", "What would help you most now?"),
            "tell_more": pgettext_noop("canned", "Do you want to tell me more? You do not have to."),
            "about_whom": pgettext_noop("canned", "Is this about you or about someone else?"),
            "where": pgettext_noop("canned", "Which country or town are you in? I do not need the street."),
            "under_18": pgettext_noop("canned", "Some help is only for people under 18. Are you under 18? You do not have to say."),
            # NOTE: said before somebody who may be a child is asked for more; many hotlines must report such harm.
            "must_report": pgettext_noop("canned", "Before you say more: if a child is being harmed, I may have to report it."),
        },
    ),
    (
        pgettext_noop("desk", "Next steps"),
        {
            "you_decide": pgettext_noop("canned", "You decide what to do next. I can tell you what is possible."),
            "law": pgettext_noop("canned", "I can tell you what the law says. For your own case, a lawyer can advise you."),
            "number": pgettext_noop("canned", "I will send you a number. Look at it when it is safe."),
        },
    ),
    (
        pgettext_noop("desk", "Waiting"),
        {
            "moment": pgettext_noop("canned", "Please give me a moment. I am looking for that."),
            "minutes": pgettext_noop("canned", "This takes me some minutes. You can go on writing."),
            "sorry_for_waiting": pgettext_noop("canned", "I am sorry that you had to wait."),
            "another_person": pgettext_noop(
                "canned", "Another person of our team goes on with you now. That person can read what we wrote here."
            ),
        },
    ),
    (
        pgettext_noop("desk", "Ending"),
        {
            "anything_else": pgettext_noop("canned", "Is there anything else that would help you today?"),
            "erased": pgettext_noop(
                "canned", "When this chat is closed, it is erased here. It stays on your phone until you delete it there."
            ),
            "write_again": pgettext_noop(
                "canned", "You can write here at any time. A machine answers first, and you can ask for a person again."
            ),
            "goodbye": pgettext_noop("canned", "Thank you for your trust. Take care of yourself."),
        },
    ),
)


@dataclass(frozen=True)
class Canned:
    """A reply that is ready to be sent.

    Attributes:
        key: tells it from every other.
        text: in the person's locale.
        meaning: the same in the desk's.
    """

    key: str
    text: str
    meaning: str


@dataclass(frozen=True)
class Group:
    """Replies for one occasion; the title is in the desk's locale."""

    title: str
    replies: tuple[Canned, ...]


def canned(locale: str, desk_locale: str) -> list[Group]:
    """All replies.

    Args:
        locale: the person's.
        desk_locale: the advocate's.
    """
    return [
        Group(
            translate(desk_locale, *title),
            tuple(Canned(key, translate(locale, *said), translate(desk_locale, *said)) for key, said in replies.items()),
        )
        for title, replies in _GROUPS
    ]


def with_words(groups: Iterable[Group], words: str) -> list[Group]:
    """The replies that hold every one of some words, or parts of words, in either language; groups that have none are left out.

    Args:
        groups: as of `canned`.
        words: as typed.
    """
    wanted = fold(words).split()

    def fits(reply: Canned) -> bool:
        said = f"{fold(reply.text)}\n{fold(reply.meaning)}"
        return all(word in said for word in wanted)

    found = (replace(group, replies=tuple(filter(fits, group.replies))) for group in groups)
    return [group for group in found if group.replies]
