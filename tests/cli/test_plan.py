"""`siyu plan`: from a draft to a verdict at the terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from tests.support import messaging as brand

from siyu.cli.commands.plan import plan as command
from siyu.messaging import queries
from siyu.messaging.contracts import PlanState
from siyu.org.contracts import SYSTEM

pytestmark = pytest.mark.django_db


def run(*arguments: Any, code: int = 0) -> dict[str, Any]:
    ran = CliRunner().invoke(command, [*map(str, arguments), "--json"])
    assert ran.exit_code == code, ran.output
    return json.loads(ran.stdout)


def text(*arguments: Any) -> str:
    ran = CliRunner().invoke(command, [*map(str, arguments)])
    assert ran.exit_code == 0, ran.output
    return ran.stdout


@pytest.fixture
def audience_id() -> int:
    brand.account()
    ids = brand.people(range(1, 41)) + brand.people(range(41, 44), consents=None)
    return brand.audience_of(ids)["saved"]


def create(audience_id: int) -> int:
    made = run("create", "Recall", "--audience", audience_id, "--text", brand.TEXT, "--target", brand.TARGET,
               "--holdout", 25)  # fmt: skip
    assert made["state"] == "draft"
    return made["id"]


def test_create_forecast_launch_result(audience_id):
    plan_id = create(audience_id)
    forecast = run("forecast", plan_id)
    assert (forecast["audience_count"], forecast["suppressed"]) == (43, {"no_consent": 3})
    launched = run("launch", plan_id, "--wait")
    assert (launched["state"], launched["result"]["entered_count"]) == ("done", 43)
    result = run("result", plan_id)
    assert result["verdict"]["code"] == "not_yet"
    assert "%" not in result["verdict"]["text"]
    assert result["treated"]["customer_count"] == forecast["treated_count"]
    assert result["tally"]["states"]["queued"] == forecast["treated_count"]
    assert [one["id"] for one in run("list")["plans"]] == [plan_id]
    assert "40" in text("forecast", plan_id)
    assert str(forecast["treated_count"]) in text("result", plan_id)
    assert "Recall" in text("list")


def test_stop_and_resume(audience_id):
    plan_id = create(audience_id)
    run("launch", plan_id, "--wait")
    assert run("stop", plan_id)["state"] == "stopped"
    assert run("resume", plan_id)["state"] == "running"
    assert queries.plan(SYSTEM, plan_id).state is PlanState.RUNNING


def test_a_rule_from_a_file(audience_id, tmp_path):
    rule = tmp_path / "rule.json"
    rule.write_text('{"leaf": "order_count", "op": ">=", "value": 1}')
    made = run("create", "By rule", "--rule", rule, "--text", brand.TEXT)
    assert made["audience"] == {"rule": {"leaf": "order_count", "op": ">=", "value": 1}}


@pytest.mark.parametrize(
    "arguments",
    [("create", "x", "--text", "y"), ("create", "x", "--text", "y", "--audience", "1", "--rule", "-"),
     ("forecast", "99"), ("launch", "99"), ("result", "99"), ("stop", "99")],
)  # fmt: skip
def test_expected_errors_are_problem_documents(arguments):
    document = run(*arguments, code=1)
    assert document["type"].startswith("urn:siyu:")
    assert document["title"]


def test_a_text_with_problems_is_told_in_full(audience_id):
    made = run("create", "Bad", "--audience", audience_id, "--text", "{{ name }}")
    document = run("launch", made["id"], code=1)
    assert document["code"] == "bad_text"
    assert len(run("forecast", made["id"])["problems"]) == 3
