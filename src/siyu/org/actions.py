"""What the audit log keeps of `org`, and of the work and readers below it."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from siyu.audit.registries import action, kind

NODE, ROLE, STAFF, KEY = "node", "role", "staff", "key"
JOB, PARKED, AUDIT = "job", "parked", "audit"
SIGN_IN_RULES, ENCRYPTION_KEY, APPROVAL = "sign_in_rules", "encryption_key", "approval"

NODE_CREATED = "node.created"
NODE_CHANGED = "node.changed"
NODE_MOVED = "node.moved"
NODE_CLOSED = "node.closed"
NODE_OPENED = "node.opened"
NODE_DELETED = "node.deleted"
ROLE_CREATED = "role.created"
ROLE_CHANGED = "role.changed"
ROLE_DELETED = "role.deleted"
STAFF_CREATED = "staff.created"
STAFF_CHANGED = "staff.changed"
STAFF_ROLES = "staff.roles"
STAFF_CLOSED = "staff.closed"
STAFF_OPENED = "staff.opened"
PASSWORD_SET = "staff.password"
SECOND_STEP_ON = "second_step.on"
SECOND_STEP_OFF = "second_step.off"
SECOND_STEP_RESET = "second_step.reset"
RECOVERY_CODES = "second_step.codes"
LINK_CREATED = "link.created"
LINK_USED = "link.used"
LINKS_ENDED = "link.ended"
SESSIONS_ENDED = "sessions.ended"
TOKEN_CREATED = "token.created"
TOKENS_REVOKED = "token.revoked"
KEY_CREATED = "key.created"
KEY_ROTATED = "key.rotated"
KEY_REVOKED = "key.revoked"
SIGNED_IN = "sign_in.done"
SIGNED_OUT = "sign_in.out"
SIGN_IN_FAILED = "sign_in.failed"
LOCKED_OUT = "sign_in.locked"
SIGN_IN_RULES_CHANGED = "sign_in.rules"
ENCRYPTION_KEY_CREATED = "encryption_key.created"
ENCRYPTION_KEY_RETIRED = "encryption_key.retired"
APPROVAL_RULE = "approval.rule"
APPROVAL_ASKED = "approval.asked"
APPROVAL_DECIDED = "approval.decided"
APPROVAL_WITHDRAWN = "approval.withdrawn"
JOB_CANCELLED = "job.cancelled"
JOB_RETRIED = "job.retried"
PARKED_REDRIVEN = "parked.redriven"
PARKED_DISMISSED = "parked.dismissed"
AUDIT_EXPORTED = "audit.exported"


def register() -> None:
    _register_kinds()
    _register_organisation()
    _register_signing_in()
    _register_operation()


def _register_kinds() -> None:
    kind(NODE, _("Place"))
    kind(ROLE, _("Role"))
    kind(STAFF, _("Staff"))
    kind(KEY, _("API key"))
    kind(JOB, _("Running work"))
    kind(PARKED, _("Event set aside"))
    kind(AUDIT, _("Audit log"))
    kind(SIGN_IN_RULES, _("Rules for signing in"))
    kind(ENCRYPTION_KEY, _("Encryption key"))
    kind(APPROVAL, _("Approval"))


def _register_organisation() -> None:
    action(NODE_CREATED, _("Place created"))
    action(NODE_CHANGED, _("Place changed"))
    action(NODE_MOVED, _("Place moved"))
    action(NODE_CLOSED, _("Place closed"))
    action(NODE_OPENED, _("Place opened again"))
    action(NODE_DELETED, _("Place deleted"))
    action(ROLE_CREATED, _("Role created"))
    action(ROLE_CHANGED, _("Role changed"))
    action(ROLE_DELETED, _("Role deleted"))
    action(STAFF_CREATED, _("Member of staff added"))
    action(STAFF_CHANGED, _("Member of staff changed"))
    action(STAFF_ROLES, _("Roles of a member of staff changed"))
    action(STAFF_CLOSED, _("Account closed"))
    action(STAFF_OPENED, _("Account opened again"))


def _register_signing_in() -> None:
    action(PASSWORD_SET, _("Password set"))
    action(SECOND_STEP_ON, _("Second step set up"))
    action(SECOND_STEP_OFF, _("Second step switched off"))
    action(SECOND_STEP_RESET, _("Second step taken away by an administrator"))
    action(RECOVERY_CODES, _("Recovery codes renewed"))
    action(LINK_CREATED, _("Sign-in link made"))
    action(LINK_USED, _("Sign-in link used"))
    action(LINKS_ENDED, _("Sign-in links ended"))
    action(SESSIONS_ENDED, _("Sessions ended"))
    action(TOKEN_CREATED, _("Access token created"))
    action(TOKENS_REVOKED, _("Access tokens ended"))
    action(KEY_CREATED, _("API key created"))
    action(KEY_ROTATED, _("API key renewed"))
    action(KEY_REVOKED, _("API key revoked"))
    action(SIGNED_IN, _("Signed in"))
    action(SIGNED_OUT, _("Signed out"))
    action(SIGN_IN_FAILED, _("Sign-in failed"))
    action(LOCKED_OUT, _("Locked out after failed sign-ins"))
    action(SIGN_IN_RULES_CHANGED, _("Rules for signing in changed"))
    action(ENCRYPTION_KEY_CREATED, _("Encryption key created"))
    action(ENCRYPTION_KEY_RETIRED, _("Encryption key retired"))


def _register_operation() -> None:
    action(APPROVAL_RULE, _("Rule for approvals changed"))
    action(APPROVAL_ASKED, _("Approval asked for"))
    action(APPROVAL_DECIDED, _("Approval given or declined"))
    action(APPROVAL_WITHDRAWN, _("Request for an approval withdrawn"))
    action(JOB_CANCELLED, _("Work asked to stop"))
    action(JOB_RETRIED, _("Work started again"))
    action(PARKED_REDRIVEN, _("Event handed over again"))
    action(PARKED_DISMISSED, _("Event given up"))
    action(AUDIT_EXPORTED, _("Audit log downloaded"))
