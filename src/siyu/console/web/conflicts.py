"""Two people edited the same thing: what the page shows to the one who came later."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest

from siyu.console.web import audit
from siyu.org import auditing
from siyu.ui import formats
from siyu.ui.contracts import Difference, EditConflict

# Databases take 18 digits of any number.
MAX_VERSION_DIGITS = 18
CONFLICT_STATUS, REFUSED_STATUS = 409, 422


def found(
    differences: Iterable[Difference], *, version: int, theirs_url: str, kind: str = "", object_id: int = 0
) -> EditConflict:
    """The conflict with who saved and when, as far as the audit log knows what happened to this object last."""
    last = next(iter(auditing.history(kind, object_id)), None) if kind else None
    return EditConflict(
        version=version,
        differences=list(differences),
        theirs_url=theirs_url,
        who=audit.who(last) if last else "",
        at=formats.moment(last.at) if last else "",
    )


def status(conflict: EditConflict | None, *, failed: object) -> int:
    """What a page with a form is answered with: 409 beside a conflict, 422 if the form was refused, 200 otherwise."""
    if conflict is not None:
        return CONFLICT_STATUS
    return REFUSED_STATUS if failed else 200


def posted_version(request: HttpRequest) -> int:
    """The version that a form was sent with: 0 for none, and for what is no number."""
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= MAX_VERSION_DIGITS else 0
