"""The second step of signing in: an authenticator app (TOTP, RFC 6238) and recovery codes.

The secret is sealed with the key ring. A code is spent with the time step that it belongs to, in the records, so that
it works once on every process of the installation.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

import pyotp
from django.db.models import F, Q

from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotFound
from siyu.org import actions, auditing, changes, queries, sessions, signing_in
from siyu.org.contracts import Enrolment, SecondStepLocked, Viewer, WrongCode, WrongPassword
from siyu.org.models import RecoveryCode, SecondStep, Staff
from siyu.org.sealing import open_secret, seal_secret
from siyu.org.services import accounts, staffing

STEP_SECONDS = 30
# One step to either side: clocks of phones are off by some seconds, and typing takes a few.
ALLOWED_STEPS = (0, -1, 1)
RECOVERY_CODES = 10
# 50 bits each, in an alphabet without look-alikes; guesses are counted with those at the app's codes.
RECOVERY_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
RECOVERY_CHARS = 10
# Of a million codes three are right at a time: with these, guessing one takes years.
MAX_ATTEMPTS = 5
LOCK_MINUTES = 15


def begin(*, viewer: Viewer) -> Enrolment:
    """What the app needs, for oneself. Nothing is asked for until `confirm`; the same secret until then.

    InvalidInput while a second step is set up already: whoever finds an open browser must not move it to their phone.
    """
    staff = _oneself(viewer)
    if staff.second_step_at is not None:
        raise InvalidInput(reason="A second step is set up already. Turn it off first.")
    with records.transaction():
        row = SecondStep.objects.filter(staff=staff).first()
        secret = open_secret(bytes(row.sealed_secret)) if row else pyotp.random_base32()
        if row is None:
            SecondStep.objects.create(staff=staff, sealed_secret=seal_secret(secret))
    name = queries.root().name or "Siyu"
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=staff.email, issuer_name=name))


def confirm(*, viewer: Viewer, code: str, besides: str = "") -> list[str]:
    """Turns the second step on with a first code from the app; returns the recovery codes, in clear this once.

    Other sessions than `besides` end: they were opened with a password alone.
    """
    staff = _oneself(viewer)
    row = SecondStep.objects.filter(staff=staff).first()
    if row is None or staff.second_step_at is not None:
        raise InvalidInput(reason="Open the page again and scan the code that it shows.")
    if not verify(staff_id=staff.pk, code=code, recovery=False):
        raise WrongCode()
    with records.transaction():
        moment = clock.now()
        SecondStep.objects.filter(staff=staff).update(confirmed_at=moment)
        Staff.objects.filter(pk=staff.pk).update(second_step_at=moment)
        codes = _new_codes(staff.pk)
        count = sessions.drop(staff.pk, besides)
        changes.staff_changed(viewer, staff.pk, "second_step_on")
        auditing.record(
            viewer, actions.SECOND_STEP_ON, accounts.target(staff),
            before={"second_step": False}, after={"second_step": True, "session_count": count},
        )  # fmt: skip
    return codes


def verify(*, staff_id: int, code: str, recovery: bool = True) -> bool:
    """Whether a code is right now; it is spent with that. SecondStepLocked after too many wrong ones.

    An attempt is counted before it is looked at, so that many at once do not get more of them.
    """
    typed = "".join(sign for sign in code.lower() if sign.isalnum())
    with records.transaction():
        if not _count_attempt(staff_id):
            locked = True
        else:
            locked = False
            row = SecondStep.objects.get(pk=staff_id)
            right = _spend_step(row, typed) or (recovery and _spend_recovery(staff_id, typed))
            if right:
                SecondStep.objects.filter(pk=staff_id).update(attempt_count=0)
    if locked:
        raise SecondStepLocked(minutes=LOCK_MINUTES)
    return right


def renew_recovery_codes(*, viewer: Viewer, password: str) -> list[str]:
    """New recovery codes instead of those that are left; in clear this once."""
    staff = _with_password(viewer, password)
    if staff.second_step_at is None:
        raise InvalidInput(reason="Set the second step up first.")
    with records.transaction():
        left = RecoveryCode.objects.filter(staff=staff, used_at=None).count()
        codes = _new_codes(staff.pk)
        changes.staff_changed(viewer, staff.pk, "recovery_codes")
        after = {"code_count": len(codes), "replaced_count": left}
        auditing.record(viewer, actions.RECOVERY_CODES, accounts.target(staff), after=after)
    return codes


def turn_off(*, viewer: Viewer, password: str) -> None:
    """Turns one's own second step off. InvalidInput where a role of the viewer needs one."""
    staff = _with_password(viewer, password)
    if signing_in.sign_in_rules().roles & viewer.roles:
        raise InvalidInput(reason="Your role needs a second step. Ask an owner if you have a new phone.")
    _drop(viewer, staff, actions.SECOND_STEP_OFF)


