"""Every matter of signing in leaves an entry that says who, to whom, from where, and what it was before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import translation
from tests.support.organisation import PASSWORD, Chain, person
from tests.support.sign_in import enrol, present_code

from siyu.audit.models import Entry
from siyu.audit.registries import ACTIONS, KINDS
from siyu.kernel import clock, keys
from siyu.kernel.registry import Registry
from siyu.org import actions, queries, services, signing_in
from siyu.org.contracts import Viewer
from siyu.org.models import Staff, StaffSession
from siyu.org.services import approvals, key_life

FRESH = "a better horse battery"
TOLD = {"via": "session", "origin": "10.0.0.7", "trace_id": "ab" * 16}


@pytest.fixture
def home(tmp_path: Path, settings: LazySettings) -> Iterator[Path]:
    """A ring of this test's own."""
    settings.SIYU = settings.SIYU.model_copy(update={"home": tmp_path})
    keys.renew()
    yield tmp_path
    keys.renew()


@pytest.fixture
def boss(owner: Staff) -> Viewer:
    return queries.viewer_of(owner, **TOLD)


@pytest.fixture
def clerk(chain: Chain) -> Staff:
    return Staff.objects.get(pk=person("store_manager", chain.east_store, "clerk@example.com").staff_id)


def session(staff: Staff) -> StaffSession:
    moment = clock.now()
    return StaffSession.objects.create(
        session_key=f"key{StaffSession.objects.count()}", session_data="", expire_date=moment.replace(year=2100),
        staff_id=staff.pk, created_at=moment, seen_at=moment, address="10.1.1.1", agent="Firefox",
    )  # fmt: skip


def last(action: str) -> tuple[Entry, Mapping[str, Any], Mapping[str, Any]]:
    """The newest entry, which has to be of this action."""
    row = Entry.objects.order_by("-pk")[0]
    assert row.action == action
    return row, json.loads(row.before_json), json.loads(row.after_json)


def assert_by(row: Entry, viewer: Viewer, target: Staff) -> None:
    assert (row.staff_id, row.via, row.origin, row.trace_id) == (viewer.staff_id, *TOLD.values())
    assert (row.object_kind, row.object_id, row.object_label) == ("staff", str(target.pk), target.name)


def test_second_step_set_up_renewed_and_switched_off(clerk: Staff) -> None:
    viewer = queries.viewer_of(clerk, **TOLD)
    session(clerk)
    secret = services.second_step.begin(viewer=viewer).secret
    services.second_step.confirm(viewer=viewer, code=present_code(secret))
    row, before, after = last(actions.SECOND_STEP_ON)
    assert_by(row, viewer, clerk)
    assert (before, after) == ({"second_step": False}, {"second_step": True, "session_count": 1})
    codes = services.second_step.renew_recovery_codes(viewer=viewer, password=PASSWORD)
    row, before, after = last(actions.RECOVERY_CODES)
    assert_by(row, viewer, clerk)
    assert after == {"code_count": 10, "replaced_count": 10}
    services.second_step.turn_off(viewer=viewer, password=PASSWORD)
    row, before, after = last(actions.SECOND_STEP_OFF)
    assert_by(row, viewer, clerk)
    assert (before["second_step"], after["second_step"]) == (True, False)
    kept = str(list(Entry.objects.values_list()))
    assert secret not in kept
    assert codes[0] not in kept


def test_second_step_taken_away_by_an_administrator(boss: Viewer, clerk: Staff) -> None:
    enrol(clerk)
    session(clerk)
    services.second_step.reset(viewer=boss, staff_id=clerk.pk)
    row, before, after = last(actions.SECOND_STEP_RESET)
    assert_by(row, boss, clerk)
    assert (before, after) == ({"second_step": True}, {"second_step": False, "session_count": 1})


def test_password_changed(clerk: Staff) -> None:
    viewer = queries.viewer_of(clerk, **TOLD)
    services.change_password(viewer=viewer, present=PASSWORD, password=FRESH)
    assert_by(last(actions.PASSWORD_SET)[0], viewer, clerk)
    assert FRESH not in str(list(Entry.objects.values_list()))


