"""The Django application of the design system."""

from __future__ import annotations

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "siyu.ui"
    label = "ui"

    def ready(self) -> None:
        from siyu.ui import actions, catalogue, jobs, registries, searching
        from siyu.ui.web.samples import people

        actions.register()
        catalogue.register_components()
        jobs.register()
        people.register()
        registries.SEARCH_KINDS.add(searching.PAGES.key, searching.PAGES)
