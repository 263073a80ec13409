"""Fixtures of the design system's tests: its own addresses, and a request inside the shell."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.template import engines
from django.utils import translation

from siyu.kernel.registry import Registry
from siyu.ui import registries
from siyu.ui.translations import compile_catalogues


@pytest.fixture(scope="session", autouse=True)
def _catalogues() -> None:
    compile_catalogues()


@pytest.fixture
def own_urls(settings: object) -> None:
    """Serves the design system without the packages above it; its pages stand behind a signed-in visitor."""
    settings.ROOT_URLCONF = "tests.ui.urls"
    dropped = ("siyu.console.middleware", "axes.middleware", "whitenoise.middleware")
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith(dropped)]


SHELL_REGISTRIES = (
    "MAY", "VIEWER", "NAV", "TOOLS", "ACTIONS", "SEARCH_KINDS", "SEARCH", "BRAND", "SCOPE", "BELL", "HELP",
)  # fmt: skip


@pytest.fixture
def empty_registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell as no package has added anything to it."""
    for name in SHELL_REGISTRIES:
        monkeypatch.setattr(registries, name, Registry(name.lower()))


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def draw() -> Callable[..., str]:
    """Renders template source with ``{% load ui %}`` before it."""

    def render(source: str, **values: object) -> str:
        return engines["django"].from_string("{% load i18n ui %}" + source).render(values)

    return render
