"""Background work through the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.api.conftest import Caller

from siyu.eventlog import jobs, services
from siyu.eventlog.registries import JOBS, JobKind
from siyu.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db(transaction=True)
KIND = "test.api"


def _refuse(context: jobs.JobContext) -> dict[str, int]:
    if context.args.get("fail"):
        raise InvalidInput(reason="The page cursor is damaged. Start again from the first page.")
    return {"rows": 3}


@pytest.fixture(autouse=True)
def _kind() -> Iterator[None]:
    JOBS.add(KIND, JobKind(KIND, "Test", _refuse))
    yield
    JOBS._things.pop(KIND)


def test_jobs_are_listed_newest_first_by_pages_and_kind(api: Caller) -> None:
    made = [services.start_job(kind=KIND) for _ in range(3)]
    first = api.send("get", f"/jobs?limit=2&kind={KIND}").json()
    second = api.send("get", f"/jobs?limit=2&kind={KIND}&cursor={first['next_cursor']}").json()
    assert [job["id"] for job in first["items"] + second["items"]] == made[::-1]
    assert second["next_cursor"] is None
    assert api.send("get", "/jobs?kind=other").json()["items"] == []


def test_a_finished_job_has_its_result(api: Caller) -> None:
    job_id = services.start_job(kind=KIND)
    jobs.run_next()
    job = api.send("get", f"/jobs/{job_id}").json()
    assert (job["state"], job["result"], job["share"], job["error"]) == ("done", {"rows": 3}, 1.0, "")


def test_a_failed_job_says_why_and_can_be_tried_again(api: Caller) -> None:
    job_id = services.start_job(kind=KIND, args={"fail": True})
    jobs.run_next()
    job = api.send("get", f"/jobs/{job_id}").json()
    assert (job["state"], job["error_code"]) == ("failed", "invalid_input")
    assert job["error"] == "The page cursor is damaged. Start again from the first page."
    assert api.send("post", f"/jobs/{job_id}/retry").json()["state"] == "queued"


def test_a_waiting_job_is_cancelled(api: Caller) -> None:
    job_id = services.start_job(kind=KIND)
    assert api.send("post", f"/jobs/{job_id}/cancel").json()["state"] == "cancelled"
    assert api.send("get", "/jobs?open_only=true").json()["items"] == []
