"""What every request to the API passes on its way in and out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from siyu.api import limits, problems
from siyu.kernel.errors import SiyuError

View = Callable[..., HttpResponse]


def guarded(view: View) -> View:
    """Refuses what is too large unread; puts limits on the answer; keeps it out of caches."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = _answer(view, request, args, kwargs)
        if isinstance(response, HttpResponseNotAllowed):
            response = problems.not_allowed(request, response["Allow"])
        allowance = getattr(request, "api_allowance", None)
        if allowance is not None:
            limits.put_headers(response, allowance)
        response.setdefault("Cache-Control", "no-store")
        return response

    # Sessions are checked for their CSRF token by `authentication.Session`; tokens need none.
    run.csrf_exempt = True  # type: ignore[attr-defined]
    return run


def _answer(view: View, request: HttpRequest, args: tuple[Any, ...], kwargs: dict[str, Any]) -> HttpResponse:
    try:
        limits.check_size(request)
    except SiyuError as error:
        return problems.expected(request, error)
    return view(request, *args, **kwargs)
