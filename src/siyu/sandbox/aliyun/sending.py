"""SendSms, SendBatchSms and QuerySendDetails: from the parameters to rows of accepted messages, and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from siyu.kernel.clock import day_end, day_start, from_millis, local_day, to_millis
from siyu.sandbox.aliyun import frequency, rules
from siyu.sandbox.aliyun.registry import MAX_PAGE_ROWS, Registry, Template
from siyu.sandbox.aliyun.rules import Kind, Refused
from siyu.sandbox.chance import share
from siyu.sandbox.config import SandboxConfig
from siyu.sandbox.store import Store

# Numbers of one SendSms [D], and of one SendBatchSms [K].
MAX_NUMBERS = 1_000
MAX_BATCH = 100
MAX_OUT_ID_CHARS = 255
# Days that QuerySendDetails looks back.
QUERY_DAYS = 30
OPTED_OUT_CODE = "isv.CUSTOMER_REFUSED"
_SEND_STATUS = {"waiting": 1, "failed": 2, "delivered": 3}


@dataclass(frozen=True)
class Draft:
    """One message that has passed everything that concerns its content."""

    phone: str
    sign_name: str
    template: Template
    content: str
    out_id: str
    extend_code: str


class Sending:
    """The sending half of the account."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        config: Callable[[], SandboxConfig],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._registry = registry
        self._config = config
        self._clock = clock

    def send_sms(self, params: Mapping[str, str]) -> dict[str, Any]:
        """SendSms: the same text to one or more numbers."""
        phones = params["PhoneNumbers"].split(",")
        if len(phones) > MAX_NUMBERS:
            raise Refused("isv.MOBILE_COUNT_OVER_LIMIT", f"手机号码数量超过{MAX_NUMBERS}")
        template = self._template(params)
        if template.kind is Kind.VERIFICATION and len(phones) > 1:
            raise Refused("isv.MOBILE_COUNT_OVER_LIMIT", "验证码短信仅支持单个号码")
        sign_name, extend = params["SignName"], params.get("SmsUpExtendCode", "")
        values = rules.read_params(params.get("TemplateParam", ""))
        self._registry.usable_sign(sign_name)
        text = rules.render(template.kind, sign_name, template.content, values)
        out_id = _out_id(params)
        return self._submit([Draft(_phone(p), sign_name, template, text, out_id, _extend(extend)) for p in phones])

    def send_batch_sms(self, params: Mapping[str, str]) -> dict[str, Any]:
        """SendBatchSms: texts of one template to many numbers, matched by index."""
        phones = _array(params["PhoneNumberJson"])
        signs = _array(params["SignNameJson"])
        if not 1 <= len(phones) <= MAX_BATCH:
            raise Refused("isv.MOBILE_COUNT_OVER_LIMIT", f"手机号码数量须为1至{MAX_BATCH}")
        values = _array(params.get("TemplateParamJson") or json.dumps([{}] * len(phones)))
        extends = _array(params.get("SmsUpExtendCodeJson") or json.dumps([""] * len(phones)))
        if not len(phones) == len(signs) == len(values) == len(extends):
            raise Refused("isv.INVALID_PARAMETERS", "各数组的元素个数不一致")
        template = self._template(params)
        for sign_name in sorted({str(name) for name in signs}):
            self._registry.usable_sign(sign_name)
        out_id = _out_id(params)
        drafts = [
            Draft(
                phone=_phone(str(phone)),
                sign_name=str(sign_name),
                template=template,
                content=rules.render(template.kind, str(sign_name), template.content, rules.check_params(value)),
                out_id=out_id,
                extend_code=_extend(str(extend)),
            )
            for phone, sign_name, value, extend in zip(phones, signs, values, extends, strict=True)
        ]
        return self._submit(drafts)

    def query_send_details(self, params: Mapping[str, str]) -> dict[str, Any]:
        """QuerySendDetails: what was sent to one number on one local day, newest first."""
        phone, day = _phone(params["PhoneNumber"]), self._query_day(params["SendDate"])
        size, index = params["PageSize"], params["CurrentPage"]
        if not (size.isdecimal() and index.isdecimal() and 1 <= int(size) <= MAX_PAGE_ROWS and int(index) >= 1):
            raise Refused("isv.INVALID_PARAMETERS", "PageSize或CurrentPage不合法")
        where = "phone = ? AND sent_at_ms >= ? AND sent_at_ms < ? AND (? = '' OR biz_id = ?)"
        biz_id = params.get("BizId", "")
        bounds = to_millis(day_start(day, rules.ZONE)), to_millis(day_end(day, rules.ZONE))
        args = (phone, *bounds, biz_id, biz_id)
        rows = self._store.rows(
            f"SELECT * FROM messages WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?",
            (*args, int(size), (int(index) - 1) * int(size)),
        )
        total = self._store.value(f"SELECT count(*) FROM messages WHERE {where}", args)
        details = [_detail(row) for row in rows]
        return {"TotalCount": total, "SmsSendDetailDTOs": {"SmsSendDetailDTO": details}}

    def _template(self, params: Mapping[str, str]) -> Template:
        template = self._registry.usable_template(params["TemplateCode"])
        window = self._config().marketing_window
        if template.kind is Kind.PROMOTION and not rules.inside_window(window, self._clock()):
            raise Refused("isv.BUSINESS_LIMIT_CONTROL", "推广短信不在允许的发送时段")
        return template

    def _query_day(self, text: str) -> date:
        try:
            day = datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a calendar day of the provider's zone
        except ValueError:
            raise Refused("isv.INVALID_PARAMETERS", "SendDate应为yyyyMMdd") from None
        today = local_day(self._clock(), rules.ZONE)
        if not today - timedelta(days=QUERY_DAYS) <= day <= today:
            raise Refused("isv.INVALID_PARAMETERS", f"仅支持查询最近{QUERY_DAYS}天")
        return day

    def _submit(self, drafts: Sequence[Draft]) -> dict[str, Any]:
        """Counts and stores all messages, or none; one number alone is judged at once, several by their
        reports.
        """
        moment = self._clock()
        alone = len(drafts) == 1 or self._config().refuse_whole_batch
        with self._store.transaction() as db:
            last_id = db.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()[0]
            biz_id = f"{to_millis(moment)}{last_id + 1:06d}^0"
            rows = []
            for draft in drafts:
                refusal = self._number_refusal(db, draft, moment)
                if refusal is not None and alone:
                    raise refusal
                rows.append(self._row(draft, biz_id, moment, refusal.code if refusal else ""))
            db.executemany(_INSERT, rows)
        return {"BizId": biz_id}

    def _number_refusal(self, db: sqlite3.Connection, draft: Draft, moment: datetime) -> Refused | None:
        """Why this number gets nothing now, or None, in which case the message is counted."""
        row = db.execute("SELECT code FROM blacklist WHERE phone = ?", (draft.phone,)).fetchone()
        if row and (row[0] != OPTED_OUT_CODE or draft.template.kind is Kind.PROMOTION):
            return Refused(row[0], "该号码已退订" if row[0] == OPTED_OUT_CODE else "黑名单管控")
        if draft.phone in self._config().whitelist:
            return None
        counters = frequency.keys(draft.template.kind, draft.sign_name, draft.template.code, draft.phone)
        rule = frequency.take(db, counters, moment)
        return Refused("isv.BUSINESS_LIMIT_CONTROL", rule.message) if rule else None

    def _row(self, draft: Draft, biz_id: str, moment: datetime, code: str) -> tuple[Any, ...]:
        config = self._config()
        low, high = config.delivery_seconds
        part = share(config.seed, "delay", biz_id, draft.phone)
        due_at = moment + timedelta(seconds=(low + (high - low) * part) / config.speed)
        head = (biz_id, draft.phone, draft.sign_name, draft.template.code, str(draft.template.kind), draft.content)
        tail = (rules.units(draft.content), draft.out_id, draft.extend_code)
        return (*head, *tail, to_millis(moment), to_millis(due_at), "waiting", code)


