"""`python -m bench [--write] [NAME …]`: runs the measurements, each in a process of its own, and prints them.

A measurement is a module of this folder with `run() -> list[BenchRow]`. With `--write` its rows replace those that
`results.json` holds of it, and `RESULTS.md` is written from all. Exit code 1 if a target was missed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from time import perf_counter

from bench import environment
from bench.rows import BenchRow, show
from bench.scale import SHARE

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "RESULTS.md"
# The rows behind the page, so that one measurement can be repeated without the others.
ROWS = FOLDER / "results.json"
SUPPORT = {"browser", "environment", "installation", "processes", "rows", "scale"}
_INTRO = """# Measured figures

By `./siyu bench --write`. Every measurement runs in a fresh process over a throw-away installation; where a reference
is named it was measured in the same run on the same machine, and the ratio is value ÷ reference. What each figure is
and how to read a miss: [docs/benchmarks.md](../docs/benchmarks.md).
"""


def names() -> list[str]:
    """Modules here that have something to measure."""
    found = (path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    return sorted(name for name in found if name not in SUPPORT)


def measure(name: str) -> list[BenchRow]:
    """The rows of one measurement, run in a fresh process: engines and caches of one must not touch the next."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        done = subprocess.run([sys.executable, "-m", "bench", "--rows-of", name, file.name], check=False)
        if done.returncode != 0:
            raise SystemExit(f"bench.{name} failed ({done.returncode})")
        return [BenchRow(**row) for row in json.loads(Path(file.name).read_text())]


def keep(measured: dict[str, list[BenchRow]]) -> None:
    """Puts fresh rows in the place of the held ones and writes the page."""
    held: dict[str, dict[str, object]] = json.loads(ROWS.read_text()) if ROWS.exists() else {}
    day = datetime.now(UTC).date().isoformat()
    held |= {name: {"on": day, "rows": [asdict(row) for row in rows]} for name, rows in measured.items()}
    ROWS.write_text(json.dumps(held, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    RESULTS.write_text(page(held))


def page(held: dict[str, dict[str, object]]) -> str:
    """`RESULTS.md`: a table per measurement."""
    parts = [_INTRO, "\n".join(f"- {line}" for line in environment.machine()), ""]
    for name in sorted(held):
        rows = [BenchRow(**row) for row in held[name]["rows"]]  # type: ignore[attr-defined]
        missed = sum(row.met is False for row in rows)
        parts += [f"## {name}", "", f"{held[name]['on']}. {_verdict(rows, missed)}", "", *_table(rows), ""]
    return "\n".join(parts)


def _verdict(rows: list[BenchRow], missed: int) -> str:
    targets = sum(row.met is not None for row in rows)
    return f"{targets - missed} of {targets} targets met." if targets else "No targets."


def _table(rows: list[BenchRow]) -> list[str]:
    head = "| area | figure | value | unit | target | met | reference | its value | ratio | note |"
    return [head, "|---|---|---:|---|---|---|---|---:|---:|---|", *map(_line, rows)]


def _line(row: BenchRow) -> str:
    met = {True: "yes", False: "**no**", None: ""}[row.met]
    reference = f"{row.reference_value:,.2f}" if row.reference_value is not None else ""
    ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
    figure = (row.area, row.figure, f"{row.value:,.2f}", row.unit, row.target, met)
    return "| " + " | ".join((*figure, row.reference, reference, ratio, row.note)) + " |"


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--rows-of"]:
        rows = import_module(f"bench.{arguments[1]}").run()
        Path(arguments[2]).write_text(json.dumps([asdict(row) for row in rows]))
        return 0
    write = "--write" in arguments
    wanted = [argument for argument in arguments if argument != "--write"]
    unknown = sorted(set(wanted) - set(names()))
    if unknown:
        print(f"There is no measurement {unknown[0]!r}. Choose from: {', '.join(names())}.", file=sys.stderr)
        return 2
    if write and SHARE < 1:
        print("Figures of a share of the work (SIYU_BENCH_SHARE) are not written down.", file=sys.stderr)
        return 2
    measured = {name: _measured(name) for name in wanted or names()}
    if write:
        keep(measured)
    return int(any(row.met is False for rows in measured.values() for row in rows))


def _measured(name: str) -> list[BenchRow]:
    print(f"==== {name}", flush=True)
    started = perf_counter()
    rows = measure(name)
    print(show(rows), f"     ({perf_counter() - started:.0f} s)", sep="\n", flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
