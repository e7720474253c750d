"""The helpline against the stock bot of `rasa init` behind Rasa's own server, in one run on one machine.

    make bench

The stock bot is installed into .bench/ from the package index with all that Rasa declares (2.5 GB), created by `rasa init` and
started by `rasa run`. Both get the same texts over HTTP from the same clients: the stock bot on Rasa's REST webhook, the helpline on
its Twilio webhook with signatures proven. Printed are ratios; the figures themselves belong to the machine.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import shutil
import socket
import socketserver
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from twilio.request_validator import RequestValidator

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / ".bench"
STOCK = BENCH / "stock-env"
OURS = BENCH / "helpline-env"
TOKEN = "0123456789abcdef0123456789abcdef"
ACCOUNT = "AC" + "0" * 32
PUBLIC = "https://bench.example.org"
WARM_UP, ONE_CLIENT, EIGHT_CLIENTS, SENDERS = 100, 600, 800, 200
MIX = (
    "hello",
    "hi there",
    "good morning",
    "bye",
    "thank you",
    "yes",
    "no",
    "are you a bot?",
    "I am very sad",
    "I feel great",
    "what can you do",
    "my boss took my passport",
    "they have not paid me for two months",
    "I need a place to sleep tonight",
    "can I get a free lawyer",
    "is this free",
    "who reads this",
    "I want to talk to a person",
    "how do I leave this job safely",
    "what is the weather tomorrow",
)

Request = tuple[str, dict[str, str], bytes]


@dataclass
class Figures:
    """What is measured of one service: seconds, messages a second, milliseconds, megabytes."""

    cold_start: float = 0.0
    memory: float = 0.0
    installed: float = 0.0
    rate_one: float = 0.0
    p50_one: float = 0.0
    p99_one: float = 0.0
    rate_eight: float = 0.0
    p50_eight: float = 0.0
    p99_eight: float = 0.0


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def uv() -> str:
    """The uv that `make install` uses."""
    on_path = shutil.which("uv") and not subprocess.run(["uv", "--version"], capture_output=True, check=False).returncode
    return "uv" if on_path else str(ROOT / ".uv" / "bin" / "uv")


def install_both() -> None:
    """Installs stock Rasa and makes its bot, and installs what the helpline needs without its tests, to weigh it; once."""
    python = STOCK / "bin" / "python"
    if not (STOCK / "bin" / "rasa").exists():
        # --no-config: this project restates Rasa's metadata, and the stock bot must have all that Rasa itself declares.
        subprocess.run([uv(), "venv", "--quiet", "--no-config", "--python", "3.10", str(STOCK)], check=True, cwd=ROOT)
        wanted = ["rasa==3.6.21", "setuptools<81"]
        subprocess.run(
            [uv(), "pip", "install", "--quiet", "--no-config", "--compile-bytecode", "--python", str(python), *wanted],
            check=True,
            cwd=BENCH,
        )
    if not list((BENCH / "stock-bot" / "models").glob("*.tar.gz")):
        command = [str(STOCK / "bin" / "rasa"), "init", "--no-prompt", "--init-dir", str(BENCH / "stock-bot")]
        (BENCH / "stock-bot").mkdir(exist_ok=True)
        subprocess.run(command, check=True, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not OURS.exists():
        subprocess.run([uv(), "venv", "--quiet", "--python", "3.10", str(OURS)], check=True, cwd=ROOT)
        sync = [
            uv(),
            "pip",
            "sync",
            "--quiet",
            "--require-hashes",
            "--compile-bytecode",
            "--python",
            str(OURS / "bin" / "python"),
            "requirements.txt",
        ]
        subprocess.run(sync, check=True, cwd=ROOT)


def environment(**more: str) -> dict[str, str]:
    """The environment of both services: nothing of the caller's configuration, no telemetry."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TWILIO_", "TELEGRAM_", "HELPLINE_", "REDIS_"))}
    return {**kept, "RASA_TELEMETRY_ENABLED": "false", "HOME": str(BENCH), "TF_CPP_MIN_LOG_LEVEL": "3", **more}


