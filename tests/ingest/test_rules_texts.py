"""Texts, identifiers, phones, words and headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.ingest.rules import headers, phones, texts, words
from siyu.ingest.rules.reasons import SENTENCES, BadValue, Reason


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("\t6917926768823643751", "6917926768823643751"),
        ('="6917926768823643751"', "6917926768823643751"),
        ("'6917926768823643751", "6917926768823643751"),
        ("6917926768823643751\t", "6917926768823643751"),
        ("17850.0", "17850"),
        ("17850.00", "17850"),
        ("0017850", "0017850"),
        ("P7.5", "P7.5"),
        ("１２３ＡＢ", "123AB"),
        ("\ufeffC536379\u3000", "C536379"),
        ("85E3", "85E3"),
        ("230101-123456789012345", "230101-123456789012345"),
        ("", None),
        ("-", None),
        ('=""', None),
    ],
)
def test_guards_around_an_identifier_go(cell: str, expected: str | None) -> None:
    assert texts.clean_id(cell) == expected


@pytest.mark.parametrize("cell", ["6.91793E+18", "6.9e+18", "1E+10"])
def test_a_number_that_lost_its_digits_is_refused(cell: str) -> None:
    with pytest.raises(BadValue) as caught:
        texts.clean_id(cell)
    assert caught.value.reason is Reason.DAMAGED_NUMBER


@given(st.text())
def test_cleaning_an_identifier_twice_changes_nothing(cell: str) -> None:
    try:
        once = texts.clean_id(cell)
    except BadValue:
        return
    if once is not None and not once.startswith(('="', "'")):
        assert texts.clean_text(once) in (once, None)


@pytest.mark.parametrize("cell", ["合计", "总计：", " 合计: ", "Total", "GRAND TOTAL"])
def test_footers_are_known(cell: str) -> None:
    assert texts.is_total(cell)


def test_a_product_is_no_footer() -> None:
    assert not texts.is_total("合计划书")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("13812341234", "+8613812341234"),
        ("138 1234 1234", "+8613812341234"),
        ("+86-138-1234-1234", "+8613812341234"),
        ("008613812341234", "+8613812341234"),
        ("8613812341234", "+8613812341234"),
        ("13812341234.0", "+8613812341234"),
        ("１３８１２３４１２３４", "+8613812341234"),
        ("+44 20 7946 0958", "+442079460958"),
        ("010-62345678", "+861062345678"),
        ("138****1234", None),
        ("1.38E+10", None),
        ("12345", None),
        ("none", None),
        ("", None),
    ],
)
def test_phones_become_e164_or_nothing(cell: str, expected: str | None) -> None:
    assert phones.parse_phone(cell) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("待付款", words.OrderState.UNPAID),
        ("待支付", words.OrderState.UNPAID),
        ("等待买家付款", words.OrderState.UNPAID),
        ("待发货", words.OrderState.PAID),
        ("买家已付款，等待卖家发货", words.OrderState.PAID),
        ("卖家已发货，等待买家确认", words.OrderState.PAID),
        ("交易成功", words.OrderState.PAID),
        ("已收货", words.OrderState.PAID),
        ("已签收", words.OrderState.PAID),
        ("已关闭", words.OrderState.CLOSED),
        ("交易关闭", words.OrderState.CLOSED),
        ("已取消", words.OrderState.CLOSED),
    ],
)
def test_state_words(cell: str, expected: words.OrderState) -> None:
    assert words.order_state(cell) is expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("无售后或售后取消", words.AfterSale.NONE),
        ("退款中", words.AfterSale.PENDING),
        ("售后处理中", words.AfterSale.PENDING),
        ("退款成功", words.AfterSale.REFUNDED),
        ("已退款", words.AfterSale.REFUNDED),
        ("退款关闭", words.AfterSale.NONE),
        ("-", words.AfterSale.NONE),
    ],
)
def test_after_sale_words(cell: str, expected: words.AfterSale) -> None:
    assert words.after_sale(cell) is expected


@pytest.mark.parametrize(
    ("cell", "expected"), [("是", True), ("否", False), ("Yes", True), ("n", False), ("?", None), ("", None)]
)
def test_yes_and_no_and_silence(cell: str, expected: bool | None) -> None:
    assert words.yes_or_no(cell) is expected


def test_header_spellings_are_one() -> None:
    assert {
        headers.header_key(name) for name in ("Order No", "order_no", "OrderNo", " ORDER-NO\t", "\ufefforder no")
    } == {"orderno"}
    assert headers.header_key("商品总价（元）") == headers.header_key("商品总价(元)")


def test_repeated_and_nameless_headers_get_names() -> None:
    assert headers.distinct_headers(["金额", "金额", "", "金额"]) == (
        ("金额", "金额 (2)", "(C)", "金额 (3)"),
        ("金额",),
    )
    assert headers.column_letter(26) == "AA"


def test_every_reason_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Reason)
