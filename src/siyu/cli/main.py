"""The table of commands and the entry point of the program `siyu`."""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True)
class Entry:
    """Where a command is, its line of help, and whether Django has to be set up before its module is imported."""

    where: str
    line: str
    records: bool = False


# Imported on use only: `siyu --help` stays below 0.4 s.
COMMANDS: dict[str, Entry] = {
    "run": Entry("siyu.cli.commands.up:run", "Start everything, with a small demo brand the first time."),
    "up": Entry("siyu.cli.commands.up:up", "Start and supervise all processes."),
    "down": Entry("siyu.cli.commands.up:down", "Stop what `up` started."),
    "status": Entry("siyu.cli.commands.status:status", "Show the running processes."),
    "doctor": Entry("siyu.cli.commands.doctor:doctor", "Name every misconfiguration and what to do about it."),
    "migrate": Entry("siyu.cli.commands.migrate:migrate", "Bring all stores to this version.", records=True),
    "trace": Entry("siyu.cli.commands.trace:trace", "Print everything that one trace id went through.", records=True),
    "import": Entry("siyu.cli.commands.import_:imports", "Import order files.", records=True),
    "rfm": Entry("siyu.cli.commands.rfm:rfm", "Score customers by recency, frequency, monetary value.", records=True),
    "audience": Entry("siyu.cli.commands.audience:audience", "Customers by rule: count, save, show.", records=True),
    "plan": Entry("siyu.cli.commands.plan:plan", "Recall plans: write, launch, measure.", records=True),
    "identity": Entry("siyu.cli.commands.identity:identity", "Which records of a file are one person."),
    "jobs": Entry("siyu.cli.commands.jobs:jobs", "Background jobs.", records=True),
    "rebuild": Entry("siyu.cli.commands.rebuild:rebuild", "Make the warehouse anew.", records=True),
    "demo": Entry("siyu.cli.commands.demo:demo", "The demo brand.", records=True),
    "staff": Entry("siyu.cli.commands.staff:staff", "Who may sign in.", records=True),
    "token": Entry("siyu.cli.commands.token:token", "Tokens of the API, write keys of the collector.", records=True),
    "api-key": Entry("siyu.cli.commands.api_key:api_key", "API keys of the brand.", records=True),
    "encryption-key": Entry(
        "siyu.cli.commands.encryption_key:encryption_key", "The keys that seal personal data: show, change.",
        records=True,
    ),
    "docs": Entry("siyu.cli.commands.docs:docs", "Write the generated pages of the documentation.", records=True),
    "web": Entry("siyu.cli.commands.process:web", "Run the console and API (one process)."),
    "worker": Entry("siyu.cli.commands.process:worker", "Run the background worker (one process)."),
    "collector": Entry("siyu.cli.commands.process:collector", "Run the collector (one process)."),
    "warehouse": Entry("siyu.cli.commands.process:warehouse", "Run the embedded warehouse (one process)."),
    "sandbox": Entry("siyu.cli.commands.process:sandbox", "Run the sandbox (one process)."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used, not when it is listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if entry.records:
            _set_up_records()
        module_name, _, attribute = entry.where.partition(":")
        found: click.Command = getattr(importlib.import_module(module_name), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.line) for name, entry in COMMANDS.items()])


def _set_up_records() -> None:
    """Before the command's own options are known; unusable settings end here as they would in the command."""
    from siyu.cli import command
    from siyu.kernel.errors import SiyuError

    try:
        command.check_settings()
    except SiyuError as error:
        command.Output(as_json="--json" in sys.argv).problem(error)
        sys.exit(1)
    command.set_up_records()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def program() -> None:
    """Siyu: a brand's private domain, self-hosted."""


def main(arguments: list[str] | None = None, **extra: Any) -> None:
    """Runs the program and ends the process with the command's exit code."""
    # Whatever an installation writes is its owner's alone: people, orders, keys, logs.
    os.umask(0o077)
    program.main(args=arguments, prog_name="siyu", **extra)
