"""The desk as a part of the service: its pages over the service's own cases, store and dialogue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.routing import BaseRoute

from bot.desk.accounts import FILE as ACCOUNTS
from bot.desk.accounts import Accounts
from bot.desk.audit import FILE as AUDIT
from bot.desk.audit import Audit
from bot.desk.door import Door, Visit
from bot.desk.pages import rendered
from bot.desk.panel import Dialogue, PanelCase, desk_panel_routes
from bot.desk.rooms import PanelRoutes
from bot.desk.sessions import DeskSessions
from bot.desk.throttle import SignInThrottle
from bot.desk.web import desk_routes
from bot.dialogue.process import DialogueProcess
from bot.handoff.desk_view import CaseView
from bot.handoff.handoffs import Handoffs
from bot.store import Store


def console_routes(
    handoffs: Handoffs, store: Store, dialogue: DialogueProcess, staff_folder: Path, audit_head: Path, public_url: str
) -> list[BaseRoute]:
    """All that is at ``/desk``.

    Args:
        handoffs: the cases.
        store: for sessions of the staff and for what slows guesses down.
        dialogue: looks up answers and services.
        staff_folder, audit_head: see `bot.settings.Settings`.
        public_url: of the service, or empty.
    """
    accounts = Accounts(staff_folder / ACCOUNTS)
    return desk_routes(
        handoffs,
        accounts,
        DeskSessions(store, accounts),
        SignInThrottle(store),
        Audit(staff_folder / AUDIT, audit_head),
        public_url=public_url,
        panel=panel_routes(dialogue),
    )


def panel_routes(dialogue: Dialogue) -> PanelRoutes:
    """The panel beside a conversation.

    Args:
        dialogue: looks up answers and services.
    """

    def routes(door: Door, case_of: Callable[[Visit], Awaitable[CaseView]]) -> list[BaseRoute]:
        async def panel_case(visit: Visit) -> PanelCase:
            view = await case_of(visit)
            town = next((point.value for point in view.points if point.kind == "place"), "")
            return PanelCase(view.row.locale, visit.locale, view.country, town)

        return desk_panel_routes("/desk/case/{case}/panel", door, panel_case, dialogue, rendered)

    return routes
