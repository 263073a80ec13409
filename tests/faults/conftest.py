"""One host of forked runs and one undisturbed run of every path, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.faults.fail_point_runs import Host, Reference, references
from tests.plugins.warehouse import start_front

HEADER = "订单号,支付时间,会员号,手机号,姓名,城市,商家编码,商品名称,数量,单价,退款金额,售后状态,订单状态,是否接受短信"


def _orders_file() -> str:
    """Three transactions: 1,400 lines of 700 orders by 70 people, with refunds and rejected rows among them."""
    rows = []
    for n in range(1_400):
        refunded = "退款成功" if n % 50 == 0 else ""
        price = "bad" if n % 97 == 0 else f"{n % 40 + 1}.{n % 100:02d}"
        person = n // 20
        rows.append(
            f"A{n // 2},2026-01-{n % 28 + 1:02d} 10:00:00,M{person},138{person:08d},P{person},上海,S{n % 7},x,"
            f"{n % 5 + 1},{price},,{refunded},,是"
        )
    return "\n".join((HEADER, *rows)) + "\n"


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    front = start_front(tmp_path_factory.mktemp("front"))
    host = Host.start(tmp_path_factory.mktemp("runs"), front)
    yield host
    host.stop()
    front.stop()


@pytest.fixture(scope="session")
def undisturbed(host: Host) -> Iterator[dict[str, Reference]]:
    found = references(host, _orders_file())
    yield found
    for reference in found.values():
        reference.before.remove()
