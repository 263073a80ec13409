"""Notices: told once, folded, chosen, mailed at most once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend
from tests.support.organisation import Chain, person

from siyu.eventlog import jobs, records
from siyu.eventlog.registries import JOBS, JobKind
from siyu.eventlog.services import start_job
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotAllowed
from siyu.org.contracts import STRANGER, SYSTEM, Viewer
from siyu.org.contracts.notices import Channel, MailState
from siyu.org.jobs import mails
from siyu.org.models import Mail, Notice, Staff
from siyu.org.queries import notices
from siyu.org.services import notices as services

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 11, 2, tzinfo=UTC)
LATER = NOW + timedelta(minutes=11)


@pytest.fixture
def guide(chain: Chain) -> Viewer:
    return person("guide", chain.east_store)


@pytest.fixture
def mail_on(settings: Any) -> None:
    settings.SIYU = settings.SIYU.model_copy(
        update={"mail_host": "mail.example.com", "mail_from": "siyu@example.com", "console_url": "https://siyu.example"}
    )


def tell(viewer: Viewer, *, kind: str = "task.due", object_id: int = 1, at: datetime = NOW) -> int:
    with clock.frozen(at), records.transaction():
        return services.notify(
            kind=kind, staff_ids=[viewer.staff_id or 0], object_id=object_id, data={"title": "Call Wang"}
        )


def test_the_same_of_the_same_thing_folds_while_it_is_unread(guide: Viewer) -> None:
    for minute in range(3):
        tell(guide, at=NOW + timedelta(minutes=minute))
    tell(guide, object_id=2)
    assert [(view.object_id, view.count) for view in notices.notices(guide).items] == [(2, 1), (1, 3)]
    assert notices.unread_count(guide) == 2
    tell(guide, at=LATER)
    assert notices.unread_count(guide) == 3
    services.mark_read(viewer=guide)
    tell(guide, at=LATER)
    assert notices.unread_count(guide) == 1


def test_people_mark_and_see_only_their_own(guide: Viewer, chain: Chain) -> None:
    other = person("analyst", chain.company)
    tell(guide)
    mine = Notice.objects.get()
    assert services.mark_read(viewer=other, notice_ids=[mine.pk]) == 0
    assert notices.notice(other, mine.pk) is None
    assert notices.notices(other).items == []
    assert services.mark_read(viewer=guide, notice_ids=[mine.pk]) == 1
    with pytest.raises(NotAllowed):
        services.mark_read(viewer=STRANGER)


def test_who_does_not_want_to_hear_is_not_told(guide: Viewer) -> None:
    services.choose(viewer=guide, kind="task.due", channel=Channel.IN_APP, is_on=False)
    assert tell(guide) == 0
    assert not Notice.objects.exists()
    with pytest.raises(InvalidInput):
        services.choose(viewer=guide, kind="dance", channel=Channel.MAIL, is_on=True)
    chosen = {choice.kind.key: choice.in_app for choice in notices.choices(guide)}
    assert (chosen["task.due"], chosen["task.given"]) == (False, True)


def test_who_left_is_not_told_and_telling_needs_a_transaction(guide: Viewer) -> None:
    Staff.objects.filter(pk=guide.staff_id).update(is_active=False)
    assert tell(guide) == 0


@pytest.mark.django_db(transaction=True)
def test_telling_outside_a_transaction_is_a_mistake() -> None:
    with pytest.raises(RuntimeError):
        services.notify(kind="task.due", staff_ids=[1], object_id=1, data={})


def test_a_mail_waits_for_the_fold_and_leaves_once(guide: Viewer, mail_on: None, mailoutbox: list[Any]) -> None:
    tell(guide)
    tell(guide, at=NOW + timedelta(minutes=5))
    with clock.frozen(NOW + timedelta(minutes=5)):
        assert mails.send_once() == 0
    with clock.frozen(LATER):
        assert mails.send_once() == 1
        assert mails.send_once() == 0
    (mail,) = mailoutbox
    assert mail.to == ["guide@example.com"]
    assert "Call Wang" in mail.subject
    assert "2" in mail.subject
    assert "https://siyu.example/work/1/" in mail.body
    assert Mail.objects.get().state == MailState.SENT


def test_without_a_mail_server_nothing_is_queued(guide: Viewer) -> None:
    tell(guide)
    assert not Mail.objects.exists()
    assert mails.send_once() == 0


def test_a_mail_only_choice_keeps_the_bell_quiet(guide: Viewer, mail_on: None) -> None:
    services.choose(viewer=guide, kind="task.due", channel=Channel.IN_APP, is_on=False)
    tell(guide)
    assert notices.unread_count(guide) == 0
    assert Mail.objects.count() == 1


def test_what_was_cut_off_while_sending_is_never_sent_again(
    guide: Viewer, mail_on: None, mailoutbox: list[Any]
) -> None:
    tell(guide)
    Mail.objects.update(state=MailState.SENDING, lease_until=NOW + mails.LEASE, tries=1)
    with clock.frozen(NOW + timedelta(minutes=1)):
        assert mails.send_once() == 0
        assert Mail.objects.get().state == MailState.SENDING
    with clock.frozen(LATER):
        mails.send_once()
    assert Mail.objects.get().state == MailState.UNKNOWN
    assert mailoutbox == []


class Refusing(EmailBackend):
    """A mail server with the fault that a test sets."""

    at_open: Exception | None = None
    at_send: Exception | None = None

    def open(self) -> bool:
        if self.at_open:
            raise self.at_open
        return True

    def send_messages(self, messages: Any) -> int:
        if self.at_send:
            raise self.at_send
        return super().send_messages(messages)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"at_open": OSError("no route")}, MailState.QUEUED),
        ({"at_send": SMTPRecipientsRefused({})}, MailState.FAILED),
        ({"at_send": SMTPServerDisconnected("gone")}, MailState.UNKNOWN),
    ],
)
def test_only_what_has_certainly_not_left_is_tried_again(
    guide: Viewer, mail_on: None, settings: Any, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any], state: str
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    for name, error in fault.items():
        monkeypatch.setattr(Refusing, name, error)
    tell(guide)
    with clock.frozen(LATER):
        mails.send_once()
    assert Mail.objects.get().state == state
    if state == MailState.QUEUED:
        monkeypatch.setattr(Refusing, "at_open", None)
        with clock.frozen(LATER + timedelta(minutes=2)):
            assert mails.send_once() == 1
        Mail.objects.update(state=MailState.QUEUED, tries=mails.MAX_TRIES)
        monkeypatch.setattr(Refusing, "at_open", OSError("no route"))
        with clock.frozen(LATER + timedelta(minutes=2)):
            mails.send_once()
        assert Mail.objects.get().state == MailState.FAILED


def test_who_starts_work_hears_how_it_ended(guide: Viewer) -> None:
    outcomes: dict[str, Callable[[], dict[str, Any]]] = {"good": dict, "bad": lambda: {}["missing"]}
    for name, outcome in outcomes.items():
        if name not in JOBS:
            JOBS.add(f"test.{name}", JobKind(f"test.{name}", name, lambda _context, run=outcome: run()))  # type: ignore[misc]
        start_job(kind=f"test.{name}", created_by=guide.staff_id)
        start_job(kind=f"test.{name}")
    while jobs.run_next():
        pass
    assert sorted(view.kind for view in notices.notices(guide).items) == ["job.done", "job.failed"]
    assert {notices.in_words(view) for view in notices.notices(guide).items}


def test_the_list_costs_the_same_whatever_its_length(
    guide: Viewer, django_assert_num_queries: Callable[[int], Any]
) -> None:
    tell(guide)
    with django_assert_num_queries(1):
        notices.notices(guide)
    tell(guide, object_id=2)
    tell(guide, object_id=3)
    with django_assert_num_queries(1):
        first = notices.notices(guide, limit=2)
    assert len(notices.notices(guide, cursor=first.next_cursor).items) == 1
    assert notices.notices(SYSTEM).items == []
