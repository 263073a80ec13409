"""The signing secrets, sealed, and how they are sealed anew when the keys change."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_noop as _

from siyu.kernel import keys
from siyu.kernel.crypto import generation_of
from siyu.org.key_life import SEALED, Resealed, SealedTable
from siyu.webhooks.models import Endpoint

SEALED_AS = "webhook"


def seal_secret(secret: str) -> bytes:
    return keys.ring(settings.SIYU.keys_path).encrypt(secret, SEALED_AS)


def open_secret(sealed: bytes) -> str:
    return keys.ring(settings.SIYU.keys_path).decrypt(sealed, SEALED_AS)


def reseal(after_id: int, limit: int) -> Resealed:
    """The secrets of the next endpoints; one that was renewed meanwhile has the new key by itself."""
    writing = keys.ring(settings.SIYU.keys_path).writing
    rows = list(Endpoint.objects.filter(pk__gt=after_id).order_by("pk")[:limit])
    changed = 0
    for row in rows:
        old = bytes(row.secret_sealed)
        if generation_of(old) != writing:
            fresh = seal_secret(open_secret(old))
            changed += Endpoint.objects.filter(pk=row.pk, secret_sealed=old).update(secret_sealed=fresh)
    return Resealed(rows[-1].pk if len(rows) == limit else None, changed)


def check_open(limit: int) -> None:
    for row in Endpoint.objects.order_by("-pk")[:limit]:
        open_secret(bytes(row.secret_sealed))


def register() -> None:
    table = SealedTable(
        "webhooks_endpoint",
        _("Signing secrets of webhooks"),
        _("Webhooks cannot be signed until their secrets are renewed."),
        "secret_sealed",
        reseal,
        check_open,
    )
    SEALED.add(table.name, table)
