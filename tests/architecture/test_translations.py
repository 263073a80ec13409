"""The Chinese catalogue is complete: nothing missing, unused, doubtful or untranslated."""

from __future__ import annotations

from siyu.ui.translations import check_catalogue


def test_the_catalogue_is_complete() -> None:
    assert check_catalogue() == []
