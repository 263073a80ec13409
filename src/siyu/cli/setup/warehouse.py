"""The warehouse's tables: applied as soon as it answers; an embedded one that is still starting is waited for."""

from __future__ import annotations

import time

from siyu.cli.command import Output
from siyu.cli.language import gettext as _
from siyu.kernel import settings as siyu_settings
from siyu.kernel.errors import Unavailable
from siyu.warehouse import services

# An embedded warehouse starts beside us and first reads its parts; a server that is down is not waited for longer.
WAIT_SECONDS = 60.0
# The other processes, which take clicks and orders in, are not kept waiting for a server that can come later.
SHORT_WAIT_SECONDS = 5.0
POLL_SECONDS = 0.1


def pending() -> list[str]:
    """Names of the steps that are not applied yet. Unavailable if the warehouse does not answer."""
    return [f"warehouse.{name}" for name in services.pending_migrations()]


def migrate(out: Output, *, can_wait: bool = False) -> list[str]:
    """Applies what is pending; returns the names. Unavailable if the warehouse does not come up in time.

    With `can_wait` a server that is down is only told: the worker does this when it is back, before it ships.
    """
    gives_way = can_wait and not siyu_settings.load().embedded_warehouse
    deadline = time.monotonic() + (SHORT_WAIT_SECONDS if gives_way else WAIT_SECONDS)
    while True:
        try:
            applied = services.migrate()
            break
        except (Unavailable, FileNotFoundError):  # the front makes its secret when it starts
            if time.monotonic() > deadline:
                if not gives_way:
                    raise
                out.progress(_("The warehouse does not answer yet. Everything else starts; it catches up later."))
                return []
            time.sleep(POLL_SECONDS)
    if applied:
        out.progress(f"warehouse: {len(applied)} steps")
    return [f"warehouse.{name}" for name in applied]
