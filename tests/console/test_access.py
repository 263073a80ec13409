"""Invitations and reset links, and what administrators may do about other people's ways in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.support.sign_in import PASSWORD, enrol, sign_in

from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotAllowed, NotFound
from siyu.org import queries, services, signing_in
from siyu.org.contracts import SYSTEM, LinkEnded, MembershipIn, NodeKind, Reach, Viewer
from siyu.org.models import PasswordLink, Staff, StaffSession

pytestmark = pytest.mark.django_db
CHOSEN = "staple battery horse"


@pytest.fixture
def colleague(owner: Staff) -> Staff:
    """Bob, invited as an operator, without a password."""
    role = MembershipIn(queries.role_id("operator"), queries.root().id)
    pk = services.add_invited(viewer=SYSTEM, email="bob@example.com", name="Bob", memberships=[role])
    return Staff.objects.get(pk=pk)


@pytest.fixture
def stranger(owner: Staff) -> Viewer:
    """Charlie, who manages the staff of one store with a role of that store's own."""
    store = services.create_node(
        viewer=SYSTEM, parent_id=queries.root().id, kind=NodeKind.STORE, code="S1", name="S1"
    )
    role = services.create_role(
        viewer=SYSTEM, label="Head of staff", reach=Reach.SUBTREE, permissions=["staff.view", "staff.manage"]
    )
    pk, _password = services.add_staff(
        viewer=SYSTEM, email="c@example.com", name="Charlie", memberships=[MembershipIn(role, store)]
    )
    return queries.viewer_of(Staff.objects.get(pk=pk))


def invite(staff: Staff) -> str:
    (link,) = services.create_links(viewer=SYSTEM, staff_ids=[staff.pk])
    return link.token


def test_an_invitation_lets_somebody_choose_a_password_once(browser: Client, client: Client, colleague: Staff) -> None:
    page = browser.post(reverse("access-link", args=[colleague.pk]))
    text = page.content.decode()
    start = text.index("http://testserver/join/")
    address = text[start : text.index('"', start)] if '"' in text[start : start + 120] else text[start : start + 80]
    address = address.split("<")[0].strip()
    assert page["Cache-Control"] == "no-store"
    assert client.get(address).status_code == 200
    assert client.post(address, {"fresh": "short", "again": "short"}).status_code == 422
    assert client.post(address, {"fresh": CHOSEN, "again": "other than that"}).status_code == 422
    assert client.post(address, {"fresh": CHOSEN, "again": CHOSEN})["Location"] == reverse("sign-in")
    assert sign_in(client, email="bob@example.com", password=CHOSEN).status_code == 302
    again = Client().post(address, {"fresh": CHOSEN + "2", "again": CHOSEN + "2"})
    assert again.status_code == 410


def test_links_end_with_time_with_a_newer_one_and_with_the_account(colleague: Staff) -> None:
    first = invite(colleague)
    second = invite(colleague)
    for token in (first, second[:-1], "", "x" * 200):
        with pytest.raises(LinkEnded):
            services.accept_link(token=token, password=CHOSEN)
    with clock.frozen(clock.now() + timedelta(days=8)), pytest.raises(LinkEnded):
        services.accept_link(token=second, password=CHOSEN)
    services.close_staff(viewer=SYSTEM, staff_id=colleague.pk)
    with pytest.raises(LinkEnded):
        services.accept_link(token=second, password=CHOSEN)
    colleague.refresh_from_db()
    assert not colleague.has_usable_password()


def test_only_the_hash_of_a_link_is_kept(colleague: Staff) -> None:
    token = invite(colleague)
    assert token.encode() not in bytes(PasswordLink.objects.get().token_hash)


def test_a_reset_ends_sessions_when_it_is_used_not_before(browser: Client, owner: Staff) -> None:
    browser.get(reverse("account"))
    token = invite(owner)
    assert browser.get(reverse("account")).status_code == 200
    services.accept_link(token=token, password=CHOSEN)
    assert browser.get(reverse("account")).status_code == 302


def test_a_changed_password_ends_an_open_link(owner: Staff) -> None:
    token = invite(owner)
    services.set_password(staff_id=owner.pk, password=CHOSEN)
    with pytest.raises(LinkEnded):
        services.accept_link(token=token, password=CHOSEN + "2")


