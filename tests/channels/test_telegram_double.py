"""The double must refuse what Telegram refuses: else a test of ours agrees with itself."""

from __future__ import annotations

import httpx
import pytest

from .telegram_double import telegram_double

TOKEN = "123456:TEST-token"


@pytest.mark.parametrize(
    ("method", "form", "status"),
    [
        ("getMe", {}, 200),
        ("GETME", {}, 200),
        ("sendMessage", {"chat_id": "7", "text": "x"}, 200),
        ("sendMessage", {"chat_id": "7", "text": "x" * 4096}, 200),
        ("sendMessage", {"chat_id": "8", "text": "x"}, 403),
        ("sendMessage", {"chat_id": "7"}, 400),
        ("sendMessage", {"chat_id": "7", "text": ""}, 400),
        ("sendMessage", {"chat_id": "7", "text": "🆘" * 2049}, 400),
        ("sendMessage", {"chat_id": "7", "text": "x", "silent": "true"}, 400),
        ("sendMessage", {"chat_id": "7", "text": "x", "disable_notification": "1"}, 400),
        ("sendMessage", {"chat_id": "7", "text": "x", "reply_markup": '{"inline_keyboard":[[{"text":"1","callback_data":"1:1"}]]}'}, 200),
        ("sendMessage", {"chat_id": "7", "text": "x", "reply_markup": '{"inline_keyboard":[[{"callback_data":"1:1"}]]}'}, 400),
        (
            "sendMessage",
            {"chat_id": "7", "text": "x", "reply_markup": '{"inline_keyboard":[[{"text":"1","callback_data":"' + "я" * 33 + '"}]]}'},
            400,
        ),
        ("sendMessage", {"chat_id": "7", "text": "x", "reply_markup": '{"inline_keyboard":[{"text":"1"}]}'}, 400),
        ("deleteMessages", {"chat_id": "7", "message_ids": "[1,2]"}, 200),
        ("deleteMessages", {"chat_id": "7", "message_ids": "[]"}, 400),
        ("deleteMessages", {"chat_id": "7", "message_ids": '["1"]'}, 400),
        ("setMyCommands", {"commands": '[{"command":"start","description":"Start"}]', "language_code": "es"}, 200),
        ("setMyCommands", {"commands": '[{"command":"Start","description":"Start"}]'}, 400),
        ("setMyCommands", {"commands": '[{"command":"start","description":"Start"}]', "language_code": "fil"}, 400),
        ("setWebhook", {"url": "https://bot.example.org/x", "secret_token": "a_B-9"}, 200),
        ("setWebhook", {"url": "https://bot.example.org/x", "secret_token": "a b"}, 400),
        ("setWebhook", {"url": "http://bot.example.org/x"}, 400),
        ("noSuchMethod", {}, 404),
    ],
)
async def test_calls_are_held_against_the_description(method: str, form: dict[str, str], status: int) -> None:
    async with telegram_double(TOKEN) as double, httpx.AsyncClient(verify=False, trust_env=False) as client:
        double.chats[7] = {}
        response = await client.post(f"{double.url}/bot{TOKEN}/{method}", data=form)
        assert response.status_code == status, response.text
        assert response.json()["ok"] is (status == 200)


async def test_another_token_is_refused() -> None:
    async with telegram_double(TOKEN) as double, httpx.AsyncClient(verify=False, trust_env=False) as client:
        assert (await client.get(f"{double.url}/bot1:x/getMe")).status_code == 401
