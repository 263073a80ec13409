"""Tables of `customers`. `fragment_id` is the dense id given when an identity first appeared; it never changes."""

from __future__ import annotations

from django.db import models


class Fragment(models.Model):
    """One id of the sequence. Merges (`Root`) say which fragments are one person."""

    id = models.AutoField(primary_key=True)
    created_at = models.DateTimeField()
    source = models.CharField(max_length=120, default="")
    # Came while the sandbox was on: a made-up person, for ever. Real messages never go to them.
    is_sandbox = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(fields=["id"], name="fragment_sandbox", condition=models.Q(is_sandbox=True)),
        )


class Root(models.Model):
    """Which person a merged fragment belongs to. A fragment without a row is its own root."""

    fragment = models.OneToOneField(Fragment, primary_key=True, on_delete=models.PROTECT, related_name="+")
    root = models.ForeignKey(Fragment, on_delete=models.PROTECT, related_name="+")


class Identity(models.Model):
    """A way to recognise a person. `lookup` is a keyed hash; sealed kinds keep the value encrypted."""

    kind = models.CharField(max_length=20)
    namespace = models.CharField(max_length=60, default="")
    lookup = models.BinaryField(max_length=16)
    tail_lookup = models.BinaryField(max_length=16, null=True)
    value = models.CharField(max_length=200, default="")
    sealed = models.BinaryField(null=True)
    fragment = models.ForeignKey(Fragment, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "namespace", "lookup"], name="identity_once"),)
        indexes = (
            models.Index(fields=["tail_lookup"], name="identity_tail", condition=models.Q(tail_lookup__isnull=False)),
        )


class Profile(models.Model):
    """What is known of a fragment's person. `version` grows with each change and orders projections."""

    fragment = models.OneToOneField(Fragment, primary_key=True, on_delete=models.PROTECT, related_name="+")
    display_name = models.CharField(max_length=120, default="", db_index=True)
    attributes_json = models.TextField(default="{}")
    first_seen_at = models.DateTimeField(db_index=True)
    version = models.BigIntegerField(default=1)


class Placement(models.Model):
    """Where a customer belongs: home store (or another place) and the member of staff who looks after them.

    It decides who may see the customer. `version` grows with each change and orders projections.
    """

    fragment = models.OneToOneField(Fragment, primary_key=True, on_delete=models.PROTECT, related_name="+")
    node = models.ForeignKey("org.Node", null=True, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey("org.Staff", null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=120, default="")
    placed_at = models.DateTimeField()
    version = models.BigIntegerField(default=1)

    class Meta:
        indexes = (
            models.Index(fields=["node", "fragment"], name="placement_by_node"),
            models.Index(fields=["staff", "fragment"], name="placement_by_staff"),
        )


class ConsentEntry(models.Model):
    """The consent ledger: append-only, with evidence."""

    fragment = models.ForeignKey(Fragment, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20)
    granted = models.BooleanField()
    at = models.DateTimeField()
    evidence = models.CharField(max_length=300)
    recorded_at = models.DateTimeField()


class ConsentState(models.Model):
    """The latest entry per fragment, channel and purpose."""

    fragment = models.ForeignKey(Fragment, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20)
    granted = models.BooleanField()
    at = models.DateTimeField()
    entry = models.ForeignKey(ConsentEntry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["fragment", "channel", "purpose"], name="consent_once"),)
