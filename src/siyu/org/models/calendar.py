"""The business calendar: opening hours and own days of places, public days that a person entered."""

from __future__ import annotations

from django.db import models

from siyu.org.models.organisation import Node


class OpeningHours(models.Model):
    """The week of a place. `week_json` is seven lists of ``[opens, closes]`` in minutes of the day, from Monday."""

    node = models.OneToOneField(Node, on_delete=models.CASCADE, related_name="+")
    week_json = models.TextField()
    closed_on_holidays = models.BooleanField(default=False)
    version = models.BigIntegerField(default=1)


class OwnDay(models.Model):
    """One day on which a place, and all below it, differs from its week. Without `spans_json` the week's hours hold."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=60, default="")
    spans_json = models.TextField(default="")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["node", "day"], name="own_day_once"),)
        indexes = (models.Index(fields=["day"], name="own_day_by_day"),)


class PublicDay(models.Model):
    """A public holiday or a shifted workday as the brand entered it; it wins over what the library says."""

    day = models.DateField(unique=True)
    is_workday = models.BooleanField()
    name = models.CharField(max_length=60, default="")
