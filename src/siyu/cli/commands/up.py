"""`siyu run | up | down`: start, supervise and stop the processes of this home."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from siyu.cli import demo_home
from siyu.cli.command import Answer, Output, command
from siyu.cli.demo_home import sign_in_path
from siyu.cli.language import gettext as _
from siyu.cli.supervisor import report
from siyu.cli.supervisor import state as states
from siyu.cli.supervisor.logs import tail
from siyu.cli.supervisor.processes import plan, program
from siyu.cli.supervisor.screen import Screen
from siyu.cli.supervisor.supervisor import START_SECONDS, StartFailed, Supervisor
from siyu.kernel import settings as siyu_settings
from siyu.kernel import setup_code
from siyu.kernel.errors import SiyuError
from siyu.kernel.settings import Settings

# The sum of all graces of an orderly stop, and some more.
STOP_SECONDS = 90.0
POLL_SECONDS = 0.1
# What has to be in step before the processes start; a warehouse server that is down holds nothing up.
_MIGRATE = ("migrate", "--warehouse-can-wait")


class StillStopping(SiyuError):
    code = "still_stopping"
    status = 504
    message = "Siyu (pid %(pid)s) has not stopped within %(seconds)s s. Look into %(logs)s."


@command()
@click.option("--detach", is_flag=True, help="Return as soon as everything is healthy; stop with `siyu down`.")
def up(out: Output, detach: bool) -> Answer:
    """Start and supervise all processes until Ctrl+C or SIGTERM."""
    settings = siyu_settings.load()
    if detach:
        answer = _detached(settings, program("up"))
        return Answer(answer.document, answer.text + "\n" + _greeting(settings, in_clear=False))
    return _supervise(settings, out, [program(*_MIGRATE)], lambda: _greeting(settings, in_clear=False))


@command()
@click.option("--detach", is_flag=True, help="Return as soon as everything is healthy; stop with `siyu down`.")
@click.option("--customers", type=click.IntRange(50, 200_000), help="Size of the demo brand that a first start makes.")
@click.option("--silent", is_flag=True, hidden=True, help="Leave the greeting to the process that detached this one.")
def run(out: Output, detach: bool, customers: int | None, silent: bool) -> Answer:
    """Start everything; the first time with a demo brand and a sign-in of its own."""
    settings = siyu_settings.load()
    first_time = not sign_in_path(settings).exists()
    settings = demo_home.ensure(settings)
    if first_time and not silent:
        out.progress(_("First start in %s: setting up the stores and a demo brand.") % settings.home)
    size = () if customers is None else ("--customers", str(customers))
    if detach:
        answer = _detached(settings, program("run", "--silent", *size))
        document = {**answer.document, "sign_in_file": str(sign_in_path(settings))}
        return Answer(document, answer.text + "\n" + _greeting(settings, in_clear=first_time))
    greeting = None if silent else lambda: _greeting(settings, in_clear=first_time)
    preparing = [program(*_MIGRATE), *([program("demo", "sign-in")] if first_time else [])]
    # Known from files: asking the records would cost every later start two more programs.
    afterwards = [] if demo_home.is_loaded(settings) else [program("demo", "load", "--if-empty", *size)]
    return _supervise(settings, out, preparing, greeting, afterwards)


@command()
def down(out: Output) -> Answer:
    """Stop what `up` started, in order, and wait until it has ended."""
    settings = siyu_settings.load()
    state = states.read(settings.home)
    if state is None or not states.is_held(settings.home):
        return Answer({"stopped": False}, _("Siyu is not running here."))
    process = states.living(state.pid, state.created)
    if process is not None:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    while states.is_held(settings.home):
        if time.monotonic() > deadline:
            raise StillStopping(pid=state.pid, seconds=int(STOP_SECONDS), logs=settings.home / "logs")
        time.sleep(POLL_SECONDS)
    return Answer({"stopped": True, "pid": state.pid}, _("Stopped."))


def _supervise(
    settings: Settings, out: Output, preparing: Sequence[tuple[str, ...]], greeting: Callable[[], str] | None,
    afterwards: Sequence[tuple[str, ...]] = (),
) -> Answer:
    screen = Screen()

    def announce() -> None:
        if greeting is not None:
            screen.footer = greeting()
            if not screen.is_terminal:
                out.progress(screen.footer)

    supervisor = Supervisor(
        settings,
        plan(settings),
        preparing=preparing,
        afterwards=afterwards,
        on_change=screen.show,
        on_running=announce,
    )
    supervisor.run()
    return Answer({"stopped": True}, _("Stopped."))


def _greeting(settings: Settings, *, in_clear: bool) -> str:
    """Where the console is and, with a demo brand, who may sign in: in clear the first time only."""
    lines = [_("Siyu runs: %s") % report.console_address(settings)]
    code = setup_code.read(settings.home)
    if code:
        address = f"{report.console_address(settings)}welcome/"
        lines.append(_("Set it up: %(address)s with the code %(code)s") % {"address": address, "code": code})
    path = sign_in_path(settings)
    if path.exists():
        lines.append(path.read_text().strip() if in_clear else _("The demo's sign-in stands in %s") % path)
    return "\n".join(lines)


def _detached(settings: Settings, own_command: tuple[str, ...]) -> Answer:
    """Starts the supervisor in a session of its own and waits until it is healthy or has failed."""
    if states.is_held(settings.home):
        state = states.read(settings.home)
        raise states.AlreadyRunning(home=settings.home, pid=state.pid if state else "?")
    log_path = settings.home / "logs" / "supervisor.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SIYU_HOME": str(settings.home)}
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            own_command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )
    _await_running(settings, process, log_path)
    found = report.collect(settings)
    return Answer(found.document(), found.text())


def _await_running(settings: Settings, process: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.monotonic() + 10 * START_SECONDS  # a first start also loads the demo brand
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise StartFailed(process="siyu up", log=log_path, lines=tail(log_path))
        state = states.read(settings.home)
        if state is not None and state.pid == process.pid and state.phase == "running":
            return
        time.sleep(POLL_SECONDS)
    process.terminate()
    raise StartFailed(process="siyu up", log=log_path, lines=tail(log_path))
