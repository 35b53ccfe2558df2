"""A real server, a real engine and a real browser, on a data folder that is empty at first."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Lab:
    """The lab as ``make run`` starts it."""

    home: Path
    address: str
    server: subprocess.Popen[bytes]

    def engine(self) -> int | None:
        """The process of the dispatcher."""
        from tlcore.store import Store

        return Store().engine()["pid"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A server that nobody has visited yet."""
    home = tmp_path_factory.mktemp("browser")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name not in ("TLCORE_ENGINE", "TLCORE_READY", "TLCORE_WARM")}
    environment |= {"TLCORE_HOME": str(home), "TLCORE_IDLE": "600"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless", "true"]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_HOME", str(home))
        _wait_for(address)
        found = Lab(home, address, server)
        yield found
        server.kill()
        if pid := found.engine():
            os.kill(pid, signal.SIGTERM)


def _wait_for(address: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium; where there is none the tests are skipped, but never in CI."""
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        how = "there is no Chromium: install it (Debian: apt install chromium) to run the browser tests"
        pytest.fail(how) if os.environ.get("CI") else pytest.skip(how)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, lab: Lab) -> Iterator[Any]:
    """A tab; no page may show a traceback, report an error, or call another host."""
    errors: list[str] = []
    hosts: set[str | None] = set()
    tab = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("request", lambda request: hosts.add(urlparse(request.url).hostname))
    yield tab
    text = tab.inner_text("body")
    tab.context.close()
    assert "Traceback" not in text and not errors, errors
    assert hosts <= {"127.0.0.1", None, ""}, hosts
