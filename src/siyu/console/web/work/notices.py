"""What the reader was told: the list behind the bell, and what they want to hear of."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from siyu.console.web import page
from siyu.kernel.errors import NotFound
from siyu.org.access import SIGNED_IN, needs
from siyu.org.contracts.notices import Channel, NoticeView
from siyu.org.queries import notices
from siyu.org.registries import NOTICES
from siyu.org.services import notices as services
from siyu.ui import formats, htmx
from siyu.ui.contracts import Bell, Crumb, Notice, Tab

PAGE_ROWS = 50
# What the drawer of the bell shows; the page has the rest.
BELL_ROWS = 15


@needs(SIGNED_IN)
@require_GET
def notice_list(request: HttpRequest) -> HttpResponse:
    """One's own notices; ``?show=unread`` only those not read."""
    viewer, path = page.viewer_of(request), reverse("notices")
    unread, cursor = request.GET.get("show", "") == "unread", request.GET.get("cursor")
    found = notices.notices(viewer, unread=unread, cursor=cursor, limit=PAGE_ROWS)
    show = "unread" if unread else ""
    context = {
        "items": [_item(view) for view in found.items],
        "any_unread": any(view.read_at is None for view in found.items),
        "tabs": [
            Tab(_("All"), path, current=not unread),
            Tab(_("Unread"), page.address(path, show="unread"), current=unread),
        ],
        "next_url": page.address(path, show=show, cursor=found.next_cursor) if found.next_cursor else "",
        "first_url": page.address(path, show=show) if cursor else "",
    }
    return render(request, "console/work/notices.html", context)


def _item(view: NoticeView) -> dict[str, object]:
    return {
        "id": view.id,
        "text": notices.in_words(view),
        "icon": NOTICES.get(view.kind).icon if view.kind in NOTICES else "info-circle",
        "at": formats.moment(view.updated_at),
        "relative": formats.relative(view.updated_at),
        "is_unread": view.read_at is None,
    }


@needs(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def notice_open(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Marks a notice read and goes to what it is about."""
    viewer = page.viewer_of(request)
    view = notices.notice(viewer, notice_id)
    if view is None:
        raise NotFound()
    services.mark_read(viewer=viewer, notice_ids=[notice_id])
    try:
        about = NOTICES.get(view.kind)
        url = reverse(about.url_name, args=about.url_args(view.object_id))
    except (KeyError, NoReverseMatch):
        url = reverse("notices")
    return htmx.redirect(request, url)


@needs(SIGNED_IN)
@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    services.mark_read(viewer=page.viewer_of(request))
    return htmx.redirect(request, reverse("notices"))


@needs(SIGNED_IN)
@require_http_methods(["GET", "POST"])
def notice_choices(request: HttpRequest) -> HttpResponse:
    """What the reader hears of, and how."""
    viewer = page.viewer_of(request)
    held = notices.choices(viewer)
    if request.method == "POST":
        for choice in held:
            for channel, is_on in ((Channel.IN_APP, choice.in_app), (Channel.MAIL, choice.mail)):
                wanted = f"{choice.kind.key}:{channel.value}" in request.POST
                if wanted != is_on:
                    services.choose(viewer=viewer, kind=choice.kind.key, channel=channel, is_on=wanted)
        messages.success(request, gettext("Saved."))
        return htmx.redirect(request, reverse("notice-choices"))
    context = {
        "choices": [
            {"key": one.kind.key, "label": gettext(one.kind.label), "in_app": one.in_app, "mail": one.mail}
            for one in held
        ],
        "mail_on": bool(settings.SIYU.mail_host),
        "crumbs": [Crumb(_("Notifications"), reverse("notices"))],
    }
    return render(request, "console/work/notice_choices.html", context)


def _told(request: HttpRequest) -> list[Notice]:
    found = notices.notices(page.viewer_of(request), limit=BELL_ROWS)
    return [_notice(view) for view in found.items]


def _notice(view: NoticeView) -> Notice:
    item = _item(view)
    return Notice(
        key=str(view.id),
        title=item["text"],
        icon=str(item["icon"]),
        at=f"{item['at']} {item['relative']}",
        url=reverse("notice-open", args=[view.id]),
        unread=view.read_at is None,
    )


def _read(request: HttpRequest, keys: Sequence[str]) -> None:
    known = [int(key) for key in keys if key.isascii() and key.isdecimal() and len(key) < 19]
    services.mark_read(viewer=page.viewer_of(request), notice_ids=known if keys else None)


BELL_OF_NOTICES = Bell(
    count=lambda request: notices.unread_count(page.viewer_of(request)),
    notices=_told,
    read=_read,
    all_url_name="notices",
)
