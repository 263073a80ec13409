"""Tasks, notices and approvals over the API."""

from __future__ import annotations

import pytest
from tests.api.conftest import Caller
from tests.support.organisation import Chain, person

from siyu.org import services
from siyu.org.contracts.approvals import ApprovalKind
from siyu.org.queries import notices
from siyu.org.registries import APPROVALS
from siyu.org.services import approvals

pytestmark = pytest.mark.django_db
KIND = "test.api"
if KIND not in APPROVALS:
    APPROVALS.add(KIND, ApprovalKind(KIND, "Api", "plan", lambda _object_id: 1, lambda *_args: None))


def caller_of(staff_id: int | None) -> Caller:
    return Caller(services.create_token(staff_id=staff_id or 0, label="test"))


def test_a_task_from_giving_to_done(api: Caller) -> None:
    chain = Chain.make()
    guide = person("guide", chain.east_store)
    body = {"title": "Call", "due_at": "2027-03-01T10:00:00+08:00", "staff_ids": [guide.staff_id]}
    task = api.send("post", "/tasks", body).json()
    mine = caller_of(guide.staff_id)
    assert [one["id"] for one in mine.send("get", "/tasks").json()["items"]] == [task["id"]]
    assert mine.send("post", f"/tasks/{task['id']}/comments", {"text": "Soon"}).status_code == 204
    assert [one["text"] for one in api.send("get", f"/tasks/{task['id']}/comments").json()["items"]] == ["Soon"]
    assert mine.send("post", f"/tasks/{task['id']}/cancel", {}).status_code == 403
    assert mine.send("post", f"/tasks/{task['id']}/done", {"result": "Reached"}).json()["state"] == "done"
    assert mine.send("post", f"/tasks/{task['id']}/done", {}).json()["code"] == "task_closed"
    other = caller_of(person("guide", chain.west_store, "west@example.com").staff_id)
    assert other.send("get", f"/tasks/{task['id']}").status_code == 404
    assert other.send("post", "/tasks", body).status_code == 403
    told = mine.send("get", "/notices?unread=true").json()["items"]
    assert [one["text"] for one in told] == ["New task: Call"]
    assert mine.send("post", "/notices/read", {}).json() == {"read_count": 1}
    assert notices.unread_count(guide) == 0


def test_an_approval_is_decided_by_somebody_else(api: Caller) -> None:
    operator = person("operator", Chain.make().company)
    approval_id = approvals.ask(
        viewer=operator, kind=KIND, object_id=1, object_version=1, title="Wave", reason="Season", people_count=5,
        cost_fen=10,
    )  # fmt: skip
    mine = caller_of(operator.staff_id)
    assert mine.send("post", f"/approvals/{approval_id}/decide", {"approve": True}).status_code == 403
    assert [one["id"] for one in api.send("get", "/approvals?pending=true").json()["items"]] == [approval_id]
    assert api.send("post", f"/approvals/{approval_id}/decide", {"approve": True}).json()["state"] == "approved"
    assert mine.send("post", f"/approvals/{approval_id}/withdraw").status_code == 409
    approvals.perform_approved()
    assert mine.send("get", f"/approvals/{approval_id}").json()["state"] == "done"
