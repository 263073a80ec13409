"""What codes mean."""

from __future__ import annotations

import pytest

from siyu.messaging.providers.aliyun.codes import receipt_fault, rejected
from siyu.messaging.providers.base import Fault


@pytest.mark.parametrize(
    ("code", "fault", "permanent"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", Fault.RATE, False),
        ("isv.MOBILE_NUMBER_ILLEGAL", Fault.NUMBER, True),
        ("isv.CUSTOMER_REFUSED", Fault.REFUSED, True),
        ("isv.SMS_TEMPLATE_ILLEGAL", Fault.CONTENT, True),
        ("isv.AMOUNT_NOT_ENOUGH", Fault.ACCOUNT, False),
        ("SignatureDoesNotMatch", Fault.ACCOUNT, False),
        ("isv.NEVER_SEEN", Fault.PROVIDER, False),
    ],
)
def test_answers(code: str, fault: Fault, permanent: bool) -> None:
    result = rejected(code, "原因")
    assert (result.code, result.fault, result.permanent, result.message) == (code, fault, permanent, "原因")


@pytest.mark.parametrize(
    ("code", "fault", "permanent"),
    [
        ("MN:0001", Fault.NUMBER, True),
        ("UNDELIV", Fault.PROVIDER, False),
        ("REJECTD", Fault.REFUSED, True),
        ("isv.CUSTOMER_REFUSED", Fault.REFUSED, True),
        ("XX:9999", Fault.PROVIDER, False),
    ],
)
def test_receipts(code: str, fault: Fault, permanent: bool) -> None:
    assert receipt_fault(code) == (fault, permanent)
