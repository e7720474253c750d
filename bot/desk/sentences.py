"""Sentences of the desk that are looked up by name: what a code of a handoff is called, and what the script of the page says.

The others stand in the templates. All have the context ``desk`` in the catalogues, which have them in the locales
of `bot.desk.accounts.DESK_LOCALES`.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.desk.accounts import DESK_LOCALES
from bot.dialogue.catalogues import pgettext_noop, translate
from bot.handoff.life import Ending, Fate, Refusal

CONTEXT = "desk"

Sentence = tuple[str, str]

URGENCIES: Mapping[str, Sentence] = {
    "danger": pgettext_noop("desk", "Danger now"),
    "self_harm": pgettext_noop("desk", "Self-harm or suicide"),
    "life": pgettext_noop("desk", "Life at stake"),
    "cry": pgettext_noop("desk", "Cry for help"),
}
URGENT = pgettext_noop("desk", "Urgent")
FATES: Mapping[Fate, Sentence] = {
    Fate.HELD: pgettext_noop("desk", "waits until the person reads on"),
    Fate.SENDING: pgettext_noop("desk", "sending"),
    Fate.SENT: pgettext_noop("desk", "sent"),
    Fate.DELIVERED: pgettext_noop("desk", "delivered"),
    Fate.UNKNOWN: pgettext_noop("desk", "unknown: it may not have arrived; do not repeat it unseen"),
    Fate.FAILED: pgettext_noop("desk", "failed: it did not arrive"),
}
REFUSALS: Mapping[Refusal, Sentence] = {
    Refusal.NOT_WAITING: pgettext_noop("desk", "Somebody else has just taken this case."),
    Refusal.NOT_YOURS: pgettext_noop("desk", "This case is not yours, or no longer."),
    Refusal.NOT_THERE: pgettext_noop("desk", "That advocate is not at the desk now."),
    Refusal.NOT_AGREED: pgettext_noop("desk", "You do not write this person's language, and the person has not agreed to another."),
    Refusal.OVER: pgettext_noop("desk", "This case is over. Nothing more can be sent."),
}
ENDINGS: Mapping[Ending, Sentence] = {
    Ending.LEFT: pgettext_noop("desk", "The person left or asked to stop. Nothing more can be sent. Everything is erased."),
    Ending.LEFT_QUEUE: pgettext_noop("desk", "The person no longer waits. Everything is erased."),
    Ending.UNREACHABLE: pgettext_noop("desk", "The person can no longer be reached. Nothing more can be sent. Everything is erased."),
    Ending.CLOSED: pgettext_noop("desk", "The case is closed. Everything is erased."),
    Ending.BLOCKED: pgettext_noop("desk", "The case is closed and the texter is blocked. Everything is erased."),
    Ending.NOBODY_CAME: pgettext_noop("desk", "Nobody came in time. The person was given the numbers. Everything is erased."),
    Ending.TOO_LONG: pgettext_noop("desk", "The case was open for as long as a case may be. Everything is erased."),
    Ending.STOPPED: pgettext_noop("desk", "The service stops. The person was given the numbers. Everything is erased."),
    Ending.WIPED: pgettext_noop("desk", "Everything is gone."),
}
OVER = pgettext_noop("desk", "This case is over or never was. Nothing more can be sent.")
ALERTS: Mapping[str, Sentence] = {
    "urgent": pgettext_noop("desk", "Case {number} has become urgent."),
    "unanswered": pgettext_noop("desk", "Case {number}: the person has waited too long for an answer."),
    "gone": pgettext_noop("desk", "Case {number}: the advocate's connection is lost. The case waits again."),
}
PROBLEMS: Mapping[str, Sentence] = {
    "away": pgettext_noop("desk", "The store is away. Nothing is lost on this page; it tries again by itself."),
    "csrf": pgettext_noop("desk", "This page is out of date. Load it again and repeat what you did."),
    "elsewhere": pgettext_noop("desk", "This came from another page than the desk, and was refused."),
    "locked": pgettext_noop("desk", "The desk is locked. Type your password."),
    "signed_out": pgettext_noop("desk", "You are signed out. Sign in again."),
    "over": OVER,
    "not_yours": REFUSALS[Refusal.NOT_YOURS],
    "files": pgettext_noop(
        "desk", "The files of the staff cannot be read or written, so nothing was changed. Tell whoever runs the service."
    ),
    "empty": pgettext_noop("desk", "There is nothing to send."),
    "too_long": pgettext_noop("desk", "A message has at most 1,000 characters. This one is longer, and was not sent."),
    "malformed": pgettext_noop("desk", "The desk cannot read that. Load the page again."),
    "nobody": pgettext_noop("desk", "Nobody waits whom you can write to."),
    "word": pgettext_noop("desk", "That is not the word. Nothing was erased."),
    "sign_in": pgettext_noop("desk", "That did not fit. Check name, password and code; after several tries, wait some minutes."),
    "password": pgettext_noop("desk", "That did not fit. Check the password; after several tries, wait some minutes."),
}
DESK = pgettext_noop("desk", "Desk")
TO_BOARD = pgettext_noop("desk", "To the board")
NOT_YOURS = pgettext_noop("desk", "Not your case")
IS_OVER = pgettext_noop("desk", "Over")
YOU = pgettext_noop("desk", "You")
PERSON = pgettext_noop("desk", "The person")
OTHER_ADVOCATE = pgettext_noop("desk", "Another advocate")
WIPE_WORD = pgettext_noop("desk", "ERASE")
# What the page's script says; see static/desk.js.
SCRIPT: Mapping[str, Sentence] = {
    "lost": pgettext_noop("desk", "The connection is lost. What you see may be old. It is tried again by itself."),
    "away": PROBLEMS["away"],
    "failed": pgettext_noop("desk", "The desk did not answer. Try again."),
    "cut": pgettext_noop("desk", "A message has at most 1,000 characters. The rest was cut off."),
    "characters": pgettext_noop("desk", "Characters: {count} of 1,000"),
    "segments": pgettext_noop("desk", "SMS segments: {count}"),
    "waits": pgettext_noop("desk", "waits until the message before it is accepted"),
    "sending": FATES[Fate.SENDING],
    "retrying": pgettext_noop("desk", "not accepted yet; it is tried again by itself"),
    "refused": pgettext_noop("desk", "not sent"),
    "you": YOU,
    "new_case": pgettext_noop("desk", "Somebody waits"),
    "new_words": pgettext_noop("desk", "New words"),
    "open": pgettext_noop("desk", "Open the case"),
    "dismiss": pgettext_noop("desk", "Dismiss"),
    "over": OVER,
    "to_board": TO_BOARD,
    "accepted": pgettext_noop("desk", "accepted"),
    "wiping": pgettext_noop("desk", "Everything is being erased."),
    **{f"ended_{ending.value}": sentence for ending, sentence in ENDINGS.items()},
    **{f"alert_{why}": sentence for why, sentence in ALERTS.items()},
}


def is_owed(context: str | None, locale: str) -> bool:
    """Whether a catalogue is to have the sentences of a context: those of the desk are only for the desk's own locales."""
    return context != CONTEXT or locale in DESK_LOCALES


def said(locale: str, sentence: Sentence, **values: str) -> str:
    """A sentence in a locale, with its placeholders filled."""
    text = translate(locale, *sentence)
    return text.format(**values) if values else text
