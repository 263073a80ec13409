"""What the collector counts, as Prometheus text."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest


class Metrics:
    """A registry of its own, so that several collectors in one process (tests) do not share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "siyu_collector_requests", "Requests answered.", ("route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "siyu_collector_seconds",
            "Time from request to answer.",
            ("route",),
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0),
            registry=self.registry,
        )
        self.clicks = Counter("siyu_collector_clicks", "Visits of short links.", ("bot",), registry=self.registry)
        self.lost = Counter(
            "siyu_collector_unrecorded_clicks",
            "Visits that were sent on although the inbox could not keep them.",
            registry=self.registry,
        )
        self.refused = Counter(
            "siyu_collector_inbox_refusals", "Appends that the inbox refused.", ("kind",), registry=self.registry
        )

    def text(self) -> bytes:
        return generate_latest(self.registry)
