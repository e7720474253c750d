"""What channels hand to the conversation, and what they get back. Nothing here knows a provider or an address."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class Kind(str, Enum):
    """What came in. Only TEXT, CHOICE, PLACE and COMMAND carry something to understand; the others get a sentence."""

    TEXT = "text"
    CHOICE = "choice"
    PLACE = "place"
    COMMAND = "command"
    PICTURE = "picture"
    VOICE = "voice"
    STICKER = "sticker"
    FILE = "file"


@dataclass(frozen=True)
class Message:
    """One text in.

    Attributes:
        channel: name of the channel, such as ``sms`` or ``telegram``.
        address: where the person can be reached. Only used to make the session key; never kept.
        delivery: the provider's id of this message; the same id twice is one message. Empty where there is none.
        text: what the person wrote, as sent.
        kind: what came in.
        choice: for CHOICE, the `turn:digit` that stood on the button; for COMMAND, the command's name without its slash
            (``start``, ``help``, ``person``, ``language``, ``erase`` or ``exit``).
        country: ISO 3166-1 alpha-2, where the channel knows it (country code of the number, shared location); a hint.
        place: the area of a shared location, ten kilometres wide, as the dialogue remembers places; None where none was shared.
        locale: locale code that the channel suggests (language of the app); a hint.
        late: the message waited during an outage and must not be answered as if it were fresh.
    """

    channel: str
    address: str
    text: str
    delivery: str = ""
    kind: Kind = Kind.TEXT
    choice: str | None = None
    country: str | None = None
    place: str | None = None
    locale: str | None = None
    late: bool = False

    def __repr__(self) -> str:
        """Says nothing of the person, so that no log or traceback can."""
        return f"<Message {self.channel} {self.kind.value}>"


@dataclass(frozen=True)
class Choice:
    """Something the person may pick: a digit over SMS, a button on Telegram.

    Attributes:
        digit: what is typed, ``0`` to ``9``; ``0`` always means a person.
        title: its words, in the person's language.
        data: opaque text for a button, `turn:digit`; carries no topic.
    """

    digit: str
    title: str
    data: str


@dataclass(frozen=True)
class Reply:
    """What goes back.

    Attributes:
        text: the words, already cut to what the channel's `Shape` lets through; empty means silence.
        choices: what may be picked next.
        locale: locale code of the words.
        urgent: ``danger``, ``self_harm``, ``life`` or ``cry`` where the reply is an urgent one.
        erase: the channel is to delete what it can of this session (its own messages on Telegram).
    """

    text: str
    choices: tuple[Choice, ...] = ()
    locale: str = "en"
    urgent: str | None = None
    erase: bool = False

    def __repr__(self) -> str:
        return f"<Reply {self.locale} {len(self.choices)} choices>"


SILENCE = Reply("")


class Shape(Protocol):
    """How much of a reply a channel carries at once."""

    def fits(self, text: str, choices: tuple[Choice, ...], locale: str) -> bool:
        """Whether text and choices may go out as one reply."""
        ...


@dataclass(frozen=True)
class Understanding:
    """What the model makes of a text, alone or in the light of a session.

    Attributes:
        locale: locale code of the reply.
        topic: the likeliest topic, whether or not it is acted on.
        ranking: up to five (topic, probability), likeliest first.
        confidence: probability of `topic`.
        acted: the topic is answered at once.
        offered: topics that are offered as choices: of one question where nothing is acted on, else beside an answer that is not sure.
        urgency: ``danger``, ``self_harm``, ``life``, ``cry`` or None.
        certain: the urgency is sure enough for the plain urgent reply; else it is worded softly.
        also: ``danger`` beside ``self_harm`` or the other way round, where either may be meant: both numbers are said.
        country: ISO code of a country the text names, or None.
        other_locale: the language that the text is nearly as likely to be in, where that is in doubt, or None.
        outside: the text seems to be in none of the locales.
    """

    locale: str
    topic: str
    ranking: tuple[tuple[str, float], ...]
    confidence: float
    acted: bool
    offered: tuple[str, ...] = ()
    urgency: str | None = None
    certain: bool = False
    also: str | None = None
    country: str | None = None
    other_locale: str | None = None
    outside: bool = False


@dataclass(frozen=True)
class Block:
    """A paragraph of a reply.

    Attributes:
        text: its words.
        optional: may be dropped where the channel has no room; else it waits behind a digit.
    """

    text: str
    optional: bool = False


@dataclass(frozen=True)
class Turn:
    """What the dialogue answers to one message.

    Attributes:
        blocks: paragraphs in order of weight, worded in `locale`. The first is always sent.
        bare: no choice is spelled out, because somebody else may be looking.
        options: (title, payload) to pick from; payload is an intent that only the service itself may send.
        locale: locale code of the words.
        urgent: kind of urgency that was answered, or None.
        state: the session's tracker after the turn, without text; opaque outside the dialogue.
        ended: the person left or erased: the session is to be dropped.
        offers_person: the reply is about a human who helps.
        about: what an advocate may be told, if she agrees: ``topic``, ``country`` (ISO 3166-1 alpha-2) and ``place`` (name of the nearest
            town), as far as known.
        understanding: what was understood, for `helpline ask`; None where a choice needed no model.
    """

    blocks: tuple[Block, ...]
    bare: bool = False
    options: tuple[tuple[str, str], ...] = ()
    locale: str = "en"
    urgent: str | None = None
    state: dict[str, object] = field(default_factory=dict)
    ended: bool = False
    offers_person: bool = False
    about: dict[str, str] = field(default_factory=dict)
    understanding: Understanding | None = None
