"""Pure decisions of `webhooks`: which addresses are safe, how a body is signed, when to try again."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from siyu.webhooks.contracts import ALL_EVENTS, EndpointState

# Between attempts: quick at first, for a restart; then hours, for a weekend. Together somewhat over three days.
PAUSES_SECONDS = (10, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400)
MAX_ATTEMPTS = len(PAUSES_SECONDS) + 1
# An endpoint that has failed rests as a whole, growing to this, so that a queue of thousands is not tried in vain.
MAX_REST_SECONDS = 300
# An endpoint to which nothing has arrived for so long, in at least so many attempts, is paused.
PAUSE_AFTER = timedelta(hours=24)
PAUSE_AFTER_FAILURES = 10
# Events wait for a paused endpoint for a week.
PAUSED_KEEPS = timedelta(days=7)
# Azure's metadata service has a public address (others are link-local or private); protocol assignments and relays.
_FORBIDDEN = (ip_network("168.63.129.16/32"), ip_network("192.0.0.0/24"), ip_network("192.88.99.0/24"))
# Ranges of IPv6 that carry an IPv4 address inside, which a translator on the way would open.
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_TUNNELS = (ip_network("2002::/16"), ip_network("2001::/32"))


def is_safe(address: str, *, loopback: bool = False) -> bool:
    """Whether webhooks may go there: only to the public internet, and for the sandbox also to this machine."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in network for network in (*_NAT64, *_TUNNELS)):
            return False
    if found.is_loopback:
        return loopback
    return _is_public(found)


def _is_public(found: IPv4Address | IPv6Address) -> bool:
    special = found.is_multicast or found.is_reserved or found.is_unspecified or found.is_link_local or found.is_private
    return found.is_global and not special and not any(found in network for network in _FORBIDDEN)


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What stands in the header ``Siyu-Signature``: HMAC-SHA256 over the timestamp, a dot, and the body."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"v1={digest}"


def next_due(attempts: int, moment: datetime) -> datetime | None:
    """When to try again after so many attempts; None when none is left."""
    return moment + timedelta(seconds=PAUSES_SECONDS[attempts - 1]) if attempts < MAX_ATTEMPTS else None


def rest_seconds(failures: int) -> int:
    """How long an endpoint rests after so many failures in a row."""
    return min(1 << min(failures, 10), MAX_REST_SECONDS)


def is_to_be_paused(failing_since: datetime, failures: int, moment: datetime) -> bool:
    return failures >= PAUSE_AFTER_FAILURES and moment - failing_since >= PAUSE_AFTER


def collects(state: EndpointState, paused_at: datetime | None, moment: datetime) -> bool:
    """Whether events are kept for an endpoint at all."""
    if state is EndpointState.PAUSED:
        return paused_at is None or moment - paused_at < PAUSED_KEEPS
    return state is EndpointState.ACTIVE


def wants(events: Sequence[str], name: str) -> bool:
    return ALL_EVENTS in events or name in events
