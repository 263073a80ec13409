"""API keys of the brand: the list, and who is behind a secret."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from django.db.models import QuerySet

from siyu.kernel import clock
from siyu.kernel.errors import NotFound
from siyu.org.api_keys import AdmittedKey, KeyState, KeyView, WrongAddress
from siyu.org.contracts import EVERYTHING, Scope, Viewer
from siyu.org.models import ApiKey
from siyu.org.permissions import KEYS_MANAGE
from siyu.org.queries.tree import accessible_nodes, node_view

# How fresh "last used" is: writing it at every call would make each read a write.
LAST_USED_STEP = timedelta(minutes=1)
# In words of the store: every request asks this, and putting a statement together costs five times what it does.
_BY_SECRET = """
SELECT k.*, n.is_active AS place_is_active, n.parent_id AS place_parent_id, n.path AS place_path
FROM org_apikey k JOIN org_node n ON n.id = k.node_id WHERE k.key_hash = %s OR k.old_hash = %s
"""


def accessible_keys(viewer: Viewer) -> QuerySet[ApiKey]:
    """Keys whose place lies within the viewer's scope."""
    viewer.require(KEYS_MANAGE)
    return ApiKey.objects.filter(node__in=accessible_nodes(viewer)).select_related("node")


def keys(viewer: Viewer) -> list[KeyView]:
    """Newest first; revoked and expired ones stay, for those who ask what was."""
    return [key_view(row) for row in accessible_keys(viewer).order_by("-pk")]


def key(viewer: Viewer, key_id: int) -> KeyView:
    row = accessible_keys(viewer).filter(pk=key_id).first()
    if row is None:
        raise NotFound()
    return key_view(row)


def key_viewer(secret: str, *, origin: str, trace_id: str = "") -> AdmittedKey | None:
    """Whom a secret makes the caller; None for an unknown, expired or revoked one, WrongAddress from elsewhere.

    The viewer has exactly the key's permissions, below its place; a key of a closed place sees nobody. Notes the use.
    """
    digest, moment = hashlib.sha256(secret.encode()).digest(), clock.now()
    row = next((row for row in ApiKey.objects.raw(_BY_SECRET, [digest, digest]) if _opens(row, digest, moment)), None)
    if row is None:
        return None
    if not allows(json.loads(row.networks_json), origin):
        raise WrongAddress(address=origin)
    if row.last_used_at is None or row.last_used_at <= moment - LAST_USED_STEP or row.last_used_from != origin:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=moment, last_used_from=origin[:60])
    viewer = Viewer(
        staff_id=None,
        name=row.name,
        scope=_scope(row),
        permissions=frozenset(json.loads(row.permissions_json)),
        via="key",
        origin=origin,
        trace_id=trace_id,
        key_id=row.pk,
    )
    return AdmittedKey(viewer, row.rate_per_minute)


def _opens(row: ApiKey, digest: bytes, moment: datetime) -> bool:
    """Whether a secret of this key, the present one or the one before, is good now."""
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= moment):
        return False
    is_present = bytes(row.key_hash) == digest
    return is_present or (row.old_until is not None and row.old_until > moment)


def allows(networks: list[str], origin: str) -> bool:
    """Whether an address lies within one of the ranges; without ranges every address does."""
    if not networks:
        return True
    try:
        address = ip_address(origin)
    except ValueError:
        return False
    return any(address in ip_network(text) for text in networks)


def _scope(row: Any) -> Scope:
    """Of a key with its place, as `_BY_SECRET` finds it."""
    if not row.place_is_active:
        return Scope()
    return EVERYTHING if row.place_parent_id is None else Scope(paths=(row.place_path,))


def key_view(row: ApiKey) -> KeyView:
    moment = clock.now()
    state = KeyState.ACTIVE
    if row.revoked_at is not None:
        state = KeyState.REVOKED
    elif row.expires_at is not None and row.expires_at <= moment:
        state = KeyState.EXPIRED
    return KeyView(
        id=row.pk,
        name=row.name,
        state=state,
        hint=row.hint,
        node_id=row.node_id,
        node_name=node_view(row.node).name,
        permissions=frozenset(json.loads(row.permissions_json)),
        networks=tuple(json.loads(row.networks_json)),
        rate_per_minute=row.rate_per_minute,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        old_until=row.old_until if row.old_until and row.old_until > moment else None,
        last_used_at=row.last_used_at,
        last_used_from=row.last_used_from,
    )
