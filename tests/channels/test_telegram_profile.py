"""The bot's face at Telegram: accepted by the published API in every language, neutral, and set only where it is not right yet."""

from __future__ import annotations

import re

import telegram

from bot.channels.provider_errors import Failure
from bot.channels.telegram_profile import COMMANDS, DESCRIPTION, NAME, SHORT_DESCRIPTION, menu_languages, set_profile
from bot.channels.telegram_updates import COMMAND_NAMES
from bot.dialogue.catalogues import translate
from bot.locales import all_locales

from .telegram_double import Trouble, telegram_double

TOKEN = "123456:TEST-token"
SETTERS = ("setMyName", "setMyShortDescription", "setMyDescription", "setMyCommands")


def test_every_locale_that_telegram_knows_has_a_menu_and_all_others_english() -> None:
    menus = list(menu_languages())
    assert menus[0] == ("en", None)
    assert {code for _, code in menus} == {None, *(locale.telegram for locale in all_locales().values() if locale.telegram)}
    assert len({code for _, code in menus}) == len(menus)


def test_menu_and_reading_know_the_same_commands() -> None:
    assert tuple(COMMANDS) == COMMAND_NAMES


async def test_the_profile_is_accepted_in_every_language_and_set_once() -> None:
    async with telegram_double(TOKEN) as double:
        bot = telegram.Bot(TOKEN, f"{double.url}/bot")
        assert await set_profile(bot) == []
        assert double.refused == []
        for locale, code in menu_languages():
            menu = await bot.get_my_commands(language_code=code)
            assert [command.command for command in menu] == list(COMMAND_NAMES)
            assert [command.description for command in menu] == [translate(locale, *description) for description in COMMANDS.values()]
            assert (await bot.get_my_name(language_code=code)).name == translate(locale, *NAME)
        before = len(double.calls)
        assert await set_profile(bot) == []
        assert not [call for call in double.calls[before:] if call.method in SETTERS]


async def test_one_failure_does_not_keep_the_rest_from_being_set() -> None:
    async with telegram_double(TOKEN) as double:
        double.play("setMyName", Trouble(429, "Too Many Requests: retry after 80000", retry_after=80000))
        double.play("getMyDescription", Trouble(body=b"<html>Sign in to this network</html>"))
        bot = telegram.Bot(TOKEN, f"{double.url}/bot")
        failed = await set_profile(bot)
        assert [error.failure for error in failed] == [Failure.BUSY, Failure.UNCERTAIN]
        for _, code in menu_languages():
            assert len(await bot.get_my_commands(language_code=code)) == len(COMMANDS)


def test_nothing_tells_what_the_line_is_about() -> None:
    telling = re.compile("traffick|slave|abus|victim|surviv|violence|police|exploit|danger|help ?line|forced", re.IGNORECASE)
    for _, text in (NAME, SHORT_DESCRIPTION, DESCRIPTION, *COMMANDS.values()):
        assert not telling.search(text), text