def test_a_closed_account_loses_its_sessions_at_once(owner: Staff, colleague: Staff) -> None:
    services.accept_link(token=invite(colleague), password=CHOSEN)
    theirs = Client()
    sign_in(theirs, email="bob@example.com", password=CHOSEN)
    assert theirs.get(reverse("account")).status_code == 200
    services.close_staff(viewer=queries.viewer_of(owner), staff_id=colleague.pk)
    assert not StaffSession.objects.filter(staff=colleague).exists()
    assert theirs.get(reverse("account")).status_code == 302


def test_an_administrator_ends_sessions_and_takes_a_lost_second_step_off(browser: Client, colleague: Staff) -> None:
    services.accept_link(token=invite(colleague), password=CHOSEN)
    colleague.refresh_from_db()
    enrol(colleague)
    theirs = Client()
    theirs.force_login(Staff.objects.get(pk=colleague.pk), backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("access-page", args=[colleague.pk])
    assert browser.get(page).status_code == 200
    browser.post(reverse("access-sign-out", args=[colleague.pk]))
    assert theirs.get(reverse("account")).status_code == 302
    browser.post(reverse("access-second-step", args=[colleague.pk]))
    assert sign_in(theirs, email="bob@example.com", password=CHOSEN)["Location"] == reverse("overview")


def test_nobody_makes_a_way_into_an_account_above_their_own(owner: Staff, colleague: Staff) -> None:
    operator = queries.viewer_of(colleague)
    attempts = (
        lambda: services.create_links(viewer=operator, staff_ids=[owner.pk]),
        lambda: services.end_sessions(viewer=operator, staff_id=owner.pk),
        lambda: services.second_step.reset(viewer=operator, staff_id=owner.pk),
        lambda: services.end_links(viewer=operator, staff_id=owner.pk),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()


def test_a_stranger_from_another_store_reaches_nobody(stranger: Viewer, owner: Staff, colleague: Staff) -> None:
    attempts = (
        lambda: services.create_links(viewer=stranger, staff_ids=[colleague.pk]),
        lambda: services.end_sessions(viewer=stranger, staff_id=colleague.pk),
        lambda: services.end_session(viewer=stranger, staff_id=colleague.pk, key="x"),
        lambda: services.second_step.reset(viewer=stranger, staff_id=colleague.pk),
        lambda: signing_in.sessions(stranger, colleague.pk),
        lambda: signing_in.access_of(stranger, colleague.pk),
    )
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert [person.name for person in signing_in.access_list(stranger).items] == ["Charlie"]


def test_one_person_cannot_end_anothers_session_through_their_own_page(browser: Client, colleague: Staff) -> None:
    services.accept_link(token=invite(colleague), password=CHOSEN)
    theirs = Client()
    sign_in(theirs, email="bob@example.com", password=CHOSEN)
    theirs.get(reverse("account"))
    (session,) = signing_in.sessions(SYSTEM, colleague.pk)
    browser.post(reverse("account-session-end", args=[session.key]))
    assert theirs.get(reverse("account")).status_code == 200


def test_the_export_has_a_working_link_for_each_who_waits(browser: Client, client: Client, colleague: Staff) -> None:
    Staff.objects.filter(pk=colleague.pk).update(name="=cmd()")
    answer = browser.post(reverse("access-links"))
    lines = answer.content.decode("utf-8-sig").strip().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("'=cmd()")
    assert client.get(lines[1].split(",")[2]).status_code == 200


def test_the_list_asks_the_same_for_one_row_and_three(browser: Client, owner: Staff) -> None:
    role = MembershipIn(queries.role_id("guide"), queries.root().id)
    counts = []
    for number in range(3):
        services.add_invited(viewer=SYSTEM, email=f"g{number}@example.com", name=f"G{number}", memberships=[role])
        services.create_links(viewer=SYSTEM, staff_ids=signing_in.uninvited(SYSTEM))
        browser.get(reverse("access"))
        with CaptureQueriesContext(connection) as asked:
            page = browser.get(reverse("access"), {"show": "waiting"})
        assert page.content.decode().count("@example.com") - 1 == number + 1, "the owner stands in the menu"
        counts.append(len(asked))
    assert len(set(counts)) == 1


def test_the_last_five_passwords_are_not_taken_again(owner: Staff) -> None:
    words = [PASSWORD, *(f"{CHOSEN} {number}" for number in range(5))]
    for word in words[1:]:
        services.set_password(staff_id=owner.pk, password=word)
    for word in words[1:]:
        with pytest.raises(InvalidInput):
            services.set_password(staff_id=owner.pk, password=word)
    services.set_password(staff_id=owner.pk, password=words[0])
