"""What the head office of the demo brand has asked its stores and people to do lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

# What a store writes when it is done, in turn.
RESULTS = ("已陈列，照片已发群里", "完成", "主位换好，缺货的明天补", "已完成，店长检查过")
# One store in so many is late.
LATE_EVERY = 7


@dataclass(frozen=True)
class Errand:
    """A task for a role at every store or team: asked `asked_days_ago` at ten, due `due_in_days` after today."""

    kind: str
    title: str
    note: str
    place: str
    role: str
    asked_days_ago: int
    due_in_days: int
    due_at: time


ERRANDS = (
    Errand(
        kind="generic", title="换季陈列：柚子、冬枣上主位", note="按陈列图调整主通道，完成后在备注里写一句。",
        place="store", role="store_manager", asked_days_ago=6, due_in_days=-2, due_at=time(18),
    ),
    Errand(
        kind="follow_up", title="加微后三天内发第一条问候", note="新加的会员逐个打招呼，附当日试吃款。",
        place="team", role="guide", asked_days_ago=1, due_in_days=2, due_at=time(20),
    ),
)  # fmt: skip
