"""Random deaths between launch and receipt: every recipient gets the message once, nobody is forgotten."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from django.conf import settings
from django.db import connection
from tests.support import messaging as brand
from tests.support.messaging import StandIn

from siyu.kernel import clock, keys
from siyu.kernel.clock import day_start, local_day
from siyu.messaging import queries, services
from siyu.messaging.contracts import OutboxState, PlanState
from siyu.messaging.kinds import ALIYUN
from siyu.messaging.models import Outbox
from siyu.org.contracts import SYSTEM

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
TARGET = Path(__file__).with_name("kill_target.py")
PEOPLE = 900
KILLS = 10
# A run gets at most this long before it dies; the whole work takes a few times as much.
MAX_LIFE_SECONDS = 0.6
BETWEEN_RUNS = timedelta(minutes=90)


def start(port: int, moment: str) -> subprocess.Popen[str]:
    """The program on this test's database and stand-in."""
    name = str(connection.settings_dict["NAME"])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "DJANGO_SETTINGS_MODULE": "tests.messaging.kill_settings",
        "KILL_TEST_DATABASE": name,
        "SIYU_HOME": str(settings.SIYU.home),
        "SIYU_SANDBOX": "true",
        "SIYU_ALIYUN_SMS_ENDPOINT": f"127.0.0.1:{port}",
        "SIYU_ALIYUN_SMS_PROTOCOL": "http",
        "SIYU_ALIYUN_SMS_KEY_ID": brand.KEY_ID,
        "SIYU_ALIYUN_SMS_KEY_SECRET": brand.KEY_SECRET,
    }
    command = [sys.executable, str(TARGET), moment]
    program = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    return program


def test_ten_deaths_cost_nobody_a_message_and_double_none(stand_in: StandIn):
    random = Random(20260514)
    # The program reads the keys from this home; a ring of another test's home must not have sealed the phones.
    keys.renew()
    # The provider keeps its records by its own calendar day, so the whole test plays on one.
    moment = day_start(local_day(clock.now(), ALIYUN.zone), ALIYUN.zone)
    with clock.frozen(moment):
        ids = brand.people(range(1, PEOPLE + 1))
        plan_id = brand.plan(ids, brand.account(batch_size=10), holdout_percent=20)
        services.launch_plan(viewer=SYSTEM, plan_id=plan_id)
    for _ in range(KILLS):
        program = start(stand_in.sandbox.port, moment.isoformat())
        time.sleep(random.uniform(0.05, MAX_LIFE_SECONDS))
        program.kill()
        program.communicate()
        moment += BETWEEN_RUNS
    program = start(stand_in.sandbox.port, moment.isoformat())
    program.communicate(timeout=120)
    assert program.returncode == 0
    plan = queries.plan(SYSTEM, plan_id)
    assert plan.state is PlanState.DONE
    assert plan.entered_count == PEOPLE
    assert Outbox.objects.count() == plan.treated_count
    assert set(queries.plan_tally(SYSTEM, plan_id).states) <= {OutboxState.SENT, OutboxState.DELIVERED}
    received = Counter(message["phone"] for message in stand_in.messages())
    assert set(received.values()) == {1}
    assert len(received) == plan.treated_count == queries.plan_tally(SYSTEM, plan_id).sent_count
