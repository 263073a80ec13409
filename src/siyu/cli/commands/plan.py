"""`siyu plan create | forecast | launch | result | list | stop | resume`: recall plans from draft to verdict."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from siyu.cli import jobs as followed
from siyu.cli.command import Answer, Output, command, table, wait_option
from siyu.cli.language import gettext as _
from siyu.eventlog import jobs
from siyu.insights import queries as insights
from siyu.insights.contracts import ArmResult, PlanResult
from siyu.kernel.errors import InvalidInput
from siyu.kernel.money import format_fen
from siyu.kernel.settings import load
from siyu.messaging import queries, services, wording
from siyu.messaging.contracts import Forecast, PlanState, PlanView
from siyu.messaging.services.plans import DEFAULT_HOLDOUT_PERCENT, DEFAULT_WINDOW_DAYS
from siyu.org.contracts import COMMAND_LINE

RULE_FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
# Bytes of a rule file: far more than the longest rule.
MAX_RULE_BYTES = 1024 * 1024
# Between looks at a plan whose messages are on their way.
POLL_SECONDS = 0.5


@command("create")
@click.argument("name")
@click.option("--audience", "audience_id", type=int, help="A saved audience.")
@click.option("--rule", "rule_file", type=RULE_FILE, help="A rule instead (a JSON file, or - for stdin).")
@click.option("--text", required=True, help='The text, with {{ name | default: "…" }} and {{ link }}.')
@click.option("--target", "target_url", default="", help="Where the tracked link leads.")
@click.option("--holdout", "holdout_percent", type=click.IntRange(0, 50), default=DEFAULT_HOLDOUT_PERCENT,
              show_default=True, help="Percent of the reachable who get nothing, to measure against.")  # fmt: skip
@click.option("--window", "window_days", type=click.IntRange(1, 90), default=DEFAULT_WINDOW_DAYS, show_default=True,
              help="Days after the launch in which orders count.")  # fmt: skip
@click.option("--account", "account_id", type=int, help="The SMS account; the only active one without it.")
def create(
    out: Output, *, audience_id: int | None, rule_file: Path | None, account_id: int | None, **values: Any
) -> Answer:
    """Write a draft of a recall plan."""
    audience = _audience(audience_id, rule_file)
    plan_id = services.create_plan(
        viewer=COMMAND_LINE, audience=audience, account_id=account_id or _only_account(), **values
    )
    view = queries.plan(COMMAND_LINE, plan_id)
    return Answer(_plan_document(view), _("Plan %(id)s is a draft. See: siyu plan forecast %(id)s") % {"id": plan_id})


@command("forecast")
@click.argument("plan_id", type=int)
def forecast(out: Output, *, plan_id: int) -> Answer:
    """Say what a launch now would do: whom it reaches, whom not and why, units and cost."""
    found = queries.plan_forecast(COMMAND_LINE, plan_id)
    problems = [{"code": p.code, "message": _(p.message) % p.data if p.data else _(p.message)} for p in found.problems]
    document = {**asdict(found), "suppressed_count": found.suppressed_count, "problems": problems}
    return Answer(document, _forecast_text(found, [problem["message"] for problem in problems]))


@command("launch")
@click.argument("plan_id", type=int)
@click.option("--at", type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]), help="Local time; now without it.")
@wait_option
def launch(out: Output, *, plan_id: int, at: datetime | None, wait: bool) -> Answer:
    """Launch a draft: fix its audience, assign, queue the messages. With --wait, until that is done."""
    moment = at.replace(tzinfo=load().tz) if at else None
    job_id = services.launch_plan(viewer=COMMAND_LINE, plan_id=plan_id, at=moment)
    if wait and at is None:
        jobs.run_job(job_id=job_id)
        return followed.follow_job(out, job_id)
    return Answer({"plan_id": plan_id, "job_id": job_id}, _("Started job %s.") % job_id)


@command("result")
@click.argument("plan_id", type=int)
@wait_option
def result(out: Output, *, plan_id: int, wait: bool) -> Answer:
    """Show what a plan brought. With --wait, after every message has met its fate."""
    found = insights.plan_result(COMMAND_LINE, plan_id)
    while wait and found.plan.state in (PlanState.SCHEDULED, PlanState.LAUNCHING, PlanState.RUNNING):
        out.refresh(_("%(open)s messages are on their way") % {"open": f"{found.tally.open_count:,}"})
        time.sleep(POLL_SECONDS)
        found = insights.plan_result(COMMAND_LINE, plan_id)
    return Answer(_result_document(found), _result_text(found))


@command("list")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
def list_plans(out: Output, *, limit: int) -> Answer:
    """List plans, newest first."""
    found = queries.plans(COMMAND_LINE, limit=limit).items
    rows = [
        (str(v.id), v.name, _(wording.PLAN_STATES[v.state]), f"{v.treated_count:,}", f"{v.holdout_count:,}")
        for v in found
    ]
    header = (_("plan"), _("name"), _("state"), _("treated"), _("held out"))
    return Answer({"plans": [_plan_document(view) for view in found]}, table(rows, header=header))


@command("stop")
@click.argument("plan_id", type=int)
def stop(out: Output, *, plan_id: int) -> Answer:
    """Stop a plan: nothing more is sent. A scheduled one is a draft again."""
    state = services.stop_plan(viewer=COMMAND_LINE, plan_id=plan_id)
    return Answer(_plan_document(queries.plan(COMMAND_LINE, plan_id)), _(wording.PLAN_STATES[state]))


@command("resume")
@click.argument("plan_id", type=int)
def resume(out: Output, *, plan_id: int) -> Answer:
    """Go on with a stopped plan where it was."""
    state = services.resume_plan(viewer=COMMAND_LINE, plan_id=plan_id)
    return Answer(_plan_document(queries.plan(COMMAND_LINE, plan_id)), _(wording.PLAN_STATES[state]))


def _audience(audience_id: int | None, rule_file: Path | None) -> dict[str, Any]:
    if (audience_id is None) == (rule_file is None):
        raise InvalidInput(reason="Choose a saved audience or give a rule.")
    if rule_file is None:
        return {"saved": audience_id}
    try:
        with click.open_file(str(rule_file), encoding="utf-8") as opened:
            return {"rule": json.loads(opened.read(MAX_RULE_BYTES))}
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(reason=_("%(file)s is no JSON file: %(why)s") % {"file": rule_file, "why": error}) from error


def _only_account() -> int:
    active = [account.id for account in queries.sms_accounts(COMMAND_LINE) if account.is_active]
    if len(active) != 1:
        raise InvalidInput(reason="Name the SMS account: there is not exactly one that is active.")
    return active[0]


def _plan_document(view: PlanView) -> dict[str, Any]:
    return {**asdict(view), "holdout_count": view.holdout_count}


def _arm_document(arm: ArmResult) -> dict[str, Any]:
    return {
        **asdict(arm),
        "net_sales_fen": arm.net_sales_fen,
        "order_rate": arm.order_rate,
        "net_sales_per_customer_fen": arm.net_sales_per_customer_fen,
    }


def _result_document(found: PlanResult) -> dict[str, Any]:
    verdict = {**asdict(found.verdict), "text": _verdict_text(found), "is_final": found.verdict.is_final}
    return {
        **asdict(found),
        "plan": _plan_document(found.plan),
        "tally": {**asdict(found.tally), "cost_fen": found.tally.cost_fen, "open_count": found.tally.open_count},
        "treated": _arm_document(found.treated),
        "holdout": _arm_document(found.holdout),
        "verdict": verdict,
    }


def _verdict_text(found: PlanResult) -> str:
    template = _(found.verdict.message)
    return template % found.verdict.data if found.verdict.data else template


def _forecast_text(found: Forecast, problems: list[str]) -> str:
    rows = [
        (_("audience"), f"{found.audience_count:,}"),
        (_("reachable"), f"{found.reachable_count:,}"),
        *((f"  − {_(wording.REASONS[reason])}", f"{count:,}") for reason, count in found.suppressed.items()),
        (_("held out"), f"{found.holdout_count:,}"),
        (_("treated"), f"{found.treated_count:,}"),
        (_("billed units"), f"{'' if found.is_exact else '≈ '}{found.unit_count:,}"),
        (_("cost"), f"{'' if found.is_exact else '≈ '}{format_fen(found.cost_fen)}"),
    ]
    if found.waits_until is not None:
        rows.append((_("sending begins"), f"{found.waits_until.astimezone(load().tz):%Y-%m-%d %H:%M}"))
    return "\n".join([table(rows), *problems])


def _result_text(found: PlanResult) -> str:
    tally = found.tally
    head = [
        (_("sent"), f"{tally.sent_count:,}"),
        (_("delivered"), f"{tally.delivered_count:,}"),
        (_("clicked"), f"{tally.clicked_count:,}"),
        (_("cost"), format_fen(found.cost_fen)),
    ]
    counted = ((_("treated"), found.treated), (_("held out"), found.holdout))
    arms = [
        (name, f"{a.customer_count:,}", f"{a.buyer_count:,}", f"{a.order_count:,}", format_fen(a.net_sales_fen))
        for name, a in counted
    ]
    header = (_("group"), _("customers"), _("ordered"), _("orders"), _("net sales"))
    lines = [table(head), "", table(arms, header=header), "", _verdict_text(found)]
    incremental = found.effect.incremental_orders
    if incremental is not None:
        values = {"value": f"{incremental.value:,.1f}", "low": f"{incremental.interval.low:,.1f}",
                  "high": f"{incremental.interval.high:,.1f}"}  # fmt: skip
        lines.append(_("Incremental orders: %(value)s (%(low)s to %(high)s)") % values)
    return "\n".join(lines)


plan = click.Group(
    "plan", commands=[create, forecast, launch, result, list_plans, stop, resume], help="Recall plans by SMS."
)
