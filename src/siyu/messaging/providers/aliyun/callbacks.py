"""Aliyun's callbacks: delivery reports and replies, both JSON arrays posted to our URL without a signature.

Pure Python: the collector answers with `ANSWER` at once, and the resolver parses the stored body later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from siyu.messaging.providers.base import Callback, DeliveryState, ProviderError, Receipt, Reply, e164

# The only body that Aliyun takes as "received"; `code` must be a number. Anything else is posted again.
ANSWER = '{"code":0,"msg":"接收成功"}'.encode()
# Aliyun writes naive local times.
_ZONE = ZoneInfo("Asia/Shanghai")


def parse_callback(raw: bytes) -> Callback:
    """Reads one callback body, which may hold reports, replies or both.

    An item that cannot be read is named in ``problems`` and does not cost the others. Raises ProviderError
    (permanent) when the body as a whole is not a JSON array.
    """
    receipts: list[Receipt] = []
    replies: list[Reply] = []
    problems: list[str] = []
    for index, item in enumerate(_items(raw)):
        try:
            if not isinstance(item, Mapping):
                raise ValueError("not an object")
            if "content" in item and "success" not in item:
                replies.append(_reply(item))
            else:
                receipts.append(_receipt(item))
        except ValueError as error:
            problems.append(f"item {index}: {error}")
    return Callback(tuple(receipts), tuple(replies), tuple(problems))


def parse_receipts(raw: bytes) -> list[Receipt]:
    """The delivery reports of a callback body."""
    return list(parse_callback(raw).receipts)


def parse_replies(raw: bytes) -> list[Reply]:
    """The replies of a callback body."""
    return list(parse_callback(raw).replies)


def parse_time(text: Any) -> datetime | None:
    """Aliyun's ``YYYY-MM-DD HH:MM:SS`` in UTC, or None when it is missing or unreadable."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%d %H:%M:%S").replace(tzinfo=_ZONE).astimezone(UTC)
    except ValueError:
        return None


def _items(raw: bytes) -> list[Any]:
    try:
        items = json.loads(raw)
    except ValueError as error:
        raise ProviderError(reason="the callback is not JSON", permanent=True) from error
    if not isinstance(items, list):
        raise ProviderError(reason="the callback is not an array", permanent=True)
    return items


def _receipt(item: Mapping[str, Any]) -> Receipt:
    size = str(item.get("sms_size") or "0")
    return Receipt(
        phone_e164=_phone(item),
        state=_state(item.get("success")),
        code=str(item.get("err_code") or ""),
        message=str(item.get("err_msg") or ""),
        sms_size=int(size) if size.isdecimal() else 0,
        biz_id=_required(item, "biz_id"),
        out_id=str(item.get("out_id") or ""),
        sent_at=parse_time(item.get("send_time")),
        reported_at=parse_time(item.get("report_time")),
    )


def _reply(item: Mapping[str, Any]) -> Reply:
    return Reply(
        phone_e164=_phone(item),
        content=str(item.get("content") or ""),
        sign_name=str(item.get("sign_name") or ""),
        dest_code=str(item.get("dest_code") or ""),
        sequence_id=str(item.get("sequence_id") or ""),
        sent_at=parse_time(item.get("send_time")),
    )


def _state(success: Any) -> DeliveryState:
    if success is True:
        return DeliveryState.DELIVERED
    return DeliveryState.FAILED if success is False else DeliveryState.UNKNOWN


def _phone(item: Mapping[str, Any]) -> str:
    number = e164(_required(item, "phone_number"))
    if number is None:
        raise ValueError("phone_number is not a mainland mobile number")
    return number


def _required(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if not isinstance(value, str | int) or not str(value):
        raise ValueError(f"{name} is missing")
    return str(value)
