"""The pump of mails: each leaves at most once, whatever dies in between.

A row is claimed before the network and settled after it. A claim that nobody settled was cut off while the server may
have taken the mail: it becomes `unknown` and is not sent again. What the server refuses for now is tried later.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, override

from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.failpoints import failpoint
from siyu.org.contracts.notices import MailState
from siyu.org.models import Mail
from siyu.org.queries import notices
from siyu.org.registries import NOTICES

log = logging.getLogger(__name__)
PUMP = "org.mails"
# Longer than the slowest server takes for one mail.
LEASE = timedelta(minutes=2)
MAX_TRIES = 6
FIRST_PAUSE = timedelta(minutes=1)
MAILS_PER_RUN = 20


def send_once() -> int:
    """Sends what is due; returns how many mails were settled. Nothing leaves while no server is set."""
    if not settings.SIYU.mail_host:
        return 0
    moment = clock.now()
    _give_up_cut_off()
    due = list(
        Mail.objects.filter(state=MailState.QUEUED, due_at__lte=moment).order_by("due_at", "pk")
        .values_list("pk", flat=True)[:MAILS_PER_RUN]
    )  # fmt: skip
    return sum(_send(mail_id) for mail_id in due)


def _give_up_cut_off() -> None:
    lost = Mail.objects.filter(state=MailState.SENDING, lease_until__lt=clock.now())
    if lost.exists():
        lost.update(state=MailState.UNKNOWN, settled_at=clock.now(), error="interrupted")


def _send(mail_id: int) -> int:
    moment = clock.now()
    with records.transaction():
        taken = Mail.objects.filter(pk=mail_id, state=MailState.QUEUED).update(
            state=MailState.SENDING, lease_until=moment + LEASE, tries=F("tries") + 1
        )
    if not taken:
        return 0
    failpoint("org.mail.claimed")
    row = Mail.objects.select_related("notice__staff").get(pk=mail_id)
    connection = get_connection()
    try:
        connection.open()
    except (OSError, SMTPException) as error:
        # Nothing has left yet: trying again cannot send twice.
        return _put_off(row, error)
    try:
        connection.send_messages([_message(row)])
    except SMTPRecipientsRefused as error:
        return _settle(row, MailState.FAILED, error)
    except SMTPResponseException as error:
        return _put_off(row, error) if 400 <= error.smtp_code < 500 else _settle(row, MailState.FAILED, error)
    except (OSError, SMTPException) as error:
        return _settle(row, MailState.UNKNOWN, error)
    finally:
        connection.close()
    failpoint("org.mail.sent")
    return _settle(row, MailState.SENT)


def _message(row: Mail) -> EmailMessage:
    staff, notice = row.notice.staff, row.notice
    with override(staff.language or settings.LANGUAGE_CODE):
        view = notices.notice_of(notice)
        text = notices.in_words(view)
        brand = settings.SIYU.brand or "Siyu"
        lines = [text, "", _link(view.kind, view.object_id), "", gettext("Choose what you hear of by mail:"),
                 settings.SIYU.console_base + reverse("notice-choices")]  # fmt: skip
        return EmailMessage(
            subject=f"[{brand}] {text}"[:200].replace("\n", " "),
            body="\n".join(lines),
            from_email=settings.SIYU.mail_from or settings.SIYU.mail_user,
            to=[staff.email],
            headers={"Message-ID": f"<{row.key.replace(':', '.')}@siyu.invalid>", "Auto-Submitted": "auto-generated"},
        )


def _link(kind: str, object_id: int) -> str:
    try:
        about = NOTICES.get(kind)
        return settings.SIYU.console_base + reverse(about.url_name, args=about.url_args(object_id))
    except (KeyError, NoReverseMatch):
        return settings.SIYU.console_base


def _put_off(row: Mail, error: Exception) -> int:
    if row.tries >= MAX_TRIES:
        return _settle(row, MailState.FAILED, error)
    log.warning("mail %s waits: %r", row.pk, error)
    due_at = clock.now() + FIRST_PAUSE * 2 ** (row.tries - 1)
    Mail.objects.filter(pk=row.pk, state=MailState.SENDING).update(
        state=MailState.QUEUED, lease_until=None, due_at=due_at, error=str(error)[:300]
    )
    return 0


def _settle(row: Mail, state: MailState, error: Exception | None = None) -> int:
    Mail.objects.filter(pk=row.pk).update(
        state=state, settled_at=clock.now(), lease_until=None, error=str(error)[:300] if error else ""
    )
    return 1
