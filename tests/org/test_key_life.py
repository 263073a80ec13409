"""Keys change while people are looked for and added, whatever dies meanwhile; and go when nothing needs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from django.conf import LazySettings
from django.db import connection
from tests.support.sign_in import enrol, present_code

from siyu.customers import queries, services
from siyu.customers.contracts import IdentityKey, IdentityKind, PersonIn
from siyu.customers.models import Identity
from siyu.eventlog import jobs, records
from siyu.eventlog.models import Job
from siyu.kernel import keys
from siyu.kernel.crypto import KeyProblem, KeyRing
from siyu.org import key_life
from siyu.org import services as org
from siyu.org.contracts import SYSTEM
from siyu.org.models import Staff
from siyu.org.services import key_life as key_services

MOMENT = datetime(2026, 5, 1, tzinfo=UTC)
TARGET = Path(__file__).with_name("reseal_target.py")
PEOPLE = 1_200
KILLS = 5


@pytest.fixture
def home(tmp_path: Path, settings: LazySettings) -> Iterator[Path]:
    """A ring of this test's own."""
    settings.SIYU = settings.SIYU.model_copy(update={"home": tmp_path})
    keys.renew()
    yield tmp_path
    keys.renew()


def phone(number: int) -> str:
    return f"+86138{number:08d}"


def add(numbers: range) -> list[int]:
    with records.transaction():
        people = [PersonIn((IdentityKey(IdentityKind.PHONE, "", phone(n)),), MOMENT, f"P{n}") for n in numbers]
        return services.ensure_people(people, source="tests", trace_id="t")


def rotate() -> int:
    return key_services.rotate_keys(settle_seconds=0)


def run_jobs() -> None:
    while jobs.run_next():
        pass


def assert_all_are_found(numbers: range, fragment_ids: list[int]) -> None:
    known = queries.by_phone(SYSTEM, [phone(n) for n in numbers])
    assert known == {phone(n): pk for n, pk in zip(numbers, fragment_ids, strict=True)}
    for number, pk in list(zip(numbers, fragment_ids, strict=True))[:3]:
        assert pk in {view.id for view in queries.search(SYSTEM, text=phone(number)).items}
        assert pk in {view.id for view in queries.search(SYSTEM, text=phone(number)[-4:]).items}
    assert queries.phones(SYSTEM, fragment_ids) == {pk: phone(n) for n, pk in zip(numbers, fragment_ids, strict=True)}


@pytest.mark.django_db
def test_everybody_is_found_before_during_and_after(home: Path) -> None:
    old, new = range(700), range(700, 710)
    ids = add(old)
    rotate()
    assert_all_are_found(old, ids)
    assert add(old) == ids, "nobody is created again under the new key"
    ids += add(new)
    run_jobs()
    assert key_life.outdated_count() == 0
    assert_all_are_found(range(710), ids)
    assert add(range(710)) == ids
    assert Identity.objects.count() == 710
    key_services.retire_key(number=1, settle_seconds=0)
    assert_all_are_found(range(710), ids)
    assert [view.number for view in key_life.generations()] == [2]


@pytest.mark.django_db
def test_second_steps_survive(home: Path, owner: Staff) -> None:
    secret, _codes = enrol(owner)
    rotate()
    run_jobs()
    key_services.retire_key(number=1, settle_seconds=0)
    assert org.second_step.verify(staff_id=owner.pk, code=present_code(secret))


@pytest.mark.django_db
def test_what_a_late_process_writes_with_the_old_key_is_sealed_anew_too(home: Path) -> None:
    add(range(5))
    old_ring = KeyRing.load(home / "keys" / "ring.json")
    rotate()
    late = old_ring.encrypt(phone(3), "phone")
    Identity.objects.filter(pk=Identity.objects.first().pk).update(  # type: ignore[union-attr]
        sealed=old_ring.encrypt(phone(0), "phone"), lookup=old_ring.lookup_hash(phone(0), "phone")
    )
    assert late[2] == 1
    run_jobs()
    assert key_life.outdated_count() == 0


