"""Places, roles and staff."""

from __future__ import annotations

from datetime import datetime

from ninja import Field, Schema

from siyu.org.contracts import NodeKind, Reach


class PlaceOut(Schema):
    id: int
    parent_id: int | None
    kind: NodeKind
    code: str
    name: str
    city: str
    path: str
    is_active: bool
    version: int
    staff_count: int
    child_count: int


class PlacePage(Schema):
    items: list[PlaceOut]
    next_cursor: str | None


class PlaceNew(Schema):
    parent_id: int
    kind: NodeKind
    code: str = Field(max_length=60)
    name: str = Field(max_length=80)
    city: str = Field("", max_length=60)


class PlaceChange(Schema):
    version: int
    code: str = Field(max_length=60)
    name: str = Field(max_length=80)
    city: str = Field("", max_length=60)
    above_code: str = Field("", max_length=60, description="Code of the place above; another one moves this place.")


class RoleOut(Schema):
    id: int
    key: str
    label: str
    is_system: bool
    reach: Reach
    permissions: list[str] = Field(description="Keys; `*` for all.")
    version: int
    staff_count: int


class RoleList(Schema):
    items: list[RoleOut]


class MembershipOut(Schema):
    role_id: int
    role_key: str
    node_id: int
    node_name: str


class StaffOut(Schema):
    id: int
    email: str
    name: str
    title: str
    is_active: bool
    has_password: bool
    created_at: datetime
    last_login: datetime | None
    version: int
    memberships: list[MembershipOut]


class StaffPage(Schema):
    items: list[StaffOut]
    next_cursor: str | None


class MembershipGiven(Schema):
    role_id: int
    node_id: int


class StaffNew(Schema):
    email: str = Field(max_length=254)
    name: str = Field(max_length=80)
    title: str = Field("", max_length=80)
    memberships: list[MembershipGiven] = Field(default_factory=list, max_length=50)


class StaffChange(Schema):
    version: int
    name: str = Field(max_length=80)
    title: str = Field("", max_length=80)
    memberships: list[MembershipGiven] = Field(max_length=50)


class CustomerPlace(Schema):
    customer_id: int
    node_id: int | None = None
    staff_id: int | None = None


class PlacingIn(Schema):
    items: list[CustomerPlace] = Field(min_length=1, max_length=500)


class PlacingOut(Schema):
    moved_count: int = Field(description="Customers whose place changed; those outside the scope are left alone.")
