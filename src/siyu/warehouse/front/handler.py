"""One connection of a caller: ClickHouse's HTTP interface, as far as its clients use it."""

from __future__ import annotations

import base64
import contextlib
import secrets
import tempfile
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import parse_qsl, urlsplit

from . import secret
from .answer import Summary, asked_to_kill, pieces, prepared
from .body import MAX_HELD_BYTES, PIECE_BYTES, Body
from .errors import (
    AUTHENTICATION_FAILED,
    BAD_ARGUMENTS,
    NO_HANDLE,
    NO_SUCH_HOST,
    QUERY_CANCELLED,
    REQUIRED_PASSWORD,
    FrontError,
)
from .request import Request, understand

if TYPE_CHECKING:
    from .server import Front

# Characters of a request line: ClickHouse's own default (http_max_uri_size); queries and parameters may stand there.
MAX_URI_BYTES = 1024 * 1024
# Seconds a kept-alive connection may idle, and that a caller may take to send or take the next bytes.
IDLE_SECONDS = 120
# Bytes of a result held back before the answer begins. Most results end before, and then carry a true summary.
HELD_BYTES = 1024 * 1024
# Bytes of a result held in memory when the caller waits for the end; what is more goes to a temporary file.
HELD_IN_MEMORY_BYTES = 8 * 1024 * 1024


