"""The secrets of authenticator apps, sealed, and how they are sealed anew when the keys change."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_noop as _

from siyu.kernel import keys
from siyu.kernel.crypto import generation_of
from siyu.org.key_life import SEALED, Resealed, SealedTable
from siyu.org.models import SecondStep

SEALED_AS = "second-step"


def seal_secret(secret: str) -> bytes:
    return keys.ring(settings.SIYU.keys_path).encrypt(secret, SEALED_AS)


def open_secret(sealed: bytes) -> str:
    return keys.ring(settings.SIYU.keys_path).decrypt(sealed, SEALED_AS)


def reseal(after_id: int, limit: int) -> Resealed:
    """The secrets of the next people; one that was set up anew meanwhile has the new key by itself."""
    writing = keys.ring(settings.SIYU.keys_path).writing
    rows = list(SecondStep.objects.filter(pk__gt=after_id).order_by("pk")[:limit])
    changed = 0
    for row in rows:
        old = bytes(row.sealed_secret)
        if generation_of(old) != writing:
            fresh = seal_secret(open_secret(old))
            changed += SecondStep.objects.filter(pk=row.pk, sealed_secret=old).update(sealed_secret=fresh)
    return Resealed(rows[-1].pk if len(rows) == limit else None, changed)


def check_open(limit: int) -> None:
    for row in SecondStep.objects.order_by("-pk")[:limit]:
        open_secret(bytes(row.sealed_secret))


def register() -> None:
    table = SealedTable(
        "org_secondstep",
        _("Second steps of staff"),
        _("These people cannot sign in until an administrator takes their second step off."),
        "sealed_secret",
        reseal,
        check_open,
    )
    SEALED.add(table.name, table)
