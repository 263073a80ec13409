"""The import of orders, from a file to people, orders, refunds and events."""

from __future__ import annotations

import csv
import errno
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.ingest.import_files import HEADER, ROWS, counts, run, state, write
from tests.support.organisation import Chain, person

from siyu.commerce.models import Order, OrderLine, Refund
from siyu.customers.models import ConsentEntry, ConsentState, Identity, Placement, Profile
from siyu.eventlog import jobs
from siyu.eventlog.models import Event, Job
from siyu.ingest import queries, services
from siyu.ingest.contracts import DateStyle, Duplicates, ImportState, NoCustomer, UnknownMapping, ZeroPrice
from siyu.ingest.imports import storage
from siyu.ingest.mappings.builtin import GENERIC
from siyu.ingest.models import Import
from siyu.ingest.tables import limits
from siyu.kernel.errors import NotAllowed, NotFound
from siyu.org.contracts import STRANGER, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)


def rejected(result: dict[str, Any]) -> list[list[str]]:
    """Rows of the errors file under its header."""
    with Path(result["errors_file"]).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def reasons(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(row, value, code) for row, _, value, code, _ in rejected(result)]


def test_a_file_becomes_people_orders_refunds_and_events(tmp_path: Path) -> None:
    result = counts(write(tmp_path, *ROWS))
    expected = {
        "rows": 5, "accepted": 5, "rejected": 0, "duplicates": 0, "orders": 4, "refunds": 2, "customers": 2,
        "people": 2, "gmv_fen": 2600 + 1050 + 3150 + 3000, "refunds_fen": 1050 + 450, "net_sales_fen": 8300,
        "errors_file": None, "dry_run": False, "mapping": "generic",
    }  # fmt: skip
    assert {name: result[name] for name in expected} == expected
    assert set(result) == {*expected, "seconds", "import_id", "job_id"}
    order = Order.objects.get(number="A1")
    assert (order.shop, order.at, order.amount_fen, order.line_count) == (
        "main", datetime(2024, 5, 1, 2, tzinfo=UTC), 2600, 2,
    )  # fmt: skip
    assert Order.objects.get(number="A4").fragment is None
    assert Order.objects.get(number="A3").fragment_id == order.fragment_id
    refund = Refund.objects.get(number="A3")
    assert (refund.amount_fen, refund.order.number, refund.fragment_id) == (450, "A3", order.fragment_id)
    assert Refund.objects.get(number="A2").amount_fen == 1050
    names = list(Event.objects.values_list("name", flat=True))
    assert (names.count("commerce.order_paid"), names.count("commerce.order_refunded")) == (4, 2)


def test_people_get_profiles_phones_and_consent_with_evidence(tmp_path: Path) -> None:
    result = counts(write(tmp_path, *ROWS))
    profile = Profile.objects.get(display_name="王小明")
    assert profile.attributes_json == '{"city": "上海"}'
    kinds = Identity.objects.filter(fragment_id=profile.pk).order_by("kind").values_list("kind", "namespace")
    assert list(kinds) == [("member", "main"), ("phone", "")]
    assert ConsentState.objects.get(fragment_id=profile.pk).granted is True
    assert ConsentState.objects.exclude(fragment_id=profile.pk).get().granted is False
    evidence = ConsentEntry.objects.get(fragment_id=profile.pk).evidence
    assert evidence == f"import {result['import_id']} row 2"


def test_people_are_placed_by_the_words_of_the_file_and_never_moved_by_it(tmp_path: Path) -> None:
    chain = Chain.make()
    guide = person("guide", chain.east_store)
    head = f"{HEADER},门店,导购"
    rows = [f"{ROWS[0]},徐汇店,guide@example.com", f"{ROWS[3]},nowhere,"]
    counts(write(tmp_path, *rows, header=head))
    place = Placement.objects.get()
    assert (place.node_id, place.staff_id) == (chain.east_store, guide.staff_id)
    counts(write(tmp_path, f"{ROWS[0].replace('A1', 'A9')},W1,", header=head, name="later.csv"))
    assert Placement.objects.get().node_id == chain.east_store


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, *ROWS)
    first = counts(path)
    before, events = state(), Event.objects.count()
    second = counts(path)
    assert (second["accepted"], second["duplicates"]) == (0, 5)
    same = ("rows", "rejected", "orders", "refunds", "customers", "people", "gmv_fen", "refunds_fen", "net_sales_fen")
    assert {name: second[name] for name in same} == {name: first[name] for name in same}
    assert (state(), Event.objects.count()) == (before, events)


