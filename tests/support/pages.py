"""What the console shows: its addresses without those that only take something in."""

from __future__ import annotations

from django.test import Client
from django.urls import URLPattern, reverse

from siyu.console.web import urls


def addresses() -> list[tuple[str, str]]:
    """(name, path) of every console page, with places filled in."""
    found = []
    for pattern in urls.urlpatterns:
        assert isinstance(pattern, URLPattern)
        converters = pattern.pattern.converters
        values = {name: 1 if "Int" in type(kind).__name__ else "x" for name, kind in converters.items()}
        found.append((str(pattern.name), reverse(str(pattern.name), kwargs=values)))
    return found


def shown(browser: Client) -> set[str]:
    """The names of those addresses that answer when they are only asked for."""
    found = set()
    for name, path in addresses():
        response = browser.get(path)
        if response.status_code != 405:
            found.add(name)
        response.close()
    return found
