"""Answers to HTMX and to plain requests."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.test import RequestFactory

from siyu.ui import htmx


def test_a_redirect_suits_who_asks() -> None:
    plain = htmx.redirect(RequestFactory().get("/"), "/there/")
    assert (plain.status_code, plain["Location"]) == (302, "/there/")
    fragment = htmx.redirect(RequestFactory().get("/", headers={"HX-Request": "true"}), "/there/")
    assert (fragment.status_code, fragment["HX-Redirect"]) == (204, "/there/")


def test_a_page_lost_from_history_is_asked_for_whole() -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert htmx.is_fragment(RequestFactory().get("/", headers=headers)) is False


def test_a_toast_travels_as_ascii() -> None:
    answer = htmx.toast(HttpResponse(), "已保存", kind="good")
    assert answer["HX-Trigger"].isascii()
    assert json.loads(answer["HX-Trigger"]) == {"siyu:toast": {"text": "已保存", "kind": "good"}}
