"""The recall plans of the demo brand's past: whom they meant, and what they really brought.

The effect is planted: of the people whom a message reached, a share places one order more than they would have, within
the plan's window. A report has to find that share again, within its interval. Who is reached is up to the plans; this
module only says what people do then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from siyu.sandbox.chance import generator, share
from siyu.sandbox.demo.brand import MEMBER_DAY_CODE, RECALL_CODE, SEASON_CODE
from siyu.sandbox.demo.size import ZONE, Size

# Until a message that arrived is opened, and until somebody who answers comes to the store: means of what decays.
CLICK_HOURS = 5.0
VISIT_DAYS = 2.5
FIRST_VISIT = timedelta(hours=2)
OPENS, CLOSES = time(8), time(22)
# Of those reached, who answers R.
REFUSE_SHARE = 0.004


@dataclass(frozen=True)
class Campaign:
    """A plan of the past. `days_ago` counts from the last day of the orders; `lift` and `click` are shares of those
    reached; of `sent` only that share had left when the sending window closed.
    """

    key: str
    name: str
    days_ago: int
    template_code: str
    rule: Mapping[str, Any]
    holdout_percent: int
    window_days: int
    lift: float
    click: float
    sent: float = 1.0

    def launched_at(self, size: Size, at: time = time(10)) -> datetime:
        return datetime.combine(size.until - timedelta(days=self.days_ago), at, ZONE)


def _silent(orders: int, days: int, *more: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "all": [
            {"leaf": "order_count", "op": ">=", "value": orders},
            {"leaf": "last_order", "older_than_days": days},
            *more,
        ]
    }


_EAST = {"leaf": "attribute", "name": "city", "op": "in", "value": ["上海", "杭州", "南京", "苏州", "宁波", "合肥"]}


CAMPAIGNS = (
    Campaign("coupon", "老客召回：10 元鲜果券（夏）", 96, RECALL_CODE, _silent(2, 60), 20, 14, 0.07, 0.26),
    # A greeting without a reason to come: clicked, and of no use. The naive figure praises it all the same.
    Campaign("greeting", "华东当季上新通知（不送券）", 54, SEASON_CODE, _silent(1, 45, _EAST), 30, 14, 0.0, 0.11),
    Campaign(
        "member_day", "周二会员日预告：常客", 26, MEMBER_DAY_CODE,
        {"leaf": "order_count", "op": ">=", "value": 3, "within_days": 90}, 30, 7, 0.12, 0.31,
    ),
)  # fmt: skip
# Launched when its window last opened; the rest waits for the next opening.
RUNNING = Campaign(
    "autumn", "换季召回：沉睡会员", 0, RECALL_CODE, _silent(4, 45), 20, 14, 0.06, 0.24, sent=0.6
)  # fmt: skip


class Reached(NamedTuple):
    """Somebody whom a message reached: their number among the brand's people, and when."""

    person_id: int
    at: datetime


class Visit(NamedTuple):
    """An order that would not have been without the message."""

    person_id: int
    at: datetime


def clicks(campaign: Campaign, size: Size, reached: Iterable[Reached], until: datetime) -> Iterator[Reached]:
    """Who opens the link, and when; nothing after `until`."""
    for person_id, at in reached:
        if share(size.seed, campaign.key, person_id, "click") < campaign.click:
            draw = generator(size.seed, campaign.key, person_id, "click at")
            opened_at = at + timedelta(hours=draw.expovariate(1 / CLICK_HOURS), seconds=20)
            if opened_at < until:
                yield Reached(person_id, opened_at)


def refuses(campaign: Campaign, size: Size, person_id: int) -> bool:
    """Whether somebody answers that they want no more of this."""
    return share(size.seed, campaign.key, person_id, "refuse") < REFUSE_SHARE


def visits(campaign: Campaign, size: Size, reached: Iterable[Reached], until: datetime) -> Iterator[Visit]:
    """The orders that the plan brought, within its window and before `until`."""
    for person_id, at in reached:
        if share(size.seed, campaign.key, person_id, "visit") < campaign.lift:
            visit = _visit(campaign, size, person_id, at)
            if visit < until:
                yield Visit(person_id, visit)


def _visit(campaign: Campaign, size: Size, person_id: int, at: datetime) -> datetime:
    """Soon rather than late, within opening hours, and never outside the window that counts."""
    draw = generator(size.seed, campaign.key, person_id, "visit at")
    longest = timedelta(days=campaign.window_days - 2)
    wait = min(timedelta(days=draw.expovariate(1 / VISIT_DAYS)), longest)
    moment = (at + FIRST_VISIT + wait).astimezone(ZONE)
    if OPENS <= moment.time() < CLOSES:
        return moment.replace(microsecond=0)
    day = moment.date() + timedelta(days=moment.time() >= CLOSES)
    hour = time(draw.randrange(9, 21), draw.randrange(60), draw.randrange(60))
    return datetime.combine(day, hour, ZONE)
