"""Background entry points: the pumps that ship, and the job that rebuilds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

from siyu.eventlog.contracts import Pump
from siyu.eventlog.jobs import JobContext, stopping
from siyu.eventlog.registries import JobKind
from siyu.warehouse import registries, services
from siyu.warehouse.services import pacing, shipping, watching

REBUILD = "warehouse.rebuild"
WATCH_SECONDS = 30.0


def run_rebuild(context: JobContext) -> Mapping[str, Any]:
    def progress(done: int, total: int) -> None:
        context.check_cancelled()
        context.progress(done, total)

    return {"rows": services.rebuild(progress=progress)}


def ship_events() -> int:
    """Sends one shipment of events when there is enough of it, or none is waited for any longer."""
    pacing.rest([shipping.EVENTS_STREAM], full_rows=shipping.SHIPMENT_ROWS)
    return services.ship_events_once()


def ship_projections() -> int:
    """Sends the rows of every projection that a batch of events has touched, as often as events are sent."""
    names = [shipping.projection_stream(projection) for projection in registries.PROJECTIONS]
    pacing.rest(names, full_rows=shipping.PROJECTION_EVENTS)
    return services.ship_projections_once()


def watch() -> int:
    """Looks whether the warehouse keeps up, and rests, whatever happens meanwhile: each look reads every stream."""
    told = watching.watch_once()
    stopping.wait(WATCH_SECONDS)
    return told


PUMPS = (
    Pump("warehouse.events", ship_events),
    Pump("warehouse.projections", ship_projections),
    Pump("warehouse.watch", watch),
)
JOB_KINDS = (JobKind(REBUILD, _("Rebuild the warehouse"), run_rebuild),)
