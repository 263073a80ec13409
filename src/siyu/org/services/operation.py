"""What people do to the machinery below, audited: stop or repeat work, settle events set aside, take the log out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from siyu.audit.contracts import EntryView, Filters, Target
from siyu.eventlog import queries as log
from siyu.eventlog import records
from siyu.eventlog import services as eventlog
from siyu.eventlog.contracts import JobView
from siyu.kernel.errors import NotFound
from siyu.org import actions, auditing
from siyu.org.access import whose_jobs
from siyu.org.contracts import Viewer


def cancel_job(*, viewer: Viewer, job_id: int) -> None:
    """Asks a job to stop that the viewer may see; asking again changes nothing."""
    with records.transaction():
        job = log.job(job_id, created_by=whose_jobs(viewer))
        eventlog.cancel_job(job_id=job_id)
        if not job.cancel_asked and not job.state.is_final:
            auditing.record(viewer, actions.JOB_CANCELLED, _job(job))


def retry_job(*, viewer: Viewer, job_id: int) -> None:
    """Queues a failed or cancelled job again."""
    with records.transaction():
        job = log.job(job_id, created_by=whose_jobs(viewer))
        eventlog.retry_job(job_id=job_id)
        auditing.record(viewer, actions.JOB_RETRIED, _job(job))


def redrive(*, viewer: Viewer, parked_id: int) -> None:
    """Hands an event that was set aside to its reader again. Readers may have transactions of their own: the entry is
    written before, and stays also where the reader fails again."""
    with records.transaction():
        auditing.record(viewer, actions.PARKED_REDRIVEN, _parked(parked_id))
    eventlog.redrive(parked_id=parked_id)


def dismiss(*, viewer: Viewer, parked_id: int) -> None:
    """Gives an event up that was set aside."""
    with records.transaction():
        auditing.record(viewer, actions.PARKED_DISMISSED, _parked(parked_id))
        eventlog.dismiss(parked_id=parked_id)


def export_audit(*, viewer: Viewer, filters: Filters) -> Iterator[EntryView]:
    """The audit log for a download, which itself is written down first."""
    rows = auditing.every(viewer, filters)
    asked = {name: value for name, value in asdict(filters).items() if value not in (None, "")}
    with records.transaction():
        auditing.record(viewer, actions.AUDIT_EXPORTED, Target(actions.AUDIT), after=asked)
    return rows


def _job(job: JobView) -> Target:
    return Target(actions.JOB, job.id, job.kind)


def _parked(parked_id: int) -> Target:
    view = next((view for view in log.parked() if view.id == parked_id), None)
    if view is None:
        raise NotFound()
    return Target(actions.PARKED, parked_id, f"{view.event_name} → {view.subscriber}")
