"""Closed sets of words that several components share."""

from __future__ import annotations

STATUS_KINDS = ("draft", "scheduled", "running", "paused", "failed", "done")
TAG_KINDS = ("basic", "time", "behaviour", "need", "value", "prediction")
TONES = ("info", "good", "warn", "bad")
