"""Which visits are automated: preview fetchers, scanners and prefetches. They are recorded, flagged, never dropped."""

from __future__ import annotations

import re
from collections.abc import Callable

# What names itself. Messenger apps' own browsers (MicroMessenger, DingTalk, Weibo) are people and are not in here.
_NAMED = re.compile(
    r"bot\b|bot/|spider|crawl|preview|scan(?:ner)?\b|monitor|fetch|headless|phantom|lighthouse|"
    r"facebookexternalhit|whatsapp/|skypeuripreview|embedly|^curl/|^wget/|python-|^java/|go-http-client|"
    r"libwww|httpclient|axios/|node-fetch|^siyu-health",
    re.IGNORECASE,
)
_PREFETCH_HEADERS = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")


def is_bot(method: str, agent: str, purposes: str) -> bool:
    """Whether a visit is no person's: a HEAD, no agent, an agent that names itself, or a prefetch."""
    if method == "HEAD" or not agent:
        return True
    if "prefetch" in purposes.lower() or "preview" in purposes.lower():
        return True
    return _NAMED.search(agent) is not None


def purposes_of(header: Callable[[str], str]) -> str:
    """The values of the headers in which browsers say that nobody asked for the page yet; `header` looks one up."""
    return " ".join(header(name) for name in _PREFETCH_HEADERS)
