"""Imports through the API, with the job run in this process; and what an idempotency key promises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.api.conftest import Caller

from siyu.api.models import Answer
from siyu.eventlog import jobs
from siyu.ingest.models import Import
from siyu.kernel import clock

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = (
    "订单号,付款时间,会员号,手机号,商品编码,商品名称,数量,金额\n"
    "A1,2026-03-01 10:00:00,M1,13800000001,S1,茶,1,80.00\n"
    "A1,2026-03-01 10:00:00,M1,13800000001,S2,杯,2,40.50\n"
    "A2,2026-03-02 11:00:00,M2,13800000002,S1,茶,1,80.00\n"
    "A3,not a day,M3,13800000003,S1,茶,1,80.00\n"
)


def _upload(api: Caller, text: str = ORDERS) -> dict[str, Any]:
    answer = api.post("/api/v1/imports/files", {"file": SimpleUploadedFile("orders.csv", text.encode())})
    assert answer.status_code == 201
    document: dict[str, Any] = answer.json()
    return document


def _start(api: Caller, uploaded: dict[str, Any], **extra: Any) -> Any:
    return api.send("post", "/imports", {"file": uploaded["file"], "mapping": uploaded["mapping"], **extra})


def test_an_upload_shows_the_head_of_the_file_and_proposes_a_mapping(api: Caller) -> None:
    uploaded = _upload(api)
    assert (uploaded["file_name"], uploaded["headers"][0]) == ("orders.csv", "订单号")
    assert uploaded["rows"][0][0] == "A1"
    assert {column["header"]: column["field"] for column in uploaded["columns"]}["付款时间"] == "paid_at"


def test_an_import_runs_and_tells_what_it_brought(api: Caller) -> None:
    started = _start(api, _upload(api))
    assert (started.status_code, started.json()["state"]) == (201, "queued")
    jobs.run_next()
    done = api.send("get", f"/imports/{started.json()['id']}").json()
    assert done["state"] == "done"
    assert {key: done["counts"][key] for key in ("rows", "accepted", "rejected", "orders", "customers")} == {
        "rows": 4,
        "accepted": 3,
        "rejected": 1,
        "orders": 2,
        "customers": 2,
    }
    assert done["counts"]["net_sales_fen"] == 20_050
    errors = api.send("get", f"/imports/{done['id']}/errors")
    assert "not a day" in b"".join(errors.streaming_content).decode()
    assert api.send("get", "/customers").json()["items"][0]["member_no"] == "M2"


def test_a_dry_run_changes_nothing(api: Caller) -> None:
    _start(api, _upload(api), dry_run=True)
    jobs.run_next()
    assert api.send("get", "/imports").json()["items"][0]["counts"]["orders"] == 2
    assert api.send("get", "/customers").json()["items"] == []


def test_a_waiting_import_is_cancelled_and_resumed(api: Caller) -> None:
    import_id = _start(api, _upload(api)).json()["id"]
    assert api.send("post", f"/imports/{import_id}/cancel").json()["state"] == "cancelled"
    assert api.send("post", f"/imports/{import_id}/resume").json()["state"] == "queued"


def test_a_file_that_nobody_was_given_cannot_be_named(api: Caller) -> None:
    answer = api.send("post", "/imports", {"file": "ab" * 32, "mapping": "generic"})
    assert (answer.status_code, answer.json()["code"]) == (422, "file_unreadable")


def test_a_file_of_the_wrong_kind_says_what_to_do(api: Caller) -> None:
    answer = api.post("/api/v1/imports/files", {"file": SimpleUploadedFile("orders.csv", b"%PDF-1.7 ...")})
    assert (answer.status_code, answer.json()["code"]) == (422, "file_wrong_type")


def test_an_unknown_key_in_the_request_is_malformed(api: Caller) -> None:
    answer = api.send("post", "/imports", {"file": "x", "mapping": "generic", "dryrun": True})
    assert answer.json()["errors"][0]["where"] == "body.body.dryrun"


def test_mappings_are_saved_read_and_deleted(api: Caller) -> None:
    document = {"columns": {"order_no": ["no"], "paid_at": ["at"]}, "shop": "tmall"}
    saved = api.send("put", "/imports/mappings/mine", document).json()
    assert saved.get("shop") == "tmall", saved
    assert "mine" in api.send("get", "/imports/mappings").json()["items"]
    assert api.send("delete", "/imports/mappings/mine").status_code == 204
    assert api.send("get", "/imports/mappings/mine").json()["code"] == "mapping_unknown"


def test_imports_are_listed_newest_first_by_pages_at_the_same_cost(
    api: Caller, django_assert_num_queries: Any
) -> None:
    uploaded = _upload(api)
    made = [_start(api, uploaded).json()["id"]]
    with django_assert_num_queries(4):
        api.send("get", "/imports")
    made += [_start(api, uploaded, dry_run=True).json()["id"] for _ in range(2)]
    with django_assert_num_queries(4):
        first = api.send("get", "/imports?limit=2").json()
    second = api.send("get", f"/imports?limit=2&cursor={first['next_cursor']}").json()
    assert [row["id"] for row in first["items"] + second["items"]] == made[::-1]


class TestIdempotency:
    """With the same key an import is started once."""

    def test_the_second_time_gets_the_first_answer(self, api: Caller) -> None:
        body = self._body(api)
        first = api.send("post", "/imports", body, **{"idempotency-key": "k1"})
        second = api.send("post", "/imports", body, **{"idempotency-key": "k1"})
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.content == second.content
        assert (first.get("Idempotency-Replayed"), second["Idempotency-Replayed"]) == (None, "true")
        assert Import.objects.count() == 1

    def test_another_key_is_another_request(self, api: Caller) -> None:
        body = self._body(api)
        for key in ("k1", "k2"):
            api.send("post", "/imports", body, **{"idempotency-key": key})
        assert Import.objects.count() == 2

    def test_the_key_of_another_request_is_refused(self, api: Caller) -> None:
        body = self._body(api)
        api.send("post", "/imports", body, **{"idempotency-key": "k1"})
        answer = api.send("post", "/imports", {**body, "dry_run": True}, **{"idempotency-key": "k1"})
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_reused")
        assert Import.objects.count() == 1

    def test_an_error_is_not_kept(self, api: Caller) -> None:
        document = {"columns": {"order_no": ["no"]}}
        answers = [
            api.send("post", "/imports", {**self._body(api), "mapping": {"name": "m", **document}},
                     **{"idempotency-key": "k1"})
            for _ in range(2)
        ]  # fmt: skip
        assert [answer.json()["code"] for answer in answers] == ["mapping_invalid", "mapping_invalid"]
        assert Answer.objects.count() == 0

    def test_after_a_day_the_key_is_free_again(self, api: Caller) -> None:
        body = self._body(api)
        with clock.frozen(clock.now() - timedelta(hours=25)):
            api.send("post", "/imports", body, **{"idempotency-key": "k1"})
        assert api.send("post", "/imports", body, **{"idempotency-key": "k1"}).get("Idempotency-Replayed") is None
        assert (Import.objects.count(), Answer.objects.count()) == (2, 1)

    def test_the_answer_and_the_change_are_written_together(self, api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the process ends after the change and before the answer is kept, neither is there."""
        from siyu.api.schemas.imports import ImportOut

        body = self._body(api)

        def dies(*_: object, **__: object) -> None:
            raise MemoryError

        with monkeypatch.context() as patched:
            patched.setattr(ImportOut, "model_dump_json", dies)
            assert api.send("post", "/imports", body, **{"idempotency-key": "k1"}).status_code == 500
        assert (Import.objects.count(), Answer.objects.count()) == (0, 0)

    @staticmethod
    def _body(api: Caller) -> dict[str, Any]:
        uploaded = _upload(api)
        return {"file": uploaded["file"], "mapping": uploaded["mapping"]}
