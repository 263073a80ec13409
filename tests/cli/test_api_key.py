"""`siyu api-key`: printed once, and only that."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from siyu.audit.models import Entry
from siyu.cli.commands.api_key import api_key
from siyu.org import queries

pytestmark = pytest.mark.django_db(transaction=True)


def _run(*arguments: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(api_key, [*arguments, "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_a_key_is_made_listed_renewed_and_revoked() -> None:
    code, made = _run("create", "--name", "Till", "--permission", "customers.view", "--address", "203.0.113.0/24")
    assert code == 0
    assert queries.key_viewer(made["key"], origin="203.0.113.1") is not None
    _, listed = _run("list")
    assert (listed["keys"][0]["name"], made["key"] in json.dumps(listed)) == ("Till", False)
    _, fresh = _run("rotate", str(made["id"]), "--overlap-hours", "0")
    assert queries.key_viewer(made["key"], origin="203.0.113.1") is None
    assert queries.key_viewer(fresh["key"], origin="203.0.113.1") is not None
    assert _run("revoke", str(made["id"]))[1]["state"] == "revoked"
    assert set(Entry.objects.filter(object_kind="key").values_list("via", flat=True)) == {"cli"}


def test_what_cannot_be_is_said() -> None:
    made = _run("create", "--name", "Till", "--permission", "customers.view", "--place", "nowhere")
    assert (made[0], made[1]["code"]) == (1, "unknown_place")
    made = _run("create", "--name", "Till", "--permission", "fly")
    assert (made[0], made[1]["code"]) == (1, "invalid_input")
