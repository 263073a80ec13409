"""What packages above the design system add to the shell, each in its ``AppConfig.ready()``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from siyu.eventlog.contracts import JobView
from siyu.kernel.registry import Registry
from siyu.org.contracts import Viewer
from siyu.ui.contracts import Bell, HelpPage, ListKind, NavItem, QuickAction, ScopeSwitch, Search, SearchKind, Tool

# At most one entry, "console": takes the request and a permission, says whether the viewer has it.
MAY: Registry[Callable[[Any, str], bool]] = Registry("permission check")
# At most one entry, "console": takes the request, gives the viewer, narrowed by the scope switch.
VIEWER: Registry[Callable[[Any], Viewer]] = Registry("viewer of a request")
# Areas of the console, by key.
NAV: Registry[NavItem] = Registry("navigation item")
# Icons of the top bar, by key.
TOOLS: Registry[Tool] = Registry("top-bar tool")
# What can be begun from the search box, by key.
ACTIONS: Registry[QuickAction] = Registry("quick action")
# Kinds of things that the search box finds, by key. Without any, and without SEARCH, no field is shown.
SEARCH_KINDS: Registry[SearchKind] = Registry("kind of search")
# At most one entry, "console": what the search field says that it finds, and a page that takes ``?q=``.
SEARCH: Registry[Search] = Registry("search")
# At most one entry, "name": takes the request, returns the brand's name for the top bar.
BRAND: Registry[Callable[[Any], str]] = Registry("brand name")
# At most one entry, "scope": without it the top bar names the brand alone.
SCOPE: Registry[ScopeSwitch] = Registry("scope switch")
# At most one entry, "bell": without it there is no bell.
BELL: Registry[Bell] = Registry("bell")
# What the help panel says, by the name of the page's address.
HELP: Registry[HelpPage] = Registry("help page")
# Lists with filters, columns and saved views, by key.
LISTS: Registry[ListKind] = Registry("list")
# By kind of job: what is offered when it has ended well, as (label, address).
JOB_RESULTS: Registry[Callable[[JobView], tuple[Any, str]]] = Registry("result of a job")
