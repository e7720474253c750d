"""Trial phones without their page: what a person writes, picks and reads, over HTTP, many of them at once."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.handoff import wording

from ..running import until


def title(locale: str, choice: str) -> str:
    """What stands on a choice of a handoff."""
    return wording.choice_option(locale, choice)[0]


def _plain(text: str) -> str:
    """Without accents: SMS goes without some of them where that saves a segment."""
    return "".join(character for character in unicodedata.normalize("NFKD", text) if not unicodedata.combining(character))


def says(text: str, words: str) -> bool:
    """Whether words stand in a text."""
    return _plain(words) in _plain(text)


@dataclass
class Phone:
    """One phone, and what has come to it.

    Attributes:
        url: of the service.
        locale: in which it is answered.
        got: texts that it has shown since `forget`, in order.
        id: which phone.
    """

    url: str
    locale: str
    got: list[str] = field(default_factory=list)
    id: str = field(default_factory=lambda: secrets.token_hex(16))

    def send(self, text: str) -> str:
        """What comes back at once; empty for silence."""
        raise NotImplementedError

    def pick(self, title: str) -> str:
        """What comes back to a choice that was put last, by the words on it."""
        raise NotImplementedError

    def choose(self, choice: str) -> str:
        """What comes back to a choice of a handoff, by its name."""
        return self.pick(title(self.locale, choice))

    def look(self) -> None:
        """Takes what has come unasked."""
        raise NotImplementedError

    def told(self, name: str, /, **values: str) -> str:
        """Waits for a sentence of a handoff; returns the text that holds it."""
        return self.reads(wording._say(self.locale, wording._SENTENCES[name], **values))

    def reads(self, words: str) -> str:
        """Waits until a text with these words has come since `forget`; returns it."""

        def there() -> bool:
            self.look()
            return any(says(text, words) for text in self.got)

        until(there, 10, lambda: f"no {words!r} in {self.got!r}")
        return next(text for text in self.got if says(text, words))

    def forget(self) -> None:
        """What comes from now on is looked at alone."""
        self.look()
        self.got.clear()

    def _post(self, path: str, **content: Any) -> dict[str, Any]:
        response = httpx.post(self.url + path, json=content, trust_env=False, timeout=15)
        assert response.status_code == 200, response.text
        answered: dict[str, Any] = response.json()
        return answered

    def _note(self, *texts: str) -> str:
        self.got += [text for text in texts if text]
        return texts[-1] if texts else ""


@dataclass
class SmsPhone(Phone):
    """A phone for SMS.

    Attributes:
        country: that its number tells.
    """

    country: str = "US"

    def send(self, text: str) -> str:
        """See `Phone`."""
        answered = self._post("/trial/sms", phone=self.id, country=self.country, text=text)
        return self._note(*(one["text"] for one in answered["arrived"]), answered["text"])

    def pick(self, title: str) -> str:
        """Types its digit."""
        digits = re.findall(rf"^(\d) {re.escape(_plain(title))}$", _plain(self.got[-1]), re.MULTILINE)
        assert len(digits) == 1, (title, self.got)
        return self.send(digits[0])

    def look(self) -> None:
        """See `Phone`."""
        arrived = self._post("/trial/inbox", sms=self.id, country=self.country, telegram=secrets.token_hex(16))["sms"]
        self._note(*(one["text"] for one in arrived))


@dataclass
class TelegramPhone(Phone):
    """A phone with Telegram.

    Attributes:
        deleted: ids of the messages that were deleted from it.
    """

    deleted: list[int] = field(default_factory=list)
    _buttons: dict[str, str] = field(default_factory=dict)

    def send(self, text: str) -> str:
        """See `Phone`."""
        return self._shown(self._post("/trial/telegram", phone=self.id, language=self.locale, text=text))

    def pick(self, title: str) -> str:
        """Presses its button."""
        return self._shown(self._post("/trial/telegram", phone=self.id, language=self.locale, button=self._buttons[title]))

    def look(self) -> None:
        """See `Phone`."""
        self._shown(self._inbox())

    def shows_typing(self) -> bool:
        """Whether it shows that somebody writes."""
        arrived = self._inbox()
        self._shown(arrived)
        return bool(arrived["typing"])

    def _inbox(self) -> dict[str, Any]:
        arrived: dict[str, Any] = self._post("/trial/inbox", sms=secrets.token_hex(16), country="US", telegram=self.id)["telegram"]
        return arrived

    def _shown(self, shown: dict[str, Any]) -> str:
        if "arrived" in shown:
            self._shown(shown["arrived"])
        self.deleted += shown["deleted"]
        for message in shown["messages"]:
            self._buttons.update({one["text"][2:]: one["data"] for row in message["buttons"] for one in row})
        return self._note(*(message["text"] for message in shown["messages"]))
