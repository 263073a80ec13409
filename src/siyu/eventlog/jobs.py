"""Running jobs: claim by lease, progress, cancel, result. The worker calls `run_next`; tests do too."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.utils.translation import gettext_noop as _

from siyu.eventlog import records
from siyu.eventlog.contracts import JobCancelled, JobReleased, JobState, LeaseLost
from siyu.eventlog.models import Job
from siyu.kernel import clock
from siyu.kernel.errors import SiyuError, Unavailable, stored
from siyu.kernel.failpoints import failpoint

log = logging.getLogger(__name__)
# A job whose worker died is taken over after this many seconds without a heartbeat.
LEASE_SECONDS = 30
HEARTBEAT_SECONDS = 5
# A job that kills its worker this many times is not tried again.
MAX_ATTEMPTS = 5
_GAVE_UP = _("The job ended its worker several times and is not tried again.")
# A job whose warehouse or provider does not answer is put off by a share of the time it has tried for, so the pauses
# grow with the trouble; after a day it has failed and a person decides.
FIRST_PAUSE_SECONDS = 1.0
LAST_PAUSE_SECONDS = 60.0
PAUSE_SHARE = 0.25
PATIENCE = timedelta(days=1)
# Progress is for eyes: writing it more often than this only costs.
PROGRESS_SECONDS = 0.25
# Set when this process is told to stop: running jobs give themselves back at their next step.
stopping = threading.Event()


class JobContext:
    """What a running job may do besides its work. Not thread-safe; one per run."""

    def __init__(self, job: Job, owner: str) -> None:
        self.job_id: int = job.pk
        self.kind: str = job.kind
        self.created_by: int | None = job.created_by
        self.trace_id: str = job.trace_id
        self.started_at: datetime = job.started_at or clock.now()
        self.args: Mapping[str, Any] = json.loads(job.args_json)
        self.state: dict[str, Any] = json.loads(job.state_json)
        self._owner = owner
        self._progress_at = 0.0

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Remembers where to resume. Inside a transaction it is saved with the data; LeaseLost if no longer ours."""
        self.state = dict(state)
        self._update(state_json=json.dumps(self.state, ensure_ascii=False))

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Shows progress (at most a few times a second); `note` is a msgid."""
        moment = time.monotonic()
        if moment - self._progress_at < PROGRESS_SECONDS and done < total:
            return
        self._progress_at = moment
        self._update(done=done, total=total, note=note)

    def check_cancelled(self) -> None:
        """Raises JobCancelled if somebody asked the job to stop, JobReleased if the worker is stopping.

        Call it between steps, outside a transaction.
        """
        if stopping.is_set():
            raise JobReleased
        if Job.objects.filter(pk=self.job_id, cancel_asked=True).exists():
            raise JobCancelled

    def _update(self, **values: Any) -> None:
        if not Job.objects.filter(pk=self.job_id, lease_owner=self._owner).update(**values):
            raise LeaseLost


def run_next(*, kinds: frozenset[str] | None = None) -> bool:
    """Claims and runs the job that has waited longest; False if there is none."""
    job = _claim(kinds)
    if job is None:
        return False
    _run(job)
    return True


def next_waiting(besides: Collection[int] = ()) -> tuple[int, str] | None:
    """(id, kind) of the job that has waited longest, without claiming it; None if there is none `besides` those."""
    found = Job.objects.filter(_waiting(clock.now())).exclude(pk__in=besides)
    return found.order_by("due_at", "pk").values_list("pk", "kind").first()


def run_job(*, job_id: int) -> bool:
    """Runs one job in this process if nobody else holds it (commands with --wait and no worker)."""
    job = _claim(None, job_id)
    if job is None:
        return False
    _run(job)
    return True


def _waiting(moment: datetime) -> Q:
    return Q(state=JobState.QUEUED, due_at__lte=moment) | Q(state=JobState.RUNNING, lease_until__lt=moment)


def _claim(kinds: frozenset[str] | None, job_id: int | None = None) -> Job | None:
    moment = clock.now()
    waiting = _waiting(moment)
    found = Job.objects.filter(waiting).order_by("due_at", "pk")
    if kinds is not None:
        found = found.filter(kind__in=kinds)
    if job_id is not None:
        found = found.filter(pk=job_id)
    for candidate in found.values_list("pk", flat=True)[:5]:
        owner = f"{os.getpid()}.{threading.get_ident()}.{time.monotonic_ns()}"
        with records.transaction():
            taken = Job.objects.filter(waiting, pk=candidate).update(
                state=JobState.RUNNING,
                lease_owner=owner,
                lease_until=moment + timedelta(seconds=LEASE_SECONDS),
                attempts=F("attempts") + 1,
            )
            Job.objects.filter(pk=candidate, lease_owner=owner, started_at=None).update(started_at=moment)
        if taken:
            failpoint("eventlog.job.claimed")
            return Job.objects.get(pk=candidate)
    return None


def _run(job: Job) -> None:
    from siyu.eventlog import registries  # the registry's JobKind names JobContext; asked for at call time

    context = JobContext(job, job.lease_owner)
    if job.attempts > MAX_ATTEMPTS:
        _finish(context, JobState.FAILED, error=_GAVE_UP)
        return
    with _Heartbeat(job.pk, job.lease_owner):
        try:
            context.check_cancelled()
            result = registries.JOBS.get(job.kind).run(context)
        except JobCancelled:
            _finish(context, JobState.CANCELLED)
        except JobReleased:
            _release(context)
        except LeaseLost:
            log.warning("job %s was taken over by another worker", job.pk)
        except Unavailable as error:
            _put_off(context, error)
        except SiyuError as error:
            _finish(context, JobState.FAILED, error=stored(error))
        except Exception as error:
            log.exception("job %s (%s) failed", job.pk, job.kind)
            _finish(context, JobState.FAILED, error=f"{type(error).__name__}: {error}")
        else:
            _finish(context, JobState.DONE, result=result)


def _finish(context: JobContext, state: JobState, *, result: Mapping[str, Any] | None = None, error: str = "") -> None:
    failpoint("eventlog.job.before_finish")
    with records.transaction():
        context._update(
            state=state,
            result_json=json.dumps(result, ensure_ascii=False, default=str) if result is not None else None,
            error=error,
            finished_at=clock.now(),
            lease_until=None,
        )
        _tell(context, state)
        records.wake()


def _tell(context: JobContext, state: JobState) -> None:
    from siyu.eventlog import registries  # as above

    if state in (JobState.DONE, JobState.FAILED):
        end = registries.JobEnd(context.job_id, context.kind, state, context.created_by)
        for ended in registries.JOB_ENDS:
            ended(end)


def _release(context: JobContext, **values: Any) -> None:
    with records.transaction():
        context._update(state=JobState.QUEUED, lease_owner="", lease_until=None, attempts=F("attempts") - 1, **values)
        records.wake()


def _put_off(context: JobContext, error: Unavailable) -> None:
    """Back to the queue with the reason on it: what does not answer now is no fault of the job."""
    moment = clock.now()
    tried = moment - context.started_at
    if tried > PATIENCE:
        _finish(context, JobState.FAILED, error=stored(error))
        return
    pause_seconds = min(max(tried.total_seconds() * PAUSE_SHARE, FIRST_PAUSE_SECONDS), LAST_PAUSE_SECONDS)
    log.warning("job %s waits %.0f s: %s", context.job_id, pause_seconds, error.text())
    _release(context, error=stored(error), due_at=moment + timedelta(seconds=pause_seconds))


class _Heartbeat:
    """Prolongs the lease from a thread of its own while the job works."""

    def __init__(self, job_id: int, owner: str) -> None:
        self._job_id, self._owner = job_id, owner
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"job-{job_id}-lease", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._stop.wait(HEARTBEAT_SECONDS):
                until = clock.now() + timedelta(seconds=LEASE_SECONDS)
                Job.objects.filter(pk=self._job_id, lease_owner=self._owner).update(lease_until=until)
        finally:
            connection.close()
