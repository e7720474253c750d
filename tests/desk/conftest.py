"""What tests of the desk share: stores of both kinds, and staff."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.store import Store
from bot.store.memory import MemoryStore
from bot.store.redis import RedisStore

from ..store.redis_server import RedisServer, redis_server
from .staff import Clock, Staff, copy_of, staff_in


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=("memory", "redis"))
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    if request.param == "memory":
        store: Store = MemoryStore()
    else:
        server: RedisServer = request.getfixturevalue("server")
        server.client.flushall()
        store = RedisStore(server.url)
    yield store
    await store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="package")
def _ana_and_bob(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    staff = staff_in(tmp_path_factory.mktemp("staff"))
    staff.add("ana")
    staff.add("bob")
    return staff


@pytest.fixture
def staff(_ana_and_bob: Staff, tmp_path: Path) -> Staff:
    """A file with Ana and Bob, advocates."""
    return copy_of(_ana_and_bob, tmp_path)
