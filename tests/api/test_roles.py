"""Every operation × every system role: refused with 403 unless the role has a permission that the operation names."""

from __future__ import annotations

from typing import Any

import pytest
from tests.api.conftest import Caller
from tests.api.test_admission import METHODS, _send, _with_ids

from siyu.api import limits
from siyu.api.application import api as application
from siyu.org import services
from siyu.org.access import SIGNED_IN
from siyu.org.roles import OWNER, SYSTEM_ROLES, permissions_of

pytestmark = pytest.mark.django_db


def _needed() -> dict[tuple[str, str], frozenset[str]]:
    """(method, address) → the permissions that the operation names."""
    import siyu.api.urls  # noqa: F401  binds the routers

    found = {}
    for prefix, router in application._routers:
        for path, view in router.path_operations.items():
            address = _with_ids("/api" + (prefix + path).replace("int:", ""))
            for operation in view.operations:
                held: list[Any] = list(operation.auth_callbacks)
                named = frozenset(p for callback in held for p in callback._permissions)
                found.update({(method.lower(), address): named for method in operation.methods})
    return found


NEEDED = _needed()


def test_every_operation_names_what_it_needs() -> None:
    assert len(NEEDED) > 30
    assert {key for key, needed in NEEDED.items() if not needed} == set()
    assert {method for method, _path in NEEDED} <= set(METHODS)


@pytest.mark.parametrize("role", [*SYSTEM_ROLES, ""])
def test_every_operation_against_a_role(db: None, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    staff_id = services.create_staff(email="x@example.com", name="X", password="correct horse battery", role=role)
    caller = Caller(services.create_token(staff_id=staff_id, label="x"))
    held = permissions_of(role) if role else frozenset[str]()
    wrong = []
    for (method, path), needed in NEEDED.items():
        if path.endswith("/me/tokens"):
            continue
        monkeypatch.setattr(limits, "window", limits.Window())
        expected = role == OWNER or SIGNED_IN in needed or bool(held & needed)
        answer = _send(caller, method, path)
        refused = answer.status_code == 403 and answer.json()["code"] == "not_allowed"
        if refused == expected:
            wrong.append((method, path, answer.status_code))
    assert wrong == []
