"""Every measurement runs, at a thousandth of its size, and yields figures that the page can show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from math import isfinite
from pathlib import Path

import pytest
from bench.console import PAGES
from bench.rows import BenchRow
from django.test import Client
from tests.support.pages import shown

from bench import __main__ as program
from siyu.org.models import Staff

ROOT = Path(__file__).resolve().parents[2]
# These start a whole installation each.
WHOLE = ("api", "console", "demo", "large", "large_import", "webhooks", "whole")
# Addresses of the console that show no page of their own: parts of pages, files, what a stranger sees.
NO_PAGES = {
    "audience-edit", "sign-in", "sign-in-code", "sign-out", "join", "welcome", "set_language", "rfm-csv",
    "import-columns", "import-errors", "organisation-sample", "audit-csv", "audit-xlsx", "notice-open",
}  # fmt: skip


def _rows(name: str, tmp_path: Path) -> list[BenchRow]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SIYU_") or key.endswith("_URL")}
    environment = {**kept, "SIYU_BENCH_SHARE": "0.001", "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    answer = tmp_path / "rows.json"
    command = [sys.executable, "-m", "bench", "--rows-of", name, str(answer)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [BenchRow(**row) for row in json.loads(answer.read_text())]


def _check(name: str, tmp_path: Path) -> None:
    rows = _rows(name, tmp_path)
    if not rows:
        pytest.skip("the public data sets are not beside this checkout (see docs/data-sets.md)")
    assert all(isfinite(row.value) for row in rows)
    figures = [(row.area, row.figure) for row in rows]
    assert len(set(figures)) == len(figures)
    shown = program.page({name: {"on": "2026-01-01", "rows": [row.__dict__ for row in rows]}})
    assert all(row.figure in shown for row in rows)


@pytest.mark.whole
@pytest.mark.parametrize("name", sorted(set(program.names()) - set(WHOLE)))
def test_a_measurement_yields_figures(name: str, tmp_path: Path) -> None:
    _check(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE)
def test_a_measurement_of_a_whole_installation_yields_figures(name: str, tmp_path: Path) -> None:
    _check(name, tmp_path)


@pytest.mark.django_db(transaction=True)
def test_every_page_of_the_console_is_measured(owner: Staff, client: Client) -> None:
    # Whether they also answer well is asked elsewhere.
    client.raise_request_exception = False
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    assert shown(client) - NO_PAGES == set(PAGES)


def test_a_target_is_met_or_missed() -> None:
    def row(value: float, target: str) -> BenchRow:
        return BenchRow("area", "figure", value, "ms", target)

    rows = [row(40, "<= 40"), row(41, "<= 40"), row(41, ">= 40"), row(1, "")]
    assert [row.met for row in rows] == [True, False, True, None]


def test_a_share_of_the_work_is_never_written_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(program, "SHARE", 0.5)
    monkeypatch.setattr(program, "RESULTS", tmp_path / "RESULTS.md")
    assert program.main(["--write"]) == 2
    assert not (tmp_path / "RESULTS.md").exists()


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["nothing"]) == 2
    assert "no measurement 'nothing'" in capsys.readouterr().err
