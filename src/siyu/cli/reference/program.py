"""Pages about the program itself: settings, commands, errors."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import click
from pydantic.fields import FieldInfo

import siyu
from siyu.cli.main import COMMANDS, program
from siyu.cli.reference.markdown import code, first_line, page, table
from siyu.kernel.errors import SiyuError
from siyu.kernel.settings import Settings


def settings() -> str:
    """Every SIYU_* variable."""
    rows = [
        (code(f"SIYU_{name.upper()}"), _kind(field), _default(field), field.description)
        for name, field in Settings.model_fields.items()
    ]
    intro = (
        "Every setting, from the environment or from the file `SIYU_HOME/siyu.env` (the environment wins). "
        "`siyu doctor` names those that cannot be used."
    )
    return page("Settings", intro, table(("variable", "type", "default", "meaning"), rows))


def _kind(field: FieldInfo) -> str:
    limits = ", ".join(
        f"{sign} {getattr(rule, name)}"
        for rule in field.metadata
        for name, sign in (("ge", "≥"), ("le", "≤"), ("gt", ">"), ("lt", "<"))
        if hasattr(rule, name)
    )
    name = getattr(field.annotation, "__name__", str(field.annotation)).lower()
    return f"{name} {limits}".strip()


def _default(field: FieldInfo) -> str:
    return code(field.default) if str(field.default) else "empty"


def commands() -> str:
    """Every command with its arguments and options."""
    parts = [_command(("siyu", name), _loaded(name)) for name in COMMANDS]
    intro = (
        "The program is `.venv/bin/siyu`; `./siyu COMMAND` calls it as well. Every command takes `--json` (one "
        "document on stdout); those that start background work take `--wait`."
    )
    return page("Commands", intro, *parts)


def _loaded(name: str) -> click.Command:
    found = program.get_command(click.Context(program), name)
    assert found is not None
    return found


def _command(path: tuple[str, ...], command: click.Command) -> str:
    if isinstance(command, click.Group):
        inner = [_command((*path, name), child) for name, child in command.commands.items()]
        return "\n\n".join([f"## `{' '.join(path)}`\n\n{command.help}", *inner])
    shown = [part for part in command.params if part.name != "as_json" and not getattr(part, "hidden", False)]
    rows = [(code(_usage(parameter)), getattr(parameter, "help", None) or "") for parameter in shown]
    head = f"{'#' * len(path)} `{' '.join(path)}`\n\n{first_line(command.help)}"
    return f"{head}\n\n{table(('argument', 'meaning'), rows)}" if rows else head


def _usage(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        return "/".join(parameter.opts) + ("" if parameter.is_flag else f" {parameter.make_metavar(_context())}")
    return parameter.make_metavar(_context())


def _context() -> click.Context:
    return click.Context(program)


def errors() -> str:
    """Every expected error: its code, HTTP status and sentence."""
    _import_everything()
    found = {error.code: error for error in _subclasses(SiyuError)}
    rows = [(code(name), error.status, _sentence(error)) for name, error in sorted(found.items())]
    intro = (
        "Expected errors, as the API (`code` of the problem document) and `--json` name them; `…` stands for a "
        "sentence that differs from case to case."
    )
    return page("Errors", intro, table(("code", "status", "sentence"), rows))


def _sentence(error: type[SiyuError]) -> str:
    return "…" if error.message in (SiyuError.message, "%(reason)s") else error.message


def _subclasses(kind: type[SiyuError]) -> Iterator[type[SiyuError]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith("siyu."):
            yield child
            yield from _subclasses(child)


def _import_everything() -> None:
    """Errors are known once their modules are imported; the developer's tools need packages that users lack."""
    for module in pkgutil.walk_packages(siyu.__path__, "siyu."):
        if not module.name.endswith("__main__") and ".development" not in module.name:
            importlib.import_module(module.name)
