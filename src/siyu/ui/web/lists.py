"""What every list can do by its key: saved filters, columns, rows of a page, bulk actions, export."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header, url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_GET, require_POST

from siyu.eventlog import queries as log
from siyu.eventlog import services as log_services
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotFound, SiyuError
from siyu.kernel.ids import IdSet
from siyu.org.access import SIGNED_IN, needs
from siyu.org.contracts import Viewer
from siyu.ui import formats, htmx, jobs, queries, services, viewers
from siyu.ui.context import address
from siyu.ui.contracts import Crumb, Effect, ListKind, ListQuery
from siyu.ui.lists import columns as column_choice
from siyu.ui.lists import query as addresses
from siyu.ui.lists import working

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _asked(request: HttpRequest, key: str) -> tuple[Viewer, ListKind]:
    viewer = viewers.viewer_of(request)
    return viewer, working.kind_of(key, viewer)


def _back(request: HttpRequest, kind: ListKind, written: addresses.Pairs = (), **more: Any) -> HttpResponse:
    """To the list that was posted from; HTMX follows by itself and gets the list alone."""
    path = request.POST.get("path", "")
    if not url_has_allowed_host_and_scheme(path, set(), require_https=request.is_secure()):
        path = address(kind.url_name) or "/"
    return HttpResponseRedirect(addresses.address(path.partition("?")[0], written, **more))


def _posted(request: HttpRequest, kind: ListKind, viewer: Viewer) -> ListQuery:
    """The question that the list was asked; InvalidInput rather than a wider one."""
    query, problems = addresses.read(kind, request.POST, viewer, request.POST.get("within", ""))
    if problems:
        raise InvalidInput(reason=problems[0])
    return query


def _kept_view(request: HttpRequest) -> dict[str, Any]:
    view_id = _number(request.POST.get("view", ""))
    return {"view": view_id, "edited": 1} if view_id else {}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


@needs(SIGNED_IN)
@require_GET
def list_counts(request: HttpRequest, key: str) -> HttpResponse:
    """How many rows each saved filter holds; the tabs ask for it once they stand."""
    viewer, kind = _asked(request, key)
    if kind.count is None:
        raise NotFound()
    within = request.GET.get("within", "")
    counts = [(0, formats.number(kind.count(viewer, ListQuery(within=within))))]
    for view in queries.list_settings(viewer, key).views:
        query, problems = addresses.read(kind, addresses.given_of(view.query), viewer, within)
        counts.append((view.id, formats.MISSING if problems else formats.number(kind.count(viewer, query))))
    return render(request, "ui/list_counts.html", {"kind": kind, "counts": counts})


@needs(SIGNED_IN)
@require_POST
def list_save(request: HttpRequest, key: str) -> HttpResponse:
    """Keeps the posted filters under a name, and opens them."""
    viewer, kind = _asked(request, key)
    written = addresses.pairs(kind, _posted(request, kind, viewer))
    columns = column_choice.cleaned(kind, request.POST.getlist("column"))
    name = request.POST.get("name", "")
    view_id = services.save_view(viewer=viewer, list_key=key, name=name, query=written, columns=columns)
    return _back(request, kind, view=view_id)


@needs(SIGNED_IN)
@require_POST
def list_view(request: HttpRequest, key: str, view_id: int) -> HttpResponse:
    """Renames, moves, deletes a saved filter, or takes the posted filters into it."""
    viewer, kind = _asked(request, key)
    own: dict[str, Any] = {"viewer": viewer, "list_key": key, "view_id": view_id}
    match request.POST.get("do", ""):
        case "rename":
            services.rename_view(**own, name=request.POST.get("name", ""))
        case "update":
            services.update_view(**own, query=addresses.pairs(kind, _posted(request, kind, viewer)))
        case "left":
            services.move_view(**own, step=-1)
        case "right":
            services.move_view(**own, step=1)
        case "delete":
            services.delete_view(**own)
            return _back(request, kind)
        case _:
            raise NotFound()
    return _back(request, kind, view=view_id)


@needs(SIGNED_IN)
@require_POST
def list_columns(request: HttpRequest, key: str) -> HttpResponse:
    """Keeps which columns are shown and in which order, or goes back to the list's own."""
    viewer, kind = _asked(request, key)
    view_id = _number(request.POST.get("view", "")) or None
    if "reset" in request.POST:
        services.reset_columns(viewer=viewer, list_key=key, view_id=view_id)
    else:
        chosen = column_choice.cleaned(kind, request.POST.getlist("column"))
        services.choose_columns(viewer=viewer, list_key=key, columns=chosen, view_id=view_id)
    return _back(request, kind, addresses.pairs(kind, _posted(request, kind, viewer)), **_kept_view(request))


