"""Verbs of `links`: make links, record clicks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings

from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.kernel import clock, ids
from siyu.kernel.errors import InvalidInput
from siyu.links import events
from siyu.links.contracts import Click, LinkIn
from siyu.links.models import Link

# 7 characters of a 56-letter alphabet: 1.7e12 tokens, unguessable at the collector's rate and short in an SMS.
TOKEN_LENGTH = 7
# Visits come late from forwarded messages, but a token must not lead somewhere for ever.
LIFE_DAYS = 400


def create_links(links: Sequence[LinkIn]) -> list[str]:
    """Makes one token per entry, inside the caller's transaction; returns them in order. InvalidInput for a bad URL."""
    for url in {link.target_url for link in links}:
        check_url(url)
    moment = clock.now()
    now, end = records.db_moment(moment), records.db_moment(moment + timedelta(days=LIFE_DAYS))
    tokens = _new_tokens(len(links))
    records.bulk_insert(
        "links_link",
        ("token", "target_url", "fragment_id", "purpose", "trace_id", "created_at", "expires_at"),
        [
            (token, link.target_url, link.fragment_id, link.purpose, link.trace_id, now, end)
            for token, link in zip(tokens, links, strict=True)
        ],
    )
    return tokens


def _new_tokens(count: int) -> list[str]:
    """Tokens that nobody has. Among a million random ones two are the same in one of four installations."""
    tokens: dict[str, None] = {}
    while len(tokens) < count:
        fresh = {ids.new_token(TOKEN_LENGTH): None for _ in range(count - len(tokens))}
        taken = records.select_in("SELECT token FROM links_link WHERE token IN ({places})", list(fresh))
        tokens |= dict.fromkeys(fresh.keys() - {token for (token,) in taken})
    return list(tokens)


def check_url(url: str) -> None:
    """InvalidInput unless `url` is an absolute http(s) address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > 2000:
        raise InvalidInput(reason="The link must be a full web address that begins with https://.")


def short_url(token: str) -> str:
    """What stands in the message."""
    base: str = settings.SIYU.collector_base
    return f"{base}/s/{token}"


def record_clicks(clicks: Sequence[Click]) -> int:
    """Publishes each visit once (by message id), inside the caller's transaction; unknown tokens are dropped."""
    links = {
        link.token: link
        for chunk in records.chunked({click.token for click in clicks}, records.MAX_IN_VALUES)
        for link in Link.objects.filter(token__in=chunk)
    }
    return publish(
        [
            NewEvent(
                name=events.CLICKED,
                occurred_at=click.at,
                body={"link_id": links[click.token].pk, "object_id": links[click.token].pk,
                      "purpose": links[click.token].purpose, "bot": click.is_bot},
                fragment_id=links[click.token].fragment_id,
                message_id=click.message_id,
                source="collector",
                trace_id=links[click.token].trace_id,
            )
            for click in clicks
            if click.token in links
        ]
    )  # fmt: skip
