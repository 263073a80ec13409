"""A visitor of the console: one kept connection, cookies, a session, forms and files, as a browser sends them."""

from __future__ import annotations

import http.client
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.faults.harness import Site

EMAIL = "demo@siyu.example"
REQUEST_SECONDS = 60


class Visitor:
    """A browser's connection: one, kept alive, with cookies."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_SECONDS)
        self.cookies: SimpleCookie = SimpleCookie()

    def ask(
        self, method: str, path: str, form: Mapping[str, str] | None = None, **headers: str
    ) -> tuple[int, bytes, Any]:
        """Status, body and headers of one request; header names with _ for -."""
        body = urlencode(form).encode() if form is not None else None
        return self._send(method, path, body, "application/x-www-form-urlencoded", headers)

    def upload(self, path: str, form: Mapping[str, str], file: Path, **headers: str) -> tuple[int, bytes, Any]:
        """As `ask`, for a form with the file in its field `file`."""
        mark = secrets.token_hex(16)
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{form[name]}\r\n' for name in form]
        parts.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = "".join(parts).encode() + file.read_bytes() + f"\r\n--{mark}--\r\n".encode()
        return self._send("POST", path, body, f"multipart/form-data; boundary={mark}", headers)

    def _send(
        self, method: str, path: str, body: bytes | None, kind: str, headers: Mapping[str, str]
    ) -> tuple[int, bytes, Any]:
        jar = "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())
        sent = {"Cookie": jar, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None:
            sent["Content-Type"] = kind
        self._connection.request(method, path, body, sent)
        response = self._connection.getresponse()
        for line in response.headers.get_all("Set-Cookie") or []:
            self.cookies.load(line)
        return response.status, response.read(), response.headers

    def close(self) -> None:
        self._connection.close()


@contextmanager
def signed_in(site: Site) -> Iterator[Visitor]:
    """A visitor with the session of the demo's sign-in, which `siyu demo sign-in` has made."""
    visitor = Visitor(site.ports["web"])
    try:
        _, page, _ = visitor.ask("GET", "/sign-in/")
        password = re.split("[:：]", (site.home / "sign-in.txt").read_text().splitlines()[1])[1].strip()
        status, page, _ = visitor.ask(
            "POST", "/sign-in/", {**fields_of(page, "password"), "username": EMAIL, "password": password}
        )
        assert status == 302, f"the sign-in was answered {status}"
        yield visitor
    finally:
        visitor.close()


def fields_of(page: bytes, having: str) -> dict[str, str]:
    """The fields of the page's form that has the field `having`, with the values that they show."""
    reader = _Forms()
    reader.feed(page.decode())
    return next(fields for fields in reader.forms if having in fields)


class _Forms(HTMLParser):
    """Collects the forms' inputs and chosen options."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = [{}]
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
        elif tag == "input" and given.get("name") and self._is_sent(given):
            self.forms[-1][given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given.get("name", "")
            self.forms[-1].setdefault(self._select, "")
        elif tag == "option" and self._select and "selected" in given:
            self.forms[-1][self._select] = given.get("value", "")

    @staticmethod
    def _is_sent(given: Mapping[str, str]) -> bool:
        kind = given.get("type", "text")
        return kind != "submit" and (kind not in ("checkbox", "radio") or "checked" in given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
