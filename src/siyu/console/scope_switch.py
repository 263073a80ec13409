"""The scope switch of the top bar: which part of the brand the console shows."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest
from django.utils.translation import gettext

from siyu.console.web import page
from siyu.console.web.organisation import wording
from siyu.kernel.errors import NotFound
from siyu.org import queries as org
from siyu.org.contracts import NodeView
from siyu.ui.contracts import ScopeNode, ScopeSwitch
from siyu.ui.registries import SCOPE

# What stands for everything that the roles give.
EVERYTHING = ""


def register() -> None:
    SCOPE.add("scope", ScopeSwitch(current=current, tree=tree, choose=choose))


def current(request: HttpRequest) -> ScopeNode | None:
    """The chosen place, else the whole; None for somebody whose roles give no places to choose from."""
    scope = page.whole_viewer_of(request).scope
    if not scope.everything and not scope.paths:
        return None
    place = page.chosen_place(request)
    return _node(place, chosen=place.id) if place else _whole(is_current=True)


def tree(request: HttpRequest, text: str) -> Sequence[ScopeNode]:
    """The uppermost places, or those that a text finds, each under its next place that is shown too."""
    found = org.find_nodes(page.whole_viewer_of(request), text)
    place = page.chosen_place(request)
    chosen = place.id if place else 0
    nodes = _nested(found, chosen)
    return nodes if text else [_whole(is_current=not chosen), *nodes]


def choose(request: HttpRequest, key: str) -> None:
    """Shows one place from now on in this session, or everything again. NotFound outside the viewer's scope."""
    if key == EVERYTHING:
        request.session.pop(page.SCOPE_KEY, None)
        return
    if not (key.isascii() and key.isdecimal() and len(key) <= 18):
        raise NotFound()
    request.session[page.SCOPE_KEY] = org.node(page.whole_viewer_of(request), int(key)).id


def _nested(found: Sequence[NodeView], chosen: int) -> list[ScopeNode]:
    tops = [node for node in found if not any(_holds(other, node) for other in found)]
    return [_branch(node, [other for other in found if _holds(node, other)], chosen) for node in tops]


def _branch(node: NodeView, inner: Sequence[NodeView], chosen: int) -> ScopeNode:
    return _node(node, chosen=chosen, children=_nested(inner, chosen))


def _holds(outer: NodeView, inner: NodeView) -> bool:
    return inner.id != outer.id and inner.path.startswith(outer.path)


def _node(node: NodeView, *, chosen: int, children: Sequence[ScopeNode] = ()) -> ScopeNode:
    note = " · ".join(filter(None, (str(wording.KINDS[node.kind]), node.city)))
    return ScopeNode(key=str(node.id), label=node.name, note=note, current=node.id == chosen, children=tuple(children))


def _whole(*, is_current: bool) -> ScopeNode:
    return ScopeNode(key=EVERYTHING, label=gettext("All that I may see"), current=is_current)
