"""Mappings as documents, and proposals for the headers of real shop consoles."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ingest.import_files import HEADER, ROWS, counts, write

from siyu.commerce.models import Order
from siyu.ingest import queries, services
from siyu.ingest.contracts import (
    DateStyle,
    Duplicates,
    Field,
    InvalidMapping,
    Mapping,
    NoCustomer,
    ZeroPrice,
)
from siyu.ingest.mappings import synonyms
from siyu.ingest.mappings.builtin import BUILTIN, GENERIC, ONLINE_RETAIL
from siyu.ingest.mappings.suggest import suggest_mapping
from siyu.org.contracts import SYSTEM

ZONE = ZoneInfo("Asia/Shanghai")
PDD = (
    "商品,订单号,订单状态,商品总价(元),邮费(元),店铺优惠折扣(元),平台优惠折扣(元),多多支付立减金额(元),用户实付金额(元),商家实收金额(元),商品数量(件),支付时间,"
    "拼单成功时间,订单成交时间,发货时间,确认收货时间,省,市,区,商品id,商品规格,样式ID,商家编码-规格维度,商家编码-商品维度,商家备注,售后状态,快递单号,快递公司"
)
DOUYIN = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商品ID,商家编码,商品金额,订单应付金额,商家收入金额,运费,平台优惠,支付方式,收件人,收件人手机号,详细地址,"
    "订单提交时间,商家备注,订单完成时间,流量来源,流量类型,订单状态,售后状态,取消原因,发货时间,快递信息,支付完成时间"
)


@pytest.mark.parametrize("mapping", BUILTIN.values())
def test_a_mapping_survives_json(mapping: Mapping) -> None:
    assert Mapping.from_json(json.dumps(mapping.to_json(), ensure_ascii=False)) == mapping


@given(
    st.builds(
        Mapping,
        name=st.text(min_size=1, max_size=9).filter(lambda text: bool(text.strip())).map(str.strip),
        columns=st.dictionaries(
            st.sampled_from(Field), st.lists(st.text(max_size=5), min_size=1, max_size=3).map(tuple)
        ).map(lambda columns: {Field.ORDER_NO: ("a",), Field.PAID_AT: ("b",), **columns}),
        attributes=st.dictionaries(
            st.text(max_size=5), st.lists(st.text(max_size=5), min_size=1).map(tuple), max_size=3
        ),
        shop=st.sampled_from(["main", "tmall"]),
        date_style=st.sampled_from(DateStyle),
        zone=st.sampled_from([None, "UTC", "Europe/Berlin"]),
        duplicates=st.sampled_from(Duplicates),
        no_customer=st.sampled_from(NoCustomer),
        zero_price=st.sampled_from(ZeroPrice),
        refund_prefix=st.sampled_from(["", "C"]),
        adjustment_prefix=st.sampled_from(["", "A"]),
    )
)
def test_any_mapping_survives_json(mapping: Mapping) -> None:
    assert Mapping.from_json(mapping.to_json()) == mapping


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("not json", "not JSON"),
        ("[]", "not an object"),
        ({"colums": {}}, "unknown key colums"),
        ({"name": ""}, "name is not a text"),
        ({"columns": {"order_nr": ["x"]}}, "unknown field order_nr"),
        ({"columns": {"order_no": [1]}}, "columns.order_no is not a list"),
        ({"columns": {"order_no": "x"}}, "no column for paid_at"),
        ({"date_style": "american"}, "date_style is none of auto"),
        ({"zone": "Mars/Phobos"}, "unknown time zone"),
    ],
)
def test_a_wrong_document_is_refused_with_its_first_mistake(change: object, told: str) -> None:
    document = {**GENERIC.to_json(), **change} if isinstance(change, dict) else change
    with pytest.raises(InvalidMapping, match=told):
        Mapping.from_json(document)


def test_no_name_means_two_things() -> None:
    for group in (synonyms.FIELDS, synonyms.ATTRIBUTES):
        names = [name for listed in group.values() for name in listed]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            HEADER,
            {
                Field.ORDER_NO: "订单号", Field.PAID_AT: "支付时间", Field.MEMBER: "会员号", Field.PHONE: "手机号",
                Field.NAME: "姓名", Field.SKU: "商家编码", Field.TITLE: "商品名称", Field.QUANTITY: "数量",
                Field.UNIT_PRICE: "单价", Field.REFUND_AMOUNT: "退款金额", Field.AFTER_SALE: "售后状态",
                Field.STATE: "订单状态", Field.SMS_CONSENT: "是否接受短信",
            },
        ),
        (
            PDD,
            {
                Field.ORDER_NO: "订单号", Field.PAID_AT: "支付时间", Field.AMOUNT: "商家实收金额(元)",
                Field.QUANTITY: "商品数量(件)", Field.SKU: "商家编码-规格维度", Field.TITLE: "商品",
                Field.STATE: "订单状态", Field.AFTER_SALE: "售后状态",
            },
        ),
        (
            DOUYIN,
            {
                Field.ORDER_NO: "主订单编号", Field.LINE_NO: "子订单编号", Field.PAID_AT: "支付完成时间",
                Field.AMOUNT: "订单应付金额", Field.QUANTITY: "商品数量", Field.SKU: "商家编码",
                Field.TITLE: "选购商品",
                Field.PHONE: "收件人手机号", Field.NAME: "收件人", Field.STATE: "订单状态",
                Field.AFTER_SALE: "售后状态",
            },
        ),
        (
            "Order Number,Order Date,Customer ID,E-mail,Qty,Unit Price,Product Name,Stock Code,City",
            {
                Field.ORDER_NO: "Order Number", Field.PAID_AT: "Order Date", Field.MEMBER: "Customer ID",
                Field.QUANTITY: "Qty", Field.UNIT_PRICE: "Unit Price", Field.TITLE: "Product Name",
                Field.SKU: "Stock Code",
            },
        ),
    ],
)  # fmt: skip
def test_the_columns_of_shop_consoles_are_recognised(header: str, expected: dict[Field, str]) -> None:
    suggestion = suggest_mapping(header.split(","), [], ZONE)
    found = {field: headers[0] for field, headers in suggestion.mapping.columns.items()}
    assert {field: found.get(field) for field in expected} == expected
    assert all(0 <= guess.confidence <= 1 for guess in suggestion.columns)


def test_cells_that_do_not_fit_lower_the_confidence() -> None:
    header = ["订单号", "支付时间", "金额"]
    good = suggest_mapping(header, [["A", "2024-05-01", "1.50"]], ZONE).columns[1].confidence
    bad = suggest_mapping(header, [["A", "no time", "1.50"]], ZONE).columns[1].confidence
    assert bad < good


def test_the_public_log_is_recognised_as_such() -> None:
    suggestion = suggest_mapping(["InvoiceNo", "StockCode", "InvoiceDate", "Country", "Note"], [], ZONE)
    assert suggestion.mapping == ONLINE_RETAIL
    assert [(guess.field, guess.attribute) for guess in suggestion.columns] == [
        (Field.ORDER_NO, None), (Field.SKU, None), (Field.PAID_AT, None), (None, "country"), (None, None),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_the_head_of_a_file_is_shown_with_a_proposal_that_imports_it(tmp_path: Path) -> None:
    path = write(tmp_path, *ROWS, header="导出说明\n" + HEADER)
    with path.open("rb") as stream:
        stored = services.store_file(stream=stream, file_name="a.csv", viewer=SYSTEM)
    preview = queries.preview(SYSTEM, stored)
    assert (preview.headers[0], preview.first_row, preview.rows[0][0], len(preview.rows)) == ("订单号", 3, "A1", 5)
    result = counts(path, replace(preview.suggestion.mapping, shop="proposed"))
    assert (result["accepted"], result["orders"]) == (5, 4)
    assert Order.objects.filter(shop="proposed").count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_pdd_export_with_guards_and_states_is_imported_by_generic(tmp_path: Path) -> None:
    width = len(PDD.split(","))

    def row(**cells: str) -> str:
        names = PDD.split(",")
        values = ["-"] * width
        for name, value in cells.items():
            values[names.index({"paid": "商家实收金额(元)", "count": "商品数量(件)"}.get(name, name))] = value
        return ",".join(values)

    paid_at = "2024-05-01 10:00:00"
    rows = [
        row(订单号="\t240501-123456789012345", 订单状态="已发货，待收货", paid="¥19.90", 支付时间=paid_at, 商品="茶"),
        row(订单号="\t240501-123456789012346", 订单状态="已取消", paid="5.00", 支付时间=paid_at, 售后状态="退款成功"),
        row(订单号="\t240501-123456789012347", 订单状态="待支付", paid="5.00", count="1"),
        row(订单号="\t240501-123456789012348", 订单状态="已发货", paid="7.00", count="2", 订单成交时间=paid_at),
    ]  # fmt: skip
    path = tmp_path / "1714557600.csv"
    path.write_bytes("\r\n".join([PDD, *rows]).encode("gb18030"))
    result = counts(path)
    assert (result["accepted"], result["rejected"], result["orders"], result["refunds"]) == (3, 1, 3, 1)
    assert (result["gmv_fen"], result["refunds_fen"]) == (1990 + 500 + 700, 500)
    assert Order.objects.filter(number="240501-123456789012345").count() == 1
