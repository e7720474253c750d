"""The desk as an advocate's browser uses it, over HTTP: signs in, listens, acts, and tries again where a connection breaks off."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import httpx
import pyotp

from bot.paths import ROOT

from ..running import environment, until
from .staff import PASSWORD

_TRIES = 40  # of an act whose connection breaks off, as an advocate presses the button again


def added(name: str, staff_folder: Path, *, root: Path = ROOT) -> pyotp.TOTP:
    """Gives somebody an account by `helpline staff add`; returns the authenticator app."""
    told = ("--role", "advocate", "--display", name.title(), "--languages", "en,es", "--password-stdin")
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "staff", "add", name, *told],
        input=PASSWORD,
        cwd=root,
        env=environment(HELPLINE_STAFF_FOLDER=str(staff_folder)),
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"secret=(\w+)", done.stdout)
    assert found
    return pyotp.TOTP(found[1])


class Page:
    """An advocate's page.

    Args:
        url: of the service.
        name: sign-in name.
        app: the authenticator app.
    """

    def __init__(self, url: str, name: str, app: pyotp.TOTP) -> None:
        self._url, self._name, self._app, self._codes = url, name, app, 0
        self._headers: dict[str, str] = {}
        self._over, self._left = threading.Event(), threading.Event()

    def sign_in(self) -> None:
        """Signs in; a code lets in once, so each time with the next one."""
        code = self._app.at(int(time.time()) + (self._codes - 1) * self._app.interval)
        self._codes += 1
        form = {"name": self._name, "password": PASSWORD, "code": code}
        headers = {"Sec-Fetch-Site": "same-origin"}
        response = httpx.post(self._url + "/desk/sign-in", data=form, headers=headers, trust_env=False, timeout=20)
        assert response.status_code == 303, response.text
        # Kept by hand: no browser, and so not httpx either, gives back over plain HTTP what is only for HTTPS.
        cookies = "; ".join(one.partition(";")[0] for one in response.headers.get_list("set-cookie"))
        self._headers = {"Cookie": cookies, "Sec-Fetch-Site": "same-origin"}
        found = re.search(r'data-csrf="([^"]+)"', self.get("/desk").text)
        assert found
        self._headers["X-CSRF"] = found[1]
        self._over.clear()

    def get(self, path: str) -> httpx.Response:
        """What the service shows."""
        return self._tried("GET", path, {})

    def post(self, path: str, **fields: str) -> httpx.Response:
        """What comes back to an act."""
        return self._tried("POST", path, fields)

    def _tried(self, method: str, path: str, fields: dict[str, str]) -> httpx.Response:
        for _ in range(_TRIES):
            try:
                response = httpx.request(method, self._url + path, data=fields, headers=self._headers, trust_env=False, timeout=10)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if response.status_code == 503:  # the page says that the store is away
                time.sleep(0.1)
                continue
            return response
        raise AssertionError("Nobody answered the desk.")

    @contextmanager
    def open(self) -> Iterator[None]:
        """The stream of events is open, and opened again whenever it breaks off; returns when the service knows of the advocate."""
        self._left.clear()
        listening = threading.Thread(target=self._listen, daemon=True)
        listening.start()
        until(lambda: f'id="staff-{self._name}"' in self.get("/desk/board").text, 20, lambda: self.get("/desk/board").text)
        try:
            yield
        finally:
            self._left.set()

    def _listen(self) -> None:
        while not self._left.wait(0.1):
            try:
                with httpx.stream("GET", self._url + "/desk/events", headers=self._headers, trust_env=False, timeout=10) as response:
                    for line in response.iter_lines():
                        if line == "event: over":
                            self._over.set()
                        if self._left.is_set():
                            return
            except httpx.TransportError:
                continue

    def is_signed_out(self) -> bool:
        """Whether the service knows nothing of the session."""
        return self.get("/desk/mine").status_code == 401

    def takes_next(self) -> str:
        """Takes the next case; returns its address."""
        response = self.post("/desk/next")
        assert response.status_code == 204, response.text
        return response.headers["X-Go"]

    def answers(self, case: str, key: str, text: str) -> None:
        """Writes to the person of a case."""
        response = self.post(f"{case}/answer", key=key, text=text)
        assert response.status_code == 204, response.text

    def said(self, case: str) -> list[tuple[str, str]]:
        """The words of a case in their order, each with what became of it; her own have nothing there."""
        response = self.get(f"{case}/live")
        assert response.status_code == 200, response.text
        found = re.findall(r'(?:<span class="fate (\w+)">[^<]*</span>)?</p>\s*<p class="bubble"[^>]*>([^<]*)</p>', response.text)
        return [(unescape(text), fate) for fate, text in found]
