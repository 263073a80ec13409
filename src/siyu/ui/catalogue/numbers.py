"""Numbers and charts: stat cards, meters, facts, pills, charts, grids."""

from __future__ import annotations

from siyu.ui import charts, funnels, preparing
from siyu.ui.catalogue.kinds import STATUS_KINDS, TAG_KINDS
from siyu.ui.components import Component, Prop

DECLARED = (
    Component(
        "stat_card",
        "One number with its definition, and where wanted target, gap and last period.",
        (
            Prop("label", "What is counted"),
            Prop("value", "The number, formatted"),
            Prop("unit", "Unit after the number", ""),
            Prop("definition", "Formula, exclusions, window: opens by hover, focus and tap", ""),
            Prop("url", "The list behind the number", ""),
            Prop("target", "Target as text", ""),
            Prop("target_share", "How much of the target is reached, 0–100", None),
            Prop("target_tick", "Where today should be, 0–100", None),
            Prop("gap", "Signed distance to the target", ""),
            Prop("gap_kind", "Colour of the gap", "", ("", "ahead", "near", "behind")),
            Prop("comparison", "Comparison with the last period", ""),
        ),
        prepare=preparing.stat,
    ),
    Component(
        "meter",
        "A thin bar, drawn as SVG so that no style attribute is needed.",
        (
            Prop("share", "Filled part, 0–100"),
            Prop("label", "What it shows, for screen readers; empty when text beside it says so", ""),
            Prop("tone", "Colour", "brand", ("brand", "amber", "red", "blue", "grey")),
            Prop("tick", "Mark at 0–100", None),
            Prop("size", "Height: 4, 8 or 16 px", "thin", ("thin", "medium", "thick")),
        ),
        prepare=preparing.meter,
    ),
    Component(
        "interval",
        "An estimate as a dot with its interval, on an axis that has zero in its middle.",
        (
            Prop("low", "Lower end"),
            Prop("value", "The estimate"),
            Prop("high", "Upper end"),
            Prop("reach", "Half the length of the axis"),
            Prop("low_label", "Lower end, formatted"),
            Prop("high_label", "Upper end, formatted"),
            Prop("label", "The whole in words, for screen readers"),
        ),
        prepare=preparing.interval,
    ),
    Component(
        "facts",
        "Names and values in two columns.",
        (Prop("items", "Sequence of Fact"), Prop("columns", "1 or 2", "1", ("1", "2"))),
    ),
    Component(
        "status_pill",
        "State as dot and word.",
        (Prop("label", "The word"), Prop("kind", "Which state", "draft", STATUS_KINDS)),
    ),
    Component(
        "tag_chip",
        "A customer tag in the colour of its kind.",
        (
            Prop("label", "The tag"),
            Prop("kind", "Kind of tag", "basic", TAG_KINDS),
            Prop("note", "Muted text after it", ""),
        ),
    ),
    Component(
        "chart_card",
        "A chart with its numbers as a table, CSV and picture. Colours in the option are named $c1 … $c7.",
        (
            Prop("id", "Element id, unique on the page"),
            Prop("title", "Head"),
            Prop("option", "ECharts option as plain data; see charts.py for bars and lines"),
            Prop("table", "The numbers: ChartTable"),
            Prop("definition", "Definition behind an information mark", ""),
            Prop("note", "Unit and window", ""),
            Prop("height", "Height of the drawing: 180, 240 or 340 px", "medium", ("short", "medium", "tall")),
        ),
        slots=("actions", "foot"),
        prepare=charts.prepare,
    ),
    Component(
        "heat_grid",
        "A grid of numbers in five steps of one hue, such as RFM; the number stands in the cell.",
        (
            Prop("caption", "What the grid shows, for screen readers"),
            Prop("rows", "Sequence of HeatRow"),
            Prop("columns", "Sequence of Fact (label and note below the grid)"),
            Prop("legend", "Five texts of the scale, lightest first", ()),
            Prop("legend_label", "What the colour means", ""),
        ),
    ),
    Component(
        "share_bars",
        "Parts of a whole as bars with number and share: a chart that is a table at once.",
        (
            Prop("caption", "What is divided, for screen readers"),
            Prop("bars", "Sequence of ShareBar"),
            Prop("value_label", "Head of the numbers; no head line without it", ""),
            Prop("note_label", "Head of the notes", ""),
        ),
    ),
    Component(
        "funnel",
        "How many reach each step, their share of a base step, and where most are lost.",
        (
            Prop("caption", "What the steps lead to, for screen readers"),
            Prop("steps", "Sequence of FunnelStep"),
            Prop("unit", "Head of the numbers, such as “Customers”"),
            Prop("base", "Place of the step that is 100 %, from 0; steps before it are grey", 0),
            Prop("gap_url", "The list of those who were lost at the largest gap", ""),
        ),
        prepare=funnels.prepare,
    ),
)
