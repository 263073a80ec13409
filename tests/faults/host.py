"""A process that has Django ready but nothing open, and forks a child for each run: a death costs no new start.

Run as a program: one JSON order a line on stdin, one JSON answer a line on stdout. The child gets the order's home
and settings, arms the fail point, runs one path (see `paths`) and writes what came of it to the order's file.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any


def main() -> None:
    import django

    django.setup()
    import tests.faults.contents  # loaded before the forks
    import tests.faults.paths

    tests.faults.paths.register()

    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(order)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"exit_code": os.waitstatus_to_exitcode(status)}), flush=True)


def _run(order: dict[str, Any]) -> None:
    """In the child: never returns."""
    try:
        _enter(order)
        os.environ["SIYU_FAILPOINT"] = order["armed"]
        Path(order["answer"]).write_text(json.dumps(_path(order)))
    except BaseException:
        Path(order["answer"]).write_text(traceback.format_exc())
        os._exit(1)
    os._exit(0)


def _enter(order: dict[str, Any]) -> None:
    """Makes this process one of the installation that the order names."""
    from django.db import connections

    from siyu.kernel.settings import load

    settings = load()
    for name, value in order["settings"].items():
        setattr(settings, name, Path(value) if name == "home" else value)
    database = connections.settings["default"]
    if settings.uses_postgres:
        database["NAME"] = settings.database_url.rpartition("/")[2].partition("?")[0]
    else:
        database["NAME"] = str(settings.records_path)


def _path(order: dict[str, Any]) -> dict[str, Any]:
    from tests.faults import contents, paths

    from siyu.kernel import clock, failpoints

    with clock.frozen(datetime.fromisoformat(order["at"])):
        outcome = paths.PATHS[order["path"]].run() if order["path"] else None
    found: dict[str, Any] = {"passes": failpoints.passes(), "outcome": outcome}
    os.environ.pop("SIYU_FAILPOINT")
    if order["wants_contents"]:
        found["contents"] = contents.contents()
        if order["settings"].get("warehouse_url") and order["path"] and paths.PATHS[order["path"]].ships:
            found["warehouse_differences"] = contents.warehouse_differences()
    return found


if __name__ == "__main__":
    main()
