"""Tables of `messaging`. Times that only the pump compares are nullable: null means "nothing to do"."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class SmsAccount(models.Model):
    """Settings of one SMS account; its keys are settings of the installation, never rows."""

    name = models.CharField(max_length=60, unique=True)
    provider = models.CharField(max_length=20)
    sign_name = models.CharField(max_length=20)
    price_milli_fen = models.IntegerField()
    window_start = models.TimeField()
    window_end = models.TimeField()
    skips_holidays = models.BooleanField(default=False)
    day_cap = models.SmallIntegerField()
    month_cap = models.SmallIntegerField()
    batch_size = models.SmallIntegerField()
    rate_per_s = models.IntegerField()
    settle_seconds = models.IntegerField()
    is_active = models.BooleanField(default=True)
    # The next instant at which the rate allows a batch; moved by each claim, under this row's lock.
    free_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    failures_in_row = models.IntegerField(default=0)
    problem = models.CharField(max_length=300, default="")
    checked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(price_milli_fen__gte=0, day_cap__gte=1, month_cap__gte=F("day_cap"), batch_size__gte=1),
                name="sms_account_limits",
            ),
        )


class SmsTemplate(models.Model):
    """A marketing text as the provider approved it, with its ``${variables}``."""

    account = models.ForeignKey(SmsAccount, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    text = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "code"], name="sms_template_once"),)


class Plan(models.Model):
    """A recall plan. `cursor` is the last customer of the snapshot that the launch has dealt with."""

    name = models.CharField(max_length=80)
    state = models.CharField(max_length=10, default="draft")
    version = models.IntegerField(default=1)
    audience_json = models.TextField()
    holdout_percent = models.SmallIntegerField()
    text = models.TextField()
    target_url = models.CharField(max_length=2000, default="")
    window_days = models.SmallIntegerField()
    account = models.ForeignKey(SmsAccount, on_delete=models.PROTECT, related_name="+")
    template_code = models.CharField(max_length=40, default="")
    cursor = models.BigIntegerField(default=-1)
    audience_count = models.IntegerField(default=0)
    entered_count = models.IntegerField(default=0)
    population_count = models.IntegerField(default=0)
    treated_count = models.IntegerField(default=0)
    content_refusals = models.SmallIntegerField(default=0)
    problem = models.CharField(max_length=300, default="")
    job_id = models.BigIntegerField(null=True)
    trace_id = models.CharField(max_length=32, db_index=True)
    created_by = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    scheduled_at = models.DateTimeField(null=True)
    launched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["state"], name="plan_at_work", condition=Q(state__in=["launching", "running"])),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(holdout_percent__gte=0, holdout_percent__lte=50, window_days__gte=1),
                name="plan_limits",
            ),
        )


class PlanSnapshot(models.Model):
    """Who was in the audience at the launch, as a portable CRoaring bitmap; written once."""

    plan = models.OneToOneField(Plan, primary_key=True, on_delete=models.PROTECT, related_name="+")
    members = models.BinaryField()
    as_of = models.DateTimeField()


class SendBatch(models.Model):
    """One request to the provider. `out_id` is written before the network is touched and never used again."""

    account = models.ForeignKey(SmsAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+", db_index=False)
    out_id = models.CharField(max_length=40, unique=True)
    state = models.CharField(max_length=10)
    size = models.SmallIntegerField()
    biz_id = models.CharField(max_length=80, default="")
    detail = models.CharField(max_length=300, default="")
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["lease_until"], name="batch_leases", condition=Q(lease_until__isnull=False)),
            models.Index(fields=["biz_id"], name="batch_by_biz_id", condition=~Q(biz_id="")),
        )


class Outbox(models.Model):
    """One message to one customer, from intent to receipt.

    `due_at` is set while the row waits to be claimed, `ask_at` while the provider is to be asked about it.
    """

    unique_key = models.CharField(max_length=60, unique=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+", db_index=False)
    fragment_id = models.BigIntegerField()
    channel = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    reason = models.CharField(max_length=20, default="")
    detail = models.CharField(max_length=200, default="")
    due_at = models.DateTimeField(null=True)
    ask_at = models.DateTimeField(null=True)
    batch = models.ForeignKey(SendBatch, null=True, on_delete=models.PROTECT, related_name="+")
    tries = models.SmallIntegerField(default=0)
    asks = models.SmallIntegerField(default=0)
    # Refused once as part of a batch: sent by itself next, so that its own fault shows.
    alone = models.BooleanField(default=False)
    link_token = models.CharField(max_length=16, default="")
    params_json = models.TextField(default="")
    units = models.SmallIntegerField(default=0)
    cost_milli_fen = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    trace_id = models.CharField(max_length=32, db_index=True)

    class Meta:
        indexes = (
            models.Index(fields=["plan", "state", "reason", "id"], name="outbox_by_state"),
            models.Index(fields=["plan", "due_at", "id"], name="outbox_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["ask_at", "id"], name="outbox_ask", condition=Q(ask_at__isnull=False)),
            models.Index(fields=["fragment_id", "id"], name="outbox_by_customer"),
        )


class PlanHour(models.Model):
    """A plan's counts by UTC hour, written in the transaction of what they count: results read these few rows."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+", db_index=False)
    hour = models.IntegerField()
    sent = models.IntegerField(default=0)
    delivered = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    clicked = models.IntegerField(default=0)
    units = models.IntegerField(default=0)
    cost_milli_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["plan", "hour"], name="plan_hour_once"),)


class TouchBudget(models.Model):
    """When a person was touched on a channel, as Unix milliseconds, as far as any cap reaches back.

    Locked while a claim checks and reserves: two plans cannot both take a customer's last touch of the day.
    """

    fragment_id = models.BigIntegerField()
    channel = models.CharField(max_length=10)
    touched_json = models.TextField(default="[]")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["fragment_id", "channel"], name="touch_budget_once"),)


class Suppression(models.Model):
    """A person who gets nothing on a channel whatever they consented to: dead number, refused, excluded by staff."""

    fragment_id = models.BigIntegerField()
    channel = models.CharField(max_length=10)
    reason = models.CharField(max_length=20)
    evidence = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["fragment_id", "channel"], name="suppression_once"),)
