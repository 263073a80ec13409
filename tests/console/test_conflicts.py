"""Two people edit the same thing: the later one sees both versions and chooses; nothing is replaced unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from tests.support import messaging

from siyu.audiences import queries as audiences
from siyu.audiences import services as audience_services
from siyu.kernel import clock
from siyu.org import queries, services
from siyu.org.contracts import SYSTEM, NodeKind, Reach
from siyu.org.models import Staff
from siyu.org.services.tasks import create_task
from siyu.webhooks import services as webhooks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse")]
ENGLISH = {"Accept-Language": "en"}
RULE = '{"all": [{"leaf": "order_count", "op": ">=", "value": %d}]}'


@dataclass(frozen=True)
class Edited:
    """A form: where it is posted, two ways to fill it in, and the differing field as both show it."""

    address: str
    first: dict[str, Any]
    second: dict[str, Any]
    label: str
    shown: tuple[str, str]
    version: int = 1
    signed: bool = True


def place(owner: Staff) -> Edited:
    node_id = services.create_node(
        viewer=SYSTEM, parent_id=queries.root().id, kind=NodeKind.STORE, name="Shop", code="S", city=""
    )
    body = {"name": "Shop", "code": "S", "above": queries.root().code}
    return Edited(
        reverse("place-edit", args=[node_id]), body | {"city": "Hangzhou"}, body | {"city": "Ningbo"}, "City",
        ("Ningbo", "Hangzhou"), queries.node(SYSTEM, node_id).version,
    )  # fmt: skip


def staff(owner: Staff) -> Edited:
    guide = next(role for role in queries.roles(SYSTEM) if role.key == "guide")
    staff_id, _password = services.add_staff(viewer=SYSTEM, email="b@example.com", name="Bo", title="", memberships=[])
    body = {"name": "Bo", "title": ""}
    return Edited(
        reverse("staff-member", args=[staff_id]), body | {"role_0": str(guide.id), "place_0": ""}, body, "Roles",
        ("", "Guide"), queries.staff_member(SYSTEM, staff_id).version,
    )  # fmt: skip


def role(owner: Staff) -> Edited:
    role_id = services.create_role(viewer=SYSTEM, label="Own", reach=Reach.OWN, permissions=[])
    body = {"label": "Own", "permissions": []}
    return Edited(
        reverse("role", args=[role_id]), body | {"reach": "all"}, body | {"reach": "subtree"}, "Sees",
        ("Customers of the place and below", "All customers"),
    )  # fmt: skip


def webhook(owner: Staff) -> Edited:
    made = webhooks.create_endpoint(viewer=SYSTEM, name="ERP", url="https://shop.example.cn/", events=["*"])
    body = {"name": "ERP", "url": "https://shop.example.cn/"}
    return Edited(
        reverse("webhook-edit", args=[made.id]), body | {"events": ["commerce.order_paid"]}, body | {"events": ["*"]},
        "Events", ("All events", "Order paid"),
    )  # fmt: skip


def plan(owner: Staff) -> Edited:
    account_id = messaging.account()
    plan_id = messaging.plan([], account_id)
    audience_id = audiences.audiences(SYSTEM)[0].id
    body = {
        "name": "Recall", "audience": audience_id, "account": account_id, "text": messaging.TEXT,
        "target_url": messaging.TARGET, "window_days": "14",
    }  # fmt: skip
    return Edited(
        reverse("plan-edit", args=[plan_id]), body | {"holdout_percent": "30"}, body | {"holdout_percent": "40"},
        "Held out", ("40", "30"),
    )  # fmt: skip


def audience(owner: Staff) -> Edited:
    audience_id = audience_services.create_audience(
        viewer=SYSTEM, name="All", rule={"leaf": "order_count", "op": ">=", "value": 1}
    )
    body = {"form": "text", "text": RULE % 2}
    return Edited(
        reverse("audience-save", args=[audience_id]), body | {"name": "Twice"}, body | {"name": "Often"}, "Name",
        ("Often", "Twice"),
    )  # fmt: skip


def hours(owner: Staff) -> Edited:
    week = {f"day_{number}": "10:00-22:00" for number in range(7)}
    return Edited(
        reverse("calendar-hours"), week, week | {"day_1": "9:00-12:00"}, "Tuesday", ("09:00–12:00", "10:00–22:00"),
        version=0, signed=False,
    )  # fmt: skip


def sign_in(owner: Staff) -> Edited:
    body = {"absolute_hours": "100", "roles": []}
    return Edited(
        reverse("settings-sign-in"), body | {"idle_minutes": "60"}, body | {"idle_minutes": "90"},
        "End a session after idle minutes", ("90", "60"), version=0, signed=False,
    )  # fmt: skip


def task(owner: Staff) -> Edited:
    staff_id, _password = services.add_staff(viewer=SYSTEM, email="b@example.com", name="Bo", title="", memberships=[])
    task_id = create_task(
        viewer=queries.viewer_of(owner), kind="follow_up", title="Call", due_at=clock.now() + timedelta(days=1)
    )
    return Edited(
        reverse("task-reassign", args=[task_id]), {"people": [staff_id]}, {"people": [owner.pk]}, "Who does it",
        ("Me", "Bo"), signed=False,
    )  # fmt: skip


def approval(owner: Staff) -> Edited:
    def body(people: str) -> dict[str, str]:
        return {"kind": "plan.launch", "plan.launch-people_from": people, "plan.launch-cost_from": ""}

    return Edited(
        reverse("approval-rules"), body("100"), body("200"), "From so many people on", ("200", "100"), version=0,
        signed=False,
    )  # fmt: skip


@pytest.mark.parametrize("made", [place, staff, role, webhook, plan, audience, hours, sign_in, task, approval])
def test_the_later_editor_sees_both_and_keeps_theirs(
    browser: Client, owner: Staff, made: Callable[[Staff], Edited]
) -> None:
    edited = made(owner)
    version = str(edited.version)
    assert browser.post(edited.address, edited.first | {"version": version}).status_code in (200, 302)
    refused = browser.post(edited.address, edited.second | {"version": version}, headers=ENGLISH)
    assert refused.status_code == 409
    conflict = _conflict(refused)
    told = [(str(one.label), (one.mine, one.theirs)) for one in conflict.differences]
    assert told == [(edited.label, edited.shown)]
    assert conflict.who == ("Alice" if edited.signed else "")
    text = refused.content.decode()
    assert "Somebody else has saved this meanwhile" in text
    assert f'name="version" value="{version}"' in text
    again = browser.post(edited.address, edited.second | {"version": [version, str(conflict.version)]})
    assert again.status_code in (200, 302)
    assert browser.get(conflict.theirs_url).status_code == 200


def _conflict(answer: Any) -> Any:
    found = [layer.get(name) for layer in answer.context for name in ("conflict", "hours_conflict") if name in layer]
    rules = [rule.get("conflict") for layer in answer.context for rule in layer.get("rules") or ()]
    return next(one for one in [*found, *rules] if one)


@pytest.mark.parametrize("made", [place, role])
def test_a_refused_form_is_marked_and_keeps_its_version(
    browser: Client, owner: Staff, made: Callable[[Staff], Edited]
) -> None:
    edited = made(owner)
    fresh = browser.get(edited.address).content.decode()
    assert f'data-draft="{owner.pk}"' in fresh
    assert "data-draft-unsaved" not in fresh
    empty = edited.first | {"name": "", "label": "", "version": "1"}
    refused = browser.post(edited.address, empty).content.decode()
    assert "data-draft-unsaved" in refused


def test_only_a_form_that_was_taken_in_is_told_to_be_forgotten(browser: Client, owner: Staff) -> None:
    edited, token = place(owner), {"draft_token": "ab" * 16}
    first = edited.first | {"version": str(edited.version)}
    second = edited.second | {"version": str(edited.version + 1)}
    assert "siyu_saved" not in _sent(browser, edited.address, first | token | {"version": "9"}).cookies
    assert "siyu_saved" not in _sent(Client(), edited.address, first | token).cookies
    odd = _sent(browser, edited.address, first | {"draft_token": "x; path=/"})
    assert (odd.status_code, "siyu_saved" in odd.cookies) == (302, False)
    saved = _sent(browser, edited.address, second | token)
    assert (saved.status_code, saved.cookies["siyu_saved"].value) == (302, "ab" * 16)


def _sent(client: Client, address: str, body: dict[str, Any]) -> Any:
    """A form as browsers send it; the test client would make an upload of it."""
    return client.post(address, urlencode(body), content_type="application/x-www-form-urlencoded")


def test_a_stranger_who_posts_comes_back_to_the_form(owner: Staff) -> None:
    address = reverse("audience-create")
    inside = Client().post(address, headers={"Referer": "http://testserver/audiences/new/?rule=1"})
    assert inside["Location"].endswith("next=/audiences/new/%3Frule%3D1")
    outside = Client().post(address, headers={"Referer": "https://elsewhere.example/audiences/"})
    assert outside["Location"].endswith(f"next={address}")
