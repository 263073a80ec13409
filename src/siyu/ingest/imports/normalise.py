"""A batch of a mapped table becomes order and refund lines, and rejected rows with their reasons."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from siyu.ingest.contracts import Field, NoCustomer, ZeroPrice
from siyu.ingest.imports import columns
from siyu.ingest.imports.columns import Column
from siyu.ingest.imports.plan import Plan
from siyu.ingest.rules import money, texts
from siyu.ingest.rules.reasons import Reason
from siyu.ingest.rules.words import AfterSale, OrderState
from siyu.ingest.tables import limits
from siyu.ingest.tables.contracts import RAGGED, ROW, cell

# Characters of an order number; the records' column is as long. Longer ones are a wrong column.
MAX_NUMBER_LENGTH = 80
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Normalised:
    """What became of a batch.

    `lines` has one row per accepted row: row, order_no, key_text, line_no, at_ms, member, phone, name, sku, title,
    quantity, amount_fen, is_refund, refund_fen, consent, and one attr_NAME per attribute. `rejected` has row, column,
    value and reason. `people` holds the identity of every row that has one, accepted or not. Row counts exclude blank
    rows, repeated headers and footers.
    """

    lines: pl.DataFrame
    rejected: pl.DataFrame
    people: pl.Series
    row_count: int
    masked_phone_count: int


@dataclass
class _Batch:
    """The columns of a batch while they are read, and the complaints in order of weight."""

    plan: Plan
    frame: pl.DataFrame
    raw: dict[Field, pl.Series] = field(default_factory=dict)
    complaints: list[tuple[pl.Series, Field]] = field(default_factory=list)

    def text(self, name: Field) -> pl.Series:
        """The cleaned cells of a field; nulls if the file has no such column."""
        if name not in self.raw:
            parts = [columns.cleaned(self.frame[cell(place)]) for place in self.plan.fields.get(name, ())]
            if not parts:
                parts = [pl.Series([None], dtype=pl.String).new_from_index(0, self.frame.height)]
            self.raw[name] = pl.select(pl.coalesce(parts)).to_series() if len(parts) > 1 else parts[0]
        return self.raw[name]

    def take(self, name: Field, column: Column) -> pl.Series:
        """The values of a column; its unreadable cells become complaints."""
        if column.reasons is not None:
            self.complaints.append((column.reasons, name))
        return column.values

    def refuse(self, condition: pl.Series, reason: Reason, name: Field) -> None:
        """Complains about the rows where `condition` is true."""
        if condition.any():
            code = pl.select(pl.when(condition).then(pl.lit(reason.value))).to_series()
            self.complaints.append((code, name))


def normalise(frame: pl.DataFrame, plan: Plan) -> Normalised:
    """Reads all cells of a batch by the plan. The first complaint about a row is the one that is reported."""
    batch = _Batch(plan, _data_rows(frame, plan))
    batch.refuse(batch.frame[RAGGED], Reason.TOO_MANY_CELLS, Field.ORDER_NO)
    for name in plan.fields:
        batch.refuse(_is_long(batch.text(name)), Reason.CELL_TOO_LONG, name)
    values = {ROW: batch.frame[ROW], **_identities(batch)}
    values.update(_states(batch))
    values["at_ms"] = _moments(batch)
    _refuse_strangers(batch, values)
    values.update(_amounts(batch, values))
    values.update(_descriptions(batch))
    lines = pl.DataFrame(values)
    people = _identity_hash(lines)
    reasons, rejected = _rejected(batch)
    accepted = lines if reasons is None else lines.filter(reasons.is_null())
    return Normalised(
        lines=accepted.with_columns(_key_text(plan)),
        rejected=rejected,
        people=people,
        row_count=lines.height,
        masked_phone_count=columns.masked_count(batch.text(Field.PHONE)) if plan.has(Field.PHONE) else 0,
    )


def _data_rows(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Without blank rows, repeated header rows and footers: they are no rows of data and are not counted."""
    names = [cell(place) for place in range(len(plan.headers))]
    place = plan.fields[Field.ORDER_NO][0]
    first = pl.coalesce(pl.col(names).str.strip_chars(texts.BLANKS).replace("", None))
    label = first.str.strip_chars_end(":： ").str.to_lowercase()
    paid_at = pl.col(cell(plan.fields[Field.PAID_AT][0])).fill_null("").str.strip_chars()
    is_total = label.is_in(list(texts.TOTAL_WORDS)) & paid_at.is_in(["", "-"])
    is_header = pl.col(cell(place)) == pl.lit(plan.headers[place])
    unwanted = frame.select((first.is_null() | is_total | is_header).fill_null(value=False)).to_series()
    return frame.filter(~unwanted) if unwanted.any() else frame


