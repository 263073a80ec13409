"""Records: Django's migrations, skipped quickly when there are none to apply."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from siyu.cli.command import Output
from siyu.eventlog import records


def pending() -> list[str]:
    """Names of the migrations that are not applied yet."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def migrate(out: Output) -> list[str]:
    """Applies what is pending; returns the names. Two at once on PostgreSQL: the second waits for the first."""
    with _Alone():
        names = pending()
        if names:
            out.progress(f"records: {len(names)} migrations")
            call_command("migrate", interactive=False, verbosity=0)
    return names


class _Alone:
    """An advisory lock on PostgreSQL, where many machines may start at once; SQLite has one supervisor per home."""

    LOCK_ID = 0x51_79_75

    def __enter__(self) -> None:
        if records.is_postgres():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [self.LOCK_ID])

    def __exit__(self, *_: object) -> None:
        if records.is_postgres():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [self.LOCK_ID])
