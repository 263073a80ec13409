"""The committed schema is the promise to programs: a change of it is seen in review.

Renew it with: ``SIYU_RENEW=1 .venv/bin/pytest tests/api/test_openapi.py``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import siyu.api.urls  # noqa: F401  binds the routers
from siyu.api.application import api

SNAPSHOT = Path(__file__).with_name("openapi.json")


def _current() -> str:
    schema = api.get_openapi_schema(path_prefix="/api/")
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def test_the_snapshot_is_in_step() -> None:
    if os.environ.get("SIYU_RENEW"):
        SNAPSHOT.write_text(_current(), encoding="utf-8")
    assert SNAPSHOT.read_text(encoding="utf-8") == _current()


def test_every_operation_has_its_own_id_a_summary_and_documented_problems() -> None:
    paths = api.get_openapi_schema(path_prefix="/api/")["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    assert all(operation.get("description") for operation in operations)
    assert all("application/problem+json" in operation["responses"]["default"]["content"] for operation in operations)
