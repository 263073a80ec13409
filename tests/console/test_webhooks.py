"""Webhooks in the console: made, tried, sent again, switched."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from tests.webhooks.conftest import Receiver, _sandbox, receiver

from siyu.org import services as org
from siyu.org.contracts import SYSTEM
from siyu.org.models import Staff
from siyu.webhooks import queries, sending
from siyu.webhooks.contracts import DeliveryState, EndpointState

__all__ = ["_sandbox", "receiver"]
pytestmark = pytest.mark.django_db(transaction=True)


def made(browser: Client, receiver: Receiver) -> int:
    answer = browser.post(reverse("webhook-new"), {"name": "ERP", "url": receiver.url, "events": ["*"]})
    assert re.search(r"whsec_[\w-]{20,}", answer.content.decode())
    return queries.endpoints(SYSTEM)[0].id


def test_a_webhook_is_made_tried_and_its_answer_shown(browser: Client, receiver: Receiver) -> None:
    webhook_id = made(browser, receiver)
    browser.post(reverse("webhook-ping", args=[webhook_id]))
    sending.serve(webhook_id)
    (delivery,) = queries.deliveries(SYSTEM, webhook_id).items
    english = {"accept-language": "en"}
    page = browser.get(reverse("webhook", args=[webhook_id]), {"delivery": delivery.id}, headers=english)
    text = page.content.decode()
    assert "Trial message" in text
    assert "What was answered" in text
    assert "siyu.ping" in text
    assert "whsec_" not in text
    assert browser.get(reverse("webhook", args=[webhook_id]), {"delivery": 999}).status_code == 404
    assert browser.get(reverse("webhook", args=[webhook_id]), {"state": "failed"}).status_code == 200


def test_switching_sending_again_and_renewing(browser: Client, receiver: Receiver) -> None:
    webhook_id = made(browser, receiver)
    browser.post(reverse("webhook-ping", args=[webhook_id]))
    sending.serve(webhook_id)
    delivery_id = queries.deliveries(SYSTEM, webhook_id).items[0].id
    replay = reverse("webhook-replay", args=[webhook_id])
    browser.post(replay, {"delivery": delivery_id})
    assert queries.delivery(SYSTEM, delivery_id).state is DeliveryState.WAITING
    sending.serve(webhook_id)
    assert browser.post(replay, {"from": "2000-01-01", "to": "2100-01-01", "what": "all"}).status_code == 302
    assert queries.delivery(SYSTEM, delivery_id).state is DeliveryState.WAITING
    assert browser.post(replay, {"from": "soon", "to": "2026-99-99"}).status_code == 302
    assert browser.post(replay, {"delivery": "999999"}).status_code == 404
    browser.post(reverse("webhook-switch", args=[webhook_id]))
    assert queries.endpoint(SYSTEM, webhook_id).state is EndpointState.OFF
    browser.post(reverse("webhook-switch", args=[webhook_id]))
    assert queries.endpoint(SYSTEM, webhook_id).state is EndpointState.ACTIVE
    assert "whsec_" in browser.post(reverse("webhook-secret", args=[webhook_id])).content.decode()


def test_the_form_says_what_is_wrong_and_two_editors_do_not_overwrite(browser: Client, receiver: Receiver) -> None:
    webhook_id = made(browser, receiver)
    edit = reverse("webhook-edit", args=[webhook_id])
    bad = browser.post(reverse("webhook-new"), {"name": "X", "url": "ftp://x", "events": ["*"]})
    assert (bad.status_code, "ftp://x" in bad.content.decode()) == (422, True)
    fresh = {"name": "ERP 2", "url": receiver.url, "events": ["org.node_changed"], "version": "1"}
    assert browser.post(edit, fresh).status_code == 302
    assert browser.post(edit, fresh).status_code == 409
    assert queries.endpoint(SYSTEM, webhook_id).events == ("org.node_changed",)
    assert 'value="org.node_changed" checked' in browser.get(edit).content.decode()


def test_an_operator_is_refused(client: Client, db: None) -> None:
    staff_id = org.create_staff(email="o@example.com", name="O", password="correct horse battery", role="operator")
    client.force_login(Staff.objects.get(pk=staff_id), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("webhooks")).status_code == 403
    assert client.post(reverse("webhook-new")).status_code == 403
