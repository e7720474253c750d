"""Topics across workers: each worker hears all of them over one connection to Redis, and hands them to whoever listens there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis import asyncio as redis
from redis.asyncio.client import PubSub

from bot.store.topics import Topics

_LOG = logging.getLogger(__name__)

_CLEARED = b"cleared"  # the channel on which everybody is told that everything is forgotten
_TOPIC = b"topic:"  # what the channels of topics begin with
_QUIET = 15.0  # seconds without a message after which Redis is asked whether it is still there
_ANSWER = 1.0  # seconds it has for answering that, and for taking a subscriber in
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0  # seconds between tries to reach a Redis that is away


class RedisTopics:
    """Topics in Redis.

    Args:
        client: its commands time out; the connection that listens may be silent for as long as Redis answers when asked.
        prefix: what the names of its channels begin with.
    """

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis = client
        # Redis tells all its databases of a message: the number keeps services apart that share a server.
        self._prefix = f"{prefix}{client.connection_pool.connection_kwargs.get('db') or 0}:".encode()
        self._topics = Topics()
        self._hears = asyncio.Event()
        self._hearing: asyncio.Task[None] | None = None

    async def publish(self, topic: str, message: bytes) -> None:
        """See `Store`; with the errors of Redis."""
        await self._redis.publish(self._prefix + _TOPIC + topic.encode(), message)

    async def tell_cleared(self) -> None:
        """Lets every worker forget what waits for its subscribers, who are told to look anew; with the errors of Redis."""
        await self._redis.publish(self._prefix + _CLEARED, b"")

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """See `Store`."""
        if not self._topics.ended:
            self._hearing = self._hearing or asyncio.create_task(self._hear())
            try:
                await asyncio.wait_for(self._hears.wait(), _ANSWER)
            except asyncio.TimeoutError:
                pass  # whoever listens by then is told to look anew when Redis is back
        with self._topics.subscription(topic) as subscription:
            yield subscription

    async def _hear(self) -> None:
        """Hears until it is cancelled, and connects again whenever Redis was away."""
        pause = _SHORTEST_PAUSE
        while True:
            try:
                async with self._redis.pubsub() as connection:
                    await self._hand_on(connection)
            except Exception as error:  # noqa: BLE001 - whatever it is, without this task no desk hears of anybody again
                if self._hears.is_set():
                    _LOG.warning("store: Redis is away (%s); the desks are told to look anew when it is back.", type(error).__name__)
                    pause = _SHORTEST_PAUSE
            self._hears.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _hand_on(self, connection: PubSub) -> None:
        """Gives what is heard to who listens here.

        Raises:
            redis.RedisError, OSError: the connection is lost, or nothing answers at its other end.
        """
        await connection.psubscribe(self._prefix + b"*")
        owed = True  # whether Redis owes an answer
        while True:
            heard = await connection.get_message(timeout=_ANSWER if owed else _QUIET)
            if heard is None and owed:
                raise redis.TimeoutError
            owed = heard is None
            if heard is None:
                await connection.ping()
            elif heard["type"] == "psubscribe":
                self._topics.look_anew()
                self._hears.set()
            elif heard["type"] == "pmessage":
                self._give(heard["channel"].removeprefix(self._prefix), heard["data"])

    def _give(self, channel: bytes, message: bytes) -> None:
        if channel == _CLEARED:
            self._topics.look_anew()
        else:
            self._topics.give(channel.removeprefix(_TOPIC).decode(), message)

    async def close(self) -> None:
        """Ends all subscriptions and lets go of the connection."""
        self._topics.end()
        if self._hearing:
            self._hearing.cancel()
            await asyncio.wait((self._hearing,))
