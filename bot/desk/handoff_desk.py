"""What the desk asks of handoffs: the seam between its pages and the cases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bot.handoff.desk_view import Advocate, CaseView, Notice, Presence, Row
from bot.handoff.life import Refusal


class HandoffDesk(Protocol):
    """The cases, as the desk sees and changes them. Each method raises StoreUnavailable where the store cannot be reached."""

    async def board(self) -> tuple[Row, ...]:
        """All cases: those that wait in the order in which they are to be taken, then those with an advocate, then those that close."""
        ...

    async def case(self, case: str) -> CaseView | None:
        """One case, or None where it is gone."""
        ...

    async def staff(self) -> tuple[Presence, ...]:
        """Who is at the desk."""
        ...

    async def claim(self, case: str, advocate: Advocate) -> Refusal | None:
        """Takes a case; one advocate only has it, even when two click at once."""
        ...

    async def take_next(self, advocate: Advocate) -> str | None:
        """Takes the first case that the advocate can write in; its id, or None where none waits."""
        ...

    async def answer(self, case: str, advocate: Advocate, key: str, text: str) -> Refusal | None:
        """Sends words to the person; the same key twice is one message."""
        ...

    async def typing(self, case: str, advocate: Advocate) -> None:
        """Shows the person that the advocate is typing, where the channel can."""
        ...

    async def transfer(self, case: str, advocate: Advocate, to: str) -> Refusal | None:
        """Hands the case to another advocate who is present, by sign-in name."""
        ...

    async def requeue(self, case: str, advocate: Advocate) -> Refusal | None:
        """Puts the case back in front of the queue."""
        ...

    async def close(self, case: str, advocate: Advocate, *, asks: bool = True) -> Refusal | None:
        """Ends the case, with the one question whether it helped or without."""
        ...

    async def block(self, case: str, advocate: Advocate) -> Refusal | None:
        """Ends the case because the line is abused."""
        ...

    async def wipe(self) -> int:
        """Ends every case and session; the number of cases."""
        ...

    async def present(self, advocate: Advocate, *, available: bool) -> None:
        """The advocate's page is open; holds for some 20 seconds."""
        ...

    async def absent(self, name: str) -> None:
        """The advocate has signed out."""
        ...

    def watch(self) -> AbstractAsyncContextManager[AsyncIterator[Notice]]:
        """What changes, as it changes."""
        ...
