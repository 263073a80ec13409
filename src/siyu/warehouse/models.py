"""Tables of `warehouse` in the records: how far each stream has come, and the shipments under way."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Stream(models.Model):
    """One flow from the log to the warehouse. The position is that of the last event known to have arrived."""

    name = models.CharField(primary_key=True, max_length=100)
    xid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    # Set while somebody sends; a dead sender's lease runs out.
    lease_owner = models.CharField(max_length=80, default="", blank=True)
    lease_until = models.DateTimeField(null=True)
    # From the moment a rebuild puts the position back until the old tables are gone: nothing may be sent in between.
    awaits_drop = models.BooleanField(default=False)
    moved_at = models.DateTimeField(null=True)
    error = models.TextField(default="", blank=True)
    failing_since = models.DateTimeField(null=True)


class Outage(models.Model):
    """At most one row, which is there while the warehouse is behind: since when, and whether people were told."""

    started_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)


class ShipmentState(models.TextChoices):
    PREPARED = "prepared"
    SENT = "sent"


class Shipment(models.Model):
    """A span (from, to] of the log, sent as one insert under one token: cut once, re-sent exactly, never re-cut."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="+")
    from_xid = models.BigIntegerField()
    from_id = models.BigIntegerField()
    to_xid = models.BigIntegerField()
    to_id = models.BigIntegerField()
    token = models.CharField(max_length=64, unique=True)
    row_count = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=ShipmentState, default=ShipmentState.PREPARED)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            # Two prepared shipments of one stream would mean that one span can be cut in two ways.
            models.UniqueConstraint(
                fields=["stream"], condition=Q(state="prepared"), name="warehouse_one_prepared_shipment"
            ),
            models.UniqueConstraint(fields=["stream", "to_xid", "to_id"], name="warehouse_shipment_end"),
            models.CheckConstraint(
                condition=Q(to_xid__gt=F("from_xid")) | Q(to_xid=F("from_xid"), to_id__gt=F("from_id")),
                name="warehouse_shipment_goes_forward",
            ),
        )
