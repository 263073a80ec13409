"""The RFM picture: 5×5 grid or eight segments, any snapshot day, each cell with its customers and what to do."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from siyu.audiences import exports
from siyu.audiences import queries as audiences
from siyu.audiences import services as audience_services
from siyu.audiences.contracts import RfmCell, RfmFilter, RfmParams, RfmSnapshot, Segment
from siyu.audiences.permissions import AUDIENCES_EDIT, RFM_VIEW
from siyu.console.web import freshness, page, wording
from siyu.console.web.customer_lists import name_of
from siyu.customers import queries as customers
from siyu.customers.permissions import CUSTOMERS_EXPORT
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput
from siyu.org.access import needs
from siyu.ui import formats, htmx
from siyu.ui.contracts import Cell, Column, Crumb, Fact, HeatCell, HeatRow, Row, Tab

WINDOWS = (None, 90, 180, 365, 730)
PAGE_ROWS = 50
HEAT_LEVELS = 5
SEGMENT_COLUMNS = (
    Column("segment", _("Segment"), phone="main"),
    Column("customers", _("Customers"), "end", phone="figure"),
    Column("share", _("Share"), "end"),
    Column("bar", _("Share of customers"), phone="hidden"),
    Column("net_sales", _("Net sales"), "end"),
)
CUSTOMER_COLUMNS = (
    Column("name", _("Customer"), phone="main"),
    Column("recency", _("Days since order"), "end"),
    Column("frequency", _("Orders"), "end"),
    Column("monetary", _("Net sales"), "end", phone="figure"),
    Column("scores", _("R · F · M"), "end"),
    Column("segment", _("Segment"), phone="hidden"),
)


@needs(RFM_VIEW)
@require_GET
def rfm(request: HttpRequest) -> HttpResponse:
    """The picture for ``?day=`` and ``?window=``; ``?r=&f=`` or ``?segment=`` picks a cell."""
    viewer = page.viewer_of(request)
    params = _params(request)
    snapshot = audiences.rfm_snapshot(viewer, params)
    picked = _picked(request)
    view = "segments" if request.GET.get("view") == "segments" else "grid"
    context: dict[str, Any] = {
        "snapshot": snapshot,
        "fresh": freshness.text(snapshot.freshness),
        "day": params.as_of_day,
        "windows": [(days or "", _window_label(days), days == params.window_days) for days in WINDOWS],
        "views": [
            Tab(_("5 × 5 grid"), _address(params, view="grid"), view == "grid"),
            Tab(_("Eight segments"), _address(params, view="segments"), view == "segments"),
        ],
        "view": view,
        "crumbs": [Crumb(_("Insights"))],
        "segment_columns": SEGMENT_COLUMNS,
        "segment_rows": _segment_rows(snapshot, params, picked),
        "csv_url": page.address(reverse("rfm-csv"), **_query(params)),
        "picked": _chosen(snapshot, params, picked) if picked else None,
    }
    if view == "grid" and snapshot.customer_count:
        context |= _grid(snapshot, params, picked)
    return render(request, "console/rfm.html", context)


def _params(request: HttpRequest) -> RfmParams:
    text, window = request.GET.get("day", ""), request.GET.get("window", "")
    try:
        day = date.fromisoformat(text) if text else timezone.localdate(clock.now())
        window_days = int(window) if window else None
    except ValueError as error:
        raise InvalidInput(reason="Give the day as YYYY-MM-DD and the window in days.") from error
    if window_days is not None and window_days < 1:
        raise InvalidInput(reason="Give the day as YYYY-MM-DD and the window in days.")
    return RfmParams(as_of_day=day, window_days=window_days)


def _picked(request: HttpRequest) -> RfmFilter | None:
    """The cell or segment in the address, or None."""
    segment, r, f = (request.GET.get(name, "") for name in ("segment", "r", "f"))
    if segment in set(Segment):
        return RfmFilter(segments=(Segment(segment),))
    if r in "12345" and f in "12345" and r and f:
        return RfmFilter(r_scores=(int(r),), f_scores=(int(f),))
    return None


def _query(params: RfmParams) -> dict[str, Any]:
    return {"day": params.as_of_day.isoformat(), "window": params.window_days}


def _address(params: RfmParams, **more: Any) -> str:
    return page.address(reverse("rfm"), **_query(params), **more)


def _window_label(days: int | None) -> str:
    return gettext("All orders") if days is None else gettext("Last %(days)s days") % {"days": days}


def _grid(snapshot: RfmSnapshot, params: RfmParams, picked: RfmFilter | None) -> dict[str, Any]:
    cells = {(cell.r_score, cell.f_score): cell for cell in snapshot.cells}
    bounds = _level_bounds(snapshot.cells)
    rows = [
        HeatRow(
            label=f"R{r}",
            note=_range_text(snapshot, "recency_days", r),
            cells=[_heat_cell(snapshot, cells[r, f], bounds, params, picked) for f in range(1, 6)],
        )
        for r in range(5, 0, -1)
    ]
    heads = [Fact(f"F{f}", _range_text(snapshot, "frequency", f)) for f in range(1, 6)]
    return {"heat_rows": rows, "heat_columns": heads, "legend": _legend(bounds)}


def _level_bounds(cells: Sequence[RfmCell]) -> list[float]:
    """Four bounds that cut the cells' mean net sales into fifths."""
    means = sorted(cell.mean_monetary_fen for cell in cells if cell.customer_count)
    return [means[min(len(means) - 1, len(means) * step // HEAT_LEVELS)] for step in range(1, HEAT_LEVELS)]


def _legend(bounds: list[float]) -> list[str]:
    shown = [formats.money(round(bound)) for bound in bounds]
    return [f"< {shown[0]}", *(f"≥ {bound}" for bound in shown)]


def _heat_cell(
    snapshot: RfmSnapshot, cell: RfmCell, bounds: list[float], params: RfmParams, picked: RfmFilter | None
) -> HeatCell:
    share = cell.customer_count / snapshot.customer_count
    mean = formats.money(round(cell.mean_monetary_fen)) if cell.customer_count else formats.MISSING
    return HeatCell(
        value=formats.number(cell.customer_count),
        level=bisect_right(bounds, cell.mean_monetary_fen) + 1 if cell.customer_count else 1,
        corner=formats.percent(share),
        note=mean,
        url=_address(params, r=cell.r_score, f=cell.f_score),
        selected=picked == RfmFilter(r_scores=(cell.r_score,), f_scores=(cell.f_score,)),
        label=f"R{cell.r_score} × F{cell.f_score}",
    )


def _range_text(snapshot: RfmSnapshot, measure: str, score: int) -> str:
    """What a score means in days or orders, from the cut points (recency counts backwards)."""
    if snapshot.cut_points is None:
        return ""
    cuts = getattr(snapshot.cut_points, measure)
    place = 5 - score if measure == "recency_days" else score - 1
    low = None if place == 0 else cuts[place - 1]
    high = None if place == 4 else cuts[place]
    unit = gettext("days") if measure == "recency_days" else gettext("orders")
    if low is None:
        return f"≤ {_trimmed(high)} {unit}"
    return f"> {_trimmed(low)} {unit}" if high is None else f"{_trimmed(low)} – {_trimmed(high)} {unit}"


def _trimmed(value: float | None) -> str:
    return f"{value:.1f}".removesuffix(".0") if value is not None else ""


def _segment_rows(snapshot: RfmSnapshot, params: RfmParams, picked: RfmFilter | None) -> list[Row]:
    rows = []
    for part in snapshot.segments:
        url = _address(params, segment=part.segment.value, view="segments")
        cells = {
            "segment": Cell(str(wording.SEGMENTS[part.segment]), url=url),
            "customers": Cell(formats.number(part.customer_count), url=url),
            "share": formats.percent(part.share),
            "bar": Cell("", kind="bar", share=100 * part.share),
            "net_sales": formats.money(part.monetary_fen),
        }
        selected = picked is not None and picked.segments == (part.segment,)
        rows.append(Row(cells, key=part.segment.value, url=url, selected=selected))
    return rows


def _chosen(snapshot: RfmSnapshot, params: RfmParams, picked: RfmFilter) -> dict[str, Any]:
    """The panel of a picked cell: how many, how much, who, and what can be started."""
    if picked.segments:
        part = next(part for part in snapshot.segments if part.segment in picked.segments)
        title, count, fen = str(wording.SEGMENTS[part.segment]), part.customer_count, part.monetary_fen
        query: dict[str, Any] = {"segment": part.segment.value}
    else:
        r_score, f_score = (picked.r_scores or (0,))[0], (picked.f_scores or (0,))[0]
        cell = next(c for c in snapshot.cells if (c.r_score, c.f_score) == (r_score, f_score))
        title, count, fen = f"R{r_score} × F{f_score}", cell.customer_count, cell.monetary_fen
        query = {"r": r_score, "f": f_score}
    share = count / snapshot.customer_count if snapshot.customer_count else 0
    return {
        "title": title,
        "count": count,
        "share": share,
        "facts": [
            Fact(_("Net sales"), formats.money(fen)),
            Fact(_("Net sales per customer"), formats.money(round(fen / count)) if count else formats.MISSING),
        ],
        "list_url": page.address(reverse("rfm-customers"), **_query(params), **query),
        "query": {**_query(params), **query},
        "close_url": _address(params),
    }


@needs(RFM_VIEW)
@require_GET
def rfm_customers(request: HttpRequest) -> HttpResponse:
    """The customers of a cell or segment."""
    viewer, params, picked = page.viewer_of(request), _params(request), _picked(request) or RfmFilter()
    cursor = request.GET.get("cursor")
    found = audiences.rfm_customers(viewer, params, picked, cursor=cursor, limit=PAGE_ROWS)
    known = {
        customer.id: customer for customer in customers.customers(viewer, [row.customer_id for row in found.items])
    }
    rows = [
        Row(
            key=str(row.customer_id),
            url=reverse("customer", args=[row.customer_id]),
            cells={
                "name": Cell(name_of(known[row.customer_id]), url=reverse("customer", args=[row.customer_id])),
                "recency": formats.number(row.recency_days),
                "frequency": formats.number(row.frequency),
                "monetary": formats.money(row.monetary_fen),
                "scores": f"{row.r_score} · {row.f_score} · {row.m_score}",
                "segment": wording.SEGMENTS[row.segment],
            },
        )
        for row in found.items
        if row.customer_id in known
    ]
    kept = {name: request.GET.get(name, "") for name in ("day", "window", "segment", "r", "f")}
    context = {
        "columns": CUSTOMER_COLUMNS,
        "rows": rows,
        "title": _picked_title(request),
        "crumbs": [Crumb(_("RFM model"), _address(params))],
        "next_url": page.address(request.path, **kept, cursor=found.next_cursor) if found.next_cursor else "",
        "first_url": page.address(request.path, **kept) if cursor else "",
        "query": {**kept},
    }
    return render(request, "console/rfm_customers.html", context)


def _picked_title(request: HttpRequest) -> str:
    picked = _picked(request)
    if picked is None:
        return gettext("All customers with orders")
    if picked.segments:
        return str(wording.SEGMENTS[picked.segments[0]])
    return f"R{(picked.r_scores or (0,))[0]} × F{(picked.f_scores or (0,))[0]}"


@needs(AUDIENCES_EDIT)
@require_POST
def rfm_save(request: HttpRequest) -> HttpResponse:
    """Saves a cell or segment as an audience that follows its customers from now on."""
    leaf: dict[str, Any] = {"leaf": "rfm"}
    if request.POST.get("segment", "") in set(Segment):
        leaf["segment"] = [request.POST["segment"]]
    else:
        leaf |= {name: [int(request.POST[name])] for name in ("r", "f") if request.POST.get(name, "").isdecimal()}
    if request.POST.get("window", "").isdecimal():
        leaf["window_days"] = int(request.POST["window"])
    audience_id = audience_services.create_audience(
        viewer=page.viewer_of(request), name=request.POST.get("name", "").strip(), rule={"all": [leaf]}
    )
    return htmx.redirect(request, reverse("audience", args=[audience_id]))


@needs(CUSTOMERS_EXPORT)
@require_GET
def rfm_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Every customer with measures and scores."""
    viewer, params = page.viewer_of(request), _params(request)
    lines = exports.rfm_csv(audience_services.export_rfm(viewer=viewer, params=params))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rfm-{params.as_of_day.isoformat()}.csv"'
    return response
