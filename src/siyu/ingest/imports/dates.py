"""Decides the date style of a file before anything is written."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from siyu.ingest.contracts import DateStyle, Field
from siyu.ingest.imports import columns
from siyu.ingest.imports.plan import Plan
from siyu.ingest.rules import moments
from siyu.ingest.tables.contracts import Table, cell

# Distinct days remembered while deciding; only those that tell are kept beyond it.
MAX_EXAMPLES = 100_000
# A slash or dash date with the year last; `rules.moments` reads it, this finds candidates fast.
_CANDIDATE = r"^\s*\d{1,2}[-/]\d{1,2}[-/]\d{2,4}"


def decided(plan: Plan, table: Table) -> Plan:
    """The plan with a date style that can be applied row by row.

    With AUTO, if the first batch has dates that only the whole column can explain, the whole column is read.
    """
    if plan.date_style is not DateStyle.AUTO:
        return plan
    first = next(table.batches(), None)
    if first is None or not _undecided(plan, first):
        return plan
    found: set[str] = set()
    for frame in table.batches():
        found.update(_undecided(plan, frame))
        if len(found) > MAX_EXAMPLES:
            found = set(_telling(found)) or set(list(found)[:1])
    return replace(plan, date_style=moments.decide_style(sorted(found)))


def _undecided(plan: Plan, frame: pl.DataFrame) -> list[str]:
    texts = [columns.cleaned(frame[cell(place)]) for place in plan.fields[Field.PAID_AT]]
    joined = pl.select(pl.coalesce(texts)).to_series()
    days = joined.filter(joined.str.contains(_CANDIDATE)).str.extract(r"^\s*(\S+)").unique().to_list()
    return [day for day in days if moments.is_undecided(day)]


def _telling(days: set[str]) -> list[str]:
    return [day for day in days if any(int(part) > 12 for part in day.replace("-", "/").split("/")[:2])]
