"""Addresses under ``/api/``."""

from __future__ import annotations

from django.urls import include, path, re_path

from siyu.api import problems
from siyu.api.application import api
from siyu.api.gate import guarded

_operations, _, _namespace = api.urls
for _pattern in _operations:
    # Ninja makes plain patterns only, which have a callback.
    _pattern.callback = guarded(_pattern.callback)  # type: ignore[arg-type]

urlpatterns = [
    path("", include((_operations, "ninja"), namespace=_namespace)),
    re_path(r"", guarded(problems.unknown)),
]
