"""Tables of `api`: answers kept so that a repeated request is answered, not done again."""

from __future__ import annotations

from django.db import models


class Answer(models.Model):
    """What a caller was told for an idempotency key. `status` is 0 while the request that made the row runs."""

    # Of API keys the id below zero.
    staff_id = models.BigIntegerField()
    key_digest = models.BinaryField(max_length=16)
    request_digest = models.BinaryField(max_length=16)
    status = models.IntegerField(default=0)
    body = models.TextField(default="")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["staff_id", "key_digest"], name="answer_once"),)
