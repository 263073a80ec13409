"""What may cross the boundary of `org`: the viewer with permissions and data scope, nodes, roles, staff, errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from siyu.kernel.errors import NotAllowed, SiyuError


class NodeKind(StrEnum):
    """Kinds of places in the organisation tree, from the root down. A child is always of a later kind."""

    COMPANY = "company"
    BRAND = "brand"
    REGION = "region"
    STORE = "store"
    TEAM = "team"


class Reach(StrEnum):
    """How far a role sees: every customer, those placed at or below its node, or only those it looks after."""

    ALL = "all"
    SUBTREE = "subtree"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which customers exist for somebody. `paths` are the beginnings of tree paths, `staff_id` whose own customers.

    Everything, or the union of both parts; none of them is nobody.
    """

    everything: bool = False
    paths: tuple[str, ...] = ()
    staff_id: int | None = None

    def within(self, path: str) -> Scope:
        """This scope narrowed to the subtree of `path`, as the scope switch does. Own customers need no narrowing."""
        if self.everything or any(path.startswith(mine) for mine in self.paths):
            return Scope(paths=(path,))
        inner = tuple(mine for mine in self.paths if mine.startswith(path))
        return Scope(paths=inner)


EVERYTHING = Scope(everything=True)
NOBODY = Scope()
# Stands for every permission, those of packages to come included.
ALL_PERMISSIONS: frozenset[str] = frozenset({"*"})


@dataclass(frozen=True)
class Viewer:
    """On whose behalf a read or write happens. Every query takes one; it decides which customers exist for it.

    `scope` is what is shown now, `granted` all that the roles give where the scope switch has narrowed it. `origin` is
    where the request came from (an address), `via` how the person showed who they are; both are for the audit log.
    `key_id` names the API key, where there is one. `roles` are the keys of the roles, for rules about signing in.
    """

    staff_id: int | None
    name: str
    scope: Scope = NOBODY
    permissions: frozenset[str] = frozenset()
    granted: Scope | None = None
    via: str = ""
    origin: str = ""
    trace_id: str = ""
    key_id: int | None = None
    roles: frozenset[str] = frozenset()

    @property
    def all_customers(self) -> bool:
        """Whether the roles give the whole brand, whatever the scope switch shows: for what is the brand's own."""
        return (self.granted or self.scope).everything

    def may(self, permission: str) -> bool:
        return self.permissions == ALL_PERMISSIONS or permission in self.permissions

    def require(self, permission: str) -> None:
        """NotAllowed unless the viewer has this permission."""
        if not self.may(permission):
            raise NotAllowed()

    def narrowed(self, *paths: str) -> Viewer:
        """The same person, seeing only the subtrees of `paths`; without any, nobody."""
        inner = tuple(below for path in paths for below in self.scope.within(path).paths)
        return replace(self, scope=Scope(paths=inner), granted=self.granted or self.scope)


# Background work of Siyu itself: sees everything, is named in the records that it leaves.
SYSTEM = Viewer(staff_id=None, name="system", scope=EVERYTHING, permissions=ALL_PERMISSIONS)
# Whoever may run commands on the machine.
COMMAND_LINE = Viewer(staff_id=None, name="cli", scope=EVERYTHING, permissions=ALL_PERMISSIONS, via="cli")
# Somebody who is not signed in: sees nothing.
STRANGER = Viewer(staff_id=None, name="stranger")


