"""A token leads to its page, and each visit counts once for its recipient."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.support.log import published

from siyu.eventlog import records
from siyu.kernel.errors import InvalidInput
from siyu.links import services
from siyu.links.contracts import Click, LinkIn

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 5, 1, tzinfo=UTC)


def make(*recipients: int) -> list[str]:
    with records.transaction():
        return services.create_links([LinkIn("https://shop.example.com/a", r, "plan:1", "t") for r in recipients])


def click(token: str, message_id: str, *, bot: bool = False) -> Click:
    return Click(token, MOMENT, message_id, bot, "agent")


def test_each_recipient_has_a_token_of_their_own() -> None:
    tokens = make(*range(1, 51))
    assert len(set(tokens)) == 50
    assert services.short_url(tokens[0]).endswith(f"/s/{tokens[0]}")


def test_a_replayed_visit_counts_once_and_unknown_tokens_not_at_all() -> None:
    token, _ = make(7, 8)
    with records.transaction():
        assert services.record_clicks([click(token, "v-1"), click(token, "v-1"), click("missing", "v-2")]) == 1
        assert services.record_clicks([click(token, "v-1"), click(token, "v-3", bot=True)]) == 1
    first, second = published()
    assert (first.fragment_id, first.body["purpose"], first.body["bot"], second.body["bot"]) == (
        7,
        "plan:1",
        False,
        True,
    )


@pytest.mark.parametrize("url", ["", "ftp://example.com", "javascript:alert(1)", "//example.com", "/page"])
def test_a_link_leads_to_a_web_page(url: str) -> None:
    with pytest.raises(InvalidInput), records.transaction():
        services.create_links([LinkIn(url, 1, "plan:1", "")])