def test_a_dry_run_counts_the_same_and_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, *ROWS, "A9,bad,M1,,,,S,x,1,1,,,,")
    before = state()
    dry = counts(path, dry_run=True)
    assert state() == before
    real = counts(path)
    differing = ("seconds", "import_id", "job_id", "dry_run", "errors_file")
    assert {k: v for k, v in dry.items() if k not in differing} == {k: v for k, v in real.items() if k not in differing}
    assert rejected(dry) == rejected(real)
    assert counts(path, dry_run=True)["duplicates"] == 5


def test_a_newer_export_adds_only_what_is_new(tmp_path: Path) -> None:
    counts(write(tmp_path, ROWS[0].replace("交易成功,是", "已发货,"), name="old.csv"))
    newer = counts(write(tmp_path, ROWS[0].replace(",,,交易成功", ",,退款成功,交易成功"), ROWS[1]))
    # The first row's sale was known and its refund is new; the second row is new.
    assert (newer["accepted"], newer["duplicates"]) == (2, 0)
    assert Order.objects.get().amount_fen == 2600
    assert Refund.objects.get().amount_fen == 2100
    names = list(Event.objects.filter(name__startswith="commerce").order_by("pk").values_list("name", flat=True))
    assert names == ["commerce.order_paid", "commerce.order_revised", "commerce.order_refunded"]


def test_every_kind_of_bad_row_is_rejected_with_its_row_and_reason(tmp_path: Path) -> None:
    rows = [
        "A1,2024-05-01,M1,,,,S,x,1,10,,,,",
        ",2024-05-01,M1,,,,S,x,1,10,,,,",
        "6.91793E+18,2024-05-01,M1,,,,S,x,1,10,,,,",
        "A2,,M1,,,,S,x,1,10,,,,",
        "A3,31/31/31,M1,,,,S,x,1,10,,,,",
        "A4,2999-01-01,M1,,,,S,x,1,10,,,,",
        "A5,2024-05-01,M1,,,,S,x,one,10,,,,",
        "A6,2024-05-01,M1,,,,S,x,1.5,10,,,,",
        "A7,2024-05-01,M1,,,,S,x,0,10,,,,",
        "A8,2024-05-01,M1,,,,S,x,1,=1+1,,,,",
        'A9,2024-05-01,M1,,,,S,x,1,"12,5",,,,',
        "A10,2024-05-01,M1,,,,S,x,1,,,,,",
        "A11,2024-05-01,M1,,,,S,x,1,-4,,,,",
        "A12,2024-05-01,M1,,,,S,x,1,10,,,待付款,",
        "A13,2024-05-01,M1,,,,S,x,1,10,,,交易关闭,",
        "A14,2024-05-01,M1,,,,S,x,1,10,,,,,surplus",
        f"A15,2024-05-01,M1,,,,S,{'x' * 40_000},1,10,,,,",
        "A16,2024-05-01,M1,,,,S,x,9999999,9999999999,,,,",
    ]
    result = counts(write(tmp_path, *rows, "合计,,,,,,,,16,160,,,,", ",,,,,,,,,,,,,"))
    assert (result["rows"], result["accepted"], result["rejected"]) == (18, 1, 17)
    found = reasons(result)
    assert [(row, code) for row, _, code in found] == [
        ("3", "missing_order_no"), ("4", "damaged_number"), ("5", "missing_time"), ("6", "bad_time"),
        ("7", "time_out_of_range"), ("8", "bad_quantity"), ("9", "fraction_quantity"), ("10", "zero_quantity"),
        ("11", "bad_money"), ("12", "ambiguous_money"), ("13", "missing_amount"), ("14", "negative_price"),
        ("15", "unpaid"), ("16", "closed"), ("17", "too_many_cells"), ("18", "cell_too_long"),
        ("19", "amount_too_large"),
    ]  # fmt: skip
    # A formula in a cell stays a text when the errors file is opened.
    assert found[8][1] == "'=1+1"
    assert rejected(result)[3][1:3] == ["支付时间", "31/31/31"]
    assert len(found[15][1]) <= 500


