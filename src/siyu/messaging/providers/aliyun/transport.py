"""Aliyun SMS over the official SDK: sends one or a batch, looks one up, in the contract's three results.

The SDK raises for HTTP 4xx and 5xx and for a broken network; a business refusal is HTTP 200 with a code
other than OK and does not raise. It does not repeat a request by itself as long as no retry options are
given, and none are.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from siyu.messaging.providers.aliyun import codes
from siyu.messaging.providers.aliyun.callbacks import parse_time
from siyu.messaging.providers.base import (
    DeliveryState,
    Fault,
    Ok,
    ProviderError,
    Rejected,
    Result,
    SendDetail,
    SmsMessage,
    Unknown,
    check_batch,
    e164,
    sms_units,
)

if TYPE_CHECKING:
    from siyu.kernel.settings import Settings

_log = logging.getLogger(__name__)
# Recipients of one SendBatchSms. Not in a primary document; widely held, hence an argument of the
# constructor.
MAX_BATCH = 100
# Milliseconds. Connecting is quick or hopeless; a slow answer costs less than an unknown result.
CONNECT_TIMEOUT_MS = 3_000
READ_TIMEOUT_MS = 10_000
# Records of one page of QuerySendDetails, Aliyun's maximum, and the pages read before giving up: nobody
# gets more than 50 messages a day from one signature and template.
QUERY_PAGE_ROWS = 50
QUERY_MAX_PAGES = 10
_STATES = {1: DeliveryState.WAITING, 2: DeliveryState.FAILED, 3: DeliveryState.DELIVERED}


class AliyunSms:
    """One Aliyun account. Safe to share between threads; holds no connection until the first request."""

    kind: ClassVar[str] = "aliyun"

    def __init__(
        self,
        *,
        key_id: str,
        key_secret: str,
        endpoint: str = "dysmsapi.aliyuncs.com",
        protocol: str = "https",
        connect_timeout_ms: int = CONNECT_TIMEOUT_MS,
        read_timeout_ms: int = READ_TIMEOUT_MS,
        max_batch: int = MAX_BATCH,
    ) -> None:
        self.max_batch = max_batch
        self._config = {
            "access_key_id": key_id,
            "access_key_secret": key_secret,
            "endpoint": endpoint,
            "protocol": protocol,
            "connect_timeout": connect_timeout_ms,
            "read_timeout": read_timeout_ms,
        }

    @classmethod
    def from_settings(cls, settings: Settings) -> AliyunSms:
        return cls(
            key_id=settings.aliyun_sms_key_id,
            key_secret=settings.aliyun_sms_key_secret,
            endpoint=settings.aliyun_sms_endpoint,
            protocol=settings.aliyun_sms_protocol,
        )

    def send(self, batch: Sequence[SmsMessage]) -> list[Result]:
        """See `SmsProvider.send`. A batch of one uses SendSms, whose answer judges that number at once.

        SendBatchSms answers for the request; what it finds wrong with single numbers comes in their receipts.
        """
        check_batch(batch, max_batch=self.max_batch)
        result = self._send_one(batch[0]) if len(batch) == 1 else self._send_many(batch)
        return [result] * len(batch)

    def query(
        self, *, phone_e164: str, day: date, biz_id: str | None = None, out_id: str | None = None
    ) -> SendDetail | None:
        """See `SmsProvider.query`. Aliyun keeps 30 days and filters by its own id; ours is compared here."""
        if not (biz_id or out_id):
            raise ValueError("a message is looked up by biz_id or out_id")
        for page in range(1, QUERY_MAX_PAGES + 1):
            rows = self._details(phone_e164, day, biz_id, page)
            for row in rows:
                if out_id is None or row.out_id == out_id:
                    return _detail(row, phone_e164)
            if len(rows) < QUERY_PAGE_ROWS:
                return None
        return None

    def units(self, text: str) -> int:
        return sms_units(text)

    @cached_property
    def _client(self) -> Any:
        # Loaded here, not above: 600 modules, 0.3 s and 47 MB, which a process that never sends (web,
        # collector) must not pay.
        from alibabacloud_dysmsapi20170525.client import Client
        from alibabacloud_tea_openapi.utils_models import Config

        return Client(Config(**self._config))

    def _send_one(self, message: SmsMessage) -> Result:
        from alibabacloud_dysmsapi20170525.models import SendSmsRequest

        request = SendSmsRequest(
            phone_numbers=_national(message.phone_e164),
            sign_name=message.sign_name,
            template_code=message.template_code,
            template_param=_json(dict(message.params)) if message.params else None,
            out_id=message.out_id,
        )
        return self._submit("send_sms", request)

    def _send_many(self, batch: Sequence[SmsMessage]) -> Result:
        from alibabacloud_dysmsapi20170525.models import SendBatchSmsRequest

        request = SendBatchSmsRequest(
            phone_number_json=_json([_national(message.phone_e164) for message in batch]),
            sign_name_json=_json([message.sign_name for message in batch]),
            template_code=batch[0].template_code,
            template_param_json=_json([dict(message.params) for message in batch]),
            out_id=batch[0].out_id,
        )
        return self._submit("send_batch_sms", request)

    def _submit(self, verb: str, request: Any) -> Result:
        body, failure = self._call(verb, request)
        if failure is not None:
            return failure
        if body is None:
            return Unknown("an empty answer")
        if body.code in codes.AMBIGUOUS_CODES:
            return Unknown(f"{body.code} {body.message}")
        if body.code and body.code != "OK":
            return codes.rejected(str(body.code), str(body.message))
        if not body.biz_id:
            return Unknown("an answer without Code or BizId")
        return Ok(biz_id=body.biz_id, request_id=body.request_id or "")

    def _details(self, phone_e164: str, day: date, biz_id: str | None, page: int) -> list[Any]:
        from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest

        request = QuerySendDetailsRequest(
            phone_number=_national(phone_e164),
            send_date=f"{day:%Y%m%d}",
            page_size=QUERY_PAGE_ROWS,
            current_page=page,
            biz_id=biz_id,
        )
        body, failure = self._call("query_send_details", request)
        if isinstance(failure, Rejected):
            raise ProviderError(reason=f"{failure.code} {failure.message}", permanent=failure.permanent)
        if failure is not None:
            raise ProviderError(reason=failure.reason, permanent=False)
        if body is None or not body.code:
            raise ProviderError(reason="an empty answer", permanent=False)
        if body.code != "OK":
            refused = codes.rejected(str(body.code), str(body.message))
            raise ProviderError(reason=f"{refused.code} {refused.message}", permanent=refused.permanent)
        held = body.sms_send_detail_dtos
        return list((held and held.sms_send_detail_dto) or [])

    def _call(self, verb: str, request: Any) -> tuple[Any, Rejected | Unknown | None]:
        """The answer's body, or why there is none: everything that the SDK raises has one of these roots."""
        from alibabacloud_tea_openapi.exceptions import ClientException, ThrottlingException
        from darabonba.exceptions import ResponseException
        from Tea.exceptions import UnretryableException

        try:
            return getattr(self._client, verb)(request).body, None
        except (ClientException, ThrottlingException) as error:
            if error.status_code and error.status_code >= 500:
                return None, Unknown(f"HTTP {error.status_code}")
            return None, codes.rejected(str(error.code), str(error.message))
        except ResponseException as error:
            return None, Unknown(f"HTTP {getattr(error, 'status_code', None) or 'error'}")
        except UnretryableException as error:
            return None, _broken(error.inner_exception)
        except Exception as error:
            # The SDK stumbles over answers of an unforeseen shape. By then the message may have left.
            _log.exception("%s: an answer that the SDK cannot read", verb)
            return None, Unknown(f"an unreadable answer ({type(error).__name__})")


