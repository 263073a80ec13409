"""The kinds of provider that come with Siyu. Nothing here loads a provider's library."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop as _

from siyu.kernel.settings import Settings
from siyu.messaging.providers.aliyun import callbacks, codes
from siyu.messaging.providers.aliyun.transport import AliyunSms
from siyu.messaging.providers.base import SmsProvider
from siyu.messaging.registries import ProviderKind


def _connect_aliyun(settings: Settings) -> SmsProvider:
    return AliyunSms.from_settings(settings)


ALIYUN = ProviderKind(
    name=AliyunSms.kind,
    label=_("Aliyun SMS"),
    zone=ZoneInfo("Asia/Shanghai"),
    connect=_connect_aliyun,
    endpoint=lambda settings: settings.aliyun_sms_endpoint,
    parse_callback=callbacks.parse_callback,
    receipt_fault=codes.receipt_fault,
)
