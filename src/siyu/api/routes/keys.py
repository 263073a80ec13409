"""API keys of the brand. Their secrets are told once, so creating is not repeatable by an idempotency key."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.keys import KeyIn, KeyList, KeyOut, NewKeyOut, RotateIn
from siyu.org import queries, services
from siyu.org.permissions import KEYS_MANAGE

router = Router()


@router.get("", response=KeyList, auth=needs(KEYS_MANAGE))
def list_keys(request: HttpRequest) -> Any:
    """Every key within the caller's scope, newest first."""
    return {"items": queries.keys(viewer(request))}


@router.get("/{int:key_id}", response=KeyOut, auth=needs(KEYS_MANAGE))
def get_key(request: HttpRequest, key_id: int) -> Any:
    """One key."""
    return queries.key(viewer(request), key_id)


@router.post("", response={201: NewKeyOut}, auth=needs(KEYS_MANAGE))
def create_key(request: HttpRequest, body: KeyIn) -> Any:
    """Make a key with some of the caller's own permissions, below a place within the caller's scope."""
    return Status(201, services.create_key(viewer=viewer(request), **body.model_dump()))


@router.post("/{int:key_id}/rotate", response=NewKeyOut, auth=needs(KEYS_MANAGE))
def rotate_key(request: HttpRequest, key_id: int, body: RotateIn) -> Any:
    """Give a key a new secret; the old one works on for a while."""
    return services.rotate_key(viewer=viewer(request), key_id=key_id, overlap_hours=body.overlap_hours)


@router.post("/{int:key_id}/revoke", response=KeyOut, auth=needs(KEYS_MANAGE))
def revoke_key(request: HttpRequest, key_id: int) -> Any:
    """End a key at once; again changes nothing."""
    services.revoke_key(viewer=viewer(request), key_id=key_id)
    return queries.key(viewer(request), key_id)
