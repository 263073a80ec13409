"""Jobs run once, resume after a crash, stop when asked, and say why they failed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from siyu.eventlog import jobs, queries, schedules, services
from siyu.eventlog.contracts import JobState, Schedule
from siyu.eventlog.jobs import JobContext
from siyu.eventlog.models import Job
from siyu.eventlog.registries import SCHEDULES, JobKind
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, Unavailable
from siyu.kernel.registry import Registry

pytestmark = pytest.mark.django_db(transaction=True)
Jobs = Registry[JobKind]


def add(kinds: Jobs, run: Any) -> None:
    kinds.add("tests.work", JobKind("tests.work", "Work", run))


def test_a_job_runs_once_and_keeps_its_result(own_jobs: Jobs) -> None:
    add(own_jobs, lambda context: {"sum": context.args["a"] + context.args["b"]})
    job_id = services.start_job(kind="tests.work", args={"a": 2, "b": 3})
    assert queries.job(job_id).state is JobState.QUEUED
    assert jobs.run_next()
    assert not jobs.run_next()
    view = queries.job(job_id)
    assert (view.state, view.result, view.share) == (JobState.DONE, {"sum": 5}, 1.0)


def test_a_unique_key_starts_one_job(own_jobs: Jobs) -> None:
    add(own_jobs, lambda context: {})
    first = services.start_job(kind="tests.work", unique_key="once")
    assert services.start_job(kind="tests.work", unique_key="once") == first


def test_an_unknown_kind_is_refused_at_the_door(own_jobs: Jobs) -> None:
    with pytest.raises(KeyError, match="tests.missing"):
        services.start_job(kind="tests.missing")


def test_a_dead_workers_job_is_taken_over_and_resumes_where_it_was(own_jobs: Jobs) -> None:
    class Died(BaseException):
        """As a kill would: nothing in the job's process runs after it."""

    def run(context: JobContext) -> Mapping[str, Any]:
        if not context.state:
            context.save_state({"rows": 40})
            raise Died
        return {"resumed_at": context.state["rows"]}

    add(own_jobs, run)
    job_id = services.start_job(kind="tests.work")
    with pytest.raises(Died):
        jobs.run_next()
    assert not jobs.run_next(), "the lease still runs"
    with clock.frozen(clock.now() + timedelta(seconds=jobs.LEASE_SECONDS + 1)):
        assert jobs.run_next()
    assert queries.job(job_id).result == {"resumed_at": 40}


def test_a_worker_that_lost_its_lease_writes_nothing_more(own_jobs: Jobs) -> None:
    def run(context: JobContext) -> Mapping[str, Any]:
        Job.objects.filter(pk=context.job_id).update(lease_owner="somebody else")
        context.save_state({"rows": 1})
        return {}

    add(own_jobs, run)
    job_id = services.start_job(kind="tests.work")
    jobs.run_next()
    view = queries.job(job_id)
    assert (view.state, view.result) == (JobState.RUNNING, None)
    assert Job.objects.get(pk=job_id).state_json == "{}"


def test_a_job_that_kills_its_worker_again_and_again_is_given_up(own_jobs: Jobs) -> None:
    add(own_jobs, lambda context: {})
    job_id = services.start_job(kind="tests.work")
    Job.objects.filter(pk=job_id).update(attempts=jobs.MAX_ATTEMPTS)
    assert jobs.run_next()
    assert queries.job(job_id).state is JobState.FAILED


def test_cancel_ends_a_waiting_job_and_stops_a_running_one(own_jobs: Jobs) -> None:
    def run(context: JobContext) -> Mapping[str, Any]:
        services.cancel_job(job_id=context.job_id)
        context.check_cancelled()
        return {"went": "on"}

    add(own_jobs, run)
    waiting = services.start_job(kind="tests.work")
    services.cancel_job(job_id=waiting)
    assert queries.job(waiting).state is JobState.CANCELLED
    running = services.start_job(kind="tests.work")
    jobs.run_next()
    assert queries.job(running).state is JobState.CANCELLED
    services.retry_job(job_id=running)
    assert queries.job(running).state is JobState.QUEUED


