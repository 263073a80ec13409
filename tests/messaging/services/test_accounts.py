"""SMS accounts: possible limits only, approved texts, a check that sends nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import time

import pytest
from tests.support import messaging as brand
from tests.support.messaging import StandIn

from siyu.kernel.errors import InvalidInput, NotFound
from siyu.messaging import queries, services
from siyu.messaging.contracts import NoSuchProvider, SendingWindow
from siyu.messaging.queries import provider_for
from siyu.org.contracts import SYSTEM

pytestmark = pytest.mark.django_db


def test_defaults_are_the_careful_ones():
    account_id = services.save_sms_account(name="Main", sign_name="鲜果里")
    view = queries.sms_account(SYSTEM, account_id)
    assert view.window == SendingWindow(time(8), time(20))
    assert (view.day_cap, view.month_cap, view.batch_size, view.provider) == (1, 4, 100, "aliyun")
    assert (view.price_milli_fen, view.settle_seconds) == (4_500, 600)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": " "}, {"sign_name": "x"}, {"sign_name": "【鲜果里】"}, {"sign_name": "很长" * 7},
        {"price_milli_fen": -1}, {"price_milli_fen": 1_000_001}, {"day_cap": 0}, {"day_cap": 5, "month_cap": 4},
        {"month_cap": 301},
        {"batch_size": 0}, {"batch_size": 101}, {"rate_per_s": 0}, {"settle_seconds": -1},
    ],
)  # fmt: skip
def test_impossible_settings_are_refused(changes):
    with pytest.raises(InvalidInput):
        services.save_sms_account(**{"name": "Main", "sign_name": "鲜果里", **changes})
    assert queries.sms_accounts(SYSTEM) == []


def test_unknown_providers_and_accounts():
    with pytest.raises(NoSuchProvider) as caught:
        services.save_sms_account(name="Main", sign_name="鲜果里", provider="pigeon")
    assert "aliyun" in caught.value.text()
    with pytest.raises(NotFound):
        services.save_sms_account(account_id=99, name="Main", sign_name="鲜果里")
    with pytest.raises(NotFound):
        queries.sms_account(SYSTEM, 99)
    with pytest.raises(NotFound):
        services.save_sms_template(account_id=99, code=brand.CODE, text=brand.template_text())


def test_a_name_is_taken_once_and_can_be_kept():
    first = services.save_sms_account(name="Main", sign_name="鲜果里")
    assert services.save_sms_account(account_id=first, name="Main", sign_name="鲜果园") == first
    assert queries.sms_account(SYSTEM, first).sign_name == "鲜果园"
    with pytest.raises(InvalidInput):
        services.save_sms_account(name="Main", sign_name="鲜果里")


def test_templates_are_kept_word_for_word_and_offered_as_drafts():
    account_id = brand.account()
    (view,) = queries.sms_templates(SYSTEM, account_id)
    assert (view.code, view.text, view.draft) == (brand.CODE, brand.template_text(), brand.TEXT)
    services.save_sms_template(account_id=account_id, code=brand.CODE, text="新的，拒收请回复R")
    assert [one.text for one in queries.sms_templates(SYSTEM, account_id)] == ["新的，拒收请回复R"]


@pytest.mark.parametrize(
    ("code", "text"), [("x", "a拒收请回复R"), ("SMS 1", "a拒收请回复R"), ("SMS_1", "拒收请回复R谢谢")]
)
def test_templates_that_cannot_be_approved(code, text):
    with pytest.raises(InvalidInput):
        services.save_sms_template(account_id=brand.account(), code=code, text=text)


def test_the_check_finds_a_wrong_key_and_a_mended_one(stand_in: StandIn, settings):
    account_id = brand.account()
    assert services.check_sms_account(account_id=account_id).problem == ""
    settings.SIYU = settings.SIYU.model_copy(update={"aliyun_sms_key_secret": "wrong"})
    provider_for.cache_clear()
    view = services.check_sms_account(account_id=account_id)
    assert "SignatureDoesNotMatch" in view.problem
    assert view.checked_at is not None
    settings.SIYU = settings.SIYU.model_copy(update=brand.endpoint_settings(stand_in.sandbox.port))
    provider_for.cache_clear()
    assert services.check_sms_account(account_id=account_id).problem == ""
    assert stand_in.messages() == []


def test_web_does_not_load_the_providers_library():
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'siyu.config.settings'; django.setup();"
        "import siyu.messaging.services, siyu.messaging.queries;"
        "print(sorted(name for name in sys.modules if name.startswith(('alibabacloud', 'Tea', 'scipy.stats'))))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
