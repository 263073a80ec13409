"""Signing in and out, failures and lockouts for the audit log, whichever form or backend they come through."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from siyu.audit import services
from siyu.audit.contracts import Actor, Target, Via
from siyu.eventlog import records
from siyu.org import actions, queries


def connect() -> None:
    """Listens to Django and to axes; again changes nothing."""
    user_logged_in.connect(_entered, dispatch_uid="siyu.console.entered")
    user_logged_out.connect(_left, dispatch_uid="siyu.console.left")
    user_login_failed.connect(_failed, dispatch_uid="siyu.console.failed")
    if apps.is_installed("axes"):
        # Not at the top: its tables exist only where it is installed.
        from axes.signals import user_locked_out

        user_locked_out.connect(_locked, dispatch_uid="siyu.console.locked")


def _entered(*, request: HttpRequest | None = None, user: Any = None, **_signal: Any) -> None:
    _record(actions.SIGNED_IN, request, user, "")


def _left(*, request: HttpRequest | None = None, user: Any = None, **_signal: Any) -> None:
    if user is not None:
        _record(actions.SIGNED_OUT, request, user, "")


def _failed(*, credentials: dict[str, Any], request: HttpRequest | None = None, **_signal: Any) -> None:
    name = str(credentials.get("username") or credentials.get("email") or "")
    _record(actions.SIGN_IN_FAILED, request, queries.staff_by_email(name), name)


def _locked(*, request: HttpRequest | None = None, username: str = "", **_signal: Any) -> None:
    name = str(username or "")
    _record(actions.LOCKED_OUT, request, queries.staff_by_email(name), name)


def _record(action: str, request: HttpRequest | None, staff: Any, tried: str) -> None:
    """Whoever only tries to sign in is not that person yet: the entry names them as the object, not as the actor."""
    known = staff if action in (actions.SIGNED_IN, actions.SIGNED_OUT) else None
    actor = Actor(
        name=known.name if known else tried,
        via=Via.SESSION,
        staff_id=known.pk if known else None,
        origin=str(request.META.get("REMOTE_ADDR", "")) if request else "",
        trace_id=str(getattr(request, "trace_id", "")),
    )
    target = Target(actions.STAFF, staff.pk if staff else "", staff.name if staff else tried)
    with records.transaction():
        services.record(actor=actor, action=action, target=target)
