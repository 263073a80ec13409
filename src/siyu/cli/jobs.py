"""Following a background job from the terminal: what every command with `--wait` does."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

from siyu.cli.command import Answer, Output
from siyu.cli.language import gettext as _
from siyu.cli.supervisor.report import duration
from siyu.eventlog import queries
from siyu.eventlog.contracts import JobState, JobView
from siyu.kernel.errors import told

# People see progress as steady at this pace; a query costs well under a millisecond.
POLL_SECONDS = 0.2
# Queued for this long: most likely no worker runs.
NO_WORKER_SECONDS = 5.0


def follow_job(out: Output, job_id: int) -> Answer:
    """Waits for a job, showing progress on stderr. Exit code 0 if it is done, 1 if it failed or was cancelled."""
    started = time.monotonic()
    warned = False
    while True:
        job = queries.job(job_id)
        if job.state.is_final:
            return Answer(document(job), text(job), 0 if job.state is JobState.DONE else 1)
        if job.state is JobState.QUEUED and not warned and time.monotonic() - started > NO_WORKER_SECONDS:
            out.progress(_("Job %s is still waiting. Is a worker running? See: siyu status") % job_id)
            warned = True
        out.refresh(progress_line(job))
        time.sleep(POLL_SECONDS)


def document(job: JobView) -> dict[str, Any]:
    return {**asdict(job), "share": job.share}


def progress_line(job: JobView) -> str:
    parts = [f"{job.done:,}" + (f" / {job.total:,} ({100 * job.share:.0f} %)" if job.total else "")]
    if job.rate_per_s:
        parts.append(f"{job.rate_per_s:,.0f}/s")
    if job.seconds_left is not None:
        parts.append(_("%s left") % duration(job.seconds_left))
    if job.note:
        parts.append(job.note)
    return f"{job.kind} {_(job.state.value)}: " + ", ".join(parts)


def text(job: JobView) -> str:
    lines = [progress_line(job)]
    if job.error:
        lines.append(told(job.error, _))
    lines += [f"  {name}: {value}" for name, value in (job.result or {}).items()]
    return "\n".join(lines)