class Handler(BaseHTTPRequestHandler):
    """One connection. Speaks ClickHouse's HTTP interface as far as its clients use it."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    server: Front

    def handle_one_request(self) -> None:
        """As the base class, with ClickHouse's limit for the request line."""
        try:
            self.raw_requestline = self.rfile.readline(MAX_URI_BYTES + 1)
            if not self.raw_requestline:
                self.close_connection = True
                return
            if len(self.raw_requestline) > MAX_URI_BYTES:
                self.requestline, self.request_version, self.command = "", "", ""
                self.send_error(414)
                return
            if not self.parse_request():
                return
            if self.command not in {"GET", "POST"}:
                self.send_error(501)
                return
            self._dispatch()
            self.wfile.flush()
        except (TimeoutError, ConnectionError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: queries may carry people's data, and the caller gets every error."""

    def _dispatch(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/ping":
            self._reply(200, b"Ok.\n")
            return
        query = dict(parse_qsl(url.query, keep_blank_values=True, errors="surrogateescape"))
        query_id = query.setdefault("query_id", "") or str(uuid.uuid4())
        query["query_id"] = query_id
        body: Body | None = None
        try:
            body = self._body()
            self._authenticate(query)
            self._serve(url.path, query, body)
        except FrontError as error:
            # The rest of a body is read for callers we know, so that they get to see the answer.
            known = error.code not in {AUTHENTICATION_FAILED[0], REQUIRED_PASSWORD[0]}
            if body is None or not body.drain(MAX_HELD_BYTES if known else PIECE_BYTES):
                self.close_connection = True
            self._fail(error, query_id)

    def _serve(self, path: str, query: dict[str, str], body: Body) -> None:
        if path != "/":
            raise FrontError(NO_HANDLE, f"There is no handle {self.command} {path[:100]}.")
        if self.command == "GET" and "query" not in query:
            self._reply(200, b"Ok.\n")
            return
        self._run(understand(method=self.command, headers=cast("Any", self.headers), query=query, body=body))

    def _body(self) -> Body:
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            raise FrontError(BAD_ARGUMENTS, "Content-Length is no number.")
        encoding = self.headers.get("Content-Encoding", "").lower()
        return Body(cast("BinaryIO", self.rfile), length=int(length), chunked=chunked, encoding=encoding)

    def _authenticate(self, query: dict[str, str]) -> None:
        if (self.headers.get("Host") or "localhost").rsplit(":", 1)[0] not in {"127.0.0.1", "localhost", "[::1]"}:
            # A web page whose name was re-pointed to loopback would send its own name here.
            raise FrontError(NO_SUCH_HOST, "This warehouse answers to loopback names only.")
        given = self.headers.get("X-ClickHouse-Key") or query.get("password")
        authorization = self.headers.get("Authorization", "")
        if authorization.lower().startswith("basic "):
            with contextlib.suppress(ValueError):
                given = base64.b64decode(authorization[6:], validate=True).decode().partition(":")[2]
        if not given:
            raise FrontError(REQUIRED_PASSWORD, "The secret of this installation is required as password.")
        if not secret.matches(given, self.server.secret):
            raise FrontError(AUTHENTICATION_FAILED, "Authentication failed: password is incorrect.")

    def _run(self, request: Request) -> None:
        front = self.server
        to_kill = asked_to_kill(request)
        if to_kill is not None:
            killed = front.running.kill(to_kill)
            self._reply(200, "".join(f"finished\t{query_id}\tdefault\t\n" for query_id in killed).encode())
            return
        writes = not request.statement.is_read
        if writes:
            front.engine.require_space()
        lane = front.lanes.choose(request.lane, writes=writes)
        with (
            front.running.run(request.query_id, writes=writes) as running,
            front.running.watched(running, self.connection),
            lane.slot(),
        ):
            if running.cancelled:
                raise FrontError(QUERY_CANCELLED, "Query was cancelled before it began.")
            summary = Summary()
            with prepared(front.engine, request, running, lane) as connection:
                self._answer(request, pieces(connection, request, running, summary), summary)

    def _answer(self, request: Request, result: Iterator[bytes], summary: Summary) -> None:
        """Whole and with a true summary if it is small or the caller waits for the end; else piece by piece."""
        with tempfile.SpooledTemporaryFile(HELD_IN_MEMORY_BYTES) as held:
            for piece in result:
                held.write(piece)
                if held.tell() > HELD_BYTES and not request.waits_for_end:
                    held.seek(0)
                    self._stream(request, held.read(), result, summary)
                    return
            size = held.tell()
            held.seek(0)
            self._head(200, request.query_id, {"Content-Length": str(size), **_described(request, summary)})
            while piece := held.read(PIECE_BYTES):
                self.wfile.write(piece)

    def _stream(self, request: Request, first: bytes, rest: Iterator[bytes], summary: Summary) -> None:
        tag = secrets.token_hex(8)
        told = {"Transfer-Encoding": "chunked", "X-ClickHouse-Exception-Tag": tag, **_described(request, summary)}
        self._head(200, request.query_id, told)
        self._chunk(first)
        try:
            for piece in rest:
                self._chunk(piece)
        except FrontError as error:
            # The head is gone: say it in the body as ClickHouse does, and end without the last chunk.
            message = error.text().encode()
            trailer = b"\r\n__exception__\r\n%b\r\n%b\n%d %b\r\n__exception__\r\n"
            self._chunk(trailer % (tag.encode(), message, len(message) + 1, tag.encode()))
            self.close_connection = True
            return
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, piece: bytes) -> None:
        if piece:
            self.wfile.write(b"%x\r\n" % len(piece))
            self.wfile.write(piece)
            self.wfile.write(b"\r\n")

    def _fail(self, error: FrontError, query_id: str) -> None:
        text = (error.text() + "\n").encode(errors="replace")
        told = {
            "Content-Length": str(len(text)),
            "Content-Type": "text/plain; charset=UTF-8",
            "X-ClickHouse-Exception-Code": str(error.code),
        }
        if error.code == REQUIRED_PASSWORD[0]:
            told["WWW-Authenticate"] = 'Basic realm="Siyu warehouse"'
        self._head(error.status, query_id, told)
        self.wfile.write(text)

    def _reply(self, status: int, text: bytes) -> None:
        self._head(status, None, {"Content-Length": str(len(text)), "Content-Type": "text/plain; charset=UTF-8"})
        self.wfile.write(text)

    def _head(self, status: int, query_id: str | None, told: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('Status',))[0]}"]
        lines.append(f"Connection: {'close' if self.close_connection else 'keep-alive'}")
        lines.append("X-ClickHouse-Server-Display-Name: siyu")
        if query_id is not None:
            # A header cannot hold a line end; an id that has one is the caller's own trouble.
            lines.append(f"X-ClickHouse-Query-Id: {' '.join(query_id.split())[:200]}")
        lines.extend(f"{name}: {value}" for name, value in told.items())
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace"))


def _described(request: Request, summary: Summary) -> dict[str, str]:
    binary = request.format.lower().startswith(("native", "rowbinary", "arrow", "parquet", "orc"))
    return {
        "Content-Type": "application/octet-stream" if binary else "text/plain; charset=UTF-8",
        "X-ClickHouse-Format": request.format,
        "X-ClickHouse-Timezone": "UTC",
        "X-ClickHouse-Summary": summary.header(),
    }
