"""What crosses the boundary of `audiences`: conditions, leaf kinds, counts, saved audiences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from pyroaring import BitMap

from siyu.kernel.errors import Conflict, SiyuError
from siyu.warehouse.contracts import Lane


def gettext_noop(msgid: str) -> str:
    """Marks a msgid for the catalogue where Django must not be imported; the edge translates it."""
    return msgid


class Phrase(NamedTuple):
    """A sentence to be translated: msgid with ``%(name)s`` places, and what goes into them."""

    msgid: str
    data: Mapping[str, Any] = {}

    def text(self, translate: Callable[[str], str] = str) -> str:
        template = translate(self.msgid)
        return template % self.data if self.data else template


@dataclass(frozen=True)
class Moment:
    """The as-of of an evaluation: nothing at or after `until` counts; `day` is its calendar day in the brand's zone."""

    until: datetime
    day: date
    zone: ZoneInfo


# --- conditions: what a leaf means at a moment, in terms that the planner turns into SQL -----------------------------


@dataclass(frozen=True)
class EventTest:
    """True for customers with such events in [since, until) whose aggregate passes `test`.

    `function(column)` is a ClickHouse aggregate, None for "there is one"; `test` is SQL that follows it (``>= 2``).
    It must be false for customers without such events; put the opposite under `Not` where it would not be.
    """

    names: tuple[str, ...]
    since: datetime | None
    until: datetime
    function: str | None = None
    column: str = ""
    test: str = ""


@dataclass(frozen=True)
class ProfileTest:
    """True for customers whose profile row passes `test`: SQL with ``{name:Type}`` places that `params` fill."""

    test: str
    params: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class PopulationTest:
    """True for members of a set that can only be computed over everybody (ranks, means). `key` tells it from others."""

    key: tuple[Any, ...]
    members: Callable[[Lane], BitMap] = field(compare=False, hash=False)


@dataclass(frozen=True)
class Not:
    part: Condition


@dataclass(frozen=True)
class Both:
    first: Condition
    second: Condition


Condition: TypeAlias = EventTest | ProfileTest | PopulationTest | Not | Both


# --- leaf kinds ------------------------------------------------------------------------------------------------------


class FieldType(StrEnum):
    CHOICE = "choice"
    COUNT = "count"
    DAYS = "days"
    DAY = "day"
    FLAG = "flag"
    MONEY = "money"
    TEXT = "text"
    VALUE = "value"
    NAME = "name"
    SCORES = "scores"
    CHOICES = "choices"
    METHOD = "method"
    BOUNDS = "bounds"
    AUDIENCE = "audience"


@dataclass(frozen=True)
class LeafField:
    """A parameter of a leaf: what a form shows and the parser checks. `label` is a msgid."""

    name: str
    type: FieldType
    label: str
    required: bool = False
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class LeafKind:
    """A kind of condition that rules may use.

    `fields` are checked one by one; `check` then looks at them together and names what is wrong; `condition` says what
    the leaf means; `phrases` says it in words. `events` are the facts after which a customer must be looked at again;
    None when one customer's event may move others (ranks): such audiences are recomputed as a whole by schedule.
    """

    name: str
    label: str
    fields: tuple[LeafField, ...]
    check: Callable[[Mapping[str, Any]], Phrase | None]
    condition: Callable[[Mapping[str, Any], Moment], Condition]
    phrases: Callable[[Mapping[str, Any]], list[Phrase]]
    events: frozenset[str] | None
    moves_with_time: Callable[[Mapping[str, Any]], bool]
    icon: str = "filter"


# --- as of, counts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AsOf:
    """A pinned as-of: the instant before which events count, and how far the warehouse was then.

    Hand its text back to ask again from the same state: conditions that were answered already come from memory.
    """

    until: datetime
    position: str

    def __str__(self) -> str:
        return f"{self.until.isoformat()}@{self.position}"


@dataclass(frozen=True)
class Freshness:
    """How much of the log the answer knows. `shipped_until` is the instant up to which it knows everything."""

    shipped_until: datetime | None
    waiting_count: int
    is_complete: bool
    error: str = ""


@dataclass(frozen=True)
class CountResult:
    """`nodes` has the count of every group and condition, by its path in the document (``""`` is the whole)."""

    count: int
    universe_count: int
    as_of: AsOf
    freshness: Freshness
    nodes: Mapping[str, int]


class Problem(NamedTuple):
    """What is wrong at a place of a rule document. `path` is like ``all.0.value``."""

    path: str
    phrase: Phrase

    @property
    def where(self) -> str:
        """The path as people count, from one: ``all › 1 › value``."""
        steps = [str(int(step) + 1) if step.isdecimal() else step for step in self.path.split(".") if step]
        return " › ".join(steps) or "/"


@dataclass(frozen=True)
class Preview:
    """A half-edited rule: what can be counted is counted, what cannot says why. `total` is None while problems stay."""

    total: int | None
    universe_count: int | None
    nodes: Mapping[str, int]
    problems: tuple[Problem, ...]
    as_of: AsOf | None
    freshness: Freshness | None
    unavailable: str = ""


