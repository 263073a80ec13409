"""SMS accounts: what a plan may send with. They are set up in the console."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from siyu.api.authentication import needs, viewer
from siyu.api.schemas.sms import SmsAccountList, SmsTemplateList
from siyu.messaging import queries
from siyu.messaging.permissions import CHANNELS_MANAGE, PLANS_EDIT

router = Router()


@router.get("/accounts", response=SmsAccountList, auth=needs(CHANNELS_MANAGE, PLANS_EDIT))
def list_sms_accounts(request: HttpRequest) -> Any:
    """SMS accounts, active ones first."""
    return {"items": queries.sms_accounts(viewer(request))}


@router.get("/accounts/{int:account_id}/templates", response=SmsTemplateList, auth=needs(CHANNELS_MANAGE, PLANS_EDIT))
def list_sms_templates(request: HttpRequest, account_id: int) -> Any:
    """The approved texts of an account."""
    return {"items": queries.sms_templates(viewer(request), account_id)}
