"""Repeating a request safely: with the header ``Idempotency-Key`` a POST is done once and answered alike.

The answer is kept in the transaction of the change itself: after a crash either both are there or neither is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Schema

from siyu.api.authentication import caller
from siyu.api.models import Answer
from siyu.eventlog import records
from siyu.kernel import clock, ids
from siyu.kernel.errors import Conflict, InvalidInput

HEADER = "Idempotency-Key"
# Longer than any client retries, short enough that the table stays small.
KEPT = timedelta(hours=24)
MAX_KEY_LENGTH = 200
# For `openapi_extra` of the operations that take it.
DOCUMENTED: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": HEADER,
            "required": False,
            "schema": {"type": "string", "maxLength": MAX_KEY_LENGTH},
            "description": "Any text that is new for each intended change. The same key again within 24 hours gets "
            "the first answer and changes nothing.",
        }
    ]
}


class KeyReused(Conflict):
    code = "idempotency_key_reused"
    message = "This idempotency key was used for another request. Choose a new one."


def once(request: HttpRequest, make: Callable[[], Schema], *, status: int = 201) -> HttpResponse:
    """Runs `make` and answers with what it returns; with a known key, answers as the first time without running it.

    `make` calls one service that writes to the records and nothing else: it runs in a transaction with the answer.
    Only success is kept: after an error the same key may be tried again.
    """
    key = request.headers.get(HEADER, "")
    if not key:
        return _response(status, make().model_dump_json())
    if len(key) > MAX_KEY_LENGTH:
        raise InvalidInput(reason="The idempotency key is too long.")
    with records.transaction():
        return _once(request, key, make, status)


def _once(request: HttpRequest, key: str, make: Callable[[], Schema], status: int) -> HttpResponse:
    moment = clock.now()
    owner = {"staff_id": caller(request).owner_id, "key_digest": ids.digest16(key)}
    request_digest = ids.digest16(str(request.method), request.get_full_path(), request.body)
    Answer.objects.filter(created_at__lt=moment - KEPT).delete()
    # A second request with the same key waits here until the first has ended, then finds its row.
    fresh = records.bulk_insert(
        "api_answer",
        ("staff_id", "key_digest", "request_digest", "status", "body", "created_at"),
        [(owner["staff_id"], owner["key_digest"], request_digest, 0, "", records.db_moment(moment))],
        ignore_conflicts=True,
    )
    if not fresh:
        return _replayed(Answer.objects.get(**owner), request_digest)
    body = make().model_dump_json()
    Answer.objects.filter(**owner).update(status=status, body=body)
    return _response(status, body)


def _replayed(known: Answer, request_digest: bytes) -> HttpResponse:
    if bytes(known.request_digest) != request_digest:
        raise KeyReused()
    response = _response(known.status, known.body)
    response["Idempotency-Replayed"] = "true"
    return response


def _response(status: int, body: str) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json; charset=utf-8")
