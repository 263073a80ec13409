"""Chart options as plain data: bars and lines in the house style, colours by token, numbers formatted in the browser.

Strings that begin with ``$`` are resolved by the chart controller: ``$c1`` … ``$c7`` and ``$ink-3`` are tokens of the
current theme, ``$number``, ``$money``, ``$percent`` are formatters of axis labels and tooltips.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siyu.ui.components import ComponentError
from siyu.ui.contracts import ChartTable

# More series than this cannot be told apart by everybody; group the rest as "other" (token c7).
MAX_SERIES = 5
# How high the plot of a usual card is at least, and one line of its text.
DRAWN_PX, LABEL_PX = 120, 16
Series = tuple[Any, Sequence[float | int | None]]
# What the small edition of the drawing library can draw; everything else asks for the whole one.
COMMON_TYPES = frozenset({"bar", "line", "pie", "scatter"})
COMMON_SOURCE, WHOLE_SOURCE = "vendor/echarts-common.js", "vendor/echarts.js"


@dataclass(frozen=True)
class Target:
    """A level that the values are measured against, drawn as a dashed line with its name."""

    value: float
    label: Any


def bars(
    categories: Sequence[Any],
    series: Sequence[Series],
    *,
    unit: Any,
    number: str = "$number",
    target: Target | None = None,
) -> dict[str, Any]:
    """Upright bars; `series` is (name, values). `unit` names the axis: no chart without axis units."""
    option = _cartesian(categories, series, unit, number, {"type": "bar", "barMaxWidth": 22})
    return _with_target(option, target)


def stacked(
    categories: Sequence[Any], series: Sequence[Series], *, unit: Any, number: str = "$number"
) -> dict[str, Any]:
    """Upright bars whose parts add up, the first at the foot; the names stand above the drawing."""
    style = {"type": "bar", "barMaxWidth": 22, "stack": "all"}
    return _cartesian(categories, series, unit, number, style) | {"legend": {"show": True}}


def lines(
    categories: Sequence[Any],
    series: Sequence[Series],
    *,
    unit: Any,
    number: str = "$number",
    target: Target | None = None,
) -> dict[str, Any]:
    """Lines with their names at the end, instead of a legend."""
    named = {"show": len(series) > 1, "formatter": "{a}"}
    style = {"type": "line", "symbolSize": 5}
    option = _with_target(_cartesian(categories, series, unit, number, style), target)
    for drawn, lift_px in zip(option["series"], _lifts(series), strict=True):
        drawn["endLabel"] = {**named, "offset": [0, -lift_px]}
    option["xAxis"]["boundaryGap"] = False
    # Room for the end labels; ECharts does not measure them.
    option["grid"]["right"] = 96 if len(series) > 1 else 20
    return option


def _lifts(series: Sequence[Series]) -> list[int]:
    """How far up each name at the end moves, in pixels, so that lines which end close by do not write over another.

    ECharts keeps other labels apart by itself, and leaves these where the lines end.
    """
    highest = max((value for _, data in series for value in data if value), default=0) or 1
    last = [next((value for value in reversed(data) if value is not None), 0) for _, data in series]
    ends = [value / highest * DRAWN_PX for value in last]
    lifts, taken_to = [0] * len(ends), -math.inf
    for place in sorted(range(len(ends)), key=lambda place: ends[place]):
        taken_to = max(ends[place], taken_to + LABEL_PX)
        lifts[place] = round(taken_to - ends[place])
    return lifts


def ranked(items: Sequence[tuple[Any, float | int]], *, unit: Any, number: str = "$number") -> dict[str, Any]:
    """Lying bars, largest on top, value at the end of the bar."""
    return {
        "grid": {"left": 8, "right": 64, "top": 28, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "show": False},
        "yAxis": {"type": "category", "inverse": True, "name": str(unit), "data": [str(name) for name, _ in items]},
        "tooltip": {"trigger": "item", "valueFormatter": number},
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 16,
                "color": "$c1",
                "data": [value for _, value in items],
                "label": {"show": True, "position": "right", "formatter": number},
            }
        ],
    }


def _cartesian(
    categories: Sequence[Any],
    series: Sequence[Series],
    unit: Any,
    number: str,
    style: Mapping[str, Any],
) -> dict[str, Any]:
    if len(series) > MAX_SERIES:
        raise ValueError(f"a chart shows at most {MAX_SERIES} series, not {len(series)}: group the rest as other")
    drawn = [
        {"name": str(name), "data": list(data), "color": f"$c{index}", **style}
        for index, (name, data) in enumerate(series, start=1)
    ]
    return {
        "grid": {"left": 8, "right": 16, "top": 32, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "category", "data": [str(category) for category in categories]},
        "yAxis": {"type": "value", "name": str(unit), "axisLabel": {"formatter": number}},
        "tooltip": {"trigger": "axis", "valueFormatter": number},
        "series": drawn,
    }


def _with_target(option: dict[str, Any], target: Target | None) -> dict[str, Any]:
    if target is not None and option["series"]:
        option["series"][0]["markLine"] = {
            "silent": True,
            "symbol": "none",
            "lineStyle": {"type": "dashed", "color": "$ink-2", "width": 1},
            "label": {"formatter": str(target.label), "position": "insideEndTop"},
            "data": [{"yAxis": target.value}],
        }
        highest = max((value for series in option["series"] for value in series["data"] if value), default=0)
        if target.value > highest:
            # The axis follows the data; a line above them would not be drawn.
            option["yAxis"]["max"] = _round_above(target.value)
    return option


def _round_above(value: float) -> float:
    """The next of 1, 2, 2.5, 5 and 10 times a power of ten."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value)


def table_of(head: Any, categories: Sequence[Any], series: Sequence[Series]) -> ChartTable:
    """The table view of the same series."""
    heads = [head, *(name for name, _ in series)]
    rows = [[category, *(data[index] for _, data in series)] for index, category in enumerate(categories)]
    return ChartTable(heads=heads, rows=rows)


def prepare(values: dict[str, Any]) -> dict[str, Any]:
    """Ids of the parts of a chart card, and the edition of the library that it needs."""
    option = values["option"]
    nameless = [axis for axis in _axes(option) if axis.get("show", True) and not axis.get("name")]
    if any(axis.get("type") == "value" for axis in nameless):
        raise ComponentError(f"chart {values['id']!r} has an axis of numbers without its unit")
    types = {series.get("type") for series in option.get("series", ())}
    return {
        "data_id": f"{values['id']}-option",
        "table_id": f"{values['id']}-table",
        "source": COMMON_SOURCE if types <= COMMON_TYPES else WHOLE_SOURCE,
    }


def _axes(option: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("xAxis", "yAxis"):
        given = option.get(name, ())
        yield from (given,) if isinstance(given, Mapping) else given
