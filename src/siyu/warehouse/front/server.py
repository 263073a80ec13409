"""The HTTP server of the embedded warehouse: `serve(settings)` runs it until SIGTERM."""

from __future__ import annotations

import signal
import sys
import threading
import time
from http.server import ThreadingHTTPServer
from typing import Any

from siyu.kernel.settings import Settings

from . import secret
from .engine import Engine
from .handler import Handler
from .lanes import Lanes
from .options import FrontOptions
from .running import RunningQueries

# Open connections. Each costs a thread; clients pool theirs.
MAX_CONNECTIONS = 256
# Seconds without a query after which freed memory goes back to the system.
QUIET_SECONDS = 3
# Seconds that running queries get at shutdown; inserts finish, reads are killed.
SHUTDOWN_SECONDS = 10


class Front(ThreadingHTTPServer):
    """The listening socket with everything that requests share."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, options: FrontOptions) -> None:
        self.options = options
        self.secret = secret.load_or_create(options.secret_path)
        self.engine = Engine(options)
        self.engine.open()
        self.lanes = Lanes()
        self.running = RunningQueries(self.engine.kill)
        self._connections = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__((options.host, options.port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._connections.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def keep_tidy(self) -> None:
        """Gives memory back when a quiet time begins; runs for ever in a thread of its own."""
        released_at = 0.0
        while True:
            time.sleep(QUIET_SECONDS)
            ended_at = self.running.last_ended_at
            quiet = not self.running.count() and time.monotonic() - ended_at > QUIET_SECONDS
            if quiet and ended_at > released_at:
                self.engine.release_memory()
                released_at = ended_at

    def finish(self) -> None:
        """Ends reads, lets writes finish, closes the engine."""
        self.server_close()
        until = time.monotonic() + SHUTDOWN_SECONDS
        self.running.kill_reads()
        while self.running.count() and time.monotonic() < until:
            time.sleep(0.02)
        self.engine.close()


def serve(settings: Settings) -> None:
    """Serves the embedded warehouse of this installation until SIGTERM or SIGINT; blocks. Main thread only."""
    run(FrontOptions.of(settings))


def run(options: FrontOptions) -> None:
    """As `serve`, for options made elsewhere. Prints one line with its address when it is ready."""
    front = Front(options)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=front.serve_forever, name="listener", daemon=True).start()
    threading.Thread(target=front.keep_tidy, name="tidy", daemon=True).start()
    sys.stdout.write(f"warehouse ready on http://{options.host}:{front.server_port}\n")
    sys.stdout.flush()
    stopping.wait()
    front.shutdown()
    front.finish()
