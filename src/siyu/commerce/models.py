"""Tables of `commerce`. Orders and refunds have the same shape on purpose: a head with a number, and keyed lines."""

from __future__ import annotations

from django.db import models


class Head(models.Model):
    """What orders and refunds have in common. `number` is unique within its shop; amounts are never negative."""

    shop = models.CharField(max_length=60)
    number = models.CharField(max_length=80)
    fragment = models.ForeignKey("customers.Fragment", null=True, on_delete=models.PROTECT, related_name="+")
    amount_fen = models.BigIntegerField(default=0)
    line_count = models.IntegerField(default=0)
    trace_id = models.CharField(max_length=32, default="")

    class Meta:
        abstract = True


class Line(models.Model):
    """A line of a head. `line_key` tells it from every other line of the same head."""

    line_key = models.BinaryField(max_length=16)
    sku = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    quantity = models.IntegerField()
    amount_fen = models.BigIntegerField()

    class Meta:
        abstract = True


class Order(Head):
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["shop", "number"], name="order_once"),
            models.CheckConstraint(condition=models.Q(amount_fen__gte=0), name="order_not_negative"),
        )


class OrderLine(Line):
    head = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["head", "line_key"], name="order_line_once"),)


class Refund(Head):
    """Amounts are positive: what went back. `order` is known only where the shop says so."""

    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["shop", "number"], name="refund_once"),
            models.CheckConstraint(condition=models.Q(amount_fen__gte=0), name="refund_not_negative"),
        )


class RefundLine(Line):
    head = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["head", "line_key"], name="refund_line_once"),)


class CustomerTotal(models.Model):
    """Running totals per fragment, written with the orders: lists sort by them without touching the lines."""

    fragment = models.OneToOneField("customers.Fragment", primary_key=True, on_delete=models.PROTECT, related_name="+")
    order_count = models.IntegerField(default=0)
    gmv_fen = models.BigIntegerField(default=0)
    refunds_fen = models.BigIntegerField(default=0)
    net_sales_fen = models.BigIntegerField(default=0)
    first_paid_at = models.DateTimeField(null=True)
    last_paid_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["-net_sales_fen", "fragment"], name="total_by_net_sales"),
            models.Index(fields=["-last_paid_at", "fragment"], name="total_by_last_order"),
            models.Index(fields=["-order_count", "fragment"], name="total_by_orders"),
        )
