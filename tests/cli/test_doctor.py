"""The doctor's examinations that need no store, one misconfiguration each."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from siyu.cli.doctor import machine
from siyu.cli.doctor.findings import Finding, Level
from siyu.kernel.crypto import KeyRing
from siyu.kernel.settings import Settings


def settings(home: Path, **changes: Any) -> Settings:
    return Settings(home=home, **changes)


def bad(findings: Any) -> list[tuple[Level, str]]:
    return [(found.level, found.subject) for found in findings if found.level is not Level.GREEN]


def test_a_misspelt_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIYU_WEBPORT", "80")
    (tmp_path / "siyu.env").write_text("# a comment = 1\nSIYU_SANDBOXX=true\nexport SIYU_ZONE=Asia/Shanghai\n")
    found = bad(machine.unknown_settings(settings(tmp_path)))
    assert (Level.AMBER, "SIYU_WEBPORT") in found
    assert (Level.AMBER, "SIYU_SANDBOXX") in found
    assert all(name != "SIYU_ZONE" for _, name in found)


def test_a_home_that_is_missing(tmp_path: Path) -> None:
    assert bad(machine.home(settings(tmp_path / "nowhere"))) == [(Level.RED, "SIYU_HOME")]


def test_a_file_that_others_can_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    tmp_path.parent.chmod(0o755)
    (tmp_path / "records.sqlite3").touch(mode=0o644)
    assert bad(machine.home(settings(tmp_path))) == [(Level.AMBER, "records.sqlite3")]
    tmp_path.chmod(0o700)
    assert bad(machine.home(settings(tmp_path))) == []


class TestKeyRing:
    def test_missing(self, tmp_path: Path) -> None:
        (found,) = machine.key_ring(settings(tmp_path))
        assert (found.level, found.to_do) == (Level.RED, "Run: siyu migrate")

    def test_missing_beside_records_is_worse(self, tmp_path: Path) -> None:
        (tmp_path / "records.sqlite3").touch()
        (found,) = machine.key_ring(settings(tmp_path))
        assert found.to_do.startswith("Restore it from your backup")

    def test_damaged(self, tmp_path: Path) -> None:
        one = settings(tmp_path)
        one.keys_path.parent.mkdir()
        one.keys_path.write_text("{")
        assert bad(machine.key_ring(one)) == [(Level.RED, "key ring")]

    def test_readable_by_others(self, tmp_path: Path) -> None:
        one = settings(tmp_path)
        KeyRing.create(one.keys_path)
        assert bad(machine.key_ring(one)) == []
        one.keys_path.chmod(0o644)
        (found,) = machine.key_ring(one)
        assert (found.level, found.to_do) == (Level.RED, f"chmod 600 {one.keys_path}")


def test_a_taken_port_is_told_with_its_holder(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        found = list(machine.ports(settings(tmp_path, web_port=held.getsockname()[1])))
    (finding,) = [one for one in found if one.subject == "SIYU_WEB_PORT"]
    assert finding.level is Level.RED
    assert f"(pid {os.getpid()})" in finding.seen


def test_the_same_port_twice(tmp_path: Path) -> None:
    assert (Level.RED, "ports") in bad(machine.ports(settings(tmp_path, web_port=28700, collector_port=28700)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"debug": True}, [(Level.AMBER, "SIYU_DEBUG")]),
        (
            {"debug": True, "host": "0.0.0.0", "public_url": "https://a.example", "allowed_hosts": "a.example"},
            [(Level.RED, "SIYU_DEBUG")],
        ),
        ({"host": "0.0.0.0"}, [(Level.AMBER, "SIYU_PUBLIC_URL"), (Level.RED, "SIYU_ALLOWED_HOSTS")]),
        (
            {"host": "10.0.0.1", "public_url": "http://a.example", "allowed_hosts": "a.example"},
            [(Level.AMBER, "SIYU_PUBLIC_URL")],
        ),
    ],
)
def test_exposure(tmp_path: Path, changes: dict[str, Any], expected: list[Any]) -> None:
    assert bad(machine.exposure(settings(tmp_path, **changes))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"aliyun_sms_key_id": "a"}, []),
        ({}, [(Level.AMBER, "SIYU_ALIYUN_SMS_KEY_ID")]),
        ({"sandbox": True, "aliyun_sms_key_id": "a"}, [(Level.RED, "SIYU_ALIYUN_SMS_ENDPOINT")]),
        ({"aliyun_sms_key_id": "a", "aliyun_sms_protocol": "http"}, [(Level.RED, "SIYU_ALIYUN_SMS_PROTOCOL")]),
        ({"aliyun_sms_key_id": "a", "aliyun_sms_endpoint": "127.0.0.1:8703"}, [(Level.AMBER, "SIYU_SANDBOX")]),
        ({"aliyun_sms_key_id": "a", "aliyun_sms_endpoint": "127.0.0.1:8703", "sandbox": True}, []),
    ],
)
def test_providers(tmp_path: Path, changes: dict[str, Any], expected: list[Any]) -> None:
    assert bad(machine.providers(settings(tmp_path, **changes))) == expected


def test_a_finding_that_is_not_green_says_what_to_do(tmp_path: Path) -> None:
    everything: list[Finding] = []
    one = settings(tmp_path / "nowhere", debug=True, host="0.0.0.0", sandbox=True, aliyun_sms_key_id="a")
    for examination in (machine.home, machine.key_ring, machine.ports, machine.exposure, machine.providers):
        everything += examination(one)
    assert [found for found in everything if found.level is not Level.GREEN and not found.to_do] == []
