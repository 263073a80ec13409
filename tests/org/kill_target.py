"""The program that the kill test starts: runs the pumps of `org` once, at the moment that it is given."""

from __future__ import annotations

import sys
from datetime import datetime

import django


def main(moment: str) -> None:
    django.setup()
    from siyu.kernel import clock
    from siyu.org.jobs import mails, reminders
    from siyu.org.services import approvals

    with clock.frozen(datetime.fromisoformat(moment)):
        reminders.remind_once()
        approvals.perform_approved()
        mails.send_once()


if __name__ == "__main__":
    main(sys.argv[1])