def test_links_made_used_and_ended(boss: Viewer, clerk: Staff) -> None:
    services.create_links(viewer=boss, staff_ids=[clerk.pk])
    row, _before, after = last(actions.LINK_CREATED)
    assert_by(row, boss, clerk)
    assert after["purpose"] == "reset"
    services.end_links(viewer=boss, staff_id=clerk.pk)
    row, _before, after = last(actions.LINKS_ENDED)
    assert_by(row, boss, clerk)
    (link,) = services.create_links(viewer=boss, staff_ids=[clerk.pk])
    services.accept_link(token=link.token, password=FRESH, **TOLD)
    used, password = Entry.objects.order_by("-pk")[:2][::-1]
    assert (used.action, password.action) == (actions.LINK_USED, actions.PASSWORD_SET)
    for row in (used, password):
        assert_by(row, queries.viewer_of(clerk), clerk)
    assert link.token not in str(list(Entry.objects.values_list()))


def test_sessions_ended(boss: Viewer, clerk: Staff) -> None:
    first = session(clerk)
    services.end_session(viewer=boss, staff_id=clerk.pk, key=signing_in.session_name(first.session_key))
    row, before, _after = last(actions.SESSIONS_ENDED)
    assert_by(row, boss, clerk)
    assert (before["address"], before["agent"]) == ("10.1.1.1", "Firefox")
    own = queries.viewer_of(clerk, **TOLD)
    session(clerk)
    session(clerk)
    services.end_sessions(viewer=own, staff_id=clerk.pk)
    row, before, _after = last(actions.SESSIONS_ENDED)
    assert_by(row, own, clerk)
    assert before == {"session_count": 2}
    count = Entry.objects.count()
    services.end_sessions(viewer=own, staff_id=clerk.pk)
    assert Entry.objects.count() == count, "nothing ended, nothing is told"


def test_tokens_made_and_ended(clerk: Staff) -> None:
    viewer = queries.viewer_of(clerk, **TOLD)
    token = services.create_token(staff_id=clerk.pk, label="till", days=9, viewer=viewer)
    row, _before, after = last(actions.TOKEN_CREATED)
    assert_by(row, viewer, clerk)
    assert after == {"label": "till", "days": 9}
    services.revoke_token(viewer=viewer, token_id=signing_in.tokens(viewer)[0].id)
    assert_by(last(actions.TOKENS_REVOKED)[0], viewer, clerk)
    assert token not in str(list(Entry.objects.values_list()))


def test_rules_for_signing_in(boss: Viewer) -> None:
    services.save_sign_in_rules(viewer=boss, version=0, roles=["owner"], idle_minutes=60, absolute_hours=9)
    services.save_sign_in_rules(viewer=boss, version=1, roles=["owner"], idle_minutes=30, absolute_hours=9)
    row, before, after = last(actions.SIGN_IN_RULES_CHANGED)
    assert (row.staff_id, row.origin) == (boss.staff_id, TOLD["origin"])
    assert (before, after) == ({"idle_minutes": 60}, {"idle_minutes": 30})
    assert json.loads(Entry.objects.filter(action=row.action)[0].after_json)["second_step_roles"] == ["owner"]


def test_keys_changed(home: Path, boss: Viewer, clerk: Staff) -> None:
    enrol(clerk)
    key_life.rotate_keys(settle_seconds=0, viewer=boss)
    row, before, after = last(actions.ENCRYPTION_KEY_CREATED)
    assert (row.staff_id, row.object_id, before, after) == (boss.staff_id, "2", {"writing": 1}, {"writing": 2})
    services.second_step.reset(viewer=boss, staff_id=clerk.pk)
    key_life.retire_key(number=1, settle_seconds=0, viewer=boss)
    row, before, after = last(actions.ENCRYPTION_KEY_RETIRED)
    assert (row.object_id, before, after) == ("1", {"on_ring": True}, {"on_ring": False})


def test_approvals(boss: Viewer) -> None:
    approvals.set_rule(viewer=boss, kind="plan.launch", people_from=10, cost_fen_from=None, version=0)
    row, before, after = last(actions.APPROVAL_RULE)
    assert (row.object_id, before, after) == ("plan.launch", {"people_from": None}, {"people_from": 10})


@pytest.mark.parametrize("found", [ACTIONS, KINDS], ids=["verbs", "kinds"])
def test_every_word_of_the_log_is_translated(found: Registry[Any]) -> None:
    with translation.override("zh-hans"):
        for word in found:
            assert translation.gettext(word.label) != word.label, word.key
