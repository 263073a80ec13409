"""Examinations of the stores: records, inbox, warehouse, and how far the work on the log is behind."""

from __future__ import annotations

from collections.abc import Iterable

from siyu.cli.doctor.findings import Finding, amber, green, red
from siyu.cli.language import gettext as _
from siyu.cli.supervisor import state as states
from siyu.ingest.inbox import Inbox
from siyu.kernel.crypto import KeyProblem
from siyu.kernel.errors import SiyuError
from siyu.kernel.settings import Settings

# A subscriber that is this far behind has either died on an event or lacks a worker.
LAG_AMBER_SECONDS = 60
# Nothing above an open transaction can be read from the log; this is longer than any of ours.
LONG_TRANSACTION_SECONDS = 10
# The inbox is emptied within seconds; more than this waits for a resolver that does not run.
INBOX_AMBER_ROWS = 10_000
SYNCHRONOUS_FULL = 2


def records(settings: Settings) -> Iterable[Finding]:
    """Reachable, migrated, and durable."""
    from django.db import Error

    from siyu.cli.setup import records as setup

    try:
        pending = setup.pending()
    except (Error, OSError) as error:
        where = _postgres_name(settings) or str(settings.records_path)
        server = _("Start PostgreSQL or correct SIYU_DATABASE_URL.")
        to_do = server if settings.uses_postgres else _("Run: siyu migrate")
        yield red("records", f"{where}: {str(error).strip().splitlines()[0]}", to_do)
        return
    if pending:
        yield red("records", _("%s migrations are missing") % len(pending), _("Run: siyu migrate"))
        return
    yield _durability(settings)


def _durability(settings: Settings) -> Finding:
    from django.db import connection

    with connection.cursor() as cursor:
        if settings.uses_postgres:
            cursor.execute("SHOW fsync")
            if cursor.fetchone()[0] != "on":
                return red("records", _("PostgreSQL runs with fsync off"), _("Set fsync=on: a power cut loses data."))
            return green("records", _postgres_name(settings))
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
        cursor.execute("PRAGMA synchronous")
        level = cursor.fetchone()[0]
    if mode != "wal" or level != SYNCHRONOUS_FULL:
        seen = _("journal %(mode)s, synchronous %(level)s") % {"mode": mode, "level": level}
        return red("records", seen, _("The file must be in WAL mode with synchronous FULL; is it on a network disk?"))
    return green("records", str(settings.records_path))


def _postgres_name(settings: Settings) -> str:
    """Host and name without the password."""
    return settings.database_url.rpartition("@")[2].removeprefix("postgresql://") if settings.uses_postgres else ""


def inbox(settings: Settings) -> Iterable[Finding]:
    box = Inbox(settings)
    try:
        waiting = box.waiting_count()
    except Exception as error:
        yield red("inbox", str(error).strip(), _("Free the file or the disk: clicks and orders cannot be taken."))
        return
    finally:
        box.close()
    if waiting > INBOX_AMBER_ROWS:
        yield amber("inbox", _("%s rows wait") % waiting, _("Is a worker running? See: siyu status"))
    else:
        yield green("inbox", _("%s rows wait") % waiting)


def warehouse(settings: Settings) -> Iterable[Finding]:
    """Reachable and its tables in step. An embedded one answers only while Siyu runs."""
    from siyu.cli.setup import warehouse as setup

    if settings.embedded_warehouse and not states.is_held(settings.home):
        yield amber("warehouse", _("the embedded warehouse runs only with the others"), _("Start it with: siyu up"))
        return
    try:
        pending = setup.pending()
    except (SiyuError, OSError, ValueError) as error:
        to_do = _("Run: siyu status") if settings.embedded_warehouse else _("Start it or correct SIYU_WAREHOUSE_URL.")
        yield red("warehouse", str(error), to_do)
        return
    if pending:
        yield red("warehouse", _("%s steps are missing") % len(pending), _("Run: siyu migrate"))
    else:
        yield green("warehouse", _("tables are in step"))


def log(settings: Settings) -> Iterable[Finding]:
    """How far subscribers are behind, what was set aside, and what holds the log back."""
    from siyu.eventlog import queries

    oldest_seconds = queries.oldest_transaction_seconds()
    if oldest_seconds > LONG_TRANSACTION_SECONDS:
        yield amber(
            "log",
            _("a transaction has been open for %.0f s and holds the log back") % oldest_seconds,
            _("Find it in pg_stat_activity and end it."),
        )
    for lag in queries.lag():
        age_seconds = lag.oldest_age_ms / 1000
        if lag.parked_count:
            seen = _("%(count)s events were set aside by %(name)s") % {"count": lag.parked_count, "name": lag.name}
            yield red("log", seen, _("Read the reason on the jobs page, mend it, and hand them over again."))
        if age_seconds > LAG_AMBER_SECONDS and lag.waiting_count:
            seen = _("%(name)s is %(age).0f s behind (%(count)s events) %(error)s") % {
                "name": lag.name,
                "age": age_seconds,
                "count": lag.waiting_count,
                "error": lag.error,
            }
            yield amber("log", seen.strip(), _("Is a worker running? See: siyu status"))


def sealed_values(settings: Settings) -> Iterable[Finding]:
    """Every sealed value has its key on the ring, and some of them open."""
    from siyu.org import key_life
    from siyu.org.services import key_life as key_services

    views = key_life.generations()
    lost = [view for view in views if not view.on_ring]
    for view in lost:
        seen = _("%(count)s values need key %(number)s, which is not on the ring") % {
            "count": view.value_count,
            "number": view.number,
        }
        to_do = _("Restore the ring from the backup of that time: what they hold is lost else.")
        yield red("sealed values", seen, to_do)
    waiting = sum(view.value_count for view in views if view.on_ring and not view.writes)
    if waiting:
        seen = _("%s values are still sealed with an earlier key") % waiting
        yield amber("sealed values", seen, _("Run: siyu encryption-key rotate --wait"))
    if lost:
        return
    try:
        key_services.check_values()
    except KeyProblem as error:
        yield red("sealed values", str(error), _("Is the ring of another installation here? Restore the right one."))
        return
    if not waiting:
        yield green("sealed values", _("%s values have their key") % sum(view.value_count for view in views))
