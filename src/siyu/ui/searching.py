"""The search box: asks every registered kind, names what was opened lately, and finds pages and actions itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from siyu.kernel.errors import SiyuError
from siyu.org.contracts import Viewer
from siyu.ui import queries, registries
from siyu.ui.context import address
from siyu.ui.contracts import SearchHit, SearchKind

# Of each kind, in the box; the page of all results shows more.
BOX_HITS = 5
PAGE_HITS = 20
# Longer texts are no searches; providers need not guard against them.
MAX_TEXT_LENGTH = 100


@dataclass(frozen=True)
class SearchGroup:
    """What one kind found. `problem` says why it could not look; the other kinds' answers stand."""

    key: str
    label: Any
    icon: str
    hits: Sequence[SearchHit] = ()
    more_url: str = ""
    problem: str = ""


def find(viewer: Viewer, text: str, limit: int) -> list[SearchGroup]:
    """Groups with hits, and those that could not look, in the order of their kinds."""
    wanted = " ".join("".join(filter(str.isprintable, text)).split())[:MAX_TEXT_LENGTH]
    if not wanted:
        return []
    allowed = [kind for kind in registries.SEARCH_KINDS if _may(viewer, kind.permission)]
    groups = [_group(kind, viewer, wanted, limit) for kind in sorted(allowed, key=lambda kind: kind.order)]
    return [group for group in groups if group.hits or group.problem]


def _group(kind: SearchKind, viewer: Viewer, text: str, limit: int) -> SearchGroup:
    try:
        hits = list(kind.search(viewer, text, limit + 1))
    except SiyuError as error:
        return SearchGroup(kind.key, kind.label, kind.icon, problem=error.text(gettext))
    more_url = kind.more_url(text) if kind.more_url and len(hits) > limit else ""
    return SearchGroup(kind.key, kind.label, kind.icon, hits[:limit], more_url)


def recent(viewer: Viewer) -> list[SearchGroup]:
    """What the viewer opened lately, by kind; what is gone or out of scope is left out."""
    keys: dict[str, list[str]] = defaultdict(list)
    for opened_kind, key in queries.recent(viewer):
        keys[opened_kind].append(key)
    groups = []
    for kind_key, wanted in keys.items():
        found = registries.SEARCH_KINDS.get(kind_key) if kind_key in registries.SEARCH_KINDS else None
        if found is not None and found.named is not None and _may(viewer, found.permission):
            hits = found.named(viewer, wanted)
            groups.append(SearchGroup(found.key, found.label, found.icon, hits))
    return [group for group in groups if group.hits]


def pages(viewer: Viewer, text: str, limit: int) -> list[SearchHit]:
    """Areas, their pages and quick actions whose name, in any language, holds the text."""
    found = {hit.url: hit for hit, words in _places(viewer) if text.casefold() in words}
    return list(found.values())[:limit]


def _places(viewer: Viewer) -> Iterator[tuple[SearchHit, str]]:
    for area in sorted(registries.NAV, key=lambda item: item.order):
        for item in (area, *area.children):
            if _may(viewer, item.permission) and (url := address(item.url_name)):
                note = area.label if item is not area else ""
                yield SearchHit(item.key, item.label, url, note), _in_every_language(item.label)
    for action in registries.ACTIONS:
        if _may(viewer, action.permission) and (url := address(action.url_name)):
            yield SearchHit(action.key, action.label, url), _in_every_language(action.label)


def _may(viewer: Viewer, permission: str) -> bool:
    return not permission or viewer.may(permission)


def _in_every_language(label: Any) -> str:
    spoken = []
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            spoken.append(str(label).casefold())
    return "\n".join(spoken)


PAGES = SearchKind("pages", _("Pages and actions"), icon="arrow-right", order=900, search=pages)
