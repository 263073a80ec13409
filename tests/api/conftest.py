"""Callers of the API: everyone of the standing cast, as a client with a token."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from siyu.api import limits
from siyu.org import services as org
from siyu.org.models import Staff


class Caller(Client):
    """A client that sends a bearer token and speaks English."""

    def __init__(self, token: str | None = None) -> None:
        super().__init__(headers={"accept-language": "en", **({"authorization": f"Bearer {token}"} if token else {})})

    def send(self, method: str, path: str, json: Any = None, **headers: str) -> Any:
        """A request with a JSON body under /api/v1."""
        extra = {"data": json, "content_type": "application/json"} if json is not None else {}
        return getattr(self, method.lower())(f"/api/v1{path}", headers=headers, **extra)


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "window", limits.Window())


@pytest.fixture
def api(owner: Staff) -> Caller:
    """Alice, by token."""
    return Caller(org.create_token(staff_id=owner.pk, label="test"))


@pytest.fixture
def stranger(db: None) -> Caller:
    return Caller()
