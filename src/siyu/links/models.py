"""Tables of `links`. The collector reads `links_link` by one SQL statement: see `siyu.collector`."""

from __future__ import annotations

from django.db import models


class Link(models.Model):
    token = models.CharField(max_length=16, unique=True)
    target_url = models.CharField(max_length=2000)
    fragment_id = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=80)
    trace_id = models.CharField(max_length=32, default="", db_index=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["purpose"], name="link_by_purpose"),)
