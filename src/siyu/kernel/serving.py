"""One WSGI application under Granian, in this very process, until SIGTERM.

Granian's own multi-process server keeps a second Python for the worker. One process is what the supervisor watches,
costs 30–60 MB less each, and ends with its parent. `_check_gil` only refuses because that server was written for
free-threaded Python; its threads run under the GIL as any others do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

# Connections that wait in the kernel while all threads are busy.
BACKLOG = 1024
# A keep-alive connection that sends no request header for this long is closed.
HEADER_READ_SECONDS = 30
log = logging.getLogger(__name__)


def serve_wsgi(application: Callable[..., Any], *, host: str, port: int, threads: int) -> None:
    """Serves until SIGTERM or SIGINT; requests under way are finished. From the main thread only."""
    from granian.constants import HTTPModes, Interfaces  # heavy, and only a server needs it
    from granian.http import HTTP1Settings
    from granian.server.mt import MTServer

    class OneProcessServer(MTServer):
        def _check_gil(self) -> None:
            """See the module's docstring."""

    logging.getLogger("_granian").setLevel(logging.ERROR)
    server = OneProcessServer(
        "siyu",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        runtime_threads=1,
        backlog=BACKLOG,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_READ_SECONDS * 1000),
        log_enabled=False,
    )
    log.info("listening on %s:%s with %s threads", host, port, threads)
    server.serve(target_loader=lambda: logged(application), wrap_loader=False)


def logged(application: Callable[..., Any]) -> Callable[..., Any]:
    """What escapes an application becomes a plain 500 with its trace in our log; the server would swallow it."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        try:
            return application(environ, start_response)
        except Exception:
            log.exception("%s %s failed", environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"))
            start_response("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"Internal Server Error"]

    return answer