def test_errors_are_told_in_the_language_of_who_started(tmp_path: Path) -> None:
    from django.utils import translation

    path = write(tmp_path, "A1,bad,M1,,,,S,x,1,10,,,,")
    with translation.override("en"):
        result = counts(path)
    assert rejected(result) == [["2", "支付时间", "bad", "bad_time", "This is not a date or time that can be read."]]


def test_equal_lines_are_lines_of_their_own_wherever_they_stand(tmp_path: Path) -> None:
    line = "A1,2024-05-01,M1,,,,S,x,1,10,,,,"
    path = write(tmp_path, line, line, "A2,2024-05-01,M1,,,,S,x,1,10,,,,", line)
    result = counts(path)
    assert (result["accepted"], result["duplicates"], result["gmv_fen"]) == (4, 0, 4000)
    assert Order.objects.get(number="A1").amount_fen == 3000
    assert counts(path)["duplicates"] == 4
    dropped = counts(path, replace(GENERIC, duplicates=Duplicates.DROP, shop="other"))
    assert (dropped["accepted"], dropped["duplicates"], dropped["gmv_fen"]) == (2, 2, 2000)


def test_scattered_orders_are_paid_once_and_revised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BLOCK_BYTES", 100)
    rows = [f"A{n % 7},2024-05-01,M1,,,,S{n},x,1,1,,,," for n in range(70)]
    result = counts(write(tmp_path, *rows))
    assert (result["accepted"], result["orders"], result["gmv_fen"]) == (70, 7, 7000)
    assert Event.objects.filter(name="commerce.order_paid").count() == 7
    assert set(Order.objects.values_list("amount_fen", "line_count")) == {(1000, 10)}


def test_numbered_lines_are_one_line_however_often_they_come(tmp_path: Path) -> None:
    header = "订单号,子订单编号,支付时间,金额"
    rows = ["A1,1,2024-05-01,10", "A1,1,2024-05-01,10", "A1,2,2024-05-01,10"]
    result = counts(write(tmp_path, *rows, header=header))
    assert (result["accepted"], result["duplicates"]) == (2, 1)
    assert Order.objects.get().amount_fen == 2000


def test_a_repeated_line_with_its_refund_counts_once(tmp_path: Path) -> None:
    sold_and_returned = ROWS[3].replace("A3,", "A3,X1,")
    other = ROWS[0].replace("A1,", "A1,X2,")
    header = HEADER.replace("订单号,", "订单号,子订单号,")
    result = counts(write(tmp_path, sold_and_returned, other, sold_and_returned, header=header))
    assert (result["rows"], result["accepted"], result["duplicates"]) == (3, 2, 1)
    assert (Order.objects.count(), Refund.objects.count()) == (2, 1)


def test_negative_lines_and_amounts_are_refunds_never_negative_orders(tmp_path: Path) -> None:
    rows = [
        "A1,2024-05-01,M1,,,,S,x,2,10,,,,",
        "A1,2024-05-03,M1,,,,S,x,-1,10,,,,",
        "C7,2024-05-04,M1,,,,S,x,-2,5,,,,",
    ]
    result = counts(write(tmp_path, *rows), replace(GENERIC, refund_prefix="C"))
    assert (result["orders"], result["refunds"], result["gmv_fen"], result["refunds_fen"]) == (1, 2, 2000, 2000)
    assert Refund.objects.get(number="A1").order.number == "A1"
    assert Refund.objects.get(number="C7").order is None
    by_amount = counts(
        write(tmp_path, "B1,2024-05-01,10", "B1,2024-05-02,-4", header="订单号,支付时间,金额", name="b.csv")
    )
    assert (by_amount["gmv_fen"], by_amount["refunds_fen"]) == (1000, 400)


