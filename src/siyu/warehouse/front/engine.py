"""The chDB engine of one data path: opened once, one process at a time, with the engine's own walls configured.

Facts this rests on are in docs/decisions/0002-warehouse-front.md. Never fork after `Engine.open`.
"""

from __future__ import annotations

import fcntl
import importlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from . import lanes
from .errors import NOT_ENOUGH_SPACE, FrontError
from .options import DATABASE, FrontOptions
from .whitelist import quoted

# Raise this when a data path written by an older front can no longer be read by this one. A path with another number
# is refused, never wiped: the operator moves it away and rebuilds from the log.
FORMAT_NUMBER = 1
# Bytes each for the caches of marks, primary keys and query conditions. The defaults are gigabytes, sized for servers.
CACHE_BYTES = 64 * 1024 * 1024
# Merges of a load would take both cores from people who count; they get what is left over.
MERGE_NICENESS = 15
# Groups (and their bytes) beyond which an aggregation is split for a parallel merge. The defaults (100,000 groups,
# 50 MB) split the leaves of 1 M customers, which costs them a fifth of their time.
TWO_LEVEL_GROUPS = 1_000_000
TWO_LEVEL_BYTES = 200 * 1024 * 1024

_GRANTS = (
    "SELECT, INSERT, ALTER TABLE, ALTER VIEW, CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE DICTIONARY, "
    "CREATE TEMPORARY TABLE, DROP, TRUNCATE, OPTIMIZE, SHOW, KILL QUERY, dictGet, SYSTEM RELOAD DICTIONARY, "
    "SYSTEM FLUSH, SYSTEM MERGES, SYSTEM DROP CACHE, SYSTEM JEMALLOC"
)
# `log_comment` carries the tag by which a query is killed; chDB gives no way to set the query id itself.
_TAG_COLUMN = "Settings['log_comment']"


class AlreadyOpen(RuntimeError):
    """Another process owns the data path."""


class WrongFormat(RuntimeError):
    """The data path was written by a front with another format number."""


class Engine:
    """One open data path. `connect()` gives fresh connections; nothing set in one is seen by another."""

    def __init__(self, options: FrontOptions) -> None:
        self.options = options
        self._lock_file: int | None = None
        self._keeper: Any = None
        self._connect: Any = None
        self._opening = threading.Lock()
        self.known_settings: frozenset[str] = frozenset()

    def open(self) -> None:
        """Locks the path, checks its format and starts the engine. The keeper connection holds it open."""
        self.options.data_path.mkdir(parents=True, exist_ok=True)
        self._lock()
        _check_format(self.options.path / "FORMAT")
        # chDB reads a `config.xml` of the working directory, so it is imported from a folder that has none; and only
        # here, because the import starts engine threads that no fork survives.
        os.chdir(self.options.data_path)
        _chdb: Any = importlib.import_module("chdb._chdb")
        _chdb.set_signal_handlers_enabled(False)
        self._connect = _chdb.connect
        config = self._write_configuration()
        self._address = f"{self.options.data_path}?config-file={config}"
        self._keeper = self._connect(self._address)
        self._keeper.query(f"CREATE DATABASE IF NOT EXISTS {DATABASE} ENGINE = Atomic", "TabSeparated", params={})
        names = self._keeper.query("SELECT name FROM system.settings", "TabSeparated", params={}).bytes()
        self.known_settings = frozenset(names.decode().split())

    def close(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    @contextmanager
    def connect(self) -> Iterator[Any]:
        """A connection of one's own: settings, database and temporary tables end with it."""
        connection = self._connect(self._address)
        try:
            yield connection
        finally:
            connection.close()

    def kill(self, tag: str) -> None:
        """Ends the query that runs under `tag`, if any. Returns at once; the query's thread gets code 394."""
        with self.connect() as connection:
            connection.query(f"KILL QUERY WHERE {_TAG_COLUMN} = {quoted(tag)} ASYNC", "TabSeparated", params={})

    def release_memory(self) -> None:
        """Gives freed pages back to the system; for quiet moments after heavy work."""
        with self.connect() as connection:
            connection.query("SYSTEM JEMALLOC PURGE", "TabSeparated", params={})

    def require_space(self) -> None:
        """Refuses a write before the disk is full, while the engine can still merge."""
        free = shutil.disk_usage(self.options.data_path).free
        if free < self.options.min_free_bytes:
            raise FrontError(NOT_ENOUGH_SPACE, f"Only {free} bytes are free on the disk of the warehouse.")

    def _lock(self) -> None:
        descriptor = os.open(self.options.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise AlreadyOpen(f"another process owns the warehouse in {self.options.path}") from None
        self._lock_file = descriptor

    def _write_configuration(self) -> Path:
        """Two files beside the data; made anew at each start, so that they follow the program and the settings."""
        users = self.options.path / "engine-users.xml"
        users.write_text(_users(self.options))
        config = self.options.path / "engine.xml"
        config.write_text(_config(self.options, users))
        return config


def _check_format(marker: Path) -> None:
    if not marker.exists():
        marker.write_text(f"{FORMAT_NUMBER}\n")
        return
    found = marker.read_text().strip()
    if found != str(FORMAT_NUMBER):
        raise WrongFormat(
            f"{marker.parent} has format {found or 'none'}, this program writes {FORMAT_NUMBER}. "
            "Nothing was touched: move the folder away and rebuild the warehouse from the log."
        )


def _config(options: FrontOptions, users: Path) -> str:
    return f"""<clickhouse>
  <users_config>{escape(str(users))}</users_config>
  <timezone>UTC</timezone>
  <tmp_path>{escape(str(options.data_path / "tmp"))}/</tmp_path>
  <user_files_path>{escape(str(options.data_path / "user_files"))}/</user_files_path>
  <max_server_memory_usage>{options.memory_bytes}</max_server_memory_usage>
  <mark_cache_size>{CACHE_BYTES}</mark_cache_size>
  <primary_index_cache_size>{CACHE_BYTES}</primary_index_cache_size>
  <index_mark_cache_size>{CACHE_BYTES // 4}</index_mark_cache_size>
  <query_condition_cache_size>{CACHE_BYTES // 4}</query_condition_cache_size>
  <background_pool_size>2</background_pool_size>
  <background_schedule_pool_size>2</background_schedule_pool_size>
  <os_threads_nice_value_merge_mutate>{MERGE_NICENESS}</os_threads_nice_value_merge_mutate>
  <dictionaries_lazy_load>true</dictionaries_lazy_load>
</clickhouse>
"""


def _users(options: FrontOptions) -> str:
    top = int(max(rule.share_of_memory for rule in lanes.RULES) * options.memory_bytes)
    threads = max(rule.threads for rule in lanes.RULES)
    return f"""<clickhouse>
  <profiles><default>
    <max_memory_usage>{top}</max_memory_usage>
    <async_insert>0</async_insert>
    <allow_introspection_functions>0</allow_introspection_functions>
    <group_by_two_level_threshold>{TWO_LEVEL_GROUPS}</group_by_two_level_threshold>
    <group_by_two_level_threshold_bytes>{TWO_LEVEL_BYTES}</group_by_two_level_threshold_bytes>
    <constraints>
      <max_memory_usage><max>{top}</max></max_memory_usage>
      <max_threads><max>{threads}</max></max_threads>
      <async_insert><const/></async_insert>
      <allow_introspection_functions><const/></allow_introspection_functions>
    </constraints>
  </default></profiles>
  <users><default>
    <password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
    <grants><query>GRANT {_GRANTS} ON *.*</query></grants>
  </default></users>
  <quotas><default></default></quotas>
</clickhouse>
"""
