"""The desk as a part of the service: its pages over the service's own cases, store and dialogue."""

from __future__ import annotations

from pathlib import Path

from starlette.routing import BaseRoute

from bot.desk.accounts import FILE as ACCOUNTS
from bot.desk.accounts import Accounts
from bot.desk.audit import FILE as AUDIT
from bot.desk.audit import Audit
from bot.desk.sessions import DeskSessions
from bot.desk.throttle import SignInThrottle
from bot.desk.web import desk_routes
from bot.dialogue.process import DialogueProcess
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
        dialogue=dialogue,
    )
