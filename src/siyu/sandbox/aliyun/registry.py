"""Signatures and templates of the account: applied for, reviewed, looked up. Seeds of the settings count as
reviewed.

A review takes its time (divided by the sandbox's speed) and then follows the reviewers' rules.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from siyu.kernel.clock import from_millis, to_millis
from siyu.sandbox.aliyun import rules
from siyu.sandbox.aliyun.rules import Kind, Refused
from siyu.sandbox.config import SandboxConfig, SignSeed, TemplateSeed
from siyu.sandbox.store import Store

# Seconds of a review at speed 1. Reviewers take about two hours; a minute shows the same states.
REVIEW_SECONDS = 60.0
PASSED, TURNED_DOWN, REVIEWING = "passed", "turned_down", "reviewing"
_REVIEW_STATES = frozenset({PASSED, TURNED_DOWN, REVIEWING})
# Aliyun numbers the kinds in two ways: applications and details use the first, lists both.
_OUTER_TYPE = {Kind.VERIFICATION: 0, Kind.NOTIFICATION: 1, Kind.PROMOTION: 2}
_LIST_TYPE = {Kind.NOTIFICATION: 0, Kind.PROMOTION: 1, Kind.VERIFICATION: 2}
_LIST_STATE = {REVIEWING: "AUDIT_STATE_INIT", PASSED: "AUDIT_STATE_PASS", TURNED_DOWN: "AUDIT_STATE_NOT_PASS"}
_DETAIL_STATE = {REVIEWING: "0", PASSED: "1", TURNED_DOWN: "2"}
_CREATE_TYPE = {"0": Kind.VERIFICATION, "1": Kind.NOTIFICATION, "2": Kind.PROMOTION}
MAX_PAGE_ROWS = 50


@dataclass(frozen=True)
class Template:
    """A template with the state of its review as seen now."""

    code: str
    name: str
    kind: Kind
    content: str
    state: str
    reason: str
    created_at: datetime


@dataclass(frozen=True)
class Sign:
    """A signature with the state of its review as seen now."""

    name: str
    state: str
    reason: str
    created_at: datetime


class Registry:
    """The account's signatures and templates."""

    def __init__(
        self, store: Store, config: Callable[[], SandboxConfig], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._config = config
        self._clock = clock

    def usable_sign(self, name: str) -> None:
        """Raises `Refused` unless the signature exists and has passed its review."""
        found = next((sign for sign in self.signs() if sign.name == name), None)
        if found is None or found.state != PASSED:
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名")

    def usable_template(self, code: str) -> Template:
        """The template, if it has passed its review and carries what its kind must; raises `Refused`."""
        found = next((template for template in self.templates() if template.code == code), None)
        if found is None or found.state != PASSED:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板")
        if found.kind is Kind.PROMOTION and not found.content.endswith(rules.OPT_OUT_TEXT):
            raise Refused("isv.SMS_CONTENT_ILLEGAL", f"推广短信须以“{rules.OPT_OUT_TEXT}”结尾")
        return found

    def signs(self) -> list[Sign]:
        now = self._clock()
        seeds = [Sign(seed.name, seed.state, "", now) for seed in self._config().signs]
        rows = self._store.rows("SELECT * FROM signs ORDER BY created_at_ms, name")
        return seeds + [
            Sign(row["name"], self._seen(row), row["reason"], from_millis(row["created_at_ms"])) for row in rows
        ]

    def templates(self) -> list[Template]:
        now = self._clock()
        seeds = [
            Template(seed.code, seed.name, Kind(seed.kind), seed.content, seed.state, "", now)
            for seed in self._config().templates
        ]
        rows = self._store.rows("SELECT * FROM templates ORDER BY created_at_ms, code")
        return seeds + [self._template(row) for row in rows]

    def put_sign(self, seed: SignSeed) -> None:
        """Enters a signature with a state of one's choice, without review; ValueError for an unknown state.
        """
        _check_state(seed.state)
        with self._store.transaction() as db:
            db.execute("INSERT OR REPLACE INTO signs VALUES (?, ?, '', 0)", (seed.name, seed.state))

    def put_template(self, seed: TemplateSeed) -> None:
        """Enters a template with a state of one's choice, without review; ValueError for an unknown state
        or kind.
        """
        _check_state(seed.state)
        Kind(seed.kind)
        values = (seed.code, seed.name, seed.kind, seed.content, seed.state)
        with self._store.transaction() as db:
            db.execute("INSERT OR REPLACE INTO templates VALUES (?, ?, ?, ?, ?, '', 0)", values)

    def create_sign(self, params: Mapping[str, str]) -> dict[str, Any]:
        """CreateSmsSign."""
        name = params.get("SignName", "")
        reason = rules.review_sign(name)
        if any(sign.name == name for sign in self.signs()):
            raise Refused("isv.SMS_SIGNATURE_ILLEGAL", "签名已存在")
        values = (name, TURNED_DOWN if reason else PASSED, reason or "", to_millis(self._clock()))
        with self._store.transaction() as db:
            db.execute("INSERT INTO signs VALUES (?, ?, ?, ?)", values)
        return {"SignName": name, "OrderId": f"{values[3]}"}

    def create_template(self, params: Mapping[str, str]) -> dict[str, Any]:
        """CreateSmsTemplate."""
        kind = _CREATE_TYPE.get(params.get("TemplateType", ""))
        if kind is None:
            raise Refused("isv.INVALID_PARAMETERS", "TemplateType不合法")
        name, content = params.get("TemplateName", ""), params.get("TemplateContent", "")
        reason = rules.review_template(name, kind, content)
        created_at_ms = to_millis(self._clock())
        with self._store.transaction() as db:
            code = f"SMS_{480000000 + db.execute('SELECT count(*) FROM templates').fetchone()[0] + 1}"
            state = TURNED_DOWN if reason else PASSED
            values = (code, name, kind, content, state, reason or "", created_at_ms)
            db.execute("INSERT INTO templates VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        return {"TemplateCode": code, "TemplateName": name, "OrderId": f"{created_at_ms}"}

    def list_signs(self, params: Mapping[str, str]) -> dict[str, Any]:
        """QuerySmsSignList."""
        signs = self.signs()
        rows = [
            {
                "SignName": sign.name,
                "AuditStatus": _LIST_STATE[sign.state],
                "BusinessType": "通用",
                "CreateDate": _local(sign.created_at),
                "Reason": {"RejectInfo": sign.reason},
            }
            for sign in page(signs, params)
        ]
        return {"SmsSignList": rows, "TotalCount": len(signs), **_page_echo(params)}

    def list_templates(self, params: Mapping[str, str]) -> dict[str, Any]:
        """QuerySmsTemplateList."""
        templates = self.templates()
        rows = [
            {
                "TemplateCode": template.code,
                "TemplateName": template.name,
                "TemplateContent": template.content,
                "TemplateType": _LIST_TYPE[template.kind],
                "OuterTemplateType": _OUTER_TYPE[template.kind],
                "AuditStatus": _LIST_STATE[template.state],
                "CreateDate": _local(template.created_at),
                "Reason": {"RejectInfo": template.reason},
            }
            for template in page(templates, params)
        ]
        return {"SmsTemplateList": rows, "TotalCount": len(templates), **_page_echo(params)}

    def get_template(self, params: Mapping[str, str]) -> dict[str, Any]:
        """GetSmsTemplate."""
        code = params.get("TemplateCode", "")
        found = next((template for template in self.templates() if template.code == code), None)
        if found is None:
            raise Refused("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板")
        return {
            "TemplateCode": found.code,
            "TemplateName": found.name,
            "TemplateContent": found.content,
            "TemplateType": str(_OUTER_TYPE[found.kind]),
            "TemplateStatus": _DETAIL_STATE[found.state],
            "AuditInfo": {"RejectInfo": found.reason},
            "CreateDate": _local(found.created_at),
        }

    def _template(self, row: sqlite3.Row) -> Template:
        return Template(
            code=row["code"],
            name=row["name"],
            kind=Kind(row["kind"]),
            content=row["content"],
            state=self._seen(row),
            reason=row["reason"],
            created_at=from_millis(row["created_at_ms"]),
        )

    def _seen(self, row: sqlite3.Row) -> str:
        """The stored state is the review's outcome; until the review is over nobody sees it."""
        age_ms = to_millis(self._clock()) - row["created_at_ms"]
        return row["state"] if age_ms >= REVIEW_SECONDS / self._config().speed * 1000 else REVIEWING


def page(items: list[Any], params: Mapping[str, str]) -> list[Any]:
    """One page of a list by PageIndex and PageSize; raises `Refused` for impossible ones."""
    size, index = _page_numbers(params)
    return items[(index - 1) * size : index * size]


def _page_numbers(params: Mapping[str, str]) -> tuple[int, int]:
    size, index = params.get("PageSize", "10"), params.get("PageIndex", "1")
    if not (size.isdecimal() and index.isdecimal() and 1 <= int(size) <= MAX_PAGE_ROWS and int(index) >= 1):
        raise Refused("isv.INVALID_PARAMETERS", "PageSize或PageIndex不合法")
    return int(size), int(index)


def _page_echo(params: Mapping[str, str]) -> dict[str, int]:
    size, index = _page_numbers(params)
    return {"PageSize": size, "CurrentPage": index}


def _check_state(state: str) -> None:
    if state not in _REVIEW_STATES:
        raise ValueError(f"a review state is one of {', '.join(sorted(_REVIEW_STATES))}")


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(rules.ZONE):%Y-%m-%d %H:%M:%S}"
