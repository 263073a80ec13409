"""The measures that come with Siyu: one definition each, as in the glossary."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.insights.contracts import Measure, Unit

_WAREHOUSE = "warehouse"
_RECORDS = "records"

MEASURES = (
    Measure(
        "new_customers", _("New customers"), _("customers first seen in the period"), Unit.COUNT,
        _("Distinct customers, after merges, whose first identity or order falls into the period."), _WAREHOUSE,
    ),
    Measure(
        "paying_customers", _("Paying customers"), _("customers with at least 1 paid order in the period"), Unit.COUNT,
        _("Distinct customers, after merges. Orders of nobody known are left out."), _WAREHOUSE,
    ),
    Measure(
        "orders", _("Orders"), _("paid orders in the period"), Unit.COUNT,
        _("Distinct paid orders of all shops, by the time of payment in the brand's zone."), _WAREHOUSE,
    ),
    Measure(
        "gmv", _("GMV"), _("paid order amount"), Unit.MONEY,
        _("The amount of all orders paid in the period, before refunds."), _WAREHOUSE,
    ),
    Measure(
        "net_sales", _("Net sales"), _("paid order amount − refunds"), Unit.MONEY,
        _("Refunds count on the day on which they were made, whenever the order was paid."), _WAREHOUSE,
    ),
    Measure(
        "aov", _("Average order value"), _("net sales ÷ orders"), Unit.MONEY,
        _("Net sales of the period divided by its paid orders."), _WAREHOUSE,
    ),
    Measure(
        "repurchase_rate", _("Repurchase rate"), _("customers with ≥ 2 orders ÷ customers with ≥ 1"), Unit.SHARE,
        _("Both within the period; distinct customers after merges."), _WAREHOUSE,
    ),
    Measure(
        "sent", _("Sent"), _("messages that the provider accepted"), Unit.COUNT,
        _("One per customer and plan. Messages of unknown fate count once they are found with the provider."), _RECORDS,
    ),
    Measure(
        "delivered", _("Delivered"), _("messages with a positive receipt"), Unit.COUNT,
        _("The carrier reports that the phone has the message."), _RECORDS,
    ),
    Measure(
        "delivery_rate", _("Delivery rate"), _("delivered ÷ sent"), Unit.SHARE,
        _("Receipts that are still missing count as not delivered."), _RECORDS,
    ),
    Measure(
        "clicked", _("Clicked"), _("customers who opened their link"), Unit.COUNT,
        _("Distinct recipients; automated visits are left out."), _RECORDS,
    ),
    Measure(
        "click_rate", _("Click rate"), _("clicked ÷ delivered"), Unit.SHARE,
        _("Distinct recipients who opened their link, of those who have the message."), _RECORDS,
    ),
    Measure(
        "order_rate", _("Order rate"), _("customers with a paid order in the result window ÷ customers of the group"),
        Unit.SHARE,
        _("Groups are as assigned at the launch, whoever got a message (intention to treat)."), _RECORDS,
    ),
    Measure(
        "incremental_lift", _("Incremental lift"), _("order rate of the treated − order rate of the holdout"),
        Unit.POINTS,
        _("With a 95 % interval after Newcombe. Never a bare before/after."), _RECORDS,
    ),
    Measure(
        "incremental_orders", _("Incremental orders"),
        _("(orders per treated customer − orders per held-out customer) × treated customers"), Unit.COUNT,
        _("Orders that would not have been placed without the plan, with Welch's 95 % interval."), _RECORDS,
    ),
    Measure(
        "incremental_net_sales", _("Incremental net sales"),
        _("(net sales per treated customer − per held-out customer) × treated customers"), Unit.MONEY,
        _("With Welch's 95 % interval; refunds within the result window are taken off."), _RECORDS,
    ),
    Measure(
        "message_cost", _("Message cost"), _("billed units × price of a unit"), Unit.MONEY,
        _("Units as the provider reports them, otherwise as counted from the text."), _RECORDS,
    ),
    Measure(
        "cost_per_incremental_order", _("Cost per incremental order"), _("message cost ÷ incremental orders"),
        Unit.MONEY,
        _("Only where there are incremental orders."), _RECORDS,
    ),
    Measure(
        "naive_orders", _("Orders of the treated"), _("all orders of treated customers in the result window"),
        Unit.COUNT,
        _("What a report without a holdout would claim. Most of it would have happened anyway."), _RECORDS,
    ),
)  # fmt: skip
