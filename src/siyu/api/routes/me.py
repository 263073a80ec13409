"""The caller: who it is, and the end of its tokens."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from siyu.api.authentication import caller, needs
from siyu.api.schemas.me import MeOut, RevokedOut
from siyu.kernel.errors import NotAllowed
from siyu.org import services
from siyu.org.access import SIGNED_IN

router = Router()


@router.get("", response=MeOut, auth=needs(SIGNED_IN))
def get_me(request: HttpRequest) -> Any:
    """Whose rights this request has."""
    found = caller(request)
    return {
        "staff_id": found.staff_id,
        "key_id": found.viewer.key_id,
        "email": found.email,
        "name": found.viewer.name,
        "all_customers": found.viewer.all_customers,
        "via": found.via,
    }


@router.delete("/tokens", response=RevokedOut, auth=needs(SIGNED_IN))
def revoke_tokens(request: HttpRequest) -> Any:
    """End every access token of the caller, this one included. Keys have none: revoke them."""
    found = caller(request)
    if found.staff_id is None:
        raise NotAllowed()
    return {"revoked_count": services.revoke_tokens(staff_id=found.staff_id, viewer=found.viewer)}
