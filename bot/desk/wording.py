"""What the desk calls things: cases by a short number, languages, topics, lengths of time, the hours of the lines."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass, replace

from babel import Locale as CldrLocale
from babel.dates import format_timedelta

from bot.desk.sentences import URGENCIES, URGENT, said
from bot.dialogue.catalogues import translate
from bot.dialogue.opening_hours import moment
from bot.dialogue.topic_titles import topic_title
from bot.handoff.lines import Desk, is_open, next_opening
from bot.locales import locale_of

_CHANNELS = {"sms": "SMS", "telegram": "Telegram"}


@dataclass(frozen=True)
class LineNow:
    """A line of the hotline at this moment.

    Attributes:
        name: as the operator calls it.
        languages: their names.
        open: by its hours.
        opens: when it opens next, worded; empty where it is open, or does not open soon.
    """

    name: str
    languages: tuple[str, ...]
    open: bool
    opens: str


def number_of(case: str) -> str:
    """A short number by which staff can speak of a case. It is made from the random id and tells nothing; two may rarely be equal."""
    return str(10_000 + int.from_bytes(hashlib.sha256(case.encode()).digest()[:4], "big") % 90_000)


def language_tag(locale: str) -> str:
    """A locale as HTML and JavaScript name it: ``zh-Hans``."""
    return locale.replace("_", "-")


def language_name(locale: str, of: str) -> str:
    """The name of a language in the desk's."""
    names = CldrLocale.parse(locale)
    name = str(names.languages.get(of.split("_")[0], of))
    return name[:1].upper() + name[1:]


def own_name(of: str) -> str:
    """The name of a language in itself."""
    return locale_of(of).name


def channel_name(channel: str) -> str:
    """A channel as its maker calls it."""
    return _CHANNELS.get(channel, channel)


def urgency(locale: str, kind: str) -> str:
    """A kind of urgency in words."""
    return said(locale, URGENCIES.get(kind, URGENT))


def topic(locale: str, name: str) -> str:
    """The title of a topic."""
    title = topic_title(name)
    return translate(locale, *title) if title else name


def length(locale: str, seconds: float) -> str:
    """A length of time in whole minutes or hours, short."""
    spent = datetime.timedelta(seconds=max(0.0, seconds))
    return format_timedelta(spent, granularity="minute", threshold=1.5, format="short", locale=locale)


def lines_now(locale: str, desk: Desk, now: datetime.datetime) -> tuple[LineNow, ...]:
    """The lines of the hotline, open or with their next opening.

    Args:
        locale: of the words.
        desk: what the operator has set.
        now: with time zone.
    """
    found = []
    for line in desk.lines:
        alone = replace(desk, lines=(line,))
        open_now = is_open(alone, now)
        opens = None if open_now else next_opening(alone, now)
        languages = tuple(language_name(locale, code) for code in line.languages)
        found.append(LineNow(line.name, languages, open_now, moment(locale, opens, now, zone=True) if opens else ""))
    return tuple(found)
