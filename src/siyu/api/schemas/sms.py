"""SMS accounts and their approved texts. Keys of providers are settings and never cross the wire."""

from __future__ import annotations

from datetime import datetime, time

from django.utils.translation import gettext
from ninja import Schema

from siyu.kernel.errors import told
from siyu.messaging.contracts import SmsAccountView


class SmsAccountOut(Schema):
    """`price_milli_fen` is thousandths of a fen per billed unit: ¥0.045 is 4500.

    Marketing leaves between `window_start` and `window_end` of the brand's zone (equal: all day), and with
    `skips_holidays` on no public holiday.
    """

    id: int
    name: str
    provider: str
    sign_name: str
    price_milli_fen: int
    window_start: time
    window_end: time
    skips_holidays: bool
    day_cap: int
    month_cap: int
    is_active: bool
    problem: str
    paused_until: datetime | None

    @staticmethod
    def resolve_window_start(obj: SmsAccountView) -> time:
        return obj.window.start

    @staticmethod
    def resolve_window_end(obj: SmsAccountView) -> time:
        return obj.window.end

    @staticmethod
    def resolve_problem(obj: SmsAccountView) -> str:
        return told(obj.problem, gettext)


class SmsAccountList(Schema):
    items: list[SmsAccountOut]


class SmsTemplateOut(Schema):
    """An approved text; `draft` is the same as a plan's text."""

    code: str
    text: str
    draft: str


class SmsTemplateList(Schema):
    items: list[SmsTemplateOut]