def test_policies_for_guests_and_gifts(tmp_path: Path) -> None:
    path = write(tmp_path, "A1,2024-05-01,,,,,S,x,1,10,,,,", "A2,2024-05-01,M1,,,,S,gift,1,0,,,,")
    kept = counts(path)
    assert (kept["accepted"], kept["orders"], kept["customers"], kept["gmv_fen"]) == (2, 2, 1, 1000)
    strict = replace(GENERIC, no_customer=NoCustomer.REJECT, zero_price=ZeroPrice.REJECT, shop="strict")
    refused = counts(path, strict)
    assert [code for _, _, code in reasons(refused)] == ["no_customer", "zero_price"]
    assert refused["people"] == 1


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("1/2/2024", "13/2/2024", datetime(2024, 2, 1)), ("1/2/2024", "2/13/2024", datetime(2024, 1, 2))],  # noqa: DTZ001
)
def test_the_whole_column_decides_between_day_and_month(
    tmp_path: Path, first: str, second: str, expected: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BLOCK_BYTES", 64)
    rows = [f"A{n},{first},1" for n in range(20)] + [f"B,{second},1"]
    counts(write(tmp_path, *rows, header="订单号,支付时间,金额"), replace(GENERIC, zone="UTC"))
    assert Order.objects.get(number="A1").at == expected.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (["A1,1/2/2024,1", "A2,3/4/2024,1"], "file_ambiguous_dates"),
        (["A1,13/2/2024,1", "A2,2/13/2024,1"], "file_mixed_dates"),
    ],
)
def test_dates_that_nobody_can_tell_fail_before_anything_is_written(tmp_path: Path, rows: list[str], code: str) -> None:
    path = write(tmp_path, *rows, header="订单号,支付时间,金额")
    job = run(path)
    assert job.state.value == "failed"
    assert f'"code": "{code}"' in job.error
    assert Order.objects.count() == 0
    assert counts(path, replace(GENERIC, date_style=DateStyle.DMY))["orders"] == 2 - (code == "file_mixed_dates")


def test_missing_columns_fail_with_what_is_missing(tmp_path: Path) -> None:
    job = run(write(tmp_path, "A1,M1", header="订单号,会员号"))
    assert '"code": "file_missing_columns"' in job.error
    assert "paid_at, amount / unit_price" in job.error


def test_long_orders_are_cut_into_transactions_and_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BLOCK_BYTES", 4000)
    rows = [f"A1,2024-05-01,M1,,,,S{n},x,1,1,,,," for n in range(2_500)] + ["A2,2024-05-01,M1,,,,S,x,1,1,,,,"]
    result = counts(write(tmp_path, *rows))
    assert (result["accepted"], result["orders"], result["gmv_fen"]) == (2_501, 2, 250_100)
    order = Order.objects.get(number="A1")
    assert (order.amount_fen, order.line_count, OrderLine.objects.filter(head=order).count()) == (250_000, 2_500, 2_500)
    assert Event.objects.filter(name="commerce.order_paid").count() == 2


def test_orders_across_batches_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BLOCK_BYTES", 500)
    rows = [f"A{n // 3},2024-05-01,M{n // 30},,,,S{n},x,1,1,,,," for n in range(900)]
    result = counts(write(tmp_path, *rows))
    assert (result["orders"], result["customers"]) == (300, 30)
    assert Event.objects.filter(name="commerce.order_revised").count() == 0
    assert set(Order.objects.values_list("line_count", flat=True)) == {3}


def test_cancel_keeps_what_is_done_and_resume_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = services.start_import(file=write(tmp_path, *ROWS), mapping=GENERIC, viewer=SYSTEM)
    services.cancel_import(import_id=started.import_id, viewer=SYSTEM)
    assert queries.import_view(SYSTEM, started.import_id).state is ImportState.CANCELLED
    services.resume_import(import_id=started.import_id, viewer=SYSTEM)
    assert jobs.run_job(job_id=started.job_id)
    view = queries.import_view(SYSTEM, started.import_id)
    assert (view.state, view.counts["accepted"]) == (ImportState.DONE, 5)


