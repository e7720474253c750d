"""What Telegram sends, read: which updates are answered, and the `Message` that each becomes. Nothing here sends or remembers."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import datetime
from typing import Any

import telegram
from telegram.constants import ChatType

from bot.conversation.messages import Kind, Message
from bot.errors import DataError
from bot.knowledge.local_services import code_of
from bot.knowledge.localities import gazetteer
from bot.locales import all_locales

CHANNEL = "telegram"
# All that is asked of Telegram. `my_chat_member` tells at once that somebody has put the bot into a group.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
COMMAND_NAMES = ("start", "help", "person", "language", "erase", "exit")
LATE_SECONDS = 120

# What a message holds, by field of https://core.telegram.org/bots/api#message, in the order in which it is looked for: an
# animation is a document as well, a venue a location. A field that is in neither table, as a later Bot API may bring, is a FILE.
KIND_OF_FIELD = {
    "location": Kind.PLACE,
    "voice": Kind.VOICE,
    "audio": Kind.VOICE,
    "video_note": Kind.VOICE,
    "photo": Kind.PICTURE,
    "live_photo": Kind.PICTURE,
    "video": Kind.PICTURE,
    "animation": Kind.PICTURE,
    "story": Kind.PICTURE,
    "paid_media": Kind.PICTURE,
    "sticker": Kind.STICKER,
    "dice": Kind.STICKER,
    "contact": Kind.FILE,
    "document": Kind.FILE,
    "poll": Kind.FILE,
    "checklist": Kind.FILE,
    "game": Kind.FILE,
    "invoice": Kind.FILE,
    "giveaway": Kind.FILE,
    "giveaway_winners": Kind.FILE,
    "rich_message": Kind.FILE,
}
# Telegram's notes of what happened in a chat, such as a new background. Nobody said anything: an answer would only light the phone.
_SERVICE_FIELDS = """
    boost_added channel_chat_created chat_background_set chat_owner_changed chat_owner_left chat_shared checklist_tasks_added
    checklist_tasks_done connected_website delete_chat_photo direct_message_price_changed forum_topic_closed forum_topic_created
    forum_topic_edited forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden gift gift_upgrade_sent
    giveaway_completed giveaway_created group_chat_created left_chat_member managed_bot_created message_auto_delete_timer_changed
    migrate_from_chat_id migrate_to_chat_id new_chat_members new_chat_photo new_chat_title paid_message_price_changed passport_data
    pinned_message poll_option_added poll_option_deleted proximity_alert_triggered refunded_payment successful_payment
    suggested_post_approval_failed suggested_post_approved suggested_post_declined suggested_post_paid suggested_post_refunded
    supergroup_chat_created unique_gift users_shared video_chat_ended video_chat_participants_invited video_chat_scheduled
    video_chat_started web_app_data write_access_allowed
"""
SERVICE_FIELDS = frozenset(_SERVICE_FIELDS.split())
_COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(?P<words>.*))?", re.DOTALL)
# What the library's constructors raise on values that are not what Telegram describes.
_WRONG_FORM = (TypeError, ValueError, LookupError, AttributeError, OverflowError, OSError, RecursionError)
# What is enough to answer a message, or a button, whose other parts cannot be read.
_PLAIN_FIELDS = ("message_id", "date", "edit_date", "chat", "from", "text", "caption", "id", "chat_instance", "data")


def read_update(data: object) -> telegram.Update | None:
    """The update in a piece of JSON, or None where there is none.

    A message of which python-telegram-bot cannot read some part is read again without its attachments, so that its
    sender gets an answer all the same.

    Args:
        data: parsed JSON.
    """
    if not isinstance(data, dict) or type(data.get("update_id")) is not int:
        return None
    for reduced in (dict[str, Any], _plain):
        try:
            return telegram.Update.de_json(reduced(data))
        except _WRONG_FORM:
            pass
    return None


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """The update with only what an answer needs. An update of another kind, which nobody waits for, raises one of `_WRONG_FORM`."""
    kind = next(iter({"message", "edited_message", "callback_query"} & data.keys()), "")
    return {"update_id": data["update_id"], kind: {name: value for name, value in data[kind].items() if name in _PLAIN_FIELDS}}


def chat_of(update: telegram.Update) -> telegram.Chat | None:
    """The chat that an update belongs to. A button whose message is long gone belongs to the private chat with its presser."""
    query = update.callback_query
    if query is not None and query.message is None and query.inline_message_id is None:
        return telegram.Chat(query.from_user.id, ChatType.PRIVATE)
    return update.effective_chat


def message_id_of(update: telegram.Update) -> int | None:
    """The id of what the person wrote; None for a button, which is the bot's own message."""
    return update.effective_message.message_id if update.callback_query is None and update.effective_message else None