_INSERT = """
INSERT INTO messages (biz_id, phone, sign_name, template_code, kind, content, units, out_id, extend_code,
                      sent_at_ms, due_at_ms, state, code)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def _phone(text: str) -> str:
    number = rules.national(text)
    if number is None:
        raise Refused("isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误")
    return number


def _out_id(params: Mapping[str, str]) -> str:
    out_id = params.get("OutId", "")
    if len(out_id) > MAX_OUT_ID_CHARS:
        raise Refused("isv.PARAM_LENGTH_LIMIT", f"OutId超过{MAX_OUT_ID_CHARS}个字符")
    return out_id


def _extend(code: str) -> str:
    if code and not (code.isascii() and code.isdigit()):
        raise Refused("isv.EXTEND_CODE_ERROR", "扩展码须为数字")
    return code


def _array(text: str) -> list[Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise Refused("isv.INVALID_JSON_PARAM", "参数格式错误，请使用合法的JSON") from None
    if not isinstance(value, list):
        raise Refused("isv.INVALID_JSON_PARAM", "参数格式错误，应为JSON数组")
    return value


def _detail(row: sqlite3.Row) -> dict[str, Any]:
    detail = {
        "PhoneNum": row["phone"],
        "SendDate": local_text(row["sent_at_ms"]),
        "SendStatus": _SEND_STATUS[row["state"]],
        "TemplateCode": row["template_code"],
        "Content": row["content"],
        "OutId": row["out_id"],
    }
    if row["state"] != "waiting":
        detail |= {"ErrCode": row["code"], "ReceiveDate": local_text(row["reported_at_ms"])}
    return detail


def local_text(millis: int) -> str:
    """The provider's way to write a time: local, without a zone."""
    return f"{from_millis(millis).astimezone(rules.ZONE):%Y-%m-%d %H:%M:%S}"
