"""A small brand that may send: people who consent, an SMS account with an approved text, audiences, plans.

The provider is the sandbox's stand-in over real HTTP; nothing of our own is replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from pyroaring import BitMap
from tests.support.sandbox import KEY_ID, KEY_SECRET, SIGN, Receiver, configure

from siyu.audiences import membership
from siyu.audiences import services as audiences
from siyu.audiences.models import Audience
from siyu.customers import services as customers
from siyu.customers.contracts import Channel, ConsentIn, IdentityKey, IdentityKind, PersonIn, Purpose
from siyu.eventlog import jobs, queries, records
from siyu.eventlog.contracts import JobView, Position
from siyu.ingest.inbox import InboxRow
from siyu.kernel import clock
from siyu.messaging import queries as messaging
from siyu.messaging import services, subscribers
from siyu.messaging.jobs import asking, sending
from siyu.org.contracts import SYSTEM
from siyu.sandbox.config import Planted, TemplateSeed
from siyu.sandbox.server import Sandbox

SEEN_AT = datetime(2026, 1, 1, tzinfo=UTC)
ALL_DAY = (time(0), time(0))
TEXT = '{{ name | default: "会员" }}您好，好久不见！点 {{ link }} 领取，拒收请回复R'
TARGET = "https://shop.example.cn/recall"
CODE = "SMS_900"
# Nobody is dead, nothing fails, nobody clicks or buys: what a test wants to happen it asks for.
STILL = Planted(click_rate=0, base_rate=0, lift=0, dead_share=0, failed_share=0)


def template_text() -> str:
    return "${name}您好，好久不见！点 " + messaging.link_base() + "${token} 领取，拒收请回复R"


def phone(number: int) -> str:
    return f"+86139{number:08d}"


def people(numbers: Iterable[int], *, consents: bool | None = True, has_phone: bool = True) -> list[int]:
    """Customers 客户1, 客户2 …; `consents` None is somebody who was never asked."""
    given = () if consents is None else (consent(granted=consents),)
    members = [
        PersonIn(
            keys=(
                IdentityKey(IdentityKind.MEMBER, "main", f"VIP{number}"),
                *((IdentityKey(IdentityKind.PHONE, "", phone(number)),) if has_phone else ()),
            ),
            seen_at=SEEN_AT,
            display_name=f"客户{number}",
            consents=given,
        )
        for number in numbers
    ]
    found: list[int] = []
    for chunk in records.chunked(members, 500):
        with records.transaction():
            found += customers.ensure_people(chunk, source="tests", trace_id="t")
    return found


def consent(*, granted: bool, at: datetime = SEEN_AT) -> ConsentIn:
    return ConsentIn(Channel.SMS, Purpose.MARKETING, granted, at, "form")


def audience_of(customer_ids: Iterable[int], name: str = "silent") -> dict[str, Any]:
    """A saved audience with exactly these members, as if its rule had been computed."""
    audience_id = audiences.create_audience(
        viewer=SYSTEM, name=name, rule={"leaf": "order_count", "op": ">=", "value": 1}
    )
    row = Audience.objects.get(pk=audience_id)
    with records.transaction():
        membership.start_over(
            audience_id=audience_id, ids=BitMap(customer_ids), rule_hash=row.rule_hash, as_of=clock.now()
        )
    return {"saved": audience_id}


def account(name: str = "Marketing", **changes: Any) -> int:
    """An account that may send at any hour, with the approved text."""
    values = {"sign_name": SIGN, "window": ALL_DAY, "settle_seconds": 60, **changes}
    account_id = services.save_sms_account(name=name, **values)
    services.save_sms_template(account_id=account_id, code=CODE, text=template_text())
    return account_id


def plan(customer_ids: Iterable[int], account_id: int, **changes: Any) -> int:
    """A draft for these customers without a holdout."""
    name = changes.pop("name", "Recall")
    values = {"text": TEXT, "target_url": TARGET, "holdout_percent": 0, **changes}
    return services.create_plan(
        viewer=SYSTEM, name=name, account_id=account_id, audience=audience_of(customer_ids, name), **values
    )


def launch(plan_id: int) -> JobView:
    """Launches a plan and runs its job to the end."""
    return run(services.launch_plan(viewer=SYSTEM, plan_id=plan_id))


def run(job_id: int) -> JobView:
    jobs.run_job(job_id=job_id)
    return queries.job(job_id)


def pump(limit: int = 1_000) -> None:
    """Sends whatever may leave now."""
    for _ in range(limit):
        if not sending.send_once():
            return


def ask(limit: int = 100) -> None:
    """Looks up whatever is due to be looked up."""
    for _ in range(limit):
        if not asking.ask_once():
            return


def receive(bodies: Sequence[bytes]) -> None:
    """Takes provider callbacks over as the resolver would."""
    moment_ms = clock.to_millis(clock.now())
    rows = [InboxRow(Position(0, place), "sms_receipt", body, "c" * 32, moment_ms) for place, body in enumerate(bodies)]
    with records.transaction():
        subscribers.take_receipts(rows)


@dataclass
class StandIn:
    """The provider: a sandbox whose carrier delivers when `deliver` is called."""

    sandbox: Sandbox
    receiver: Receiver
    home: Path

    def deliver(self) -> list[bytes]:
        """Lets the carrier act and returns the callbacks that it posted since the last call, as raw bodies."""
        self.sandbox.courier.step()
        bodies = [request.body for request in self.receiver.requests if request.path == "/callback"]
        self.receiver.requests.clear()
        return bodies

    def messages(self) -> list[dict[str, Any]]:
        """Every message that the provider has accepted."""
        return [dict(row) for row in self.sandbox._store.rows("SELECT * FROM messages ORDER BY id")]

    def fault(self, kind: str, count: int | None = None) -> None:
        from siyu.sandbox.faults import Fault

        self.sandbox.faults.switch_on(Fault(kind, count=count, seconds=0.5))

    def heal(self) -> None:
        self.sandbox.faults.clear()


def start_stand_in(home: Path, receiver: Receiver, **changes: Any) -> Sandbox:
    values = {
        "sms_callback_url": receiver.url("/callback"),
        "templates": (TemplateSeed(CODE, "召回", "promotion", template_text()),),
        "planted": STILL,
        "delivery_seconds": (0.0, 0.0),
        **changes,
    }
    configure(home, **values)
    sandbox = Sandbox(home)
    sandbox.start(background=False)
    return sandbox


def endpoint_settings(port: int) -> dict[str, Any]:
    return {
        "sandbox": True,
        "aliyun_sms_endpoint": f"127.0.0.1:{port}",
        "aliyun_sms_protocol": "http",
        "aliyun_sms_key_id": KEY_ID,
        "aliyun_sms_key_secret": KEY_SECRET,
    }
