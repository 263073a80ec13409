"""A disk that is full: what was acknowledged stays, what cannot be kept is refused, and freed space is enough to go on.

Needs a small disk of its own: a tmpfs, which only root may mount.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.comparison import differences
from tests.faults.fail_point_runs import Host, Installation, Reference
from tests.faults.harness import Site
from tests.faults.paths import STEP

from siyu.ingest import gate
from siyu.kernel.settings import Settings

pytestmark = pytest.mark.faults
DISK_MIB = 96
MIB = 2**20
# Left free when the disk is "full": an import needs more, a status row does not always fit either.
LEFT_BYTES = 256 * 1024
_LINKS = """
from siyu.eventlog import records
from siyu.links import services
from siyu.links.contracts import LinkIn
import json
with records.transaction():
    tokens = services.create_links([LinkIn("https://shop.example.cn/", 7, "plan:1", "a" * 32)] * 2)
print(json.dumps(tokens))
"""
_RESOLVE = """
import json
from siyu.commerce.models import Order
from siyu.ingest.resolver import resolve_once
while resolve_once():
    pass
print(json.dumps(sorted(Order.objects.values_list("number", flat=True))))
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.environ.get("SIYU_TEST_DATABASE_URL"):
        pytest.skip("on PostgreSQL the records lie on the server's disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(folder: Path) -> Path:
    """A file that leaves hardly any space."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        free = shutil.disk_usage(folder).free - LEFT_BYTES
        while free > 0:
            free -= file.write(b"\0" * min(free, MIB))
    return filler


def test_an_import_on_a_full_disk_says_so_and_goes_on_when_there_is_space(
    host: Host, undisturbed: dict[str, Reference], small_disk: Path
) -> None:
    reference = undisturbed["import"]
    installation = Installation(Path(shutil.copytree(reference.before.home, small_disk / "home")))
    filler = _fill(small_disk)
    with pytest.raises(AssertionError, match=r"disk_full|disk is full|No space left"):
        host.run(installation, "import")
    filler.unlink()
    _, ended = host.run(installation, "import", later=2 * STEP)
    assert differences(ended["contents"], reference.ended["contents"]) == {}


def test_the_collector_on_a_full_disk_refuses_orders_and_still_leads_on(small_disk: Path) -> None:
    site = Site.make(small_disk / "home", sandbox=False)
    settings = Settings(_env_file=site.home / "siyu.env", home=site.home)  # type: ignore[call-arg]
    tokens = site.python(_LINKS)
    headers = {"Authorization": f"Bearer {gate.create_write_key(settings, shop='hook')}"}
    try:
        site.start("collector")
        site.await_answer("collector")
        acknowledged = [number for number in range(2) if _post(site, headers, number) == 202]
        assert acknowledged == [0, 1]
        assert site.request("collector", "GET", f"/s/{tokens[0]}", retry=False).status == 302
        filler = _fill(small_disk)
        answers = {number: _post(site, headers, number) for number in range(2, 10)}
        assert 503 in answers.values()
        # The click may be lost, the person never is; and the log says so.
        # Another link than before, so that it has to be looked up.
        assert site.request("collector", "GET", f"/s/{tokens[1]}", retry=False).status == 302
        filler.unlink()
        assert _post(site, headers, 10) == 202
    finally:
        site.stop_all()
    acknowledged += [number for number, status in answers.items() if status == 202] + [10]
    assert site.python(_RESOLVE) == sorted(f"F{number}" for number in acknowledged)


def _post(site: Site, headers: dict[str, str], number: int) -> int:
    """One order of some 60 KB: a few of them fill what is left."""
    lines = [{"sku": f"S{n}", "title": "茶" * 60, "quantity": 1, "amount": "10.00"} for n in range(250)]
    order: dict[str, Any] = {"order_no": f"F{number}", "paid_at": "2026-04-01T10:00:00+08:00", "lines": lines}
    body = json.dumps({"orders": [order]}, ensure_ascii=False).encode()
    return site.request("collector", "POST", "/v1/orders", body, headers, retry=False).status
