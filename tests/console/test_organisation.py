"""Places, staff, roles, files and the scope switch, as a browser uses them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.support.organisation import NODE_FILE, Chain, person

from siyu.org import queries
from siyu.org.contracts import SYSTEM
from siyu.org.models import Membership, Node, Role, Staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(db: None) -> Chain:
    return Chain.make()


def _signed_in(staff_id: int | None) -> Client:
    client = Client()
    client.force_login(Staff.objects.get(pk=staff_id), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_tree_is_walked_level_by_level(browser: Client, chain: Chain) -> None:
    top = browser.get(reverse("places")).content.decode()
    assert reverse("place", args=[chain.company]) in top
    assert "华东" not in top
    below = browser.get(reverse("place", args=[chain.company])).content.decode()
    assert "华东" in below
    assert "徐汇店" not in below
    found = browser.get(reverse("places"), {"q": "徐汇"}).content.decode()
    assert reverse("place", args=[chain.east_store]) in found


@pytest.mark.parametrize("count", [1, 3])
def test_a_level_costs_the_same_for_any_length(
    browser: Client, chain: Chain, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        chain.store(f"N{number}")
    browser.get(reverse("place", args=[chain.east]))
    with django_assert_num_queries(14):
        browser.get(reverse("place", args=[chain.east]))


def test_a_place_is_added_renamed_moved_closed_and_removed(browser: Client, chain: Chain) -> None:
    new = {"kind": "store", "name": "静安店", "code": "E2", "city": "上海"}
    assert browser.post(reverse("place", args=[chain.east]), new).status_code == 302
    place = Node.objects.get(code="E2")
    edit = {"name": "静安大宁店", "code": "E2", "city": "上海", "above": "W", "version": place.version}
    assert browser.post(reverse("place-edit", args=[place.pk]), edit).status_code == 302
    place.refresh_from_db()
    assert (place.name, place.parent_id) == ("静安大宁店", chain.west)
    assert browser.post(reverse("place-edit", args=[place.pk]), edit).status_code == 409
    browser.post(reverse("place-state", args=[place.pk]))
    assert not Node.objects.get(code="E2").is_active
    browser.post(reverse("place-delete", args=[place.pk]))
    assert not Node.objects.filter(code="E2").exists()


def test_what_is_wrong_is_said_at_the_form(browser: Client, chain: Chain) -> None:
    taken = {"kind": "store", "name": "x", "code": "E1"}
    answer = browser.post(reverse("place", args=[chain.east]), taken, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "E1 is taken" in answer.content.decode()


def test_somebody_is_added_and_signs_in_with_the_password_shown(browser: Client, client: Client, chain: Chain) -> None:
    guide = queries.role_id("guide")
    new = {"name": "陈可", "email": "chen@example.com", "role_0": guide, "place_0": "E1"}
    shown = browser.post(reverse("staff-new"), new)
    password = shown.context["password"]
    assert password in shown.content.decode()
    signed_in = client.post(reverse("sign-in"), {"username": "chen@example.com", "password": password})
    assert signed_in.status_code == 302
    assert Membership.objects.get(staff__email="chen@example.com").node_id == chain.east_store


def test_a_code_that_leads_nowhere_is_named_at_its_field(browser: Client, chain: Chain) -> None:
    new = {"name": "X", "email": "x@example.com", "role_0": queries.role_id("guide"), "place_0": "nowhere"}
    answer = browser.post(reverse("staff-new"), new)
    assert answer.status_code == 422
    assert "nowhere" in answer.content.decode()
    assert not Staff.objects.filter(email="x@example.com").exists()


def test_roles_of_a_person_change_and_names_are_never_html(browser: Client, chain: Chain) -> None:
    viewer = person("guide", chain.east_store)
    bob = Staff.objects.get(pk=viewer.staff_id)
    form = {"name": "<script>alert(1)</script>", "title": "=1+1", "version": bob.version,
            "role_0": queries.role_id("store_manager"), "place_0": "E"}  # fmt: skip
    assert browser.post(reverse("staff-member", args=[bob.pk]), form).status_code == 302
    assert "<script>alert" not in browser.get(reverse("staff")).content.decode()
    assert Membership.objects.get(staff=bob).role.key == "store_manager"


def test_an_own_role_is_copied_changed_and_removed(browser: Client, chain: Chain) -> None:
    copied = browser.get(f"{reverse('role-new')}?copy={queries.role_id('guide')}").context["form"]
    new = {"label": "Cashier", "reach": "subtree", "permissions": sorted(copied.chosen), "version": 1}
    assert browser.post(reverse("role-new"), new).status_code == 302
    role = Role.objects.get(label="Cashier")
    changed = {"label": "Cashier", "reach": "own", "permissions": ["customers.view"], "version": 1}
    assert browser.post(reverse("role", args=[role.pk]), changed).status_code == 302
    assert browser.post(reverse("role", args=[role.pk]), changed).status_code == 409
    browser.post(reverse("role-delete", args=[role.pk]))
    assert not Role.objects.filter(label="Cashier").exists()


def test_a_file_is_shown_first_and_taken_then(browser: Client, chain: Chain) -> None:
    address = reverse("organisation-file", args=["places"])
    upload = SimpleUploadedFile("places.csv", NODE_FILE.encode())
    tried = browser.post(address, {"file": upload})
    assert (tried.context["result"].created_count, Node.objects.filter(code="S1").exists()) == (3, False)
    done = browser.post(address, {"tried": tried.context["tried"]})
    assert (done.context["done"], Node.objects.filter(code="S1").exists()) == (True, True)
    assert browser.post(address, {"tried": "no base64"}).status_code == 422
    assert browser.get(reverse("organisation-sample", args=["places"])).content.startswith("\ufeff".encode())


def test_the_switch_narrows_the_console_and_is_forgotten_with_the_right(chain: Chain) -> None:
    viewer = person("store_manager", chain.east)
    browser = _signed_in(viewer.staff_id)
    assert browser.post(reverse("ui-scope"), {"scope": chain.west}).status_code == 404
    browser.post(reverse("ui-scope"), {"scope": chain.east_store, "next": reverse("customers")})
    page = browser.get(reverse("customers"))
    assert "徐汇店" in page.content.decode()
    Membership.objects.filter(staff_id=viewer.staff_id).update(node_id=chain.west)
    assert "徐汇店" not in browser.get(reverse("customers")).content.decode()
    for next_url in ("https://evil.example/", "//evil.example"):
        assert browser.post(reverse("ui-scope"), {"scope": "", "next": next_url})["Location"] == "/"


def test_pages_of_others_do_not_exist(chain: Chain) -> None:
    viewer, other = person("store_manager", chain.east), person("guide", chain.west_store)
    browser = _signed_in(viewer.staff_id)
    assert browser.get(reverse("place", args=[chain.west])).status_code == 404
    assert browser.get(reverse("staff-member", args=[other.staff_id])).status_code == 404
    assert browser.get(reverse("place", args=[chain.east_store])).status_code == 200
    assert queries.node(SYSTEM, chain.west).name == "西南"