def is_late(update: telegram.Update, now: float | None = None) -> bool:
    """Whether a message waited longer than a conversation bears. A button bears no date: ask Telegram about its query instead.

    Args:
        update: with a message or an edited message.
        now: seconds since 1970; the clock's by default.
    """
    message = update.message or update.edited_message
    if message is None:
        return False
    written: datetime = (message.edit_date if update.edited_message else None) or message.date
    return (time.time() if now is None else now) - written.timestamp() > LATE_SECONDS


def message_of(update: telegram.Update) -> Message | None:
    """What the conversation gets to see of an update, or None where nobody said anything. Of a location only its kind; see `location_of`.

    Args:
        update: of a private chat, sent by a person.
    """
    chat, sender, said = chat_of(update), update.effective_user, _said(update)
    if chat is None or sender is None or said is None:
        return None
    kind, text, choice = said
    return Message(CHANNEL, str(chat.id), text, str(update.update_id), kind, choice, locale=locale_of_app(sender.language_code))


def _said(update: telegram.Update) -> tuple[Kind, str, str | None] | None:
    """Kind, text and choice of an update."""
    if update.callback_query is not None:
        return (Kind.CHOICE, "", update.callback_query.data) if update.callback_query.data else None
    message = update.message or update.edited_message
    if message is None:
        return None
    words = message.text or message.caption
    if words:
        return _command(words) if words.startswith("/") else (Kind.TEXT, words, None)
    # Of edits only new words are said: a moving location comes as an edit every few seconds.
    kind = _kind(message) if update.message else None
    return (kind, "", None) if kind else None


def _kind(message: telegram.Message) -> Kind | None:
    # The library fills what is missing with False or nothing; an empty object, such as a closed topic, is a value.
    fields = {field for field, value in message.to_dict().items() if value not in (False, None, [], ())}
    for field, kind in KIND_OF_FIELD.items():
        if field in fields:
            return kind
    return None if fields & SERVICE_FIELDS else Kind.FILE


def _command(text: str) -> tuple[Kind, str, str | None]:
    """Kind, text and choice of what begins with a slash.

    Words behind a command are the person's own ("/help he has a gun") and are understood as such, and so is a
    command that is none of ours. Only behind /start stands what a link put there.
    """
    match = _COMMAND.fullmatch(text.strip())
    if match is None:
        return Kind.TEXT, text, None
    name, words = match["name"].lower(), match["words"]
    if name in COMMAND_NAMES and (name == "start" or not words):
        return Kind.COMMAND, "", name
    return Kind.TEXT, f"{match['name']} {words or ''}".rstrip(), None


async def location_of(update: telegram.Update) -> tuple[str | None, str | None]:
    """The country of a shared location, and the area of the nearest town (see `bot.knowledge.local_services.code_of`); None and None
    where there is none. The coordinates go no further than this function."""
    location = update.message.location if update.message else None
    if location is None:
        return None, None
    try:
        # At first the file of all towns is read: not on the event loop.
        return await asyncio.to_thread(_location, location.latitude, location.longitude)
    except DataError:
        return None, None


def _location(latitude: float, longitude: float) -> tuple[str | None, str | None]:
    country = gazetteer().country_at(latitude, longitude)
    return country, code_of(gazetteer().nearest(latitude, longitude), shared=True) if country else None


def locale_of_app(language_code: str | None) -> str | None:
    """The locale that fits the language of the person's app.

    Args:
        language_code: an IETF language tag, such as ``pt-br``; https://core.telegram.org/bots/api#user.
    Returns:
        A locale code of the list, or None where no locale fits.
    """
    tag = (language_code or "").lower().replace("_", "-")
    for wanted in (tag, tag.split("-")[0]):
        for locale in all_locales().values():
            if wanted and wanted in _names_of(locale.code, locale.telegram):
                return locale.code
    return None


def _names_of(code: str, *others: str | None) -> set[str]:
    full = code.lower().replace("_", "-")
    return {full, full.split("-")[0], *(other.lower() for other in others if other)}
