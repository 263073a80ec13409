"""Tables of `ingest`: imports and saved mappings. How far an import is stands in its job."""

from __future__ import annotations

from django.db import models


class Import(models.Model):
    """One import of one file under one mapping. `counts_json` is set when it has ended well."""

    job_id = models.BigIntegerField(unique=True, null=True)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    mapping_json = models.TextField()
    dry_run = models.BooleanField(default=False)
    language = models.CharField(max_length=10, default="")
    counts_json = models.TextField(default="{}")
    created_by = models.BigIntegerField(null=True)
    trace_id = models.CharField(max_length=32, db_index=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)


class ImportMapping(models.Model):
    """A mapping that somebody saved under a name; built-in names are taken."""

    name = models.CharField(max_length=60, unique=True)
    document_json = models.TextField()
    saved_by = models.BigIntegerField(null=True)
    saved_at = models.DateTimeField()


class ResolverCursor(models.Model):
    """How far the resolver has read the inbox; one row, moved in the transaction of what it recorded."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    xid = models.BigIntegerField(default=0)
    row_id = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="one_resolver_cursor"),)


class PoisonedRow(models.Model):
    """A row of the inbox that its handler could not take. It waits here, loudly, until it is settled."""

    kind = models.CharField(max_length=40)
    body = models.BinaryField()
    trace_id = models.CharField(max_length=32, default="", db_index=True)
    error = models.TextField()
    received_at = models.DateTimeField()
    set_aside_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
