"""Phones and other sealed identities, sealed and hashed anew when the keys change."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext_noop as _

from siyu.customers import keys
from siyu.customers.contracts import IdentityKey, IdentityKind
from siyu.customers.models import Identity
from siyu.eventlog import records
from siyu.kernel.crypto import generation_of
from siyu.org.key_life import SEALED, Resealed, SealedTable


def reseal(after_id: int, limit: int) -> Resealed:
    """The next identities: value, hash and hash of the last digits change in one statement each, under one generation.

    Where the new hash stands already (the phone was recorded twice while the keys changed), the older row stays as it
    is and is counted: it is found as before, and a person merges the two.
    """
    rows = list(Identity.objects.filter(pk__gt=after_id).order_by("pk")[:limit])
    writing = keys.ring().writing
    old = [row for row in rows if row.sealed is not None and generation_of(bytes(row.sealed)) != writing]
    fresh = [(row, keys.seal(_key(row))) for row in old]
    taken = _taken([sealed.lookup for _row, sealed in fresh])
    free = [(row, sealed) for row, sealed in fresh if (row.kind, row.namespace, sealed.lookup) not in taken]
    _write(free)
    return Resealed(rows[-1].pk if len(rows) == limit else None, len(free), len(fresh) - len(free))


def _key(row: Identity) -> IdentityKey:
    kind = IdentityKind(row.kind)
    return IdentityKey(kind, row.namespace, keys.open_value(kind, bytes(row.sealed or b"")))


def _taken(lookups: Sequence[bytes]) -> set[tuple[str, str, bytes]]:
    sql = "SELECT kind, namespace, lookup FROM customers_identity WHERE lookup IN ({places})"
    return {(kind, namespace, bytes(lookup)) for kind, namespace, lookup in records.select_in(sql, list(lookups))}


def _write(rows: Sequence[tuple[Identity, keys.Sealed]]) -> None:
    if not rows:
        return
    sql = "UPDATE customers_identity SET lookup = %s, tail_lookup = %s, sealed = %s WHERE id = %s AND sealed = %s"
    values = [(s.lookup, s.tail_lookup, s.sealed, row.pk, bytes(row.sealed or b"")) for row, s in rows]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def check_open(limit: int) -> None:
    for row in Identity.objects.filter(sealed__isnull=False).order_by("-pk")[:limit]:
        _key(row)


def register() -> None:
    table = SealedTable(
        "customers_identity",
        _("Phones of customers"),
        _("These customers cannot be written to, and their phone finds them no more."),
        "sealed",
        reseal,
        check_open,
    )
    SEALED.add(table.name, table)
