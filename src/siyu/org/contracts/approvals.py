"""What crosses the boundary of approvals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from siyu.kernel.errors import Conflict, SiyuError
from siyu.org.contracts.organisation import Viewer


class ApprovalState(StrEnum):
    """pending → approved → done; or declined, withdrawn, expired. Void: what was approved changed before it was done.

    Failed: the action itself was refused.
    """

    PENDING = "pending"
    APPROVED = "approved"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOID = "void"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ApprovalKind:
    """A kind of action that may need a second person.

    `version_of` says the present version of the object (None: gone). `perform` does it, in the transaction that settles
    the request, so it may write records and nothing else; it gets the requester as viewer, the object's id and
    the args. `url_name` is the page of the object, if it has one. Without `has_cost` its size is people alone.
    """

    key: str
    label: str
    url_name: str
    version_of: Callable[[int], int | None]
    perform: Callable[[Viewer, int, Mapping[str, Any]], None]
    has_cost: bool = True


@dataclass(frozen=True, slots=True)
class RuleView:
    kind: str
    people_from: int | None
    cost_fen_from: int | None
    version: int

    def asks(self, *, people_count: int, cost_fen: int) -> bool:
        """Whether an action of this size needs a second person."""
        return (self.people_from is not None and people_count >= self.people_from) or (
            self.cost_fen_from is not None and cost_fen >= self.cost_fen_from
        )

    @property
    def is_on(self) -> bool:
        return self.people_from is not None or self.cost_fen_from is not None


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A request with its effect. `may_decide` is false for who asked, and once it is settled."""

    id: int
    kind: str
    object_id: int
    title: str
    people_count: int
    cost_fen: int
    reason: str
    state: ApprovalState
    requested_by: int
    requested_name: str
    requested_at: datetime
    expires_at: datetime
    decided_name: str
    decided_at: datetime | None
    comment: str
    problem: str
    may_decide: bool
    may_withdraw: bool


class ApprovalNeeded(SiyuError):
    code = "approval_needed"
    status = 409
    message = "This needs an approval, because it reaches %(people)s people. Ask for it with a reason."


class ApprovalSettled(Conflict):
    code = "approval_settled"
    message = "Somebody has settled this request already. Reload the page."


class ApprovalWaiting(Conflict):
    code = "approval_waiting"
    message = "An approval for this is asked for already."
