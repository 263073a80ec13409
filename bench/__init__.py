"""Measurements: every figure beside its reference and its target. `python -m bench NAME…` prints them."""
