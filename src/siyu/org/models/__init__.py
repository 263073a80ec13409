"""Tables of `org`, one module per subject."""

from siyu.org.models.approvals import Approval, ApprovalRule
from siyu.org.models.calendar import OpeningHours, OwnDay, PublicDay
from siyu.org.models.notices import Mail, Notice, NoticeChoice
from siyu.org.models.organisation import (
    AccessToken,
    ApiKey,
    Membership,
    Node,
    PasswordLink,
    RecoveryCode,
    Role,
    SecondStep,
    SignInRules,
    Staff,
    StaffSession,
    UsedPassword,
)
from siyu.org.models.tasks import Task, TaskAssignee, TaskComment

__all__ = [
    "AccessToken",
    "ApiKey",
    "Approval",
    "ApprovalRule",
    "Mail",
    "Membership",
    "Node",
    "Notice",
    "NoticeChoice",
    "OpeningHours",
    "OwnDay",
    "PasswordLink",
    "PublicDay",
    "RecoveryCode",
    "Role",
    "SecondStep",
    "SignInRules",
    "Staff",
    "StaffSession",
    "Task",
    "TaskAssignee",
    "TaskComment",
    "UsedPassword",
]