class ProviderStandIn(socketserver.ThreadingTCPServer):
    """Twilio's side of the API: takes every deletion. That the helpline deletes what Twilio keeps of a message is part of its work."""

    allow_reuse_address = daemon_threads = True

    class Connection(socketserver.StreamRequestHandler):
        """Answers each request on the connection that it has ended well."""

        def handle(self) -> None:
            """Reads requests without a body until the other side closes."""
            for line in self.rfile:
                if line == b"\r\n":
                    self.wfile.write(b"HTTP/1.1 204 No Content\r\n\r\n")


def stock_requests() -> Iterator[Request]:
    """Messages as Rasa's REST channel takes them."""
    number = 0
    while True:
        body = json.dumps({"sender": f"sender-{number % SENDERS}", "message": MIX[number % len(MIX)]}).encode()
        yield "/webhooks/rest/webhook", {"Content-Type": "application/json"}, body
        number += 1


def helpline_requests() -> Iterator[Request]:
    """Messages as Twilio posts them, signed."""
    validator, number = RequestValidator(TOKEN), 0
    while True:
        form = {
            "ToCountry": "US",
            "ToState": "",
            "SmsMessageSid": f"SM{number:032x}",
            "NumMedia": "0",
            "ToCity": "",
            "FromZip": "",
            "SmsSid": f"SM{number:032x}",
            "FromState": "",
            "SmsStatus": "received",
            "FromCity": "",
            "Body": MIX[number % len(MIX)],
            "FromCountry": "US",
            "To": "+12025550123",
            "ToZip": "",
            "NumSegments": "1",
            "MessageSid": f"SM{number:032x}",
            "AccountSid": ACCOUNT,
            "From": f"+1415555{number % SENDERS:04d}",
            "ApiVersion": "2010-04-01",
        }
        signature = validator.compute_signature(f"{PUBLIC}/webhooks/twilio/webhook", form)
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "X-Twilio-Signature": signature}
        yield "/webhooks/twilio/webhook", headers, urllib.parse.urlencode(form).encode()
        number += 1


def is_reply_of_stock(status: int, body: bytes) -> bool:
    """Whether the stock bot said something."""
    return status == 200 and bool(json.loads(body))


def is_reply_of_helpline(status: int, body: bytes) -> bool:
    """Whether the helpline said something, and not the last wall."""
    return status == 200 and b"<Message" in body and b"has a fault" not in body


