"""Business errors: a class with a code, an HTTP status, data and a translatable sentence.

`message` is an English msgid with ``%(name)s`` places; the edges translate it and fill in `data`. An error of this
kind is expected: it is shown to the person or program that caused it and never reaches the crash log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

Translate = Callable[[str], str]
# Data that is a text itself and is translated too; it may have places of its own, filled from the other data.
SPOKEN_DATA = frozenset({"reason", "what", "kind", "state"})


class SiyuError(Exception):
    """Base of every expected error. Subclasses set `code`, `status` and `message`."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    message: ClassVar[str] = "That did not work."

    def __init__(self, **data: Any) -> None:
        self.data: Mapping[str, Any] = data
        super().__init__(self.text())

    def text(self, translate: Translate = str) -> str:
        """The sentence with its data filled in, in English or in the language of `translate`."""
        return sentence(self.message, self.data, translate)


class NotFound(SiyuError):
    """The thing does not exist, or lies outside the viewer's scope (the answer is the same on purpose)."""

    code = "not_found"
    status = 404
    message = "Not found. It may have been removed, or it is outside your scope."


class NotAllowed(SiyuError):
    code = "not_allowed"
    status = 403
    message = "You do not have permission to do this."


class InvalidInput(SiyuError):
    """Well-formed input that cannot be accepted; `message` says what to do."""

    code = "invalid_input"
    status = 422
    message = "%(reason)s"


class Conflict(SiyuError):
    code = "conflict"
    status = 409
    message = "Somebody changed this in the meantime. Reload and try again."


class Outdated(Conflict):
    """Somebody has saved another version than the caller saw. The console shows both versions side by side."""


class TooLarge(SiyuError):
    code = "too_large"
    status = 413
    message = "This is larger than the limit of %(limit)s."


class Unavailable(SiyuError):
    """A store or provider does not answer; the caller may try again."""

    code = "unavailable"
    status = 503
    message = "%(what)s does not answer right now. Nothing was lost; try again in a moment."


def sentence(message: str, data: Mapping[str, Any], translate: Translate = str) -> str:
    """A msgid with its data filled in, in English or in the language of `translate`."""
    filled = {name: _spoken(value, data, translate) if name in SPOKEN_DATA else value for name, value in data.items()}
    template = translate(message)
    return template % filled if data else template


def _spoken(value: Any, data: Mapping[str, Any], translate: Translate) -> Any:
    if not isinstance(value, str) or not value:
        return value
    text = translate(value)
    # Words of others, such as an operating system's, come without further data and may hold any sign.
    return text % data if len(data) > 1 and "%(" in text else text


def stored(error: SiyuError) -> str:
    """An error as JSON, to be kept in records and told later in its reader's language by `told`."""
    return json.dumps({"code": error.code, "message": error.message, "data": dict(error.data)}, default=str)


def code_of(text: str) -> str:
    """The code of a stored error; empty for a text that was kept as such."""
    try:
        return str(json.loads(text)["code"]) if text.startswith("{") else ""
    except (ValueError, KeyError):
        return ""


def told(text: str, translate: Translate = str) -> str:
    """The sentence of a stored error. A text that was kept as such is a msgid or somebody else's words."""
    if not text.startswith("{"):
        return translate(text) if text else text
    try:
        problem = json.loads(text)
    except ValueError:
        return text
    return sentence(problem["message"], problem["data"], translate)
