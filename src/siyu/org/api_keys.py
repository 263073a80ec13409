"""What may cross the boundary of `org` about API keys of the brand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from siyu.kernel.errors import SiyuError
from siyu.org.contracts import Viewer


class KeyState(StrEnum):
    """Whether a key opens anything."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key of the brand without its secret, of which `hint` are the last characters."""

    id: int
    name: str
    state: KeyState
    hint: str
    node_id: int
    node_name: str
    permissions: frozenset[str]
    networks: tuple[str, ...]
    rate_per_minute: int
    created_by: int | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    old_until: datetime | None
    last_used_at: datetime | None
    last_used_from: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key's secret, told this once."""

    id: int
    secret: str


@dataclass(frozen=True, slots=True)
class AdmittedKey:
    """A key that was shown: whom it makes the caller, and how often it may call."""

    viewer: Viewer
    rate_per_minute: int


class WrongAddress(SiyuError):
    """Of a key that is good but came from elsewhere: said openly, as only its holder can cause it."""

    code = "wrong_address"
    status = 403
    message = "This key may not be used from %(address)s. Call from an allowed one, or make a key for this one."
