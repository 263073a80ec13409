"""Reads one batch ahead in a thread: parsing runs outside Python's lock while the records are being written."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
_END = object()


def read_ahead(source: Iterator[T]) -> Generator[T, None, None]:
    """The same items in the same order; `source` is advanced by another thread, which touches no database."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="import-reader") as pool:
        coming = pool.submit(next, source, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, source, _END)
            yield item  # type: ignore[misc]
