"""Every page of the console in both languages, themes and widths: what axe finds, what is too wide, what complains.

A page is loaded once in each language; theme and width are changed on it, as its reader would. With SIYU_RENEW=1 it is
also drawn for `docs/screens/`: in Chinese on a desk in light, in English on a phone in dark.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from bench.console import FURNISH, PAGES
from playwright.sync_api import Page
from tests.e2e.conftest import PHONE, Installation, until
from tests.support.screens import PARTS, screen

from siyu.ui.vendor import PROJECT_DIR

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
DESKTOP = {"width": 1280, "height": 900}
AXE = PROJECT_DIR / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async () => {
  const options = { runOnly: ["wcag2a", "wcag2aa"], resultTypes: ["violations"], preload: false };
  const { violations } = await axe.run(document, options);
  const told = (one) => one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ");
  return violations.map((one) => `${one.id}: ${told(one)}`);
}"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LISTEN = """document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy violated on ${location.pathname}: ${event.violatedDirective} ${event.blockedURI}`);
});"""
# Somebody who may approve what the first one asks for.
SECOND_OWNER = """
from siyu.org import services as first
first.create_staff(email="second@example.com", name="何敏", password="correct horse battery", role="owner")
"""
# Longer pages are cut there.
SCREEN_HEIGHT = 2_000
# Drawn parts, such as a preview, are asked for when the page has come.
SETTLED = "window.siyu !== undefined && document.querySelector('.htmx-request') === null"


@pytest.fixture(scope="module")
def addresses(installation: Installation) -> dict[str, str]:
    """Every page by name, with something of the demo to show."""
    things = installation.python(SECOND_OWNER + FURNISH)
    return {name: path.format(**things) for name, path in PAGES.items() if name not in PARTS}


@pytest.mark.parametrize(
    ("language", "theme", "size"),
    [
        pytest.param("zh-hans", "light", DESKTOP, id="zh"),
        # A minute more: with the slow tests.
        pytest.param("en", "dark", PHONE, id="en", marks=pytest.mark.slow),
    ],
)
def test_every_page_is_clean(
    open_page: Open, addresses: dict[str, str], complaints: list[str], language: str, theme: str, size: Any
) -> None:
    page = open_page(size, language, theme)
    page.add_init_script(LISTEN)
    axe = AXE.read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for name, address in addresses.items():
        problems = _shown(page, address, size, axe)
        if os.environ.get("SIYU_RENEW"):
            _draw(page, name, language)
        problems += _in_other_ways(page)
        problems += [text for text in complaints if "policy" in text or "Error" in text]
        complaints.clear()
        if problems:
            found[name] = problems
    assert found == {}, json.dumps(found, indent=1, ensure_ascii=False)


def _shown(page: Page, address: str, size: Any, axe: str) -> list[str]:
    """Problems of the page as it comes, at this width, language and theme."""
    page.set_viewport_size(size)
    response = page.goto(address)
    assert response is not None
    if response.status != 200:
        return [f"answered {response.status}"]
    until(page, SETTLED)
    page.evaluate(axe)
    return list(page.evaluate(RUN_AXE))


def _draw(page: Page, name: str, language: str) -> None:
    path = screen(name, language)
    path.parent.mkdir(parents=True, exist_ok=True)
    height = min(SCREEN_HEIGHT, page.evaluate("document.documentElement.scrollHeight"))
    width = page.evaluate("document.documentElement.clientWidth")
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    page.screenshot(path=path, type="jpeg", quality=55, full_page=True, clip=clip)  # type: ignore[arg-type]


def _in_other_ways(page: Page) -> list[str]:
    """Where the page is wider than the screen, in every theme and width."""
    problems = []
    for width in (PHONE, DESKTOP):
        page.set_viewport_size(width)  # type: ignore[arg-type]
        for theme in ("light", "dark"):
            page.evaluate("(theme) => { document.documentElement.dataset.bsTheme = theme; }", theme)
            if (pixels := page.evaluate(TOO_WIDE)) > 0:
                problems.append(f"{pixels} px too wide at {width['width']} px, {theme}")
    return problems
