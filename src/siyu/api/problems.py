"""Errors as problem details (RFC 9457), in the caller's language, with the trace id to ask about."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from siyu.audiences.contracts import InvalidRule
from siyu.kernel import errors as kernel_errors
from siyu.kernel.disk import DiskFull, is_disk_full
from siyu.kernel.errors import SiyuError
from siyu.kernel.limits import REQUEST_BODY_BYTES
from siyu.messaging.contracts import BadText

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
# What `problem` makes, for the documentation.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "trace_id"],
    "properties": {
        "type": {"type": "string", "description": "urn:siyu: and the code."},
        "title": {"type": "string", "description": "The sentence for people, in the language of Accept-Language."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For programs; it does not change."},
        "trace_id": {"type": "string", "description": "Quote it when you ask about this answer."},
        "data": {"type": "object", "description": "What the sentence was filled with."},
        "errors": {
            "type": "array",
            "description": "Every place that is wrong, where there are several.",
            "items": {
                "type": "object",
                "required": ["where", "message"],
                "properties": {"where": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
# Ninja's own refusals: status → code and sentence.
_REFUSALS = {
    400: ("not_json", _("The body of the request is not JSON.")),
    401: ("not_signed_in", _("Send a valid access token (Authorization: Bearer …) or sign in.")),
    403: ("csrf", _("The CSRF token is missing or wrong. Send it in the header X-CSRFToken.")),
}
_UNKNOWN_ADDRESS = _("There is nothing at this address. The operations are listed at /api/docs.")


def problem(
    request: HttpRequest,
    *,
    status: int,
    code: str,
    title: str,
    data: Mapping[str, Any] | None = None,
    errors: Sequence[Mapping[str, Any]] = (),
) -> HttpResponse:
    """A problem document. `title` is translated already; `data` and `errors` are for programs."""
    document: dict[str, Any] = {"type": f"urn:siyu:{code}", "title": title, "status": status, "code": code}
    document["trace_id"] = getattr(request, "trace_id", "")
    if data:
        document["data"] = dict(data)
    if errors:
        document["errors"] = list(errors)
    content = json.dumps(document, ensure_ascii=False, default=str)
    response = HttpResponse(content, status=status, content_type=MEDIA_TYPE)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="siyu"'
    return response


def expected(request: HttpRequest, error: SiyuError) -> HttpResponse:
    """The answer to a business error."""
    response = problem(
        request,
        status=error.status,
        code=error.code,
        title=error.text(gettext),
        data=error.data,
        errors=_parts(error),
    )
    if error.status == 429:
        response["Retry-After"] = str(error.data["seconds"])
    return response


def sentence(message: str, data: Mapping[str, Any]) -> str:
    """A msgid with its data in the current language."""
    return kernel_errors.sentence(message, data, gettext)


def _parts(error: SiyuError) -> list[dict[str, str]]:
    if isinstance(error, InvalidRule):
        return [{"where": part.path, "message": part.phrase.text(gettext)} for part in error.problems]
    if isinstance(error, BadText):
        return [{"where": part.code, "message": sentence(part.message, part.data)} for part in error.problems]
    return []


def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Input that does not fit the schema: every place that is wrong, as the schema names it."""
    errors = [{"where": ".".join(map(str, part["loc"])), "message": part["msg"]} for part in error.errors]
    title = gettext("The request does not fit the schema of this operation.")
    return problem(request, status=422, code="malformed", title=title, errors=errors)


def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    code, title = _REFUSALS[error.status_code]
    return problem(request, status=error.status_code, code=code, title=gettext(title))


def unknown(request: HttpRequest, error: Http404 | None = None) -> HttpResponse:
    """The answer at an address that no operation has."""
    return problem(request, status=404, code="not_found", title=gettext(_UNKNOWN_ADDRESS))


def not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    title = gettext("This address takes other methods: %(methods)s.") % {"methods": allowed}
    response = problem(request, status=405, code="method_not_allowed", title=title)
    response["Allow"] = allowed
    return response


def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    title = gettext("This is larger than the limit of %(limit)s.") % {"limit": f"{REQUEST_BODY_BYTES >> 20} MiB"}
    return problem(request, status=413, code="too_large", title=title)


def suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    return problem(request, status=400, code="bad_request", title=gettext("The request cannot be read."))


def crashed(request: HttpRequest, error: Exception) -> HttpResponse:
    """A bug of ours: into the crash log with its trace; the caller gets the trace id and nothing else.

    A full disk is no bug, but it is met anywhere, and belongs into that log as well.
    """
    log.exception("an operation of the API failed", exc_info=error)
    if is_disk_full(error):
        return expected(request, DiskFull())
    title = gettext("Something broke on our side. Tell the owner of this installation the trace id.")
    return problem(request, status=500, code="crash", title=title)


def register(api: NinjaAPI) -> None:
    """Hands every kind of error to its function above."""
    handlers: dict[type[Exception], Any] = {
        Exception: crashed,
        SiyuError: expected,
        ValidationError: malformed,
        HttpError: refused,
        Http404: unknown,
        SuspiciousOperation: suspicious,
        RequestDataTooBig: too_big,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)
