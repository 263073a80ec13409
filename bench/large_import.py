"""A gigabyte of order lines by `siyu import` and by upload through the web process: time, memory, and the count.

Takes about ten minutes and ten gigabytes of the temporary folder.
"""

from __future__ import annotations

import http.client
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil
from tests.faults.harness import Site, wait_until

from bench.installation import JOB_PROCESS, living, watched
from bench.processes import MIB, Peaks
from bench.rows import BenchRow
from bench.scale import scaled

AREA = "large import"
FILE_MIB = scaled(1024)
MAX_PROCESS_MIB = 700
# Far more than it takes: a machine that is busy with other things must not end the measurement.
PATIENCE_SECONDS = 7_200
# An order every eleven seconds fills a year.
BEGIN = datetime(2025, 1, 1)  # noqa: DTZ001 - as shops write it
AS_OF = "2026-01-01"
EMAIL = "bench@siyu.example"
BOUNDARY = "siyu-bench-boundary"
# Two lines make an order, some fourteen orders a customer; one line in ten thousand cannot be read.
LINES_OF_ORDER = 2
LINES_OF_CUSTOMER = 28
BAD_EVERY = 10_000
HEADER = (
    "订单号,子订单号,支付时间,会员号,手机号,姓名,城市,商品编码,商品名称,数量,实付金额,售后状态,退款金额,是否接受短信"
)
_CITIES = ("上海", "杭州", "成都", "广州", "武汉", "西安", "南京")
_GOODS = ("阳光玫瑰葡萄 500g", "海南金煌芒果 2斤", "四川耙耙柑 5斤装", "云南蓝莓 125g×4盒", "进口车厘子 JJJ 1kg")


@dataclass
class Orders:
    """The file and what an import of it has to count."""

    path: Path
    size_bytes: int = 0
    rows: int = 0
    rejected: int = 0
    customers: int = 0
    net_sales_fen: int = 0


def run() -> list[BenchRow]:
    with tempfile.TemporaryDirectory(prefix="siyu-bench-") as folder:
        orders = write_orders(Path(folder) / "orders.csv", FILE_MIB * MIB)
        site = Site.make(Path(folder) / "home", sandbox=False)
        site.command_seconds = PATIENCE_SECONDS
        site.siyu("staff", "create", "--email", EMAIL, "--name", "Bench")
        site.up()
        try:
            return _rows(site, orders)
        finally:
            site.down()
            site.remove()


def _rows(site: Site, orders: Orders) -> list[BenchRow]:
    command: dict[str, psutil.Process] = {}
    before = _supervised(site)
    with Peaks(lambda: {**living(site), **command}) as peaks:
        started = perf_counter()
        counts = watched(site, command, "import", "orders", str(orders.path), "--wait")
        imported = perf_counter() - started
        answered = watched(site, command, "rfm", "--as-of", AS_OF)
        shipped = perf_counter() - started
        _check(orders, counts, accepted=orders.rows - orders.rejected)
        assert answered["customers"] == orders.customers
        started = perf_counter()
        file = _upload(site, orders)
        uploaded = perf_counter() - started
        _check(orders, _import_uploaded(site, file), accepted=0)
        renewed = perf_counter() - started - uploaded
    assert _supervised(site) == before, "a process died"
    size = f"{orders.size_bytes / MIB:,.0f} MiB"
    return [
        BenchRow(AREA, f"{size} by `siyu import --wait`", imported, "s", note=f"{orders.rows:,} lines"),
        BenchRow(AREA, "lines per second", orders.rows / imported, "rows/s"),
        BenchRow(AREA, "until `siyu rfm` has answered", shipped, "s", note=f"{orders.customers:,} customers scored"),
        BenchRow(AREA, f"{size} uploaded through the web process", uploaded, "s", note="with the preview"),
        BenchRow(AREA, "its import, every line known already", renewed, "s"),
        *(
            BenchRow(AREA, f"peak resident memory: {name}", peak, "MiB", f"<= {MAX_PROCESS_MIB}")
            for name, peak in sorted(peaks.found.items())
        ),
    ]


def _supervised(site: Site) -> dict[str, int]:
    return {name: process.pid for name, process in living(site).items() if name != JOB_PROCESS}


