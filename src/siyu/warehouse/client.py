"""The client: the only door to the warehouse, embedded or ClickHouse server alike; it knows a URL and nothing else."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pyroaring import BitMap

from siyu.kernel.settings import Settings
from siyu.kernel.settings import load as load_settings
from siyu.warehouse import bitmaps
from siyu.warehouse.contracts import (
    Lane,
    QueryCancelled,
    QueryFailed,
    QueryTooHeavy,
    WarehouseFull,
    WarehouseUnavailable,
)
from siyu.warehouse.front.options import DATABASE, secret_path
from siyu.warehouse.front.secret import load as load_secret

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

# Header by which the embedded front chooses the lane; a ClickHouse server passes over it.
LANE_HEADER = "X-Siyu-Lane"
# Seconds. Loopback or the same network: a server that does not accept within this is down.
CONNECT_SECONDS = 3
# Seconds a query may run: people wait for the short lane, the rebuilds of 10 M customers fit the long one.
QUERY_SECONDS: Mapping[Lane, int] = {"short": 30, "long": 1_800}
# Connections kept open per process; web, worker and collector threads share them.
POOL_CONNECTIONS = 32
# Further tries of a read whose connection broke. Writes are never tried again here: their sender knows the token.
READ_RETRIES = 2
_WHAT = "The warehouse"
# The name under which we come to the embedded front, which checks the secret only.
EMBEDDED_USER = "siyu-embedded"
_BUSY_CODES = frozenset({202, 209, 210, 252, 425, 439})
_HEAVY_CODES = frozenset({159, 160, 241, 158, 307, 396})
_CANCELLED_CODE = 394
_FULL_CODE = 243
_UNREACHED_CODES = frozenset({194, 516})

# The driver logs every broken connection as a warning with a stack; our callers get the error and decide.
for _name in ("clickhouse_connect", "urllib3.connectionpool"):
    logging.getLogger(_name).setLevel(logging.ERROR)

_shared: dict[tuple[int, str], Client] = {}
_shared_lock = threading.Lock()


class Warehouse:
    """A light handle: many threads may share one, and making one is free once the process has connected."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, sql: str, params: Mapping[str, Any] | None = None, *, lane: Lane = "short") -> list[tuple[Any, ...]]:
        """All rows of a query. Instants come back aware. `params` fill `{name:Type}` places."""
        with _understood():
            result = self._client().query(sql, **self._asked(params, lane))
        return [tuple(row) for row in result.result_rows]

    def value(self, sql: str, params: Mapping[str, Any] | None = None, *, lane: Lane = "short") -> Any:
        """The single value of a query that gives one row of one column."""
        ((value,),) = self.rows(sql, params, lane=lane)
        return value

    def columns(self, sql: str, params: Mapping[str, Any] | None = None, *, lane: Lane = "short") -> Sequence[Any]:
        """The result column by column: for many rows of few columns, without a tuple for each row."""
        with _understood():
            result = self._client().query(sql, column_oriented=True, **self._asked(params, lane))
        return result.result_columns

    def blocks(
        self, sql: str, params: Mapping[str, Any] | None = None, *, lane: Lane = "long"
    ) -> Iterator[Sequence[Sequence[Any]]]:
        """The rows block by block, for exports: neither side holds them all."""
        with _understood(), self._client().query_row_block_stream(sql, **self._asked(params, lane)) as stream:
            yield from stream

    def bitmap(self, sql: str, params: Mapping[str, Any] | None = None, *, lane: Lane = "short") -> BitMap:
        """The set of a query that selects one `groupBitmapState(id)`; no row is the empty set."""
        state = self.raw(sql, params, lane=lane)
        return bitmaps.decode(state) if state else BitMap()

    def keyed_bitmaps(
        self, sql: str, params: Mapping[str, Any] | None = None, *, lane: Lane = "short"
    ) -> dict[str, BitMap]:
        """The sets of a query that selects `toString(key), groupBitmapState(id)`, by key."""
        data = self.raw(sql, params, lane=lane)
        found, at = {}, 0
        while at < len(data):
            length, at = bitmaps.read_varint(data, at)
            key = data[at : at + length].decode()
            found[key], at = bitmaps.decode_at(data, at + length)
        return found

    def raw(
        self, sql: str, params: Mapping[str, Any] | None = None, *, lane: Lane = "short", form: str = "RowBinary"
    ) -> bytes:
        """The result as bytes in a ClickHouse format."""
        with _understood():
            data = self._client().raw_query(sql, fmt=form, **self._asked(params, lane))
        return bytes(data)

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        *,
        token: str | None = None,
        types: Sequence[str] | None = None,
        by_columns: bool = False,
    ) -> int:
        """Inserts rows (or columns) and returns how many. With `token` the same insert may be sent again without harm,
        as long as it is *exactly* the same: other rows under a known token are dropped silently by the warehouse.
        """
        with _understood():
            summary = self._client().insert(
                table,
                rows,
                column_names=list(columns),
                column_type_names=list(types) if types else None,
                column_oriented=by_columns,
                settings=_insert_settings(token),
            )
        return summary.written_rows

    def insert_raw(
        self, table: str, columns: Sequence[str], data: bytes | Iterable[bytes], *, form: str, token: str | None = None
    ) -> int:
        """As `insert`, for bytes that are in a ClickHouse format already."""
        with _understood():
            summary = self._client().raw_insert(
                table, list(columns), data, fmt=form, settings=_insert_settings(token)  # type: ignore[arg-type]
            )
        return summary.written_rows

    def command(self, sql: str, params: Mapping[str, Any] | None = None, *, outside_database: bool = False) -> Any:
        """A statement without a result set: definitions, mutations, KILL. Never tried again by itself."""
        with _understood():
            return self._client(database=not outside_database).command(
                sql, parameters=dict(params or {}), use_database=not outside_database
            )

    def ping(self) -> bool:
        """Whether it answers at all."""
        try:
            with _understood():
                return bool(self._client().ping())
        except (WarehouseUnavailable, QueryFailed):
            return False

    def _client(self, *, database: bool = True) -> Client:
        url = self.url if database else self.url.rpartition("/")[0]
        key = (os.getpid(), url)
        with _shared_lock:
            client = _shared.get(key)
        if client is None:
            client = _connected(url)
            with _shared_lock:
                client = _shared.setdefault(key, client)
        return client

    def _asked(self, params: Mapping[str, Any] | None, lane: Lane) -> dict[str, Any]:
        return {
            "parameters": dict(params or {}),
            "settings": {"max_execution_time": QUERY_SECONDS[lane]},
            "transport_settings": {LANE_HEADER: lane},
        }


