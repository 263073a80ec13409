"""`siyu encryption-key list | rotate | retire | check`: the keys that seal personal data and secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

import click

from siyu.cli.command import Answer, Output, command, table, wait_option
from siyu.cli.jobs import follow_job
from siyu.cli.language import gettext as _
from siyu.kernel import settings as siyu_settings
from siyu.kernel.crypto import KeyProblem
from siyu.kernel.errors import SiyuError
from siyu.org import key_life
from siyu.org.contracts import COMMAND_LINE
from siyu.org.services import key_life as services

T = TypeVar("T")


class BadRing(SiyuError):
    code = "bad_ring"
    status = 500
    message = "%(problem)s. Restore the key ring from your backup."


@command("list")
def list_keys(out: Output) -> Answer:
    """List the keys, which of them writes, and how many values need each."""
    views = _read(key_life.generations)
    rows = [
        (
            str(view.number),
            _("writes") if view.writes else _("reads") if view.on_ring else _("missing"),
            view.made_at.date().isoformat() if view.made_at else "–",
            str(view.value_count),
        )
        for view in views
    ]
    text = table(rows, header=(_("key"), _("state"), _("made"), _("values")))
    document = {"file": str(siyu_settings.load().keys_path), "keys": [asdict(view) for view in views]}
    return Answer(document, text)


@command("rotate")
@wait_option
def rotate(out: Output, wait: bool) -> Answer:
    """Make a new key, write with it at once, and seal everything else anew in the background. Safe to repeat."""
    job_id = _read(lambda: services.rotate_keys(viewer=COMMAND_LINE))
    if wait:
        return follow_job(out, job_id)
    text = _("Job %s seals everything anew. Everything stays readable and findable meanwhile.") % job_id
    return Answer({"job": job_id}, text)


@command("retire")
@click.argument("number", type=click.IntRange(1))
def retire(out: Output, number: int) -> Answer:
    """Take a key that no value needs off the ring. It is put into a file beside it, for old backups."""
    put_away = _read(lambda: services.retire_key(number=number, viewer=COMMAND_LINE))
    text = _("Key %(number)s lies in %(file)s now. Delete that file when no backup needs it.") % {
        "number": number,
        "file": put_away,
    }
    return Answer({"number": number, "file": str(put_away)}, text)


@command("check")
def check(out: Output) -> Answer:
    """Look whether every sealed value has its key, and open some of each kind."""
    views = _read(key_life.generations)
    missing = [view for view in views if not view.on_ring]
    lines = [
        _("%(count)s values need key %(number)s, which is not on the ring") % {
            "count": view.value_count, "number": view.number,
        }
        for view in missing
    ]  # fmt: skip
    lines += sorted({_(table.lost) for view in missing for table in key_life.SEALED if table.name in view.counts})
    if not missing:
        _read(services.check_values)
        lines = [_("%s values have their key") % sum(view.value_count for view in views)]
    waiting = sum(view.value_count for view in views if view.on_ring and not view.writes)
    if waiting:
        lines.append(_("%s values are still sealed with an earlier key") % waiting)
    document = {"missing": [asdict(view) for view in missing], "waiting": waiting}
    return Answer(document, "\n".join(lines), 1 if missing else 0)


def _read(call: Callable[[], T]) -> T:
    try:
        return call()
    except KeyProblem as error:
        raise BadRing(problem=str(error)) from error


encryption_key = click.Group(
    "encryption-key", commands=[list_keys, rotate, retire, check], help="The keys that seal personal data."
)
