"""The test sets behind `./siyu test [SET]`. What a set needs and lacks is said, never skipped in silence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from siyu.cli.development.sections import Section, run_all

# Processes of the fast set: CI has two cores.
WORKERS = "2"
FAST = "not e2e and not faults and not slow and not whole"
# What runs again on PostgreSQL: what touches the records, the sweeps of odd input with it.
ON_POSTGRES = "records and not e2e and not faults and not slow and (sweep or not whole)"
DEFAULT_POSTGRES_URL = "postgresql:///test"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
SETS = ("unit", "postgres", "whole", "e2e", "faults", "slow")


class SetUnavailable(Exception):
    """This machine lacks what the set needs; the text names it."""


def section(name: str, extra: Sequence[str]) -> Section:
    """The command of one set; SetUnavailable if it cannot run here."""
    match name:
        case "unit":
            return _pytest("unit and service tests (SQLite)", FAST, ["-n", WORKERS, *extra])
        case "postgres":
            url = _postgres_url()
            # One process: the snapshot horizon is the whole server's, so a test that holds a transaction open hides
            # what the tests beside it have committed.
            title = "the same on PostgreSQL, where records matter"
            return _pytest(title, ON_POSTGRES, extra, SIYU_TEST_DATABASE_URL=url)
        case "whole":
            return _pytest("whole installations and small measurements", "whole and not slow", ["-n", WORKERS, *extra])
        case "e2e":
            return _pytest("browser", "e2e and not slow", extra, SIYU_CHROMIUM=_chromium())
        case "faults":
            return _pytest("faults, quick set", "faults and not slow", extra)
        case _:
            return _pytest("slow tests", "slow", extra)


def _pytest(title: str, marks: str, extra: Sequence[str], **environment: str) -> Section:
    return Section(title, [sys.executable, "-m", "pytest", "-m", marks, *extra], environment)


def _postgres_url() -> str:
    """Where PostgreSQL answers: as the environment says, else the local database `test`."""
    import psycopg

    url = os.environ.get("SIYU_TEST_DATABASE_URL") or DEFAULT_POSTGRES_URL
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        raise SetUnavailable(
            f"PostgreSQL does not answer at {url}: {str(error).strip()}\n"
            "Create a database that this user owns (createdb test), or set SIYU_TEST_DATABASE_URL."
        ) from error
    return url


def _chromium() -> str:
    """The browser; installed through apt where we may, because a CI machine has none."""
    found = _installed_chromium()
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        print("Installing chromium for the browser tests …", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "chromium", "fonts-noto-cjk"]):
            subprocess.run(command, env=environment, check=False, **quiet)  # type: ignore[call-overload]
        found = _installed_chromium()
    if found is None:
        raise SetUnavailable("They need Chromium: install it (apt-get install chromium) or set SIYU_CHROMIUM.")
    return found


def _installed_chromium() -> str | None:
    wish = os.environ.get("SIYU_CHROMIUM")
    if wish:
        return wish
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def main(arguments: Sequence[str]) -> int:
    """`[SET] [pytest arguments]`. One set ends with pytest's own closing line; several with a table of times."""
    name = arguments[0] if arguments and not arguments[0].startswith("-") else "unit"
    extra = list(arguments[1:] if arguments and arguments[0] == name else arguments)
    if name == "all":
        return _run_sets(SETS, extra)
    if name not in SETS:
        print(f"There is no test set {name!r}. Choose one of: {', '.join((*SETS, 'all'))}.", file=sys.stderr)
        return 2
    return _run_sets([name], extra)


def _run_sets(names: Sequence[str], extra: Sequence[str]) -> int:
    sections, missing = [], []
    for name in names:
        try:
            sections.append(section(name, extra))
        except SetUnavailable as error:
            missing.append(f"{name}: not run. {error}")
    for line in missing:
        print(line, file=sys.stderr)
    if len(sections) == 1:
        one = sections[0]
        os.environ.update(one.environment)
        sys.stdout.flush()
        return subprocess.call(one.command)
    return run_all(sections) if sections else 1