@needs(SIGNED_IN)
@require_POST
def list_rows(request: HttpRequest, key: str) -> HttpResponse:
    """Keeps how many rows a page has."""
    viewer, kind = _asked(request, key)
    page_rows = _number(request.POST.get("rows", ""))
    if page_rows in kind.page_sizes:
        services.choose_page_rows(viewer=viewer, list_key=key, page_rows=page_rows)
    return _back(request, kind, addresses.pairs(kind, _posted(request, kind, viewer)), **_kept_view(request))


# --- bulk actions ----------------------------------------------------------------------------------------------------


def _chosen(request: HttpRequest, kind: ListKind, viewer: Viewer) -> IdSet:
    """The ids that were ticked, or everything that the posted filters hold."""
    if kind.ids is None:
        raise NotFound()
    if request.POST.get("scope") == "all":
        return kind.ids(viewer, _posted(request, kind, viewer))
    return [number for text in request.POST.getlist("row") if (number := _number(text))]


@needs(SIGNED_IN)
@require_POST
def bulk_preview(request: HttpRequest, key: str, action_key: str) -> HttpResponse:
    """What an action would do to the chosen rows. They are kept, so that exactly these are changed afterwards."""
    viewer, kind = _asked(request, key)
    action = working.action_of(kind, action_key, viewer)
    selection_id = _number(request.POST.get("selection", ""))
    if not selection_id:
        ids = _chosen(request, kind, viewer)
        selection_id = services.keep_selection(viewer=viewer, list_key=key, ids=ids)
    chosen = queries.selection(viewer, key, selection_id)
    is_filled = "filled" in request.POST
    form = working.form_of(action, viewer, request.POST if is_filled else None)
    effect: Effect | None = None
    if form is None or form.is_valid():
        effect = action.preview(viewer, chosen, form.cleaned_data if form is not None else {})
    context = {
        "kind": kind,
        "action": action,
        "form": form,
        "effect": effect,
        "count": len(chosen),
        "selection": selection_id,
        "path": request.POST.get("path", ""),
        "preview_url": request.path,
        "apply_url": reverse("ui-bulk-apply", args=[key, action_key]),
    }
    return render(request, "ui/bulk_preview.html", context)


@needs(SIGNED_IN)
@require_POST
def bulk_apply(request: HttpRequest, key: str, action_key: str) -> HttpResponse:
    """Does it: at once for a few rows, as a job for many."""
    viewer, kind = _asked(request, key)
    action = working.action_of(kind, action_key, viewer)
    selection_id = _number(request.POST.get("selection", ""))
    ids = queries.selection(viewer, key, selection_id)
    values = working.values_of(action, viewer, request.POST)
    if len(ids) > working.DIRECT_ROWS:
        args = {"list": key, "action": action_key, "selection": selection_id, "values": _form_values(request.POST)}
        job_id = log_services.start_job(
            kind=jobs.BULK, args=args, unique_key=f"ui.bulk:{selection_id}:{action_key}", created_by=viewer.staff_id
        )
        return htmx.redirect(request, address("job", job_id))
    changed = working.apply_all(action, viewer, ids, values)
    said = gettext("%(label)s: %(count)s changed")
    messages.success(request, said % {"label": action.label, "count": formats.number(changed)})
    return _back(request, kind)