@pytest.mark.django_db
def test_a_phone_that_was_recorded_twice_is_left_and_counted(home: Path) -> None:
    (first,) = add(range(1))
    old = Identity.objects.get()
    rotate()
    with_new = keys.ring(home / "keys" / "ring.json")
    twin = Identity.objects.get()
    twin.pk, twin.lookup = None, with_new.lookup_hash(phone(0), "phone")
    twin.sealed = with_new.encrypt(phone(0), "phone")
    twin.save()
    run_jobs()
    result = json.loads(Job.objects.get().result_json or "{}")
    assert (result["stuck"], result["left"]) == (1, 1)
    assert bytes(Identity.objects.get(pk=old.pk).sealed or b"") == bytes(old.sealed or b"")
    assert queries.by_phone(SYSTEM, [phone(0)]) == {phone(0): first}
    with pytest.raises(key_life.KeyInUse):
        key_services.retire_key(number=1, settle_seconds=0)


@pytest.mark.django_db
def test_a_key_is_retired_only_when_nothing_needs_it(home: Path) -> None:
    add(range(3))
    rotate()
    with pytest.raises(key_life.KeyInUse):
        key_services.retire_key(number=1, settle_seconds=0)
    with pytest.raises(key_life.WritingKey):
        key_services.retire_key(number=2, settle_seconds=0)
    with pytest.raises(key_life.NoSuchKey):
        key_services.retire_key(number=9, settle_seconds=0)
    run_jobs()
    put_away = key_services.retire_key(number=1, settle_seconds=0)
    assert put_away.stat().st_mode & 0o077 == 0
    assert set(json.loads(put_away.read_text())) == {"number", "key", "lookup"}


@pytest.mark.django_db
def test_a_rotation_that_died_at_any_step_is_gone_on_with(home: Path) -> None:
    ids = add(range(10))
    path = home / "keys" / "ring.json"
    # Dead after the new key was added, before it writes.
    KeyRing.load(path).with_new(MOMENT).save(path)
    keys.renew()
    assert_all_are_found(range(10), ids)
    rotate()
    assert set(KeyRing.load(path).generations) == {1, 2}
    assert KeyRing.load(path).writing == 2
    # Dead after it writes, before the job was there.
    Job.objects.all().delete()
    rotate()
    assert set(KeyRing.load(path).generations) == {1, 2}, "the earlier rotation goes on, none begins"
    run_jobs()
    assert key_life.outdated_count() == 0
    rotate()
    assert set(KeyRing.load(path).generations) == {1, 2, 3}


@pytest.mark.django_db
def test_a_lost_key_is_named_with_what_it_costs(home: Path) -> None:
    add(range(3))
    path = home / "keys" / "ring.json"
    path.unlink()
    keys.renew()
    KeyRing.create(path).with_new(MOMENT).with_writing(2).without(1).save(path)
    keys.renew()
    (lost,) = [view for view in key_life.generations() if not view.on_ring]
    assert (lost.number, lost.value_count) == (1, 3)
    with pytest.raises(KeyProblem):
        key_services.check_values()


@pytest.mark.whole
@pytest.mark.django_db(transaction=True)
def test_a_job_that_is_killed_again_and_again_ends_with_everything_sealed_anew(home: Path) -> None:
    random = Random(20260514)
    ids = add(range(PEOPLE))
    rotate()
    for run in range(KILLS):
        program = _start(home, run)
        time.sleep(random.uniform(0.02, 0.08))
        program.kill()
        program.communicate()
        assert_all_are_found(range(PEOPLE), ids)
    done = json.loads(Job.objects.get().state_json)["changed"]
    assert 0 < done < PEOPLE, "the kills fell into the middle"
    ended = _start(home, KILLS)
    ended.communicate(timeout=120)
    assert ended.returncode == 0
    assert key_life.outdated_count() == 0
    assert_all_are_found(range(PEOPLE), ids)
    assert Identity.objects.count() == PEOPLE


def _start(home: Path, run: int) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "DJANGO_SETTINGS_MODULE": "tests.messaging.kill_settings",
        "KILL_TEST_DATABASE": str(connection.settings_dict["NAME"]),
        "SIYU_HOME": str(home),
    }
    command = [sys.executable, str(TARGET), str(run)]
    program = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    assert program.stdout.readline() == "ready\n"
    return program
