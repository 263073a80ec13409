"""What other packages hand to the warehouse."""

from __future__ import annotations

from siyu.kernel.registry import Registry
from siyu.warehouse.contracts import Projection

PROJECTIONS: Registry[Projection] = Registry("projection")
