"""How much one caller may ask: bytes per request, requests per minute.

Counts live in the web process: with several of them each allows the number below, which is what protects it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from siyu.kernel.disk import check_room
from siyu.kernel.errors import SiyuError, TooLarge
from siyu.kernel.limits import REQUEST_BODY_BYTES

# Requests per caller and minute. A web process answers some hundred per second: ten a second for one caller leave
# room for everybody else.
REQUESTS_PER_MINUTE = 600
WINDOW_SECONDS = 60
# Multipart wraps a file in headers and boundaries; this many bytes on top of the file are enough for them.
MULTIPART_OVERHEAD_BYTES = 64 * 1024
_MIB = 1024 * 1024


class TooManyRequests(SiyuError):
    code = "too_many_requests"
    status = 429
    message = "More than %(limit)s requests in a minute. Try again in %(seconds)s seconds."


@dataclass(frozen=True)
class Allowance:
    """What is left of a caller's window."""

    limit: int
    remaining: int
    reset_seconds: int


class Window:
    """Counts requests per caller in fixed windows of a minute. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = -1
        self._counts: dict[str, int] = {}

    def take(self, caller: str, limit: int | None = None) -> Allowance:
        """Counts one request; TooManyRequests when the window is used up. Without a limit, everybody's."""
        limit = REQUESTS_PER_MINUTE if limit is None else limit
        moment = time.monotonic()
        number = int(moment // WINDOW_SECONDS)
        reset_seconds = int(WINDOW_SECONDS - moment % WINDOW_SECONDS) + 1
        with self._lock:
            if number != self._number:
                self._number, self._counts = number, {}
            count = self._counts[caller] = self._counts.get(caller, 0) + 1
        if count > limit:
            raise TooManyRequests(limit=limit, seconds=reset_seconds)
        return Allowance(limit, limit - count, reset_seconds)


window = Window()


def check_size(request: HttpRequest) -> None:
    """TooLarge or DiskFull by the declared length, before anything of the body is read."""
    size = int(request.META.get("CONTENT_LENGTH") or 0)
    if request.content_type == "multipart/form-data":
        limit_mb = settings.SIYU.import_max_mb
        if size > limit_mb * _MIB + MULTIPART_OVERHEAD_BYTES:
            raise TooLarge(limit=f"{limit_mb} MiB")
        check_room(settings.SIYU.files_path, size)
    elif size > REQUEST_BODY_BYTES:
        raise TooLarge(limit=f"{REQUEST_BODY_BYTES // _MIB} MiB")


def put_headers(response: HttpResponse, allowance: Allowance) -> None:
    response["RateLimit-Limit"] = str(allowance.limit)
    response["RateLimit-Remaining"] = str(allowance.remaining)
    response["RateLimit-Reset"] = str(allowance.reset_seconds)
