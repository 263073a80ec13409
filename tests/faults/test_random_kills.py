"""SIGKILL at random moments at random processes, while a brand works: nothing is lost, nothing is done twice.

The same work is done twice over copies of one beginning, once in peace; both must end with the same contents.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.faults import workload
from tests.faults.comparison import differences
from tests.faults.harness import PROCESSES, Site, wait_until
from tests.faults.workload import Prepared

pytestmark = pytest.mark.faults
SEED = 20_261_122
# A dead sender's batch is unknown after 60 s and asked about some 20 s later; the other leases are shorter.
SETTLE_SECONDS = 200
# Between two kills, so that processes get far enough to do harm.
PAUSE_SECONDS = (0.6, 2.2)


@dataclass
class Ended:
    """How one run ended: contents, numbers that got messages, and visits per link that clients were sure of."""

    found: dict[str, Any]
    phones: list[str]
    visits: dict[str, int]


# Clicks are compared apart. How often a profile or a consent changes depends on which of two imports that run side by
# side is first with a person; where they end does not, and is compared.
BY_ORDER_OF_ARRIVAL = {"links.clicked", "customers.profile_changed", "customers.consent_changed"}


@pytest.mark.slow
def test_fifty_kills(tmp_path: Path) -> None:
    """The test restarts at once, so that kills come faster than under a supervisor, which pauses between restarts."""
    kills = _Kills(count=50, end=_kill_and_restart)
    _compare(tmp_path, customers=1_500, start=Site.start_all, kills=kills)
    assert set(kills.struck) == set(PROCESSES)
    assert sum(kills.struck.values()) == 50


def test_kills_under_the_supervisor(tmp_path: Path) -> None:
    kills = _Kills(count=8, end=_kill_supervised)
    _compare(tmp_path, customers=300, start=Site.up, kills=kills)
    assert sum(kills.struck.values()) == 8


def _compare(tmp_path: Path, *, customers: int, start: Callable[[Site], None], kills: _Kills) -> None:
    url = os.environ.get("SIYU_TEST_DATABASE_URL", "")
    prepared = workload.prepare(tmp_path / "prepared", customers=customers, database_url=url)
    try:
        peaceful = _run(prepared, tmp_path / "peaceful", start, None)
        disturbed = _run(prepared, tmp_path / "disturbed", start, kills)
    finally:
        prepared.site.remove()
    assert peaceful.found["open"] == disturbed.found["open"] == {}
    assert peaceful.found["warehouse_differences"] == disturbed.found["warehouse_differences"] == []
    _check_clicks(disturbed)
    assert differences(_without_clicks(disturbed), _without_clicks(peaceful)) == {}
    assert Counter(disturbed.phones) == Counter(peaceful.phones)
    assert max(Counter(disturbed.phones).values()) == 1


def _run(prepared: Prepared, home: Path, start: Callable[[Site], None], kills: _Kills | None) -> Ended:
    site = prepared.site.copy(home)
    try:
        start(site)
        if kills is not None:
            kills.begin(site)
        try:
            promises = workload.run(site, prepared)
        finally:
            if kills is not None:
                kills.finish()
        found = workload.settled(site, seconds=SETTLE_SECONDS)
        return Ended(found, workload.messages(site), promises.visits)
    finally:
        if start is Site.up:
            site.down()
        site.remove()


def _check_clicks(ended: Ended) -> None:
    """A visit that was answered is kept; one whose answer was lost may be."""
    kept = sum(entry[-1] for entry in ended.found["contents"]["events"] if entry[0] == "links.clicked")
    assert len(ended.visits) <= kept <= sum(ended.visits.values())


def _without_clicks(ended: Ended) -> dict[str, Any]:
    contents = dict(ended.found["contents"])
    contents["events"] = [entry for entry in contents["events"] if entry[0] not in BY_ORDER_OF_ARRIVAL]
    return contents


class _Kills:
    """Kills in a thread of its own, with a fixed seed, until its count is reached."""

    def __init__(self, *, count: int, end: Callable[[Site, str], bool]) -> None:
        self.struck: Counter[str] = Counter()
        self._count = count
        self._end = end
        self._error: BaseException | None = None

    def begin(self, site: Site) -> None:
        self._thread = threading.Thread(target=self._loop, args=(site,), name="kills")
        self._thread.start()

    def finish(self) -> None:
        """Waits for the last kill."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _loop(self, site: Site) -> None:
        chance = random.Random(SEED)
        try:
            while sum(self.struck.values()) < self._count:
                time.sleep(chance.uniform(*PAUSE_SECONDS))
                name = chance.choice(PROCESSES)
                self.struck[name] += self._end(site, name)
        except BaseException as error:
            self._error = error


def _kill_and_restart(site: Site, name: str) -> bool:
    was_alive = site.kill(name) == -signal.SIGKILL
    site.start(name)
    return was_alive


def _kill_supervised(site: Site, name: str) -> bool:
    """Waits until the supervisor has the process running, then kills it."""

    def living() -> int | None:
        pid = site.supervised_pids().get(name)
        return pid if pid and Path(f"/proc/{pid}").exists() else None

    pid = wait_until(living, seconds=60, what=f"{name} runs")
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), seconds=10, what=f"{name} has ended")
    return True