def _check(orders: Orders, counts: dict[str, Any], *, accepted: int) -> None:
    known = orders.rows - orders.rejected - accepted
    wanted = {
        "rows": orders.rows, "rejected": orders.rejected, "accepted": accepted, "duplicates": known,
        "customers": orders.customers, "net_sales_fen": orders.net_sales_fen,
    }  # fmt: skip
    found = {name: counts[name] for name in wanted}
    assert found == wanted, f"{found} instead of {wanted}"


# ---- the file --------------------------------------------------------------------------------------------------------


def write_orders(path: Path, size_bytes: int) -> Orders:
    """Lines of orders until the file is that large; the same bytes for the same size."""
    orders = Orders(path)
    bought: set[int] = set()
    # As many people as the file will have lines for, at some 200 bytes a line.
    people = max(1, size_bytes // 200 // LINES_OF_CUSTOMER)
    with path.open("wb") as file:
        orders.size_bytes += file.write(f"{HEADER}\n".encode())
        while orders.size_bytes < size_bytes:
            place, fen = orders.rows, 990 + orders.rows % 9_000
            # A multiplier without a common factor with the number of people spreads their orders over the file.
            person = place // LINES_OF_ORDER * 1_000_003 % people
            is_bad = place % BAD_EVERY == BAD_EVERY - 1
            refund_fen = fen if place % 50 == 0 else 0
            orders.size_bytes += file.write(_line(place, person, fen, refund_fen, is_bad=is_bad).encode())
            orders.rows += 1
            if is_bad:
                orders.rejected += 1
            else:
                bought.add(person)
                orders.net_sales_fen += fen - refund_fen
    orders.customers = len(bought)
    return orders


def _line(place: int, person: int, fen: int, refund_fen: int, *, is_bad: bool) -> str:
    order, number = divmod(place, LINES_OF_ORDER)
    at = BEGIN + timedelta(seconds=11 * order)
    amount = "三十九元" if is_bad else f"{fen // 100}.{fen % 100:02d}"
    refund = f"退款成功,{refund_fen // 100}.{refund_fen % 100:02d}" if refund_fen else "无售后或售后取消,"
    return (
        f"6920{order:015d},6920{order:015d}-{number + 1},{at:%Y-%m-%d %H:%M:%S},"
        f"VIP{10_000_000 + person},138{person % 10**8:08d},会员{person},{_CITIES[person % 7]},"
        f"SKU{place % 500:05d},{_GOODS[place % 5]},1,{amount},{refund},{'否' if person % 10 == 0 else '是'}\n"
    )


# ---- through the web process -----------------------------------------------------------------------------------------


def _upload(site: Site, orders: Orders) -> str:
    """Uploads the file piece by piece, as a browser does; the name under which its import can be started."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{orders.path.name}"\r\n\r\n'
    tail = f"\r\n--{BOUNDARY}--\r\n"
    headers = {
        **_bearer(site),
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(head) + orders.size_bytes + len(tail)),
    }
    connection = http.client.HTTPConnection("127.0.0.1", site.ports["web"], timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", "/api/v1/imports/files", _pieces(head, orders.path, tail), headers)
        answer = connection.getresponse()
        document = json.loads(answer.read())
        assert answer.status == 201, document
        return str(document["file"])
    finally:
        connection.close()


def _pieces(head: str, path: Path, tail: str) -> Iterator[bytes]:
    yield head.encode()
    with path.open("rb") as file:
        while piece := file.read(MIB):
            yield piece
    yield tail.encode()


def _import_uploaded(site: Site, file: str) -> dict[str, Any]:
    headers = {**_bearer(site), "Content-Type": "application/json"}
    order = json.dumps({"file": file, "mapping": "generic"}).encode()
    started = site.request("web", "POST", "/api/v1/imports", order, headers)
    assert started.status == 201, started.body
    address = f"/api/v1/imports/{started.json()['id']}"

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = site.request("web", "GET", address, headers=headers).json()
        return found if found["state"] not in ("queued", "running") else None

    view = wait_until(ended, seconds=PATIENCE_SECONDS, what="the import has ended", pause_seconds=0.5)
    assert view["state"] == "done", view
    counts: dict[str, Any] = view["counts"]
    return counts


def _bearer(site: Site) -> dict[str, str]:
    return {"Authorization": f"Bearer {site.siyu('token', 'create', '--email', EMAIL)['token']}"}
