"""The stream of what changes, to each open page of the desk. It says only what is to be looked at anew; words never go through it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.desk.attendance import Attendance
from bot.desk.door import Door, Refused, Visit, advocate_of, secured
from bot.desk.live import Happened, Live
from bot.desk.wording import number_of
from bot.errors import HelplineError
from bot.handoff.desk_view import Advocate

_BEAT = 8.0  # seconds between looks at the session, and between signs of life
_RETRY = 2_000  # milliseconds after which a browser tries again
Told = tuple[str, dict[str, object]]  # name of an event, and what it says


def told_of(happened: Happened, advocate: Advocate) -> list[Told]:
    """What an advocate's page is told of what happened."""
    if happened.wiped:
        return [("wiped", {})]
    if happened.away:
        return [("away", {})]
    if happened.everything:
        return [("everything", {})]
    found: list[Told] = []
    if happened.is_seen_by(advocate):
        found.append(("board", {"came": len(happened.came)}))
    found += [("case", {"case": case}) for case in sorted(happened.cases) if happened.concerns(case, advocate)]
    found += [("ended", {"case": case, "why": why}) for case, why in happened.ended if happened.concerns(case, advocate)]
    found += [("spoke", {"case": case}) for case in sorted(happened.spoke) if advocate.name in happened.owners.get(case, ())]
    if advocate.supervisor:
        found += [("alert", {"case": one.case, "number": number_of(one.case), "why": one.why}) for one in happened.alerts]
    return found


def _event(name: str, content: dict[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(content)}\n\n".encode()


class Events:
    """The streams of this worker.

    Args:
        door: lets requests in.
        live: what happens.
        attendance: who is at the desk.
        beat: seconds between looks at the session.
    """

    def __init__(self, door: Door, live: Live, attendance: Attendance, beat: float = _BEAT) -> None:
        self._door, self._live, self._attendance, self._beat = door, live, attendance, beat

    def routes(self) -> list[BaseRoute]:
        """Where they are."""
        return [Route("/desk/events", self._stream, methods=["GET"])]

    async def _stream(self, request: Request) -> Response:
        if self._door.is_elsewhere(request):
            return secured(Response(status_code=403))
        return secured(StreamingResponse(self._told(request), media_type="text/event-stream"))

    async def _told(self, request: Request) -> AsyncIterator[bytes]:
        """Never ends in an error: a browser would not try again after one."""
        yield f"retry: {_RETRY}\n\n".encode()
        loop = asyncio.get_running_loop()
        with self._live.listen() as inbox:
            visit: Visit | None = None  # while it cannot be told who listens, nothing is told
            beat, was_locked, missed = loop.time(), False, False
            while True:
                if loop.time() >= beat:
                    beat = loop.time() + self._beat
                    try:
                        visit = await self._door.visit(request)
                        yield await self._alive(visit, was_locked)
                        was_locked = visit.session.locked
                    except Refused:
                        yield _event("over", {})
                        return
                    except HelplineError:
                        visit = None
                        yield _event("away", {})
                if visit and missed and not was_locked:
                    missed = False
                    yield _event("everything", {})
                try:
                    happened = await asyncio.wait_for(inbox.get(), max(0.0, beat - loop.time()))
                except asyncio.TimeoutError:
                    continue
                if visit is None:
                    missed = True
                elif happened.wiped or not was_locked:
                    for event in told_of(happened, advocate_of(visit.session)):
                        yield _event(*event)

    async def _alive(self, visit: Visit, was_locked: bool) -> bytes:
        """A sign of life, with what the page's frame shows of the advocate."""
        advocate = visit.advocate
        if visit.session.locked and not was_locked:
            await self._attendance.lock(advocate)
        else:
            await self._attendance.beat(advocate)
        if visit.session.locked:
            return _event("locked", {})
        available = True
        with suppress(HelplineError):
            available = await self._attendance.is_available(advocate.name)
        return _event("alive", {"available": available})
