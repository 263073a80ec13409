"""`siyu web | worker | collector | warehouse | sandbox`: one process in the foreground, until SIGTERM."""

from __future__ import annotations

import click

from siyu.cli.command import Output, command


def _process_command(name: str, line: str) -> click.Command:
    @command(name)
    def run(out: Output) -> None:
        from siyu.cli.serving import run_process

        run_process(name)

    run.help = line
    return run


web = _process_command("web", "Run the console and API.")
worker = _process_command("worker", "Run the background worker: subscribers, jobs, schedules.")
collector = _process_command("collector", "Run the collector: short links, provider callbacks, order hook.")
warehouse = _process_command("warehouse", "Run the embedded warehouse.")
sandbox = _process_command("sandbox", "Run the sandbox: stand-ins of providers and simulated people.")
