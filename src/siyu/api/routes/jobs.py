"""Background work: list, one, cancel, retry."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query, Router

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.jobs import JobOut, JobPage
from siyu.api.schemas.paging import Cursor, Limit
from siyu.eventlog import queries
from siyu.kernel.paging import decode_cursor, encode_cursor
from siyu.org import services
from siyu.org.access import whose_jobs
from siyu.org.permissions import JOBS_VIEW

router = Router()
Kind = Annotated[str | None, Query(max_length=80, description="Only jobs of this kind, say `ingest.import_orders`.")]
OpenOnly = Annotated[bool, Query(description="Only jobs that wait or run.")]


def _whose(request: HttpRequest) -> int | None:
    return whose_jobs(viewer(request))


@router.get("", response=JobPage, auth=needs(JOBS_VIEW))
def list_jobs(
    request: HttpRequest, kind: Kind = None, open_only: OpenOnly = False, cursor: Cursor = None, limit: Limit = 50
) -> Any:
    """Jobs, newest first."""
    before_id = decode_cursor(cursor, int)[0] if cursor else None
    found = queries.jobs(
        kind=kind, open_only=open_only, before_id=before_id, limit=limit + 1, created_by=_whose(request)
    )
    more = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return {"items": found[:limit], "next_cursor": more}


@router.get("/{int:job_id}", response=JobOut, auth=needs(JOBS_VIEW))
def get_job(request: HttpRequest, job_id: int) -> Any:
    """One job with its progress and, at the end, its result."""
    return queries.job(job_id, created_by=_whose(request))


@router.post("/{int:job_id}/cancel", response=JobOut, auth=needs(JOBS_VIEW))
def cancel_job(request: HttpRequest, job_id: int) -> Any:
    """Ask a job to stop. It does at its next step; asking again changes nothing."""
    services.cancel_job(viewer=viewer(request), job_id=job_id)
    return queries.job(job_id, created_by=_whose(request))


@router.post("/{int:job_id}/retry", response=JobOut, auth=needs(JOBS_VIEW))
def retry_job(request: HttpRequest, job_id: int) -> Any:
    """Queue a failed or cancelled job again; it goes on from the state that it had saved."""
    services.retry_job(viewer=viewer(request), job_id=job_id)
    return queries.job(job_id, created_by=_whose(request))
