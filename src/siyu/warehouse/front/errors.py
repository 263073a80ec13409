"""Errors of the front, in the shape ClickHouse gives them: code, symbolic name, message, HTTP status."""

from __future__ import annotations

import re

SYNTAX_ERROR = (62, "SYNTAX_ERROR")
CANNOT_READ_ALL_DATA = (33, "CANNOT_READ_ALL_DATA")
BAD_ARGUMENTS = (36, "BAD_ARGUMENTS")
READONLY = (164, "READONLY")
TOO_MANY_QUERIES = (202, "TOO_MANY_SIMULTANEOUS_QUERIES")
REQUIRED_PASSWORD = (194, "REQUIRED_PASSWORD")
QUERY_ID_TAKEN = (216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING")
NOT_ENOUGH_SPACE = (243, "NOT_ENOUGH_SPACE")
SETTING_REFUSED = (452, "SETTING_CONSTRAINT_VIOLATION")
UNKNOWN_SETTING = (115, "UNKNOWN_SETTING")
ACCESS_DENIED = (497, "ACCESS_DENIED")
AUTHENTICATION_FAILED = (516, "AUTHENTICATION_FAILED")
QUERY_CANCELLED = (394, "QUERY_WAS_CANCELLED")
TOO_LARGE = (307, "TOO_MANY_BYTES")
NO_HANDLE = (501, "CANNOT_CREATE_HANDLER")
NO_SUCH_HOST = (198, "DNS_ERROR")
UNKNOWN_COMPRESSION = (89, "UNKNOWN_COMPRESSION_METHOD")

# The same mapping as ClickHouse's HTTP handler; every other code is a 500.
_STATUS = {
    194: 401, 516: 403, 497: 403, 164: 403, 452: 403,
    62: 400, 36: 400, 27: 400, 33: 400, 26: 400, 6: 400, 41: 400, 38: 400, 42: 400, 43: 400, 53: 400, 70: 400,
    117: 400, 115: 400, 457: 400, 158: 400,
    16: 404, 46: 404, 47: 404, 50: 404, 60: 404, 81: 404,
    198: 421, 501: 404, 307: 413, 89: 415, 159: 408, 202: 503,
}  # fmt: skip
_ENGINE_CODE = re.compile(r"Code: (\d+)\. DB::Exception: ")
_ENGINE_NAME = re.compile(r"\(([A-Z][A-Z0-9_]+)\)(?: \(version [^)]*\))?\s*$")


class FrontError(Exception):
    """A refusal or failure that goes to the caller as ClickHouse would say it."""

    def __init__(self, kind: tuple[int, str], message: str) -> None:
        self.code, self.name = kind
        self.message = message
        super().__init__(self.text())

    @property
    def status(self) -> int:
        return _STATUS.get(self.code, 500)

    def text(self) -> str:
        return f"Code: {self.code}. DB::Exception: {self.message} ({self.name})"


def from_engine(error: BaseException) -> FrontError:
    """The engine's exception as a `FrontError`; texts without a code become code 1001 (STD_EXCEPTION)."""
    text = str(error).strip()
    codes = list(_ENGINE_CODE.finditer(text))
    if not codes:
        return FrontError((1001, "STD_EXCEPTION"), text)
    name = _ENGINE_NAME.search(text)
    message = text[codes[-1].end() :]
    if name:
        # Nested exceptions end in "(NAME) (version …). (NAME)": keep the words, drop the trailers.
        message = re.split(r"\s*\([A-Z][A-Z0-9_]+\)", message)[0]
    return FrontError((int(codes[0].group(1)), name.group(1) if name else "UNKNOWN"), message)
