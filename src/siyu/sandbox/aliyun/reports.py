"""The carrier and the report pusher: messages reach their phones or fail, and both outcomes are posted as
reports.

A report is posted until the callback answers HTTP 200 with ``{"code": 0}``: once, then after 1, 5 and 10
minutes (divided by the sandbox's speed), then it is given up. The same goes for replies of people.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from siyu.kernel.clock import to_millis
from siyu.sandbox.aliyun.sending import OPTED_OUT_CODE, local_text
from siyu.sandbox.chance import share
from siyu.sandbox.config import SandboxConfig
from siyu.sandbox.faults import FaultBoard
from siyu.sandbox.outgoing import Answer, Outgoing
from siyu.sandbox.store import Store

# Reports in one post, and messages decided in one transaction.
REPORT_BATCH = 100
DELIVERY_BATCH = 500
# Seconds from a failed post to the next, at speed 1. After the last one the report is given up.
RETRY_SECONDS = (60, 300, 600)
DEAD_CODE = "MN:0001"
# What carriers report of messages that fail this time.
FAILURE_CODES = ("UNDELIV", "EXPIRED", "MK:0010", "REJECTD")
_OPT_OUT_REPLIES = frozenset({"R", "T", "TD"})


class Courier:
    """Decides deliveries and posts reports. `step` does all that is due; it is meant for one thread."""

    def __init__(
        self,
        store: Store,
        config: Callable[[], SandboxConfig],
        clock: Callable[[], datetime],
        faults: FaultBoard,
        delivered: Callable[[], None],
    ) -> None:
        self._store = store
        self._config = config
        self._clock = clock
        self._faults = faults
        self._delivered = delivered
        self._outgoing = Outgoing()

    def step(self) -> float | None:
        """Delivers and posts what is due. Returns the seconds until the next thing is, or None."""
        while self._deliver() == DELIVERY_BATCH:
            pass
        while self._post_reports() or self._post_replies():
            pass
        next_ms = self._store.value(_NEXT_DUE)
        return None if next_ms is None else (next_ms - to_millis(self._clock())) / 1000

    def reply(self, phone: str, content: str) -> None:
        """A person answers: R and its older forms put the number on the list of those who refuse."""
        now_ms = to_millis(self._clock())
        with self._store.transaction() as db:
            latest = db.execute(
                "SELECT sign_name, extend_code FROM messages WHERE phone = ? ORDER BY id DESC LIMIT 1", (phone,)
            ).fetchone()
            sign_name, extend = tuple(latest) if latest else ("", "")
            db.execute(
                "INSERT INTO replies (phone, content, sign_name, dest_code, sent_at_ms, report_state,"
                " report_due_at_ms) VALUES (?, ?, ?, ?, ?, 'pending', ?)",
                (phone, content, sign_name, f"1069{extend}", now_ms, now_ms),
            )
            if content.strip().upper() in _OPT_OUT_REPLIES:
                db.execute("INSERT OR IGNORE INTO blacklist VALUES (?, ?, ?)", (phone, OPTED_OUT_CODE, now_ms))

    def stop(self) -> None:
        """Lets a running step end soon."""
        self._outgoing.stop()

    def close(self) -> None:
        self._outgoing.close()

    def _deliver(self) -> int:
        """Decides one batch of messages that are due; returns how many there were."""
        now_ms = to_millis(self._clock())
        with self._store.transaction() as db:
            rows = db.execute(_DUE_MESSAGES, (now_ms, DELIVERY_BATCH)).fetchall()
            db.executemany(_DECIDE, [(*self._outcome(row), now_ms, now_ms, row["id"]) for row in rows])
        if rows:
            self._delivered()
        return len(rows)

    def _outcome(self, row: sqlite3.Row) -> tuple[str, str, str, int]:
        """State, code, state of the report and how often it is repeated without need."""
        code = row["code"] or self._carrier_code(row)
        state = "delivered" if code == "DELIVERED" else "failed"
        reported = "pending" if self._config().sms_callback_url else "none"
        if self._faults.strikes("drop_receipts"):
            reported = "lost"
        return state, code, reported, 1 if self._faults.strikes("duplicate_receipts") else 0

    def _carrier_code(self, row: sqlite3.Row) -> str:
        seed, planted = self._config().seed, self._config().planted
        if share(seed, "dead", row["phone"]) < planted.dead_share:
            return DEAD_CODE
        draw = share(seed, "failed", row["phone"], row["out_id"])
        if draw < planted.failed_share or self._faults.strikes("mixed_results"):
            return FAILURE_CODES[row["id"] % len(FAILURE_CODES)]
        return "DELIVERED"

    def _post_reports(self) -> int:
        rows = self._store.rows(_DUE_REPORTS, (to_millis(self._clock()), REPORT_BATCH))
        if rows:
            answer = self._outgoing.post_json(self._config().sms_callback_url, [_report(row) for row in rows])
            self._settle("messages", rows, answer)
        return len(rows)

    def _post_replies(self) -> int:
        rows = self._store.rows(_DUE_REPLIES, (to_millis(self._clock()), REPORT_BATCH))
        config = self._config()
        url = config.sms_reply_url or config.sms_callback_url
        if rows:
            answer = self._outgoing.post_json(url, [_reply(row) for row in rows]) if url else Answer(0, b"")
            self._settle("replies", rows, answer)
        return len(rows)

    def _settle(self, table: str, rows: Sequence[sqlite3.Row], answer: Answer) -> None:
        """Writes down what became of a post: taken, to be repeated, or given up."""
        taken = _is_taken(answer)
        now_ms, speed = to_millis(self._clock()), self._config().speed
        updates = [(*_after_post(row, taken, now_ms, speed), row["id"]) for row in rows]
        with self._store.transaction() as db:
            db.executemany(_SETTLE[table], updates)
            if table == "messages" and taken:
                ids = [(row["id"],) for row in rows if row["report_repeats"]]
                db.executemany(_REPEAT, ids)


_NEXT_DUE = """
SELECT min(due) FROM (
    SELECT min(due_at_ms) AS due FROM messages WHERE state = 'waiting'
    UNION ALL SELECT min(report_due_at_ms) FROM messages WHERE report_state = 'pending'
    UNION ALL SELECT min(report_due_at_ms) FROM replies WHERE report_state = 'pending')
