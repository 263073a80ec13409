"""The base of what callers send."""

from __future__ import annotations

from typing import ClassVar

from ninja import Schema
from pydantic import ConfigDict


class Input(Schema):
    """A misspelt field is refused, not ignored."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