def _is_long(text: pl.Series) -> pl.Series:
    return (text.str.len_bytes() > limits.MAX_CELL_BYTES).fill_null(value=False)


def _identities(batch: _Batch) -> dict[str, pl.Series]:
    order_no = batch.take(Field.ORDER_NO, columns.identifiers(batch.text(Field.ORDER_NO)))
    batch.refuse(order_no.is_null(), Reason.MISSING_ORDER_NO, Field.ORDER_NO)
    is_long = (order_no.str.len_chars() > MAX_NUMBER_LENGTH).fill_null(value=False)
    batch.refuse(is_long, Reason.CELL_TOO_LONG, Field.ORDER_NO)
    if batch.plan.mapping.adjustment_prefix:
        adjusted = order_no.str.contains(f"^{batch.plan.mapping.adjustment_prefix}\\d").fill_null(value=False)
        batch.refuse(adjusted, Reason.ADJUSTMENT, Field.ORDER_NO)
    return {
        "order_no": order_no,
        "line_no": batch.take(Field.LINE_NO, columns.identifiers(batch.text(Field.LINE_NO))),
        "member": batch.take(Field.MEMBER, columns.identifiers(batch.text(Field.MEMBER))),
        "phone": columns.phone_numbers(batch.text(Field.PHONE)),
    }


def _states(batch: _Batch) -> dict[str, pl.Series]:
    """Unpaid orders wait for a later file; closed ones count only where money went out and came back."""
    after_sale = columns.after_sales(batch.text(Field.AFTER_SALE))
    is_refunded = (after_sale == AfterSale.REFUNDED.value).fill_null(value=False)
    if batch.plan.has(Field.STATE):
        state = columns.order_states(batch.text(Field.STATE))
        batch.refuse((state == OrderState.UNPAID.value).fill_null(value=False), Reason.UNPAID, Field.STATE)
        is_closed = (state == OrderState.CLOSED.value).fill_null(value=False)
        batch.refuse(is_closed & ~is_refunded, Reason.CLOSED, Field.STATE)
    return {"is_refunded": is_refunded}


def _moments(batch: _Batch) -> pl.Series:
    text = batch.text(Field.PAID_AT)
    at_ms = batch.take(Field.PAID_AT, columns.millis(text, batch.plan.date_style, batch.plan.zone))
    batch.refuse(text.is_null(), Reason.MISSING_TIME, Field.PAID_AT)
    return at_ms


def _refuse_strangers(batch: _Batch, values: dict[str, pl.Series]) -> None:
    if batch.plan.mapping.no_customer is NoCustomer.REJECT:
        name = Field.MEMBER if batch.plan.has(Field.MEMBER) else Field.PHONE
        batch.refuse(values["member"].is_null() & values["phone"].is_null(), Reason.NO_CUSTOMER, name)


