"""Sealing everything anew under the present keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

from siyu.eventlog import records
from siyu.eventlog.jobs import JobContext
from siyu.eventlog.registries import JOBS, JobKind
from siyu.kernel import keys
from siyu.org.key_life import SEALED, SealedTable, outdated_count
from siyu.org.services.key_life import RESEAL

# Rows of one transaction: on SQLite others wait for it, and this takes a twentieth of a second.
BATCH_ROWS = 500


def run_reseal(context: JobContext) -> Mapping[str, Any]:
    """Table by table, each step with its place in one transaction; rows that are done already are passed over.

    It goes round until a round finds nothing to change: the first may miss what was written by processes that had not
    heard of the new key yet.
    """
    keys.renew()  # this worker may not have heard of it either
    state = dict(context.state) or {"table": 0, "after_id": 0, "round": 0, "changed": 0, "stuck": 0}
    tables = list(SEALED)
    total = outdated_count() + state["changed"]
    while state["table"] < len(tables):
        context.check_cancelled()
        with records.transaction():
            _step(state, tables[state["table"]])
            if state["table"] == len(tables) and state["round"]:
                state.update(table=0, round=0, stuck=0)
            context.save_state(state)
        context.progress(state["changed"], total)
    context.progress(total, total)
    return {"changed": state["changed"], "stuck": state["stuck"], "left": outdated_count()}


def _step(state: dict[str, Any], table: SealedTable) -> None:
    step = table.reseal(state["after_id"], BATCH_ROWS)
    state["changed"] += step.changed
    state["round"] += step.changed
    state["stuck"] += step.stuck
    state["after_id"] = step.after_id or 0
    state["table"] += step.after_id is None


def register() -> None:
    JOBS.add(RESEAL, JobKind(RESEAL, _("Seal personal data with the new key"), run_reseal))
