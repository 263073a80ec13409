"""What crosses the boundary of notices: kinds, channels, what somebody is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    IN_APP = "in_app"
    MAIL = "mail"


class MailState(StrEnum):
    """queued → sending → sent; failed after the last try; unknown: cut off while sending, and not sent again."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """A kind of thing that people are told. `text` is a msgid with places for the data.

    `url_name` is the page behind it: with the object's id, or one for all of them without `has_own_page`. The same of
    the same object within `fold_minutes` is one notice with a count, and one mail.
    """

    key: str
    label: str
    text: str
    icon: str
    url_name: str
    fold_minutes: int = 10
    mail: bool = False
    has_own_page: bool = True

    def url_args(self, object_id: int) -> list[int]:
        """What the page's address takes."""
        return [object_id] if self.has_own_page else []


@dataclass(frozen=True, slots=True)
class NoticeView:
    id: int
    kind: str
    object_id: int
    data: Mapping[str, Any]
    count: int
    created_at: datetime
    updated_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """Whether somebody hears of a kind, per channel."""

    kind: NoticeKind
    in_app: bool
    mail: bool
