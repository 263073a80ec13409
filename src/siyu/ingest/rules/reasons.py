"""Why a row is rejected: a code for programs and a sentence (English msgid) for people."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    TOO_MANY_CELLS = "too_many_cells"
    CELL_TOO_LONG = "cell_too_long"
    MISSING_ORDER_NO = "missing_order_no"
    DAMAGED_NUMBER = "damaged_number"
    ADJUSTMENT = "adjustment"
    UNPAID = "unpaid"
    CLOSED = "closed"
    MISSING_TIME = "missing_time"
    BAD_TIME = "bad_time"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    TIME_SKIPPED = "time_skipped"
    NO_CUSTOMER = "no_customer"
    BAD_QUANTITY = "bad_quantity"
    FRACTION_QUANTITY = "fraction_quantity"
    ZERO_QUANTITY = "zero_quantity"
    BAD_MONEY = "bad_money"
    AMBIGUOUS_MONEY = "ambiguous_money"
    MISSING_AMOUNT = "missing_amount"
    AMOUNT_TOO_LARGE = "amount_too_large"
    NEGATIVE_PRICE = "negative_price"
    ZERO_PRICE = "zero_price"
    NO_REFUND_VALUE = "no_refund_value"


def _(msgid: str) -> str:
    """Marks a msgid for the catalogue; the edge translates it."""
    return msgid


SENTENCES: dict[Reason, str] = {
    Reason.TOO_MANY_CELLS: _("The row has more cells than the header: a separator inside a text is not quoted."),
    Reason.CELL_TOO_LONG: _("The cell is longer than the limit."),
    Reason.MISSING_ORDER_NO: _("The order number is missing."),
    Reason.DAMAGED_NUMBER: _("A spreadsheet has damaged this number (scientific notation). Export it as text."),
    Reason.ADJUSTMENT: _("This is an accounting adjustment, not an order."),
    Reason.UNPAID: _("The order is not paid."),
    Reason.CLOSED: _("The order was closed without payment."),
    Reason.MISSING_TIME: _("The time of payment is missing."),
    Reason.BAD_TIME: _("This is not a date or time that can be read."),
    Reason.TIME_OUT_OF_RANGE: _("The time lies before 1990 or in the future."),
    Reason.TIME_SKIPPED: _("This local time does not exist: the clocks were put forward."),
    Reason.NO_CUSTOMER: _("The row names no customer."),
    Reason.BAD_QUANTITY: _("This is not a quantity."),
    Reason.FRACTION_QUANTITY: _("The quantity is not a whole number."),
    Reason.ZERO_QUANTITY: _("The quantity is zero."),
    Reason.BAD_MONEY: _("This is not an amount of money."),
    Reason.AMBIGUOUS_MONEY: _("The comma may separate thousands or decimals; write the amount with a point."),
    Reason.MISSING_AMOUNT: _("There is neither an amount nor a unit price."),
    Reason.AMOUNT_TOO_LARGE: _("The amount is larger than the limit."),
    Reason.NEGATIVE_PRICE: _("The price is negative."),
    Reason.ZERO_PRICE: _("The price is zero."),
    Reason.NO_REFUND_VALUE: _("The refund has no amount."),
}


class BadValue(ValueError):
    """A cell that cannot be read, with its reason."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.value)
