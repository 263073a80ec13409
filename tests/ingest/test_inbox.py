"""The inbox on both stores: what was acknowledged is there, in an order that loses nothing."""

from __future__ import annotations

import os
import secrets
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from siyu.eventlog.contracts import START, Position
from siyu.ingest.inbox import TRIM_ROWS, Inbox, InboxRow, InboxUnavailable, PostgresStore
from siyu.kernel.settings import Settings

TRACE = "0af7651916cd43dd8448eb211c80319c"
POSTGRES_URL = os.environ.get("SIYU_TEST_DATABASE_URL", "")


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """SQLite, or a schema of its own on PostgreSQL when the run is on PostgreSQL."""
    if not POSTGRES_URL:
        yield Settings(home=tmp_path, database_url="")
        return
    schema = f"inbox_{secrets.token_hex(6)}"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        mark = "&" if "?" in POSTGRES_URL else "?"
        yield Settings(home=tmp_path, database_url=f"{POSTGRES_URL}{mark}options={quote(f'-csearch_path={schema}')}")
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def inbox(settings: Settings) -> Iterator[Inbox]:
    made = Inbox(settings)
    yield made
    made.close()


def bodies(rows: list[InboxRow]) -> list[bytes]:
    return [row.body for row in rows]


def rows_of(inbox: Inbox, count: int) -> list[InboxRow]:
    """All rows, once `count` of them lie below the horizon: any open transaction of the PostgreSQL server, another
    test's too, holds it back for a moment."""
    deadline = time.monotonic() + 20
    while len(found := inbox.read(START, 100_000)) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


