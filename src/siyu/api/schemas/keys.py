"""API keys of the brand."""

from __future__ import annotations

from datetime import datetime

from ninja import Field, Schema

from siyu.api.schemas.inputs import Input
from siyu.org.api_keys import KeyState
from siyu.org.services.keys import DEFAULT_OVERLAP_HOURS, MAX_DAYS, MAX_OVERLAP_HOURS, MAX_RATE_PER_MINUTE


class KeyOut(Schema):
    """A key without its secret; `hint` are the secret's last characters."""

    id: int
    name: str
    state: KeyState
    hint: str
    node_id: int
    node_name: str
    permissions: list[str]
    networks: list[str]
    rate_per_minute: int
    created_by: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    old_until: datetime | None
    last_used_at: datetime | None
    last_used_from: str


class KeyList(Schema):
    items: list[KeyOut]


class NewKeyOut(Schema):
    """`secret` is told this once."""

    id: int
    secret: str


class KeyIn(Input):
    name: str = Field(min_length=1, max_length=80)
    permissions: list[str] = Field(min_length=1, max_length=500)
    node_id: int = Field(ge=1, le=2**63 - 1, description="The place below which it sees customers.")
    days: int | None = Field(None, ge=1, le=MAX_DAYS, description="Days until it ends.")
    networks: list[str] = Field(default_factory=list, max_length=50, description="Addresses or ranges (CIDR).")
    rate_per_minute: int = Field(MAX_RATE_PER_MINUTE, ge=1, le=MAX_RATE_PER_MINUTE)


class RotateIn(Input):
    overlap_hours: int = Field(
        DEFAULT_OVERLAP_HOURS, ge=0, le=MAX_OVERLAP_HOURS, description="How long the old secret works on."
    )
