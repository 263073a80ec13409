"""What waits for a second person, and from which size on it does."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class ApprovalRule(models.Model):
    """From which size on a kind of action needs an approval; null means never."""

    kind = models.CharField(max_length=40, unique=True)
    people_from = models.BigIntegerField(null=True)
    cost_fen_from = models.BigIntegerField(null=True)
    version = models.BigIntegerField(default=1)


class Approval(models.Model):
    """A request. `object_version` pins what is approved; `open_key` lets one thing wait only once at a time."""

    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    object_version = models.BigIntegerField()
    open_key = models.CharField(max_length=80, null=True, unique=True)
    title = models.CharField(max_length=120)
    args_json = models.TextField(default="{}")
    people_count = models.BigIntegerField()
    cost_fen = models.BigIntegerField()
    node_path = models.CharField(max_length=120, default="")
    reason = models.TextField()
    state = models.CharField(max_length=10, default="pending")
    requested_by = models.BigIntegerField()
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    comment = models.TextField(default="")
    settled_at = models.DateTimeField(null=True)
    problem = models.TextField(default="")
    trace_id = models.CharField(max_length=32, default="")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("requested_by")),
                name="approval_by_somebody_else",
            ),
        )
        indexes = (models.Index(fields=["state", "expires_at"], name="approval_waiting"),)
