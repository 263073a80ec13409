"""Run in a process of its own by `test_levels`: imports all of one package with everything it may not use blocked.

Arguments: the package, then the packages that it may import.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import tempfile
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

# Of the developer's lock file: an installation has no pytest and no linters.
DEVELOPER_ONLY = ("siyu.cli.development",)


class Wall(MetaPathFinder):
    """Refuses packages of Siyu that are not among the allowed ones."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = set(allowed)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        parts = fullname.split(".")
        if parts[0] == "siyu" and len(parts) > 1 and parts[1] not in self.allowed:
            raise ImportError(f"{fullname} is not below")
        return None


def set_django_up(allowed: Sequence[str]) -> None:
    """Django with the apps of the allowed packages only."""
    import django
    from django.conf import settings

    import siyu
    from siyu.kernel import settings as siyu_settings

    source = Path(siyu.__file__).parent
    apps = [f"siyu.{name}" for name in allowed if (source / name / "apps.py").exists()]
    django_apps = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions",
                   "django.contrib.messages", "django.contrib.staticfiles", "axes"]  # fmt: skip
    settings.configure(
        INSTALLED_APPS=[*django_apps, *apps],
        **({"AUTH_USER_MODEL": "org.Staff"} if "org" in allowed else {}),
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LANGUAGES=[("zh-hans", "简体中文"), ("en", "English")],
        SIYU=siyu_settings.load(),
        SECRET_KEY="alone",
        USE_TZ=True,
    )
    django.setup()


def main(package: str, below: Sequence[str]) -> None:
    os.environ["SIYU_HOME"] = tempfile.mkdtemp(prefix="siyu-alone-")
    sys.meta_path.insert(0, Wall([package, *below]))
    if "eventlog" in (package, *below) and package != "collector":
        set_django_up([*below, package])
    root = importlib.import_module(f"siyu.{package}")
    for module in pkgutil.walk_packages(root.__path__, f"siyu.{package}."):
        if "__main__" not in module.name and not module.name.startswith(DEVELOPER_ONLY):
            importlib.import_module(module.name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
