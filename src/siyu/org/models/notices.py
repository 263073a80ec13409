"""What people are told: notices, what they want to hear of, and the mails that go out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from siyu.org.models.organisation import Staff


class Notice(models.Model):
    """One thing that a person is told. `count` grows while the same is told again within the kind's minutes."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    data_json = models.TextField(default="{}")
    count = models.IntegerField(default=1)
    in_app = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["staff", "-id"], name="notice_list"),
            models.Index(fields=["staff"], name="notice_unread", condition=Q(read_at__isnull=True, in_app=True)),
        )


class NoticeChoice(models.Model):
    """What somebody has chosen against a kind's default."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    channel = models.CharField(max_length=10)
    is_on = models.BooleanField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["staff", "kind", "channel"], name="notice_choice_once"),)


class Mail(models.Model):
    """A mail that is to go out, one for a notice. Its words are made when it leaves, in its reader's language."""

    notice = models.OneToOneField(Notice, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, default="queued")
    tries = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, default="")

    class Meta:
        indexes = (models.Index(fields=["due_at"], name="mail_due", condition=Q(state__in=["queued", "sending"])),)
