"""Figures, charts and grids of the style guide."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from siyu.ui import charts, formats
from siyu.ui.contracts import Fact, FunnelStep, HeatCell, HeatRow, ShareBar


def context() -> dict[str, Any]:
    days = [f"5/{day}" for day in range(1, 14)]
    new = [1980, 1790, 1660, 1430, 1340, 1210, 1220, 1270, 1390, 1540, 1190, 1250, 1360]
    months = [_("Dec"), _("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May")]
    lines = [
        (_("Champions"), [13804, 14296, 14955, 15521, 15974, 16470]),
        (_("Must keep"), [5612, 5790, 6041, 6218, 6354, 6653]),
    ]
    series = [(_("New customers"), new)]
    channels = [
        (_("Store cards"), new),
        (_("Parcel cards"), [count // 2 for count in new]),
        (_("Live stream"), [count // 5 for count in new]),
    ]
    cities = [(_("Shanghai"), 4812), (_("Hangzhou"), 2937), (_("Nanjing"), 2104), (_("Suzhou"), 1655)]
    counts = [[9842, 7316, 6204, 5128, 4366], [8420, 6981, 5733, 4102, 2874], [10116, 7045, 4918, 3027, 1644]]
    return {
        "bars": charts.bars(
            days, series, unit=_("customers"), target=charts.Target(1290, _("Daily target 1,290"))
        ),
        "bars_table": charts.table_of(_("Day"), days, series),
        "lines": charts.lines(months, lines, unit=_("customers")),
        "lines_table": charts.table_of(_("Month"), months, lines),
        "stacked": charts.stacked(days, channels, unit=_("customers")),
        "stacked_table": charts.table_of(_("Day"), days, channels),
        "ranked": charts.ranked(cities, unit=_("orders")),
        "ranked_table": charts.table_of(
            _("City"), [name for name, _count in cities], [(_("Orders"), [count for _name, count in cities])]
        ),
        "share_bars": [
            ShareBar(name, formats.number(count), 100 * count / 4812, formats.percent(count / 12796), url="#")
            for name, count in cities
        ]
        + [ShareBar(_("Other"), formats.number(1288), 26.8, formats.percent(0.101), tone="grey")],
        "funnel_steps": [
            FunnelStep(_("Visited the entry"), 31_240),
            FunnelStep(_("Added as a friend"), 18_426, "#"),
            FunnelStep(_("Answered"), 12_345, "#"),
            FunnelStep(_("Joined a group"), 6_818, "#"),
            FunnelStep(_("First order"), 3_317, "#"),
        ],
        "heat_rows": [
            HeatRow(
                f"R{5 - row}",
                [
                    HeatCell(
                        formats.number(count),
                        level,
                        corner=f"{count / 1682.4:.1f}%",
                        note=formats.money(9600 * level),
                        url="#",
                        selected=(row, level) == (1, 4),
                    )
                    for level, count in enumerate(values, start=1)
                ],
                note=[_("0–7 days"), _("8–21 days"), _("22–45 days")][row],
            )
            for row, values in enumerate(counts)
        ],
        "heat_columns": [Fact(f"F{n}", text) for n, text in enumerate(["1", "2–3", "4–6", "7–12", "13+"], start=1)],
        "heat_legend": ["< ¥100", "¥100–199", "¥200–299", "¥300–449", "≥ ¥450"],
        "facts": [
            Fact(_("Spend, 90 days"), formats.money(29000)),
            Fact(_("Orders"), "8.6", definition=_("Distinct paid orders in the window.")),
            Fact(_("Reachable"), "2,147", url="#"),
            Fact(_("Last order"), _("3 days ago")),
        ],
    }


