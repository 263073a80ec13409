"""`siyu rfm`: every customer's recency, frequency and monetary value at a day, scored."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from siyu.audiences import exports, queries, services
from siyu.audiences.contracts import RfmSnapshot
from siyu.cli.command import Answer, Output, command, table
from siyu.cli.language import gettext as _
from siyu.org.contracts import COMMAND_LINE

fresh_option = click.option(
    "--fresh/--no-fresh",
    default=True,
    show_default=True,
    help="Wait until the warehouse has everything that the log holds.",
)


@command()
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Snapshot day; today without it.")
@click.option("--window-days", type=click.IntRange(1, 36_500), help="Only events at most this many days before.")
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all rows to this file.")
@fresh_option
def rfm(out: Output, *, as_of: datetime | None, window_days: int | None, csv_file: Path | None, fresh: bool) -> Answer:
    """Score every customer with a paid order by recency, frequency and monetary value."""
    if fresh:
        services.wait_until_shipped()
    snapshot = queries.rfm(COMMAND_LINE, as_of.date() if as_of else queries.rfm_today(), window_days)
    document = _document(snapshot)
    if csv_file is not None:
        with csv_file.open("w", encoding="utf-8", newline="") as file:
            for piece in exports.rfm_csv(services.export_rfm(viewer=COMMAND_LINE, params=snapshot.params)):
                # All of it is plain ASCII for programs; the mark is for spreadsheets.
                file.write(piece.removeprefix("\ufeff"))
        document["file"] = str(csv_file)
    if out.as_json and csv_file is None:
        document["rows"] = [
            exports.rfm_record(row) for row in services.export_rfm(viewer=COMMAND_LINE, params=snapshot.params)
        ]
    return Answer(document, _text(snapshot, csv_file))


def _document(snapshot: RfmSnapshot) -> dict[str, Any]:
    params = snapshot.params
    return {
        "as_of": params.as_of_day.isoformat(),
        "window_days": params.window_days,
        "customers": snapshot.customer_count,
        "net_sales_fen": snapshot.monetary_fen,
        "cut_points": asdict(snapshot.cut_points) if snapshot.cut_points else None,
        "segment_bounds": asdict(snapshot.bounds) if snapshot.bounds else None,
        "cells": [{**asdict(cell), "mean_monetary_fen": cell.mean_monetary_fen} for cell in snapshot.cells],
        "segments": [asdict(segment) for segment in snapshot.segments],
        "freshness": asdict(snapshot.freshness),
    }


def _text(snapshot: RfmSnapshot, csv_file: Path | None) -> str:
    lines = [_("%(count)s customers with orders until %(day)s") % {
        "count": f"{snapshot.customer_count:,}", "day": snapshot.params.as_of_day.isoformat()}]  # fmt: skip
    counts = {(cell.r_score, cell.f_score): cell.customer_count for cell in snapshot.cells}
    grid = [(f"R{r}", *(f"{counts[r, f]:,}" for f in range(1, 6))) for r in range(5, 0, -1)]
    lines.append(table(grid, header=("", *(f"F{f}" for f in range(1, 6)))))
    lines.append(table([
        (_(part.label), f"{part.customer_count:,}", f"{100 * part.share:.1f} %", f"{part.monetary_fen / 100:,.2f}")
        for part in snapshot.segments
    ]))  # fmt: skip
    if not snapshot.freshness.is_complete:
        lines.append(_("%s events are still on their way to the warehouse.") % snapshot.freshness.waiting_count)
    if csv_file is not None:
        lines.append(str(csv_file))
    return "\n\n".join(lines)