def tree(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The process and all its children."""
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def installed_megabytes(folder: Path) -> float:
    """Size of an environment on disk; what is linked twice counts once."""
    seen: dict[int, int] = {}
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            status = file.stat()
            seen[status.st_ino] = status.st_blocks * 512
    return sum(seen.values()) / 1e6


def post(connection: http.client.HTTPConnection, request: Request) -> tuple[int, bytes]:
    """Sends one message on an open connection. The standard library's client costs some 0.2 ms a message, httpx some 2 ms, and
    whatever the client costs blurs the ratio: both run on the same cores as what they measure.

    Returns:
        Status and body of the response.
    """
    path, headers, body = request
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    return response.status, response.read()


def load(port: int, requests: Iterator[Request], count: int, clients: int, good: Callable[[int, bytes], bool]) -> tuple[float, list[float]]:
    """Sends `count` messages by so many clients, each with one message open at a time.

    Returns:
        Messages a second, and the seconds that each took.
    """
    prepared = [next(requests) for _ in range(count)]

    def client(mine: list[Request]) -> list[tuple[float, bool]]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        seen = []
        for request in mine:
            began = time.perf_counter()
            answer = post(connection, request)
            seen.append((time.perf_counter() - began, good(*answer)))
        connection.close()
        return seen

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        seen = [one for part in pool.map(client, (prepared[number::clients] for number in range(clients))) for one in part]
    took = time.perf_counter() - began
    silent = sum(not answered for _, answered in seen)
    if silent > count * 0.1:
        print(f"  {silent} of {count} messages got no reply", file=sys.stderr)
    return count / took, [seconds for seconds, _ in seen]


def measure(
    command: list[str],
    folder: Path,
    more: dict[str, str],
    requests: Iterator[Request],
    good: Callable[[int, bytes], bool],
    port: int,
) -> Figures:
    """Starts a service, measures it, ends it."""
    figures = Figures()
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=environment(**more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while time.perf_counter() - began < 240:
            with suppress(OSError, http.client.HTTPException):
                if good(*post(http.client.HTTPConnection("127.0.0.1", port, timeout=30), next(requests))):
                    break
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended at once. Run it by hand to see why.")
            time.sleep(0.1)
        figures.cold_start = time.perf_counter() - began
        load(port, requests, WARM_UP, 1, good)
        figures.rate_one, times = load(port, requests, ONE_CLIENT, 1, good)
        figures.p50_one, figures.p99_one = statistics.median(times) * 1e3, sorted(times)[int(len(times) * 0.99)] * 1e3
        figures.rate_eight, times = load(port, requests, EIGHT_CLIENTS, 8, good)
        figures.p50_eight, figures.p99_eight = statistics.median(times) * 1e3, sorted(times)[int(len(times) * 0.99)] * 1e3
        figures.memory = sum(one.memory_info().rss for one in tree(process)) / 1e6
    finally:
        for one in reversed(tree(process)):
            one.terminate()
        process.wait(30)
    return figures


def show(stock: Figures, ours: Figures) -> None:
    """Prints both and their ratios beside what is asked for."""
    rows = (
        ("cold start to first reply, s", stock.cold_start, ours.cold_start, "at most 0.15"),
        ("memory, all processes, MB", stock.memory, ours.memory, "at most 0.50"),
        ("installed, MB", stock.installed, ours.installed, "at most 0.25"),
        ("1 client: messages/s", stock.rate_one, ours.rate_one, "at least 3"),
        ("1 client: p50, ms", stock.p50_one, ours.p50_one, "at most 0.40"),
        ("1 client: p99, ms", stock.p99_one, ours.p99_one, ""),
        ("8 clients: messages/s", stock.rate_eight, ours.rate_eight, "at least 3"),
        ("8 clients: p50, ms", stock.p50_eight, ours.p50_eight, "at most 0.40"),
        ("8 clients: p99, ms", stock.p99_eight, ours.p99_eight, ""),
    )
    print(f"CPython {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f} at the end\n")
    print(f"{'':32}{'stock rasa init':>16}{'helpline':>12}{'ratio':>9}   asked")
    for name, theirs, mine, asked in rows:
        print(f"{name:32}{theirs:16.1f}{mine:12.1f}{mine / theirs:9.2f}   {asked}")


def main() -> None:
    """Measures both, the stock bot first."""
    BENCH.mkdir(exist_ok=True)
    install_both()
    port = free_port()
    stock = measure(
        [str(STOCK / "bin" / "rasa"), "run", "--port", str(port), "--interface", "127.0.0.1"],
        BENCH / "stock-bot",
        {},
        stock_requests(),
        is_reply_of_stock,
        port,
    )
    stock.installed = installed_megabytes(STOCK)
    provider = ProviderStandIn(("127.0.0.1", 0), ProviderStandIn.Connection)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    port = free_port()
    settings = {
        "PORT": str(port),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_PHONE_NUMBER": "+12025550123",
        "PUBLIC_URL": PUBLIC,
        "TWILIO_API_BASE": f"http://127.0.0.1:{provider.server_address[1]}",
        "HELPLINE_COUNTRY": "US",
        "HELPLINE_UNVERIFIED_NUMBERS": "accept",
    }
    ours = measure([str(ROOT / ".venv" / "bin" / "helpline")], ROOT, settings, helpline_requests(), is_reply_of_helpline, port)
    ours.installed = installed_megabytes(OURS)
    show(stock, ours)


if __name__ == "__main__":
    main()
