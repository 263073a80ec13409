"""The program that the key test starts and kills: seals everything anew, a few rows at a time."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

import django

# Small steps with a pause, so that a kill falls between them as well as into them.
BATCH_ROWS = 50
PAUSE_SECONDS = 0.02


def main(run: int) -> None:
    django.setup()
    from siyu.eventlog import jobs as runner
    from siyu.eventlog.models import Job
    from siyu.kernel import clock
    from siyu.org.jobs import resealing as jobs

    jobs.BATCH_ROWS = BATCH_ROWS
    step = jobs._step

    def slowly(state: dict[str, object], table: object) -> None:
        step(state, table)  # type: ignore[arg-type]
        print("ready", flush=True)
        time.sleep(PAUSE_SECONDS)

    jobs._step = slowly  # type: ignore[assignment]
    # Beyond the lease of the run that was killed, and without counting against the job: kills are what is tested.
    Job.objects.update(attempts=0)
    with clock.frozen(clock.now() + timedelta(minutes=2 * (run + 1))):
        while runner.run_next():
            pass


if __name__ == "__main__":
    main(int(sys.argv[1]))
