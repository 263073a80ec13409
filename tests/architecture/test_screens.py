"""Every page of the console has its picture in the documentation, and no picture is left of a page that is gone."""

from __future__ import annotations

import os

from tests.support import screens

PAGE = screens.FOLDER / "README.md"


def test_the_page_shows_every_page() -> None:
    """Renew with SIYU_RENEW=1."""
    if os.environ.get("SIYU_RENEW"):
        PAGE.write_text(screens.document(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == screens.document()


def test_every_picture_is_there_and_no_other() -> None:
    kept = set(screens.FOLDER.rglob("*.jpg"))
    assert kept == {screens.screen(name, language) for name in screens.names() for language in screens.LANGUAGES}
