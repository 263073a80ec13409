"""The demo brand by its doors: imports find what the files promise, plans of the past have played, again is nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db.models import Sum
from tests.faults import contents
from tests.plugins.warehouse import warehouse, warehouse_front, warehouse_url

from siyu.audiences import planner
from siyu.audiences import queries as audiences
from siyu.audiences.services import wait_until_shipped
from siyu.cli import demo_brand, demo_home, demo_import, demo_load, demo_organisation, demo_tasks
from siyu.cli.command import Output
from siyu.commerce.models import Order, Refund
from siyu.customers import queries as customers
from siyu.eventlog import jobs, registries, runner
from siyu.ingest import queries as ingest
from siyu.insights import queries as insights
from siyu.insights.contracts import VerdictCode
from siyu.kernel import clock
from siyu.kernel.settings import Settings
from siyu.messaging import queries as messaging
from siyu.messaging.contracts import OutboxState, PlanState, Reason
from siyu.messaging.models import Outbox
from siyu.org import queries as org
from siyu.org.contracts import SYSTEM
from siyu.org.contracts.tasks import TaskState
from siyu.org.models import Staff, Task
from siyu.sandbox.demo import campaigns, errands
from siyu.sandbox.demo.generate import DemoFiles
from siyu.warehouse.client import Warehouse

__all__ = ["warehouse", "warehouse_front", "warehouse_url"]
# Committed, because the log is read below the oldest open transaction.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.whole]
CUSTOMERS = 900


@dataclass
class Demo:
    """A loaded demo brand: its settings, and what was made."""

    settings: Settings
    made: DemoFiles


def begin(home: Path, customers_count: int = CUSTOMERS) -> Demo:
    """The files and the sandbox's settings, as `siyu demo load` makes them."""
    settings = django_settings.SIYU.model_copy(update={"home": home})
    planner.cache.clear()
    made = demo_home.generate_files(settings, customers=customers_count)
    demo_home.write_sandbox_settings(settings, people_file=made.people_file)
    return Demo(settings, made)


def load(demo: Demo) -> list[int]:
    job_ids = demo_load.load(demo.settings, Output(as_json=True), demo.made)
    while jobs.run_next():
        pass
    for subscriber in registries.SUBSCRIBERS:
        runner.drain(subscriber)
    wait_until_shipped()
    return job_ids


@pytest.fixture
def demo(tmp_path: Path, warehouse: Warehouse) -> Iterator[Demo]:
    begun = begin(tmp_path)
    load(begun)
    yield begun
    planner.cache.clear()


def plans() -> dict[str, Any]:
    return {view.name: view for view in messaging.plans(SYSTEM, limit=50).items}


def test_everything_comes_in_by_the_doors(demo: Demo) -> None:
    _check_imports(demo)
    _check_people(demo)
    assert {view.name for view in audiences.audiences(SYSTEM)} == {name for name, _ in demo_brand.AUDIENCES}
    # The passwords that were just given are facts too.
    wait_until_shipped()
    assert contents.warehouse_differences() == []
    before = contents.contents()
    assert load(demo) == [], "again is nothing"
    assert contents.contents() == before
    assert demo_home.is_loaded(demo.settings)
    assert demo_import.is_wanted(demo.settings) is False


def _check_imports(demo: Demo) -> None:
    """Every import finds what its file promises."""
    counts = {view.file_name: view.counts for view in ingest.imports(SYSTEM)}
    for export in demo.made.exports:
        found = counts[export.path.name]
        assert found["mapping"] == export.layout.name
        promised = (export.rows, export.rejected, export.duplicates, export.orders)
        assert tuple(found[name] for name in ("rows", "rejected", "duplicates", "orders")) == promised
        # An import's sums are of the file, with the lines that it repeats.
        if not export.duplicates:
            assert (found["gmv_fen"], found["refunds_fen"]) == (export.sales_fen, export.refunds_fen)
    brought = counts["orders-4-coupons.csv"]
    assert brought["rejected"] == brought["duplicates"] == 0
    assert Order.objects.aggregate(fen=Sum("amount_fen"))["fen"] == demo.made.sales_fen + brought["gmv_fen"]
    assert Refund.objects.aggregate(fen=Sum("amount_fen"))["fen"] == demo.made.refunds_fen
    assert customers.count(SYSTEM) == demo.made.people
    assert set(ingest.mapping_names(SYSTEM)) >= {export.layout.name for export in demo.made.exports}


def _check_people(demo: Demo) -> None:
    """Stores and guides know their customers, and nobody else's."""
    people = json.loads(demo.made.people_file.read_text())["people"]
    person = next(one for one in people if one["member_no"] and one["store"])
    found = customers.search(SYSTEM, text=person["member_no"]).items[0]
    assert found.display_name == person["name"]
    guide = next(one for one in demo_organisation.employees(demo.settings) if one.code == person["guide"])
    assert (found.home, found.guide) == (org.node_by_code(person["store"]).name, guide.name)
    by_role = {role: _sign_in(demo, role) for role in ("guide", "store_manager", "operator", "analyst", "auditor")}
    seen = {role: customers.count(org.viewer_of(staff)) for role, staff in by_role.items()}
    first = demo_organisation.first_with(demo.settings, "guide")
    assert seen["guide"] == sum(one["guide"] == first.code for one in people) > 0
    assert seen["guide"] < seen["store_manager"] < seen["operator"] == seen["analyst"] == demo.made.people


