"""`siyu docs [--check]`: the generated pages of the documentation."""

from __future__ import annotations

from pathlib import Path

import click

from siyu.cli.command import Answer, Output, command
from siyu.cli.language import gettext as _
from siyu.cli.reference import writing

DOCS = Path(__file__).resolve().parents[4] / "docs"


@command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a page is out of step.")
@click.option("--folder", type=click.Path(path_type=Path), default=DOCS, help="Where the pages lie; docs/ without.")
def docs(out: Output, check: bool, folder: Path) -> Answer:
    """Write the pages that are made from registries, settings, commands and errors."""
    if check:
        found = writing.stale(folder)
        text = "\n".join(_("Out of step: %s. Run: siyu docs") % path for path in found)
        return Answer({"stale": found}, text, int(bool(found)))
    changed = writing.write(folder)
    return Answer({"written": changed}, "\n".join(changed) or _("Every page is in step."))
