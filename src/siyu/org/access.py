"""What a page asks of its caller. Deny by default: the console refuses views that do not say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from siyu.org.contracts import Viewer
from siyu.org.permissions import JOBS_MANAGE

View = TypeVar("View", bound=Callable[..., Any])
# For everybody who is signed in, whatever their roles.
SIGNED_IN = ""


def needs(*permissions: str) -> Callable[[View], View]:
    """Says which permissions a view asks for; one of them is enough. A view that says nothing is closed to all."""

    def mark(view: View) -> View:
        view.permissions = permissions  # type: ignore[attr-defined]
        return view

    return mark


def whose_jobs(viewer: Viewer) -> int | None:
    """Whose background work a viewer sees and may stop: None for everybody's, else their own."""
    return None if viewer.may(JOBS_MANAGE) else (viewer.staff_id or 0)


def may_enter(viewer: Viewer, permissions: tuple[str, ...]) -> bool:
    """Whether a viewer passes a view that names these permissions."""
    known = viewer.staff_id is not None or viewer.key_id is not None
    return known and (SIGNED_IN in permissions or any(map(viewer.may, permissions)))
