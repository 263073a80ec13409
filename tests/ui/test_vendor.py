"""The copy of browser packages: the sprite, what makes it stale, and a lock file without addresses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from siyu.ui import vendor

ICON = """<svg xmlns="x" width="24">
  <path stroke="none" d="M0 0h24v24H0z" fill="none" />
  <path d="M5 12" />
</svg>"""


@pytest.fixture
def icon_dir(tmp_path: Path) -> Path:
    (tmp_path / "home.svg").write_text(ICON)
    return tmp_path


def test_the_sprite_holds_a_symbol_per_icon_without_its_frame(icon_dir: Path) -> None:
    drawn = vendor.sprite(["home"], icon_dir)
    assert '<symbol id="home" viewBox="0 0 24 24"><path d="M5 12" /></symbol>' in drawn


def test_an_unknown_icon_stops_the_copy(icon_dir: Path) -> None:
    with pytest.raises(vendor.FrontendMissing, match="no Tabler icon 'hoem'"):
        vendor.sprite(["hoem"], icon_dir)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{% icon "home" size=18 %}', ["home"]),
        ('{% component "button" label=x icon="trash" %}', ["trash"]),
        ('NavItem("a", _("A"), icon="users", order=1)', ["users"]),
        ('{"icon": "bell-off"}', ["bell-off"]),
        ('<link rel="icon" href="x.svg">', []),
        ("{% icon item.icon %}", []),
    ],
)
def test_icons_are_found_where_code_names_them(text: str, names: list[str]) -> None:
    assert vendor.ICON_PATTERN.findall(text) == names


def test_the_copies_are_stale_when_an_icon_is_added(tmp_path: Path) -> None:
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "page.html").write_text('{% icon "home" %}')
    before = vendor.stamp(tmp_path, tmp_path)
    (tmp_path / "page.html").write_text('{% icon "home" %}{% icon "trash" %}')
    assert vendor.stamp(tmp_path, tmp_path) != before


def test_copies_without_a_stamp_or_with_a_file_missing_are_stale(tmp_path: Path) -> None:
    for name in [*vendor.COPIES.values(), vendor.SPRITE_NAME]:
        (tmp_path / name).write_text("x")
    assert not vendor.is_current(tmp_path, wanted="a")
    (tmp_path / vendor.STAMP_NAME).write_text("a")
    assert vendor.is_current(tmp_path, wanted="a")
    (tmp_path / "htmx.js").unlink()
    assert not vendor.is_current(tmp_path, wanted="a")


def test_an_installed_program_without_a_lock_file_is_left_alone(tmp_path: Path) -> None:
    assert vendor.ensure_frontend(tmp_path) is False


def test_the_lock_file_names_no_address_and_htmx_two() -> None:
    text = (vendor.PROJECT_DIR / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert "resolved" not in text
    assert "://" not in "".join(json.dumps(package.get("resolved", "")) for package in packages.values())
    assert packages["node_modules/htmx.org"]["version"].startswith("2.")
    assert all(package.get("integrity") for name, package in packages.items() if name)


def test_the_module_runs_on_the_standard_library_alone() -> None:
    source = vendor.SOURCE_DIR.parent
    code = f"import sys; sys.path.insert(0, {str(source)!r}); import siyu.ui.vendor as v; print(bool(v.icon_names()))"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("True", "")
