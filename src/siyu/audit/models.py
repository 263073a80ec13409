"""The table of `audit`. Triggers of the first migration refuse to change or delete its rows."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One thing that was done. No foreign keys: an entry outlives what it tells of."""

    at = models.DateTimeField()
    action = models.CharField(max_length=60)
    staff_id = models.BigIntegerField(null=True)
    key_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=120)
    via = models.CharField(max_length=10)
    origin = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=80)
    object_label = models.CharField(max_length=200)
    before_json = models.TextField()
    after_json = models.TextField()
    trace_id = models.CharField(max_length=40)

    class Meta:
        # Each ends with the id, by which lists are ordered: a page is read from the index, however long the log.
        indexes = (
            models.Index(fields=["at", "id"], name="audit_at"),
            models.Index(fields=["staff_id", "id"], name="audit_staff"),
            models.Index(fields=["action", "id"], name="audit_action"),
            models.Index(fields=["object_kind", "object_id", "id"], name="audit_object"),
            models.Index(fields=["object_kind", "id"], name="audit_kind"),
            models.Index(fields=["via", "id"], name="audit_via"),
            models.Index(fields=["trace_id", "id"], name="audit_trace"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"
