"""Tables of `ui`: what the console keeps for one person."""

from __future__ import annotations

from django.db import models


class Recent(models.Model):
    """A search hit that somebody opened: kind and key alone, because its words belong to the package that found it."""

    staff = models.ForeignKey("org.Staff", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["staff", "kind", "key"], name="recent_once"),)


class SavedView(models.Model):
    """A saved filter of a list with its columns; the one without a name holds the columns of the list itself."""

    staff = models.ForeignKey("org.Staff", on_delete=models.CASCADE, related_name="+")
    list_key = models.CharField(max_length=40)
    name = models.CharField(max_length=40, default="")
    query_json = models.TextField(default="[]")
    columns_json = models.TextField(default="[]")
    page_rows = models.IntegerField(default=0)
    position = models.IntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["staff", "list_key", "name"], name="saved_view_once"),)


class Selection(models.Model):
    """Rows that somebody chose for a bulk action or an export, kept from the preview to the end of the work."""

    staff = models.ForeignKey("org.Staff", on_delete=models.CASCADE, related_name="+")
    list_key = models.CharField(max_length=40)
    ids = models.BinaryField()
    id_count = models.BigIntegerField()
    created_at = models.DateTimeField(db_index=True)
