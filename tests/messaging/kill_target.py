"""The program that the kill test starts and kills: launches the plan, sends, asks, until nothing is open.

Time is held and moved on by hand, a lease's length at each step, so that what a killed run held is free in the next.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

import django

STEP = timedelta(seconds=130)
MAX_STEPS = 200


def main(started_at: str) -> None:
    django.setup()
    from siyu.eventlog import jobs
    from siyu.kernel import clock
    from siyu.messaging.jobs import asking, sending
    from siyu.messaging.models import Plan

    print("ready", flush=True)
    moment = datetime.fromisoformat(started_at)
    for _ in range(MAX_STEPS):
        moment += STEP
        with clock.frozen(moment):
            jobs.run_next()
            sending.send_once()
            asking.ask_once()
            if Plan.objects.get().state == "done":
                return


if __name__ == "__main__":
    main(sys.argv[1])
