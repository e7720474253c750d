"""The end of a shift: an advocate's cases go to a colleague, or back in front of the queue, and the advocate signs out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.desk.attendance import Attendance
from bot.desk.audit import Act, Audit
from bot.desk.door import Door, Visit
from bot.desk.handoff_desk import HandoffDesk
from bot.desk.signing import SHIFT

Framed = Callable[..., Awaitable[Response]]


class Shift:
    """The page on which a shift ends.

    Args:
        door: lets requests in.
        handoffs: the cases.
        attendance: who is at the desk.
        audit: of the staff.
        framed: a whole page, by its template; see `bot.desk.rooms.Rooms.framed`.
        sign_out: ends a session; see `bot.desk.signing.Signing.signed_out`.
    """

    def __init__(
        self,
        door: Door,
        handoffs: HandoffDesk,
        attendance: Attendance,
        audit: Audit,
        framed: Framed,
        sign_out: Callable[[Visit], Awaitable[Response]],
    ) -> None:
        self._door, self._handoffs, self._attendance, self._audit = door, handoffs, attendance, audit
        self._framed, self._sign_out = framed, sign_out

    def routes(self) -> list[BaseRoute]:
        """Where it is."""
        return [
            Route(SHIFT, self._door.page(self._page), methods=["GET"]),
            Route(SHIFT, self._door.act(self._end), methods=["POST"]),
        ]

    async def _page(self, visit: Visit) -> Response:
        colleagues = [one for one in await self._handoffs.staff() if one.advocate.name != visit.name]
        cases = await self._attendance.cases(visit.name)
        return await self._framed(visit, "shift.html", colleagues=colleagues, cases=cases)

    async def _end(self, visit: Visit) -> Response:
        """A case that the colleague cannot take, for its language or because he has just left, goes back in front of the queue."""
        to = visit.form.get("to", "")
        for row in await self._attendance.cases(visit.name):
            if to:
                await self._note(visit, Act.TRANSFERRED)
            if not to or await self._handoffs.transfer(row.id, visit.advocate, to):
                await self._note(visit, Act.REQUEUED)
                await self._handoffs.requeue(row.id, visit.advocate)
        return await self._sign_out(visit)

    async def _note(self, visit: Visit, act: Act) -> None:
        await asyncio.to_thread(self._audit.note, visit.name, act)
