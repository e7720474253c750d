"""The desk's door: what every request must prove, and what every answer bears.

A request is that of somebody signed in by the cookie of a session (`bot.desk.sessions`). What changes something must also come from a
page of the desk: by what the browser says of its origin, and by the session's own word in the form or the header ``X-CSRF``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from bot.desk.accounts import DESK_LOCALES
from bot.desk.pages import rendered
from bot.desk.sentences import DESK, PROBLEMS, TO_BOARD, said
from bot.desk.sessions import DeskSession, DeskSessions
from bot.errors import HelplineError, StaffFilesUnavailable
from bot.handoff.desk_view import Advocate

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Strict-Transport-Security": "max-age=31536000",  # a browser passes over it where a trial is not encrypted (RFC 6797, 8.1)
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=(), clipboard-read=(), interest-cohort=()",
    "X-Robots-Tag": "noindex",
}
_COOKIE, _DEVICE = "desk", "desk-device"
_DEVICE_SECONDS = 180 * 86_400
_LOCAL = ("127.0.0.1", "localhost", "[::1]")
_MOST_BYTES = 1024 * 1024  # what is larger is no form of the desk, nor anything that somebody pasted
_MOST_FIELDS = 20


class Refused(Exception):
    """A request is refused.

    Args:
        status: of the answer.
        problem: one of `PROBLEMS`.
    """

    def __init__(self, status: int, problem: str) -> None:
        self.status, self.problem = status, problem


@dataclass(frozen=True)
class Visit:
    """A request of somebody who is signed in.

    Attributes:
        request: as it came.
        session: whose.
        token: of the session.
        form: what was sent along.
    """

    request: Request
    session: DeskSession
    token: str
    form: dict[str, str]

    @property
    def locale(self) -> str:
        """In which the desk speaks to them."""
        return self.session.account.desk_locale

    @property
    def name(self) -> str:
        """Their sign-in name."""
        return self.session.account.name

    @property
    def advocate(self) -> Advocate:
        """Them, as handoffs know them."""
        return advocate_of(self.session)

    @property
    def case(self) -> str:
        """The case that the address names."""
        return str(self.request.path_params["case"])


def advocate_of(session: DeskSession) -> Advocate:
    """Who is signed in, as handoffs know them."""
    account = session.account
    return Advocate(account.name, account.display, account.languages, account.supervisor, account.most_cases)


def secured(response: Response) -> Response:
    """The same with the headers that every answer of the desk bears."""
    response.headers.update(HEADERS)
    return response


def text(sentence: str, status: int) -> Response:
    """A plain sentence, for the page's script to show."""
    return PlainTextResponse(sentence, status)


def locale_asked(request: Request) -> str:
    """The language of the door, where nobody is signed in yet: picked there, or the browser's."""
    picked = request.query_params.get("language", "")
    wanted = [part.partition(";")[0].strip().partition("-")[0].lower() for part in request.headers.get("accept-language", "").split(",")]
    return next((code for code in (picked, *wanted) if code in DESK_LOCALES), DESK_LOCALES[0])


