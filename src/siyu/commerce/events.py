"""The facts that `commerce` publishes. Net sales of any group and period is the sum of `amount_fen` over the three."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.eventlog.contracts import EventType
from siyu.eventlog.registries import EVENTS

ORDER_PAID = "commerce.order_paid"
ORDER_REVISED = "commerce.order_revised"
ORDER_REFUNDED = "commerce.order_refunded"
MONEY_EVENTS = (ORDER_PAID, ORDER_REVISED, ORDER_REFUNDED)


def register() -> None:
    order = {"order_no": _("Order number"), "shop": _("Shop"), "amount_fen": _("Amount"), "line_count": _("Lines")}
    EVENTS.add(ORDER_PAID, EventType(ORDER_PAID, _("Order paid"), order, icon="shopping-bag"))
    EVENTS.add(ORDER_REVISED, EventType(ORDER_REVISED, _("Order revised"), order, icon="edit"))
    EVENTS.add(
        ORDER_REFUNDED,
        EventType(
            ORDER_REFUNDED,
            _("Refund"),
            {"refund_no": _("Refund number"), "shop": _("Shop"), "amount_fen": _("Amount")},
            icon="receipt-refund",
        ),
    )
