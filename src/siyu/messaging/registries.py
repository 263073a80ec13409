"""Providers that messages can leave by. Each kind knows *how*; whether is decided in `rules.policy`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from siyu.kernel.registry import Registry
from siyu.kernel.settings import Settings
from siyu.messaging.providers.base import Callback, Fault, SmsProvider


@dataclass(frozen=True)
class ProviderKind:
    """A kind of provider. `connect` must not load the provider's library before the first request: web calls it too.

    `zone` is where the provider's days begin; `receipt_fault` says what a failed delivery's code is about, and
    whether for ever; `endpoint` is the host that the settings name.
    """

    name: str
    label: str
    zone: ZoneInfo
    connect: Callable[[Settings], SmsProvider]
    endpoint: Callable[[Settings], str]
    parse_callback: Callable[[bytes], Callback]
    receipt_fault: Callable[[str], tuple[Fault, bool]]


PROVIDERS: Registry[ProviderKind] = Registry("message provider")
