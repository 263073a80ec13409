"""Audiences: what a rule may ask, counting and sampling by rule, saved audiences and their members."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from siyu.api.authentication import needs, viewer
from siyu.api.idempotency import DOCUMENTED, once
from siyu.api.schemas.audiences import (
    AudienceChange,
    AudienceIn,
    AudienceList,
    AudienceOut,
    CountOut,
    LeafList,
    PreviewOut,
    RuleIn,
    SampleIn,
)
from siyu.api.schemas.customers import CustomerList, CustomerPage
from siyu.api.schemas.jobs import JobOut
from siyu.api.schemas.paging import Cursor, Limit
from siyu.audiences import queries, services
from siyu.audiences.permissions import AUDIENCES_EDIT, AUDIENCES_VIEW
from siyu.customers import queries as customers
from siyu.eventlog import queries as log

router = Router()
Archived = Annotated[bool, Query(description="Those that were put away instead.")]
Version = Annotated[int, Query(description="The version that the caller has seen.")]


@router.get("/leaves", response=LeafList, auth=needs(AUDIENCES_VIEW))
def list_leaves(request: HttpRequest) -> Any:
    """The kinds of conditions that rules may use, with their parameters."""
    return {"items": queries.leaf_kinds()}


@router.post("/count", response=CountOut, auth=needs(AUDIENCES_VIEW))
def count_rule(request: HttpRequest, body: RuleIn) -> Any:
    """How many customers a rule holds for, in all and per condition. Saves nothing."""
    return queries.count(viewer(request), body.rule, body.as_of)


@router.post("/preview", response=PreviewOut, auth=needs(AUDIENCES_VIEW))
def preview_rule(request: HttpRequest, body: RuleIn) -> Any:
    """As the count, for a rule that may be incomplete: what is wrong with it is part of the answer."""
    return queries.preview(viewer(request), body.rule, body.as_of)


@router.post("/sample", response=CustomerList, auth=needs(AUDIENCES_VIEW))
def sample_rule(request: HttpRequest, body: SampleIn) -> Any:
    """Some customers of a rule, at random."""
    seen_by = viewer(request)
    ids = queries.sample(seen_by, body.rule, body.count, body.seed, body.as_of)
    return {"items": customers.customers(seen_by, ids)}


@router.get("", response=AudienceList, auth=needs(AUDIENCES_VIEW))
def list_audiences(request: HttpRequest, archived: Archived = False) -> Any:
    """Saved audiences by name."""
    return {"items": queries.audiences(viewer(request), archived=archived)}


@router.post("", response={201: AudienceOut}, openapi_extra=DOCUMENTED, auth=needs(AUDIENCES_EDIT))
def create_audience(request: HttpRequest, body: AudienceIn) -> Any:
    """Save a rule under a name and start computing its members."""
    seen_by = viewer(request)

    def create() -> AudienceOut:
        audience_id = services.create_audience(viewer=seen_by, name=body.name, rule=body.rule)
        return AudienceOut.model_validate(queries.audience(seen_by, audience_id))

    return once(request, create)


@router.get("/{int:audience_id}", response=AudienceOut, auth=needs(AUDIENCES_VIEW))
def get_audience(request: HttpRequest, audience_id: int) -> Any:
    """One saved audience with its size and freshness."""
    return queries.audience(viewer(request), audience_id)


@router.patch("/{int:audience_id}", response=AudienceOut, auth=needs(AUDIENCES_EDIT))
def update_audience(request: HttpRequest, audience_id: int, body: AudienceChange) -> Any:
    """Change name or rule. 409 if somebody changed it since the version given."""
    seen_by = viewer(request)
    services.update_audience(
        viewer=seen_by, audience_id=audience_id, version=body.version, name=body.name, rule=body.rule
    )
    return queries.audience(seen_by, audience_id)


@router.delete("/{int:audience_id}", response={204: None}, auth=needs(AUDIENCES_EDIT))
def archive_audience(request: HttpRequest, audience_id: int, version: Version) -> Any:
    """Put an audience away. 409 while others refer to it."""
    services.archive_audience(viewer=viewer(request), audience_id=audience_id, version=version)
    return HttpResponse(status=204)


@router.post("/{int:audience_id}/rebuild", response=JobOut, auth=needs(AUDIENCES_EDIT))
def rebuild_audience(request: HttpRequest, audience_id: int) -> Any:
    """Compute the members anew; answers with the job that does it."""
    return log.job(services.rebuild_audience(viewer=viewer(request), audience_id=audience_id))


@router.get("/{int:audience_id}/members", response=CustomerPage, auth=needs(AUDIENCES_VIEW))
def list_members(request: HttpRequest, audience_id: int, cursor: Cursor = None, limit: Limit = 50) -> Any:
    """The members, a page at a time. 409 until they have been computed."""
    seen_by = viewer(request)
    page = queries.member_page(seen_by, audience_id, cursor=cursor, limit=limit)
    return {"items": customers.customers(seen_by, page.items), "next_cursor": page.next_cursor}
