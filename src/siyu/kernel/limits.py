"""Limits that more than one package obeys, each with its unit and its reason.

A limit of one package alone stands in that package.
"""

from __future__ import annotations

# Rows in one write transaction. Longer ones starve the web's writers on SQLite (p99 1.2 s at 5,000 rows).
WRITE_BATCH_ROWS = 1_000
# Bytes of one event's body. Bodies are stored per row in three places; anything larger is a file.
EVENT_BODY_BYTES = 32 * 1024
# Bytes of one JSON request to the API or the collector.
REQUEST_BODY_BYTES = 4 * 1024 * 1024
