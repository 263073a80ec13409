"""Exports of lists: written down in the audit log, and beyond a size only with the approval of a second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.eventlog.services import start_job
from siyu.kernel.errors import InvalidInput
from siyu.kernel.ids import IdSet
from siyu.org import auditing
from siyu.org.contracts import Viewer
from siyu.org.queries import approvals
from siyu.org.services.approvals import ask
from siyu.ui import actions, queries
from siyu.ui.contracts import ListKind
from siyu.ui.lists import working
from siyu.ui.models import Selection
from siyu.ui.services.selections import keep_selection

EXPORT = "ui.export"


@dataclass(frozen=True)
class Wanted:
    """What an export shall hold besides its rows."""

    columns: Sequence[str]
    format: str
    language: str

    def __post_init__(self) -> None:
        if self.format not in working.FORMATS:
            raise InvalidInput(reason="Choose CSV or Excel.")


def needs_approval(kind: ListKind, row_count: int) -> bool:
    """Whether somebody else has to agree to an export of so many rows."""
    key = kind.export.approval if kind.export is not None else ""
    return bool(key) and approvals.rule(key).asks(people_count=row_count, cost_fen=0)


def ask_to_export(*, viewer: Viewer, kind: ListKind, selection_id: int, wanted: Wanted, reason: str) -> int:
    """Asks for the approval of an export of kept rows, exactly these; returns the id of the request."""
    working.require_export(kind, viewer)
    assert kind.export is not None
    row_count = len(queries.selection(viewer, kind.key, selection_id))
    return ask(
        viewer=viewer,
        kind=kind.export.approval,
        object_id=selection_id,
        object_version=1,
        title=gettext("Export: %(list)s") % {"list": kind.label},
        reason=reason,
        people_count=row_count,
        cost_fen=0,
        args={"list": kind.key, **asdict(wanted)},
    )


def export_now(*, viewer: Viewer, kind: ListKind, ids: IdSet, wanted: Wanted) -> bytes:
    """A small file at once."""
    with records.transaction():
        _record(viewer, kind, len(ids), wanted)
    rows = working.exported(kind, viewer, sorted(ids), wanted.columns)
    return working.file_bytes(wanted.format, working.heads(kind, wanted.columns, wanted.language), rows)


def start_export(*, viewer: Viewer, kind: ListKind, ids: IdSet, wanted: Wanted) -> int:
    """Starts the job that writes the file; returns its id."""
    with records.transaction():
        selection_id = keep_selection(viewer=viewer, list_key=kind.key, ids=ids)
        return _start(viewer, kind, selection_id, wanted)


def start_approved(viewer: Viewer, selection_id: int, args: Mapping[str, Any]) -> None:
    """Starts an approved export, in the transaction that settles the request: once, as who asked."""
    kind = working.kind_of(args["list"], viewer)
    working.require_export(kind, viewer)
    _start(viewer, kind, selection_id, Wanted(args["columns"], args["format"], args["language"]))


def selection_version(selection_id: int) -> int | None:
    """For approvals: kept rows never change; None once they are gone."""
    return 1 if Selection.objects.filter(pk=selection_id).exists() else None


def _start(viewer: Viewer, kind: ListKind, selection_id: int, wanted: Wanted) -> int:
    row_count = len(queries.selection(viewer, kind.key, selection_id))
    args = {"list": kind.key, "selection": selection_id, **asdict(wanted)}
    _record(viewer, kind, row_count, wanted)
    return start_job(
        kind=EXPORT, args=args, unique_key=f"ui.export:{selection_id}", created_by=viewer.staff_id,
        trace_id=viewer.trace_id,
    )  # fmt: skip


def _record(viewer: Viewer, kind: ListKind, row_count: int, wanted: Wanted) -> None:
    after = {"count": row_count, "columns": list(wanted.columns), "format": wanted.format}
    auditing.record(viewer, actions.EXPORTED, Target(actions.LIST, kind.key), after=after)
