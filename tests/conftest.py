"""Fixtures for everybody: a home of its own per test run, the standing cast, and a clock that can be held."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path
from typing import Any

# Before Django reads its settings: tests never touch a developer's installation.
_HOME = Path(tempfile.mkdtemp(prefix=f"siyu-tests-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-"))
os.environ["SIYU_HOME"] = str(_HOME)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "siyu.config.settings")
# Where `collectstatic` would put its files; WhiteNoise warns about a folder that is not there.
(_HOME / "static").mkdir()

import shutil  # noqa: E402

import django  # noqa: E402
import django.conf  # noqa: E402
import hypothesis  # noqa: E402
import pytest  # noqa: E402

# Here and not in pyproject.toml, where pytest-django would read the settings before this file, with the developer's
# home; and not later, because the conftest files of packages import models.
django.setup()
# How long an example takes says nothing on a machine that does other things as well.
hypothesis.settings.register_profile("siyu", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("siyu")
# Scrypt takes a twentieth of a second for each member of staff, on purpose; tests make hundreds.
django.conf.settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

from tests.plugins import append_only  # noqa: E402
from tests.plugins.browser import browser  # noqa: E402

from siyu.org.contracts import SYSTEM, Viewer  # noqa: E402

# Here, once: a fixture that two files import is two fixtures, and Playwright starts only once in a process.
__all__ = ["browser"]

append_only.allow_emptying()

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_configure(config: pytest.Config) -> None:
    """In the process that only hands tests out: what it starts inherits this environment, and with this name in it
    pytest-django would read the settings there before this file has given the worker a home of its own.
    """
    if config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput"):
        del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests whose outcome may depend on the store of the records: only they run again on the other one."""
    for item in items:
        fixtures = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
        if fixtures or item.get_closest_marker("django_db") is not None:
            item.add_marker("records")


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: looking through it again and again for garbage is a tenth of the time."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """On PostgreSQL without autovacuum: while it analyses, what a test has just committed cannot be read in order."""
    from django.db import connection

    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                for table in connection.introspection.table_names(cursor):
                    cursor.execute(f'ALTER TABLE "{table}" SET (autovacuum_enabled = false)')


@pytest.fixture
def shared_data() -> Path:
    """The folder of public data sets beside the project; a test that needs it is skipped where it is absent."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the public data sets are not beside this checkout (see docs/data-sets.md)")
    return folder


@pytest.fixture
def viewer() -> Viewer:
    return SYSTEM


@pytest.fixture
def owner(db: None) -> object:
    """Alice, who owns the brand and sees everything."""
    from siyu.org import services
    from siyu.org.models import Staff

    staff_id = services.create_staff(
        email="alice@example.com", name="Alice", password="correct horse battery", role="owner"
    )
    return Staff.objects.get(pk=staff_id)
