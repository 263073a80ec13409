"""Warehouse tests get their fixtures from the shared plugin."""

from tests.plugins.warehouse import warehouse, warehouse_front, warehouse_url

__all__ = ["warehouse", "warehouse_front", "warehouse_url"]
