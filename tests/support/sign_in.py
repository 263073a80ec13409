"""Signing in as a browser does, and an authenticator app."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
from django.test import Client
from django.urls import reverse

from siyu.kernel import clock
from siyu.org import queries, services
from siyu.org.models import Staff

ADDRESS = "alice@example.com"
PASSWORD = "correct horse battery"


def sign_in(client: Client, *, email: str = ADDRESS, password: str = PASSWORD) -> Any:
    return client.post(reverse("sign-in"), {"username": email, "password": password})


def enrol(staff: Staff) -> tuple[str, list[str]]:
    """Sets a second step up, some time ago, so that the code of now is not spent; returns secret and recovery codes."""
    viewer = queries.viewer_of(staff)
    with clock.frozen(clock.now() - timedelta(minutes=10)):
        secret = services.second_step.begin(viewer=viewer).secret
        return secret, services.second_step.confirm(viewer=viewer, code=present_code(secret))


def present_code(secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now())
