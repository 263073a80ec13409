"""Importing orders: upload, say what the columns mean, try it or do it, see what came of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from siyu.console.middleware import sentence
from siyu.console.web import import_forms, page, wording
from siyu.console.web.jobs import progress_of
from siyu.eventlog import queries as log
from siyu.eventlog.contracts import JobState
from siyu.ingest import queries as ingest
from siyu.ingest import services as ingest_services
from siyu.ingest.contracts import FileProblem, ImportView, InvalidMapping, StoredFile
from siyu.ingest.permissions import IMPORTS_RUN, IMPORTS_VIEW
from siyu.kernel.disk import DiskFull, full_disk_as_error
from siyu.kernel.errors import InvalidInput, SiyuError
from siyu.org.access import needs
from siyu.ui import formats, htmx
from siyu.ui.contracts import Cell, Column, Crumb, Fact, Row, Step

PAGE_ROWS = 50
# The mapping page shows this many rows of the file.
SHOWN_ROWS = 5
COLUMNS = (
    Column("file", _("File"), phone="main"),
    Column("state", _("State"), phone="figure"),
    Column("rows", _("Rows"), "end"),
    Column("rejected", _("Rejected"), "end"),
    Column("orders", _("Orders"), "end", phone="hidden"),
    Column("net_sales", _("Net sales"), "end", phone="hidden"),
    Column("at", _("Started"), muted=True),
)


@needs(IMPORTS_VIEW)
@require_GET
def import_list(request: HttpRequest) -> HttpResponse:
    """All imports, newest first."""
    before = request.GET.get("before", "")
    before_id = int(before) if before.isdecimal() else None
    found = ingest.imports(page.viewer_of(request), before_id=before_id, limit=PAGE_ROWS + 1)
    path = reverse("imports")
    context = {
        "columns": COLUMNS,
        "rows": [_row(view) for view in found[:PAGE_ROWS]],
        "next_url": page.address(path, before=found[PAGE_ROWS - 1].id) if len(found) > PAGE_ROWS else "",
        "first_url": path if before else "",
        "steps": (
            Step(_("Upload"), _("CSV or XLSX, as the shop exports it")),
            Step(_("Columns"), _("Siyu proposes what each one means")),
            Step(_("Result"), _("Customers, orders, refunds, rejected rows")),
        ),
    }
    return render(request, "console/imports.html", context)


def _row(view: ImportView) -> Row:
    label, tone = wording.JOB_STATES[JobState(view.state.value)]
    url = reverse("import", args=[view.id])
    counts = view.counts
    return Row(
        key=str(view.id),
        url=url,
        cells={
            "file": Cell(view.file_name, url=url, note=gettext("trial") if view.dry_run else ""),
            "state": Cell(label, kind="pill", tone=tone),
            "rows": formats.number(counts.get("rows")),
            "rejected": formats.number(counts.get("rejected")),
            "orders": formats.number(counts.get("orders")),
            "net_sales": formats.money(counts.get("net_sales_fen")),
            "at": formats.moment(view.created_at),
        },
    )


class UploadForm(forms.Form):
    # An empty file is refused in the words of `ingest`.
    file = forms.FileField(
        label=_("Order file"), allow_empty_file=True, error_messages={"required": _("Choose a file first.")}
    )


# The body is read by `_take_upload`, which checks the token: before that it must be known that there is room for it.
@csrf_exempt
@needs(IMPORTS_RUN)
@require_http_methods(["GET", "POST"])
def import_new(request: HttpRequest) -> HttpResponse:
    """Takes the file and goes on to its columns; a file that cannot be orders is refused here, with the reason."""
    if request.method == "GET":
        return _upload_page(request)
    try:
        size_bytes = int(request.META.get("CONTENT_LENGTH") or 0)
        ingest_services.check_upload(size_bytes=size_bytes, viewer=page.viewer_of(request))
        with full_disk_as_error():
            return _take_upload(request)
    except (FileProblem, DiskFull) as problem:
        return _upload_page(request, problem)


@csrf_protect
def _take_upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _upload_page(request, InvalidInput(reason=form.errors["file"][0]))
    upload = form.cleaned_data["file"]
    stored = ingest_services.store_file(stream=upload, file_name=upload.name, viewer=page.viewer_of(request))
    return htmx.redirect(request, reverse("import-columns", args=[_token(stored)]))


def _upload_page(request: HttpRequest, problem: SiyuError | None = None) -> HttpResponse:
    context = {
        "error": sentence(problem) if problem else "",
        "max_mb": settings.SIYU.import_max_mb,
        "crumbs": [Crumb(_("Imports"), reverse("imports"))],
    }
    return render(request, "console/import_new.html", context, status=problem.status if problem else 200)


def _token(stored: StoredFile) -> str:
    """The stored file as a signed part of an address: nobody can name a file that they did not upload."""
    return signing.dumps([stored.file_id, stored.file_name, stored.size_bytes], salt="import-file", compress=True)


def _stored(token: str) -> StoredFile:
    try:
        return StoredFile(*signing.loads(token, salt="import-file"))
    except signing.BadSignature as error:
        raise FileProblem(reason=gettext("upload it again")) from error


@needs(IMPORTS_RUN)
@require_http_methods(["GET", "POST"])
def import_columns(request: HttpRequest, token: str) -> HttpResponse:
    """What the columns mean: the proposal, a saved mapping by ``?mapping=``, or what an earlier import of the file was
    told by ``?import=``; then a trial or the import. A file that cannot be read goes back to the upload.
    """
    viewer = page.viewer_of(request)
    try:
        stored = _stored(token)
        preview = ingest.preview(viewer, stored)
    except FileProblem as problem:
        return _upload_page(request, problem)
    chosen, again = request.GET.get("mapping", ""), request.GET.get("import", "")
    mapping = preview.suggestion.mapping
    if chosen:
        mapping = ingest.mapping(viewer, chosen)
    elif again.isdecimal():
        mapping = ingest.import_view(viewer, int(again)).mapping
    form = import_forms.ColumnsForm(request.POST or None, preview=preview, mapping=mapping)
    if request.method == "POST" and form.is_valid():
        try:
            return _start(request, stored, form)
        except InvalidMapping as problem:
            form.add_error(None, sentence(problem))
    context = {
        "form": form,
        "preview": preview,
        "columns": form.rows(SHOWN_ROWS),
        "mapping_names": [(name, wording.mapping(name)) for name in ingest.mapping_names(viewer)],
        "chosen": chosen,
        "crumbs": [Crumb(_("Imports"), reverse("imports"))],
        "steps": (
            Step(_("Upload"), stored.file_name, "done", reverse("import-new")),
            Step(_("Columns"), _("What each one means"), "current"),
            Step(_("Result")),
        ),
    }
    return render(request, "console/import_columns.html", context, status=422 if form.errors else 200)


def _start(request: HttpRequest, stored: StoredFile, form: import_forms.ColumnsForm) -> HttpResponse:
    viewer = page.viewer_of(request)
    mapping = form.mapping()
    if form.cleaned_data["save_as"]:
        ingest_services.save_mapping(mapping=mapping, viewer=viewer)
    started = ingest_services.start_import(
        file=stored, mapping=mapping, viewer=viewer, dry_run=request.POST.get("action") == "try"
    )
    return redirect("import", started.import_id)


@needs(IMPORTS_VIEW)
@require_GET
def import_page(request: HttpRequest, import_id: int) -> HttpResponse:
    """One import: progress while it runs, then what came of it."""
    viewer = page.viewer_of(request)
    view = ingest.import_view(viewer, import_id)
    job = log.job(view.job_id)
    context: dict[str, Any] = {
        "view": view,
        "crumbs": [Crumb(_("Imports"), reverse("imports"))],
        "meta": formats.moment(view.created_at),
        "ended": job.state.is_final,
        "stopped": job.state in (JobState.FAILED, JobState.CANCELLED),
        "columns_url": _columns_url(view),
        "mapping_label": wording.mapping(view.mapping.name),
        **progress_of(job, poll_url=reverse("import", args=[view.id])),
    }
    if job.state is JobState.DONE:
        context |= _result(view)
    if htmx.is_fragment(request) and job.state.is_final:
        return htmx.redirect(request, request.path)
    return page.page_or_part(request, "console/import.html", "console/job_progress.html", context)


def _columns_url(view: ImportView) -> str:
    """The columns of an import's file, with what was chosen for it."""
    token = _token(StoredFile(view.file_id, view.file_name, view.size_bytes))
    return page.address(reverse("import-columns", args=[token]), **{"import": view.id})


def _result(view: ImportView) -> dict[str, Any]:
    counts = view.counts
    return {
        "columns": [
            Fact(_("Rows in the file"), formats.number(counts["rows"])),
            Fact(_("Accepted"), formats.number(counts["accepted"])),
            Fact(_("Known already"), formats.number(counts["duplicates"])),
            Fact(_("Rejected"), formats.number(counts["rejected"])),
        ],
        "counts": counts,
        "seconds": formats.duration(counts["seconds"]),
    }


@needs(IMPORTS_VIEW)
@require_GET
def import_errors(request: HttpRequest, import_id: int) -> FileResponse:
    """The rejected rows as CSV, each with its number and reason."""
    path = ingest_services.take_errors_file(import_id=import_id, viewer=page.viewer_of(request))
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"import-{import_id}-rejected.csv")


@needs(IMPORTS_RUN)
@require_POST
def import_resume(request: HttpRequest, import_id: int) -> HttpResponse:
    ingest_services.resume_import(import_id=import_id, viewer=page.viewer_of(request))
    return htmx.redirect(request, reverse("import", args=[import_id]))
