"""One import from start to end: read, normalise, record in short transactions, resume where a crash left it."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from django.conf import settings

from siyu.commerce.contracts import OrderIn, RecordResult, RefundIn
from siyu.commerce.services import record_orders
from siyu.eventlog.jobs import JobContext
from siyu.ingest.contracts import Mapping, TooManyRows
from siyu.ingest.imports import dates, storage
from siyu.ingest.imports.ahead import read_ahead
from siyu.ingest.imports.errors_file import ErrorsFile
from siyu.ingest.imports.gathering import FileTotals, Gatherer
from siyu.ingest.imports.normalise import Normalised, normalise
from siyu.ingest.imports.people import People
from siyu.ingest.imports.plan import Plan, known_headers, make_plan
from siyu.ingest.imports.units import TRANSACTION_ROWS, Unit, chunks, units_of
from siyu.ingest.models import Import
from siyu.ingest.tables import limits
from siyu.ingest.tables.contracts import Table
from siyu.ingest.tables.reading import open_table
from siyu.ingest.writing import writing
from siyu.kernel.disk import full_disk_as_error
from siyu.kernel.failpoints import failpoint

# Between two looks whether somebody asked the import to stop.
CANCEL_SECONDS = 0.5


# New objects between two collections while an import runs. It makes millions of tuples and no cycles; the collector's
# own default would look through all of them again and again (a tenth of the time).
PATIENT_THRESHOLD = 2_000_000


@contextmanager
def _patient_collector() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(PATIENT_THRESHOLD, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Undo(Exception):
    """Ends the transaction of a dry run."""


class ImportRun:
    """The work of one job. `run` may be killed anywhere; a new run of the same job ends in the same state.

    The checkpoint is the number of transactions done: the file is cut into the same ones each time. One that was left
    by a version with another cut does not count; line keys keep anything from being recorded twice.
    """

    def __init__(self, context: JobContext, row: Import) -> None:
        self._context = context
        self._row = row
        self._mapping = Mapping.from_json(row.mapping_json)
        self._source = f"import:{row.pk}"
        self._totals = FileTotals()
        saved = context.state if context.state.get("cut") == TRANSACTION_ROWS else {}
        self._done_chunks = int(saved.get("chunks", 0))
        self._accepted = int(saved.get("accepted", 0))
        self._duplicates = int(saved.get("duplicates", 0))
        self._people = People(shop=self._mapping.shop, import_id=row.pk, source=self._source, trace_id=row.trace_id)
        self._looked_at = 0.0

    def run(self) -> dict[str, Any]:
        """Does the import and returns its counts."""
        started = time.monotonic()
        with full_disk_as_error(), _patient_collector():
            table = open_table(
                storage.path_of(self._row.sha256),
                known_headers=known_headers(self._mapping),
                folder=storage.temporary_folder(),
                encoding_note=storage.encoding_note(self._row.sha256),
            )
            plan = dates.decided(make_plan(table, self._mapping, settings.SIYU.tz), table)
            with ErrorsFile(storage.errors_path(self._row.pk), self._row.language) as errors:
                self._record_all(table, plan, errors)
            failpoint("ingest.import.before_end")
        return self._result(time.monotonic() - started, str(errors.path) if errors.path else None)

    def _record_all(self, table: Table, plan: Plan, errors: ErrorsFile) -> None:
        gatherer = Gatherer(plan, self._totals)
        orders = read_ahead(gatherer.orders(self._batches(table, plan, errors)))
        units = chain.from_iterable(units_of(some, plan) for some in orders)
        for number, chunk in enumerate(chunks(units)):
            if number >= self._done_chunks:
                self._stop_if_asked()
                self._record_chunk(chunk, number + 1)
            self._show_progress(table)

    def _batches(self, table: Table, plan: Plan, errors: ErrorsFile) -> Iterator[Normalised]:
        for frame in table.batches():
            batch = normalise(frame, plan)
            errors.add(batch.rejected)
            yield batch
            if self._totals.row_count > limits.MAX_ROWS:
                raise TooManyRows(limit=limits.MAX_ROWS)

    def _record_chunk(self, units: Sequence[Unit], number: int) -> None:
        """Records units and the checkpoint in one transaction, which a dry run takes back."""
        failpoint("ingest.import.before_chunk")
        try:
            with writing():
                result = self._record(units)
                failpoint("ingest.import.after_orders")
                self._count(units, result)
                if self._row.dry_run:
                    raise _Undo
                self._context.save_state(
                    {
                        "cut": TRANSACTION_ROWS,
                        "chunks": number,
                        "accepted": self._accepted,
                        "duplicates": self._duplicates,
                    }
                )
                failpoint("ingest.import.before_commit")
        except _Undo:
            return
        failpoint("ingest.import.after_commit")

    def _record(self, units: Sequence[Unit]) -> RecordResult:
        shop = self._mapping.shop
        # A dry run creates nobody: its transactions are taken back one by one, and each would use up ids.
        fragments = [None] * len(units) if self._row.dry_run else self._people.fragments(units)
        failpoint("ingest.import.after_people")
        orders, refunds = [], []
        for unit, fragment_id in zip(units, fragments, strict=True):
            if unit.sold:
                orders.append(OrderIn(shop, unit.order_no, fragment_id, unit.at, unit.sold))
            if unit.returned:
                order_no = "" if unit.is_own_refund else unit.order_no
                refunds.append(RefundIn(shop, unit.order_no, fragment_id, unit.at, unit.returned, order_no))
        return record_orders(orders, refunds, source=self._source, trace_id=self._row.trace_id)

    def _count(self, units: Sequence[Unit], result: RecordResult) -> None:
        """Rows of which something was new are accepted; a row may be a sale and its refund at once."""
        row_count = sum(unit.row_count for unit in units)
        accepted = result.new_line_count - _counted_twice(units, result)
        self._accepted += accepted
        self._duplicates += row_count - accepted

    def _stop_if_asked(self) -> None:
        if time.monotonic() - self._looked_at > CANCEL_SECONDS:
            self._context.check_cancelled()
            self._looked_at = time.monotonic()

    def _show_progress(self, table: Table) -> None:
        done = self._accepted + self._duplicates + self._totals.rejected_count
        total = round(self._totals.row_count / max(table.share_read(), 1e-9))
        self._context.progress(done, max(total, done))

    def _result(self, seconds: float, errors_file: str | None) -> dict[str, Any]:
        totals = self._totals
        return {
            "rows": totals.row_count,
            "accepted": self._accepted,
            "rejected": totals.rejected_count,
            "duplicates": self._duplicates + totals.dropped_count,
            "orders": totals.orders.count(),
            "refunds": totals.refunds.count(),
            "customers": totals.customers.count(),
            "people": totals.people.count(),
            "gmv_fen": totals.gmv_fen,
            "refunds_fen": totals.refunds_fen,
            "net_sales_fen": totals.gmv_fen - totals.refunds_fen,
            "errors_file": errors_file,
            "seconds": round(seconds, 3),
            "import_id": self._row.pk,
            "job_id": self._context.job_id,
            "dry_run": self._row.dry_run,
            "mapping": self._mapping.name,
        }


def _counted_twice(units: Sequence[Unit], result: RecordResult) -> int:
    """Rows whose sale and refund are both new: two lines, one row. A row that the file repeats is new once."""
    pairs = {pair for unit in units for pair in unit.double_rows}
    if not pairs:
        return 0
    new_keys = set(result.new_line_keys)
    return sum(1 for sale, refund in pairs if sale in new_keys and refund in new_keys)
