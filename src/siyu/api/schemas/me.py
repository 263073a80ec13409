"""The caller."""

from __future__ import annotations

from typing import Literal

from ninja import Schema


class MeOut(Schema):
    """A member of staff, or an API key."""

    staff_id: int | None
    key_id: int | None
    email: str
    name: str
    all_customers: bool
    via: Literal["session", "token", "key"]


class RevokedOut(Schema):
    revoked_count: int