class Door:
    """Lets requests in.

    Args:
        sessions: of the staff.
        public_url: under which the service is reached, without a slash at its end; empty where the browser's own address is trusted.
    """

    def __init__(self, sessions: DeskSessions, public_url: str = "") -> None:
        self._sessions, self._public = sessions, public_url

    # --- cookies ---------------------------------------------------------------------------------------------------------------

    def _is_plain(self, request: Request) -> bool:
        """A trial on this machine, without encryption. Browsers do not keep a ``__Host-`` cookie there."""
        if self._public:
            return self._public.startswith("http://")
        return request.url.scheme == "http" and (request.headers.get("host", "").rpartition(":")[0] or request.url.hostname) in _LOCAL

    def _name(self, request: Request, name: str) -> str:
        return name if self._is_plain(request) else f"__Host-{name}"

    def token(self, request: Request) -> str:
        """The token that the browser keeps; empty where it has none."""
        return request.cookies.get(self._name(request, _COOKIE), "")

    def device(self, request: Request) -> str:
        """The mark of a device that was signed in on before, or empty."""
        return request.cookies.get(self._name(request, _DEVICE), "")

    def give(self, request: Request, response: Response, token: str, device: str) -> None:
        """Lets the browser keep a session until it is closed, and the mark of the device for longer."""
        self._set(request, response, _COOKIE, token, None)
        if device:
            self._set(request, response, _DEVICE, device, _DEVICE_SECONDS)

    def take(self, request: Request, response: Response) -> None:
        """Lets the browser forget the session."""
        self._set(request, response, _COOKIE, "", 0)

    def _set(self, request: Request, response: Response, name: str, value: str, seconds: int | None) -> None:
        secure = not self._is_plain(request)
        response.set_cookie(
            self._name(request, name), value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="strict"
        )  # fmt: skip

    # --- what a request proves ---------------------------------------------------------------------------------------------------

    def refuse_elsewhere(self, request: Request) -> None:
        """Refuses what another page than the desk's has sent.

        Raises:
            Refused: the browser says so, or says nothing.
        Source: OWASP, Cross-Site Request Forgery Prevention Cheat Sheet (Fetch Metadata, and the origin where a browser lacks that).
        """
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "")
        ours = urlsplit(self._public).netloc if self._public else request.headers.get("host", "")
        if (site is not None and site != "same-origin") or (site is None and urlsplit(origin).netloc != ours):
            raise Refused(403, "elsewhere")

    @staticmethod
    def is_elsewhere(request: Request) -> bool:
        """Whether another page asks for what only the desk's own pages ask for. One of the same site, such as the charity's, does so with
        the cookie; it could not read the answer, but make somebody present who is not.
        """
        return request.headers.get("sec-fetch-site", "same-origin") != "same-origin"

    async def form(self, request: Request) -> dict[str, str]:
        """What a form sends.

        Raises:
            Refused: it is too large or none.
        """
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise Refused(413, "too_long")
            fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except (ClientDisconnect, ValueError):
            raise Refused(400, "malformed") from None
        return dict(fields)

    async def visit(self, request: Request) -> Visit:
        """Who asks.

        Raises:
            Refused: nobody is signed in.
            StoreUnavailable, StaffFilesUnavailable: it cannot be told.
        """
        token = self.token(request)
        session = await self._sessions.of(token) if token else None
        if session is None:
            raise Refused(401, "signed_out")
        return Visit(request, session, token, {})

    # --- kinds of endpoints --------------------------------------------------------------------------------------------------------

    def page(self, handler: Callable[[Visit], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """A page that somebody opens: whoever is not signed in is led to the door, and a locked screen shows nothing of it."""

        async def endpoint(request: Request) -> Response:
            try:
                visit = await self.visit(request)
                if visit.session.locked:
                    return secured(HTMLResponse(rendered("locked.html", visit.locale, csrf=visit.session.csrf, name=visit.name), 423))
                if request.headers.get("sec-fetch-site") != "same-site":  # what another page shows or loads is no act
                    await self._sessions.seen(visit.token)
                return secured(await handler(visit))
            except Refused as refused:
                if refused.status == 401:
                    return secured(RedirectResponse("/desk/sign-in", 303))
                return self.sentence(request, refused.status, refused.problem)
            except HelplineError as error:
                return self._away(request, error)

        return endpoint

    def part(self, handler: Callable[[Visit], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """A part that the page itself asks for. It counts as no act."""

        async def proven(request: Request) -> Visit:
            if self.is_elsewhere(request):
                raise Refused(403, "elsewhere")
            return await self.visit(request)

        async def endpoint(request: Request) -> Response:
            return await self._answered(request, proven, handler, locked=False)

        return endpoint

    def act(
        self, handler: Callable[[Visit], Awaitable[Response]], *, locked: bool = False, counts: bool = True
    ) -> Callable[[Request], Awaitable[Response]]:
        """Something that an advocate does.

        Args:
            handler: does it.
            locked: whether it may be done on a locked screen, too.
            counts: whether it shows that somebody is there.
        """

        async def proven(request: Request) -> Visit:
            self.refuse_elsewhere(request)
            form = await self.form(request)
            visit = await self.visit(request)
            if not visit.session.is_from(request.headers.get("x-csrf") or form.get("csrf", "")):
                raise Refused(403, "csrf")
            if counts and not visit.session.locked:
                await self._sessions.seen(visit.token)
            return Visit(request, visit.session, visit.token, form)

        async def endpoint(request: Request) -> Response:
            return await self._answered(request, proven, handler, locked=locked)

        return endpoint

    async def _answered(
        self,
        request: Request,
        visited: Callable[[Request], Awaitable[Visit]],
        handler: Callable[[Visit], Awaitable[Response]],
        *,
        locked: bool,
    ) -> Response:
        locale = locale_asked(request)
        try:
            visit = await visited(request)
            locale = visit.locale
            if visit.session.locked and not locked:
                raise Refused(423, "locked")
            return secured(await handler(visit))
        except Refused as refused:
            return secured(text(said(locale, PROBLEMS[refused.problem]), refused.status))
        except HelplineError as error:
            problem = "files" if isinstance(error, StaffFilesUnavailable) else "away"
            return secured(text(said(locale, PROBLEMS[problem]), 503))

    def sentence(self, request: Request, status: int, problem: str) -> Response:
        """A page with one plain sentence, for whoever is not signed in."""
        locale = locale_asked(request)
        return secured(
            HTMLResponse(
                rendered(
                    "sentence.html",
                    locale,
                    heading=said(locale, DESK),
                    sentence=said(locale, PROBLEMS[problem]),
                    link="/desk",
                    link_words=said(locale, TO_BOARD),
                ),
                status,
            )
        )

    def _away(self, request: Request, error: HelplineError) -> Response:
        response = self.sentence(request, 503, "files" if isinstance(error, StaffFilesUnavailable) else "away")
        response.headers["Refresh"] = "5"
        return response
