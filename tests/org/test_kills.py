"""Deaths at every step: a reminder and an approved launch happen once, a mail at most once."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from tests.support import messaging as brand
from tests.support.organisation import Chain, person

from siyu.eventlog.models import Event, Job
from siyu.kernel import clock
from siyu.kernel.failpoints import EXIT_CODE
from siyu.messaging import services as messaging
from siyu.messaging.models import Plan
from siyu.org import seeds
from siyu.org.contracts.approvals import ApprovalState
from siyu.org.contracts.notices import MailState
from siyu.org.models import Approval, Mail, Notice
from siyu.org.services import approvals
from siyu.org.services.tasks import create_task

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
TARGET = Path(__file__).with_name("kill_target.py")


@pytest.fixture
def chain() -> Chain:
    seeds.plant()
    return Chain.make()


def run(folder: Path, moment: str, failpoint: str = "") -> int:
    """The pumps in a process of their own that dies at the fail point; its exit code."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "DJANGO_SETTINGS_MODULE": "tests.org.kill_settings",
        "KILL_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "KILL_TEST_MAILS": str(folder),
        "SIYU_HOME": str(settings.SIYU.home),
        **({"SIYU_FAILPOINT": failpoint} if failpoint else {}),
    }
    return subprocess.run([sys.executable, str(TARGET), moment], env=environment, check=False).returncode


@pytest.mark.parametrize("point", ["org.task.before_reminder", "org.task.after_reminder"])
def test_a_reminder_is_given_once_whatever_dies(chain: Chain, tmp_path: Path, point: str) -> None:
    due_at = clock.now() + timedelta(hours=1)
    create_task(viewer=person("guide", chain.east_store), kind="follow_up", title="Call", due_at=due_at)
    moment = (due_at + timedelta(minutes=1)).isoformat()
    assert run(tmp_path, moment, point) == EXIT_CODE
    assert run(tmp_path, moment) == 0
    assert run(tmp_path, moment) == 0
    assert Event.objects.filter(name="org.task_due").count() == 1
    assert Notice.objects.filter(kind="task.due").count() == 1


@pytest.mark.parametrize("point", ["org.approval.before_commit", "messaging.launch.before_save", "org.approval.done"])
def test_an_approved_launch_starts_once_whatever_dies(chain: Chain, tmp_path: Path, point: str) -> None:
    plan_id = brand.plan(brand.people(range(1, 6)), brand.account(), holdout_percent=0)
    operator, boss = person("operator", chain.company), person("owner", chain.company)
    approval_id = messaging.ask_to_launch(viewer=operator, plan_id=plan_id, reason="Season")
    approvals.decide(viewer=boss, approval_id=approval_id, approve=True)
    moment = clock.now().isoformat()
    assert run(tmp_path, moment, point) == EXIT_CODE
    assert run(tmp_path, moment) == 0
    assert run(tmp_path, moment) == 0
    assert Approval.objects.get().state == ApprovalState.DONE
    assert Plan.objects.get().state == "launching"
    assert Job.objects.filter(kind="messaging.launch_plan").count() == 1
    assert Event.objects.filter(name="org.approval_settled").count() == 1


@pytest.mark.parametrize(("point", "sent"), [("org.mail.claimed", 0), ("org.mail.sent", 1)])
def test_a_mail_leaves_at_most_once_whatever_dies(chain: Chain, tmp_path: Path, point: str, sent: int) -> None:
    guide = person("guide", chain.east_store)
    with clock.frozen(clock.now()):
        create_task(viewer=guide, kind="follow_up", title="Call", due_at=clock.now() + timedelta(hours=1))
    notice = Notice.objects.create(
        staff_id=guide.staff_id, kind="task.due", object_id=1, data_json='{"title": "Call"}', created_at=clock.now(),
        updated_at=clock.now(),
    )  # fmt: skip
    Mail.objects.create(notice=notice, key=f"notice:{notice.pk}", due_at=clock.now())
    moment = clock.now()
    assert run(tmp_path, moment.isoformat(), point) == EXIT_CODE
    for minutes in (1, 3, 5):
        assert run(tmp_path, (moment + timedelta(minutes=minutes)).isoformat()) == 0
    assert Mail.objects.get().state == MailState.UNKNOWN
    assert len(list(tmp_path.iterdir())) == sent
