"""Who is at the desk, and whether they take cases: said again every few seconds while a page is open."""

from __future__ import annotations

from bot.desk.handoff_desk import HandoffDesk
from bot.handoff.desk_view import Advocate, Row
from bot.handoff.life import State


class Attendance:
    """What this worker tells handoffs of the advocates' presence.

    Whether somebody is available is kept with the presence itself, since another worker may hold another page of the same advocate. Whoever
    signs in is available; whoever is locked out of an idle screen is away, and afterwards what they were before.

    Args:
        handoffs: the cases.
    """

    def __init__(self, handoffs: HandoffDesk) -> None:
        self._handoffs = handoffs
        self._before_lock: dict[str, bool] = {}

    async def is_available(self, name: str) -> bool:
        """Whether an advocate takes cases."""
        return next((one.available for one in await self._handoffs.staff() if one.advocate.name == name), True)

    def enter(self, name: str) -> None:
        """The advocate has signed in; what was before counts no more."""
        self._before_lock.pop(name, None)

    async def beat(self, advocate: Advocate) -> None:
        """The advocate's page is open."""
        await self._handoffs.present(advocate, available=await self.is_available(advocate.name))

    async def turn(self, advocate: Advocate) -> bool:
        """Makes one who is available away, and the other way round; returns what they are now."""
        available = not await self.is_available(advocate.name)
        await self._handoffs.present(advocate, available=available)
        return available

    async def lock(self, advocate: Advocate) -> None:
        """Nobody is in front of the advocate's screen."""
        self._before_lock.setdefault(advocate.name, await self.is_available(advocate.name))
        await self._handoffs.present(advocate, available=False)

    async def unlock(self, advocate: Advocate) -> None:
        """The advocate is back."""
        await self._handoffs.present(advocate, available=self._before_lock.pop(advocate.name, True))

    async def cases(self, name: str) -> tuple[Row, ...]:
        """The cases that an advocate has."""
        return tuple(row for row in await self._handoffs.board() if row.state == State.JOINED.value and row.advocate == name)

    async def leave(self, name: str) -> None:
        """The advocate has signed out."""
        self._before_lock.pop(name, None)
        await self._handoffs.absent(name)