def test_a_stopping_worker_gives_its_job_back(own_jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(context: JobContext) -> Mapping[str, Any]:
        jobs.stopping.set()
        context.check_cancelled()
        return {}

    add(own_jobs, run)
    job_id = services.start_job(kind="tests.work")
    try:
        jobs.run_next()
    finally:
        jobs.stopping.clear()
    view = queries.job(job_id)
    assert (view.state, view.attempts) == (JobState.QUEUED, 0)


def test_an_expected_error_is_kept_for_translation_and_a_bug_by_name(own_jobs: Jobs) -> None:
    errors: list[Exception] = [InvalidInput(reason="The file is empty."), ValueError("boom")]

    def run(context: JobContext) -> Mapping[str, Any]:
        raise errors[context.args["which"]]

    add(own_jobs, run)
    expected, bug = (services.start_job(kind="tests.work", args={"which": which}) for which in (0, 1))
    jobs.run_next()
    jobs.run_next()
    assert json.loads(queries.job(expected).error) == {
        "code": "invalid_input",
        "message": "%(reason)s",
        "data": {"reason": "The file is empty."},
    }
    assert queries.job(bug).error == "ValueError: boom"


def test_progress_gives_share_rate_and_time_left(own_jobs: Jobs) -> None:
    seen = []

    def run(context: JobContext) -> Mapping[str, Any]:
        context.progress(25, 100)
        seen.append(queries.job(context.job_id))
        return {}

    add(own_jobs, run)
    services.start_job(kind="tests.work")
    jobs.run_next()
    assert seen[0].share == 0.25
    assert seen[0].rate_per_s is not None
    assert seen[0].seconds_left == pytest.approx(75 / seen[0].rate_per_s)


def test_a_schedule_starts_each_time_once(own_jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    add(own_jobs, lambda context: {})
    monkeypatch.setattr(SCHEDULES, "_things", {"tests.nightly": Schedule("tests.nightly", "0 4 * * *", "tests.work")})
    start = clock.now()
    assert schedules.start_due() == 0
    with clock.frozen(start + timedelta(days=1)):
        assert schedules.start_due() == 1
        assert schedules.start_due() == 0
    assert len(queries.jobs(kind="tests.work")) == 1


def test_what_does_not_answer_puts_a_job_off_and_does_not_fail_it(own_jobs: Jobs) -> None:
    answers = iter([Unavailable(what="The warehouse"), Unavailable(what="The warehouse")])

    def run(context: JobContext) -> Mapping[str, Any]:
        for error in answers:
            raise error
        return {}

    add(own_jobs, run)
    job_id = services.start_job(kind="tests.work")
    moment = clock.now()
    with clock.frozen(moment):
        assert jobs.run_next()
        assert not jobs.run_next()
    view = queries.job(job_id)
    assert (view.state, view.attempts, json.loads(view.error)["code"]) == (JobState.QUEUED, 0, "unavailable")
    with clock.frozen(moment + timedelta(minutes=2)):
        assert jobs.run_next()
    with clock.frozen(moment + timedelta(minutes=2, seconds=29)):
        assert not jobs.run_next()
    with clock.frozen(moment + timedelta(minutes=2, seconds=31)):
        assert jobs.run_next()
    view = queries.job(job_id)
    assert (view.state, view.error) == (JobState.DONE, "")


def test_patience_with_what_does_not_answer_ends_after_a_day(own_jobs: Jobs) -> None:
    def run(context: JobContext) -> Mapping[str, Any]:
        raise Unavailable(what="The warehouse")

    add(own_jobs, run)
    job_id = services.start_job(kind="tests.work")
    moment = clock.now()
    for later in (timedelta(), timedelta(hours=25)):
        with clock.frozen(moment + later):
            assert jobs.run_next()
    assert queries.job(job_id).state is JobState.FAILED
    services.retry_job(job_id=job_id)
    with clock.frozen(moment + timedelta(hours=26)):
        assert jobs.run_next()
    assert queries.job(job_id).state is JobState.QUEUED
