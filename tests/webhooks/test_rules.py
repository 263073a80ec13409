"""Which addresses are safe, how bodies are signed, when to try again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.webhooks.conftest import is_genuine

from siyu.webhooks import rules
from siyu.webhooks.contracts import EndpointState

MOMENT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.8", "192.0.2.1", "198.18.0.1",
        "203.0.113.5", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "nonsense", "",
    ],
)  # fmt: skip
def test_inner_addresses_are_refused(address: str) -> None:
    assert not rules.is_safe(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "47.100.1.1", "2400:3200::1", "::ffff:8.8.8.8"])
def test_public_addresses_are_safe(address: str) -> None:
    assert rules.is_safe(address)


def test_the_sandbox_opens_loopback_and_nothing_else() -> None:
    assert rules.is_safe("127.0.0.1", loopback=True)
    assert rules.is_safe("::1", loopback=True)
    assert not rules.is_safe("10.0.0.1", loopback=True)
    assert not rules.is_safe("169.254.169.254", loopback=True)


def test_a_signature_as_a_receiver_checks_it() -> None:
    given = rules.signature("whsec_x", 1_700_000_000, b'{"a":1}')
    assert given == "v1=b3438763ab46d9634b9844c8722818eaf523f803db1327484c6067462a5fd6d1"
    assert is_genuine("whsec_x", 1_700_000_000, b'{"a":1}', given, now=1_700_000_299)
    assert not is_genuine("whsec_x", 1_700_000_000, b'{"a":1}', given, now=1_700_000_301)
    assert not is_genuine("whsec_x", 1_700_000_000, b'{"a":2}', given, now=1_700_000_000)
    assert not is_genuine("whsec_x", 1_700_000_001, b'{"a":1}', given, now=1_700_000_001)
    assert not is_genuine("whsec_y", 1_700_000_000, b'{"a":1}', given, now=1_700_000_000)


def test_pauses_grow_and_end() -> None:
    due = [rules.next_due(attempts, MOMENT) for attempts in range(1, rules.MAX_ATTEMPTS)]
    waits = [moment - MOMENT for moment in due if moment]
    assert waits == sorted(waits)
    assert len(waits) == rules.MAX_ATTEMPTS - 1
    assert timedelta(days=2) < sum(waits, timedelta()) < timedelta(days=4)
    assert rules.next_due(rules.MAX_ATTEMPTS, MOMENT) is None
    assert [rules.rest_seconds(n) for n in (1, 2, 9, 1_000)] == [2, 4, 300, 300]


def test_an_endpoint_is_paused_after_a_day_of_failures() -> None:
    day = timedelta(hours=24)
    assert rules.is_to_be_paused(MOMENT, 10, MOMENT + day)
    assert not rules.is_to_be_paused(MOMENT, 9, MOMENT + day)
    assert not rules.is_to_be_paused(MOMENT, 999, MOMENT + day - timedelta(seconds=1))


def test_who_collects_events() -> None:
    assert rules.collects(EndpointState.ACTIVE, None, MOMENT)
    assert not rules.collects(EndpointState.OFF, None, MOMENT)
    assert rules.collects(EndpointState.PAUSED, MOMENT - timedelta(days=6), MOMENT)
    assert not rules.collects(EndpointState.PAUSED, MOMENT - timedelta(days=7), MOMENT)
    assert rules.wants(["*"], "a.b")
    assert not rules.wants(["a.c"], "a.b")
