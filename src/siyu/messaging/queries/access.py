"""Who may read what in `messaging`."""

from __future__ import annotations

from siyu.kernel.errors import NotAllowed
from siyu.org.contracts import Viewer


def check(viewer: Viewer) -> None:
    """NotAllowed unless the viewer sees every customer: a plan's counts are of everybody it reaches."""
    if not viewer.all_customers:
        raise NotAllowed()
