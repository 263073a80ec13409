"""Fixtures that several packages' tests share, as pytest plugins."""
