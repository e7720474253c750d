"""What is inside: the board, a conversation, and what is done there."""

from __future__ import annotations

import asyncio
import datetime
import hmac
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from unicodedata import category

from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.desk.attendance import Attendance
from bot.desk.audit import Act, Audit
from bot.desk.door import Door, Refused, Visit, text
from bot.desk.handoff_desk import HandoffDesk
from bot.desk.live import Live
from bot.desk.pages import BoardParts, rendered, script_sentences
from bot.desk.sentences import (
    FATES,
    IS_OVER,
    NOT_YOURS,
    OTHER_ADVOCATE,
    PERSON,
    PROBLEMS,
    REFUSALS,
    WIPE_WORD,
    YOU,
    said,
)  # fmt: skip
from bot.desk.sessions import DeskSessions
from bot.desk.wording import language_tag, lines_now
from bot.errors import HelplineError, StaffFilesUnavailable
from bot.handoff.desk_view import CaseView, Row
from bot.handoff.life import PERSON as HERSELF
from bot.handoff.life import Fate, Refusal, Said, State
from bot.handoff.lines import Desk
from bot.handoff.wording import worded_point

MOST_CHARACTERS = 1_000  # of one answer
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class _Shown:
    """A message as the page shows it."""

    key: str
    side: str
    who: str
    since: int
    text: str
    lang: str
    fate: str
    fate_name: str
    urgent: str | None


