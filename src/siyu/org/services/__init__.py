"""Verbs of `org`: the tree, staff with their roles, how they sign in, files of both."""

from siyu.org.services import founding, second_step
from siyu.org.services.accounts import (
    change_password,
    create_staff,
    create_token,
    new_password,
    revoke_token,
    revoke_tokens,
    set_language,
    set_name,
    set_password,
)
from siyu.org.services.files import import_nodes, import_staff
from siyu.org.services.keys import create_key, revoke_key, rotate_key
from siyu.org.services.nodes import change_node, close_node, create_node, delete_node, edit_node, move_node, open_node
from siyu.org.services.operation import cancel_job, dismiss, export_audit, redrive, retry_job
from siyu.org.services.password_links import accept as accept_link
from siyu.org.services.password_links import create_invitations, create_links, end_links
from siyu.org.services.roles import change_role, create_role, delete_role
from siyu.org.services.sessions import end_session, end_sessions
from siyu.org.services.sign_in_rules import save_sign_in_rules
from siyu.org.services.staffing import (
    add_invited,
    add_staff,
    change_staff,
    close_staff,
    edit_staff,
    ensure_owner,
    open_staff,
    set_memberships,
)

__all__ = [
    "accept_link",
    "add_invited",
    "add_staff",
    "cancel_job",
    "change_node",
    "change_password",
    "change_role",
    "change_staff",
    "close_node",
    "close_staff",
    "create_invitations",
    "create_key",
    "create_links",
    "create_node",
    "create_role",
    "create_staff",
    "create_token",
    "delete_node",
    "delete_role",
    "dismiss",
    "edit_node",
    "edit_staff",
    "end_links",
    "end_session",
    "end_sessions",
    "ensure_owner",
    "export_audit",
    "founding",
    "import_nodes",
    "import_staff",
    "move_node",
    "new_password",
    "open_node",
    "open_staff",
    "redrive",
    "retry_job",
    "revoke_key",
    "revoke_token",
    "revoke_tokens",
    "rotate_key",
    "save_sign_in_rules",
    "second_step",
    "set_language",
    "set_memberships",
    "set_name",
    "set_password",
]
