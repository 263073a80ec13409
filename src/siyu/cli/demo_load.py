"""Loads the demo brand by the doors that everybody uses: imports, services, the clock held where the past is played."""

from __future__ import annotations

from typing import Any

from siyu.audiences.services import wait_until_shipped
from siyu.cli import demo_brand, demo_home, demo_organisation, demo_tasks
from siyu.cli.command import Output
from siyu.cli.demo_import import import_files, save_mappings
from siyu.cli.language import gettext as _
from siyu.kernel.settings import Settings

# Until the warehouse has all of the demo; the embedded one takes a few seconds.
SHIPPING_SECONDS = 300.0


def load(settings: Settings, out: Output, made: Any) -> list[int]:
    """Brings everything in; returns the jobs of the imports. Ended anywhere and begun again, it goes on.

    `made` says where the generated files are. Nothing of it needs a worker, and one does no harm.
    """
    demo_organisation.load(made)
    save_mappings([export.layout for export in made.exports])
    job_ids = import_files(out, [(export.path, export.layout.name) for export in made.exports])
    demo_brand.prepare_sending(settings)
    out.progress(_("Playing the plans of the past …"))
    wait_until_shipped(timeout_seconds=SHIPPING_SECONDS)
    brought = demo_brand.play_the_past(settings, made)
    if brought is not None:
        job_ids += import_files(out, [(brought, demo_home.sandbox("siyu.sandbox.demo.layouts").TILL.name)])
    demo_brand.prepare_draft()
    demo_tasks.give(settings)
    demo_home.loaded_marker(settings).touch()
    return job_ids
