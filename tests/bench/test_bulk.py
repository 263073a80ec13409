"""A bulk load leaves what imports leave: people, orders, log and warehouse, at a size at which all can be read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.faults.harness import Site

from bench import environment

pytestmark = pytest.mark.whole
CUSTOMERS = 700
UNTIL = "2026-03-31"
_IMPORT = """
import json, sys
from datetime import date
from pathlib import Path
from siyu.audiences.services import wait_until_shipped
from siyu.cli import demo_home, demo_organisation
from siyu.cli.command import Output
from siyu.cli.demo_import import import_files, save_mappings
from siyu.kernel import settings
from siyu.sandbox.demo.generate import generate

known = settings.load()
made = generate(demo_home.folder(known), customers={customers}, until=date.fromisoformat("{until}"))
demo_organisation.load(made)
save_mappings([export.layout for export in made.exports])
import_files(Output(as_json=True), [(export.path, export.layout.name) for export in made.exports])
wait_until_shipped()
print("null")
"""
# Everything by content; what only an import has, and how often it came back to a profile, left out.
_TOLD = """
import json
from tests.faults.contents import contents, people, warehouse_differences
from siyu.audiences import queries as audiences
from siyu.customers.models import Fragment, Placement
from siyu.eventlog import queries as log
from siyu.org.contracts import SYSTEM
from siyu.warehouse import queries as warehouse
from siyu.warehouse.client import connect

found = contents()
found["profiles"] = [[who, name, json.loads(text), at] for who, name, text, at in found["profiles"]]
found["events"] = [event for event in found["events"] if event[0] != "customers.profile_changed"]
for name in ("imports", "jobs", "trash"):
    found.pop(name, None)
named = people()
found["placements"] = sorted(
    [named[row.fragment_id], row.node.code, row.staff.email]
    for row in Placement.objects.select_related("node", "staff")
)
rules = (
    {"leaf": "order_count", "op": ">=", "value": 3},
    {"leaf": "net_sales", "op": ">=", "value_fen": 20000, "within_days": 90},
    {"leaf": "attribute", "name": "level", "op": "is", "value": "金卡会员"},
    {"leaf": "first_seen", "within_days": 60},
)
from datetime import datetime, UTC
at = datetime(2026, 4, 1, tzinfo=UTC)
found["audiences"] = [sorted(named[pk] for pk in audiences.customer_ids(SYSTEM, rule, at)) for rule in rules]
found["warehouse"] = warehouse_differences()
found["unshipped"] = {lag.stream: lag.waiting_count for lag in warehouse.lag() if lag.waiting_count}
placed = "SELECT count() FROM placements FINAL WHERE node != 0 AND staff != 0"
found["placed in the warehouse"] = connect().value(placed)
found["sandbox"] = Fragment.objects.filter(is_sandbox=True).count()
found["behind"] = sum(lag.waiting_count for lag in log.lag())
found["ids"] = sorted(named) == list(range(min(named), min(named) + len(named)))
print(json.dumps(found, default=str))
"""
_NEXT = """
from siyu.customers import services
from siyu.customers.contracts import IdentityKey, IdentityKind, PersonIn
from siyu.eventlog import records
from siyu.kernel import clock
person = PersonIn((IdentityKey(IdentityKind.MEMBER, "main", "NEW"),), clock.now(), "新客")
with records.transaction():
    (fragment_id,) = services.ensure_people([person], source="test", trace_id="")
print(fragment_id)
"""


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """An installation in which nothing has happened."""
    url = environment.postgres_url() if request.param == "postgres" else ""
    if request.param == "postgres" and not url:
        pytest.skip("there is no PostgreSQL server")
    made = Site.make(tmp_path / "first", database_url=url)
    yield made
    made.remove()


def _load(site: Site) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.bulk", "--customers", str(CUSTOMERS), "--until", UNTIL]
    return subprocess.run(command, env=site.environment, capture_output=True, text=True, check=False)


@contextmanager
def _open(site: Site) -> Iterator[Site]:
    site.start("warehouse")
    site.siyu("migrate")
    yield site
    site.stop_all()


def test_a_bulk_load_leaves_what_imports_leave(site: Site, tmp_path: Path) -> None:
    twin = site.copy(tmp_path / "second")  # with the same keys, by which people are found
    try:
        with _open(site):
            site.python(_IMPORT.format(customers=CUSTOMERS, until=UNTIL))
            expected: dict[str, Any] = site.python(_TOLD)
        with _open(twin):
            done = _load(twin)
            assert done.returncode == 0, done.stderr
            told: dict[str, Any] = twin.python(_TOLD)
            _check(told, expected)
            # Whoever comes next gets the next id, and nobody is loaded twice.
            assert twin.python(_NEXT) == told["people"] + 1
            assert "wants an empty installation" in _load(twin).stderr
    finally:
        twin.remove()


def _check(told: dict[str, Any], expected: dict[str, Any]) -> None:
    assert expected.pop("behind") > 0
    assert told.pop("behind") == 0, "nobody has to read a log of millions"
    assert set(told) == set(expected)
    for part in sorted(expected):
        assert told[part] == expected[part], part
    assert told["warehouse"] == []
    assert told["unshipped"] == {}
    assert told["ids"]
