"""Tables of `audiences`. Membership is a base set plus delta rows; the latest delta of a customer wins."""

from __future__ import annotations

from django.db import models

from siyu.audiences.contracts import AudienceState


class Audience(models.Model):
    """A saved rule. `version` grows with each edit; `rule_hash` says which rule the members were computed for."""

    name = models.CharField(max_length=120)
    rule_json = models.TextField()
    rule_hash = models.CharField(max_length=32)
    state = models.CharField(max_length=10, default=AudienceState.BUILDING.value)
    error = models.TextField(default="", blank=True)
    version = models.IntegerField(default=1)
    # All of its conditions follow single customers' events, so that micro-batches keep it.
    is_live = models.BooleanField(default=True)
    # Days passing may move customers in or out without any event.
    moves_with_time = models.BooleanField(default=False)
    created_by = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["name"], condition=~models.Q(state="archived"), name="audience_name_once"
            ),
        )


class Members(models.Model):
    """The base set of an audience, as a groupBitmap state. `version` grows with each write to base or deltas."""

    audience = models.OneToOneField(Audience, primary_key=True, on_delete=models.CASCADE, related_name="+")
    base = models.BinaryField(default=b"")
    rule_hash = models.CharField(max_length=32, default="", blank=True)
    version = models.BigIntegerField(default=0)
    member_count = models.BigIntegerField(default=0)
    as_of = models.DateTimeField(null=True)
    rebuilt_at = models.DateTimeField(null=True)


class AudienceDelta(models.Model):
    """Somebody entered or left since the base was written."""

    audience = models.ForeignKey(Audience, on_delete=models.CASCADE, related_name="+", db_index=False)
    fragment_id = models.BigIntegerField()
    entered = models.BooleanField()
    at = models.DateTimeField()
    xid = models.BigIntegerField()
    event_id = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=["audience", "id"], name="audience_delta_order"),)


class Evaluation(models.Model):
    """How far the log has been evaluated (one row), and who does it now."""

    name = models.CharField(max_length=40, primary_key=True)
    xid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, default="", blank=True)
    lease_until = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)
    error = models.TextField(default="", blank=True)
    failing_since = models.DateTimeField(null=True)
