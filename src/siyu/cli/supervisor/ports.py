"""Ports: free or taken, and by whom."""

from __future__ import annotations

import errno
import socket

import psutil

from siyu.cli.language import gettext as _
from siyu.cli.supervisor.processes import ProcessSpec
from siyu.kernel.errors import SiyuError


class PortTaken(SiyuError):
    code = "port_taken"
    status = 409
    message = "Port %(port)s for %(process)s is taken by %(holder)s. Stop that, or set %(setting)s to another port."


class PortMissing(SiyuError):
    code = "port_missing"
    status = 422
    message = "%(setting)s is 0. The supervised %(process)s needs a fixed port; set one."


class AddressUnusable(SiyuError):
    code = "address_unusable"
    status = 422
    message = "This machine cannot listen on %(host)s (%(reason)s). Set SIYU_HOST to an address of this machine."


def check_ports(specs: list[ProcessSpec], bind_host: str) -> None:
    """Raises for the first port that cannot be listened on."""
    for spec in specs:
        if spec.port is None:
            continue
        if spec.port == 0:
            raise PortMissing(setting=spec.port_setting, process=spec.name)
        if not is_free(bind_host if spec.name in ("web", "collector") else spec.host, spec.port):
            raise PortTaken(port=spec.port, process=spec.name, holder=holder(spec.port), setting=spec.port_setting)


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now. Tried without SO_REUSEPORT, under which two servers would share it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise AddressUnusable(host=host, reason=error.strerror or str(error)) from error
    return True


def holder(port: int) -> str:
    """Who listens on the port: command and process id, as far as this user may see."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                return _describe(connection.pid)
    except (psutil.AccessDenied, PermissionError):
        return _("another program")
    return _("another program")


def _describe(pid: int | None) -> str:
    if pid is None:
        return _("another user's program")
    try:
        command = " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        command = _("a program")
    return f"{command[:80]} (pid {pid})"
