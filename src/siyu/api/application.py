"""The application: who is admitted, how errors read, which resources there are."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from siyu.api import problems
from siyu.api.authentication import needs
from siyu.api.routes import (
    access,
    approvals,
    audiences,
    audit,
    calendar,
    customers,
    imports,
    jobs,
    keys,
    me,
    notices,
    orders,
    organisation,
    overview,
    plans,
    rfm,
    sms,
    tasks,
    webhooks,
)
from siyu.org.access import SIGNED_IN

DESCRIPTION = """Everything the console does, for programs.

- **Sign in** with an access token of a person (`siyu token create`) or, for programs, an API key of the brand
  (Settings → API keys, `siyu api-key create`): `Authorization: Bearer siyu_…`.
- **Lists** have at most 500 rows a page: pass `next_cursor` back as `cursor` until it is null.
- **Changes** take the header `Idempotency-Key`: the same key again within 24 hours changes nothing.
- **Errors** are problem details (RFC 9457) with a stable `code` and a `title` in the language of `Accept-Language`.
- **Money** is in fen (hundredths of the currency), times are ISO 8601 with an offset, days are the brand's.
"""
TOKEN, SESSION = needs(SIGNED_IN)


class Application(NinjaAPI):
    """Ninja's application with short operation ids, and problems documented at every operation."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        schema["components"]["schemas"]["Problem"] = problems.SCHEMA
        answer = {"schema": {"$ref": "#/components/schemas/Problem"}}
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = {
                    "description": "What went wrong, as problem details (RFC 9457).",
                    "content": {problems.MEDIA_TYPE: answer},
                }
        return schema


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The documentation is for staff as well: it names what an installation can do."""

    @wraps(view, assigned=())
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not (TOKEN(request) or SESSION(request)):
            return problems.refused(request, HttpError(401, ""))
        return view(request, *args, **kwargs)

    return run


api = Application(
    title="Siyu",
    version="1",
    description=DESCRIPTION,
    # An operation that does not say what it needs is closed to everybody.
    auth=needs(),
    openapi_url="/v1/openapi.json",
    docs_url="/docs",
    docs_decorator=signed_in,
    urls_namespace="api",
)
problems.register(api)
RESOURCES = (
    me, overview, customers, orders, organisation, imports, jobs, rfm, audiences, plans, sms, audit, keys, webhooks,
    access, calendar, tasks, notices, approvals,
)  # fmt: skip
for resource in RESOURCES:
    name = resource.__name__.rpartition(".")[2]
    api.add_router(f"/v1/{name}", resource.router, tags=[name])
