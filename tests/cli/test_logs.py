"""Log files: rotation by size, and the tail that explains an end."""

from __future__ import annotations

from pathlib import Path

from siyu.cli.supervisor.logs import KEPT_FILES, RotatingLog, tail


def test_a_full_log_moves_on_and_the_oldest_go(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "web.log", max_bytes=100)
    for number in range(30):
        log.write(f"{number:039d}\n".encode())
    log.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["web.log", *(f"web.log.{number}" for number in range(1, KEPT_FILES + 1))]
    assert (tmp_path / "web.log").read_text().splitlines() == [f"{number:039d}" for number in (28, 29)]
    assert (tmp_path / "web.log.1").read_text().splitlines() == [f"{number:039d}" for number in (26, 27)]


def test_a_log_goes_on_where_the_last_run_ended(tmp_path: Path) -> None:
    for text in (b"one\n", b"two\n"):
        log = RotatingLog(tmp_path / "web.log")
        log.write(text)
        log.close()
    assert (tmp_path / "web.log").read_bytes() == b"one\ntwo\n"


def test_the_tail_of_a_long_log(tmp_path: Path) -> None:
    path = tmp_path / "web.log"
    path.write_text("".join(f"line {number}\n" for number in range(10_000)))
    assert tail(path, lines=2) == "line 9998\nline 9999"
    assert tail(tmp_path / "absent.log") == ""