"""
_DUE_MESSAGES = "SELECT * FROM messages WHERE state = 'waiting' AND due_at_ms <= ? ORDER BY due_at_ms LIMIT ?"
_DUE_REPORTS = (
    "SELECT * FROM messages WHERE report_state = 'pending' AND report_due_at_ms <= ?"
    " ORDER BY report_due_at_ms, id LIMIT ?"
)
_DUE_REPLIES = "SELECT * FROM replies WHERE report_state = 'pending' AND report_due_at_ms <= ? ORDER BY id LIMIT ?"
_DECIDE = (
    "UPDATE messages SET state = ?, code = ?, report_state = ?, report_repeats = ?, reported_at_ms = ?,"
    " report_due_at_ms = ? WHERE id = ?"
)
_SETTLE = {
    table: f"UPDATE {table} SET report_state = ?, report_tries = ?, report_due_at_ms = ? WHERE id = ?"
    for table in ("messages", "replies")
}
_REPEAT = "UPDATE messages SET report_state = 'pending', report_repeats = report_repeats - 1 WHERE id = ?"


def _after_post(row: sqlite3.Row, taken: bool, now_ms: int, speed: float) -> tuple[str, int, int]:
    tries = row["report_tries"] + 1
    if taken:
        return "taken", tries, now_ms
    if tries > len(RETRY_SECONDS):
        return "given_up", tries, now_ms
    return "pending", tries, now_ms + int(RETRY_SECONDS[tries - 1] * 1000 / speed)


def _is_taken(answer: Answer) -> bool:
    """Only HTTP 200 with a JSON object whose ``code`` is the number 0 counts as received."""
    if answer.status != 200:
        return False
    try:
        body = json.loads(answer.body)
    except ValueError:
        return False
    code = body.get("code") if isinstance(body, dict) else None
    return isinstance(code, int) and not isinstance(code, bool) and code == 0


def _report(row: sqlite3.Row) -> dict[str, Any]:
    delivered = row["state"] == "delivered"
    return {
        "phone_number": row["phone"],
        "send_time": local_text(row["sent_at_ms"]),
        "report_time": local_text(row["reported_at_ms"]),
        "success": delivered,
        "err_code": row["code"],
        "err_msg": "用户接收成功" if delivered else "用户接收失败",
        "sms_size": str(row["units"]),
        "biz_id": row["biz_id"],
        "out_id": row["out_id"],
    }


def _reply(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "phone_number": row["phone"],
        "send_time": local_text(row["sent_at_ms"]),
        "content": row["content"],
        "sign_name": row["sign_name"],
        "dest_code": row["dest_code"],
        "sequence_id": row["id"],
    }