def reset(*, viewer: Viewer, staff_id: int) -> None:
    """Takes the second step away from somebody who has lost the phone and the recovery codes. Their sessions end.

    Not from oneself, which asks for the password.
    """
    _drop(viewer, staffing.manageable_other(viewer, staff_id), actions.SECOND_STEP_RESET)


def _drop(viewer: Viewer, staff: Staff, action: str) -> None:
    with records.transaction():
        SecondStep.objects.filter(pk=staff.pk).delete()
        RecoveryCode.objects.filter(staff=staff).delete()
        Staff.objects.filter(pk=staff.pk).update(second_step_at=None)
        count = sessions.drop(staff.pk) if staff.pk != viewer.staff_id else 0
        changes.staff_changed(viewer, staff.pk, "second_step_off")
        was_on = staff.second_step_at is not None
        auditing.record(
            viewer, action, accounts.target(staff),
            before={"second_step": was_on}, after={"second_step": False, "session_count": count},
        )  # fmt: skip


def _oneself(viewer: Viewer) -> Staff:
    staff = Staff.objects.filter(pk=viewer.staff_id or 0, is_active=True).first()
    if staff is None:
        raise NotFound()
    return staff


def _with_password(viewer: Viewer, password: str) -> Staff:
    staff = _oneself(viewer)
    if not staff.check_password(password):
        raise WrongPassword()
    return staff


def _count_attempt(staff_id: int) -> bool:
    """Takes one of the attempts; False while locked. The last one locks, whatever it brings."""
    moment = clock.now()
    unlocked = Q(locked_until=None) | Q(locked_until__lte=moment)
    rows = SecondStep.objects.filter(unlocked, pk=staff_id)
    if not rows.update(attempt_count=F("attempt_count") + 1):
        return False
    if SecondStep.objects.filter(pk=staff_id, attempt_count__gt=MAX_ATTEMPTS).exists():
        until = moment + timedelta(minutes=LOCK_MINUTES)
        SecondStep.objects.filter(pk=staff_id).update(attempt_count=0, locked_until=until)
        return False
    return True


def _spend_step(row: SecondStep, typed: str) -> bool:
    if len(typed) != 6 or not typed.isascii() or not typed.isdecimal():
        return False
    totp = pyotp.TOTP(open_secret(bytes(row.sealed_secret)), interval=STEP_SECONDS)
    present = int(clock.now().timestamp()) // STEP_SECONDS
    for step in (present + offset for offset in ALLOWED_STEPS):
        if hmac.compare_digest(totp.generate_otp(step), typed):
            # Compared and moved in one statement: the same code twice at once is right only once.
            return bool(SecondStep.objects.filter(pk=row.pk, used_step__lt=step).update(used_step=step))
    return False


def _spend_recovery(staff_id: int, typed: str) -> bool:
    found = RecoveryCode.objects.filter(staff_id=staff_id, code_hash=_code_hash(typed), used_at=None)
    return bool(found.update(used_at=clock.now()))


def _new_codes(staff_id: int) -> list[str]:
    RecoveryCode.objects.filter(staff_id=staff_id).delete()
    codes = ["".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_CHARS)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(staff_id=staff_id, code_hash=_code_hash(code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _code_hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
