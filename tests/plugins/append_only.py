"""Tests that commit empty their database afterwards, the audit log with it; its triggers stand aside for that."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.db import connection

# Its name begins with a number.
guards = import_module("siyu.audit.migrations.0002_guard_entries")


def allow_emptying() -> None:
    """Puts taking down and setting up the triggers around the statements of Django's `flush`.

    On the class, because a thread in which the browser's event loop runs has a connection of its own.
    """
    operations = type(connection.ops)
    emptying = operations.sql_flush

    def sql_flush(self: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        statements = emptying(self, style, tables, **options)
        if not statements or "audit_entry" not in tables:
            return statements
        vendor = connection.vendor
        return [*guards.drop_statements(vendor), *statements, *guards.create_statements(vendor)]

    operations.sql_flush = sql_flush  # type: ignore[method-assign]
