"""The collector's addresses: what is acknowledged is kept, what is wrong is refused with its reason."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

import pytest

from siyu.collector.app import Collector
from siyu.ingest import gate, received
from siyu.kernel.limits import REQUEST_BODY_BYTES

from .conftest import LINK_TRACE, Client, Home

ORDER: dict[str, Any] = {
    "order_no": "A1",
    "paid_at": "2026-06-01T10:00:00+08:00",
    "phone": "13800138000",
    "lines": [{"sku": "XG1", "quantity": 2, "amount": "39.80", "title": "蓝莓"}],
}


def orders(*changes: dict[str, Any]) -> bytes:
    return json.dumps({"orders": [ORDER | change for change in changes]}).encode()


def line(**changes: Any) -> dict[str, Any]:
    return {"lines": [ORDER["lines"][0] | changes]}


class TestShortLinks:
    def test_a_visit_is_kept_and_sent_on(self, client: Client, home: Home) -> None:
        home.add_link("abcd234", "https://shop.example/p/1?from=sms")
        answer = client("GET", "/s/abcd234")
        assert (answer.status, answer.headers["Location"]) == (302, "https://shop.example/p/1?from=sms")
        assert answer.headers["Cache-Control"] == "no-store"
        (row,) = home.received()
        click = received.decode_click(row.body)
        assert (row.kind, row.trace_id) == ("click", LINK_TRACE)
        assert (click.token, click.is_bot) == ("abcd234", False)
        assert "MicroMessenger" in click.agent

    def test_two_visits_are_two_clicks(self, client: Client, home: Home) -> None:
        home.add_link("abcd234")
        client("GET", "/s/abcd234")
        client("GET", "/s/abcd234")
        ids = {received.decode_click(row.body).message_id for row in home.received()}
        assert len(ids) == 2

    @pytest.mark.parametrize(
        ("method", "headers"),
        [
            ("HEAD", {}),
            ("GET", {"user_agent": ""}),
            ("GET", {"user_agent": "Mozilla/5.0 (compatible; Baiduspider-render/2.0)"}),
            ("GET", {"user_agent": "curl/8.0"}),
            ("GET", {"sec_purpose": "prefetch;prerender"}),
        ],
    )
    def test_automated_visits_are_kept_and_flagged(
        self, client: Client, home: Home, method: str, headers: dict[str, str]
    ) -> None:
        home.add_link("abcd234")
        answer = client(method, "/s/abcd234", **headers)
        assert (answer.status, answer.body) == (302, b"")
        assert [received.decode_click(row.body).is_bot for row in home.received()] == [True]

    @pytest.mark.parametrize("token", ["nobody1", "", "x", "a" * 17, "../etc", "abcd234/..", "abcd%00", "你好你好"])
    def test_an_unknown_token_gets_a_page_in_both_languages(self, client: Client, home: Home, token: str) -> None:
        answer = client("GET", f"/s/{token}")
        assert answer.status == 404
        assert "链接无效".encode() in answer.body
        assert b"unknown or has expired" in answer.body
        assert home.received() == []

    def test_an_expired_link_leads_nowhere(self, client: Client, home: Home) -> None:
        home.add_link("abcd234", expires="2020-01-01 00:00:00")
        assert client("GET", "/s/abcd234").status == 404

    def test_a_link_made_after_a_miss_is_found(self, client: Client, home: Home) -> None:
        assert client("GET", "/s/abcd234").status == 404
        home.add_link("abcd234")
        client.app._links._cache.clear()
        assert client("GET", "/s/abcd234").status == 302

    def test_no_header_can_be_smuggled_through_the_address(self, client: Client, home: Home) -> None:
        home.add_link("abcd234", "https://shop.example/商品\r\nSet-Cookie: a=b")
        location = client("GET", "/s/abcd234").headers["Location"]
        assert location == "https://shop.example/%E5%95%86%E5%93%81%0D%0ASet-Cookie:%20a=b"

    def test_other_methods_are_refused(self, client: Client) -> None:
        answer = client("POST", "/s/abcd234")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")

    def test_when_the_inbox_cannot_take_it_the_person_is_still_sent_on(
        self, client: Client, home: Home, app: Collector, caplog: pytest.LogCaptureFixture
    ) -> None:
        home.add_link("abcd234")
        app._inbox.close()
        assert client("GET", "/s/abcd234").status == 302
        assert client("GET", "/s/abcd234").status == 302
        assert b"siyu_collector_unrecorded_clicks_total 2.0" in client("GET", "/metrics").body
        assert [record.levelname for record in caplog.records] == ["ERROR"]

    @pytest.mark.skipif(bool(os.environ.get("SIYU_TEST_DATABASE_URL")), reason="moves the records file away")
    def test_without_records_people_are_asked_to_come_back(self, client: Client, home: Home) -> None:
        home.settings.records_path.rename(home.settings.records_path.with_suffix(".away"))
        answer = client("GET", "/s/abcd234")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert "稍后再试".encode() in answer.body


class TestSmsCallback:
    REPORT = json.dumps([{"phone_number": "13800138000", "success": True, "biz_id": "1^0"}]).encode()

    def url(self, home: Home) -> str:
        return f"/callbacks/sms/aliyun/{gate.ensure_callback_secret(home.settings)}"

    def test_reports_are_acknowledged_once_kept(self, client: Client, home: Home) -> None:
        answer = client("POST", self.url(home), self.REPORT)
        assert (answer.status, json.loads(answer.body)) == (200, {"code": 0, "msg": "接收成功"})
        assert [(row.kind, row.body) for row in home.received()] == [("sms_receipt", self.REPORT)]

    @pytest.mark.parametrize("path", ["", "wrong", "é", "x" * 32])
    def test_a_wrong_secret_is_no_address(self, client: Client, home: Home, path: str) -> None:
        assert client("POST", f"/callbacks/sms/aliyun/{path}", self.REPORT).status == 404
        assert home.received() == []

    @pytest.mark.parametrize("body", [b"", b"{}", b"[", b'"text"', b"\xff\xfe", b"[" * 5_000, b"null"])
    def test_what_is_no_list_is_refused(self, client: Client, home: Home, body: bytes) -> None:
        assert client("POST", self.url(home), body).status == 400
        assert home.received() == []

    def test_a_body_beyond_the_limit_is_refused(self, client: Client, home: Home) -> None:
        assert client("POST", self.url(home), b"[" + b"1," * 400_000 + b"1]").status == 413

    def test_it_takes_post_only(self, client: Client, home: Home) -> None:
        assert client("GET", self.url(home)).status == 405

    def test_a_full_inbox_makes_the_provider_repeat(self, client: Client, home: Home, app: Collector) -> None:
        app._inbox.close()
        answer = client("POST", self.url(home), self.REPORT)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


class TestOrderHook:
    def post(self, client: Client, key: str, body: bytes, **headers: str) -> Any:
        return client("POST", "/v1/orders", body, authorization=f"Bearer {key}", **headers)

    def test_orders_are_accepted_once_kept(self, client: Client, home: Home, key: str) -> None:
        answer = self.post(client, key, orders({}, {"order_no": "A2"}))
        assert (answer.status, json.loads(answer.body)["accepted"]) == (202, 2)
        (row,) = home.received()
        first, second = received.decode_orders(row.body).orders
        assert (first.shop, first.order_no, second.order_no) == ("main", "A1", "A2")
        assert [(item.sku, item.quantity, item.amount_fen) for item in first.lines] == [("XG1", 2, 3980)]
        assert first.paid_at.isoformat() == "2026-06-01T10:00:00+08:00"

    def test_a_trace_goes_on(self, client: Client, home: Home, key: str) -> None:
        self.post(client, key, orders({}), traceparent=f"00-{'ab' * 16}-{'1' * 16}-01")
        assert [row.trace_id for row in home.received()] == ["ab" * 16]

    @pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer wrong", "Basic abc", "bearer  "])
    def test_without_the_key_nothing_is_taken(self, client: Client, home: Home, key: str, authorization: str) -> None:
        answer = client("POST", "/v1/orders", orders({}), authorization=authorization)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert home.received() == []

    def test_a_revoked_key_ends_at_once(self, client: Client, home: Home, key: str) -> None:
        assert self.post(client, key, orders({})).status == 202
        assert gate.revoke_write_keys(home.settings, shop="main") == 1
        assert self.post(client, key, orders({})).status == 401

    def test_a_key_of_one_shop_brings_no_orders_of_another(self, client: Client, home: Home, key: str) -> None:
        assert self.post(client, key, orders({"shop": "other"})).status == 422

    def test_a_key_of_all_shops_needs_the_shop_named(self, client: Client, home: Home) -> None:
        key = gate.create_write_key(home.settings)
        assert self.post(client, key, orders({"shop": "north"})).status == 202
        assert self.post(client, key, orders({})).status == 422

    @pytest.mark.parametrize(
        "change",
        [
            {"order_no": ""},
            {"order_no": "x" * 65},
            {"order_no": 17},
            {"paid_at": "2026-06-01T10:00:00"},
            {"paid_at": "yesterday"},
            {"lines": []},
            line(quantity=0),
            line(quantity=-1),
            line(amount="-1"),
            line(amount="a lot"),
            line(amount="NaN"),
            line(amount="1e15"),
        ],
    )
    def test_a_wrong_field_is_named(self, client: Client, home: Home, key: str, change: dict[str, Any]) -> None:
        answer = self.post(client, key, orders(change))
        assert answer.status == 422, answer.body
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert home.received() == []

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"orders": [' + b"[" * 100_000, b"\x00" * 100])
    def test_what_is_no_json_is_refused(self, client: Client, home: Home, key: str, body: bytes) -> None:
        assert self.post(client, key, body).status in (400, 422)
        assert home.received() == []

    @pytest.mark.parametrize("body", [b"[]", b"{}", b'{"orders": []}', b'{"orders": {}}'])
    def test_what_holds_no_orders_is_refused(self, client: Client, home: Home, key: str, body: bytes) -> None:
        assert self.post(client, key, body).status == 422

    def test_too_many_orders(self, client: Client, key: str) -> None:
        assert self.post(client, key, orders(*[{}] * (received.MAX_ORDERS + 1))).status == 422

    def test_a_declared_length_beyond_the_limit_is_not_read(self, client: Client, key: str) -> None:
        answer = client(
            "POST", "/v1/orders", b"{}", length=str(REQUEST_BODY_BYTES + 1), authorization=f"Bearer {key}"
        )
        assert answer.status == 413

    def test_an_undeclared_length_beyond_the_limit(self, client: Client, key: str) -> None:
        body = b" " * (REQUEST_BODY_BYTES + 1)
        assert client("POST", "/v1/orders", body, length="", authorization=f"Bearer {key}").status == 413

    def test_a_body_that_ends_early(self, client: Client, key: str) -> None:
        answer = client("POST", "/v1/orders", orders({})[:-5], length="500", authorization=f"Bearer {key}")
        assert answer.status == 400


class TestRest:
    def test_health(self, client: Client) -> None:
        assert client("GET", "/healthz").status == 200

    def test_metrics_are_for_this_machine_only(self, client: Client) -> None:
        client("GET", "/nowhere")
        answer = client("GET", "/metrics")
        assert b'siyu_collector_requests_total{route="unknown",status="404"} 1.0' in answer.body
        assert client("GET", "/metrics", x_forwarded_for="203.0.113.7").status == 404

    @pytest.mark.parametrize("path", ["/", "/s", "/v1/orders/", "/callbacks", "/../../etc/passwd", "//"])
    def test_nothing_elsewhere(self, client: Client, path: str) -> None:
        answer = client("GET", path)
        assert answer.status == 404
        assert len(answer.headers["X-Trace-Id"]) == 32

    def test_a_bug_shows_no_trace(self, client: Client, app: Collector, caplog: pytest.LogCaptureFixture) -> None:
        """A records row that no code of ours would write: the answer is plain, the trace is in the log."""
        app._links._cache["abcd234"] = (float("inf"), "not a link")  # type: ignore[assignment]
        answer = client("GET", "/s/abcd234")
        assert answer.status == 500
        assert b"Traceback" not in answer.body
        assert "Traceback" in caplog.text

    def test_many_at_once(self, client: Client, home: Home, key: str) -> None:
        home.add_link("abcd234")
        statuses: list[int] = []

        def work() -> None:
            for number in range(10):
                statuses.append(client("GET", "/s/abcd234").status)
                body = orders({"order_no": f"{threading.get_ident()}-{number}"})
                statuses.append(client("POST", "/v1/orders", body, authorization=f"Bearer {key}").status)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [202] * 80 + [302] * 80
        assert len(home.received()) == 160
