"""Insights are tested on plans that really send, and on a warehouse that really answers."""

from tests.messaging.conftest import stand_in
from tests.plugins.warehouse import warehouse, warehouse_front, warehouse_url

__all__ = ["stand_in", "warehouse", "warehouse_front", "warehouse_url"]
