"""Tables of `experiments`: an experiment with its fixed weights, and one row per assigned unit."""

from __future__ import annotations

from django.db import models


class Experiment(models.Model):
    """`weights_json` is an ordered list of [arm, weight]: the order is part of the assignment."""

    key = models.CharField(max_length=80, unique=True)
    weights_json = models.TextField()
    created_at = models.DateTimeField()


class Assignment(models.Model):
    """`fragment_id` is the id that the customer had when assigned; it never changes."""

    experiment = models.ForeignKey(Experiment, on_delete=models.PROTECT, related_name="+", db_index=False)
    fragment_id = models.BigIntegerField()
    arm = models.CharField(max_length=20)
    assigned_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["experiment", "fragment_id"], name="assigned_once"),)
        indexes = (models.Index(fields=["experiment", "arm"], name="assignment_by_arm"),)
