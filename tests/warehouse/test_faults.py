"""Shipping dies between any two steps that matter, and every event is in the warehouse exactly once afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.plugins.warehouse import FrontProcess, start_front

from siyu.kernel.failpoints import EXIT_CODE
from siyu.warehouse.client import Warehouse

pytestmark = [pytest.mark.warehouse, pytest.mark.faults]
# A process like the worker's: its own home, its own Django, no pytest.
_START = """
import django; django.setup()
from siyu.eventlog import records, services as eventlog
from siyu.eventlog.contracts import EventType, NewEvent
from siyu.eventlog.registries import EVENTS
from siyu.kernel import clock
from siyu.warehouse import services
from siyu.warehouse.contracts import Projection
from siyu.warehouse.registries import PROJECTIONS
EVENTS.add("test.done", EventType("test.done", "Done", {}))
PROJECTIONS.add("seen", Projection(
    table="seen", columns=("fragment", "version"), listens=frozenset({"test.done"}),
    rows=lambda keys: [(key, 1) for key in keys],
    all_keys=lambda after, limit: [key for key in range(1, 11) if key > after][:limit],
    ddl="CREATE TABLE IF NOT EXISTS seen (fragment UInt32, version UInt64) "
        "ENGINE = ReplacingMergeTree(version) ORDER BY fragment",
))
def publish(first, count):
    with records.transaction():
        eventlog.publish([
            NewEvent("test.done", clock.now(), {}, fragment_id=n % 10 + 1, message_id=str(n))
            for n in range(first, first + count)
        ])
# A killed process leaves its lease behind; in these tests nobody waits a minute for it to run out.
from siyu.warehouse.services import streams
streams.LEASE_SECONDS = 0
"""
_PREPARE = "from django.core.management import call_command; call_command('migrate', verbosity=0); publish(0, 50)"
SHIPPING = [
    "warehouse.shipment.after_cut",
    "warehouse.shipment.after_send",
    "warehouse.projection.before_move",
]
REBUILDING = [*SHIPPING, "warehouse.rebuild.before_drop", "warehouse.rebuild.after_drop"]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontProcess]:
    process = start_front(tmp_path_factory.mktemp("front"))
    yield process
    process.stop()


@pytest.fixture(scope="module")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared")
    assert run(home, "", _PREPARE).returncode == 0
    return home


@pytest.fixture
def home(prepared_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared_home, tmp_path / "home"))


def run(home: Path, url: str, code: str, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SIYU_")}
    environment |= {"SIYU_HOME": str(home), "SIYU_WAREHOUSE_URL": url, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment["DJANGO_SETTINGS_MODULE"] = "siyu.config.settings"
    if failpoint:
        environment["SIYU_FAILPOINT"] = failpoint
    return subprocess.run(
        [sys.executable, "-c", f"{_START}\n{code}"], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("failpoint", SHIPPING)
def test_shipping_dies_and_goes_on(front: FrontProcess, home: Path, failpoint: str) -> None:
    url = front.url.replace("/siyu", f"/{failpoint.replace('.', '_')}")
    assert run(home, url, "services.migrate(); services.ship_pending()", failpoint).returncode == EXIT_CODE
    # More has come in the meantime: the span that was cut must go as it was, not grow.
    done = run(home, url, "publish(50, 30); services.ship_pending()")
    assert done.returncode == 0, done.stderr
    assert Warehouse(url).rows("SELECT count(), uniqExact(event_id) FROM events") == [(80, 80)]
    assert Warehouse(url).value("SELECT count() FROM seen FINAL") == 10


@pytest.mark.parametrize("failpoint", REBUILDING)
def test_a_rebuild_dies_and_is_run_again(front: FrontProcess, home: Path, failpoint: str) -> None:
    url = front.url.replace("/siyu", f"/re_{failpoint.replace('.', '_')}")
    done = run(home, url, "services.migrate(); services.ship_pending()")
    assert done.returncode == 0, done.stderr
    # In a rebuild the projections are sent whole, so the point inside their batches is passed by a later event.
    code = "services.rebuild(); publish(900, 1); services.ship_projections_once()"
    assert run(home, url, code, failpoint).returncode == EXIT_CODE
    # A worker's pump may come first; it must not send into tables that are about to be dropped.
    done = run(home, url, "services.ship_pending(); services.rebuild()")
    assert done.returncode == 0, done.stderr
    ((count, distinct),) = Warehouse(url).rows("SELECT count(), uniqExact(event_id) FROM events")
    assert count == distinct == (51 if failpoint == "warehouse.projection.before_move" else 50)
    assert Warehouse(url).value("SELECT count() FROM seen FINAL") == 10
