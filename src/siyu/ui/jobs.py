"""Background entries of `ui`: bulk actions and exports that are too long for a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from siyu.eventlog import records
from siyu.eventlog.contracts import JobView
from siyu.eventlog.jobs import JobContext
from siyu.eventlog.registries import JOBS, JobKind
from siyu.kernel.failpoints import failpoint
from siyu.ui import queries, registries, viewers
from siyu.ui.context import address
from siyu.ui.lists import working
from siyu.ui.services.exports import EXPORT

BULK = "ui.bulk"


def run_bulk(context: JobContext) -> Mapping[str, Any]:
    """Applies a bulk action to a kept selection, chunk by chunk; goes on after the last chunk that was written."""
    args = context.args
    viewer = viewers.viewer_of_staff(context.created_by)
    kind = working.kind_of(args["list"], viewer)
    action = working.action_of(kind, args["action"], viewer)
    values = working.values_of(action, viewer, QueryDict(args["values"]))
    ids = queries.selection(viewer, kind.key, args["selection"])
    last, changed = context.state.get("last", -1), context.state.get("changed", 0)
    for chunk in records.chunked(working.ids_after(ids, last) if last >= 0 else iter(ids), action.chunk):
        context.check_cancelled()
        with records.transaction():
            changed += action.apply(viewer, chunk, values)
            context.save_state({"last": chunk[-1], "changed": changed})
        context.progress(ids.rank(chunk[-1]), len(ids))
    return {"changed": changed, "chosen": len(ids)}


def run_export(context: JobContext) -> Mapping[str, Any]:
    """Writes the file of a kept selection; a killed one begins again."""
    args = context.args
    viewer = viewers.viewer_of_staff(context.created_by)
    kind = working.kind_of(args["list"], viewer)
    working.require_export(kind, viewer)
    working.drop_old_files()
    ids = queries.selection(viewer, kind.key, args["selection"])
    head = working.heads(kind, args["columns"], args["language"])
    rows = _counted(context, working.exported(kind, viewer, ids, args["columns"]), len(ids))
    working.write_file(working.export_path(context.job_id, args["format"]), args["format"], head, rows)
    failpoint("ui.export.after_move")
    context.progress(len(ids), len(ids))
    return {"rows": len(ids), "format": args["format"], "list": kind.key}


def _counted(context: JobContext, rows: Iterable[Sequence[Any]], total: int) -> Iterator[Sequence[Any]]:
    for number, row in enumerate(rows, start=1):
        if number % working.EXPORT_CHUNK == 0:
            failpoint("ui.export.after_chunk")
            context.check_cancelled()
            context.progress(number, total)
        yield row


def _changed_list(job: JobView) -> tuple[Any, str]:
    kind = registries.LISTS.get(job.args["list"]) if job.args["list"] in registries.LISTS else None
    return gettext("Back to the list"), address(kind.url_name) if kind is not None else ""


def _file(job: JobView) -> tuple[Any, str]:
    return gettext("Download the file"), address("ui-export-file", job.id)


def register() -> None:
    JOBS.add(BULK, JobKind(BULK, _("Change many rows"), run_bulk))
    JOBS.add(EXPORT, JobKind(EXPORT, _("Export a list"), run_export))
    registries.JOB_RESULTS.add(BULK, _changed_list)
    registries.JOB_RESULTS.add(EXPORT, _file)