@dataclass(frozen=True, slots=True)
class NodeView:
    """A place in the tree. `depth` counts from the root (0); `code` is the brand's own key, unique."""

    id: int
    parent_id: int | None
    kind: NodeKind
    code: str
    name: str
    path: str
    city: str
    is_active: bool
    depth: int
    version: int
    staff_count: int = 0
    child_count: int = 0


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role. System roles have a `key` and cannot be changed; their label is translated when shown."""

    id: int
    key: str
    label: str
    is_system: bool
    reach: Reach
    permissions: frozenset[str]
    version: int
    staff_count: int = 0


@dataclass(frozen=True, slots=True)
class MembershipView:
    """A role that somebody has at a node."""

    id: int
    role_id: int
    role_key: str
    role_label: str
    node_id: int
    node_name: str
    node_path: str


@dataclass(frozen=True, slots=True)
class StaffView:
    """A member of staff with the roles they have."""

    id: int
    email: str
    name: str
    title: str
    is_active: bool
    created_at: datetime
    last_login: datetime | None
    has_password: bool
    version: int
    memberships: tuple[MembershipView, ...] = ()


class SignInState(StrEnum):
    """How far somebody has come with signing in."""

    READY = "ready"
    INVITED = "invited"
    NOT_INVITED = "not_invited"
    CLOSED = "closed"


class LinkPurpose(StrEnum):
    INVITATION = "invitation"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class SignInRulesView:
    """The brand's rules for signing in. `roles` are keys of roles that need a second step."""

    roles: frozenset[str]
    idle_minutes: int
    absolute_hours: int
    version: int


@dataclass(frozen=True, slots=True)
class SessionView:
    """Where somebody is signed in. `key` names the session in a form; it is not the cookie."""

    key: str
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class TokenView:
    """An access token, without the token."""

    id: int
    label: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecondStepView:
    """Whether a second step is asked for, and how many recovery codes are left."""

    since: datetime | None
    recovery_count: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: the secret to type, and the address that the QR code holds."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class LinkHolder:
    """Whom a password link is for."""

    staff_id: int
    email: str
    name: str
    purpose: LinkPurpose
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link as it is handed out, this once."""

    staff_id: int
    email: str
    name: str
    token: str
    purpose: LinkPurpose
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StaffAccess:
    """A member of staff and how they sign in."""

    id: int
    email: str
    name: str
    state: SignInState
    second_step: bool
    session_count: int
    last_login: datetime | None
    link_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class MembershipIn:
    """A role to give at a node."""

    role_id: int
    node_id: int


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that a role may allow. `roles` are the system roles that have it from the start."""

    key: str
    label: str
    area: str
    roles: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row of a staff or organisation file was not taken: its number (the header is 1) and the sentence."""

    row: int
    message: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CsvResult:
    """What a file of nodes or staff would change, or has changed."""

    row_count: int
    created_count: int
    changed_count: int
    problems: tuple[RowProblem, ...]


class BadFile(SiyuError):
    """A file of nodes or staff that cannot be read as a whole."""

    code = "bad_file"
    status = 422
    message = "%(reason)s"


class LastOwner(SiyuError):
    code = "last_owner"
    status = 409
    message = "Somebody must stay owner. Make another person owner first."


class RoleInUse(SiyuError):
    code = "role_in_use"
    status = 409
    message = "%(count)s people have this role. Give them another one first."


class NodeInUse(SiyuError):
    code = "node_in_use"
    status = 409
    message = "%(what)s still belongs here. Move it first."


class CodeTaken(SiyuError):
    code = "code_taken"
    status = 409
    message = "The code %(value)s is taken. Codes are unique in the whole company."


class EmailTaken(SiyuError):
    code = "email_taken"
    status = 409
    message = "Somebody with the e-mail %(value)s is there already."


class BeyondYourself(SiyuError):
    """Nobody gives away more than they have: neither permissions nor customers."""

    code = "beyond_yourself"
    status = 403
    message = "You can only give roles and places that lie within your own."


class LinkEnded(SiyuError):
    """One answer for used, ended and unknown links: a stranger learns nothing."""

    code = "link_ended"
    status = 410
    message = "This link has been used or has ended. Ask for a new one."


class WrongCode(SiyuError):
    code = "wrong_code"
    status = 422
    message = "This code is not right. Take the newest one from the app."


class WrongPassword(SiyuError):
    code = "wrong_password"
    status = 422
    message = "This is not your present password."


class SecondStepLocked(SiyuError):
    code = "second_step_locked"
    status = 429
    message = "Too many wrong codes. Wait %(minutes)s minutes and try again."


class SecondStepNeeded(SiyuError):
    """A role that the brand asks a second step of, and a person who has not set one up."""

    code = "second_step_needed"
    status = 403
    message = "Your role needs a second step. Set it up in the console under “My account” first."