def _broken(error: BaseException | None) -> Rejected | Unknown:
    """A network failure. Only a connection that never stood is certain not to have carried the message."""
    import requests
    from urllib3.exceptions import NewConnectionError

    # The SDK hides the real exception behind a text of its own, but Python keeps it as the context.
    cause = getattr(error, "__context__", None) or error
    reason = getattr(cause.args[0], "reason", None) if cause is not None and cause.args else None
    if isinstance(cause, requests.exceptions.ConnectTimeout) or isinstance(reason, NewConnectionError):
        return Rejected(
            "unreachable", permanent=False, message="no connection to the provider", fault=Fault.PROVIDER
        )
    if isinstance(cause, requests.exceptions.Timeout):
        return Unknown(reason="no answer in time")
    if isinstance(cause, requests.exceptions.RequestException):
        return Unknown(reason="the connection broke")
    return Unknown(f"an unreadable answer ({type(cause).__name__})")


def _detail(row: Any, phone_e164: str) -> SendDetail:
    return SendDetail(
        phone_e164=e164(str(row.phone_num or "")) or phone_e164,
        state=_STATES.get(int(row.send_status or 0), DeliveryState.UNKNOWN),
        code=row.err_code or "",
        template_code=row.template_code or "",
        out_id=row.out_id or "",
        content=row.content or "",
        sent_at=parse_time(row.send_date),
        received_at=parse_time(row.receive_date),
    )


def _national(phone_e164: str) -> str:
    """Aliyun's reports and records carry the bare 11 digits, so they are sent that way too."""
    return phone_e164.removeprefix("+86")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
