"""People hear once that the warehouse is behind, and once that it has caught up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.support.organisation import Chain, person

from siyu.eventlog import queries as log
from siyu.eventlog import records
from siyu.eventlog.contracts import NewEvent
from siyu.eventlog.services import publish
from siyu.kernel import clock
from siyu.org.events import NODE_CHANGED
from siyu.org.models import Notice, Staff
from siyu.org.queries import notices
from siyu.warehouse import kinds, queries
from siyu.warehouse.models import Stream
from siyu.warehouse.services import watching

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2126, 5, 11, 4, tzinfo=UTC)


@pytest.fixture
def chain(db: None) -> Chain:
    return Chain.make()


def happen(at: datetime) -> None:
    with clock.frozen(at), records.transaction():
        publish([NewEvent(NODE_CHANGED, at, {"node_id": 1, "change": "moved"})])


def arrive() -> None:
    """Everything has come to the warehouse."""
    head = log.head()
    for lag in queries.lag():
        Stream.objects.update_or_create(name=lag.stream, defaults={"xid": head.xid, "event_id": head.id})


def look(minutes: float) -> int:
    with clock.frozen(NOON + timedelta(minutes=minutes)):
        return watching.watch_once()


def told(kind: str) -> list[tuple[int, int]]:
    found = Notice.objects.filter(kind=kind).order_by("pk")
    return [(row.staff_id, notices.notice_of(row).data["minutes"]) for row in found]


def test_once_when_it_lasts_and_once_when_it_is_over(owner: Staff, chain: Chain) -> None:
    person("store_manager", chain.east_store)
    arrive()
    happen(NOON)
    assert (look(0), look(2), look(6)) == (0, 0, 0), "five minutes of patience from the first look at it"
    assert look(7.5) == 1
    assert (look(8), look(60)) == (0, 0)
    arrive()
    assert look(61) == 1
    assert look(62) == 0
    assert told(kinds.BEHIND) == [(owner.pk, 7)]
    assert told(kinds.CAUGHT_UP) == [(owner.pk, 59)]


def test_a_short_delay_is_nobody_s_business(owner: Staff) -> None:
    arrive()
    happen(NOON)
    look(2)
    arrive()
    look(4)
    happen(NOON + timedelta(minutes=4))
    assert look(8) == 0, "the patience begins anew"
    arrive()
    look(9)
    assert not Notice.objects.exists()


def test_the_next_outage_is_told_anew(owner: Staff) -> None:
    for start in (0, 60):
        arrive()
        look(start)
        happen(NOON + timedelta(minutes=start))
        look(start + 2)
        look(start + 8)
    assert len(told(kinds.BEHIND)) == 2
    assert len(told(kinds.CAUGHT_UP)) == 1


def test_the_notice_leads_to_the_system_status(owner: Staff, client: Client) -> None:
    arrive()
    happen(NOON)
    look(2)
    look(8)
    client.force_login(owner)
    answer = client.get(reverse("notice-open", args=[Notice.objects.get().pk]))
    assert answer.headers["Location"] == reverse("settings-status")