class Rooms:
    """Pages and acts of those who are signed in.

    Args:
        door: lets requests in.
        handoffs: the cases.
        live: the board of this worker.
        sessions, audit: of the staff.
        attendance: who is at the desk.
        settings: the hotline's lines and protocol.
        idle: seconds without an act after which the screen is locked.
        now: the time of day, with time zone.
        has_panel: whether something stands beside a conversation, at the case's address and ``/panel``.
    """

    def __init__(
        self,
        door: Door,
        handoffs: HandoffDesk,
        live: Live,
        sessions: DeskSessions,
        audit: Audit,
        attendance: Attendance,
        settings: Callable[[], Desk],
        idle: float,
        now: Callable[[], datetime.datetime],
        *,
        has_panel: bool,
    ) -> None:
        self._door, self._handoffs, self._live, self._sessions, self._audit = door, handoffs, live, sessions, audit
        self._attendance, self._settings, self._idle, self._now, self._has_panel = attendance, settings, idle, now, has_panel
        self._parts = BoardParts()
        self._looked = set[tuple[str, str, str]]()  # who looks on, at which case, in which hour

    def routes(self) -> list[BaseRoute]:
        """Where they are."""
        page, part, act = self._door.page, self._door.part, self._door.act
        case = "/desk/case/{case:str}"
        return [
            Route("/desk", page(self._board), methods=["GET"]),
            Route("/desk/board", part(self._board_live), methods=["GET"]),
            Route("/desk/mine", part(self._mine), methods=["GET"]),
            Route("/desk/lines", part(self._lines), methods=["GET"]),
            Route("/desk/available", act(self._turn), methods=["POST"]),
            Route("/desk/next", act(self._take_next), methods=["POST"]),
            Route("/desk/wipe", page(self._wipe_page), methods=["GET"]),
            Route("/desk/wipe", act(self._wipe), methods=["POST"]),
            Route(case, page(self._case), methods=["GET"]),
            Route(case + "/live", part(self._case_live), methods=["GET"]),
            Route(case + "/colleagues", part(self._colleagues), methods=["GET"]),
            Route(case + "/claim", act(self._claim), methods=["POST"]),
            Route(case + "/answer", act(self._answer), methods=["POST"]),
            Route(case + "/typing", act(self._typing), methods=["POST"]),
            Route(case + "/transfer", act(self._transfer), methods=["POST"]),
            Route(case + "/requeue", act(self._requeue), methods=["POST"]),
            Route(case + "/close", act(self._close), methods=["POST"]),
            Route(case + "/block", act(self._block), methods=["POST"]),
        ]

    # --- the frame -------------------------------------------------------------------------------------------------------------------

    async def framed(self, visit: Visit, template: str, status: int = 200, **values: Any) -> Response:
        """A whole page."""
        shown, account = await self._live.shown(), visit.session.account
        presence = shown.presence(account.name)
        frame = {
            "csrf": visit.session.csrf,
            "name": account.name,
            "display": account.display,
            "supervisor": account.supervisor,
            "available": presence.available if presence else True,
            "idle": round(self._idle),
            "now": round(self._now().timestamp(), 1),
            "script": script_sentences(visit.locale),
            "mine": shown.of(account.name),
            "has_panel": self._has_panel,
        }
        return HTMLResponse(rendered(template, visit.locale, **{**frame, **values}), status)

    async def _over(self, visit: Visit, status: int, heading: tuple[str, str], sentence: tuple[str, str]) -> Response:
        locale = visit.locale
        return await self.framed(visit, "over.html", status, heading=said(locale, heading), sentence=said(locale, sentence))

    async def _mine(self, visit: Visit) -> Response:
        shown = await self._live.shown()
        return HTMLResponse(rendered("mine.html", visit.locale, mine=shown.of(visit.name)))

    async def _turn(self, visit: Visit) -> Response:
        available = await self._attendance.turn(visit.advocate)
        self._live.stir()
        return Response(status_code=204, headers={"X-Available": "yes" if available else "no"})

    # --- the board -------------------------------------------------------------------------------------------------------------------

    async def _board_values(self, visit: Visit) -> dict[str, Any]:
        shown, account = await self._live.shown(), visit.session.account
        return {
            "waiting": self._parts.waiting(shown, visit.locale, account.languages, account.supervisor),
            "waiting_count": len(shown.waiting),
            "taken": self._parts.taken(shown, visit.locale) if account.supervisor else "",
            "taken_count": len(shown.taken),
            "staff": shown.staff,
            "supervisor": account.supervisor,
        }

    def _lines_values(self, visit: Visit) -> dict[str, Any]:
        return {"lines": lines_now(visit.locale, self._settings(), self._now())}

    async def _board(self, visit: Visit) -> Response:
        return await self.framed(visit, "board.html", **await self._board_values(visit), **self._lines_values(visit))

    async def _board_live(self, visit: Visit) -> Response:
        return HTMLResponse(rendered("board_live.html", visit.locale, **await self._board_values(visit)))

    async def _lines(self, visit: Visit) -> Response:
        return HTMLResponse(rendered("lines.html", visit.locale, **self._lines_values(visit)))

    async def _claim(self, visit: Visit) -> Response:
        view = await self._handoffs.case(visit.case)
        if view is None or view.row.state != State.WAITING.value:
            return self._refused(visit, Refusal.OVER if view is None else Refusal.NOT_WAITING)
        if not view.row.any_language and view.row.locale not in visit.session.account.languages:
            return self._refused(visit, Refusal.NOT_AGREED)
        await self._note(visit, Act.CLAIMED)
        refusal = await self._handoffs.claim(visit.case, visit.advocate)
        return self._refused(visit, refusal) if refusal else self._open(visit.case)

    async def _take_next(self, visit: Visit) -> Response:
        languages = visit.session.account.languages
        self._live.stir()
        if not any(entry.row.any_language or entry.row.locale in languages for entry in (await self._live.shown()).waiting):
            return text(said(visit.locale, PROBLEMS["nobody"]), 409)
        await self._note(visit, Act.CLAIMED)
        case = await self._handoffs.take_next(visit.advocate)
        return self._open(case) if case else text(said(visit.locale, PROBLEMS["nobody"]), 409)

    def _open(self, case: str) -> Response:
        """Lets the page go to a case."""
        self._live.stir()
        return Response(status_code=204, headers={"X-Go": f"/desk/case/{case}"})

    def _refused(self, visit: Visit, refusal: Refusal) -> Response:
        self._live.stir()
        return text(said(visit.locale, REFUSALS[refusal]), 403 if refusal is Refusal.NOT_YOURS else 409)

    # --- a conversation ----------------------------------------------------------------------------------------------------------------

    async def case_of(self, visit: Visit) -> CaseView:
        """The case that a visit is about.

        Raises:
            Refused: it is gone, or another's.
            StaffFilesUnavailable: it is another's, and that a supervisor looks on cannot be noted.
        """
        view = await self._handoffs.case(visit.case)
        if view is None:
            raise Refused(410, "over")
        if view.row.advocate != visit.name:
            if not visit.session.account.supervisor:
                raise Refused(403, "not_yours")
            await self._note_look(visit)
        return view

    async def _note_look(self, visit: Visit) -> None:
        """Notes once in an hour that a supervisor reads what a person writes to another: the page asks for it again and again.

        Source: OWASP ASVS 4.0.3, 8.3.5 (who reads what is sensitive is noted, without a word of it).
        """
        look = (visit.name, visit.case, f"{self._now():%Y-%m-%dT%H}")
        if look not in self._looked:
            await self._note(visit, Act.LOOKED_ON)
            self._looked = {one for one in self._looked if one[2] == look[2]} | {look}

    def _live_values(self, visit: Visit, view: CaseView) -> dict[str, Any]:
        shown = [self._message(visit, view, one) for one in view.said]
        return {
            "row": view.row,
            "is_mine": view.row.advocate == visit.name,
            "said": shown,
            "unheard": sum(one.side == "hers" for one in shown),
            "held": view.held and view.row.state == State.JOINED.value,
        }

    def _message(self, visit: Visit, view: CaseView, one: Said) -> _Shown:
        hers, own = one.who == HERSELF, one.who == visit.name
        who = PERSON if hers else YOU if own else OTHER_ADVOCATE
        fate = "" if hers else said(visit.locale, FATES[one.fate])
        since = round(self._now().timestamp() - (view.now - one.at))
        lang = language_tag(view.row.locale) if hers else ""
        side = "hers" if hers else "mine" if own else "another"
        return _Shown(one.key, side, said(visit.locale, who), since, one.text, lang, fate, Fate(one.fate).value, one.urgent)

    async def _case(self, visit: Visit) -> Response:
        try:
            view = await self.case_of(visit)
        except Refused as refused:
            heading = NOT_YOURS if refused.status == 403 else IS_OVER
            return await self._over(visit, refused.status, heading, PROBLEMS[refused.problem])
        return await self.framed(
            visit,
            "case.html",
            points=view.points,
            worded=partial(worded_point, visit.locale),
            protocol=self._settings().protocol,
            **self._live_values(visit, view),
        )

    async def _case_live(self, visit: Visit) -> Response:
        view = await self.case_of(visit)
        return HTMLResponse(rendered("case_live.html", visit.locale, **self._live_values(visit, view)))

    async def _colleagues(self, visit: Visit) -> Response:
        view = await self.case_of(visit)
        colleagues = [one for one in await self._handoffs.staff() if one.advocate.name != view.row.advocate]
        return HTMLResponse(rendered("colleagues.html", visit.locale, colleagues=colleagues, hers=view.row.locale))

    async def _answer(self, visit: Visit) -> Response:
        key, words = visit.form.get("key", ""), visit.form.get("text", "").replace("\r\n", "\n").strip()
        if not _KEY.fullmatch(key):
            raise Refused(400, "malformed")
        if not any(category(letter)[0] not in "CZ" for letter in words):
            raise Refused(400, "empty")  # a phone that rings for an empty message draws eyes to it
        if len(words) > MOST_CHARACTERS:
            raise Refused(413, "too_long")
        refusal = await self._handoffs.answer(visit.case, visit.advocate, key, words)
        return self._refused(visit, refusal) if refusal else Response(status_code=204)

    async def _typing(self, visit: Visit) -> Response:
        await self._handoffs.typing(visit.case, visit.advocate)
        return Response(status_code=204)

    # --- what ends or hands on a case ------------------------------------------------------------------------------------------------

    async def _handed(self, visit: Visit, act: Act, do: Callable[[], Awaitable[Refusal | None]], *, supervisors: bool) -> Response:
        """Does something that takes the case away from its advocate, and notes it before."""
        view = await self._handoffs.case(visit.case)
        if view is None:
            return self._refused(visit, Refusal.OVER)
        if not self._may(visit, view.row, supervisors):
            return self._refused(visit, Refusal.NOT_YOURS)
        await self._note(visit, act)
        refusal = await do()
        if refusal:
            return self._refused(visit, refusal)
        self._live.stir()
        return Response(status_code=204, headers={"X-Go": "/desk"})

    @staticmethod
    def _may(visit: Visit, row: Row, supervisors: bool) -> bool:
        return row.advocate == visit.name or (supervisors and visit.session.account.supervisor)

    async def _transfer(self, visit: Visit) -> Response:
        to = visit.form.get("to", "")
        if not any(one.advocate.name == to for one in await self._handoffs.staff()):
            return self._refused(visit, Refusal.NOT_THERE)
        return await self._handed(
            visit, Act.TRANSFERRED, lambda: self._handoffs.transfer(visit.case, visit.advocate, to), supervisors=True
        )  # fmt: skip

    async def _requeue(self, visit: Visit) -> Response:
        return await self._handed(visit, Act.REQUEUED, lambda: self._handoffs.requeue(visit.case, visit.advocate), supervisors=True)

    async def _close(self, visit: Visit) -> Response:
        asks = visit.form.get("asks") == "yes"
        return await self._handed(
            visit, Act.CLOSED, lambda: self._handoffs.close(visit.case, visit.advocate, asks=asks), supervisors=False
        )  # fmt: skip

    async def _block(self, visit: Visit) -> Response:
        return await self._handed(visit, Act.BLOCKED, lambda: self._handoffs.block(visit.case, visit.advocate), supervisors=False)

    async def _note(self, visit: Visit, act: Act) -> None:
        """Notes an act before it is done.

        Raises:
            StaffFilesUnavailable: it cannot be noted, so it is not to be done.
        """
        await asyncio.to_thread(self._audit.note, visit.name, act)

    # --- erasing everything ----------------------------------------------------------------------------------------------------------

    async def _wipe_page(self, visit: Visit) -> Response:
        return await self.framed(visit, "wipe.html", word=said(visit.locale, WIPE_WORD))

    async def _wipe(self, visit: Visit) -> Response:
        """Erases first and notes it afterwards: nothing may hinder it. That it is meant say three presses of keys, or the typed word."""
        word = visit.form.get("word", "").strip().casefold().encode()
        words = (said(visit.locale, WIPE_WORD), WIPE_WORD[1])
        by_keys = visit.form.get("keys") == "3"
        if not by_keys and not any(hmac.compare_digest(word, one.casefold().encode()) for one in words):
            raise Refused(400, "word")
        await self._handoffs.wipe()
        with suppress(HelplineError):
            await self._sessions.end_everything()
        with suppress(StaffFilesUnavailable):
            await asyncio.to_thread(self._audit.note, visit.name, Act.WIPED)
        response = Response(status_code=204, headers={"X-Leave": "/desk/wiped"})
        self._door.take(visit.request, response)
        return response
