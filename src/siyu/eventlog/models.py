"""Tables of `eventlog`. Times of events are Unix milliseconds: they are shipped by the million."""

from __future__ import annotations

from django.db import models


class Event(models.Model):
    """The log. Append-only; `xid` is the writing transaction on PostgreSQL and 0 on SQLite."""

    id = models.BigAutoField(primary_key=True)
    xid = models.BigIntegerField(default=0)
    name = models.CharField(max_length=80)
    fragment_id = models.BigIntegerField(null=True)
    occurred_at_ms = models.BigIntegerField()
    recorded_at_ms = models.BigIntegerField()
    dedupe_key = models.BinaryField(max_length=16, null=True, unique=True)
    source = models.CharField(max_length=120, default="")
    trace_id = models.CharField(max_length=32, default="", db_index=True)
    body = models.TextField()

    class Meta:
        indexes = (
            models.Index(fields=["xid", "id"], name="eventlog_order"),
            models.Index(fields=["fragment_id", "occurred_at_ms"], name="eventlog_timeline"),
        )


class Cursor(models.Model):
    """How far a subscriber has read. The lease is for subscribers that work outside the transaction."""

    name = models.CharField(max_length=120, primary_key=True)
    xid = models.BigIntegerField(default=0)
    event_id = models.BigIntegerField(default=0)
    lease_owner = models.CharField(max_length=80, default="")
    lease_until = models.DateTimeField(null=True)
    error = models.TextField(default="")
    moved_at = models.DateTimeField(null=True)


class Parked(models.Model):
    """An event that a subscriber could not take. It waits here, loudly, until it is re-driven or dismissed."""

    subscriber = models.CharField(max_length=120)
    event_id = models.BigIntegerField()
    error = models.TextField()
    parked_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["subscriber", "event_id"], name="parked_once"),)


class Job(models.Model):
    """Background work as a row: claimed by lease, resumed after a crash from `state_json`."""

    kind = models.CharField(max_length=80)
    args_json = models.TextField(default="{}")
    state = models.CharField(max_length=10, default="queued")
    unique_key = models.CharField(max_length=200, null=True, unique=True)
    state_json = models.TextField(default="{}")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    note = models.CharField(max_length=200, default="")
    result_json = models.TextField(null=True)
    error = models.TextField(default="")
    cancel_asked = models.BooleanField(default=False)
    attempts = models.IntegerField(default=0)
    lease_owner = models.CharField(max_length=80, default="")
    lease_until = models.DateTimeField(null=True)
    trace_id = models.CharField(max_length=32, default="", db_index=True)
    created_by = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["due_at"], name="job_waiting", condition=models.Q(state__in=["queued", "running"])),
            models.Index(fields=["kind", "-id"], name="job_by_kind"),
        )


class ScheduleState(models.Model):
    """When a schedule is due next; whoever moves `due_at` forward starts the job."""

    name = models.CharField(max_length=120, primary_key=True)
    cron = models.CharField(max_length=120)
    due_at = models.DateTimeField()
