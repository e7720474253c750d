"""The store of several workers: Redis, with persistence off. What it holds is sealed all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis import asyncio as redis
from redis.exceptions import LockError, OutOfMemoryError, RedisError

from bot.errors import ConfigurationError, StoreFull, StoreUnavailable

_PREFIX = "helpline:"
_FULL = "Redis is full. Give it more memory (maxmemory), or find out who floods the service."
_AWAY = "Redis cannot be reached. See that it runs and that REDIS_URL is right."


class RedisStore:
    """Values in Redis.

    Args:
        url: as in REDIS_URL.
    """

    def __init__(self, url: str) -> None:
        # A person waits behind each call: it must fail soon rather than hang.
        self._redis = redis.Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)

    async def check(self) -> None:
        """Refuses a Redis that writes to disk: a snapshot or log would outlive the sessions.

        Raises:
            ConfigurationError: persistence is on, or cannot be read.
            StoreUnavailable: it cannot be reached.
        """
        try:
            save = (await self._redis.config_get("save")).get("save", "?")
            append = (await self._redis.config_get("appendonly")).get("appendonly", "?")
        except redis.ResponseError:
            raise ConfigurationError("Redis does not tell whether it writes to disk. Allow CONFIG GET, or use another Redis.") from None
        except (RedisError, OSError):
            raise StoreUnavailable(_AWAY) from None
        if save or append != "no":
            raise ConfigurationError("Redis writes to disk, where sessions would stay. Start it with --save '' --appendonly no.")

    async def get(self, name: str) -> bytes | None:
        """See `Store`."""
        try:
            value: bytes | None = await self._redis.get(_PREFIX + name)  # type: ignore[assignment]  # bytes, since nothing is decoded
            return value
        except (RedisError, OSError):
            raise StoreUnavailable(_AWAY) from None

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        """See `Store`."""
        try:
            await self._redis.set(_PREFIX + name, value, px=max(1, int(seconds * 1000)))
        except OutOfMemoryError:
            raise StoreFull(_FULL) from None
        except (RedisError, OSError):
            raise StoreUnavailable(_AWAY) from None

    async def claim(self, name: str, seconds: float) -> bool:
        """See `Store`."""
        try:
            return bool(await self._redis.set(_PREFIX + name, b"1", px=max(1, int(seconds * 1000)), nx=True))
        except OutOfMemoryError:
            raise StoreFull(_FULL) from None
        except (RedisError, OSError):
            raise StoreUnavailable(_AWAY) from None

    async def delete(self, *names: str) -> None:
        """See `Store`."""
        try:
            await self._redis.delete(*(_PREFIX + name for name in names))
        except (RedisError, OSError):
            raise StoreUnavailable(_AWAY) from None

    @asynccontextmanager
    async def lock(self, name: str, seconds: float) -> AsyncIterator[None]:
        """See `Store`."""
        lock = self._redis.lock(f"{_PREFIX}lock:{name}", timeout=seconds, blocking_timeout=seconds, sleep=0.02)
        try:
            got = await lock.acquire()
        except OutOfMemoryError:
            raise StoreFull(_FULL) from None
        except (RedisError, OSError):
            raise StoreUnavailable(_AWAY) from None
        if not got:
            raise StoreUnavailable("A session is busy for too long. If this lasts, restart the service.")
        try:
            yield
        finally:
            try:
                await lock.release()
            except (LockError, RedisError, OSError):
                pass  # it expired or Redis went away: either way it is free again

    async def close(self) -> None:
        """See `Store`."""
        await self._redis.aclose()
