"""Reactions of `org`: people hear how the work ended that they started."""

from __future__ import annotations

from siyu.eventlog.contracts import JobState
from siyu.eventlog.registries import JobEnd
from siyu.org.kinds import JOB_DONE, JOB_FAILED
from siyu.org.services.notices import notify


def job_ended(end: JobEnd) -> None:
    """Tells who started a job that it is done or has failed, in the transaction that ends it."""
    if end.created_by is not None:
        kind = JOB_FAILED if end.state is JobState.FAILED else JOB_DONE
        notify(kind=kind, staff_ids=[end.created_by], object_id=end.job_id, data={"kind": end.kind})
