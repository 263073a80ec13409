"""`siyu import orders | resume | list`: order files."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import click
from django.db import connection

from siyu.cli import jobs as followed
from siyu.cli.command import Answer, Output, command, table, wait_option
from siyu.cli.language import gettext as _
from siyu.eventlog import jobs
from siyu.eventlog import queries as eventlog
from siyu.eventlog.contracts import JobState
from siyu.ingest import queries, services
from siyu.ingest.contracts import InvalidMapping, Mapping
from siyu.kernel.errors import sentence
from siyu.org.contracts import COMMAND_LINE

# A running worker takes a queued job within a few of its polls; after this long nobody else will.
WORKER_SECONDS = 1.5
POLL_SECONDS = 0.05


@command("orders")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mapping", "mapping_name", default="generic", show_default=True, help="Name of a mapping, or its file.")
@click.option("--shop", help="Shop that the order and member numbers belong to.")
@click.option("--dry-run", is_flag=True, help="Check and count everything, change nothing.")
@wait_option
def orders(out: Output, *, file: Path, mapping_name: str, shop: str | None, dry_run: bool, wait: bool) -> Answer:
    """Import a CSV or XLSX file of orders, plain or .gz."""
    mapping = _mapping(mapping_name)
    if shop:
        mapping = mapping.with_shop(shop)
    started = services.start_import(file=file, mapping=mapping, viewer=COMMAND_LINE, dry_run=dry_run)
    if wait:
        return _follow(out, started.job_id)
    document = {"import_id": started.import_id, "job_id": started.job_id, "mapping": mapping.name, "dry_run": dry_run}
    return Answer(document, _("Started job %s. Follow it with: siyu jobs show --wait %s") % ((started.job_id,) * 2))


@command("resume")
@click.argument("import_id", type=int)
@wait_option
def resume(out: Output, import_id: int, wait: bool) -> Answer:
    """Go on with a failed or cancelled import where it stopped."""
    services.resume_import(import_id=import_id, viewer=COMMAND_LINE)
    view = queries.import_view(COMMAND_LINE, import_id)
    if wait:
        return _follow(out, view.job_id)
    return Answer({"import_id": import_id, "job_id": view.job_id}, _("Import %s goes on.") % import_id)


@command("list")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
def list_imports(out: Output, limit: int) -> Answer:
    """List imports, newest first."""
    found = queries.imports(COMMAND_LINE, limit=limit)
    documents = [
        {
            "import_id": view.id,
            "job_id": view.job_id,
            "file_name": view.file_name,
            "mapping": view.mapping.name,
            "state": view.state.value,
            "created_at": view.created_at,
            "result": view.counts or None,
        }
        for view in found
    ]
    rows = [(str(view.id), view.file_name, view.mapping.name, _(view.state.value)) for view in found]
    return Answer({"imports": documents}, table(rows, header=(_("import"), _("file"), _("mapping"), _("state"))))


def _mapping(name: str) -> Mapping:
    path = Path(name)
    if path.suffix.lower() != ".json":
        return queries.mapping(COMMAND_LINE, name)
    try:
        return Mapping.from_json(path.read_bytes())
    except OSError as error:
        raise InvalidMapping(reason=f"{path}: {error.strerror}") from error


def _follow(out: Output, job_id: int) -> Answer:
    """Follows the job; runs it here if no worker takes it."""
    helper = None
    if not _is_taken(job_id):
        helper = threading.Thread(target=_run_here, args=(job_id,), name="import")
        helper.start()
    answer = followed.follow_job(out, job_id)
    if helper:
        helper.join()
    job = eventlog.job(job_id)
    if job.state is JobState.DONE:
        return Answer(dict(job.result or {}), _text(job.result or {}))
    return Answer(_problem(job.error) if job.state is JobState.FAILED else answer.document, _reason(job), 1)


def _is_taken(job_id: int) -> bool:
    until = time.monotonic() + WORKER_SECONDS
    while time.monotonic() < until:
        if eventlog.job(job_id).state is not JobState.QUEUED:
            return True
        time.sleep(POLL_SECONDS)
    return False


def _run_here(job_id: int) -> None:
    try:
        jobs.run_job(job_id=job_id)
    finally:
        connection.close()


def _problem(error: str) -> dict[str, Any]:
    """The problem document of a failed job; an unexpected error has only its text."""
    try:
        document = json.loads(error)
    except ValueError:
        return {"type": "urn:siyu:job_failed", "code": "job_failed", "title": _(error), "status": 500}
    code, data = document["code"], document["data"]
    return {"type": f"urn:siyu:{code}", "code": code, "title": sentence(document["message"], data, _), "data": data}


def _reason(job: Any) -> str:
    return str(_problem(job.error)["title"]) if job.error else _(job.state.value)


def _text(result: Any) -> str:
    return "\n".join(f"{name}: {value}" for name, value in result.items())


imports = click.Group("import", commands=[orders, resume, list_imports], help="Order files.")
