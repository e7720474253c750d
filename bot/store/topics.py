"""Who listens to which topic within this process, and what waits for each of them."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

LOOK_ANEW = b""
_MOST_WAITING = 1_000


class Subscription(AsyncIterator[bytes]):
    """The messages of one topic for one subscriber, in their order."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._ended = False

    def give(self, message: bytes) -> None:
        """Lets a message wait until it is asked for; one too many takes the place of all that wait, as the mark to look anew."""
        if len(self._waiting) == _MOST_WAITING:
            self.look_anew()
        else:
            self._waiting.append(message)
            self._news.set()

    def look_anew(self) -> None:
        """Puts the mark in the place of all that waits: it is older than what will be seen then."""
        self._waiting.clear()
        self._waiting.append(LOOK_ANEW)
        self._news.set()

    def end(self) -> None:
        """Ends the iteration at once."""
        self._ended = True
        self._news.set()

    async def __anext__(self) -> bytes:
        while not self._ended:
            if self._waiting:
                return self._waiting.popleft()
            self._news.clear()
            await self._news.wait()
        raise StopAsyncIteration


class Topics:
    """The subscriptions of one process."""

    def __init__(self) -> None:
        self._subscriptions: defaultdict[str, set[Subscription]] = defaultdict(set)
        self.ended = False

    @contextmanager
    def subscription(self, topic: str) -> Iterator[Subscription]:
        """Listens to a topic until it is left; to nothing at all after the end."""
        subscription = Subscription()
        if self.ended:
            subscription.end()
        self._subscriptions[topic].add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions[topic].remove(subscription)
            if not self._subscriptions[topic]:
                del self._subscriptions[topic]

    def give(self, topic: str, message: bytes) -> None:
        """Gives a message to everybody who listens to its topic."""
        for subscription in self._subscriptions.get(topic, ()):
            subscription.give(message)

    def _all(self) -> Iterator[Subscription]:
        for subscriptions in self._subscriptions.values():
            yield from subscriptions

    def look_anew(self) -> None:
        """Tells everybody that something may have been missed."""
        for subscription in self._all():
            subscription.look_anew()

    def end(self) -> None:
        """Ends all subscriptions, and whatever begins after this."""
        self.ended = True
        for subscription in self._all():
            subscription.end()
