"""The leaf over RFM scores and segments. A score is a rank among all, so one order may move other people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

from siyu.audiences import rfm
from siyu.audiences.contracts import (
    Condition,
    FieldType,
    LeafField,
    LeafKind,
    Moment,
    Phrase,
    PopulationTest,
    RfmFilter,
    RfmParams,
    Segment,
    SegmentBounds,
    Thresholds,
)
from siyu.warehouse import client

_SCORES = (("r_scores", "r", "R"), ("f_scores", "f", "F"), ("m_scores", "m", "M"))


def _rfm(params: Mapping[str, Any], moment: Moment) -> Condition:
    asked = RfmParams(
        as_of_day=moment.day,
        window_days=params.get("window_days"),
        thresholds=_thresholds(params.get("method", "quantile")),
        bounds=SegmentBounds(**params["bounds"]) if "bounds" in params else None,
    )
    scores = {field: tuple(params[name]) if name in params else None for field, name, _letter in _SCORES}
    segments = tuple(map(Segment, params["segment"])) if "segment" in params else None
    chosen = RfmFilter(**scores, segments=segments)
    return PopulationTest(
        ("rfm", asked, chosen, moment),
        lambda lane: rfm.members(client.connect(), asked, moment, chosen, lane=lane),
    )


def _thresholds(method: Any) -> Thresholds | None:
    if method == "quantile":
        return None
    return Thresholds(**{name: tuple(cuts) for name, cuts in method.items()})


def _check(params: Mapping[str, Any]) -> Phrase | None:
    if not any(name in params for name in ("r", "f", "m", "segment")):
        return Phrase(_("Give at least one of: %(names)s."), {"names": "r, f, m, segment"})
    return None


def _phrases(params: Mapping[str, Any]) -> list[Phrase]:
    found = [
        Phrase("%(letter)s %(scores)s", {"letter": letter, "scores": "/".join(map(str, params[name]))})
        for _field, name, letter in _SCORES
        if name in params
    ]
    found += [Phrase(rfm.LABELS[Segment(name)]) for name in params.get("segment", ())]
    if "window_days" in params:
        found.append(Phrase(_("within the last %(days)s days"), {"days": params["window_days"]}))
    return [Phrase("RFM"), *found]


def _moves(params: Mapping[str, Any]) -> bool:
    return True


KINDS = (
    LeafKind(
        "rfm",
        _("RFM score or segment"),
        (
            LeafField("r", FieldType.SCORES, _("R scores")),
            LeafField("f", FieldType.SCORES, _("F scores")),
            LeafField("m", FieldType.SCORES, _("M scores")),
            LeafField("segment", FieldType.CHOICES, _("Segments"), choices=tuple(Segment)),
            LeafField("window_days", FieldType.DAYS, _("Window in days"), low=1),
            LeafField("method", FieldType.METHOD, _("Scoring")),
            LeafField("bounds", FieldType.BOUNDS, _("Bounds of high and low")),
        ),
        _check, _rfm, _phrases, None, _moves, "grid-dots",
    ),
)  # fmt: skip
