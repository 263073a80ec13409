"""The collector as a process."""

from __future__ import annotations

from siyu.collector.app import create_app
from siyu.kernel.serving import serve_wsgi
from siyu.kernel.settings import Settings


def serve(settings: Settings) -> None:
    """Serves until SIGTERM; what was acknowledged is on the disk, what was not is the sender's to repeat."""
    application = create_app(settings)
    try:
        serve_wsgi(
            application, host=settings.host, port=settings.collector_port, threads=settings.collector_threads
        )
    finally:
        application.close()
