"""API keys of the brand: make, renew with overlap, revoke."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from django.utils.translation import gettext_noop as _

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.errors import Conflict, InvalidInput, NotFound
from siyu.org import actions, auditing, rules
from siyu.org.api_keys import KeyState, NewKey
from siyu.org.contracts import BeyondYourself, Reach, Viewer
from siyu.org.models import ApiKey, Node
from siyu.org.permissions import KEYS_MANAGE
from siyu.org.queries.keys import accessible_keys, key_view
from siyu.org.queries.tree import accessible_nodes
from siyu.org.registries import PERMISSIONS

# Recognisable in a leak scan, and told apart from the tokens of people.
KEY_PREFIX = "siyu_key_"
HINT_CHARS = 4
# Keys in all, revoked ones included.
MAX_KEYS = 500
MAX_NETWORKS = 50
MAX_DAYS = 3_650
# Calls a minute; what any caller may do is also the most for a key.
MAX_RATE_PER_MINUTE = 600
# How long the old secret works on after a rotation: a day to roll the new one out, a week where that is slow.
DEFAULT_OVERLAP_HOURS = 24
MAX_OVERLAP_HOURS = 168


def create_key(
    *,
    viewer: Viewer,
    name: str,
    permissions: Iterable[str],
    node_id: int,
    days: int | None = None,
    networks: Iterable[str] = (),
    rate_per_minute: int = MAX_RATE_PER_MINUTE,
) -> NewKey:
    """A new key; its secret is told this once. Nobody makes one that may do or see more than they do.

    `networks` are addresses or ranges in CIDR notation that it may come from; none is anywhere. The key belongs to
    the brand: it stays when the person who made it leaves.
    """
    viewer.require(KEYS_MANAGE)
    chosen, ranges = _permissions(permissions), _networks(networks)
    _check_limits(name, days, rate_per_minute)
    secret, moment = _secret(), clock.now()
    with records.transaction():
        node = accessible_nodes(viewer).filter(pk=node_id, is_active=True).first()
        if node is None:
            raise NotFound()
        _check_within(viewer, chosen, node)
        if ApiKey.objects.count() >= MAX_KEYS:
            raise InvalidInput(reason=_("There are 500 keys already, which is the limit."))
        if ApiKey.objects.filter(name=name.strip()).exists():
            raise InvalidInput(reason=_("There is a key of this name already."))
        row = ApiKey.objects.create(
            name=name.strip(), node=node, permissions_json=json.dumps(sorted(chosen)),
            networks_json=json.dumps(ranges), rate_per_minute=rate_per_minute, hint=secret[-HINT_CHARS:],
            key_hash=_hash(secret), created_by=viewer.staff_id, created_at=moment,
            expires_at=moment + timedelta(days=days) if days else None,
        )  # fmt: skip
        auditing.record(viewer, actions.KEY_CREATED, _target(row), after=_fields(row))
    return NewKey(row.pk, secret)


def rotate_key(*, viewer: Viewer, key_id: int, overlap_hours: int = DEFAULT_OVERLAP_HOURS) -> NewKey:
    """A new secret for a key. The one before works on for `overlap_hours` (0 ends it now); an older one ends at once.

    For those only who could have made the key: its secret gives all that the key may do.
    """
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        raise InvalidInput(reason=_("The old secret can work on for 0 to 168 hours."))
    secret = _secret()
    with records.transaction():
        row = _row(viewer, key_id)
        if key_view(row).state is not KeyState.ACTIVE:
            raise Conflict()
        _check_within(viewer, frozenset(json.loads(row.permissions_json)), row.node)
        row.old_hash = row.key_hash if overlap_hours else None
        row.old_until = clock.now() + timedelta(hours=overlap_hours) if overlap_hours else None
        row.key_hash, row.hint = _hash(secret), secret[-HINT_CHARS:]
        row.save(update_fields=["old_hash", "old_until", "key_hash", "hint"])
        auditing.record(viewer, actions.KEY_ROTATED, _target(row), after={"overlap_hours": overlap_hours})
    return NewKey(row.pk, secret)


def revoke_key(*, viewer: Viewer, key_id: int) -> None:
    """Ends a key at once, both of its secrets; again changes nothing."""
    with records.transaction():
        row = _row(viewer, key_id)
        if row.revoked_at is None:
            ApiKey.objects.filter(pk=row.pk).update(revoked_at=clock.now(), old_hash=None, old_until=None)
            auditing.record(viewer, actions.KEY_REVOKED, _target(row))


def _row(viewer: Viewer, key_id: int) -> ApiKey:
    row = accessible_keys(viewer).filter(pk=key_id).first()
    if row is None:
        raise NotFound()
    return row


def _check_within(viewer: Viewer, permissions: frozenset[str], node: Node) -> None:
    reach = Reach.ALL if node.parent_id is None else Reach.SUBTREE
    if not rules.may_give(viewer, permissions, reach, node.path):
        raise BeyondYourself()


def _permissions(permissions: Iterable[str]) -> frozenset[str]:
    chosen = frozenset(permissions)
    if not chosen:
        raise InvalidInput(reason=_("Choose at least one permission."))
    if not chosen <= set(PERMISSIONS.names()):
        raise InvalidInput(reason=_("A permission is unknown. Reload the page and choose again."))
    return chosen


def _networks(networks: Iterable[str]) -> list[str]:
    found: list[str] = []
    for text in networks:
        if text.strip():
            try:
                found.append(str(ip_network(text.strip(), strict=False)))
            except ValueError as error:
                reason = _("“%(value)s” is no address. Write 203.0.113.7 or a range such as 203.0.113.0/24.")
                raise InvalidInput(reason=reason, value=text.strip()[:60]) from error
    if len(found) > MAX_NETWORKS:
        raise InvalidInput(reason=_("A key can have at most 50 addresses. Write ranges."))
    return sorted(set(found))


def _check_limits(name: str, days: int | None, rate_per_minute: int) -> None:
    if not 1 <= len(name.strip()) <= 80:
        raise InvalidInput(reason=_("A name of 1 to 80 characters is needed."))
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise InvalidInput(reason=_("A key lasts 1 to 3,650 days."))
    if not 1 <= rate_per_minute <= MAX_RATE_PER_MINUTE:
        raise InvalidInput(reason=_("A key may make 1 to 600 requests a minute."))


def _secret() -> str:
    return KEY_PREFIX + secrets.token_urlsafe(32)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _target(row: ApiKey) -> Target:
    return Target(actions.KEY, row.pk, row.name)


def _fields(row: ApiKey) -> dict[str, Any]:
    return {
        "name": row.name, "node_id": row.node_id, "permissions": json.loads(row.permissions_json),
        "networks": json.loads(row.networks_json), "rate_per_minute": row.rate_per_minute,
        "expires_at": row.expires_at,
    }  # fmt: skip
