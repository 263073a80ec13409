"""How one front is set up: paths, port and caps, taken from the installation's settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from siyu.kernel.settings import Settings

DATABASE = "siyu"
# Bytes that must stay free on the disk of the data path before a write is taken: a merge rewrites what it merges, and
# an engine that hits the end of the disk in the middle of one is slow to come back.
MIN_FREE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class FrontOptions:
    path: Path
    secret_path: Path
    port: int
    memory_bytes: int
    host: str = "127.0.0.1"
    min_free_bytes: int = MIN_FREE_BYTES

    @classmethod
    def of(cls, settings: Settings) -> FrontOptions:
        return cls(
            path=settings.warehouse_path,
            secret_path=secret_path(settings),
            port=settings.warehouse_port,
            memory_bytes=settings.warehouse_memory_mb * 1024 * 1024,
        )

    @property
    def data_path(self) -> Path:
        return self.path / "data"


def secret_path(settings: Settings) -> Path:
    return settings.home / "warehouse.secret"
