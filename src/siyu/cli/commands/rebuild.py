"""`siyu rebuild`: the warehouse, anew from log and records."""

from __future__ import annotations

from siyu.cli.command import Answer, Output, command, wait_option
from siyu.cli.jobs import follow_job
from siyu.cli.language import gettext as _
from siyu.eventlog import services

JOB_KIND = "warehouse.rebuild"


@command()
@wait_option
def rebuild(out: Output, wait: bool) -> Answer:
    """Drop every table of the warehouse and ship log and records again: after a restore, or to a new server."""
    job_id = services.start_job(kind=JOB_KIND)
    if wait:
        return follow_job(out, job_id)
    return Answer({"job_id": job_id}, _("Started job %s.") % job_id)
