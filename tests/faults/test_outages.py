"""The neighbours misbehave: a provider in every way it can, callers who repeat themselves, a warehouse that is gone."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.faults import workload
from tests.faults.comparison import differences
from tests.faults.fail_point_runs import Host, Reference
from tests.faults.harness import Site
from tests.plugins.warehouse import start_front
from tests.support.ports import free_port

from siyu.ingest import gate
from siyu.kernel.settings import Settings
from siyu.sandbox.faults import KINDS, REPORT_FAULTS, REQUEST_FAULTS, Fault

pytestmark = [pytest.mark.faults, pytest.mark.warehouse]
# Silence of the stand-in, in seconds: it then hangs up, and nobody knows whether the message went.
SILENCE_SECONDS = 0.3
# What people are shown of each stream that waits.
_STREAM_ERRORS = """
import json
from siyu.warehouse import queries
print(json.dumps([lag.error for lag in queries.lag() if lag.waiting_count]))
"""


@pytest.mark.parametrize("kind", sorted(KINDS - {"mixed_results"}))
def test_a_provider_in_trouble_sends_each_message_once(
    host: Host, undisturbed: dict[str, Reference], kind: str, tmp_path: Path
) -> None:
    """Whatever happens to two of three requests, or to every report, ends as if nothing had."""
    reference = undisturbed["send"]
    installation = reference.before.copy(tmp_path / "home")
    count = 2 if kind in REQUEST_FAULTS else None
    with host.surroundings(installation, "send", fault=Fault(kind, count=count, seconds=SILENCE_SECONDS)) as settings:
        _, ended = host.run(installation, "send", **settings)
    assert ended["outcome"] == reference.ended["outcome"]
    assert differences(ended["contents"], reference.ended["contents"]) == {}
    installation.remove()


def test_carriers_that_fail_with_changing_codes_leave_no_message_open(
    host: Host, undisturbed: dict[str, Reference], tmp_path: Path
) -> None:
    reference = undisturbed["send"]
    installation = reference.before.copy(tmp_path / "home")
    assert "mixed_results" in REPORT_FAULTS
    with host.surroundings(installation, "send", fault=Fault("mixed_results", share=0.5)) as settings:
        _, ended = host.run(installation, "send", **settings)
    assert ended["outcome"] == reference.ended["outcome"]
    states = Counter(entry[1] for entry in ended["contents"]["outbox"])
    assert set(states) == {"delivered", "failed"}
    assert ended["contents"]["tally"]["delivered"] == states["delivered"]
    assert ended["contents"]["tally"]["failed"] == states["failed"]
    installation.remove()


def test_replayed_clicks_count_once(host: Host, undisturbed: dict[str, Reference], tmp_path: Path) -> None:
    """The same rows of the inbox come a second time, as after a restored backup of it."""
    reference = undisturbed["click"]
    installation = reference.before.copy(tmp_path / "home")
    for _ in range(2):
        (installation.home / "acknowledged-clicks").unlink(missing_ok=True)
        _, ended = host.run(installation, "click")
    assert differences(ended["contents"], reference.ended["contents"]) == {}
    installation.remove()


def test_an_installation_starts_without_its_warehouse_server_and_catches_up(tmp_path: Path) -> None:
    """After a power cut the machine of the warehouse may come back last; orders do not wait for it."""
    port = free_port()
    (tmp_path / "front").mkdir()
    front = start_front(tmp_path / "front", port=port)
    front.stop()
    url = os.environ.get("SIYU_TEST_DATABASE_URL", "")
    site = Site.make(tmp_path / "home", sandbox=False, database_url=url, warehouse_url=front.url)
    settings = Settings(_env_file=site.home / "siyu.env", home=site.home)  # type: ignore[call-arg]
    try:
        site.up()
        workload.post_orders(site, gate.create_write_key(settings, shop="hook"))
        front = start_front(tmp_path / "front", port=port)
        ended = workload.settled(site, seconds=120)
    finally:
        site.down()
        site.remove()
        front.stop()
    assert ended["open"] == {}
    assert ended["warehouse_differences"] == []
    assert len(ended["contents"]["orders"]) == workload.HOOK_ORDERS


def test_the_warehouse_is_down_and_two_imports_of_one_file_come_at_once(tmp_path: Path) -> None:
    """Records go on without it; when it is back, shipping catches up."""
    url = os.environ.get("SIYU_TEST_DATABASE_URL", "")
    prepared = workload.prepare(tmp_path / "home", customers=200, database_url=url)
    site = prepared.site
    try:
        site.start_all()
        assert site.kill("warehouse") == -9
        with ThreadPoolExecutor() as pool:
            orders = pool.submit(workload.post_orders, site, prepared.write_key)
            twice = [pool.submit(workload.import_file, site, prepared, prepared.files[0], key) for key in ("a", "b")]
            counts = [imported.result() for imported in twice]
            orders.result()
        assert counts[0]["rows"] == counts[1]["rows"]
        assert sum(count["accepted"] for count in counts) == counts[0]["rows"] - counts[0]["rejected"]
        # A stream that has heard of nothing, such as that of places, has nothing to send either.
        errors = [error for error in site.python(_STREAM_ERRORS) if error]
        assert errors
        assert all("does not answer" in error for error in errors)
        site.start("warehouse")
        ended = workload.settled(site, seconds=120)
    finally:
        site.remove()
    assert ended["open"] == {}
    assert ended["warehouse_differences"] == []
    assert len(ended["contents"]["orders"]) > workload.HOOK_ORDERS

