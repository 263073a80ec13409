"""A whole installation as a newcomer starts it, and a browser in front of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from tests.support.ports import free_ports

PORTS = ("WEB_PORT", "COLLECTOR_PORT", "WAREHOUSE_PORT", "SANDBOX_PORT")
# First start with a small demo brand: about a quarter of a minute on two quiet cores.
START_SECONDS = 240
DEMO_CUSTOMERS = 2_000
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Installation:
    """A running Siyu: where it is, who signs in, and its program."""

    home: Path
    address: str
    email: str
    password: str
    environment: dict[str, str]

    def siyu(self, *arguments: str) -> Any:
        """Runs a command with --json and returns its document."""
        ran = subprocess.run(
            [sys.executable, "-m", "siyu.cli", *arguments, "--json"],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        assert ran.returncode == 0, f"siyu {' '.join(arguments)}: {ran.stdout}\n{ran.stderr}"
        return json.loads(ran.stdout)

    def python(self, code: str) -> Any:
        """Runs code over this installation, with Django set up; returns the document that its last line prints."""
        ran = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"],
            env=self.environment | {"DJANGO_SETTINGS_MODULE": "siyu.config.settings"},
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Started by `siyu run --detach`, with its demo brand; stopped by `siyu down`."""
    home = tmp_path_factory.mktemp("installation")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SIYU_", "DJANGO_"))}
    environment |= {"SIYU_HOME": str(home), "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    environment |= {f"SIYU_{name}": str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
    run = [sys.executable, "-m", "siyu.cli"]
    started = subprocess.run(
        [*run, "run", "--detach", "--customers", str(DEMO_CUSTOMERS)],
        env=environment, capture_output=True, text=True, timeout=START_SECONDS, check=False,
    )  # fmt: skip
    assert started.returncode == 0, started.stdout + started.stderr
    sign_in = dict(re.findall(r"^(E-mail|Password|邮箱|密码)[:：]\s*(\S+)$", (home / "sign-in.txt").read_text(), re.M))
    email, password = sign_in.values()
    address = f"http://127.0.0.1:{environment['SIYU_WEB_PORT']}"
    try:
        yield Installation(home, address, email, password, environment)
    finally:
        subprocess.run([*run, "down"], env=environment, capture_output=True, timeout=60, check=False)


def until(page: Page, expression: str, seconds: float = 20) -> None:
    """Waits for an expression of the page to hold. Playwright's own waiting needs eval, which the policy refuses."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"{expression} does not hold after {seconds} s on {page.url}"
        page.wait_for_timeout(50)


def sign_in(page: Page, installation: Installation) -> None:
    """Fills in the sign-in page that is open."""
    page.fill("input[name=username]", installation.email)
    page.fill("input[name=password]", installation.password)
    page.press("input[name=password]", "Enter")


@pytest.fixture
def complaints() -> list[str]:
    """What pages write to the browser's console; a test that provokes some takes them out."""
    return []


@pytest.fixture
def open_page(
    installation: Installation, browser: Browser, complaints: list[str]
) -> Iterator[Callable[..., Page]]:
    """Opens a signed-in page of a width, language and theme. Any console error fails the test at its end."""
    contexts: list[BrowserContext] = []

    def listen(message: ConsoleMessage) -> None:
        # htmx complains about its own question when the page is left meanwhile; wrong answers are reported besides.
        if message.type == "error" and not message.text.startswith("htmx:"):
            complaints.append(message.text)

    def open_it(size: dict[str, int] = DESKTOP, language: str = "zh-hans", theme: str = "light") -> Page:
        context = browser.new_context(viewport=size, base_url=installation.address)  # type: ignore[arg-type]
        contexts.append(context)
        cookies = {"django_language": language, "siyu_theme": theme}
        context.add_cookies(
            [{"name": name, "value": value, "url": installation.address} for name, value in cookies.items()]
        )
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/sign-in/")
        sign_in(page, installation)
        page.wait_for_url(f"{installation.address}/")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []
