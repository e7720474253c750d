"""The real service in a process of its own, and a real browser that may reach nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from bot.dialogue.training import trained_model
from bot.paths import ROOT
from bot.settings import KNOWN

_CHROMIUM = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
_START_SECONDS = 60


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def service_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service as `helpline` serves it, without any real channel."""
    trained_model()  # `make test` trains it before
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if name not in KNOWN}
    said = tmp_path_factory.mktemp("service") / "said.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli"],
            cwd=ROOT,
            env={**environment, "HOST": "127.0.0.1", "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        end = time.monotonic() + _START_SECONDS
        while not _is_healthy(url):
            assert process.poll() is None and time.monotonic() < end, said.read_text(encoding="utf-8")
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium. It ends with the module, since asynchronous tests cannot run beside it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("There is no Chromium. Install it with tools/install-test-tools.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the page's console says. A test that expects a complaint takes it out."""
    return []


@pytest.fixture
def page(browser: Browser, service_url: str, complaints: list[str]) -> Iterator[Page]:
    """A page of the service. Whatever it asks of anybody else, and whatever it complains of, fails the test."""
    context = browser.new_context(base_url=service_url, viewport={"width": 1280, "height": 800}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(10_000)
    elsewhere: list[str] = []

    def asked(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(service_url).netloc:
            elsewhere.append(request.url)

    context.on("request", asked)
    context.on("console", lambda message: complaints.append(message.text))
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield page
    context.close()
    assert elsewhere == []
    assert complaints == []
