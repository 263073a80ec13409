"""Tables of `webhooks`."""

from __future__ import annotations

from django.db import models


class Endpoint(models.Model):
    """Where events go. Whoever holds the lease is the only one who sends to it."""

    name = models.CharField(max_length=80, unique=True)
    url = models.CharField(max_length=500)
    events_json = models.TextField()
    secret_sealed = models.BinaryField()
    state = models.CharField(max_length=10, default="active")
    problem = models.CharField(max_length=300, default="")
    # Since when nothing has arrived, and how often it failed since.
    failing_since = models.DateTimeField(null=True)
    failure_count = models.IntegerField(default=0)
    # After a failure nothing is tried before this moment, however much waits.
    rest_until = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=80, default="")
    lease_until = models.DateTimeField(null=True)
    created_by = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One event for one endpoint: the exact body, and the answer to the last attempt."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="+")
    # The receiver tells repetitions by it. Of an event and an endpoint there is one, so that none is queued twice.
    message_id = models.CharField(max_length=80, unique=True)
    event = models.CharField(max_length=80)
    body = models.TextField()
    state = models.CharField(max_length=10, default="waiting")
    attempts = models.IntegerField(default=0)
    status = models.IntegerField(default=0)
    answer = models.CharField(max_length=1000, default="")
    problem = models.CharField(max_length=300, default="")
    duration_ms = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["endpoint", "state", "due_at", "id"], name="webhooks_due"),
            models.Index(fields=["endpoint", "id"], name="webhooks_listed"),
        )

    def __str__(self) -> str:
        return self.message_id
