"""The organisation: places, roles, staff, and where customers belong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from siyu.api.authentication import needs, viewer
from siyu.api.idempotency import DOCUMENTED, once
from siyu.api.schemas.organisation import (
    MembershipGiven,
    PlaceChange,
    PlaceNew,
    PlaceOut,
    PlacePage,
    PlacingIn,
    PlacingOut,
    RoleList,
    StaffChange,
    StaffNew,
    StaffOut,
    StaffPage,
)
from siyu.api.schemas.paging import Cursor, Limit
from siyu.customers import services as customers
from siyu.customers.contracts import PlaceIn
from siyu.customers.permissions import CUSTOMERS_PLACE
from siyu.org import queries, services
from siyu.org.contracts import MembershipIn
from siyu.org.permissions import STAFF_MANAGE, STAFF_VIEW

router = Router()
Text = Annotated[str, Query(max_length=80, description="Part of a name, code or city.")]
StaffText = Annotated[str, Query(max_length=120, description="Part of a name or e-mail.")]
Below = Annotated[int | None, Query(description="Only places right below this one; the uppermost without it.")]
At = Annotated[int | None, Query(description="Only staff with a role at this place or below.")]
Active = Annotated[bool | None, Query(description="Only open or only closed accounts.")]


@router.get("/places", response=PlacePage, auth=needs(STAFF_VIEW))
def list_places(
    request: HttpRequest, q: Text = "", below: Below = None, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """Places within the scope by name: one level of the tree, or what a text finds."""
    return queries.children(viewer(request), below, text=q, cursor=cursor, limit=limit)


@router.post("/places", response={201: PlaceOut}, openapi_extra=DOCUMENTED, auth=needs(STAFF_MANAGE))
def create_place(request: HttpRequest, body: PlaceNew) -> Any:
    """Add a place below another one."""
    seen_by = viewer(request)

    def create() -> PlaceOut:
        node_id = services.create_node(
            viewer=seen_by, parent_id=body.parent_id, kind=body.kind, code=body.code, name=body.name, city=body.city
        )
        return PlaceOut.model_validate(queries.node(seen_by, node_id))

    return once(request, create)


@router.get("/places/{int:node_id}", response=PlaceOut, auth=needs(STAFF_VIEW))
def get_place(request: HttpRequest, node_id: int) -> Any:
    """One place."""
    return queries.node(viewer(request), node_id)


@router.patch("/places/{int:node_id}", response=PlaceOut, auth=needs(STAFF_MANAGE))
def update_place(request: HttpRequest, node_id: int, body: PlaceChange) -> Any:
    """Rename or move a place. 409 if somebody changed it since the version given."""
    seen_by = viewer(request)
    services.edit_node(
        viewer=seen_by, node_id=node_id, version=body.version, name=body.name, code=body.code, city=body.city,
        above_code=body.above_code,
    )  # fmt: skip
    return queries.node(seen_by, node_id)


@router.post("/places/{int:node_id}/close", response=PlaceOut, auth=needs(STAFF_MANAGE))
def close_place(request: HttpRequest, node_id: int) -> Any:
    """Take a place out of use: roles there give nothing any more."""
    services.close_node(viewer=viewer(request), node_id=node_id)
    return queries.node(viewer(request), node_id)


@router.post("/places/{int:node_id}/open", response=PlaceOut, auth=needs(STAFF_MANAGE))
def open_place(request: HttpRequest, node_id: int) -> Any:
    """Take a closed place into use again."""
    services.open_node(viewer=viewer(request), node_id=node_id)
    return queries.node(viewer(request), node_id)


@router.delete("/places/{int:node_id}", response={204: None}, auth=needs(STAFF_MANAGE))
def delete_place(request: HttpRequest, node_id: int) -> Any:
    """Remove a place. 409 while anything belongs to it."""
    services.delete_node(viewer=viewer(request), node_id=node_id)
    return HttpResponse(status=204)


@router.get("/roles", response=RoleList, auth=needs(STAFF_VIEW))
def list_roles(request: HttpRequest) -> Any:
    """System roles, then the brand's own, with their permissions."""
    return {"items": queries.roles(viewer(request))}


@router.get("/staff", response=StaffPage, auth=needs(STAFF_VIEW))
def list_staff(
    request: HttpRequest,
    *,
    q: StaffText = "",
    at: At = None,
    active: Active = True,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Any:
    """Staff within the scope, by name."""
    return queries.staff(viewer(request), text=q, node_id=at, active=active, cursor=cursor, limit=limit)


@router.post("/staff", response={201: StaffOut}, openapi_extra=DOCUMENTED, auth=needs(STAFF_MANAGE))
def add_staff(request: HttpRequest, body: StaffNew) -> Any:
    """Add somebody without a password, who chooses one by invitation."""
    seen_by = viewer(request)

    def create() -> StaffOut:
        staff_id = services.add_invited(
            viewer=seen_by, email=body.email, name=body.name, title=body.title, memberships=_given(body.memberships)
        )
        return StaffOut.model_validate(queries.staff_member(seen_by, staff_id))

    return once(request, create)


@router.get("/staff/{int:staff_id}", response=StaffOut, auth=needs(STAFF_VIEW))
def get_staff(request: HttpRequest, staff_id: int) -> Any:
    """One person with their roles."""
    return queries.staff_member(viewer(request), staff_id)


@router.patch("/staff/{int:staff_id}", response=StaffOut, auth=needs(STAFF_MANAGE))
def update_staff(request: HttpRequest, staff_id: int, body: StaffChange) -> Any:
    """Change name, position and roles together. 409 if somebody changed them since the version given."""
    seen_by = viewer(request)
    services.edit_staff(
        viewer=seen_by, staff_id=staff_id, version=body.version, name=body.name, title=body.title,
        memberships=_given(body.memberships),
    )  # fmt: skip
    return queries.staff_member(seen_by, staff_id)


@router.post("/staff/{int:staff_id}/close", response=StaffOut, auth=needs(STAFF_MANAGE))
def close_staff(request: HttpRequest, staff_id: int) -> Any:
    """End an account: its sessions and tokens end at once."""
    services.close_staff(viewer=viewer(request), staff_id=staff_id)
    return queries.staff_member(viewer(request), staff_id)


@router.post("/staff/{int:staff_id}/open", response=StaffOut, auth=needs(STAFF_MANAGE))
def open_staff(request: HttpRequest, staff_id: int) -> Any:
    """Give a closed account its access back."""
    services.open_staff(viewer=viewer(request), staff_id=staff_id)
    return queries.staff_member(viewer(request), staff_id)


@router.post("/customers", response=PlacingOut, auth=needs(CUSTOMERS_PLACE))
def place_customers(request: HttpRequest, body: PlacingIn) -> Any:
    """Say where customers belong and who looks after them, up to 500 at once. Sending it again changes nothing."""
    places = {item.customer_id: PlaceIn(item.node_id, item.staff_id) for item in body.items}
    return {"moved_count": customers.place_customers(viewer=viewer(request), places=places, source="api")}


def _given(memberships: Sequence[MembershipGiven]) -> list[MembershipIn]:
    return [MembershipIn(entry.role_id, entry.node_id) for entry in memberships]
