"""How the bot shows itself on a phone before a word is said: name, descriptions and command menu, neutral in every language.

Somebody else may hold the phone, so nothing here tells what the line is about. User name and picture cannot be set through the
Bot API; the operator chooses them at @BotFather.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import telegram

from bot.channels.provider_errors import ProviderError
from bot.channels.telegram_sending import call
from bot.dialogue.catalogues import pgettext_noop, translate
from bot.locales import DEFAULT, all_locales

NAME = pgettext_noop("telegram", "Information line")
SHORT_DESCRIPTION = pgettext_noop("telegram", "Information, free of charge. Automated.")
DESCRIPTION = pgettext_noop("telegram", "Information, free of charge. Automated. Write in your language.")
COMMANDS = {
    "start": pgettext_noop("telegram", "Start anew"),
    "help": pgettext_noop("telegram", "What this line can do"),
    "person": pgettext_noop("telegram", "Talk to a person"),
    "language": pgettext_noop("telegram", "Another language"),
    "erase": pgettext_noop("telegram", "Clear this chat"),
    "exit": pgettext_noop("telegram", "Leave"),
}


def menu_languages() -> Iterator[tuple[str, str | None]]:
    """Each locale that Telegram can tell apart, with its code there; at first English for all others, whose code is None."""
    yield DEFAULT, None
    seen = set()
    for locale in all_locales().values():
        if locale.telegram and locale.telegram not in seen:
            seen.add(locale.telegram)
            yield locale.code, locale.telegram


async def set_profile(bot: telegram.Bot) -> list[ProviderError]:
    """Gives the bot its neutral face in every language. What is right already is left alone: Telegram allows few changes a day.

    Args:
        bot: whose profile it is.
    Returns:
        What failed. A profile is no reason not to answer.
    """
    failed = []
    for locale, code in menu_languages():
        for setting in (_name, _short_description, _description, _commands):
            try:
                await setting(bot, locale, code)
            except ProviderError as error:
                failed.append(error)
    return failed


async def _set_text(wanted: str, read: Callable[[], Awaitable[str]], write: Callable[[], Awaitable[bool]]) -> None:
    if await call(read) != wanted:
        await call(write)


async def _name(bot: telegram.Bot, locale: str, code: str | None) -> None:
    wanted = translate(locale, *NAME)

    async def read() -> str:
        return (await bot.get_my_name(language_code=code)).name

    await _set_text(wanted, read, lambda: bot.set_my_name(wanted, language_code=code))


async def _short_description(bot: telegram.Bot, locale: str, code: str | None) -> None:
    wanted = translate(locale, *SHORT_DESCRIPTION)

    async def read() -> str:
        return (await bot.get_my_short_description(language_code=code)).short_description

    await _set_text(wanted, read, lambda: bot.set_my_short_description(wanted, language_code=code))


async def _description(bot: telegram.Bot, locale: str, code: str | None) -> None:
    wanted = translate(locale, *DESCRIPTION)

    async def read() -> str:
        return (await bot.get_my_description(language_code=code)).description

    await _set_text(wanted, read, lambda: bot.set_my_description(wanted, language_code=code))


async def _commands(bot: telegram.Bot, locale: str, code: str | None) -> None:
    wanted = tuple(telegram.BotCommand(name, translate(locale, *description)) for name, description in COMMANDS.items())
    if await call(lambda: bot.get_my_commands(language_code=code)) != wanted:
        await call(lambda: bot.set_my_commands(wanted, language_code=code))
