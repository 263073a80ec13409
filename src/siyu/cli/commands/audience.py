"""`siyu audience count | list | show | create | rebuild`: customers by rule."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from siyu.audiences import queries, services
from siyu.audiences.contracts import AudienceView
from siyu.cli import jobs as followed
from siyu.cli.command import Answer, Output, command, table, wait_option
from siyu.cli.commands.rfm import fresh_option
from siyu.cli.language import gettext as _
from siyu.eventlog import jobs
from siyu.kernel.errors import InvalidInput
from siyu.org.contracts import COMMAND_LINE

as_of_option = click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The end of this day; now without it.")
RULE_FILE = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
# Bytes of a rule file: far more than the longest rule.
MAX_RULE_BYTES = 1024 * 1024


@command()
@click.argument("file", type=RULE_FILE)
@as_of_option
@fresh_option
def count(out: Output, *, file: Path, as_of: datetime | None, fresh: bool) -> Answer:
    """Count the customers of a rule (a JSON file, or - for stdin), and of each of its parts."""
    rule = _read(file)
    if fresh:
        services.wait_until_shipped()
    found = queries.count(COMMAND_LINE, rule, as_of.date() if as_of else None)
    document = {
        "count": found.count,
        "universe": found.universe_count,
        "as_of": found.as_of.until,
        "nodes": dict(found.nodes),
        "freshness": asdict(found.freshness),
    }
    text = _("%(count)s of %(universe)s customers") % {
        "count": f"{found.count:,}", "universe": f"{found.universe_count:,}"}  # fmt: skip
    return Answer(document, f"{text}\n{queries.in_words(rule)}")


@command("list")
def list_audiences(out: Output) -> Answer:
    """List saved audiences."""
    found = queries.audiences(COMMAND_LINE)
    rows = [(str(view.id), view.name, _(view.state.value), f"{view.member_count:,}", _shown(view)) for view in found]
    header = (_("audience"), _("name"), _("state"), _("members"), _("as of"))
    return Answer({"audiences": [asdict(view) for view in found]}, table(rows, header=header))


@command("show")
@click.argument("audience_id", type=int)
@click.option("--members", is_flag=True, help="Also list the ids of all members.")
def show(out: Output, *, audience_id: int, members: bool) -> Answer:
    """Show one saved audience."""
    view = queries.audience(COMMAND_LINE, audience_id)
    document: dict[str, Any] = {**asdict(view), "words": queries.in_words(view.rule)}
    lines = [f"{view.name}: {view.member_count:,} ({_(view.state.value)}, {_shown(view)})", document["words"]]
    if view.error:
        lines.append(view.error)
    if members:
        document["members"] = list(queries.member_ids(COMMAND_LINE, audience_id))
        lines.append(" ".join(map(str, document["members"])))
    return Answer(document, "\n".join(lines))


@command("create")
@click.argument("name")
@click.argument("file", type=RULE_FILE)
@wait_option
def create(out: Output, *, name: str, file: Path, wait: bool) -> Answer:
    """Save a rule under a name and compute its members."""
    audience_id = services.create_audience(viewer=COMMAND_LINE, name=name, rule=_read(file))
    if wait:
        answer = _rebuilt(out, audience_id)
        if answer.exit_code:
            return answer
    view = queries.audience(COMMAND_LINE, audience_id)
    return Answer(asdict(view), _("Audience %(id)s is saved.") % {"id": audience_id})


@command("rebuild")
@click.argument("audience_id", type=int)
@wait_option
def rebuild(out: Output, *, audience_id: int, wait: bool) -> Answer:
    """Compute the members of an audience as a whole."""
    if wait:
        return _rebuilt(out, audience_id)

    job_id = services.rebuild_audience(viewer=COMMAND_LINE, audience_id=audience_id)
    return Answer({"job_id": job_id}, _("Started job %s.") % job_id)


def _rebuilt(out: Output, audience_id: int) -> Answer:
    """Computes it and waits, by a worker or, where none runs, in this process."""
    services.wait_until_shipped()
    job_id = services.rebuild_audience(viewer=COMMAND_LINE, audience_id=audience_id)
    jobs.run_job(job_id=job_id)
    return followed.follow_job(out, job_id)


def _read(file: Path) -> Any:
    try:
        with click.open_file(str(file), encoding="utf-8") as opened:
            text = opened.read(MAX_RULE_BYTES)
        return json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(reason=_("%(file)s is no JSON file: %(why)s") % {"file": file, "why": error}) from error


def _shown(view: AudienceView) -> str:
    if view.fresh_at is None:
        return _("not computed yet")
    stale = f" ({_('stale')})" if view.is_stale else ""
    return f"{view.fresh_at:%Y-%m-%d %H:%M}{stale}"


audience = click.Group(
    "audience", commands=[count, list_audiences, show, create, rebuild], help="Customers by rule, saved and counted."
)
