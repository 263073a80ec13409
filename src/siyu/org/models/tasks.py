"""Tasks that staff give one another, with those who are to do them and what was said."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from siyu.org.models.organisation import Node, Role, Staff


class Task(models.Model):
    """Something to do at a place: by the people in `TaskAssignee`, or by whoever has `role` there.

    `customer_id` belongs to a package above; it is checked by whom registers it. `remind_at` is null when done with.
    """

    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    note = models.TextField(default="")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    role = models.ForeignKey(Role, null=True, on_delete=models.PROTECT, related_name="+")
    customer_id = models.BigIntegerField(null=True)
    due_at = models.DateTimeField()
    remind_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default="open")
    result = models.TextField(default="")
    created_by = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    closed_by = models.BigIntegerField(null=True)
    closed_at = models.DateTimeField(null=True)
    version = models.BigIntegerField(default=1)

    class Meta:
        indexes = (
            models.Index(fields=["due_at"], name="task_open", condition=Q(state="open")),
            models.Index(fields=["remind_at"], name="task_remind", condition=Q(state="open", remind_at__isnull=False)),
            models.Index(fields=["node", "state", "due_at"], name="task_by_place"),
        )

    def __str__(self) -> str:
        return self.title


class TaskAssignee(models.Model):
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="assignees")
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["task", "staff"], name="task_assignee_once"),)


class TaskComment(models.Model):
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")
    staff_id = models.BigIntegerField(null=True)
    text = models.TextField()
    at = models.DateTimeField()
