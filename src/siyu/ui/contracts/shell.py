"""What packages register with the shell: areas, tools, search, scope, notices, help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from siyu.org.contracts import Viewer


@dataclass(frozen=True)
class NavItem:
    """One area of the console. `order` follows the operator's day; an item whose page does not exist is not shown.

    Nor is one whose `permission` the viewer lacks; an area leads to the first child that they may see.
    """

    key: str
    label: Any
    icon: str
    url_name: str
    order: int
    children: tuple[NavItem, ...] = ()
    badge: Callable[[Any], int] | None = None
    shortcut: str = ""
    after_line: bool = False
    permission: str = ""


@dataclass(frozen=True)
class Tool:
    """One icon of the top bar, such as running jobs or help; `count` takes the request."""

    key: str
    label: Any
    icon: str
    url_name: str
    order: int
    count: Callable[[Any], int] | None = None
    permission: str = ""


@dataclass(frozen=True)
class Search:
    """The search behind the top bar's field: a page that takes ``?q=``."""

    label: Any
    url_name: str


@dataclass(frozen=True)
class QuickAction:
    """Something that a person may begin from anywhere, found in the search box by its label."""

    key: str
    label: Any
    icon: str
    url_name: str
    permission: str = ""


@dataclass(frozen=True)
class SearchHit:
    """One thing that was found. `key` names it among its kind for ever: it is remembered as recently opened."""

    key: str
    label: Any
    url: str
    note: Any = ""


@dataclass(frozen=True)
class SearchKind:
    """A kind of things that the search box finds.

    `search` takes viewer, text and how many at most, best first; it decides itself which texts are too short for it.
    `named` gives the hits of keys that were found earlier, without those that are gone or out of the viewer's scope;
    a kind without it is not remembered. `more_url` is the list of everything that matches a text. A viewer who lacks
    `permission` never gets as far.
    """

    key: str
    label: Any
    icon: str
    order: int
    search: Callable[[Viewer, str, int], Sequence[SearchHit]]
    named: Callable[[Viewer, Sequence[str]], Sequence[SearchHit]] | None = None
    more_url: Callable[[str], str] | None = None
    permission: str = ""


@dataclass(frozen=True)
class ScopeNode:
    """A part of the organisation that the reader may work in; `note` stands muted beside it, such as “86 stores”."""

    key: str
    label: Any
    note: Any = ""
    current: bool = False
    selectable: bool = True
    children: Sequence[ScopeNode] = ()


@dataclass(frozen=True)
class ScopeSwitch:
    """The switch of brand, region and store in the top bar; every callable takes the request first.

    `current` is what the reader works in, None for somebody without a choice; `tree` the nodes whose names match a
    text (all for an empty one; a large organisation gives only the upper levels then); `choose` takes a node's key
    and raises NotAllowed outside the reader's scope.
    """

    current: Callable[[Any], ScopeNode | None]
    tree: Callable[[Any, str], Sequence[ScopeNode]]
    choose: Callable[[Any, str], None]


@dataclass(frozen=True)
class Notice:
    """A notification in the bell's drawer. `at` is the time as text; `tone` is bad, warn, info or good."""

    key: str
    title: Any
    url: str
    note: Any = ""
    at: Any = ""
    icon: str = "bell"
    tone: str = "info"
    unread: bool = False


@dataclass(frozen=True)
class Bell:
    """The notifications behind the bell; every callable takes the request.

    `count` is asked on each page and each minute: it must be one cheap query. `notices` are the newest first. `read`
    marks the given keys as read, all of them when none is given. `all_url_name` names the page of everything.
    """

    count: Callable[[Any], int]
    notices: Callable[[Any], Sequence[Notice]]
    read: Callable[[Any, Sequence[str]], None]
    all_url_name: str = ""


@dataclass(frozen=True)
class HelpPage:
    """What the help panel says about a page: what it is for, what its words mean, what to do first, where to read on.

    `definitions` are (word, meaning), or a callable that gives them; `links` are (label, address). Addresses that begin
    with ``docs/`` are pages of Siyu's documentation.
    """

    about: Any
    steps: Sequence[Any] = ()
    definitions: Sequence[tuple[Any, Any]] | Callable[[], Sequence[tuple[Any, Any]]] = ()
    links: Sequence[tuple[Any, str]] = ()
