"""Links by which people choose their password: invitations, and resets that an administrator hands out.

No mail server is needed: the administrator passes the link on. It carries 256 random bits and works once.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta

from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotAllowed
from siyu.org import actions, auditing, changes, signing_in
from siyu.org.contracts import LinkEnded, LinkPurpose, NewLink, Viewer
from siyu.org.models import PasswordLink, Staff
from siyu.org.queries import viewer_of
from siyu.org.services import accounts, staffing

# An invitation has to survive a week of shifts; a reset is asked for by somebody who waits for it.
INVITATION_DAYS = 7
RESET_HOURS = 24
# One export of invitations: as many as one file of staff may bring.
MAX_LINKS = 5_000


def create_links(*, viewer: Viewer, staff_ids: Sequence[int]) -> list[NewLink]:
    """A fresh link for each person: an invitation for those without a password, a reset for the others.

    Earlier links of these people end. Nobody hands out a way into an account above their own (NotAllowed), nor into
    their own, whose password they would have to know; closed accounts get none.
    """
    if len(staff_ids) > MAX_LINKS:
        raise InvalidInput(reason="At most 5,000 links at a time.")
    with records.transaction():
        people = [staffing.manageable_other(viewer, staff_id) for staff_id in dict.fromkeys(staff_ids)]
        if any(not person.is_active for person in people):
            raise InvalidInput(reason="A closed account cannot sign in. Open it first.")
        return [_create(viewer, person) for person in people]


def create_invitations(*, viewer: Viewer) -> list[NewLink]:
    """A fresh invitation for everybody within the scope who has no password yet, apart from accounts above."""
    with records.transaction():
        made = []
        for staff_id in signing_in.uninvited(viewer)[:MAX_LINKS]:
            try:
                person = staffing.manageable(viewer, staff_id)
            except NotAllowed:
                continue
            made.append(_create(viewer, person))
    return made


def accept(*, token: str, password: str, via: str = "", origin: str = "", trace_id: str = "") -> int:
    """Sets the password of the link's holder, spends the link and ends their sessions; returns who it is.

    In the audit log it is the holder who did that: through what, from where and by which request the caller says.
    LinkEnded for a link that does not work (any more); InvalidInput for a weak password, which spends nothing.
    """
    holder = signing_in.link_holder(token)
    staff = Staff.objects.get(pk=holder.staff_id)
    viewer = viewer_of(staff, via=via, origin=origin, trace_id=trace_id)
    with records.transaction():
        spent = PasswordLink.objects.filter(
            token_hash=signing_in.token_hash(token), used_at=None, expires_at__gt=clock.now()
        ).update(used_at=clock.now())
        if not spent:
            raise LinkEnded()
        auditing.record(viewer, actions.LINK_USED, accounts.target(staff), after={"purpose": holder.purpose})
        accounts.set_password(staff_id=staff.pk, password=password, viewer=viewer)
    return holder.staff_id


def end_links(*, viewer: Viewer, staff_id: int) -> None:
    """Ends what was handed out to somebody and not used."""
    staff = staffing.manageable(viewer, staff_id)
    with records.transaction():
        count = _drop_links(staff_id)
        changes.staff_changed(viewer, staff_id, "links_ended")
        if count:
            auditing.record(viewer, actions.LINKS_ENDED, accounts.target(staff), after={"count": count})


def _drop_links(staff_id: int) -> int:
    count, _by_table = PasswordLink.objects.filter(staff_id=staff_id, used_at=None).delete()
    return count


def _create(viewer: Viewer, staff: Staff) -> NewLink:
    _drop_links(staff.pk)
    token, moment = secrets.token_urlsafe(32), clock.now()
    invited = not staff.has_usable_password()
    life = timedelta(days=INVITATION_DAYS) if invited else timedelta(hours=RESET_HOURS)
    purpose = LinkPurpose.INVITATION if invited else LinkPurpose.RESET
    PasswordLink.objects.create(
        staff=staff,
        purpose=purpose.value,
        token_hash=signing_in.token_hash(token),
        created_by_id=viewer.staff_id,
        created_at=moment,
        expires_at=moment + life,
    )
    changes.staff_changed(viewer, staff.pk, "invited" if invited else "reset_link")
    after = {"purpose": purpose, "expires_at": moment + life}
    auditing.record(viewer, actions.LINK_CREATED, accounts.target(staff), after=after)
    return NewLink(staff.pk, staff.email, staff.name, token, purpose, moment + life)


