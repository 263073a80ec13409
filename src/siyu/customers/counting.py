"""How many customers there are, without reading all of them each time.

A store counts rows by reading them, which takes seconds for millions. Ids grow, so a process counts the old ones once
and from then on only those that came since.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from siyu.customers import scope
from siyu.customers.models import Fragment, Profile, Root
from siyu.kernel import clock
from siyu.org.contracts import Viewer

# So many are counted each time, in some milliseconds.
SMALL_ROWS = 50_000
# Transactions end out of the order of their ids; of ids that are so old every one has ended.
SETTLED = timedelta(minutes=10)


@dataclass(frozen=True)
class _Mark:
    """How many profiles have an id up to `last_id`."""

    last_id: int = 0
    count: int = 0


# The one mark of this process; replaced as a whole, so that threads need no lock.
_held = [_Mark()]


def count(viewer: Viewer) -> int:
    """Customers that exist for the viewer."""
    if not viewer.scope.everything or _newest_id() <= SMALL_ROWS:
        return scope.accessible(viewer).count()
    # Merged fragments keep their profiles.
    return _profiles() - Root.objects.count()


def _newest_id() -> int:
    return Fragment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _profiles() -> int:
    mark = _held[0]
    fresh = Profile.objects.filter(pk__gt=mark.last_id).count()
    if fresh > SMALL_ROWS:
        last_id = _settled_id(mark.last_id)
        between = Profile.objects.filter(pk__gt=mark.last_id, pk__lte=last_id).count()
        _held[0] = _Mark(last_id, mark.count + between)
    return mark.count + fresh


def _settled_id(low: int) -> int:
    """The newest id that is old enough, found by halves: moments grow with ids."""
    high, before = _newest_id(), clock.now() - SETTLED
    while low < high:
        middle = (low + high + 1) // 2
        row = Fragment.objects.filter(pk__lte=middle).order_by("-pk").values_list("pk", "created_at").first()
        if row is None or row[1] <= before:
            low = middle
        else:
            high = row[0] - 1
    return low
