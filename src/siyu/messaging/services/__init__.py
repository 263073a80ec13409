"""Verbs of `messaging`: accounts and texts, plans from draft to done, suppressions.

What the pumps and the resolver do is in `claiming`, `results`, `answers` and `receipts`.
"""

from siyu.messaging.services.accounts import check_sms_account, save_sms_account, save_sms_template
from siyu.messaging.services.approving import ask_to_launch
from siyu.messaging.services.plans import (
    create_plan,
    delete_plan,
    launch_plan,
    resume_plan,
    stop_plan,
    update_plan,
)
from siyu.messaging.services.suppressions import suppress, unsuppress

__all__ = [
    "ask_to_launch",
    "check_sms_account",
    "create_plan",
    "delete_plan",
    "launch_plan",
    "resume_plan",
    "save_sms_account",
    "save_sms_template",
    "stop_plan",
    "suppress",
    "unsuppress",
    "update_plan",
]