def _amounts(batch: _Batch, values: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """Quantity, price and amount in exact integers; refunds are told apart and made positive."""
    quantity = batch.take(Field.QUANTITY, columns.quantities(batch.text(Field.QUANTITY))).fill_null(1)
    price = batch.take(Field.UNIT_PRICE, columns.micros(batch.text(Field.UNIT_PRICE)))
    given = batch.take(Field.AMOUNT, columns.micros(batch.text(Field.AMOUNT)))
    refund = batch.take(Field.REFUND_AMOUNT, columns.micros(batch.text(Field.REFUND_AMOUNT))).fill_null(0).abs()
    batch.refuse(given.is_null() & price.is_null(), Reason.MISSING_AMOUNT, _money_field(batch.plan))
    batch.refuse(quantity == 0, Reason.ZERO_QUANTITY, Field.QUANTITY)
    batch.refuse((price < 0).fill_null(value=False), Reason.NEGATIVE_PRICE, Field.UNIT_PRICE)
    too_large = (price.cast(pl.Float64).abs() * quantity.cast(pl.Float64).abs() > money.MAX_MICRO).fill_null(
        value=False
    )
    batch.refuse(too_large, Reason.AMOUNT_TOO_LARGE, Field.UNIT_PRICE)
    safe_price = pl.select(pl.when(~too_large).then(price)).to_series()
    micro = pl.select(pl.coalesce(given, safe_price * quantity)).to_series()
    is_refund = _is_refund(batch.plan, values["order_no"], quantity, given)
    _refuse_worthless(batch, micro, is_refund)
    amount_fen = _fen(micro.abs())
    refund_fen = _fen(refund)
    whole = values["is_refunded"] & (refund_fen == 0)
    part = pl.min_horizontal(refund_fen, amount_fen)
    extra = pl.select(pl.when(is_refund).then(0).when(whole).then(amount_fen).otherwise(part))
    return {
        "quantity": quantity.abs(),
        "price": price,
        "amount_fen": amount_fen,
        "is_refund": is_refund,
        "refund_fen": extra.to_series().fill_null(0),
    }


def _money_field(plan: Plan) -> Field:
    return Field.AMOUNT if plan.has(Field.AMOUNT) else Field.UNIT_PRICE


def _is_refund(plan: Plan, order_no: pl.Series, quantity: pl.Series, given: pl.Series) -> pl.Series:
    """Negative pieces, a negative amount, or the shop's prefix for refund numbers."""
    is_refund = (quantity < 0) | (given < 0).fill_null(value=False)
    if plan.mapping.refund_prefix:
        is_refund = is_refund | order_no.str.starts_with(plan.mapping.refund_prefix).fill_null(value=False)
    return is_refund


def _refuse_worthless(batch: _Batch, micro: pl.Series, is_refund: pl.Series) -> None:
    is_zero = (micro == 0).fill_null(value=False)
    batch.refuse(is_zero & is_refund, Reason.NO_REFUND_VALUE, _money_field(batch.plan))
    if batch.plan.mapping.zero_price is ZeroPrice.REJECT:
        batch.refuse(is_zero & ~is_refund, Reason.ZERO_PRICE, _money_field(batch.plan))


def _fen(micro: pl.Series) -> pl.Series:
    """Half up on absolute values, as `rules.money.fen_from_micro` rounds."""
    return (micro + money.MICRO_PER_FEN // 2) // money.MICRO_PER_FEN


def _descriptions(batch: _Batch) -> dict[str, pl.Series]:
    sku = columns.identifiers(batch.text(Field.SKU)).values
    found = {
        "sku": pl.select(pl.coalesce(sku, batch.text(Field.SKU)))
        .to_series()
        .fill_null("")
        .str.slice(0, columns.MAX_SKU_LENGTH),
        "title": batch.text(Field.TITLE).fill_null("").str.slice(0, columns.MAX_TITLE_LENGTH),
        "name": batch.text(Field.NAME).str.slice(0, columns.MAX_NAME_LENGTH),
        "consent": columns.yes_or_no(batch.text(Field.SMS_CONSENT)),
    }
    for name, place in batch.plan.attributes.items():
        found[f"attr_{name}"] = columns.cleaned(batch.frame[cell(place)]).str.slice(0, columns.MAX_TITLE_LENGTH)
    return found


def _identity_hash(lines: pl.DataFrame) -> pl.Series:
    """A 64-bit number per row that names somebody: by member number, by phone where there is none."""
    member = pl.lit("m") + pl.col("member")
    return lines.select(pl.coalesce(member, pl.lit("p") + pl.col("phone"))).to_series().drop_nulls().hash()


def _key_text(plan: Plan) -> pl.Expr:
    """What tells a line from the others of its order: its number, or else everything that it says about the goods.

    Without the time: a console writes it to the minute in one export and to the second in another.
    """
    content = pl.concat_str(
        [
            pl.col("sku"),
            pl.col("title"),
            pl.col("quantity").cast(pl.String),
            pl.col("price").cast(pl.String).fill_null(""),
            pl.col("amount_fen").cast(pl.String),
        ],
        separator=_SEPARATOR,
    )
    numbered = pl.lit(f"#{_SEPARATOR}") + pl.col("line_no")
    body = pl.coalesce(numbered, content) if plan.has(Field.LINE_NO) else content
    kind = pl.when(pl.col("is_refund")).then(pl.lit("refund")).otherwise(pl.lit("sale"))
    return pl.concat_str([pl.lit(plan.mapping.shop), pl.col("order_no"), kind, body], separator=_SEPARATOR).alias(
        "key_text"
    )


def _rejected(batch: _Batch) -> tuple[pl.Series | None, pl.DataFrame]:
    """The first complaint per row (None if there are no complaints), and the rejected rows for the errors file."""
    if not batch.complaints:
        return None, pl.DataFrame(
            schema={"row": pl.Int64, "column": pl.String, "value": pl.String, "reason": pl.String}
        )
    reasons = pl.select(pl.coalesce([codes for codes, _ in batch.complaints])).to_series()
    header = pl.coalesce(
        [pl.when(codes.is_not_null()).then(pl.lit(batch.plan.header_of(name))) for codes, name in batch.complaints]
    )
    value = pl.coalesce(
        [pl.when(codes.is_not_null()).then(batch.text(name).fill_null("")) for codes, name in batch.complaints]
    )
    table = pl.select(
        batch.frame[ROW].alias("row"), header.alias("column"), value.alias("value"), reasons.alias("reason")
    )
    return reasons, table.filter(pl.col("reason").is_not_null())