def test_a_full_disk_fails_clearly_and_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, *ROWS, "A9,bad,M1,,,,S,x,1,1,,,,")
    started = services.start_import(file=path, mapping=GENERIC, viewer=SYSTEM)

    def full(self: Path, *_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", full)
        assert jobs.run_job(job_id=started.job_id)
    view = queries.import_view(SYSTEM, started.import_id)
    assert view.state is ImportState.FAILED
    assert '"code": "disk_full"' in view.error
    services.resume_import(import_id=started.import_id, viewer=SYSTEM)
    assert jobs.run_job(job_id=started.job_id)
    assert queries.import_view(SYSTEM, started.import_id).counts["accepted"] == 5
    assert Order.objects.count() == 4


def test_views_of_imports(tmp_path: Path) -> None:
    result = counts(write(tmp_path, *ROWS, "A9,bad,M1,,,,S,x,1,1,,,,"))
    view = queries.imports(SYSTEM)[0]
    assert (view.id, view.file_name, view.state, view.has_errors_file) == (
        result["import_id"], "orders.csv", ImportState.DONE, True,
    )  # fmt: skip
    assert view.counts == result
    assert view.mapping == GENERIC
    assert queries.errors_file(SYSTEM, view.id) == storage.errors_path(view.id)
    with pytest.raises(NotFound):
        queries.import_view(SYSTEM, view.id + 1)


@pytest.mark.parametrize(("size"), [1, 3])
def test_the_list_costs_the_same_queries_for_one_and_three(
    tmp_path: Path, size: int, django_assert_num_queries: Any
) -> None:
    path = write(tmp_path, *ROWS)
    for _ in range(size):
        counts(path)
    with django_assert_num_queries(2):
        assert len(queries.imports(SYSTEM)) == size


def test_the_stranger_sees_and_starts_nothing(tmp_path: Path) -> None:
    result = counts(write(tmp_path, *ROWS))
    for read in (
        lambda: queries.imports(STRANGER),
        lambda: queries.import_view(STRANGER, result["import_id"]),
        lambda: queries.errors_file(STRANGER, result["import_id"]),
        lambda: queries.mapping(STRANGER, "generic"),
        lambda: services.start_import(file=tmp_path / "orders.csv", mapping=GENERIC, viewer=STRANGER),
        lambda: services.cancel_import(import_id=result["import_id"], viewer=STRANGER),
        lambda: services.save_mapping(mapping=GENERIC, viewer=STRANGER),
    ):
        with pytest.raises(NotAllowed):
            read()
    assert Import.objects.count() == 1


def test_the_file_is_kept_once_and_ids_lead_nowhere_else(tmp_path: Path) -> None:
    path = write(tmp_path, *ROWS)
    with path.open("rb") as stream:
        first = services.store_file(stream=stream, file_name="../../x.csv", viewer=SYSTEM)
    assert first.file_name == "x.csv"
    assert storage.path_of(first.file_id).read_bytes() == path.read_bytes()
    with pytest.raises(NotFound):
        storage.path_of("../" + first.file_id)


def test_mappings_are_saved_under_names(tmp_path: Path) -> None:
    mine = replace(GENERIC, name="mine", shop="tmall", date_style=DateStyle.DMY)
    services.save_mapping(mapping=mine, viewer=SYSTEM)
    services.save_mapping(mapping=replace(mine, shop="jd"), viewer=SYSTEM)
    assert queries.mapping(SYSTEM, "mine").shop == "jd"
    assert queries.mapping_names(SYSTEM) == ["online_retail", "generic", "mine"]
    services.delete_mapping(name="mine", viewer=SYSTEM)
    with pytest.raises(UnknownMapping, match="online_retail, generic"):
        queries.mapping(SYSTEM, "mine")


def test_headers_of_a_job_are_translated_names(tmp_path: Path) -> None:
    result = counts(write(tmp_path, "A1,bad,M1,,,,S,x,1,10,,,,"))
    head = Path(result["errors_file"]).read_text(encoding="utf-8-sig").splitlines()[0]
    assert len(head.split(",")) == 5
    assert Job.objects.get().kind == "ingest.import_orders"
    assert HEADER.startswith("订单号")