class TestAppendAndRead:
    def test_a_row_comes_back_as_it_went_in(self, inbox: Inbox) -> None:
        inbox.append("click", b'{"a": "\xe4\xbd\xa0"}\x00', TRACE)
        (row,) = rows_of(inbox, 1)
        assert (row.kind, row.body, row.trace_id) == ("click", b'{"a": "\xe4\xbd\xa0"}\x00', TRACE)
        assert row.received_at_ms > 1_700_000_000_000

    def test_rows_of_one_thread_keep_their_order(self, inbox: Inbox) -> None:
        for number in range(50):
            inbox.append("click", str(number).encode(), TRACE)
        assert bodies(rows_of(inbox, 50)) == [str(number).encode() for number in range(50)]

    def test_reading_goes_on_after_a_position(self, inbox: Inbox) -> None:
        for number in range(5):
            inbox.append("click", str(number).encode(), TRACE)
        last = rows_of(inbox, 5)[-1].position
        first = inbox.read(START, 2)
        assert bodies(inbox.read(first[-1].position, 2)) == [b"2", b"3"]
        assert inbox.read(last) == []

    def test_waiting_rows_are_counted(self, inbox: Inbox) -> None:
        for number in range(3):
            inbox.append("click", str(number).encode(), TRACE)
        assert inbox.waiting_count() == 3
        assert inbox.waiting_count(rows_of(inbox, 3)[0].position) == 2

    def test_many_threads_lose_nothing_and_double_nothing(self, inbox: Inbox) -> None:
        def append(thread: int) -> None:
            for number in range(60):
                inbox.append("click", f"{thread}.{number}".encode(), TRACE)

        threads = [threading.Thread(target=append, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = bodies(rows_of(inbox, 960))
        assert sorted(found) == sorted(f"{thread}.{number}".encode() for thread in range(16) for number in range(60))
        assert [body for body in found if body.startswith(b"7.")] == [f"7.{number}".encode() for number in range(60)]

    def test_a_reader_beside_writers_misses_nothing(self, settings: Settings, inbox: Inbox) -> None:
        """The race that costs a cursor over a sequence its rows: several writers, one reader that never goes back."""
        writers = [Inbox(settings) for _ in range(3)]

        def append(writer: Inbox, name: int) -> None:
            for number in range(100):
                writer.append("click", f"{name}.{number}".encode(), TRACE)

        threads = [threading.Thread(target=append, args=(writer, name)) for name, writer in enumerate(writers)]
        for thread in threads:
            thread.start()
        seen: list[bytes] = []
        after = START
        while any(thread.is_alive() for thread in threads) or inbox.waiting_count(after):
            rows = inbox.read(after, 50)
            seen += bodies(rows)
            after = rows[-1].position if rows else after
        for writer in writers:
            writer.close()
        assert sorted(seen) == sorted(f"{name}.{number}".encode() for name in range(3) for number in range(100))

    def test_another_process_sees_what_was_acknowledged(self, settings: Settings, inbox: Inbox) -> None:
        inbox.append("order", b"{}", TRACE)
        other = Inbox(settings)
        assert bodies(rows_of(other, 1)) == [b"{}"]
        other.close()


class TestTrim:
    def test_trimmed_rows_are_gone_and_their_ids_do_not_return(self, inbox: Inbox) -> None:
        for number in range(4):
            inbox.append("click", str(number).encode(), TRACE)
        last = rows_of(inbox, 4)[-1].position
        assert inbox.trim(last) == 4
        assert inbox.trim(last) == 0
        inbox.append("click", b"new", TRACE)
        assert bodies(rows_of(inbox, 1)) == bodies(inbox.read(last)) == [b"new"]

    def test_rows_above_the_position_stay(self, inbox: Inbox) -> None:
        for number in range(4):
            inbox.append("click", str(number).encode(), TRACE)
        assert inbox.trim(rows_of(inbox, 4)[1].position) == 2
        assert bodies(rows_of(inbox, 2)) == [b"2", b"3"]

    def test_more_rows_than_one_transaction_takes(self, inbox: Inbox) -> None:
        threads = [
            threading.Thread(target=lambda: [inbox.append("click", b"x", TRACE) for _ in range(150)]) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert inbox.waiting_count() > TRIM_ROWS
        assert inbox.trim(rows_of(inbox, 1_200)[-1].position) == 1_200

    def test_trimming_an_empty_inbox(self, inbox: Inbox) -> None:
        assert inbox.trim(Position(0, 0)) == 0


class TestFailure:
    def test_a_closed_inbox_refuses(self, settings: Settings) -> None:
        inbox = Inbox(settings)
        inbox.append("click", b"1", TRACE)
        inbox.close()
        with pytest.raises(InboxUnavailable):
            inbox.append("click", b"2", TRACE)

    def test_closing_keeps_what_waits(self, settings: Settings) -> None:
        inbox = Inbox(settings)
        threads = [threading.Thread(target=inbox.append, args=("click", b"x", TRACE)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        inbox.close()
        again = Inbox(settings)
        assert again.waiting_count() == 12
        again.close()

    @pytest.mark.skipif(bool(POSTGRES_URL), reason="a file is what fills the disk here")
    def test_a_full_disk_reaches_every_waiter_and_heals(self, settings: Settings) -> None:
        """RLIMIT_FSIZE makes writes to the file fail as on a full disk; in a process of its own, it is for ever."""
        code = """
import resource, signal, sys, threading
from pathlib import Path
from siyu.ingest.inbox import Inbox, InboxUnavailable
from siyu.kernel.settings import Settings
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
inbox = Inbox(Settings(home=Path(sys.argv[1]), database_url=""))
inbox.append("click", b"before", "0" * 32)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
size = (Path(sys.argv[1]) / "inbox.sqlite3-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
refused = []
def append():
    try:
        inbox.append("click", b"x" * 100_000, "0" * 32)
    except InboxUnavailable as error:
        refused.append(error)
threads = [threading.Thread(target=append) for _ in range(5)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
inbox.append("click", b"after", "0" * 32)
print(len(refused), [row.body.decode() for row in inbox.read()])
inbox.close()
"""
        done = subprocess.run(
            [sys.executable, "-c", code, str(settings.home)], capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout.strip() == "5 ['before', 'after']"

    def test_what_was_acknowledged_survives_kill_9(self, settings: Settings) -> None:
        code = """
import os, sys
from pathlib import Path
from siyu.ingest.inbox import Inbox
from siyu.kernel.settings import Settings
inbox = Inbox(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2]))
for number in range(10_000):
    inbox.append("click", str(number).encode(), "0" * 32)
    os.write(1, f"{number}\\n".encode())
"""
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(settings.home), settings.database_url], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(40)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout.read().split(b"\n") if line]
        process.stdout.close()
        process.wait()
        inbox = Inbox(settings)
        found = [int(row.body) for row in rows_of(inbox, len(acknowledged))]
        inbox.close()
        assert found[: len(acknowledged)] == acknowledged

    @pytest.mark.parametrize("point", ["ingest.inbox_before_commit", "ingest.inbox_after_commit"])
    def test_dying_around_the_commit(self, settings: Settings, point: str) -> None:
        """Before the commit nothing is there; after it the row is, although nobody was told."""
        code = """
import sys
from pathlib import Path
from siyu.ingest.inbox import Inbox
from siyu.kernel.settings import Settings
Inbox(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2])).append("click", b"1", "0" * 32)
"""
        done = subprocess.run(
            [sys.executable, "-c", code, str(settings.home), settings.database_url],
            env={**os.environ, "SIYU_FAILPOINT": point},
            check=False,
            timeout=60,
        )
        assert done.returncode == 86
        inbox = Inbox(settings)
        assert inbox.waiting_count() == (1 if point.endswith("after_commit") else 0)
        inbox.close()


@pytest.mark.skipif(bool(POSTGRES_URL), reason="SQLite's file")
def test_the_file_is_readable_by_its_owner_only(settings: Settings, inbox: Inbox) -> None:
    inbox.append("click", b"1", TRACE)
    for path in settings.home.glob("inbox.sqlite3*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(not POSTGRES_URL, reason="PostgreSQL only")
def test_a_lost_connection_is_replaced(settings: Settings, inbox: Inbox) -> None:
    inbox.append("click", b"1", TRACE)
    store = inbox._store
    assert isinstance(store, PostgresStore)
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [store._connection.info.backend_pid])
    with pytest.raises(InboxUnavailable):
        inbox.append("click", b"2", TRACE)
    inbox.append("click", b"3", TRACE)
    assert bodies(rows_of(inbox, 2)) == [b"1", b"3"]
