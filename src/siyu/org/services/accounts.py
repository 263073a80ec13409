"""Sign-ins: a member of staff with a password, language, and access tokens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext_noop as _

from siyu.audit.contracts import Target
from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotFound
from siyu.org import actions, auditing, changes, sessions
from siyu.org.contracts import SYSTEM, EmailTaken, Viewer, WrongPassword
from siyu.org.models import AccessToken, Membership, Node, PasswordLink, Role, Staff, UsedPassword
from siyu.org.password_rules import REMEMBERED_PASSWORDS

# Recognisable in a leak scan, and tells people what it is.
TOKEN_PREFIX = "siyu_"
# 96 bits; typed once, so short words would cost more than they give.
PASSWORD_BYTES = 12


def new_password() -> str:
    """A generated password that satisfies the rules, to be handed out once."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def create_staff(
    *,
    email: str,
    name: str,
    password: str,
    language: str = "",
    title: str = "",
    role: str = "",
    node_id: int = 0,
    viewer: Viewer = SYSTEM,
) -> int:
    """Adds somebody who signs in with `email`; returns the id. InvalidInput for a weak password.

    With `role` (a role's key) they have it at the node, or at the company. For the door, the command line and files;
    the console adds people through `add_staff`, which asks what the viewer may hand on.
    """
    staff = _new(email, name, title, language)
    check_password(password, staff)
    staff.set_password(password)
    with records.transaction():
        _save_new(staff)
        if role:
            _give(staff.pk, role, node_id)
        after = {"name": staff.name, "email": staff.email, "title": staff.title, "role": role}
        auditing.record(viewer, actions.STAFF_CREATED, target(staff), after=after)
    return staff.pk


def create_invited(*, email: str, name: str, title: str = "", viewer: Viewer = SYSTEM) -> int:
    """Adds somebody who cannot sign in until they have followed an invitation; returns the id."""
    staff = _new(email, name, title, "")
    staff.set_unusable_password()
    with records.transaction():
        _save_new(staff)
        after = {"name": staff.name, "email": staff.email, "title": staff.title, "invited": True}
        auditing.record(viewer, actions.STAFF_CREATED, target(staff), after=after)
    return staff.pk


def target(staff: Staff) -> Target:
    """A member of staff as the audit log names them."""
    return Target(actions.STAFF, staff.pk, staff.name)


def _new(email: str, name: str, title: str, language: str) -> Staff:
    return Staff(
        email=email.strip().lower(), name=name.strip(), title=title.strip(), language=language, created_at=clock.now()
    )


def _save_new(staff: Staff) -> None:
    if Staff.objects.filter(email=staff.email).exists():
        raise EmailTaken(value=staff.email)
    staff.save()


def _give(staff_id: int, role: str, node_id: int) -> None:
    found = Role.objects.filter(key=role).first()
    node = Node.objects.filter(pk=node_id).first() if node_id else Node.objects.get(parent=None)
    if found is None or node is None:
        raise NotFound()
    Membership.objects.create(staff_id=staff_id, role=found, node=node)


def set_password(*, staff_id: int, password: str, besides: str = "", viewer: Viewer = SYSTEM) -> None:
    """Replaces the password; every session of that person ends with it, apart from the one named `besides`.

    Links that would have set it end too. Inside or outside a transaction.
    """
    staff = Staff.objects.filter(pk=staff_id).first()
    if staff is None:
        raise NotFound()
    check_password(password, staff)
    with records.transaction():
        _remember(staff)
        staff.set_password(password)
        staff.save(update_fields=["password"])
        PasswordLink.objects.filter(staff_id=staff_id, used_at=None).delete()
        sessions.drop(staff_id, besides)
        changes.staff_changed(SYSTEM, staff_id, "password")
        auditing.record(viewer, actions.PASSWORD_SET, target(staff))


def change_password(*, viewer: Viewer, present: str, password: str, besides: str = "") -> None:
    """One's own password, by whoever knows the present one: an open browser alone is not enough."""
    staff = Staff.objects.filter(pk=viewer.staff_id or 0).first()
    if staff is None:
        raise NotFound()
    if not staff.check_password(present):
        raise WrongPassword()
    set_password(staff_id=staff.pk, password=password, besides=besides, viewer=viewer)


def _remember(staff: Staff) -> None:
    if not staff.has_usable_password():
        return
    UsedPassword.objects.create(staff=staff, encoded=staff.password, replaced_at=clock.now())
    kept = UsedPassword.objects.filter(staff=staff).order_by("-pk").values_list("pk", flat=True)
    UsedPassword.objects.filter(staff=staff).exclude(pk__in=list(kept[:REMEMBERED_PASSWORDS])).delete()


def set_name(*, viewer: Viewer, name: str) -> None:
    """How screens call oneself."""
    if not 1 <= len(name.strip()) <= 80:
        raise InvalidInput(reason=_("A name of 1 to 80 characters is needed."))
    if not Staff.objects.filter(pk=viewer.staff_id or 0).update(name=name.strip(), version=F("version") + 1):
        raise NotFound()


def set_language(*, staff_id: int, language: str) -> None:
    Staff.objects.filter(pk=staff_id).update(language=language)


def create_token(*, staff_id: int, label: str, days: int | None = None, viewer: Viewer = SYSTEM) -> str:
    """A new bearer token, returned in clear this once; it ends after `days` if given."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    moment = clock.now()
    with records.transaction():
        staff = Staff.objects.get(pk=staff_id)
        AccessToken.objects.create(
            staff=staff,
            label=label,
            token_hash=hashlib.sha256(token.encode()).digest(),
            created_at=moment,
            expires_at=moment + timedelta(days=days) if days else None,
        )
        auditing.record(viewer, actions.TOKEN_CREATED, target(staff), after={"label": label, "days": days})
    return token


def revoke_token(*, viewer: Viewer, token_id: int) -> None:
    """Ends one of one's own access tokens."""
    with records.transaction():
        found = AccessToken.objects.filter(pk=token_id, staff_id=viewer.staff_id or 0, revoked_at=None)
        row = found.select_related("staff").first()
        if row is None:
            raise NotFound()
        found.update(revoked_at=clock.now())
        auditing.record(viewer, actions.TOKENS_REVOKED, target(row.staff), after={"label": row.label})


def revoke_tokens(*, staff_id: int, viewer: Viewer = SYSTEM) -> int:
    """Ends every access token of a member of staff; returns how many ended."""
    with records.transaction():
        count = AccessToken.objects.filter(staff_id=staff_id, revoked_at=None).update(revoked_at=clock.now())
        if count:
            auditing.record(
                viewer, actions.TOKENS_REVOKED, target(Staff.objects.get(pk=staff_id)), after={"count": count}
            )
    return count


def check_password(password: str, staff: Staff) -> None:
    """InvalidInput with every rule that the password breaks."""
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise InvalidInput(reason=" ".join(error.messages)) from error
