"""The service as `helpline` runs it: a process of its own on a free port, and Twilio's side of it."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from xml.etree import ElementTree

import httpx
import psutil
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.channels.sms import WEBHOOK_PATH
from bot.dialogue.training import trained_model
from bot.knowledge.local_services import INDEX
from bot.paths import ROOT
from bot.settings import KNOWN

ACCOUNT, TOKEN, PUBLIC = "AC" + "0" * 32, "auth-token-of-nobody", "https://bot.example.org"
OURS, PERSON, BRITON = "+12025550123", "+14155550142", "+447700900123"
# SMS for real, as far as the service can tell; the API that deletes records is nowhere.
REAL_SMS = {
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_PHONE_NUMBER": OURS,
    "TWILIO_API_BASE": "http://127.0.0.1:9",
    "PUBLIC_URL": PUBLIC,
    "HELPLINE_COUNTRY": "US",
    "HELPLINE_UNVERIFIED_NUMBERS": "accept",
}
_SIGNER = RequestValidator(TOKEN)
START_SECONDS = 120.0


def webhook(text: str, sender: str = PERSON, delivery: str | None = None, **more: str) -> tuple[dict[str, str], dict[str, str]]:
    """A message as Twilio sends it: the form, with more fields where they are given, and the headers that prove it."""
    sid = delivery or "SM" + secrets.token_hex(16)
    form = {"AccountSid": ACCOUNT, "MessageSid": sid, "From": sender, "To": OURS, "Body": text, "NumMedia": "0", "FromCity": "", **more}
    return form, {"X-Twilio-Signature": _SIGNER.compute_signature(PUBLIC + WEBHOOK_PATH, form)}


def said_in(twiml: str) -> str:
    """The text of the one message in TwiML; empty where it is silent."""
    messages = ElementTree.fromstring(twiml).findall("Message")
    assert len(messages) <= 1
    return messages[0].text or "" if messages else ""


def until(true: Callable[[], bool], seconds: float, otherwise: Callable[[], str] = str) -> None:
    """Waits until something holds; fails with what `otherwise` says when it does not in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, otherwise()
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def environment(**settings: str) -> dict[str, str]:
    """What a process inherits, with these settings of ours and no others."""
    return {**{name: value for name, value in os.environ.items() if name not in KNOWN and not name.startswith("HELPLINE_")}, **settings}


def copy_of_project(folder: Path) -> Path:
    """A copy of what the service is run from, whose data may be changed and broken.

    Args:
        folder: for the copy.
    Returns:
        Its root.
    """
    root = folder / "project"
    for part in ("bot", "actions", "data", "locales"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__", "imported", ".imported.*"))
    shutil.copy2(ROOT / "requirements.txt", root)
    (root / "models").mkdir()
    shutil.copy2(trained_model(), root / "models")
    if INDEX.exists():  # saves each start the building
        shutil.copy2(INDEX, root / "models")
    return root


def helpline(*arguments: str, root: Path = ROOT, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end; that of `root`."""
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        cwd=root,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=180,
    )


class Running:
    """A service that has been started.

    Args:
        process: of `helpline`.
        port: that it listens on.
        output: what it prints, on both outputs.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, output: Path) -> None:
        self.process, self.url, self._output = process, f"http://127.0.0.1:{port}", output

    @property
    def said(self) -> str:
        """All that it has printed."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str) -> httpx.Response | None:
        """What it answers; None where nobody does."""
        try:
            return httpx.get(self.url + path, trust_env=False, timeout=10)
        except httpx.TransportError:
            return None

    def healthy(self) -> bool:
        """Whether a message would be answered now, by every connection that is tried."""
        responses = [self.get("/health") for _ in range(4)]
        return all(response is not None and response.status_code == 200 for response in responses)

    def sms(self, text: str, sender: str = PERSON, delivery: str | None = None) -> str:
        """What comes back to an SMS over a connection of its own; tried again as Twilio would, where it was cut off."""
        form, headers = webhook(text, sender, delivery)
        for _ in range(3):
            try:
                response = httpx.post(self.url + WEBHOOK_PATH, data=form, headers=headers, trust_env=False, timeout=10)
            except httpx.TransportError:
                continue
            assert response.status_code == 200
            return said_in(response.text)
        raise AssertionError("nobody answered")

    def children(self) -> list[psutil.Process]:
        """All processes below it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def dialogues(self) -> list[psutil.Process]:
        """The dialogue processes below it, the oldest first."""
        found = [child for child in self.children() if "bot.dialogue.worker" in _command(child)]
        return sorted(found, key=lambda child: child.create_time())

    def workers(self) -> list[psutil.Process]:
        """Those that serve, where there are several; not those that have just died."""
        return [child for child in psutil.Process(self.process.pid).children() if "spawn_main" in _command(child)]

    def takes_messages(self, worker: psutil.Process) -> bool:
        """Whether one of several connections comes to that worker."""
        address = ("127.0.0.1", int(self.url.rpartition(":")[2]))
        with ExitStack() as connections:
            for _ in range(8):
                connections.enter_context(socket.create_connection(address))
            time.sleep(0.05)
            return any(one.status == psutil.CONN_ESTABLISHED and one.laddr == address for one in worker.net_connections("tcp"))


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


@contextmanager
def running(folder: Path, *, root: Path = ROOT, **settings: str) -> Iterator[Running]:
    """A service that answers; it has ended afterwards.

    Args:
        folder: for what it prints.
        root: of the project that it is run from.
        settings: its environment.
    """
    port, output = free_port(), folder / "said.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli"],
            cwd=root,
            env=environment(HOST="127.0.0.1", PORT=str(port), **settings),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    service = Running(process, port, output)
    try:
        until(lambda: process.poll() is not None or service.healthy(), START_SECONDS, lambda: service.said)
        assert process.poll() is None, service.said
        yield service
    finally:
        process.terminate()
        process.wait(20)