def _form_values(posted: QueryDict) -> str:
    """What was filled in, for a job that reads the form again."""
    kept = posted.copy()
    for name in ("csrfmiddlewaretoken", "selection", "path", "filled"):
        kept.pop(name, None)
    return kept.urlencode()


# --- export ----------------------------------------------------------------------------------------------------------


@needs(SIGNED_IN)
@require_POST
def list_export(request: HttpRequest, key: str) -> HttpResponse:
    """The rows that the posted filters hold, as a file: at once for a few, as a job for many, or once approved."""
    viewer, kind = _asked(request, key)
    working.require_export(kind, viewer)
    if kind.ids is None:
        raise NotFound()
    wanted = _wanted(request, kind)
    ids = kind.ids(viewer, _posted(request, kind, viewer))
    if services.needs_approval(kind, len(ids)):
        selection_id = services.keep_selection(viewer=viewer, list_key=key, ids=ids)
        return _ask_page(request, kind, selection_id, wanted, count=len(ids))
    if len(ids) > working.DIRECT_EXPORT_ROWS:
        job_id = services.start_export(viewer=viewer, kind=kind, ids=ids, wanted=wanted)
        return htmx.redirect(request, address("job", job_id))
    body = services.export_now(viewer=viewer, kind=kind, ids=ids, wanted=wanted)
    response = HttpResponse(body, content_type=CONTENT_TYPES[wanted.format])
    response["Content-Disposition"] = content_disposition_header(True, _file_name(key, wanted.format)) or ""
    return response


@needs(SIGNED_IN)
@require_POST
def export_ask(request: HttpRequest, key: str) -> HttpResponse:
    """Asks a second person for an export of kept rows; goes on to the request."""
    viewer, kind = _asked(request, key)
    working.require_export(kind, viewer)
    selection_id, wanted = _number(request.POST.get("selection", "")), _wanted(request, kind)
    count = len(queries.selection(viewer, key, selection_id))
    reason = request.POST.get("reason", "")
    try:
        approval_id = services.ask_to_export(
            viewer=viewer, kind=kind, selection_id=selection_id, wanted=wanted, reason=reason
        )
    except SiyuError as error:
        return _ask_page(request, kind, selection_id, wanted, count=count, reason=reason, error=error)
    return htmx.redirect(request, address("approval", approval_id))


def _wanted(request: HttpRequest, kind: ListKind) -> services.Wanted:
    columns = column_choice.cleaned(kind, request.POST.getlist("column"))
    return services.Wanted(columns, request.POST.get("format", ""), get_language() or "en")


def _ask_page(
    request: HttpRequest, kind: ListKind, selection_id: int, wanted: services.Wanted, *, count: int, reason: str = "",
    error: SiyuError | None = None,
) -> HttpResponse:  # fmt: skip
    context = {
        "kind": kind,
        "selection": selection_id,
        "wanted": wanted,
        "count": count,
        "reason": reason,
        "problem": error.text(gettext) if error else "",
        "crumbs": [Crumb(kind.label, address(kind.url_name))],
    }
    return render(request, "ui/export_ask.html", context, status=error.status if error else 200)


@needs(SIGNED_IN)
@require_GET
def export_file(request: HttpRequest, job_id: int) -> FileResponse:
    """The file that an export job made, for the person who started it and nobody else: it holds what they may see."""
    viewer = viewers.viewer_of(request)
    job = log.job(job_id, created_by=viewer.staff_id or 0)
    result = job.result or {}
    if job.kind != jobs.EXPORT or "format" not in result:
        raise NotFound()
    working.require_export(working.kind_of(result["list"], viewer), viewer)
    path = working.export_path(job_id, result["format"])
    if not path.exists():
        raise NotFound()
    content_type, name = CONTENT_TYPES[result["format"]], _file_name(result["list"], result["format"])
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=content_type)


def _file_name(list_key: str, file_format: str) -> str:
    return f"{list_key}-{clock.now():%Y-%m-%d}.{file_format}"
