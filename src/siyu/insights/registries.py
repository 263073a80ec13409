"""Measures: every number on a screen names one of these."""

from __future__ import annotations

from siyu.insights.contracts import Measure
from siyu.kernel.registry import Registry

MEASURES: Registry[Measure] = Registry("measure")
