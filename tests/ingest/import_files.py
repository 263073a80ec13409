"""Small order files and the way tests import them: through the services, and the job in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from siyu.commerce.models import Order, OrderLine, Refund, RefundLine
from siyu.customers.models import ConsentState, Fragment, Identity, Profile
from siyu.eventlog import jobs
from siyu.eventlog import queries as eventlog
from siyu.eventlog.contracts import JobView
from siyu.eventlog.models import Event
from siyu.ingest import services
from siyu.ingest.contracts import Mapping
from siyu.ingest.mappings.builtin import GENERIC
from siyu.org.contracts import SYSTEM

HEADER = "订单号,支付时间,会员号,手机号,姓名,城市,商家编码,商品名称,数量,单价,退款金额,售后状态,订单状态,是否接受短信"
ROWS = (
    "A1,2024-05-01 10:00:00,M1,13812341234,王小明,上海,S1,茶,2,10.50,,,交易成功,是",
    "A1,2024-05-01 10:00:00,M1,13812341234,王小明,上海,S2,杯,1,5.00,,,交易成功,是",
    "A2,2024-05-02 11:00:00,M2,,李雷,北京,S1,茶,1,10.50,,退款成功,交易成功,否",
    "A3,2024-05-03 12:00:00,M1,,,,S1,茶,3,10.50,4.50,,已发货,",
    "A4,2024-05-04 13:00:00,,138****0000,,,S3,盘,1,30.00,,,待发货,",
)


def write(folder: Path, *rows: str, header: str = HEADER, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def run(path: Path, mapping: Mapping = GENERIC, *, dry_run: bool = False) -> JobView:
    """Imports a file to its end and returns the job."""
    started = services.start_import(file=path, mapping=mapping, viewer=SYSTEM, dry_run=dry_run)
    assert jobs.run_job(job_id=started.job_id)
    return eventlog.job(started.job_id)


def counts(path: Path, mapping: Mapping = GENERIC, *, dry_run: bool = False) -> dict[str, Any]:
    """The counts of an import that ended well."""
    job = run(path, mapping, dry_run=dry_run)
    assert job.state.value == "done", job.error
    assert job.result is not None
    return dict(job.result)


def state() -> dict[str, Any]:
    """Everything an import may change, without ids and times of recording: equal states are the same to a person."""
    customer = {
        identity.fragment_id: (identity.kind, identity.lookup.hex()) for identity in Identity.objects.order_by("-kind")
    }
    return {
        "fragments": Fragment.objects.count(),
        "identities": sorted((i.kind, i.namespace, i.lookup.hex()) for i in Identity.objects.all()),
        "profiles": sorted(
            (customer[p.pk], p.display_name, p.attributes_json, p.first_seen_at) for p in Profile.objects.all()
        ),
        "consents": sorted((customer[c.fragment_id], c.granted, c.at) for c in ConsentState.objects.all()),
        "orders": sorted(
            (o.shop, o.number, o.fragment_id and customer[o.fragment_id], o.at, o.amount_fen, o.line_count)
            for o in Order.objects.all()
        ),
        "lines": sorted(OrderLine.objects.values_list("head__number", "line_key", "sku", "quantity", "amount_fen")),
        "refunds": sorted(
            (r.shop, r.number, r.fragment_id and customer[r.fragment_id], r.amount_fen, r.order and r.order.number)
            for r in Refund.objects.all()
        ),
        "refund_lines": sorted(RefundLine.objects.values_list("head__number", "line_key", "quantity", "amount_fen")),
        "events": sorted(
            (e.name, e.occurred_at_ms, _stable(e.body)) for e in Event.objects.filter(name__startswith="commerce.")
        ),
    }


def _stable(body: str) -> str:
    return ",".join(part for part in body.split(",") if "object_id" not in part)
