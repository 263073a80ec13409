"""The pictures of the console's pages in `docs/screens/`, and the page that shows them."""

from __future__ import annotations

from pathlib import Path

from bench.console import PAGES

from siyu.ui.vendor import PROJECT_DIR

FOLDER = PROJECT_DIR / "docs" / "screens"
LANGUAGES = ("zh-hans", "en")
# What is drawn into another page.
PARTS = {"overview-starters"}
HEAD = """# Every page of the console

Of the demo brand, drawn by the browser tests: in Chinese on a desk, in English on a phone in the dark theme. After a
change of pages: `SIYU_RENEW=1 ./siyu test slow tests/e2e/test_pages.py` and the same with `e2e`.

| page | desk | phone |
| --- | --- | --- |
"""


def names() -> list[str]:
    """The pages that are drawn."""
    return sorted(set(PAGES) - PARTS)


def screen(name: str, language: str) -> Path:
    """Where the picture of a page in a language is kept."""
    return FOLDER / language / f"{name}.jpg"


def document() -> str:
    """The page that shows all pictures."""
    rows = [
        f'| `{name}` | <img src="zh-hans/{name}.jpg" alt="{name}" width="560">'
        f' | <img src="en/{name}.jpg" alt="{name}" width="180"> |'
        for name in names()
    ]
    return HEAD + "\n".join(rows) + "\n"
