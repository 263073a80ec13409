"""The pretended language wraps what is translated, and the finder sees what is not."""

from __future__ import annotations

import pytest
from django.utils.translation import gettext, ngettext

from siyu.ui.translations import pseudo_locale, unwrapped_text


def test_translated_text_is_wrapped_and_places_still_work() -> None:
    with pseudo_locale():
        assert gettext("Sign in") == "⟦Sign in⟧"
        assert ngettext("%(count)s day", "%(count)s days", 3) % {"count": 3} == "⟦3 days⟧"
        assert gettext("This field is required.") == "⟦This field is required.⟧"
    assert gettext("Sign in") != "⟦Sign in⟧"


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>⟦Hello⟧</p>", []),
        ("<p>Hello</p>", ["Hello"]),
        ("<p>⟦Hello⟧ world</p>", ["world"]),
        ("<p>⟦Hello <b>dear</b> friend⟧</p>", []),
        ('<input placeholder="Find">', ["Find"]),
        ('<img alt="⟦A photo⟧">', []),
        ("<p>12 · ¥3.00 — 37.0%</p>", []),
        ('<b translate="no">周予安</b><p>人</p>', ["人"]),
        ("<script>var a</script><template>x</template><code>y</code>", []),
        ("<title>⟦Home⟧ · Siyu</title>", []),
        ('<ul><li translate="no">Ann<li>Bob</ul>', ["Bob"]),
    ],
)
def test_the_finder(html: str, found: list[str]) -> None:
    assert unwrapped_text(html) == found


def test_named_data_is_allowed() -> None:
    assert unwrapped_text("<p>Ann Lee</p>", allowed=["Ann Lee"]) == []
