"""``/control``: how a test or a demo steers the sandbox and looks behind the curtain. JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

import msgspec

from siyu.kernel.clock import from_millis
from siyu.sandbox.aliyun.registry import Registry
from siyu.sandbox.aliyun.reports import Courier
from siyu.sandbox.aliyun.rules import national
from siyu.sandbox.config import SandboxConfig, SignSeed, TemplateSeed
from siyu.sandbox.faults import Fault, FaultBoard
from siyu.sandbox.http import Request, Response, json_response
from siyu.sandbox.outgoing import is_loopback
from siyu.sandbox.people import People
from siyu.sandbox.store import Store

# Rows of one answer of a list.
MAX_LIST_ROWS = 1_000
_TIMES = ("sent_at_ms", "reported_at_ms", "started_at_ms", "finished_at_ms")
T = TypeVar("T")


class Control:
    """The routes under ``/control``."""

    def __init__(
        self,
        *,
        store: Store,
        config: Callable[[], SandboxConfig],
        faults: FaultBoard,
        registry: Registry,
        courier: Courier,
        people: People,
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._config = config
        self._faults = faults
        self._registry = registry
        self._courier = courier
        self._people = people
        self._wake = wake
        self._routes: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "/control/planted"): self._planted,
            ("GET", "/control/summary"): self._summary,
            ("GET", "/control/messages"): self._messages,
            ("GET", "/control/rounds"): self._rounds,
            ("POST", "/control/rounds"): self._start_round,
            ("GET", "/control/acts"): self._acts,
            ("GET", "/control/faults"): self._list_faults,
            ("POST", "/control/faults"): self._add_fault,
            ("DELETE", "/control/faults"): self._clear_faults,
            ("POST", "/control/replies"): self._add_reply,
            ("POST", "/control/signs"): self._put_sign,
            ("POST", "/control/templates"): self._put_template,
        }

    def handle(self, request: Request) -> Response:
        """Answers one request; 403 for anybody who reached us under a name that is not this machine's own."""
        # A page in a browser can be made to send requests to 127.0.0.1, but not with such a Host and this
        # type.
        host = request.headers.get("host", "").rpartition(":")[0].strip("[]")
        if not is_loopback(host):
            return json_response(403, {"error": "the sandbox is steered from this machine only"})
        action = self._routes.get((request.method, request.path))
        if action is None:
            return json_response(404, {"error": "no such control", "known": [" ".join(key) for key in self._routes]})
        if request.body and not request.headers.get("content-type", "").startswith("application/json"):
            return json_response(415, {"error": "send application/json"})
        try:
            return json_response(200, action(request))
        except ValueError as error:
            return json_response(400, {"error": str(error)})

    def _planted(self, _: Request) -> dict[str, Any]:
        config = self._config()
        return {"seed": config.seed, **asdict(config.planted)}

    def _summary(self, _: Request) -> dict[str, Any]:
        return {
            "messages": _counts(self._store, "SELECT state, count(*) FROM messages GROUP BY state"),
            "reports": _counts(self._store, "SELECT report_state, count(*) FROM messages GROUP BY report_state"),
            "units": self._store.value("SELECT coalesce(sum(units), 0) FROM messages"),
            "blacklisted": self._store.value("SELECT count(*) FROM blacklist"),
            "rounds": self._store.value("SELECT count(*) FROM rounds"),
            "rounds_open": self._store.value("SELECT count(*) FROM rounds WHERE finished_at_ms IS NULL"),
        }

    def _messages(self, request: Request) -> dict[str, Any]:
        """Filters: phone, state, out_id; after (an id) and limit for paging."""
        filters = {name: request.query[name] for name in ("phone", "state", "out_id") if name in request.query}
        clauses = "".join(f" AND {name} = ?" for name in filters)
        rows = self._list(f"SELECT * FROM messages WHERE id > ?{clauses} ORDER BY id LIMIT ?", request, filters)
        return {"messages": rows}

    def _acts(self, request: Request) -> dict[str, Any]:
        """Filters: round, kind, state; after (an id) and limit for paging."""
        filters = {name: request.query[name] for name in ("round", "kind", "state") if name in request.query}
        clauses = "".join(f" AND {name} = ?" for name in filters)
        rows = self._list(f"SELECT * FROM acts WHERE id > ?{clauses} ORDER BY id LIMIT ?", request, filters)
        return {"acts": rows}

    def _rounds(self, _: Request) -> dict[str, Any]:
        rows = [_readable(row) for row in self._store.rows("SELECT * FROM rounds ORDER BY number")]
        for row in rows:
            number = (row["number"],)
            kinds = "SELECT kind, count(*) FROM acts WHERE round = ? GROUP BY kind"
            states = "SELECT state, count(*) FROM acts WHERE round = ? GROUP BY state"
            row |= {"acts": _counts(self._store, kinds, number), "states": _counts(self._store, states, number)}
        return {"rounds": rows}

    def _start_round(self, _: Request) -> dict[str, Any]:
        number = self._people.start_round("asked")
        self._wake()
        return {"round": number}

    def _list_faults(self, _: Request) -> dict[str, Any]:
        return {"faults": self._faults.listing()}

    def _add_fault(self, request: Request) -> dict[str, Any]:
        self._faults.switch_on(_body(request, Fault))
        return self._list_faults(request)

    def _clear_faults(self, request: Request) -> dict[str, Any]:
        self._faults.clear()
        return self._list_faults(request)

    def _add_reply(self, request: Request) -> dict[str, Any]:
        body = _body(request, dict[str, str])
        phone, content = national(body.get("phone", "")), body.get("content", "R")
        if phone is None:
            raise ValueError("phone is not a mainland mobile number")
        self._courier.reply(phone, content)
        self._wake()
        return {"phone": phone, "content": content}

    def _put_sign(self, request: Request) -> dict[str, Any]:
        seed = _body(request, SignSeed)
        self._registry.put_sign(seed)
        return asdict(seed)

    def _put_template(self, request: Request) -> dict[str, Any]:
        seed = _body(request, TemplateSeed)
        self._registry.put_template(seed)
        return asdict(seed)

    def _list(self, sql: str, request: Request, filters: Mapping[str, str]) -> list[dict[str, Any]]:
        after, limit = int(request.query.get("after", "0")), int(request.query.get("limit", "100"))
        rows = self._store.rows(sql, (after, *filters.values(), min(limit, MAX_LIST_ROWS)))
        return [_readable(row) for row in rows]


def _body(request: Request, kind: type[T]) -> T:
    """The body as the given type; msgspec's errors are ValueErrors that name the field."""
    return msgspec.json.decode(request.body, type=kind)


def _counts(store: Store, sql: str, args: tuple[Any, ...] = ()) -> dict[str, int]:
    return {row[0]: row[1] for row in store.rows(sql, args)}


def _readable(row: Any) -> dict[str, Any]:
    """A row as JSON, its times as text."""
    values = dict(row)
    for name in _TIMES:
        if values.get(name) is not None:
            values[name.removesuffix("_ms")] = from_millis(values.pop(name)).isoformat()
    return values