def _sign_in(demo: Demo, role: str) -> Staff:
    """Somebody of that role, with a password that lets them in; another one each time it is asked for."""
    employee = demo_organisation.first_with(demo.settings, role)
    first = demo_organisation.give_password(employee)
    second = demo_organisation.give_password(employee)
    staff = org.staff_by_email(employee.email)
    assert staff is not None
    assert not staff.check_password(first)
    assert staff.check_password(second)
    return staff


def test_plans_of_the_past_have_played(demo: Demo) -> None:
    states = {name: view.state for name, view in plans().items()}
    assert states == {
        **{campaign.name: PlanState.DONE for campaign in campaigns.CAMPAIGNS},
        campaigns.RUNNING.name: PlanState.RUNNING,
        demo_brand.PLAN_NAME: PlanState.DRAFT,
    }
    for campaign in campaigns.CAMPAIGNS:
        view = plans()[campaign.name]
        assert view.launched_at == campaign.launched_at(demo.made.size)
        assert view.created_at < view.launched_at < view.finished_at < view.launched_at + timedelta(days=1)
        assert min(view.treated_count, view.holdout_count) > 0
        tally = messaging.plan_tally(SYSTEM, view.id)
        assert tally.open_count == 0
        assert tally.sent_count == view.treated_count
        assert 0 < tally.clicked_count < tally.delivered_count
        assert tally.delivered_count > 0.9 * tally.sent_count
        assert insights.plan_result(SYSTEM, view.id).verdict.code is not VerdictCode.NOT_YET
    _check_the_plan_under_way()


def _check_the_plan_under_way() -> None:
    """It has sent a part; the rest waits for its window, which opens a good while from now."""
    view = plans()[campaigns.RUNNING.name]
    tally = messaging.plan_tally(SYSTEM, view.id)
    held = tally.held[Reason.QUIET_HOURS]
    assert tally.states[OutboxState.HELD] == held > 0
    assert tally.sent_count + held == view.treated_count
    (opens_at,) = set(Outbox.objects.filter(plan_id=view.id, state=OutboxState.HELD).values_list("due_at", flat=True))
    assert timedelta(hours=3) < opens_at - clock.now() < timedelta(hours=25)
    assert opens_at == view.launched_at + timedelta(days=1)


def test_the_people_have_something_to_do(demo: Demo) -> None:
    """An errand that is over has been done but by one store in some; asked again, nobody gets it twice."""
    (over, running) = (list(Task.objects.filter(title=errand.title)) for errand in errands.ERRANDS)
    late = [task for task in over if task.state == TaskState.OPEN.value]
    assert len(late) == len(over) // errands.LATE_EVERY
    assert {task.due_at < clock.now() for task in over} == {True}
    assert {(task.state, task.due_at > clock.now()) for task in running} == {(TaskState.OPEN.value, True)}
    count = Task.objects.count()
    demo_tasks.give(demo.settings)
    assert Task.objects.count() == count


def test_a_reset_restores_it_to_the_id(tmp_path: Path, warehouse: Warehouse) -> None:
    """The same day, size and seed: the same people under the same ids, in the same arms, with the same results."""
    held, found = clock.now(), []
    for name in ("first", "second"):
        call_command("flush", interactive=False, reset_sequences=True)
        for table in ("events", "profiles", "roots", "placements"):
            warehouse.command(f"TRUNCATE TABLE {table}")
        with clock.frozen(held):
            load(begin(tmp_path / name))
            found.append((_arms(), contents.contents()))
    assert found[0] == found[1]


def _arms() -> list[tuple[Any, ...]]:
    return sorted(Outbox.objects.values_list("plan__name", "fragment_id", "state", "reason", "units"))


def test_a_load_that_was_cut_off_goes_on(tmp_path: Path, warehouse: Warehouse) -> None:
    begun = begin(tmp_path)
    demo_import.save_mappings([export.layout for export in begun.made.exports])
    first = [(export.path, export.layout.name) for export in begun.made.exports[:3]]
    assert len(demo_import.import_files(Output(as_json=True), first)) == 3
    assert demo_import.is_wanted(begun.settings)
    load(begun)
    assert len(ingest.imports(SYSTEM)) == len(begun.made.exports) + 1
    assert {view.state for view in plans().values()} == {PlanState.DONE, PlanState.RUNNING, PlanState.DRAFT}


@pytest.mark.slow
def test_the_reports_find_what_was_planted(tmp_path: Path, warehouse: Warehouse) -> None:
    """Within the interval, at a size at which the interval is narrow; the naive figure is elsewhere."""
    begun = begin(tmp_path, 12_000)
    load(begun)
    for campaign in campaigns.CAMPAIGNS:
        view = plans()[campaign.name]
        result = insights.plan_result(SYSTEM, view.id)
        delivered = result.tally.delivered_count / view.treated_count
        base = result.holdout.buyer_count / result.holdout.customer_count
        expected = campaign.lift * delivered * (1 - base)
        interval = result.effect.order_rate.newcombe
        # A right 95 % interval misses one time in twenty; one twice as wide, in ten thousand.
        middle, half = (interval.high + interval.low) / 2, (interval.high - interval.low) / 2
        assert abs(expected - middle) <= 2 * half, campaign.name
        assert result.sample_ratio.is_alarm is False
        assert result.naive.buyer_count / view.treated_count > expected
