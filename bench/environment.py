"""Where measurements run: a throw-away installation, the public order log, the stores of this machine."""

from __future__ import annotations

import atexit
import gzip
import importlib.metadata
import os
import platform
import shutil
import sqlite3
import tempfile
from pathlib import Path

import psutil
import psycopg

from bench.scale import SHARE, scaled

PUBLIC_LOG = Path(__file__).resolve().parents[2] / "shared" / "data" / "online_retail" / "online_retail.csv.gz"
LOG_LINES = 541_909
DEFAULT_POSTGRES_URL = "postgresql:///test"


def prepare() -> Path:
    """Sets Django up over a fresh SIYU_HOME (once per process) and returns that folder. Before any model import."""
    held = os.environ.get("SIYU_BENCH_HOME")
    if held:
        return Path(held)
    home = Path(tempfile.mkdtemp(prefix="siyu-bench-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ |= {"SIYU_HOME": str(home), "SIYU_BENCH_HOME": str(home)}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "siyu.config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    return home


def order_log(folder: Path) -> Path | None:
    """The public order log, its head where measurements are scaled down, or None where it is not beside us."""
    if not PUBLIC_LOG.exists():
        return None
    if SHARE >= 1:
        return PUBLIC_LOG
    head = folder / "head.csv"
    with gzip.open(PUBLIC_LOG, "rt", encoding="utf-8") as log, head.open("w", encoding="utf-8") as file:
        for _, line in zip(range(scaled(LOG_LINES, least=200)), log, strict=False):
            file.write(line)
    return head


def postgres_url() -> str:
    """A PostgreSQL server on which databases may be made; the empty text if there is none."""
    url = os.environ.get("SIYU_TEST_DATABASE_URL") or DEFAULT_POSTGRES_URL
    base = url.partition("?")[0].rpartition("/")[0]
    try:
        psycopg.connect(f"{base}/postgres", connect_timeout=5).close()
    except psycopg.Error:
        return ""
    return url


def machine() -> list[str]:
    """What the figures were measured on, a line each."""
    models = [line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    memory_gib = psutil.virtual_memory().total / 2**30
    return [
        f"{os.cpu_count()} cores ({models[0] if models else platform.machine()}), {memory_gib:.0f} GiB",
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}, PostgreSQL {_postgres_version()}",
        ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("chdb", "clickhouse-connect", "granian")),
    ]


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def _postgres_version() -> str:
    url = postgres_url()
    if not url:
        return "absent"
    with psycopg.connect(f"{url.partition('?')[0].rpartition('/')[0]}/postgres") as connection:
        return str(connection.execute("SHOW server_version").fetchone()[0]).split()[0]  # type: ignore[index]
