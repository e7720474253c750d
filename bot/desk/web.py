"""The advocates' desk on the web, at ``/desk``.

Pages are rendered here (Jinja2) and kept up to date by htmx, which fetches a part of a page when a stream of events says that it has
changed. The stream is read by some forty lines of our own: htmx's extension for such streams puts their content into the page, while here
they carry none, and it can tell neither that a connection is lost nor that a session is over. Idiomorph puts a new part in place of the old
one without touching what is equal in both, so that focus, scrolling and what a screen reader has said already stay.
"""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.segments import counting_tables
from bot.desk.accounts import Accounts
from bot.desk.attendance import Attendance
from bot.desk.audit import Audit
from bot.desk.door import Door, Visit, secured
from bot.desk.events import Events
from bot.desk.handoff_desk import HandoffDesk
from bot.desk.live import Live
from bot.desk.pages import rendered
from bot.desk.panel import Dialogue, PanelCase, desk_panel_routes
from bot.desk.rooms import Rooms
from bot.desk.sessions import DeskSessions
from bot.desk.shift import Shift
from bot.desk.signing import Signing
from bot.desk.throttle import SignInThrottle
from bot.handoff.lines import Desk, desk_settings
from bot.locales import all_locales

_STATIC = Path(__file__).parent / "static"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def desk_routes(
    handoffs: HandoffDesk,
    accounts: Accounts,
    sessions: DeskSessions,
    throttle: SignInThrottle,
    audit: Audit,
    settings: Callable[[], Desk] = desk_settings,
    *,
    public_url: str = "",
    dialogue: Dialogue | None = None,
    idle: float = 600.0,
    clock: Callable[[], float] = time.time,
) -> list[BaseRoute]:
    """All that is at ``/desk``.

    Args:
        handoffs: the cases.
        accounts, sessions, throttle, audit: of the staff.
        settings: the hotline's lines and protocol.
        public_url: under which the service is reached, without a slash at its end; empty where it is reached by its own address.
        dialogue: looks up answers and services for the panel beside a conversation; None for a desk without that.
        idle: seconds without an act after which pages lock themselves; as long as `sessions` takes.
        clock: seconds since 1970.
    """

    def now() -> datetime.datetime:
        return datetime.datetime.fromtimestamp(clock(), datetime.timezone.utc)

    door, live, attendance = Door(sessions, public_url), Live(handoffs, clock), Attendance(handoffs)
    rooms = Rooms(door, handoffs, live, sessions, audit, attendance, settings, idle, now, has_panel=dialogue is not None)

    async def panel_case(visit: Visit) -> PanelCase:
        view = await rooms.case_of(visit)
        return PanelCase(view.row.locale, visit.locale, view.country)

    signing = Signing(door, accounts, sessions, throttle, audit, attendance, clock)
    return [
        *signing.routes(),
        *Shift(door, handoffs, attendance, audit, rooms.framed, signing.signed_out).routes(),
        *rooms.routes(),
        *(desk_panel_routes("/desk/case/{case}/panel", door, panel_case, dialogue, rendered) if dialogue else ()),
        *Events(door, live, attendance).routes(),
        Route("/desk/segments/{locale}", _segments, methods=["GET"]),
        Route("/desk/static/{name:path}", _static, methods=["GET"]),
        *(Route(path, _nowhere, methods=_METHODS) for path in ("/desk", "/desk/{rest:path}")),
    ]


async def _nowhere(request: Request) -> Response:
    """What is not there, or not with that method."""
    return secured(Response(status_code=404))


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    return {path.relative_to(_STATIC).as_posix(): path for path in _STATIC.rglob("*") if path.suffix in _TYPES}


async def _static(request: Request) -> Response:
    path = _files().get(request.path_params["name"])
    if path is None:
        return secured(Response(status_code=404))
    return secured(Response(path.read_bytes(), media_type=_TYPES[path.suffix]))


async def _segments(request: Request) -> Response:
    """The tables by which the page counts segments, for a language that people write in. They are no secret."""
    locale = request.path_params["locale"]
    if locale not in all_locales():
        return secured(Response(status_code=404))
    return secured(Response(json.dumps(counting_tables(locale)), media_type="application/json"))
