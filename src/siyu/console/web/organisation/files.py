"""The organisation from CSV files: first what would happen, then doing it."""

from __future__ import annotations

import base64
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from siyu.console.middleware import sentence
from siyu.console.web import page
from siyu.kernel import errors
from siyu.kernel.errors import NotFound, SiyuError
from siyu.kernel.spreadsheets import csv_pieces
from siyu.org import services as org_services
from siyu.org.access import needs
from siyu.org.contracts import CsvResult
from siyu.org.permissions import STAFF_MANAGE
from siyu.org.services.files import MAX_BYTES, NODE_COLUMNS, STAFF_COLUMNS
from siyu.ui.contracts import Column, Crumb, Row

TITLES = {"places": _("Import places"), "staff": _("Import staff")}
COLUMNS = {"places": NODE_COLUMNS, "staff": STAFF_COLUMNS}
VERBS = {"places": org_services.import_nodes, "staff": org_services.import_staff}
LISTS = {"places": ("places", _("Organisation")), "staff": ("staff", _("Staff"))}
PROBLEM_COLUMNS = (Column("row", _("Row"), "end", phone="main"), Column("reason", _("What is wrong")))
SAMPLES = {
    "places": (("code", "name", "kind", "parent", "city"), ("E", "华东大区", "region", "", ""),
               ("E001", "徐汇天钥桥店", "store", "E", "上海")),
    "staff": (("email", "name", "role", "node", "title"), ("chen@example.com", "陈可", "guide", "E001", "导购")),
}  # fmt: skip


@needs(STAFF_MANAGE)
@require_http_methods(["GET", "POST"])
def organisation_file(request: HttpRequest, kind: str) -> HttpResponse:
    """Takes a file, shows what it would change, and changes it when confirmed."""
    if kind not in VERBS:
        raise NotFound()
    address, label = LISTS[kind]
    context: dict[str, Any] = {
        "kind": kind,
        "title": TITLES[kind],
        "crumbs": [Crumb(label, reverse(address))],
        "columns": ", ".join(COLUMNS[kind]),
        "problem_columns": PROBLEM_COLUMNS,
    }
    if request.method == "POST":
        try:
            context |= _taken(request, kind)
        except SiyuError as error:
            context["problem"] = sentence(error)
    status = 422 if "problem" in context else 200
    return render(request, "console/organisation/file.html", context, status=status)


def _taken(request: HttpRequest, kind: str) -> dict[str, Any]:
    """A file that was just chosen is tried; one that was tried and comes back in the form is taken."""
    upload, tried = request.FILES.get("file"), request.POST.get("tried", "")
    data = upload.read(MAX_BYTES + 1) if upload else _decoded(tried)
    result = VERBS[kind](viewer=page.viewer_of(request), data=data, dry_run=bool(upload))
    return {
        "result": result,
        "rows": _problems(result),
        "tried": base64.b64encode(data).decode() if upload else "",
        "done": not upload,
    }


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _problems(result: CsvResult) -> list[Row]:
    told = [(problem.row, errors.sentence(problem.message, problem.data, gettext)) for problem in result.problems]
    return [Row({"row": number, "reason": reason}, key=str(number)) for number, reason in told]


@needs(STAFF_MANAGE)
@require_GET
def organisation_sample(request: HttpRequest, kind: str) -> HttpResponseBase:
    """A small file to begin with."""
    if kind not in SAMPLES:
        raise NotFound()
    head, *rows = SAMPLES[kind]
    response = HttpResponse("".join(csv_pieces(head, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return response
