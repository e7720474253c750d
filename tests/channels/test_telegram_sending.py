"""Shaping and sending for Telegram, and what happens when it fails."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.channels.provider_errors import Failure
from bot.channels.telegram_sending import MOST_CHARACTERS, TelegramShape, failure_of, keyboard, pieces
from bot.conversation.messages import Choice


@pytest.mark.parametrize(("text", "fits"), [("", True), ("a" * 1000, True), ("a" * 1001, False), ("ع" * 1000, True), ("🆘" * 1000, True)])
def test_what_fits_is_counted_in_characters(text: str, fits: bool) -> None:
    assert TelegramShape().fits(text, (Choice("1", "x" * 200, "1:1"),), "en") is fits
    assert MOST_CHARACTERS == 1000


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("short", 10, ["short"]),
        ("", 10, [""]),
        ("0123456789", 10, ["0123456789"]),
        ("0123456789a", 10, ["0123456789", "a"]),
        ("one\ntwo\nthree", 10, ["one\ntwo", "three"]),
        ("one\n\ntwo", 5, ["one", "two"]),
        ("aaa🆘🆘", 4, ["aaa", "🆘🆘"]),
        ("🆘" * 5, 4, ["🆘🆘", "🆘🆘", "🆘"]),
    ],
)
def test_a_text_is_cut_between_lines_and_never_inside_a_character(text: str, most: int, expected: list[str]) -> None:
    assert list(pieces(text, most)) == expected


def test_buttons_stand_in_rows_of_their_own_and_show_their_digit() -> None:
    markup = keyboard((Choice("1", "Más", "12:1"), Choice("0", "Una persona", "12:0")))
    assert markup is not None
    assert [[(button.text, button.callback_data) for button in row] for row in markup.inline_keyboard] == [
        [("1 Más", "12:1")],
        [("0 Una persona", "12:0")],
    ]
    assert keyboard(()) is None


def _caused(error: TelegramError, cause: Exception) -> TelegramError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "failure", "code"),
    [
        (RetryAfter(timedelta(seconds=3)), Failure.BUSY, 429),
        (Forbidden("Forbidden: bot was blocked by the user"), Failure.OPTED_OUT, 403),
        (Forbidden("Forbidden: user is deactivated"), Failure.OPTED_OUT, 403),
        (InvalidToken("Unauthorized"), Failure.SETTINGS, 401),
        (Conflict("terminated by other getUpdates request"), Failure.SETTINGS, 409),
        (BadRequest("Chat not found"), Failure.UNREACHABLE, 400),
        (ChatMigrated(-100), Failure.UNREACHABLE, 400),
        (BadRequest("Button_data_invalid"), Failure.REFUSED, 400),
        (_caused(NetworkError("x"), httpx.ConnectError("refused")), Failure.NOT_CONNECTED, None),
        (_caused(TimedOut(), httpx.ConnectTimeout("x")), Failure.NOT_CONNECTED, None),
        (_caused(TimedOut(), httpx.PoolTimeout("x")), Failure.NOT_CONNECTED, None),
        (_caused(TimedOut(), httpx.ReadTimeout("x")), Failure.UNCERTAIN, None),
        (_caused(TimedOut(), httpx.WriteTimeout("x")), Failure.UNCERTAIN, None),
        (_caused(NetworkError("x"), httpx.RemoteProtocolError("x")), Failure.UNCERTAIN, None),
        (_caused(NetworkError("x"), httpx.ReadError("x")), Failure.UNCERTAIN, None),
        (TimedOut(), Failure.UNCERTAIN, None),
        (NetworkError("Bad Gateway"), Failure.UNCERTAIN, None),
        (TelegramError("Invalid server response"), Failure.UNCERTAIN, None),
    ],
)
def test_each_error_is_one_of_the_closed_list(error: TelegramError, failure: Failure, code: int | None) -> None:
    found = failure_of(error)
    assert (found.failure, found.code) == (failure, code)
    assert error.message not in str(found)
