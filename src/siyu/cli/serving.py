"""How a process of the installation starts in its own process: lifeline, logging, Django where needed, its code."""

from __future__ import annotations

import gc
import importlib
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

from siyu.cli.command import set_up_records
from siyu.cli.supervisor import lifeline
from siyu.cli.supervisor.processes import ENTRIES, NEEDS_RECORDS
from siyu.kernel import settings as siyu_settings
from siyu.kernel.serving import serve_wsgi
from siyu.kernel.settings import Settings

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def run_process(name: str) -> None:
    """Becomes the named process; returns when it was told to stop."""
    lifeline.follow_supervisor()
    settings = siyu_settings.load()
    settings.home.mkdir(parents=True, exist_ok=True)
    # One clock in all logs, whatever zone Django gives the process.
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(level=settings.log_level, stream=sys.stderr, format=LOG_FORMAT)
    if name in NEEDS_RECORDS:
        set_up_records()
    module_name, _, function_name = ENTRIES[name].partition(":")
    entry = getattr(importlib.import_module(module_name), function_name)
    # What is loaded now stays: later collections need not walk it, which keeps their pauses short.
    gc.collect()
    gc.freeze()
    if name == "worker":
        lifeline.start_heartbeat(settings.home, name)
    entry(settings)


def serve_web(settings: Settings) -> None:
    """The console and the API."""
    # By name: configuration lies above the command line and knows it, not the other way round.
    application = importlib.import_module("siyu.config.wsgi").application
    serve_wsgi(with_health(application), host=settings.host, port=settings.web_port, threads=settings.web_threads)


def with_health(application: Callable[..., Any]) -> Callable[..., Any]:
    """Answers /healthz before Django: the supervisor asks by address and without a session, several times a minute."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ.get("PATH_INFO") != "/healthz":
            return application(environ, start_response)
        body = b'{"status":"ok"}'
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return answer
