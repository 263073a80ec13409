"""The command line: what is imported when, and how answers, errors and settings come out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from tests.support.ports import free_port

from siyu.cli.main import COMMANDS
from siyu.sandbox.demo.organisation import make_organisation, write_staff
from siyu.sandbox.demo.size import Size


def siyu(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    foreign = ("SIYU_", "LC_", "LANG", "DJANGO_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return subprocess.run(
        [sys.executable, "-m", "siyu.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**clean, "PYTHONPATH": "src", "SIYU_HOME": str(home), "LANG": "C.UTF-8", **environment},
    )


def test_help_lists_every_command_and_imports_none(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom siyu.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('django', 'pydantic', 'polars', 'siyu.cli.commands')\n"
        "print(sorted(name for name in sys.modules if name.startswith(heavy)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(name: str, tmp_path: Path) -> None:
    """Also that the table's entry exists: a command is imported on use only."""
    from importlib import import_module

    module_name, _, attribute = COMMANDS[name].where.partition(":")
    command = getattr(import_module(module_name), attribute)
    assert command.name == name
    assert command.help


def test_status_of_a_stopped_installation(tmp_path: Path) -> None:
    done = siyu("status", "--json", home=tmp_path)
    document = json.loads(done.stdout)
    assert (done.returncode, document["running"], document["processes"]) == (1, False, [])
    assert siyu("status", home=tmp_path).stdout == "Siyu is not running here. Start it with: siyu up\n"


def test_the_terminals_language_decides_and_the_setting_overrules(tmp_path: Path) -> None:
    from siyu.ui.translations import compile_catalogues

    compile_catalogues()
    assert siyu("down", home=tmp_path, LANG="zh_CN.UTF-8").stdout == "Siyu 没有在这里运行。\n"
    assert siyu("down", home=tmp_path, LANG="zh_CN.UTF-8", SIYU_LANGUAGE="en").stdout == "Siyu is not running here.\n"


def test_an_expected_error_is_one_line_or_one_document(tmp_path: Path) -> None:
    done = siyu("trace", "xyz", home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "A trace id has 32 hexadecimal characters.\n")
    done = siyu("trace", "xyz", "--json", home=tmp_path)
    assert json.loads(done.stdout) == {
        "type": "urn:siyu:invalid_input",
        "code": "invalid_input",
        "title": "A trace id has 32 hexadecimal characters.",
        "status": 422,
        "data": {"reason": "A trace id has 32 hexadecimal characters."},
    }


def test_records_that_are_not_set_up_say_what_to_run(tmp_path: Path) -> None:
    done = siyu("jobs", "list", home=tmp_path)
    assert (done.returncode, done.stderr) == (1, "The records are not set up yet. Run: siyu migrate\n")


@pytest.mark.parametrize("command", [("status",), ("jobs", "list")])
def test_unusable_settings_are_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = siyu(*command, home=tmp_path, SIYU_WEB_PORT="x", SIYU_ZONE="Nowhere/Land")
    assert done.returncode == 1
    assert done.stderr == "Settings cannot be used: SIYU_WEB_PORT, SIYU_ZONE. Run: siyu doctor\n"


def test_an_unknown_command_is_a_usage_error(tmp_path: Path) -> None:
    done = siyu("fly", home=tmp_path)
    assert (done.returncode, "No such command 'fly'" in done.stderr) == (2, True)


@pytest.mark.whole
def test_a_warehouse_server_that_is_down_can_wait(tmp_path: Path) -> None:
    down = {"SIYU_WAREHOUSE_URL": f"http://u:p@127.0.0.1:{free_port()}/siyu"}
    done = siyu("migrate", "--warehouse-can-wait", "--json", home=tmp_path / "home", **down)
    assert done.returncode == 0, done.stderr
    assert "warehouse.0003_create_roots" not in json.loads(done.stdout)["applied"]
    assert "The warehouse does not answer yet. Everything else starts; it catches up later." in done.stderr


@pytest.mark.whole
def test_a_new_home_from_migrate_to_sign_in(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = json.loads(siyu("migrate", "--skip-warehouse", "--json", home=home).stdout)
    assert first["applied"]
    assert json.loads(siyu("migrate", "--skip-warehouse", "--json", home=home).stdout)["applied"] == []
    assert siyu("migrate", "--check", "--skip-warehouse", home=home).returncode == 0

    made = json.loads(siyu("demo", "sign-in", "--json", home=home).stdout)
    assert made["created"] is True
    assert (home / "sign-in.txt").read_text().startswith("E-mail: demo@siyu.example\nPassword: ")
    assert json.loads(siyu("demo", "sign-in", "--json", home=home).stdout)["created"] is False
    open_to_others = [path for path in home.iterdir() if path.stat().st_mode & 0o077]
    assert open_to_others == []

    token = json.loads(siyu("token", "create", "--email", "demo@siyu.example", "--json", home=home).stdout)
    assert token["token"].startswith("siyu_")
    stranger = siyu("token", "create", "--email", "nobody@example.com", home=home)
    assert (stranger.returncode, stranger.stderr) == (1, "No member of staff signs in with nobody@example.com.\n")
    assert json.loads(siyu("jobs", "list", "--json", home=home).stdout) == {"jobs": []}


@pytest.mark.whole
def test_people_of_the_demo_sign_in_by_role(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert siyu("migrate", "--skip-warehouse", home=home).returncode == 0
    early = siyu("demo", "sign-in", "--role", "guide", home=home)
    assert (early.returncode, early.stderr) == (
        1, "The demo brand has not been made here yet. Run: siyu demo load\n",
    )  # fmt: skip

    (home / "demo").mkdir()
    organisation = make_organisation(Size(date(2026, 3, 1), 50))
    write_staff(home / "demo" / "staff.csv", organisation)
    first, second = (
        json.loads(siyu("demo", "sign-in", "--role", "guide", "--json", home=home).stdout) for _ in range(2)
    )
    assert first["email"] == second["email"] == next(one.email for one in organisation.staff if one.role == "guide")
    assert first["password"] != second["password"]
    cook = siyu("demo", "sign-in", "--role", "cook", home=home)
    assert cook.returncode == 1
    assert cook.stderr.startswith("Nobody in the demo brand is “cook”. Roles: owner, operator, analyst, auditor,")
