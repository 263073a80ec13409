"""What all commands share: `--json`, `--wait`, answers, expected errors, exit codes."""

from __future__ import annotations

import functools
import json
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import click
from pydantic import ValidationError

from siyu.cli.language import gettext as _
from siyu.kernel import settings as siyu_settings
from siyu.kernel.disk import DiskFull, is_disk_full
from siyu.kernel.errors import SiyuError

wait_option = click.option("--wait", is_flag=True, help="Wait until the work is done, showing progress.")


class RecordsNotReady(SiyuError):
    code = "records_not_ready"
    status = 503
    message = "The records are not set up yet. Run: siyu migrate"


class InvalidSettings(SiyuError):
    code = "invalid_settings"
    status = 422
    message = "Settings cannot be used: %(names)s. Run: siyu doctor"


@dataclass(frozen=True)
class Answer:
    """What a command has to say: a JSON-able document, the same for people, and the exit code."""

    document: Any
    text: str = ""
    exit_code: int = 0


class Output:
    """Handed to every command: progress while it works. The answer itself is returned, not printed."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._line_is_open = False

    def progress(self, line: str) -> None:
        """A line of progress on stderr."""
        self.end_line()
        click.echo(line, err=True)

    def refresh(self, line: str) -> None:
        """Progress in place on a terminal; elsewhere nothing, so that logs stay readable."""
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{line}", err=True, nl=False)
            self._line_is_open = True

    def end_line(self) -> None:
        if self._line_is_open:
            click.echo(err=True)
            self._line_is_open = False

    def answer(self, answer: Answer) -> None:
        self.end_line()
        if self.as_json:
            click.echo(to_json(answer.document))
        elif answer.text:
            click.echo(answer.text)

    def problem(self, error: SiyuError) -> None:
        """An expected error: a problem document (RFC 9457) with --json, one translated line otherwise."""
        self.end_line()
        text = error.text(_)
        if self.as_json:
            document = {"type": f"urn:siyu:{error.code}", "code": error.code, "title": text, "status": error.status}
            click.echo(to_json({**document, **({"data": dict(error.data)} if error.data else {})}))
        else:
            click.echo(text, err=True)


def to_json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else str(value)


def command(
    name: str | None = None, *, needs_settings: bool = True
) -> Callable[[Callable[..., Answer | None]], click.Command]:
    """Makes a click command of `function(out, **options) -> Answer | None`; see the package's docstring."""

    def decorate(function: Callable[..., Answer | None]) -> click.Command:
        @click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
        @functools.wraps(function)
        def run(*, as_json: bool, **options: Any) -> None:
            work = _Work(function, options, needs_settings)
            sys.exit(_run(work, Output(as_json=as_json)))

        made: click.Command = click.command(name=name)(run)
        return made

    return decorate


@dataclass(frozen=True)
class _Work:
    """A command about to run: what to call, with which options, and whether it needs readable settings."""

    function: Callable[..., Answer | None]
    options: dict[str, Any]
    needs_settings: bool


def _run(work: _Work, out: Output) -> int:
    try:
        answer = _call(work, out)
    except SiyuError as error:
        out.problem(error)
        return 1
    except KeyboardInterrupt:
        out.end_line()
        return 130
    except Exception as error:
        # A bug or a broken machine: the trace is what its finder needs; a program still gets its document.
        traceback.print_exc()
        if out.as_json:
            click.echo(to_json({"type": "urn:siyu:crash", "code": "crash", "title": str(error), "status": 500}))
        return 70
    if answer is None:
        return 0
    out.answer(answer)
    return answer.exit_code


def _call(work: _Work, out: Output) -> Answer | None:
    if work.needs_settings:
        check_settings()
    try:
        return work.function(out, **work.options)
    except Exception as error:
        if _is_missing_table(error):
            raise RecordsNotReady() from error
        if is_disk_full(error):
            raise DiskFull() from error
        raise


def _is_missing_table(error: Exception) -> bool:
    """Told by its text: naming Django's errors would import Django for commands that do without."""
    text = str(error)
    return "django.db" in sys.modules and (
        "no such table" in text or ("relation" in text and "does not exist" in text)
    )


def check_settings() -> None:
    """Reads the settings; InvalidSettings names those that cannot be used."""
    try:
        siyu_settings.load()
    except ValidationError as error:
        names = ", ".join(f"SIYU_{'_'.join(map(str, problem['loc']))}".upper() for problem in error.errors())
        raise InvalidSettings(names=names) from error


def set_up_records() -> None:
    """Sets Django up with Siyu's settings. Costs half a second, so only commands that need records pay it."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "siyu.config.settings")
    django.setup()


def table(rows: Sequence[tuple[str, ...]], *, header: tuple[str, ...] = ()) -> str:
    """Columns for a terminal; Chinese characters count as two places wide."""
    lines = [header, *rows] if header else rows
    if not lines:
        return ""
    widths = [max(_width(row[place]) for row in lines) for place in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in lines
    )


def _width(text: str) -> int:
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
