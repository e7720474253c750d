"""The store of several workers: Redis, with persistence off. What it holds is sealed all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from redis import asyncio as redis
from redis.exceptions import LockError, OutOfMemoryError, RedisError

from bot.errors import ConfigurationError, StoreFull, StoreUnavailable
from bot.store import Members
from bot.store.redis_topics import RedisTopics

_PREFIX = "helpline:"
_FULL = "Redis is full. Give it more memory (maxmemory), or find out who floods the service."
_AWAY = "Redis cannot be reached. See that it runs and that REDIS_URL is right."
_LACKS = "Redis is too old, or does not allow all that is needed. Use version 6.2 or later, and allow GETDEL, SCAN, PUBLISH and PSUBSCRIBE."
_PATIENCE = 1.0  # seconds. A person waits behind each call: it must fail soon rather than hang
_CONNECTIONS = 32  # of one worker. Who comes when all are busy waits for one
_BATCH = 1_000  # names that are looked through in one step

_Answer = TypeVar("_Answer")


async def _told(answer: Awaitable[_Answer]) -> _Answer:
    """What Redis answers.

    Raises:
        StoreFull, StoreUnavailable: as `Store.set`.
    """
    try:
        return await answer
    except OutOfMemoryError:
        raise StoreFull(_FULL) from None
    except (RedisError, OSError):
        raise StoreUnavailable(_AWAY) from None


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))


class RedisStore:
    """Values in Redis.

    Args:
        url: as in REDIS_URL.
        prefix: what all names begin with. Stores with another one know nothing of each other.
    """

    def __init__(self, url: str, prefix: str = _PREFIX) -> None:
        # Never retried: a claim that took effect and whose answer was lost would look like somebody else's, and a message would come twice.
        # In protocol 3 the client does not look whether a connection of its pool was closed meanwhile, and fails once for each.
        pool: redis.ConnectionPool = redis.BlockingConnectionPool.from_url(
            url, max_connections=_CONNECTIONS, timeout=_PATIENCE, protocol=2, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
        )
        self._redis = redis.Redis.from_pool(pool)
        self._prefix, self._set = prefix, prefix + "set:"
        self._topics = RedisTopics(self._redis, prefix)

    async def check(self) -> None:
        """Refuses a Redis that writes to disk, where a snapshot or log would outlive the sessions, that throws things away, or is too old.

        Raises:
            ConfigurationError: persistence or eviction is on, or cannot be read; or a command is missing.
            StoreUnavailable: it cannot be reached.
        """
        try:
            save = (await self._redis.config_get("save")).get("save", "?")
            append = (await self._redis.config_get("appendonly")).get("appendonly", "?")
            most = (await self._redis.config_get("maxmemory")).get("maxmemory", "0")
            policy = (await self._redis.config_get("maxmemory-policy")).get("maxmemory-policy", "noeviction")
        except redis.ResponseError:
            raise ConfigurationError("Redis does not tell whether it writes to disk. Allow CONFIG GET, or use another Redis.") from None
        except (RedisError, OSError):
            raise StoreUnavailable(_AWAY) from None
        if save or append != "no":
            raise ConfigurationError("Redis writes to disk, where sessions would stay. Start it with --save '' --appendonly no.")
        if most != "0" and policy != "noeviction":
            raise ConfigurationError(
                "Redis throws things away when it is full, perhaps somebody's open case. Start it with --maxmemory-policy noeviction."
            )
        try:
            await self._redis.getdel(self._prefix + "check")
            await self._topics.publish("check", b"")
        except redis.ResponseError:
            raise ConfigurationError(_LACKS) from None
        except (RedisError, OSError):
            raise StoreUnavailable(_AWAY) from None

    async def get(self, name: str) -> bytes | None:
        """See `Store`."""
        return await _told(self._redis.get(self._prefix + name))  # type: ignore[arg-type]  # bytes, since nothing is decoded

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        """See `Store`."""
        await _told(self._redis.set(self._prefix + name, value, px=_milliseconds(seconds)))

    async def set_new(self, name: str, value: bytes, seconds: float) -> bool:
        """See `Store`."""
        return bool(await _told(self._redis.set(self._prefix + name, value, px=_milliseconds(seconds), nx=True)))

    async def take(self, name: str) -> bytes | None:
        """See `Store`."""
        return await _told(self._redis.getdel(self._prefix + name))  # type: ignore[arg-type]  # as above

    async def claim(self, name: str, seconds: float) -> bool:
        """See `Store`."""
        return await self.set_new(name, b"1", seconds)

    async def delete(self, *names: str) -> None:
        """See `Store`."""
        if names:
            await _told(self._redis.delete(*(self._prefix + name for name in names)))

    @asynccontextmanager
    async def lock(self, name: str, seconds: float) -> AsyncIterator[None]:
        """See `Store`."""
        # A little longer than a dead holder keeps it: whoever comes right behind that one is to get it.
        lock = self._redis.lock(f"{self._prefix}lock:{name}", timeout=seconds, blocking_timeout=seconds + 0.5, sleep=0.02)
        if not await _told(lock.acquire()):
            raise StoreUnavailable("A session is busy for too long. If this lasts, restart the service.")
        try:
            yield
        finally:
            try:
                await lock.release()
            except (LockError, RedisError, OSError):
                pass  # it expired or Redis went away: either way it is free again

    async def add(self, name: str, *members: str) -> None:
        """See `Store`."""
        if members:
            await _told(self._redis.sadd(self._set + name, *members))

    async def discard(self, name: str, *members: str) -> None:
        """See `Store`."""
        if members:
            await _told(self._redis.srem(self._set + name, *members))

    async def members(self, name: str) -> Members:
        """See `Store`."""
        return {member.decode() for member in await _told(self._redis.smembers(self._set + name))}  # type: ignore[union-attr]  # as above

    async def publish(self, topic: str, message: bytes) -> None:
        """See `Store`."""
        await _told(self._topics.publish(topic, message))

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """See `Store`."""
        return self._topics.subscribe(topic)

    async def clear(self) -> None:
        """See `Store`."""
        cursor = None
        while cursor != 0:
            cursor, names = await _told(self._redis.scan(cursor or 0, match=self._prefix + "*", count=_BATCH))
            if names:
                await _told(self._redis.delete(*names))
        await _told(self._topics.tell_cleared())

    async def close(self) -> None:
        """See `Store`."""
        await self._topics.close()
        await self._redis.aclose()
