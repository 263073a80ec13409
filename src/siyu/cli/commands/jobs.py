"""`siyu jobs list | show | cancel`: background work."""

from __future__ import annotations

import click

from siyu.cli import jobs as followed
from siyu.cli.command import Answer, Output, command, table, wait_option
from siyu.cli.language import gettext as _
from siyu.eventlog import queries
from siyu.org import services
from siyu.org.contracts import COMMAND_LINE


@command("list")
@click.option("--open", "open_only", is_flag=True, help="Only jobs that wait or run.")
@click.option("--kind", help="Only jobs of this kind.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
def list_jobs(out: Output, open_only: bool, kind: str | None, limit: int) -> Answer:
    """List jobs, newest first."""
    found = queries.jobs(kind=kind, open_only=open_only, limit=limit)
    rows = [
        (str(job.id), job.kind, _(job.state.value), f"{100 * job.share:.0f} %", job.created_at.isoformat())
        for job in found
    ]
    header = (_("job"), _("kind"), _("state"), _("done"), _("created"))
    return Answer({"jobs": [followed.document(job) for job in found]}, table(rows, header=header))


@command("show")
@click.argument("job_id", type=int)
@wait_option
def show_job(out: Output, job_id: int, wait: bool) -> Answer:
    """Show one job with its result; with --wait, follow it to its end."""
    if wait:
        return followed.follow_job(out, job_id)
    job = queries.job(job_id)
    return Answer(followed.document(job), followed.text(job))


@command("cancel")
@click.argument("job_id", type=int)
@wait_option
def cancel_job(out: Output, job_id: int, wait: bool) -> Answer:
    """Ask a job to stop; it does at its next step."""
    services.cancel_job(viewer=COMMAND_LINE, job_id=job_id)
    job = queries.job(job_id)
    if wait and not job.state.is_final:
        answer = followed.follow_job(out, job_id)
        return Answer(answer.document, answer.text)
    return Answer(followed.document(job), followed.text(job))


jobs = click.Group("jobs", commands=[list_jobs, show_job, cancel_job], help="Background jobs.")
