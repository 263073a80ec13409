"""`siyu migrate`: brings every store and file of this home to this version of the code."""

from __future__ import annotations

import click

from siyu.cli.command import Answer, Output, command
from siyu.cli.language import gettext as _
from siyu.cli.setup import home_files, records, static_files, warehouse
from siyu.ingest.inbox import Inbox
from siyu.kernel import settings as siyu_settings
from siyu.kernel import setup_code
from siyu.kernel.settings import Settings
from siyu.org import queries


@command()
@click.option("--check", is_flag=True, help="Change nothing; exit code 1 if something is not in step.")
@click.option("--skip-warehouse", is_flag=True, help="Leave the warehouse as it is (it is derived and can wait).")
@click.option("--warehouse-can-wait", is_flag=True, help="Go on without a warehouse server that does not answer.")
def migrate(out: Output, check: bool, skip_warehouse: bool, warehouse_can_wait: bool) -> Answer:
    """Bring records, inbox and warehouse to this version. Safe to run again and beside a running installation."""
    settings = siyu_settings.load()
    if check:
        pending = records.pending() + ([] if skip_warehouse else warehouse.pending())
        text = "\n".join(pending) or _("Everything is in step.")
        return Answer({"in_step": not pending, "pending": pending}, text, 1 if pending else 0)
    home_files.ensure(settings)
    applied = records.migrate(out)
    _keep_setup_code(settings)
    Inbox(settings).close()
    collected = static_files.collect(settings)
    if not skip_warehouse:
        applied += warehouse.migrate(out, can_wait=warehouse_can_wait)
    text = _("Steps applied: %s") % len(applied) if applied else _("Everything is in step.")
    return Answer({"applied": applied, "static_files_collected": collected}, text)


def _keep_setup_code(settings: Settings) -> None:
    """The wizard's code is there exactly as long as nobody can sign in."""
    if queries.staff_exists():
        setup_code.end(settings.home)
    else:
        setup_code.ensure(settings.home)
