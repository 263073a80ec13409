"""`./siyu bench [--write] [NAME …]`: runs the measurements in `bench/`; `--write` keeps them in `bench/RESULTS.md`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from siyu.cli.development.sections import ROOT


def main(arguments: Sequence[str]) -> int:
    """Hands over to `bench/`, which knows its measurements."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    return subprocess.call([sys.executable, "-m", "bench", *arguments], cwd=ROOT, env=environment)
