"""What the Telegram channel remembers, for how long, and what it does not."""

from __future__ import annotations

import asyncio
import pickle
import time

import pytest

from bot.channels.telegram_memory import ChatMemory, FirstTimes

CHAT_ID = 7_000_100_200


async def test_a_chat_is_the_same_while_it_lives_and_new_after() -> None:
    memory = ChatMemory(minutes=0.002)
    chat = memory.chat(CHAT_ID)
    chat.note(1)
    assert memory.chat(CHAT_ID) is chat
    assert memory.chat(CHAT_ID + 1) is not chat
    await asyncio.sleep(0.3)
    assert len(memory) == 0, "a quiet chat goes without anybody asking"
    assert memory.chat(CHAT_ID).take() == []
    memory.close()


async def test_use_keeps_a_chat() -> None:
    memory = ChatMemory(minutes=0.01)
    chat = memory.chat(CHAT_ID)
    for _ in range(8):
        await asyncio.sleep(0.1)
        assert memory.chat(CHAT_ID) is chat
    memory.close()


async def test_the_number_of_chats_is_bounded_and_the_quietest_goes() -> None:
    memory = ChatMemory(minutes=1, most=3)
    chats = {chat_id: memory.chat(chat_id) for chat_id in range(4)}
    assert len(memory) == 3
    assert memory.chat(3) is chats[3]
    assert memory.chat(0) is not chats[0]
    memory.close()


async def test_no_chat_id_is_kept_and_no_two_processes_share_a_key() -> None:
    one, other = ChatMemory(minutes=1), ChatMemory(minutes=1)
    one.chat(CHAT_ID)
    other.chat(CHAT_ID)
    assert str(CHAT_ID) not in repr(vars(one))
    assert CHAT_ID.to_bytes(8, "little") not in pickle.dumps(list(one._chats))
    assert list(one._chats) != list(other._chats)
    one.close()
    other.close()


async def test_ids_are_taken_once_without_doubles_and_only_while_they_can_be_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = ChatMemory(minutes=1)
    chat = memory.chat(CHAT_ID)
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    chat.note(1)
    now[0] += 48 * 3600
    chat.note(2)
    chat.note(3)
    chat.note(2)
    assert chat.take() == [2, 3]
    assert chat.take() == []
    memory.close()


def test_a_delivery_is_claimed_once_and_forgotten_in_the_end() -> None:
    first_times = FirstTimes(most=2)
    assert [first_times.claim(delivery) for delivery in ("1", "1", "2", "3", "1")] == [True, False, True, True, True]
