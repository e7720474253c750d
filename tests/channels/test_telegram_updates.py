"""Reading what Telegram sends. Every kind of message is made from the published description, so that none is forgotten."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import pytest
import telegram

from bot.channels.telegram_updates import (
    KIND_OF_FIELD,
    SERVICE_FIELDS,
    is_late,
    locale_of_app,
    location_of,
    message_of,
    read_update,
)
from bot.conversation.messages import Kind
from bot.locales import all_locales

from .telegram_double import description, example, problems

PERSON = {"id": 70007, "is_bot": False, "first_name": "Nomsa", "language_code": "es-MX"}
CHAT = {"id": 70007, "type": "private", "first_name": "Nomsa"}
# Fields of a message that say something about it, not what it holds; a venue bears a location, which does.
_ABOUT = """
    message_id message_thread_id direct_messages_topic from sender_chat sender_boost_count sender_business_bot sender_tag date
    guest_query_id business_connection_id chat forward_origin is_topic_message is_automatic_forward reply_to_message external_reply
    quote reply_to_story reply_to_checklist_task_id reply_to_poll_option_id via_bot guest_bot_caller_user guest_bot_caller_chat
    edit_date has_protected_content is_from_offline is_paid_post media_group_id author_signature paid_star_count text entities
    link_preview_options suggested_post_info effect_id caption caption_entities show_caption_above_media has_media_spoiler
    reply_markup venue
