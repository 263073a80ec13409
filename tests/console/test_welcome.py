"""The first-run wizard: for whoever has the code, once, and all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from siyu.kernel import keys, setup_code
from siyu.org import queries
from siyu.org.contracts import SYSTEM
from siyu.org.models import Node, Staff

pytestmark = pytest.mark.django_db
PASSWORD = "staple battery horse"


@pytest.fixture
def home(tmp_path: Path, settings: LazySettings) -> Iterator[Path]:
    settings.SIYU = settings.SIYU.model_copy(update={"home": tmp_path})
    keys.renew()
    yield tmp_path
    keys.renew()


@pytest.fixture
def code(home: Path) -> str:
    return setup_code.ensure(home)


def answers(code: str, **changes: Any) -> dict[str, Any]:
    return {
        "code": code, "owner_name": "林晓", "owner_email": "lin@example.com", "password": PASSWORD,
        "company": "鲜果里食品", "brand": "鲜果里", "zone": "Asia/Urumqi", "language": "zh-hans",
        "places": "E001,徐汇店,上海\nE002，静安店", **changes,
    }  # fmt: skip


def test_the_wizard_founds_signs_in_and_is_gone(client: Client, home: Path, code: str) -> None:
    (home / "siyu.env").write_text("# mine\nSIYU_WEB_PORT=9000\nSIYU_ZONE=UTC\n")
    assert client.get("/")["Location"] == reverse("welcome")
    assert client.get(reverse("sign-in"))["Location"] == reverse("welcome")
    assert client.get(reverse("welcome")).status_code == 200
    typed = code.lower().replace("-", " ")
    assert client.post(reverse("welcome"), answers(typed))["Location"] == reverse("overview")
    assert client.get(reverse("account")).status_code == 200
    assert queries.viewer_of(Staff.objects.get()).roles == {"owner"}
    assert queries.root().name == "鲜果里食品"
    names = {node.code: (node.name, node.city, node.depth) for node in queries.nodes(SYSTEM)}
    assert names["brand"] == ("鲜果里", "", 1)
    assert names["E001"] == ("徐汇店", "上海", 2)
    assert names["E002"] == ("静安店", "", 2)
    lines = (home / "siyu.env").read_text().splitlines()
    assert lines == ["# mine", "SIYU_WEB_PORT=9000", "SIYU_ZONE=Asia/Urumqi", "SIYU_LANGUAGE=zh-hans"]
    assert setup_code.read(home) == ""
    for method in ("get", "post"):
        assert getattr(Client(), method)(reverse("welcome"), answers(code)).status_code == 404
    assert Staff.objects.count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "AAAA-BBBB-CCCC"}, {"code": ""}, {"password": "12345678"}, {"owner_email": "no address"},
        {"company": " "}, {"zone": "Mars/Base"}, {"language": "xx"}, {"places": "E001,a\nE001,b"},
        {"places": "\n".join(f"P{n},p" for n in range(51))}, {"password": "lin@example.com"},
        {"places_file": SimpleUploadedFile("p.csv", b"code,name,kind\nX1,One,castle\n")},
        {"places_file": SimpleUploadedFile("p.csv", b"\xff\xfe\x00")},
    ],
)  # fmt: skip
def test_what_cannot_be_taken_changes_nothing(client: Client, home: Path, code: str, changes: dict[str, Any]) -> None:
    before = Node.objects.count()
    response = client.post(reverse("welcome"), answers(code) | changes)
    assert response.status_code == 422
    assert PASSWORD not in response.content.decode()
    assert not Staff.objects.exists()
    assert Node.objects.count() == before
    assert queries.root().name != "鲜果里食品"
    assert setup_code.read(home) == code
    assert not (home / "siyu.env").exists()


def test_a_file_of_places_is_taken_too(client: Client, code: str) -> None:
    file = SimpleUploadedFile("p.csv", "code,name,kind,parent\nN,华北,region,\nN1,一店,store,N\n".encode())
    assert client.post(reverse("welcome"), answers(code, places="", places_file=file)).status_code == 302
    assert {"N", "N1"} <= {node.code for node in queries.nodes(SYSTEM)}


def test_without_a_printed_code_there_is_no_wizard(client: Client, home: Path) -> None:
    assert client.get(reverse("welcome")).status_code == 404
    assert client.get("/")["Location"].startswith(reverse("sign-in"))


def test_an_installation_with_staff_has_no_wizard_whatever_lies_there(client: Client, code: str, owner: Staff) -> None:
    assert client.get(reverse("welcome")).status_code == 404
    assert client.post(reverse("welcome"), answers(code)).status_code == 404
    assert client.get(reverse("sign-in")).status_code == 200


def test_the_code_is_private_and_stays_the_same(home: Path, code: str) -> None:
    assert setup_code.ensure(home) == code
    assert (home / setup_code.FILE_NAME).stat().st_mode & 0o077 == 0
    assert not setup_code.matches(home, "")
    setup_code.end(home)
    assert not setup_code.matches(home, "")
    assert not setup_code.matches(home, code)
