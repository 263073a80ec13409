"""Telling people: write notices, mark them read, choose what to hear of."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings

from siyu.eventlog import records
from siyu.kernel import clock
from siyu.kernel.errors import InvalidInput, NotAllowed
from siyu.org.contracts import Viewer
from siyu.org.contracts.notices import Channel, NoticeKind
from siyu.org.models import Mail, Notice, NoticeChoice, Staff
from siyu.org.registries import NOTICES


def notify(
    *, kind: str, staff_ids: Iterable[int], object_id: int, data: Mapping[str, Any], besides: int | None = None
) -> int:
    """Tells active staff of something; returns how many were told. `besides` is who did it and knows already.

    Only inside the transaction of the change that it tells of: they are written together, so nobody is told twice and
    nobody is forgotten. The same of the same object within the kind's minutes folds into one unread notice.
    """
    if not records.in_transaction():
        raise RuntimeError("notify() belongs inside the transaction of the change that it tells of")
    about = NOTICES.get(kind)
    wanted = {staff_id for staff_id in staff_ids if staff_id != besides}
    people = list(Staff.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True))
    told = 0
    for staff_id, channels in _channels(about, people).items():
        told += bool(channels)
        if channels:
            _tell(about, staff_id, object_id, data, channels)
    return told


def _channels(about: NoticeKind, people: Collection[int]) -> dict[int, set[Channel]]:
    """Which channels each person hears a kind on; mail only where the installation can send any."""
    usual = {Channel.IN_APP} | ({Channel.MAIL} if about.mail else set())
    found = {staff_id: set(usual) for staff_id in people}
    for choice in NoticeChoice.objects.filter(kind=about.key, staff_id__in=people):
        channel = Channel(choice.channel)
        (found[choice.staff_id].add if choice.is_on else found[choice.staff_id].discard)(channel)
    if not settings.SIYU.mail_host:
        for channels in found.values():
            channels.discard(Channel.MAIL)
    return found


def _tell(
    about: NoticeKind, staff_id: int, object_id: int, data: Mapping[str, Any], channels: Collection[Channel]
) -> None:
    moment = clock.now()
    fresh = moment - timedelta(minutes=about.fold_minutes)
    same = Notice.objects.select_for_update().filter(
        staff_id=staff_id, kind=about.key, object_id=object_id, read_at=None, created_at__gt=fresh
    )
    stored = json.dumps(dict(data), ensure_ascii=False)
    known = same.order_by("-pk").first()
    if known is not None:
        Notice.objects.filter(pk=known.pk).update(count=known.count + 1, data_json=stored, updated_at=moment)
        return
    row = Notice.objects.create(
        staff_id=staff_id, kind=about.key, object_id=object_id, data_json=stored, created_at=moment,
        updated_at=moment, in_app=Channel.IN_APP in channels,
    )  # fmt: skip
    if Channel.MAIL in channels:
        # It waits while the same may be told again, and then says how often it was.
        due_at = moment + timedelta(minutes=about.fold_minutes)
        Mail.objects.create(notice=row, key=f"notice:{row.pk}", due_at=due_at)


def mark_read(*, viewer: Viewer, notice_ids: Collection[int] | None = None) -> int:
    """Marks one's own notices read, these or all; returns how many were unread."""
    with records.transaction():
        found = Notice.objects.filter(staff_id=_self(viewer), read_at=None)
        if notice_ids is not None:
            found = found.filter(pk__in=list(notice_ids))
        return found.update(read_at=clock.now())


def choose(*, viewer: Viewer, kind: str, channel: Channel, is_on: bool) -> None:
    """Says whether one wants to hear of a kind on a channel."""
    staff_id = _self(viewer)
    if kind not in NOTICES:
        raise InvalidInput(reason="There is no such kind of notice.")
    with records.transaction():
        NoticeChoice.objects.update_or_create(
            staff_id=staff_id, kind=kind, channel=channel.value, defaults={"is_on": is_on}
        )


def _self(viewer: Viewer) -> int:
    if viewer.staff_id is None:
        raise NotAllowed()
    return viewer.staff_id
