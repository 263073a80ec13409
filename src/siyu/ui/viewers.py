"""On whose behalf the design system works: the person behind a request, or behind a job."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.http import HttpRequest

from siyu.org import queries as org
from siyu.org.contracts import Viewer
from siyu.ui import registries


def viewer_of(request: HttpRequest) -> Viewer:
    """The viewer as the console sees them, narrowed by its scope switch; else the person signed in."""
    for found in registries.VIEWER:
        return found(request)
    return org.viewer_of(request.user)


def viewer_of_staff(staff_id: int | None) -> Viewer:
    """The viewer who started a job, with the roles of now; a stranger once they have left."""
    user = get_user_model().objects.filter(pk=staff_id or 0).first()
    return org.viewer_of(user)
