"""The verb of `audit`: record. There is none to change or delete."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from siyu.audit import rules
from siyu.audit.contracts import Actor, Target
from siyu.audit.models import Entry
from siyu.audit.registries import ACTIONS, KINDS
from siyu.eventlog import records
from siyu.kernel import clock


def record(
    *,
    actor: Actor,
    action: str,
    target: Target,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Writes down what somebody does, in the transaction that does it: both are kept or neither.

    With `before` and `after` only the fields that differ are kept, and an edit that changed nothing leaves no entry.
    Secrets and personal data are masked by the fields' names and by their look (see `rules`).
    """
    if not records.in_transaction():
        raise RuntimeError("what is audited is recorded in the transaction of the change")
    old, new = rules.changed(before, after)
    if before is not None and after is not None and not old and not new:
        return
    Entry.objects.create(
        at=clock.now(),
        action=ACTIONS.get(action).key,
        staff_id=actor.staff_id,
        key_id=actor.key_id,
        actor_name=rules.masked_text(actor.name)[:120],
        via=actor.via.value,
        origin=actor.origin[:60],
        object_kind=KINDS.get(target.kind).key,
        object_id=str(target.id)[:80],
        object_label=rules.masked_text(target.label)[:200],
        before_json=_json(old),
        after_json=_json(new),
        trace_id=actor.trace_id[:40],
    )


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)
