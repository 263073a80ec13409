"""What every process and command loads before it does anything. Heavy libraries wait until they are needed."""

from __future__ import annotations

import subprocess
import sys

# Half of the program's start and a third of an idle process's memory, were they loaded by it.
HEAVY = ("scipy", "numpy", "polars", "pandas", "liquid", "clickhouse_connect", "psycopg", "granian")
_LOADED = """
import sys, django
django.setup()
from django.conf import settings
kept = {"psycopg"} if settings.DATABASES["default"]["ENGINE"].endswith("postgresql") else set()
print(sorted(set(sys.argv[1:]) & set(sys.modules) - kept))
"""


def test_the_program_starts_without_heavy_libraries() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED, *HEAVY], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
