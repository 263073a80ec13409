"""The public Online Retail log gives its published totals, also from a workbook."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.conf import settings
from tests.ingest.import_files import counts

from siyu.commerce.models import Order
from siyu.customers.models import Fragment
from siyu.ingest.contracts import Duplicates
from siyu.ingest.imports.gathering import FileTotals, Gatherer
from siyu.ingest.imports.normalise import normalise
from siyu.ingest.imports.plan import known_headers, make_plan
from siyu.ingest.mappings.builtin import ONLINE_RETAIL
from siyu.ingest.tables.reading import open_table

# The published sums are exact; ours round each line to the penny, which moves them by less than this.
ROUNDING = Decimal("0.01")


@pytest.fixture
def folder(shared_data: Path) -> Path:
    return shared_data / "online_retail"


@pytest.fixture
def published(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "expected.json").read_text())


def totals_of(path: Path, mapping: Any, tmp_path: Path) -> tuple[FileTotals, pl.DataFrame]:
    table = open_table(path, known_headers=known_headers(mapping), folder=tmp_path)
    plan = make_plan(table, mapping, settings.SIYU.tz)
    totals = FileTotals()
    gatherer = Gatherer(plan, totals)
    rejected = []

    def batches() -> Any:
        for frame in table.batches():
            batch = normalise(frame, plan)
            rejected.append(batch.rejected)
            yield batch

    for _ in gatherer.orders(batches()):
        pass
    return totals, pl.concat(rejected)


def test_the_cleaned_log_has_the_published_totals(folder: Path, published: dict[str, Any], tmp_path: Path) -> None:
    totals, rejected = totals_of(folder / "online_retail.csv.gz", ONLINE_RETAIL, tmp_path)
    clean, raw = published["clean"], published["raw"]
    assert totals.row_count == raw["rows"]
    assert totals.people.count() == raw["customers"]
    assert totals.customers.count() == clean["customers"]
    assert totals.orders.count() == clean["invoices"]
    assert totals.gmv_fen == 891_140_790
    assert abs(Decimal(totals.gmv_fen) / 100 - Decimal(clean["sum_amount"])) < ROUNDING
    returned = Decimal(published["with_customer_not_cancelled"]["sum_amount"]) - Decimal(
        published["with_customer"]["sum_amount"]
    )
    assert abs(Decimal(totals.refunds_fen) / 100 - returned) < ROUNDING
    reasons = dict(rejected.group_by("reason").len().iter_rows())
    assert reasons == {
        "adjustment": raw["adjust_lines_prefix_A"],
        "no_customer": raw["null_customer_rows"] - raw["adjust_lines_prefix_A"],
        "zero_price": published["with_customer_not_cancelled"]["rows"] - clean["rows"],
    }


def test_equal_rows_can_be_dropped(folder: Path, published: dict[str, Any], tmp_path: Path) -> None:
    mapping = replace(ONLINE_RETAIL, duplicates=Duplicates.DROP)
    totals, rejected = totals_of(folder / "online_retail.csv.gz", mapping, tmp_path)
    clean = published["clean_dedup"]
    assert totals.orders.count() == clean["invoices"]
    kept = totals.row_count - rejected.height - totals.dropped_count
    refunds = published["with_customer"]["rows"] - published["with_customer_not_cancelled"]["rows"]
    assert clean["rows"] <= kept <= clean["rows"] + refunds
    assert abs(Decimal(totals.gmv_fen) / 100 - Decimal(clean["sum_amount"])) < ROUNDING


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_log_is_imported_twice_and_is_there_once(folder: Path, published: dict[str, Any]) -> None:
    first = counts(folder / "online_retail.csv.gz", ONLINE_RETAIL)
    assert (first["rows"], first["accepted"], first["rejected"], first["duplicates"]) == (541_909, 406_789, 135_120, 0)
    assert (first["orders"], first["customers"]) == (published["clean"]["invoices"], published["clean"]["customers"])
    assert Order.objects.count() == published["clean"]["invoices"]
    assert Fragment.objects.count() == published["raw"]["customers"] - 1  # one only ever got something for nothing
    second = counts(folder / "online_retail.csv.gz", ONLINE_RETAIL)
    assert (second["accepted"], second["duplicates"]) == (0, 406_789)
    assert Order.objects.count() == published["clean"]["invoices"]


@pytest.mark.django_db(transaction=True)
def test_the_workbook_reads_as_the_text(folder: Path, tmp_path: Path) -> None:
    result = counts(folder / "online_retail_first2000.xlsx", ONLINE_RETAIL)
    totals, rejected = totals_of(folder / "online_retail_first2000.xlsx", ONLINE_RETAIL, tmp_path)
    head = pl.read_csv(folder / "online_retail.csv.gz", n_rows=2000, infer_schema=False)
    assert result["rows"] == head.height == totals.row_count
    named = head.filter(pl.col("CustomerID").is_not_null() & ~pl.col("InvoiceNo").str.starts_with("C"))
    assert result["customers"] == named["CustomerID"].n_unique()
    assert result["orders"] == named["InvoiceNo"].n_unique()
    assert result["rejected"] == rejected.height == head["CustomerID"].null_count()
