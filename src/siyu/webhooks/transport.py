"""One POST to a checked address. The host is resolved once, every address is checked, and the connection goes to the
address that was checked: a name that answers differently the second time (DNS rebinding) gains nothing. Redirects are
not followed."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop as _

from siyu.kernel.errors import InvalidInput
from siyu.webhooks import rules
from siyu.webhooks.contracts import UnknownHost, UnsafeAddress

CONNECT_SECONDS = 5
# For the whole exchange, also with a receiver that answers byte by byte.
TOTAL_SECONDS = 10
# Of an answer only the beginning is read and kept.
MAX_ANSWER_BYTES = 4_096
ANSWER_CHARS = 1_000
MAX_URL_CHARS = 500
NO_ANSWER = _("There was no answer within 10 seconds.")
_PROBLEMS: dict[type[Exception], str] = {
    ConnectionRefusedError: _("Nobody listens at the address: the connection was refused."),
    TimeoutError: NO_ANSWER,
    ssl.SSLCertVerificationError: _("The certificate of the address is not valid."),
    ConnectionError: _("The connection broke before the answer."),
    http.client.HTTPException: _("The answer is not HTTP, or it broke off."),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. `reached` is whether anybody answered at all."""

    status: int
    answer: str
    problem: str
    duration_ms: int

    @property
    def succeeded(self) -> bool:
        return 200 <= self.status < 300

    @property
    def reached(self) -> bool:
        return self.status > 0


def check_url(url: str, *, sandbox: bool) -> None:
    """InvalidInput unless it is an address that may be used at all; what it resolves to is checked at each attempt."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018
    except ValueError as error:
        raise InvalidInput(reason="The address must be a full web address that begins with https://.") from error
    schemes = ("https", "http") if sandbox else ("https",)
    if parts.scheme not in schemes or not parts.hostname or len(url) > MAX_URL_CHARS or not url.isprintable():
        raise InvalidInput(reason="The address must be a full web address that begins with https://.")
    if parts.username or parts.password or parts.fragment or " " in url:
        raise InvalidInput(reason="The address must not hold a user name, a password or a fragment.")


def resolved(host: str, port: int, *, sandbox: bool) -> str:
    """The address to connect to. UnsafeAddress if any of the host's addresses is, UnknownHost if it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHost(host=host) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses:
        raise UnknownHost(host=host)
    # All of them, not only the first: a mixed answer is an attack or a mistake.
    if not all(rules.is_safe(address, loopback=sandbox) for address in addresses):
        raise UnsafeAddress(host=host)
    return addresses[0]


class Connection:
    """A connection to one endpoint, kept open between deliveries; the address stays the one that was checked."""

    def __init__(self, url: str, *, sandbox: bool) -> None:
        check_url(url, sandbox=sandbox)
        parts = urlsplit(url)
        self._path = parts._replace(scheme="", netloc="").geturl() or "/"
        self._secure = parts.scheme == "https"
        self._host = str(parts.hostname)
        self._port = parts.port or (443 if self._secure else 80)
        self._sandbox = sandbox
        self._http: http.client.HTTPConnection | None = None

    def post(self, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Sends once; every failure of the network is an outcome, not an exception."""
        began = time.monotonic()
        try:
            status, answer = self._exchange(body, headers)
            problem = "" if 200 <= status < 300 else f"HTTP {status}"
        except (OSError, http.client.HTTPException, UnsafeAddress, UnknownHost) as error:
            self.close()
            late = time.monotonic() - began >= TOTAL_SECONDS - 0.5
            status, answer, problem = 0, "", NO_ANSWER if late else _told(error)
        return Outcome(status, answer[:ANSWER_CHARS], problem[:300], int((time.monotonic() - began) * 1000))

    def _exchange(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        connection = self._http or self._connected()
        self._http = connection
        sock = connection.sock
        # The socket's own time-out begins anew with every byte; this ends the whole.
        watch = threading.Timer(TOTAL_SECONDS, _cut, (sock,))
        watch.daemon = True
        watch.start()
        try:
            connection.request("POST", self._path, body=body, headers=dict(headers))
            response = connection.getresponse()
            answer = response.read(MAX_ANSWER_BYTES)
            if response.will_close or not response.isclosed():
                self.close()
            return response.status, answer.decode("utf-8", "replace").replace("\x00", "")
        finally:
            watch.cancel()

    def _connected(self) -> http.client.HTTPConnection:
        address = resolved(self._host, self._port, sandbox=self._sandbox)
        sock: socket.socket = socket.create_connection((address, self._port), CONNECT_SECONDS)
        try:
            sock.settimeout(TOTAL_SECONDS)
            if self._secure:
                sock = ssl.create_default_context().wrap_socket(sock, server_hostname=self._host)
        except BaseException:
            sock.close()
            raise
        connection = http.client.HTTPConnection(self._host, self._port, timeout=TOTAL_SECONDS)
        connection.sock = sock
        # Without this it would connect by itself, to whatever the name means then.
        connection.auto_open = 0
        return connection

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None


def _cut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _told(error: Exception) -> str:
    """The problem as a msgid where people meet it often; else in the words of the library."""
    for kind, text in _PROBLEMS.items():
        if isinstance(error, kind):
            return text
    return str(error) if isinstance(error, (UnsafeAddress, UnknownHost)) else f"{type(error).__name__}: {error}"