"""
ABOUT = set(_ABOUT.split())
MESSAGE_FIELDS = {field["name"]: field for field in description()["types"]["Message"]["fields"]}


def message(**content: Any) -> dict[str, Any]:
    return {"message_id": 5, "date": int(time.time()), "chat": CHAT, "from": PERSON, **content}


def update(kind: str = "message", **content: Any) -> telegram.Update:
    found = read_update({"update_id": 1, kind: message(**content)})
    assert found is not None
    return found


def value_of(field: str) -> Any:
    kind = MESSAGE_FIELDS[field]["types"][0]
    return [example(kind.removeprefix("Array of "))] if kind.startswith("Array of ") else example(kind)


def test_each_field_of_a_message_is_in_one_table() -> None:
    tables = [set(KIND_OF_FIELD), set(SERVICE_FIELDS), ABOUT]
    assert set().union(*tables) == set(MESSAGE_FIELDS)
    assert sum(map(len, tables)) == len(MESSAGE_FIELDS)


@pytest.mark.parametrize("field", sorted(KIND_OF_FIELD))
def test_what_is_not_text_is_told_by_its_kind(field: str) -> None:
    content = {field: value_of(field)}
    assert not list(problems(list(MESSAGE_FIELDS.values()), message(**content), "message"))
    found = message_of(update(**content))
    assert found is not None
    assert (found.kind, found.text, found.choice) == (KIND_OF_FIELD[field], "", None)


@pytest.mark.parametrize("field", sorted(SERVICE_FIELDS))
def test_what_nobody_said_is_not_answered(field: str) -> None:
    assert message_of(update(**{field: value_of(field)})) is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"animation": value_of("animation"), "document": value_of("document")}, Kind.PICTURE),
        ({"venue": value_of("venue"), "location": value_of("location")}, Kind.PLACE),
        ({"something_of_2030": {"x": 1}}, Kind.FILE),
        ({}, Kind.FILE),
        ({"photo": value_of("photo"), "caption": "is this real?"}, Kind.TEXT),
        ({"voice": value_of("voice"), "caption": "please listen"}, Kind.TEXT),
        ({"text": "1"}, Kind.TEXT),
        ({"text": "🆘"}, Kind.TEXT),
    ],
)
def test_what_is_several_things_at_once(content: dict[str, Any], kind: Kind) -> None:
    found = message_of(update(**content))
    assert found is not None
    assert found.kind is kind
    assert found.text == (content.get("text") or content.get("caption") or "")


@pytest.mark.parametrize(
    ("typed", "kind", "choice", "text"),
    [
        ("/start", Kind.COMMAND, "start", ""),
        ("/start from_a_poster", Kind.COMMAND, "start", ""),
        ("/START@SomeBot", Kind.COMMAND, "start", ""),
        ("/help", Kind.COMMAND, "help", ""),
        ("/person ", Kind.COMMAND, "person", ""),
        ("/language", Kind.COMMAND, "language", ""),
        ("/erase", Kind.COMMAND, "erase", ""),
        ("/exit", Kind.COMMAND, "exit", ""),
        ("/help he has\na gun", Kind.TEXT, None, "help he has\na gun"),
        ("/stop", Kind.TEXT, None, "stop"),
        ("/ayuda por favor", Kind.TEXT, None, "ayuda por favor"),
        ("/", Kind.TEXT, None, "/"),
        ("//", Kind.TEXT, None, "//"),
        ("please /help", Kind.TEXT, None, "please /help"),
    ],
)
def test_commands_and_words_behind_them(typed: str, kind: Kind, choice: str | None, text: str) -> None:
    found = message_of(update(text=typed))
    assert found is not None
    assert (found.kind, found.choice, found.text) == (kind, choice, text)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"text": "new words"}, "new words"),
        ({"photo": value_of("photo"), "caption": "new words"}, "new words"),
        ({"location": value_of("location")}, None),
    ],
)
def test_of_an_edited_message_only_words_count(content: dict[str, Any], text: str | None) -> None:
    found = message_of(update("edited_message", edit_date=int(time.time()), **content))
    assert (found and found.text) == text


@pytest.mark.parametrize(
    ("kind", "date", "edit_date", "late"),
    [
        ("message", 0, None, False),
        ("message", -119, None, False),
        ("message", -122, None, True),
        ("message", 60, None, False),
        ("edited_message", -9000, -10, False),
        ("edited_message", -9000, -200, True),
    ],
)
def test_what_waited_is_late(kind: str, date: int, edit_date: int | None, late: bool) -> None:
    now = int(time.time())
    edited = {} if edit_date is None else {"edit_date": now + edit_date}
    assert is_late(update(kind, text="x", **{"date": now + date, **edited}), now) is late


@pytest.mark.parametrize(
    ("latitude", "longitude", "country", "place"),
    [
        (48.85661, 2.35222, "FR", "FR IDF 48.9 2.4 once"),
        (40.71278, -74.00594, "US", "US NY 40.7 -74.0 once"),
        (51.50735, -0.12776, "GB", "GB ENG 51.5 -0.1 once"),
        (-40.4321, -120.9876, None, None),
    ],
)
async def test_a_location_gives_a_country_and_the_area_of_a_town(
    latitude: float, longitude: float, country: str | None, place: str | None
) -> None:
    located = update(location={"latitude": latitude, "longitude": longitude})
    found = message_of(located)
    assert found is not None
    assert await location_of(located) == (country, place)
    everything = " ".join(str(value) for value in asdict(found).values())
    assert str(abs(latitude)) not in everything
    assert str(abs(longitude)) not in everything


@pytest.mark.parametrize(
    ("language_code", "locale"),
    [("en", "en"), ("es", "es"), ("es-MX", "es"), ("fr-ca", "fr"), ("AR", "ar"), ("tlh", None), ("x", None), ("", None), (None, None)],
)
def test_the_language_of_the_app_is_a_hint(language_code: str | None, locale: str | None) -> None:
    assert locale_of_app(language_code) == locale


def test_each_locale_is_found_by_its_own_code() -> None:
    for code in all_locales():
        assert locale_of_app(code.replace("_", "-").lower()) == code


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "update",
        {},
        {"update_id": "1"},
        {"update_id": True},
        {"update_id": 1, "message": "hello"},
        {"update_id": 1, "message": {}},
        {"update_id": 1, "message": [1]},
        {"update_id": 1, "message": message(date="today", text="hello")},
        {"update_id": 1, "message": message(date=10**30, text="hello")},
        {"update_id": 1, "callback_query": {"id": "1"}},
    ],
)
def test_what_is_no_update_is_not_read(data: object) -> None:
    assert read_update(data) is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [({"sticker": {}}, Kind.FILE), ({"photo": 7, "caption": "help me"}, Kind.TEXT), ({"text": "help me", "quote": {"x": 1}}, Kind.TEXT)],
)
def test_a_message_with_a_part_that_cannot_be_read_is_still_a_message(content: dict[str, Any], kind: Kind) -> None:
    found = message_of(update(**content))
    assert found is not None
    assert found.kind is kind
