"""Running work: the list of jobs, and one job with its progress."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from siyu.console.web import page, wording
from siyu.eventlog import queries as log
from siyu.eventlog.contracts import JobState, JobView
from siyu.org import services as org
from siyu.org.access import needs, whose_jobs
from siyu.org.permissions import JOBS_VIEW
from siyu.ui import formats, htmx
from siyu.ui.contracts import Cell, Column, Crumb, Row
from siyu.ui.registries import JOB_RESULTS

PAGE_ROWS = 50
COLUMNS = (
    Column("what", _("Work"), phone="main"),
    Column("state", _("State"), phone="figure"),
    Column("progress", _("Progress"), "end", phone="hidden"),
    Column("created", _("Started"), muted=True),
)


@needs(JOBS_VIEW)
@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """The background work that the viewer may see, newest first."""
    before = request.GET.get("before", "")
    jobs = log.jobs(
        before_id=int(before) if before.isdecimal() else None, limit=PAGE_ROWS + 1, created_by=_whose(request)
    )
    path = reverse("jobs")
    context = {
        "columns": COLUMNS,
        "rows": [_row(job) for job in jobs[:PAGE_ROWS]],
        "next_url": page.address(path, before=jobs[PAGE_ROWS - 1].id) if len(jobs) > PAGE_ROWS else "",
        "first_url": path if before else "",
    }
    return render(request, "console/jobs.html", context)


def _whose(request: HttpRequest) -> int | None:
    return whose_jobs(page.viewer_of(request))


def _row(job: JobView) -> Row:
    label, kind = wording.JOB_STATES[job.state]
    url = reverse("job", args=[job.id])
    return Row(
        key=str(job.id),
        url=url,
        cells={
            "what": Cell(wording.job_label(job), url=url, note=f"#{job.id}"),
            "state": Cell(label, kind="pill", tone=kind),
            "progress": formats.percent(job.share, 0) if job.total else formats.MISSING,
            "created": formats.moment(job.created_at),
        },
    )


@needs(JOBS_VIEW)
@require_GET
def job_page(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job; asked for by HTMX, only its progress."""
    job = log.job(job_id, created_by=_whose(request))
    context = {
        "job": job,
        "label": wording.job_label(job),
        "meta": formats.moment(job.created_at),
        "crumbs": [Crumb(_("Running work"), reverse("jobs"))],
        **progress_of(job),
    }
    return page.page_or_part(request, "console/job.html", "console/job_progress.html", context)


def progress_of(job: JobView, *, poll_url: str = "", result_url: str = "") -> dict[str, object]:
    """What the progress component needs of a job."""
    result_label: Any = ""
    if not result_url and job.state is JobState.DONE and job.kind in JOB_RESULTS:
        result_label, result_url = JOB_RESULTS.get(job.kind)(job)
    return {
        "progress": {
            "label": wording.job_label(job),
            "done": job.done,
            "total": job.total,
            "rate_per_s": job.rate_per_s,
            "seconds_left": job.seconds_left,
            "state": job.state.value,
            "note": wording.job_error(job),
            "poll_url": poll_url or reverse("job", args=[job.id]),
            "cancel_url": reverse("job-cancel", args=[job.id]),
            "result_url": result_url,
            "result_label": result_label,
        }
    }


@needs(JOBS_VIEW)
@require_POST
def job_cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    org.cancel_job(viewer=page.viewer_of(request), job_id=job_id)
    return htmx.redirect(request, reverse("job", args=[job_id]))


@needs(JOBS_VIEW)
@require_POST
def job_retry(request: HttpRequest, job_id: int) -> HttpResponse:
    org.retry_job(viewer=page.viewer_of(request), job_id=job_id)
    return htmx.redirect(request, reverse("job", args=[job_id]))
