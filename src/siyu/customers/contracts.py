"""What crosses the boundary of `customers`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from siyu.kernel.errors import SiyuError


class IdentityKind(StrEnum):
    """Kinds of identity, strongest first: the first kind that is known decides whose row it is."""

    MEMBER = "member"
    PHONE = "phone"


# Stored sealed and found by keyed hash; the others are a shop's own numbers and stand in clear.
SEALED_KINDS = frozenset({IdentityKind.PHONE})


@dataclass(frozen=True, slots=True)
class IdentityKey:
    """One way to know a person: a member number within a shop (`namespace`), or a phone in E.164 form."""

    kind: IdentityKind
    namespace: str
    value: str


class Channel(StrEnum):
    SMS = "sms"


class Purpose(StrEnum):
    MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class ConsentIn:
    """A grant or withdrawal with its evidence (where and how it was given)."""

    channel: Channel
    purpose: Purpose
    granted: bool
    at: datetime
    evidence: str


@dataclass(frozen=True, slots=True)
class PlaceIn:
    """Where a customer belongs, by id: a place of the organisation, and who looks after them; either may be open."""

    node_id: int | None = None
    staff_id: int | None = None


@dataclass(frozen=True, slots=True)
class PersonIn:
    """What a row of a file or a call tells about one person. `place` counts only for somebody who has none yet."""

    keys: tuple[IdentityKey, ...]
    seen_at: datetime
    display_name: str = ""
    attributes: Mapping[str, str | float] = field(default_factory=dict)
    consents: tuple[ConsentIn, ...] = ()
    place: PlaceIn | None = None


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer in a list. The phone is masked; home and guide are names, empty where open."""

    id: int
    display_name: str
    phone_masked: str
    member_no: str
    first_seen_at: datetime
    attributes: Mapping[str, str | float]
    home: str = ""
    guide: str = ""


@dataclass(frozen=True, slots=True)
class IdentityView:
    kind: IdentityKind
    namespace: str
    shown: str


@dataclass(frozen=True, slots=True)
class ConsentView:
    channel: Channel
    purpose: Purpose
    granted: bool
    at: datetime
    evidence: str


class NoIdentity(SiyuError):
    code = "no_identity"
    status = 422
    message = "This row names no customer: a member number or a phone is needed."


class TooManyCustomers(SiyuError):
    code = "too_many_customers"
    status = 507
    message = "Customer ids are used up (4,294,967,295)."
