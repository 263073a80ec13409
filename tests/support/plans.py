"""How much a store works at statements, to see that it does not grow with what they do not ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from siyu.eventlog import records

_STEPS_AT_ONCE = 10


def effort(work: Callable[[], object]) -> int:
    """SQLite's steps, or the rows that PostgreSQL looks at, during `work`: of use only beside another one."""
    return _rows(work) if records.is_postgres() else _steps(work)


def _steps(work: Callable[[], object]) -> int:
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, _STEPS_AT_ONCE)
    try:
        work()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return counted[0]


def _rows(work: Callable[[], object]) -> int:
    """With sequential scans only where nothing else is possible: over the few rows of a test they would be chosen."""
    with CaptureQueriesContext(connection) as captured:
        work()
    found = 0
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET enable_seqscan = off")
        for query in captured.captured_queries:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query["sql"].replace("%", "%%"), [])
            plan = cursor.fetchone()[0]
            found += _looked_at((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
        cursor.execute("RESET enable_seqscan")
    return found


def _looked_at(node: dict[str, Any]) -> int:
    rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(rows * node["Actual Loops"]) + sum(map(_looked_at, node.get("Plans", ())))
