"""Ports for servers that a test starts later, kills and starts again."""

from __future__ import annotations

import secrets
import socket

# Below the range from which systems give ports to clients. A port of that range may be the near end of somebody's
# connection at the moment when a killed server wants it back; and who asks there while nobody listens may be connected
# to himself.
SERVER_PORTS = range(20_000, 32_000)


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    probes: list[socket.socket] = []
    try:
        while len(probes) < count:
            probe = socket.socket()
            try:
                probe.bind(("127.0.0.1", secrets.choice(SERVER_PORTS)))
            except OSError:
                probe.close()
                continue
            probes.append(probe)
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
