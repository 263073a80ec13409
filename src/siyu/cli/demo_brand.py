"""What the demo brand has besides orders: SMS accounts with approved texts, audiences, plans of the past, a draft."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec

from siyu.audiences import queries as audiences
from siyu.audiences import services as audience_services
from siyu.cli import demo_home, demo_plans
from siyu.cli.demo_home import sandbox
from siyu.cli.demo_plans import Crowd, Means
from siyu.kernel import clock
from siyu.kernel.settings import Settings
from siyu.messaging import queries as messaging
from siyu.messaging import services as messaging_services
from siyu.org.contracts import SYSTEM

# Simulated people do not sleep: the demo can be tried at any hour. A real account keeps 08:00 to 20:00.
ALL_DAY = (time(0), time(0))
# The stand-in's own records show a message at once; a real provider's need minutes.
SETTLE_SECONDS = 5
ACCOUNT_NAME = "演示短信账号"
SHORT_ACCOUNT_NAME = "活动短信账号（限时段）"
# The second account sends for two hours a day. They begin within these hours, and at least so long after the demo is
# loaded, so that its plan is found waiting.
OPENING_HOURS = range(9, 19)
OPEN_HOURS = 2
LEAST_WAIT = timedelta(hours=4)
# Messages in one request: in a small demo, too, the plan under way has sent some and keeps some.
SHORT_BATCH = 10
PLAN_NAME = "老客召回：10 元鲜果券"
# The first of them is the draft plan's.
AUDIENCES: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "沉睡老客：买过两单以上，60 天没来",
        {
            "all": [
                {"leaf": "order_count", "op": ">=", "value": 2},
                {"leaf": "last_order", "older_than_days": 60},
            ]
        },
    ),
    ("高价值会员：半年净消费 500 元以上", {"leaf": "net_sales", "op": ">=", "value_fen": 50_000, "within_days": 180}),
    ("新客：30 天内首单", {"leaf": "first_order", "within_days": 30}),
    ("流失客：180 天没来", {"leaf": "last_order", "older_than_days": 180}),
)  # fmt: skip
HOLDOUT_PERCENT = 30
# Seven characters stay for the token; the shop itself is not part of the demo, so the page is the brand's own.
TARGET_URL = "https://shop.example.com/coupon"


def prepare_sending(settings: Settings) -> None:
    """The accounts and their approved texts; again changes nothing."""
    _account(settings, ACCOUNT_NAME, window=ALL_DAY)
    opening = _next_opening(settings)
    window = (opening.time(), (opening + timedelta(hours=OPEN_HOURS)).time())
    _account(settings, SHORT_ACCOUNT_NAME, window=window, batch_size=SHORT_BATCH)


def prepare_draft() -> None:
    """The audiences, and a plan that waits to be launched; again changes nothing."""
    audience_ids = [_audience(name, rule) for name, rule in AUDIENCES]
    if any(view.name == PLAN_NAME for view in messaging.plans(SYSTEM, limit=demo_plans.PAGE_ROWS).items):
        return
    brand = sandbox("siyu.sandbox.demo.brand")
    account_id = _account_id(ACCOUNT_NAME)
    messaging_services.create_plan(
        viewer=SYSTEM,
        name=PLAN_NAME,
        audience={"saved": audience_ids[0]},
        text=_means(account_id, brand.RECALL_CODE).text,
        account_id=account_id,
        target_url=TARGET_URL,
        holdout_percent=HOLDOUT_PERCENT,
    )


def play_the_past(settings: Settings, made: Any) -> Path | None:
    """Plays the plans of the past and the one that is under way; returns the file of the orders that they brought.

    The warehouse has to know all orders of the files. Again changes nothing.
    """
    campaigns, coupons = sandbox("siyu.sandbox.demo.campaigns"), sandbox("siyu.sandbox.demo.coupons")
    crowd = _crowd(settings, made)
    visits: list[Any] = []
    for campaign, launched_at, account_id in _script(campaigns, crowd.size):
        means = _means(account_id, campaign.template_code)
        plan_id = demo_plans.play(campaign, crowd, means, launched_at)
        visits += campaigns.visits(campaign, crowd.size, demo_plans.reached(plan_id, crowd), clock.now())
    if not visits:
        return None
    layouts = sandbox("siyu.sandbox.demo.layouts")
    till = layouts.overridden(demo_home.folder(settings))[layouts.TILL.channel]
    path: Path = coupons.write_coupon_orders(demo_home.folder(settings), till, crowd.size, visits)
    return path


def _script(campaigns: Any, size: Any) -> Sequence[tuple[Any, datetime, int]]:
    """Each plan with the moment of its launch and its account, the oldest first."""
    past = [(one, one.launched_at(size), _account_id(ACCOUNT_NAME)) for one in campaigns.CAMPAIGNS]
    short = next(view for view in messaging.sms_accounts(SYSTEM) if view.name == SHORT_ACCOUNT_NAME)
    return [*past, (campaigns.RUNNING, _last_opening(short.window.start), short.id)]


def _crowd(settings: Settings, made: Any) -> Crowd:
    config = sandbox("siyu.sandbox.config")
    known = config.ConfigFile(config.config_path(settings.home)).current()
    people = msgspec.json.decode(made.people_file.read_bytes(), type=sandbox("siyu.sandbox.people").PeopleFile)
    return Crowd(
        size=made.size,
        person_ids={f"+86{person.phone}": person.id for person in people.people if person.phone},
        seed=known.seed,
        dead_share=known.planted.dead_share,
        failed_share=known.planted.failed_share,
    )


def _next_opening(settings: Settings) -> datetime:
    """The first opening hour that is far enough away, in the brand's zone."""
    moment = clock.now().astimezone(settings.tz)
    hours = (moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=more) for more in range(1, 25))
    return next(hour for hour in hours if hour.hour in OPENING_HOURS and hour - moment >= LEAST_WAIT)


def _last_opening(start: time) -> datetime:
    """When a window that is closed now opened last."""
    from siyu.kernel import settings as siyu_settings

    moment = clock.now().astimezone(siyu_settings.load().tz)
    today = moment.replace(hour=start.hour, minute=start.minute, second=0, microsecond=0)
    return today if today <= moment else today - timedelta(days=1)


def _account_id(name: str) -> int:
    return next(view.id for view in messaging.sms_accounts(SYSTEM) if view.name == name)


def _account(settings: Settings, name: str, **limits: Any) -> None:
    """An SMS account with every promotional text approved, as the stand-in knows them."""
    brand = sandbox("siyu.sandbox.demo.brand")
    if any(view.name == name for view in messaging.sms_accounts(SYSTEM)):
        return
    account_id = messaging_services.save_sms_account(
        name=name, sign_name=brand.SIGN.name, settle_seconds=SETTLE_SECONDS, **limits
    )
    for template in brand.templates(f"{settings.collector_base}/s/"):
        if template.kind == "promotion":
            messaging_services.save_sms_template(account_id=account_id, code=template.code, text=template.content)


def _means(account_id: int, template_code: str) -> Means:
    known = messaging.sms_templates(SYSTEM, account_id)
    text = next(template.draft for template in known if template.code == template_code)
    return Means(account_id, template_code, text, TARGET_URL)


def _audience(name: str, rule: dict[str, Any]) -> int:
    known = [view.id for view in audiences.audiences(SYSTEM) if view.name == name]
    return known[0] if known else audience_services.create_audience(viewer=SYSTEM, name=name, rule=rule)
