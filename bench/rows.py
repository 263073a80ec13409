"""What a measurement hands back, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True)
class BenchRow:
    """One figure. `target` reads like "<= 3" or ">= 100000"; the reference is what the same work costs at best."""

    area: str
    figure: str
    value: float
    unit: str
    target: str = ""
    reference: str = ""
    reference_value: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.reference_value if self.reference_value else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if not self.target:
            return None
        sign, _, limit = self.target.partition(" ")
        return self.value <= float(limit) if sign == "<=" else self.value >= float(limit)


def show(rows: Iterable[BenchRow]) -> str:
    """The rows as a plain table."""
    lines = []
    for row in rows:
        mark = {True: "ok  ", False: "MISS", None: "    "}[row.met]
        line = f"{mark} {row.area:<10} {row.figure:<52} {row.value:>12,.2f} {row.unit:<7} {row.target:<12}"
        if row.reference_value is not None:
            line += f" | {row.reference}: {row.reference_value:,.2f} {row.unit} (x{row.ratio:.2f})"
        lines.append(line + (f"  {row.note}" if row.note else ""))
    return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0-1) of `values` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def milliseconds(work: Callable[[], object], *, times: int) -> list[float]:
    """How long each of `times` calls took."""
    taken = []
    for _ in range(times):
        started = perf_counter()
        work()
        taken.append((perf_counter() - started) * 1e3)
    return taken
