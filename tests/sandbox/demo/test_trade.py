"""A year of trade: who comes how often, when the brand is busy, what is bought in which season."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from siyu.sandbox.demo import goods, seasons
from siyu.sandbox.demo.customers import PERSONAS, Channel, make_customers
from siyu.sandbox.demo.facts import make_facts
from siyu.sandbox.demo.orders import DAY_SECONDS, Trade, make_trade
from siyu.sandbox.demo.organisation import make_organisation
from siyu.sandbox.demo.size import YEAR_DAYS, Size


def _with_days(size: Size, orders: pl.DataFrame) -> pl.DataFrame:
    day = pl.lit(size.first_day) + pl.duration(days=pl.col("placed") // DAY_SECONDS)
    return orders.with_columns(day.alias("on"))


def test_customers_buy_as_often_as_they_should(size: Size, trade: Trade) -> None:
    by_customer = trade.orders.group_by("customer").len()
    assert by_customer.height == size.customers
    assert trade.orders.height / size.customers == pytest.approx(size.orders_per_customer, rel=0.1)
    once = by_customer.filter(pl.col("len") == 1).height / size.customers
    assert 0.25 < once < 0.5
    assert by_customer["len"].max() > 20


def test_some_are_new_some_are_silent_some_are_lost(size: Size, trade: Trade) -> None:
    seen = trade.orders.group_by("customer").agg(
        first=pl.col("placed").min() // DAY_SECONDS, last=pl.col("placed").max() // DAY_SECONDS
    )
    silent_days = YEAR_DAYS - seen["last"]
    assert 0.2 < (silent_days <= 30).mean() < 0.45
    assert 0.2 < (silent_days > 120).mean() < 0.5
    assert (seen["first"] > YEAR_DAYS - 30).mean() > 0.02


def test_two_to_three_in_a_hundred_orders_come_back(trade: Trade) -> None:
    returned = trade.lines.filter(pl.col("refund_fen") > 0)
    assert 0.02 <= returned["order"].n_unique() / trade.orders.height <= 0.03
    assert (returned["refund_fen"] <= returned["amount_fen"]).all()
    channel = trade.orders["channel"].to_numpy()[returned["order"].to_numpy()]
    assert set(channel) <= {Channel.TILL, Channel.YOUZAN, Channel.DOUYIN}


def test_weekends_and_the_members_day_are_busier(size: Size, trade: Trade) -> None:
    in_store = _with_days(size, trade.orders.filter(pl.col("channel") == Channel.TILL))
    counts = dict(in_store.group_by(pl.col("on").dt.weekday()).len().rows())
    assert min(counts[6], counts[7]) > 1.2 * max(counts[1], counts[3])
    assert counts[2] > counts[1]
    hours = trade.orders.filter(pl.col("channel") == Channel.TILL)["placed"] % DAY_SECONDS // 3_600
    assert (hours.min(), hours.max()) == (7, 22)


def test_holidays_that_move_with_the_moon_are_seen() -> None:
    weights = seasons.day_weights(Size(date(2026, 12, 31)))

    def around(day: str, first: int, last: int) -> float:
        place = (date.fromisoformat(day) - date(2026, 1, 1)).days
        return float(np.mean(weights[place + first : place + last + 1]))

    assert around("2026-02-17", -7, -2) > 2 * around("2026-02-17", 0, 3)
    assert around("2026-09-25", -3, -1) > 1.3 * around("2026-09-25", 6, 12)
    online = seasons.online_weights(Size(date(2026, 12, 31)))
    singles = (date(2026, 11, 11) - date(2026, 1, 1)).days
    assert online[singles] > 2 * online[singles - 7]


def test_a_year_beyond_the_listed_holidays_goes_without() -> None:
    assert seasons.day_weights(Size(date(2040, 6, 30))).min() > 0


def test_fruit_is_bought_in_its_season(size: Size, trade: Trade) -> None:
    lines = trade.lines.join(_with_days(size, trade.orders), on="order")
    lychee = next(place for place, fruit in enumerate(goods.FRUITS) if "荔枝" in fruit.title)
    months = lines.filter(pl.col("fruit") == lychee)["on"].dt.month()
    assert months.is_in([5, 6]).mean() > 0.4
    melon = next(place for place, fruit in enumerate(goods.FRUITS) if "西瓜" in fruit.title)
    assert lines.filter((pl.col("fruit") == melon) & (pl.col("channel") >= Channel.TMALL)).height == 0


def test_lines_are_numbered_and_an_order_has_each_fruit_once(trade: Trade) -> None:
    assert trade.lines.select("order", "fruit").is_duplicated().sum() == 0
    numbers = trade.lines.group_by("order").agg(last=pl.col("number").max(), count=pl.len())
    assert (numbers["last"] == numbers["count"]).all()
    assert numbers.height == trade.orders.height
    assert (trade.lines["amount_fen"] == trade.lines["unit_fen"] * trade.lines["quantity"]).all()


def test_nobody_comes_to_a_store_before_it_opened(size: Size, customers: pl.DataFrame, trade: Trade) -> None:
    stores = make_organisation(size).stores
    opened = pl.DataFrame({"store": range(len(stores)), "opened": [store.opened for store in stores]})
    visits = (
        trade.orders.filter(pl.col("channel") == Channel.TILL)
        .with_columns(pl.col("customer").cast(pl.UInt32))
        .join(customers.select("store").with_row_index("customer"), on="customer")
        .join(opened, on="store")
    )
    new = visits.filter(pl.col("opened") > 0)
    assert new.height
    assert (new["placed"] // DAY_SECONDS >= new["opened"]).all()


def test_who_only_buys_online_has_no_store(customers: pl.DataFrame, trade: Trade) -> None:
    online_only = customers.filter("online_only")
    assert online_only["store"].is_null().all()
    assert (online_only["member_no"] == "").all()
    assert (online_only["phone"] != "").all()
    both = customers.filter(~pl.col("online_only"))
    assert both["store"].is_not_null().all()
    assert ((both["member_no"] != "") | (both["phone"] != "")).all()


def test_numbers_are_unique_across_blocks(size: Size, customers: pl.DataFrame, trade: Trade) -> None:
    """The blocks of a large brand are made apart, and must not meet in any number."""
    first, second = (make_facts(size, block, customers, trade) for block in (0, 99))
    both = pl.concat([first, second])
    heads = both.select("channel", "order_no").unique()
    assert heads.height == 2 * trade.orders.height
    named = both.filter(pl.col("line_no") != "").select("channel", "line_no")
    assert named.is_duplicated().sum() == 0


def test_a_brand_of_several_blocks_has_everybody_once() -> None:
    large = Size(date(2026, 3, 1), 100_010)
    assert [len(large.ids(block)) for block in large.blocks] == [50_000, 50_000, 10]
    last = make_customers(large, 2)
    assert last["id"].to_list() == list(range(100_001, 100_011))
    assert make_trade(large, 2, last).orders.height >= 10
    phones = pl.concat([make_customers(large, block)["phone"] for block in large.blocks])
    assert phones.filter(phones != "").is_duplicated().sum() == 0


def test_personas_are_all_customers() -> None:
    assert sum(persona.share for persona in PERSONAS) == pytest.approx(1.0)
