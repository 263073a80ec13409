"""Reads about signing in: the brand's rules, sessions, second steps, links, access tokens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, Max, Q

from siyu.kernel import clock
from siyu.kernel.errors import NotFound
from siyu.kernel.paging import MAX_PAGE_ROWS, Page, decode_cursor, encode_cursor
from siyu.org import roles as system
from siyu.org.contracts import (
    LinkEnded,
    LinkHolder,
    LinkPurpose,
    SecondStepView,
    SessionView,
    SignInRulesView,
    SignInState,
    StaffAccess,
    TokenView,
    Viewer,
)
from siyu.org.models import AccessToken, Membership, PasswordLink, RecoveryCode, SignInRules, Staff, StaffSession
from siyu.org.permissions import STAFF_MANAGE
from siyu.org.queries import accessible_staff

# A shift without a touch ends the session, and after a week one signs in again in any case.
DEFAULT_IDLE_MINUTES = 8 * 60
DEFAULT_ABSOLUTE_HOURS = 7 * 24


def sign_in_rules() -> SignInRulesView:
    """The rules of now; for everybody, since they decide about everybody."""
    row = SignInRules.objects.first()
    if row is None:
        return SignInRulesView(frozenset(), DEFAULT_IDLE_MINUTES, DEFAULT_ABSOLUTE_HOURS, 0)
    return SignInRulesView(
        frozenset(json.loads(row.roles_json)), row.idle_minutes, row.absolute_hours, row.version
    )


def needs_second_step(viewer: Viewer, staff: Staff, rules: SignInRulesView) -> bool:
    """Whether somebody has to set up a second step before anything else."""
    return staff.second_step_at is None and bool(rules.roles & viewer.roles)


def second_step(viewer: Viewer) -> SecondStepView:
    """One's own second step."""
    row = Staff.objects.filter(pk=viewer.staff_id or 0).first()
    if row is None:
        raise NotFound()
    left = RecoveryCode.objects.filter(staff=row, used_at=None).count()
    return SecondStepView(row.second_step_at, left)


def sessions(viewer: Viewer, staff_id: int, *, current_key: str = "") -> list[SessionView]:
    """Where somebody is signed in, the last seen first: one's own, or of staff that the viewer manages."""
    check_may_see(viewer, staff_id)
    found = StaffSession.objects.filter(staff_id=staff_id, expire_date__gt=clock.now()).order_by("-seen_at")
    return [
        SessionView(
            key=session_name(row.session_key),
            agent=row.agent,
            address=row.address,
            created_at=row.created_at,
            seen_at=row.seen_at,
            is_current=row.session_key == current_key,
        )
        for row in found
    ]


def session_name(session_key: str) -> str:
    """Names a session in a form. The key itself is the cookie: whoever reads it in a page could use it."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]


def check_may_see(viewer: Viewer, staff_id: int) -> None:
    """NotFound unless it is oneself, or somebody within the scope of a viewer who manages staff."""
    if viewer.staff_id is not None and viewer.staff_id == staff_id:
        return
    if not viewer.may(STAFF_MANAGE) or not accessible_staff(viewer).filter(pk=staff_id).exists():
        raise NotFound()


def tokens(viewer: Viewer) -> list[TokenView]:
    """One's own access tokens that are in force, the newest first."""
    moment = clock.now()
    found = AccessToken.objects.filter(staff_id=viewer.staff_id or 0, revoked_at=None)
    found = found.filter(Q(expires_at=None) | Q(expires_at__gt=moment)).order_by("-pk")
    return [TokenView(row.pk, row.label, row.created_at, row.expires_at) for row in found]


def link_holder(token: str) -> LinkHolder:
    """Whom a link is for; LinkEnded for a used, ended or unknown one."""
    row = (
        PasswordLink.objects.select_related("staff")
        .filter(token_hash=token_hash(token), used_at=None, expires_at__gt=clock.now(), staff__is_active=True)
        .first()
    )
    if row is None:
        raise LinkEnded()
    return LinkHolder(row.staff_id, row.staff.email, row.staff.name, LinkPurpose(row.purpose), row.expires_at)


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def access_list(
    viewer: Viewer, *, text: str = "", invited_only: bool = False, cursor: str | None = None, limit: int = 50
) -> Page[StaffAccess]:
    """How the staff within the scope sign in, by name, a page at a time."""
    viewer.require(STAFF_MANAGE)
    found = accessible_staff(viewer)
    if text.strip():
        found = found.filter(Q(name__icontains=text.strip()) | Q(email__icontains=text.strip()))
    if invited_only:
        found = found.filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    if cursor:
        name, staff_id = decode_cursor(cursor, str, int)
        found = found.filter(Q(name__gt=name) | Q(name=name, pk__gt=staff_id))
    size = min(limit, MAX_PAGE_ROWS)
    rows = list(found.order_by("name", "pk")[: size + 1])
    more = encode_cursor(rows[size - 1].name, rows[size - 1].pk) if len(rows) > size else None
    return Page(_access_of(rows[:size]), more)


def access_of(viewer: Viewer, staff_id: int) -> StaffAccess:
    """How one person signs in; NotFound outside the scope."""
    viewer.require(STAFF_MANAGE)
    row = accessible_staff(viewer).filter(pk=staff_id).first()
    if row is None:
        raise NotFound()
    return _access_of([row])[0]


def uninvited(viewer: Viewer) -> list[int]:
    """Staff within the scope who have no password yet: whom an export of invitations is for."""
    viewer.require(STAFF_MANAGE)
    found = accessible_staff(viewer).filter(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return list(found.order_by("pk").values_list("pk", flat=True))


def _access_of(rows: Sequence[Staff]) -> list[StaffAccess]:
    moment = clock.now()
    ids = [row.pk for row in rows]
    open_sessions = dict(
        StaffSession.objects.filter(staff_id__in=ids, expire_date__gt=moment)
        .values_list("staff_id").annotate(Count("pk")).order_by()
    )  # fmt: skip
    links = dict(
        PasswordLink.objects.filter(staff_id__in=ids, used_at=None, expires_at__gt=moment)
        .values_list("staff_id").annotate(Max("expires_at")).order_by()
    )  # fmt: skip
    return [
        StaffAccess(
            id=row.pk,
            email=row.email,
            name=row.name,
            state=_state(row, row.pk in links),
            second_step=row.second_step_at is not None,
            session_count=open_sessions.get(row.pk, 0),
            last_login=row.last_login,
            link_expires_at=links.get(row.pk),
        )
        for row in rows
    ]


def _state(row: Staff, has_link: bool) -> SignInState:
    if not row.is_active:
        return SignInState.CLOSED
    if row.has_usable_password():
        return SignInState.READY
    return SignInState.INVITED if has_link else SignInState.NOT_INVITED


def owners_without_second_step() -> int:
    """How many who may do everything sign in with a password alone."""
    owners = Membership.objects.filter(role__key=system.OWNER, staff__is_active=True)
    return owners.filter(staff__second_step_at=None).values("staff_id").distinct().count()


def is_open_account(email: str) -> bool:
    """Whether somebody can sign in with this address."""
    return Staff.objects.filter(email=email, is_active=True).exists()
