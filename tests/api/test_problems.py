"""Errors, limits and headers."""

from __future__ import annotations

import pytest
from django.http import HttpRequest
from tests.api.conftest import Caller

from siyu.api import limits
from siyu.kernel.limits import REQUEST_BODY_BYTES

pytestmark = pytest.mark.django_db


def test_every_place_that_does_not_fit_the_schema_is_named(api: Caller) -> None:
    answer = api.send("get", "/customers?limit=0")
    assert answer.status_code == 422
    assert answer.json()["code"] == "malformed"
    assert [part["where"] for part in answer.json()["errors"]] == ["query.limit"]


def test_a_damaged_cursor_says_so(api: Caller) -> None:
    answer = api.send("get", "/customers?cursor=nonsense")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert answer.json()["title"] == "The page cursor is damaged. Start again from the first page."


def test_an_unknown_address_is_a_problem_for_everybody(api: Caller, stranger: Caller) -> None:
    for client in (api, stranger):
        answer = client.send("get", "/nothing-here")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_wrong_method_names_the_right_ones(api: Caller) -> None:
    answer = api.send("post", "/customers", {})
    assert (answer.status_code, answer["Allow"], answer.json()["code"]) == (405, "GET", "method_not_allowed")


def test_the_callers_trace_id_comes_back_on_the_answer_and_in_the_problem(api: Caller) -> None:
    trace_id = "0123456789abcdef" * 2
    answer = api.send("get", "/customers/999", **{"x-trace-id": trace_id})
    assert (answer["X-Trace-Id"], answer.json()["trace_id"]) == (trace_id, trace_id)


def test_answers_are_kept_out_of_caches(api: Caller) -> None:
    assert api.send("get", "/me")["Cache-Control"] == "no-store"


def test_a_body_beyond_the_limit_is_refused_unread(api: Caller, stranger: Caller) -> None:
    for client in (api, stranger):
        answer = client.post(
            "/api/v1/jobs/1/cancel", data="x" * (REQUEST_BODY_BYTES + 1), content_type="application/json"
        )
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_caller_has_so_many_requests_a_minute(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "REQUESTS_PER_MINUTE", 2)
    answers = [api.send("get", "/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers[:2]] == ["1", "0"]
    assert answers[2].json()["code"] == "too_many_requests"
    assert 1 <= int(answers[2]["Retry-After"]) <= 61


def test_a_bug_shows_its_trace_id_and_nothing_else(
    api: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from siyu.customers import queries

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(queries, "search", broken)
    answer = api.send("get", "/customers")
    assert (answer.status_code, answer.json()["code"]) == (500, "crash")
    assert "secret" not in answer.content.decode()
    assert "ZeroDivisionError" in caplog.text


def test_a_large_upload_is_refused_by_its_length(settings: object) -> None:
    request = HttpRequest()
    request.META = {"CONTENT_LENGTH": str(10**13)}
    request.content_type = "multipart/form-data"
    with pytest.raises(limits.TooLarge):
        limits.check_size(request)
