"""The collector as a process: real sockets, real ends."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import threading

from siyu.ingest import received

from .conftest import Home
from .test_app import orders

Server = tuple[int, subprocess.Popen[bytes]]


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_acknowledged_orders_survive_kill_9(server: Server, home: Home, key: str) -> None:
    port, process = server
    acknowledged: list[str] = []

    def send(thread: int) -> None:
        for number in range(10_000):
            order_no = f"{thread}-{number}"
            try:
                body = orders({"order_no": order_no})
                status, _ = ask(port, "POST", "/v1/orders", body, Authorization=f"Bearer {key}")
            except (OSError, http.client.HTTPException):
                return
            if status == 202:
                acknowledged.append(order_no)
            if len(acknowledged) == 150:
                process.send_signal(signal.SIGKILL)

    threads = [threading.Thread(target=send, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = [order.order_no for row in home.received() for order in received.decode_orders(row.body).orders]
    assert len(acknowledged) >= 150
    assert sorted(set(acknowledged) - set(kept)) == []
    assert len(kept) == len(set(kept))


def test_sigterm_ends_it_cleanly(server: Server, home: Home) -> None:
    port, process = server
    home.add_link("abcd234")
    assert ask(port, "GET", "/s/abcd234")[0] == 302
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    assert len(home.received()) == 1


def test_a_huge_chunked_body_is_refused(server: Server, key: str) -> None:
    port, _ = server
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    chunks = (b"x" * 65536 for _ in range(100))
    connection.request("POST", "/v1/orders", chunks, {"Authorization": f"Bearer {key}"}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_garbage_on_the_socket_harms_nobody(server: Server) -> None:
    port, _ = server
    wrong_length = b"POST /v1/orders HTTP/1.1\r\nContent-Length: x\r\n\r\n"
    for rubbish in (b"\x00\x01\x02\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", wrong_length):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
            raw.sendall(rubbish)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(4096):
                continue
    status, body = ask(port, "GET", "/healthz")
    assert (status, json.loads(body)) == (200, {"status": "ok"})
