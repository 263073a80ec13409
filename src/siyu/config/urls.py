"""Every address of the web process, gathered from the packages that serve them."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("api/", include("siyu.api.urls")),
    path("", include("siyu.console.web.urls")),
    path("", include("siyu.ui.web.urls")),
]
