"""How a `Reply` goes out to Telegram: silent, plain, with buttons, and at most once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import httpx
import telegram
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.provider_errors import Failure, ProviderError
from bot.conversation.messages import Choice, Reply

MOST_CHARACTERS = 1_000  # of a reply: people read on phones
_MOST_UNITS = 4_096  # UTF-16 units of a message, https://core.telegram.org/bots/api#sendmessage
_MOST_DELETED = 100  # message ids in one call, https://core.telegram.org/bots/api#deletemessages
_LONGEST_WAIT = 5.0  # seconds that a reply may be held back by Telegram's limits; beyond, it would be answered too late
_SIGN_TIMEOUT = 2.0  # seconds that are spent on telling that somebody is writing
_QUERY_TIMEOUT = 1.0  # seconds that a reply waits for the button's small clock to be stopped
_PAUSE = 0.5  # seconds before a second try to connect
_PLAIN = telegram.LinkPreviewOptions(is_disabled=True)
_NO_CONNECTION = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
# What the library raises when something else answers in Telegram's place, such as the login page of a network.
_NO_ANSWER_OF_TELEGRAM = (TypeError, ValueError, LookupError, AttributeError)
T = TypeVar("T")


class TelegramShape:
    """A reply goes out as one message, its choices as buttons below it."""

    def fits(self, text: str, choices: tuple[Choice, ...], locale: str) -> bool:
        """Whether the words are short enough for a phone. Buttons take no room of theirs, and every script has the same."""
        return len(text) <= MOST_CHARACTERS


def failure_of(error: TelegramError) -> ProviderError:
    """An error of python-telegram-bot as one of the closed list. Its own words, which may quote what was sent, are left behind."""
    if isinstance(error, RetryAfter):
        return ProviderError(Failure.BUSY, 429)
    if isinstance(error, Forbidden):  # blocked, or the account is gone
        return ProviderError(Failure.OPTED_OUT, 403)
    if isinstance(error, InvalidToken):
        return ProviderError(Failure.SETTINGS, 401)
    if isinstance(error, Conflict):
        return ProviderError(Failure.SETTINGS, 409)
    if isinstance(error, ChatMigrated) or (isinstance(error, BadRequest) and "chat not found" in error.message.lower()):
        return ProviderError(Failure.UNREACHABLE, 400)
    if isinstance(error, BadRequest):
        return ProviderError(Failure.REFUSED, 400)
    if isinstance(error.__cause__, _NO_CONNECTION):
        return ProviderError(Failure.NOT_CONNECTED)
    # A lost answer, a 5xx, an answer that cannot be read: Telegram may have sent the message before.
    return ProviderError(Failure.UNCERTAIN)


async def call(make: Callable[[], Awaitable[T]]) -> T:
    """Makes a call to the Bot API; once more where the first surely did nothing and the second comes soon enough.

    Args:
        make: starts the call; called once or twice.
    Raises:
        ProviderError: it failed.
    """
    try:
        return await make()
    except TelegramError as error:
        pause = _pause_before_second_try(error)
        if pause is None:
            raise failure_of(error) from None
    except _NO_ANSWER_OF_TELEGRAM:
        raise ProviderError(Failure.UNCERTAIN) from None
    await asyncio.sleep(pause)
    try:
        return await make()
    except TelegramError as error:
        raise failure_of(error) from None
    except _NO_ANSWER_OF_TELEGRAM:
        raise ProviderError(Failure.UNCERTAIN) from None


def _pause_before_second_try(error: TelegramError) -> float | None:
    if isinstance(error, RetryAfter):
        # The public attribute warns on every use that it will change its type; this is the type to come.
        wait = error._retry_after.total_seconds()
        return wait if wait <= _LONGEST_WAIT else None
    return _PAUSE if failure_of(error).failure is Failure.NOT_CONNECTED else None


async def send_reply(bot: telegram.Bot, chat_id: int, reply: Reply) -> AsyncIterator[int]:
    """Sends the words of a reply, if it has any.

    Args:
        bot: through which to send.
        chat_id: where to.
        reply: what to send; its choices become buttons below the last message.
    Returns:
        The id of each message as soon as it is sent: one, but for a text that no `TelegramShape` lets through.
    Raises:
        ProviderError: what comes next was not sent, or perhaps not; nor was anything after it.
    """
    if not reply.text.strip():
        return
    *parts, last = pieces(reply.text)
    for part in parts:
        yield await _send(bot, chat_id, part, None)
    try:
        sent = await _send(bot, chat_id, last, keyboard(reply.choices))
    except ProviderError as error:
        if error.failure is not Failure.REFUSED or not reply.choices:
            raise
    else:
        yield sent
        return
    # Words without buttons are better than silence; what stood on them can be typed.
    lines = "\n".join(label(choice) for choice in reply.choices)
    for part in pieces(f"{last}\n\n{lines}"):
        yield await _send(bot, chat_id, part, None)


async def show_typing(bot: telegram.Bot, chat_id: int) -> None:
    """Shows for five seconds, or until the next message, that somebody is writing. Tried once: a second try would come too late.

    Raises:
        TelegramError: it was not shown, or perhaps not.
    Source: https://core.telegram.org/bots/api#sendchataction
    """
    await bot.send_chat_action(chat_id, ChatAction.TYPING, read_timeout=_SIGN_TIMEOUT, connect_timeout=_SIGN_TIMEOUT)


async def _send(bot: telegram.Bot, chat_id: int, text: str, buttons: telegram.InlineKeyboardMarkup | None) -> int:
    # No parse mode: no character of a text can be taken for markup and be refused. Not protected: numbers are there to be copied.
    message = await call(
        lambda: bot.send_message(chat_id, text, disable_notification=True, link_preview_options=_PLAIN, reply_markup=buttons)
    )
    return message.message_id


def label(choice: Choice) -> str:
    """What stands on a button: the digit too, so that typing it works as well."""
    return f"{choice.digit} {choice.title}"


def keyboard(choices: tuple[Choice, ...]) -> telegram.InlineKeyboardMarkup | None:
    """One button a row, or None where there is nothing to choose."""
    if not choices:
        return None
    return telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton(label(choice), callback_data=choice.data)] for choice in choices])


def pieces(text: str, most: int = _MOST_UNITS) -> Iterator[str]:
    """Cuts a text that is too long for one message, between lines where there are any.

    Args:
        text: the words.
        most: UTF-16 units, as Telegram counts, in one piece.
    """
    while len(raw := text.encode("utf-16-le", "replace")) > 2 * most:
        head = raw[: 2 * most].decode("utf-16-le", "ignore")  # half of an emoji at the end is left for the next piece
        head = head[: head.rfind("\n")] if head.rfind("\n") > 0 else head
        yield head.rstrip("\n")
        text = text[len(head) :].lstrip("\n")
    yield text


async def was_pressed_long_ago(bot: telegram.Bot, query_id: str) -> bool:
    """Answers a button, without a word, so that its small clock stops; and tells whether it waited during an outage.

    A query bears no date, but Telegram takes an answer only for a short while. https://core.telegram.org/bots/api#answercallbackquery
    """
    try:
        await bot.answer_callback_query(query_id, read_timeout=_QUERY_TIMEOUT, connect_timeout=_QUERY_TIMEOUT)
    except TelegramError as error:
        return "too old" in error.message
    except _NO_ANSWER_OF_TELEGRAM:
        pass
    return False


async def delete_messages(bot: telegram.Bot, chat_id: int, message_ids: Sequence[int]) -> list[ProviderError]:
    """Deletes messages of a private chat on both sides. Ids that are gone already are passed over by Telegram.

    One that may not be deleted, such as a thrown die in its first day, makes Telegram refuse all that are named with it. So a
    refused batch is halved until only that one is left.

    Returns:
        What failed. The others are deleted all the same.
    """
    if len(message_ids) > _MOST_DELETED:
        return await _delete_in_parts(bot, chat_id, message_ids, _MOST_DELETED)
    try:
        if message_ids:
            await call(lambda: bot.delete_messages(chat_id, message_ids))
    except ProviderError as error:
        if error.failure is Failure.REFUSED and len(message_ids) > 1:
            return await _delete_in_parts(bot, chat_id, message_ids, (len(message_ids) + 1) // 2)
        return [error]
    return []


async def _delete_in_parts(bot: telegram.Bot, chat_id: int, message_ids: Sequence[int], size: int) -> list[ProviderError]:
    parts = [message_ids[start : start + size] for start in range(0, len(message_ids), size)]
    return [error for part in parts for error in await delete_messages(bot, chat_id, part)]
