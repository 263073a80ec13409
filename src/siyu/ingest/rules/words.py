"""State words of shop exports, and yes and no."""

from __future__ import annotations

import re
from enum import StrEnum

from siyu.ingest.rules.texts import clean_text


class OrderState(StrEnum):
    UNPAID = "unpaid"
    PAID = "paid"
    CLOSED = "closed"


class AfterSale(StrEnum):
    NONE = "none"
    PENDING = "pending"
    REFUNDED = "refunded"


_UNPAID = re.compile(r"待付款|待支付|未付款|未支付|等待买家付款|unpaid|pending payment|awaiting payment", re.IGNORECASE)
_CLOSED = re.compile(r"已关闭|交易关闭|已取消|closed|cancell?ed", re.IGNORECASE)
# A cancelled or refused after-sale request says 退款 too, so these come first.
_NO_REFUND = re.compile(r"无售后|取消|拒绝|失败|撤销|关闭|none|no refund|rejected", re.IGNORECASE)
_REFUNDED = re.compile(r"退款成功|已退款|退款完成|退货退款成功|refunded|refund success", re.IGNORECASE)
_PENDING = re.compile(r"退款中|处理中|待处理|pending|in progress", re.IGNORECASE)
_YES = frozenset({"是", "同意", "接受", "已同意", "yes", "y", "true", "1", "t", "agree", "opt-in"})
_NO = frozenset({"否", "不同意", "不接受", "拒绝", "no", "n", "false", "0", "f", "opt-out"})


def order_state(cell: str) -> OrderState:
    """The state a word means; words that say neither unpaid nor closed come after payment (shipped, reviewed)."""
    if _UNPAID.search(cell):
        return OrderState.UNPAID
    return OrderState.CLOSED if _CLOSED.search(cell) else OrderState.PAID


def after_sale(cell: str) -> AfterSale:
    """What became of an after-sale request. 无售后或售后取消 is one word of the platforms for "none"."""
    if _REFUNDED.search(cell):
        return AfterSale.REFUNDED
    if _NO_REFUND.search(cell):
        return AfterSale.NONE
    return AfterSale.PENDING if _PENDING.search(cell) else AfterSale.NONE


def yes_or_no(cell: str) -> bool | None:
    """True, False, or None where the cell says neither: silence is no consent and no withdrawal."""
    text = (clean_text(cell) or "").lower()
    if text in _YES:
        return True
    return False if text in _NO else None
