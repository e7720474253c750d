"""What is remembered between messages, and shared between workers: in memory, or in Redis. One contract, tested against both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

Members = set[str]  # by another name, since stores have a method `set`


class Store(Protocol):
    """Named values that expire, named sets that do not, and topics. A value, a set, a lock and a topic of one name are four things."""

    async def get(self, name: str) -> bytes | None:
        """The value, or None where there is none or it has expired.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        ...

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        """Keeps a value for so many seconds.

        Raises:
            StoreFull: there is no room for a further name.
            StoreUnavailable: the store cannot be reached.
        """
        ...

    async def set_new(self, name: str, value: bytes, seconds: float) -> bool:
        """Keeps a value for so many seconds where there is none; False where there is one, which stays.

        Raises:
            StoreFull, StoreUnavailable: as `set`.
        """
        ...

    async def take(self, name: str) -> bytes | None:
        """The value, which is forgotten in the same step: of several who take it, one gets it. None as `get`.

        Raises:
            StoreUnavailable: the store cannot be reached. The value may be lost where it broke off in between.
        """
        ...

    async def claim(self, name: str, seconds: float) -> bool:
        """Takes a name that nobody holds; False where somebody holds it already. It is free again after so many seconds.

        Raises:
            StoreFull, StoreUnavailable: as `set`.
        """
        ...

    async def delete(self, *names: str) -> None:
        """Forgets values; names without one are no error."""
        ...

    def lock(self, name: str, seconds: float) -> AbstractAsyncContextManager[None]:
        """Lets one holder at a time in; a holder that dies loses it after so many seconds.

        Raises:
            StoreFull: there is no room for the lock itself.
            StoreUnavailable: it could not be had within that time, or the store cannot be reached.
        """
        ...

    async def add(self, name: str, *members: str) -> None:
        """Puts members into a set, which begins with its first one. It does not expire, so nothing of a person may be in it.

        Raises:
            StoreFull: there is no room for further members; then none of them is put in.
            StoreUnavailable: the store cannot be reached.
        """
        ...

    async def discard(self, name: str, *members: str) -> None:
        """Takes members out of a set; those that are not in it are no error. The set is gone with its last one.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        ...

    async def members(self, name: str) -> Members:
        """All members of a set; none where there is no set.

        Raises:
            StoreUnavailable: the store cannot be reached.
        """
        ...

    async def publish(self, topic: str, message: bytes) -> None:
        """Gives a message to everybody who subscribes to the topic now, in any worker: once, or never where the store breaks down.

        Write what the message tells of before it is published: who looks anew must find it.

        Args:
            topic: what subscribers asked for.
            message: an empty one says "look anew".

        Raises:
            StoreUnavailable: the store cannot be reached. Nobody or everybody may have got it.
        """
        ...

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The messages on a topic from now on, in their order, until the store is closed.

        An empty message means "look anew": something may have been missed, because the subscriber let 1,000 messages wait, everything was
        cleared, or the store was away and is back. It stands in the place of all that waited. A subscription may begin while the store
        is away.
        """
        ...

    async def clear(self) -> None:
        """Forgets everything of this service, also who holds which lock, and tells all subscribers to look anew.

        What others write meanwhile may stay.

        Raises:
            StoreUnavailable: the store cannot be reached, and part of it may not be forgotten.
        """
        ...

    async def close(self) -> None:
        """Ends all subscriptions of this worker and lets go of connections."""
        ...
