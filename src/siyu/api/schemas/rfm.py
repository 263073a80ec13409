"""RFM snapshots: recency, frequency, monetary; defined in docs/glossary.md."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from django.utils.translation import gettext
from ninja import Query, Schema

from siyu.api.schemas.audiences import FreshnessOut
from siyu.api.schemas.inputs import Input
from siyu.audiences.contracts import RfmFilter, RfmSegment, RfmSnapshot, Segment

Day = Annotated[date | None, Query(description="The snapshot day; without, the brand's today.")]
WindowDays = Annotated[int | None, Query(ge=1, description="Only orders at most so many days before; without, all.")]
Score = Annotated[int | None, Query(ge=1, le=5)]


class CellIn(Input):
    """A part of a snapshot: scores and a segment, each any where it is left out."""

    as_of: Day = None
    window_days: WindowDays = None
    r: Score = None
    f: Score = None
    m: Score = None
    segment: Segment | None = None

    def filter(self) -> RfmFilter:
        return RfmFilter(
            r_scores=_one(self.r), f_scores=_one(self.f), m_scores=_one(self.m),
            segments=None if self.segment is None else (self.segment,),
        )  # fmt: skip


def _one(score: int | None) -> tuple[int, ...] | None:
    return None if score is None else (score,)


class CutPointsOut(Schema):
    """The four bounds between five scores."""

    recency_days: list[float]
    frequency: list[float]
    monetary_fen: list[float]


class CellOut(Schema):
    r_score: int
    f_score: int
    customer_count: int
    monetary_fen: int


class SegmentOut(Schema):
    segment: Segment
    label: str
    customer_count: int
    share: float
    monetary_fen: int

    @staticmethod
    def resolve_label(obj: RfmSegment) -> str:
        return gettext(obj.label)


class SnapshotOut(Schema):
    """`cells` has the 5×5 grid of R and F, `segments` the eight cells of high and low R, F and M."""

    as_of_day: date
    window_days: int | None
    customer_count: int
    monetary_fen: int
    cut_points: CutPointsOut | None
    cells: list[CellOut]
    segments: list[SegmentOut]
    freshness: FreshnessOut

    @staticmethod
    def resolve_as_of_day(obj: RfmSnapshot) -> date:
        return obj.params.as_of_day

    @staticmethod
    def resolve_window_days(obj: RfmSnapshot) -> int | None:
        return obj.params.window_days


class RfmCustomerOut(Schema):
    customer_id: int
    member_no: str
    recency_days: int
    frequency: int
    monetary_fen: int
    r_score: int
    f_score: int
    m_score: int
    segment: Segment


class RfmCustomerPage(Schema):
    items: list[RfmCustomerOut]
    next_cursor: str | None