def connect(settings: Settings | None = None) -> Warehouse:
    """The warehouse of this installation. Nothing is sent yet; errors come with the first use."""
    return Warehouse(url_of(settings or load_settings()))


def url_of(settings: Settings) -> str:
    """The configured URL, or that of the embedded front with the installation's secret in it."""
    if settings.warehouse_url:
        return settings.warehouse_url
    try:
        secret = load_secret(secret_path(settings))
    except FileNotFoundError:
        raise WarehouseUnavailable(what=_WHAT) from None  # it has never run here
    return f"http://{EMBEDDED_USER}:{quote(secret)}@127.0.0.1:{settings.warehouse_port}/{DATABASE}"


def database_of(url: str) -> str:
    return url.rpartition("/")[2].partition("?")[0] or DATABASE


def forget_connections() -> None:
    """Drops what this process keeps open: after a fork, or when the warehouse behind a URL was exchanged."""
    with _shared_lock:
        clients = list(_shared.values())
        _shared.clear()
    for client in clients:
        client.close()


def _connected(url: str) -> Client:
    # The driver is loaded with the first connection: many commands and the processes of jobs do without.
    from clickhouse_connect.driver import create_client, options
    from clickhouse_connect.driver.httputil import get_pool_manager

    # What we hand over is plain Python. Left alone, the driver loads pandas with the first insert (half a second,
    # 60 MB) only to ask whether the rows are one of its frames; these say that there is no such thing here.
    options.pd = options.np = None
    with _understood():
        return create_client(
            dsn=url,
            autogenerate_session_id=False,
            compress=False,
            tz_mode="aware",
            connect_timeout=CONNECT_SECONDS,
            send_receive_timeout=QUERY_SECONDS["long"],
            query_retries=READ_RETRIES,
            pool_mgr=get_pool_manager(maxsize=POOL_CONNECTIONS),
            client_name="siyu",
        )


def _insert_settings(token: str | None) -> dict[str, Any]:
    # The default async_insert=1 of newer servers would undo the token.
    settings: dict[str, Any] = {"async_insert": 0}
    if token:
        settings["insert_deduplication_token"] = token
    return settings


@contextmanager
def _understood() -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except OSError as error:
        raise WarehouseUnavailable(what=_WHAT) from error
    except Exception as error:
        from clickhouse_connect.driver import exceptions as driver_errors

        if isinstance(error, driver_errors.StreamFailureError):
            raise QueryFailed(code=None, name=None, text=str(error)) from None
        if isinstance(error, driver_errors.DatabaseError):
            raise _typed(error) from None
        if isinstance(error, driver_errors.ClickHouseError):
            raise WarehouseUnavailable(what=_WHAT) from error
        raise


def _typed(error: Exception) -> Exception:
    code = getattr(error, "code", None)
    if code is None or code in _BUSY_CODES or code in _UNREACHED_CODES:
        return WarehouseUnavailable(what=_WHAT)
    if code == _FULL_CODE:
        return WarehouseFull(what=_WHAT)
    if code in _HEAVY_CODES:
        return QueryTooHeavy()
    if code == _CANCELLED_CODE:
        return QueryCancelled()
    return QueryFailed(code=code, name=getattr(error, "name", None), text=str(error))
