"""Signing in and out, and the locked screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.desk.accounts import DESK_LOCALES, UNKNOWN, Account, Accounts
from bot.desk.attendance import Attendance
from bot.desk.audit import Act, Audit
from bot.desk.door import Door, Refused, Visit, locale_asked, secured, text
from bot.desk.pages import rendered
from bot.desk.sentences import PROBLEMS, said
from bot.desk.sessions import DeskSessions
from bot.desk.throttle import SignInThrottle
from bot.desk.wording import own_name
from bot.errors import HelplineError, SignInRefused, StaffFilesUnavailable

SHIFT = "/desk/shift"  # where whoever has cases hands them over before signing out
_OF_SESSION = "session"  # under which failures to unlock are counted


class Signing:
    """The pages of the door.

    Args:
        door: lets requests in.
        accounts, sessions, throttle, audit: of the staff.
        attendance: who is at the desk.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        door: Door,
        accounts: Accounts,
        sessions: DeskSessions,
        throttle: SignInThrottle,
        audit: Audit,
        attendance: Attendance,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._door, self._accounts, self._sessions, self._throttle, self._audit = door, accounts, sessions, throttle, audit
        self._attendance, self._clock = attendance, clock

    def routes(self) -> list[BaseRoute]:
        """Where they are."""
        act = self._door.act
        return [
            Route("/desk/sign-in", self._form, methods=["GET"]),
            Route("/desk/sign-in", self._sign_in, methods=["POST"]),
            Route("/desk/sign-out", act(self._sign_out, locked=True, counts=False), methods=["POST"]),
            Route("/desk/lock", act(self._lock, locked=True, counts=False), methods=["POST"]),
            Route("/desk/unlock", act(self._unlock, locked=True, counts=False), methods=["POST"]),
            Route("/desk/seen", act(self._seen), methods=["POST"]),
            Route("/desk/wiped", self._wiped, methods=["GET"]),
        ]

    def _page(self, request: Request, problem: str, status: int) -> Response:
        locale = locale_asked(request)
        languages = [(code, own_name(code)) for code in DESK_LOCALES if code != locale]
        words = said(locale, PROBLEMS[problem]) if problem else ""
        return secured(HTMLResponse(rendered("sign_in.html", locale, problem=words, languages=languages), status))

    async def _form(self, request: Request) -> Response:
        return self._page(request, "", 200)

    async def _sign_in(self, request: Request) -> Response:
        try:
            self._door.refuse_elsewhere(request)
            form = await self._door.form(request)
            account, device = await self._checked(request, form)
            await asyncio.to_thread(self._audit.note, account.name, Act.SIGNED_IN)
            token = await self._sessions.begin(account)
            if before := self._door.token(request):
                await self._sessions.end(before)
        except Refused as refused:
            return self._page(request, refused.problem, refused.status)
        except SignInRefused:
            return self._page(request, "sign_in", 403)
        except HelplineError as error:
            return self._page(request, "files" if isinstance(error, StaffFilesUnavailable) else "away", 503)
        self._attendance.enter(account.name)
        response = RedirectResponse("/desk", 303)
        self._door.give(request, response, token, device)
        return secured(response)

    async def _checked(self, request: Request, form: dict[str, str]) -> tuple[Account, str]:
        """Whose name, password and code these are, and the mark of a device that is new.

        Raises:
            SignInRefused: nobody's, or it was tried too often.
        """
        name, mark = form.get("name", ""), self._door.device(request)
        known = await asyncio.to_thread(self._accounts.device_of, name, mark) if mark else ""
        try:
            if await self._throttle.wait_for(name, known):
                raise SignInRefused(PROBLEMS["sign_in"][1])
            password, code = form.get("password", ""), form.get("code", "")
            account = await asyncio.to_thread(self._accounts.check, name, password, code, self._clock())
        except SignInRefused:
            await self._noted(UNKNOWN, Act.SIGN_IN_REFUSED)
            raise
        await self._throttle.succeeded(name, known)
        return account, "" if known else await asyncio.to_thread(self._accounts.new_device, account.name)

    async def _noted(self, actor: str, act: Act) -> None:
        """Notes what nobody must be kept from, even where it cannot be noted."""
        with suppress(StaffFilesUnavailable):
            await asyncio.to_thread(self._audit.note, actor, act)

    async def _sign_out(self, visit: Visit) -> Response:
        """Whoever has cases hands them over first; a locked screen can be signed out as it is."""
        with suppress(HelplineError):
            if not visit.session.locked and await self._attendance.cases(visit.name):
                return RedirectResponse(SHIFT, 303)
        return await self.signed_out(visit)

    async def signed_out(self, visit: Visit) -> Response:
        """Ends the session."""
        await self._sessions.end(visit.token)
        await self._attendance.leave(visit.name)
        await self._noted(visit.name, Act.SIGNED_OUT)
        response = RedirectResponse("/desk/sign-in", 303)
        self._door.take(visit.request, response)
        return response

    async def _lock(self, visit: Visit) -> Response:
        if await self._sessions.lock(visit.token):
            await self._attendance.lock(visit.advocate)
            await self._noted(visit.name, Act.LOCKED)
        return Response(status_code=204)

    async def _unlock(self, visit: Visit) -> Response:
        by_script = "x-csrf" in visit.request.headers
        try:
            if await self._throttle.wait_for(visit.name, _OF_SESSION):
                raise SignInRefused(PROBLEMS["password"][1])
            await asyncio.to_thread(self._accounts.confirm, visit.name, visit.form.get("password", ""))
        except SignInRefused:
            await self._noted(visit.name, Act.UNLOCK_REFUSED)
            return text(said(visit.locale, PROBLEMS["password"]), 403) if by_script else RedirectResponse("/desk", 303)
        await self._throttle.succeeded(visit.name, _OF_SESSION)
        await self._sessions.unlock(visit.token)
        await self._attendance.unlock(visit.advocate)
        await self._noted(visit.name, Act.UNLOCKED)
        return Response(status_code=204) if by_script else RedirectResponse("/desk", 303)

    async def _seen(self, visit: Visit) -> Response:
        return Response(status_code=204)

    async def _wiped(self, request: Request) -> Response:
        return secured(HTMLResponse(rendered("wiped.html", locale_asked(request))))
