"""Verbs of the warehouse: `migrate`, `ship_pending`, `rebuild`."""

from siyu.warehouse.services.rebuilding import rebuild
from siyu.warehouse.services.schema import migrate, pending_migrations
from siyu.warehouse.services.shipping import ship_events_once, ship_pending, ship_projections_once

__all__ = ["migrate", "pending_migrations", "rebuild", "ship_events_once", "ship_pending", "ship_projections_once"]