# --- saved audiences -------------------------------------------------------------------------------------------------


class AudienceState(StrEnum):
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"
    ARCHIVED = "archived"


@dataclass(frozen=True)
class AudienceView:
    """A saved audience. `fresh_at` is the instant for which its membership was last known to be right."""

    id: int
    name: str
    state: AudienceState
    rule: Mapping[str, Any]
    version: int
    member_count: int
    fresh_at: datetime | None
    is_stale: bool
    is_live: bool
    error: str
    created_by: int | None
    created_at: datetime
    updated_at: datetime


# --- RFM -------------------------------------------------------------------------------------------------------------


class Segment(StrEnum):
    """The eight cells of high and low R, F and M, best first."""

    IMPORTANT_VALUE = "important_value"
    IMPORTANT_DEVELOP = "important_develop"
    IMPORTANT_KEEP = "important_keep"
    IMPORTANT_RETAIN = "important_retain"
    GENERAL_VALUE = "general_value"
    GENERAL_DEVELOP = "general_develop"
    GENERAL_KEEP = "general_keep"
    GENERAL_RETAIN = "general_retain"


@dataclass(frozen=True)
class Thresholds:
    """The brand's own bounds: four growing upper bounds of each measure, which make five scores."""

    recency_days: tuple[int, int, int, int]
    frequency: tuple[int, int, int, int]
    monetary_fen: tuple[int, int, int, int]


@dataclass(frozen=True)
class SegmentBounds:
    """From where on a measure is high in the 8-cell view: recency at most, frequency and net sales at least."""

    recency_days: int
    frequency: int
    monetary_fen: int


@dataclass(frozen=True)
class RfmParams:
    """What an RFM snapshot is made of. Without `thresholds` scores come from quantiles, without `bounds` from means."""

    as_of_day: date
    window_days: int | None = None
    thresholds: Thresholds | None = None
    bounds: SegmentBounds | None = None


@dataclass(frozen=True)
class CutPoints:
    """The four bounds between five scores of each measure; by quantiles they need not be whole."""

    recency_days: tuple[float, ...]
    frequency: tuple[float, ...]
    monetary_fen: tuple[float, ...]


@dataclass(frozen=True)
class RfmCell:
    """A field of the 5×5 grid of R and F scores."""

    r_score: int
    f_score: int
    customer_count: int
    monetary_fen: int

    @property
    def mean_monetary_fen(self) -> float:
        return self.monetary_fen / self.customer_count if self.customer_count else 0.0


@dataclass(frozen=True)
class RfmSegment:
    """One of the eight cells, with its part of the customers and of net sales."""

    segment: Segment
    label: str
    customer_count: int
    share: float
    monetary_fen: int


@dataclass(frozen=True)
class RfmSnapshot:
    """Everybody with a paid order, scored. `cells` has all 25, `segments` all 8; `means` is None without customers."""

    params: RfmParams
    customer_count: int
    monetary_fen: int
    cut_points: CutPoints | None
    bounds: SegmentBounds | None
    means: tuple[float, float, float] | None
    cells: tuple[RfmCell, ...]
    segments: tuple[RfmSegment, ...]
    as_of: AsOf
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class RfmRow:
    """One customer of a snapshot. `member_no` is the shop's own number for them, where there is one."""

    customer_id: int
    member_no: str
    recency_days: int
    frequency: int
    monetary_fen: int
    r_score: int
    f_score: int
    m_score: int
    segment: Segment


@dataclass(frozen=True)
class RfmFilter:
    """Part of a snapshot: scores (None for any) and segments (None for any)."""

    r_scores: tuple[int, ...] | None = None
    f_scores: tuple[int, ...] | None = None
    m_scores: tuple[int, ...] | None = None
    segments: tuple[Segment, ...] | None = None


# --- errors ----------------------------------------------------------------------------------------------------------


class InvalidRule(SiyuError):
    """The document is no rule. `problems` has all of them, the sentence tells the first."""

    code = "invalid_rule"
    status = 422
    message = "At %(where)s: %(problem)s"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(where=problems[0].where, problem=problems[0].phrase.text())

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, with the problem in the same language."""
        first = self.problems[0]
        return translate(self.message) % {"where": first.where, "problem": first.phrase.text(translate)}


class NameTaken(Conflict):
    code = "audience_name_taken"
    message = "Another audience is called “%(name)s” already."


class AudienceInUse(Conflict):
    code = "audience_in_use"
    message = "The audience “%(used_by)s” refers to this one. Change that one first."


class AudienceCycle(SiyuError):
    code = "audience_cycle"
    status = 422
    message = "The audiences refer to one another in a circle: %(names)s."


class NotBuilt(Conflict):
    code = "audience_not_built"
    message = "The members of this audience have not been computed yet. Try again in a moment."
