"""All examinations, in the order in which a person would look."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from siyu.cli.doctor import machine, stores
from siyu.cli.doctor.findings import Finding, Level, red
from siyu.cli.language import gettext as _
from siyu.kernel.settings import Settings

Examination = Callable[[Settings], Iterable[Finding]]
ALONE: tuple[Examination, ...] = (
    machine.unknown_settings,
    machine.home,
    machine.key_ring,
    machine.ports,
    machine.exposure,
    machine.providers,
)
WITH_RECORDS: tuple[Examination, ...] = (
    stores.records,
    stores.sealed_values,
    stores.inbox,
    stores.warehouse,
    stores.log,
)


def examine(settings: Settings) -> list[Finding]:
    """Everything that was found. Stores are looked at only if the home can be used at all."""
    found = [finding for examination in ALONE for finding in examination(settings)]
    if any(finding.level is Level.RED and finding.subject == "SIYU_HOME" for finding in found):
        return found
    from siyu.cli.command import set_up_records

    set_up_records()
    for examination in WITH_RECORDS:
        found += _results(examination, settings)
        if any(finding.level is Level.RED and finding.subject == "records" for finding in found):
            return found
    return found


def _results(examination: Examination, settings: Settings) -> list[Finding]:
    """A doctor must not fall ill: what breaks an examination is a finding."""
    try:
        return list(examination(settings))
    except Exception as error:
        return [red(examination.__name__, f"{type(error).__name__}: {error}", _("Look into the logs folder."))]
