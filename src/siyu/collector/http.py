"""Requests and responses in the collector: limits on bodies, problem documents, no stack traces."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import msgspec

from siyu.kernel.errors import SiyuError, TooLarge

# A provider sends at most some hundred reports at once, each below 400 bytes.
CALLBACK_BODY_BYTES = 512 * 1024
# Bytes of a User-Agent that are worth keeping.
AGENT_CHARS = 200
STATUS_LINES = {
    200: "200 OK", 202: "202 Accepted", 302: "302 Found", 400: "400 Bad Request", 401: "401 Unauthorized",
    404: "404 Not Found", 405: "405 Method Not Allowed", 411: "411 Length Required",
    413: "413 Content Too Large", 415: "415 Unsupported Media Type", 422: "422 Unprocessable Content",
    500: "500 Internal Server Error", 503: "503 Service Unavailable",
}  # fmt: skip
JSON = "application/json; charset=utf-8"
PROBLEM = "application/problem+json; charset=utf-8"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")


class MalformedBody(SiyuError):
    code = "malformed_body"
    status = 400
    message = "The body cannot be read: %(reason)s"


class InvalidBody(SiyuError):
    code = "invalid_body"
    status = 422
    message = "The body is not as documented: %(reason)s"


class WrongKey(SiyuError):
    code = "wrong_key"
    status = 401
    message = "The write key is missing or unknown. Send it as: Authorization: Bearer KEY"


class WrongMethod(SiyuError):
    code = "wrong_method"
    status = 405
    message = "This address takes %(allowed)s only."


class WrongAddress(SiyuError):
    code = "wrong_address"
    status = 404
    message = "There is nothing at this address."


@dataclass(frozen=True)
class Response:
    """A finished answer. `headers` come on top of those that every answer carries."""

    status: int
    body: bytes = b""
    content_type: str = TEXT
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A request as the routes see it; the body is read only by those that want one."""

    method: str
    path: str
    environ: dict[str, Any]
    trace_id: str

    def header(self, name: str) -> str:
        value: str = self.environ.get("HTTP_" + name.upper().replace("-", "_"), "")
        return value

    @property
    def agent(self) -> str:
        return self.header("User-Agent")[:AGENT_CHARS]

    def body(self, limit_bytes: int) -> bytes:
        """The whole body; TooLarge without reading it if it says so itself, and before memory is spent otherwise."""
        declared = self.environ.get("CONTENT_LENGTH") or ""
        if declared.isdigit() and int(declared) > limit_bytes:
            raise TooLarge(limit=f"{limit_bytes} bytes")
        body: bytes = self.environ["wsgi.input"].read(limit_bytes + 1)
        if len(body) > limit_bytes:
            raise TooLarge(limit=f"{limit_bytes} bytes")
        if declared.isdigit() and len(body) < int(declared):
            raise MalformedBody(reason="it ended early")
        return body

    def caller_trace_id(self) -> str:
        """The trace that a trusted caller continues (W3C `traceparent`), else this request's own."""
        found = _TRACEPARENT.match(self.header("traceparent"))
        return found[1] if found and found[1] != "0" * 32 else self.trace_id


def json_response(status: int, document: Any, **headers: str) -> Response:
    return Response(status, msgspec.json.encode(document), JSON, dict(headers))


def problem(error: SiyuError, trace_id: str) -> Response:
    """An expected error as a problem document (RFC 9457)."""
    document = {
        "type": f"urn:siyu:{error.code}",
        "code": error.code,
        "title": error.text(),
        "status": error.status,
        "trace_id": trace_id,
    }
    headers = {}
    if isinstance(error, WrongMethod):
        headers["Allow"] = str(error.data["allowed"])
    if error.status == 503:
        headers["Retry-After"] = "5"
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(error.status, msgspec.json.encode(document), PROBLEM, headers)
