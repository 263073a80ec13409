"""Reads of SMS accounts, their approved templates, and the way to their providers."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from siyu.kernel.errors import NotFound
from siyu.links import services as links
from siyu.messaging.contracts import MixedWorlds, SendingWindow, SmsAccountView, SmsTemplateView, StandInForReal
from siyu.messaging.models import SmsAccount, SmsTemplate
from siyu.messaging.providers.base import SmsProvider
from siyu.messaging.queries.access import check
from siyu.messaging.registries import PROVIDERS
from siyu.messaging.rules import templates
from siyu.org.contracts import Viewer


def sms_accounts(viewer: Viewer) -> list[SmsAccountView]:
    """All SMS accounts, active ones first."""
    check(viewer)
    return [_view(row) for row in SmsAccount.objects.order_by("-is_active", "pk")]


def sms_account(viewer: Viewer, account_id: int) -> SmsAccountView:
    check(viewer)
    row = SmsAccount.objects.filter(pk=account_id).first()
    if row is None:
        raise NotFound()
    return _view(row)


def sms_templates(viewer: Viewer, account_id: int) -> list[SmsTemplateView]:
    """The approved texts of an account, each also as the draft of a plan's text."""
    check(viewer)
    base = link_base()
    return [
        SmsTemplateView(account_id, row.code, row.text, templates.draft(row.text, base))
        for row in SmsTemplate.objects.filter(account_id=account_id).order_by("code")
    ]


def link_base() -> str:
    """The fixed address before a tracked link's token; it stands in the provider's template."""
    return links.short_url("")


@lru_cache(maxsize=8)
def provider_for(name: str) -> SmsProvider:
    """The adapter of this process for a kind of provider. KeyError for an unknown one.

    MixedWorlds for a real endpoint while the sandbox is on, StandInForReal for one on loopback while it is off.
    """
    kind = PROVIDERS.get(name)
    endpoint = kind.endpoint(settings.SIYU)
    if settings.SIYU.sandbox and not _is_loopback(endpoint):
        raise MixedWorlds(endpoint=endpoint)
    if not settings.SIYU.sandbox and _is_loopback(endpoint):
        raise StandInForReal(endpoint=endpoint)
    return kind.connect(settings.SIYU)


def _is_loopback(endpoint: str) -> bool:
    # Without a port an IPv6 address stands bare; its colons are no port's.
    host = endpoint if endpoint.count(":") > 1 and not endpoint.startswith("[") else urlsplit(f"//{endpoint}").hostname
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def _view(row: SmsAccount) -> SmsAccountView:
    return SmsAccountView(
        id=row.pk,
        name=row.name,
        provider=row.provider,
        sign_name=row.sign_name,
        price_milli_fen=row.price_milli_fen,
        window=SendingWindow(row.window_start, row.window_end),
        skips_holidays=row.skips_holidays,
        day_cap=row.day_cap,
        month_cap=row.month_cap,
        batch_size=row.batch_size,
        rate_per_s=row.rate_per_s,
        settle_seconds=row.settle_seconds,
        is_active=row.is_active,
        problem=row.problem,
        paused_until=row.paused_until,
        checked_at=row.checked_at,
    )
