"""Reading what Aliyun posts, and surviving what it should not."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.messaging.providers.aliyun.callbacks import ANSWER, parse_callback, parse_receipts, parse_replies
from siyu.messaging.providers.base import Callback, DeliveryState, ProviderError, Receipt, Reply

REPORT: dict[str, Any] = {
    "phone_number": "13900000001",
    "send_time": "2026-03-02 09:59:58",
    "report_time": "2026-03-02 10:00:00",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "2",
    "biz_id": "900619746936498440^0",
    "out_id": "out-7",
}
REPLY = {
    "phone_number": "13900000001",
    "send_time": "2026-03-02 10:00:00",
    "content": "R",
    "sign_name": "鲜果里",
    "dest_code": "1069123",
    "sequence_id": 99,
}


def _raw(*items: Any) -> bytes:
    return json.dumps(list(items), ensure_ascii=False).encode()


def test_a_report() -> None:
    (receipt,) = parse_receipts(_raw(REPORT))
    assert receipt == Receipt(
        phone_e164="+8613900000001",
        state=DeliveryState.DELIVERED,
        code="DELIVERED",
        message="用户接收成功",
        sms_size=2,
        biz_id="900619746936498440^0",
        out_id="out-7",
        sent_at=datetime(2026, 3, 2, 1, 59, 58, tzinfo=UTC),
        reported_at=datetime(2026, 3, 2, 2, 0, 0, tzinfo=UTC),
    )
    assert receipt.dedupe_key == ("900619746936498440^0", "+8613900000001")


@pytest.mark.parametrize(
    ("changes", "field", "wanted"),
    [
        ({"success": False}, "state", DeliveryState.FAILED),
        ({"success": None}, "state", DeliveryState.UNKNOWN),
        ({"success": "true"}, "state", DeliveryState.UNKNOWN),
        ({"sms_size": 3}, "sms_size", 3),
        ({"sms_size": "many"}, "sms_size", 0),
        ({"sms_size": None}, "sms_size", 0),
        ({"out_id": None}, "out_id", ""),
        ({"report_time": "soon"}, "reported_at", None),
        ({"phone_number": "+8613900000001"}, "phone_e164", "+8613900000001"),
        ({"phone_number": 13900000001}, "phone_e164", "+8613900000001"),
    ],
)
def test_variations_of_a_report(changes: dict[str, Any], field: str, wanted: Any) -> None:
    (receipt,) = parse_receipts(_raw(REPORT | changes))
    assert getattr(receipt, field) == wanted


def test_a_reply() -> None:
    (reply,) = parse_replies(_raw(REPLY))
    sent_at = datetime(2026, 3, 2, 2, 0, 0, tzinfo=UTC)
    assert reply == Reply("+8613900000001", "R", "鲜果里", "1069123", "99", sent_at)
    assert reply.refuses


def test_a_mixed_body_loses_only_what_cannot_be_read() -> None:
    callback = parse_callback(_raw(REPORT, 5, REPLY, REPORT | {"phone_number": "x"}, REPORT | {"biz_id": ""}, REPORT))
    assert (len(callback.receipts), len(callback.replies)) == (2, 1)
    assert callback.problems == (
        "item 1: not an object",
        "item 3: phone_number is not a mainland mobile number",
        "item 4: biz_id is missing",
    )


@pytest.mark.parametrize("raw", [b"", b"{", b"{}", b'"x"', b"\xff\xfe", b"null"])
def test_a_body_that_is_no_array(raw: bytes) -> None:
    with pytest.raises(ProviderError) as error:
        parse_callback(raw)
    assert error.value.permanent


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_the_one_error(raw: bytes) -> None:
    with contextlib.suppress(ProviderError):
        assert isinstance(parse_callback(raw), Callback)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*REPORT, *REPLY]), inner, max_size=9),
    max_leaves=12,
)


@given(st.lists(_JSON, max_size=4))
def test_any_array_is_read_item_by_item(items: list[Any]) -> None:
    callback = parse_callback(_raw(*items))
    assert len(callback.receipts) + len(callback.replies) + len(callback.problems) == len(items)


def test_the_answer_is_the_documented_one() -> None:
    assert json.loads(ANSWER) == {"code": 0, "msg": "接收成功"}
