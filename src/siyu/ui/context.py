"""What every page's frame needs: navigation, tools, languages, theme. One context processor, no query of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy

from siyu.ui import registries
from siyu.ui.contracts import NavItem, ScopeNode, Tool

THEME_COOKIE = "siyu_theme"
THEMES = ("light", "dark")
LANGUAGE_NAMES = {"zh-hans": "简体中文", "en": "English"}


@dataclass(frozen=True)
class NavLink:
    """A navigation item with a page behind it, ready to draw."""

    item: NavItem
    url: str
    current: bool
    badge: int
    children: tuple[NavLink, ...] = ()


@dataclass(frozen=True)
class ToolLink:
    item: Tool
    url: str
    count: int


class Shell:
    """The frame around a page. Everything is computed when a template asks, so fragments cost nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def nav(self) -> list[NavLink]:
        """Areas with a page, in the operator's order; the one whose address is the longest prefix is current."""
        items = [item for item in sorted(registries.NAV, key=lambda item: item.order) if self._shown(item)]
        addresses = {item.key: url for item in items if (url := self._address(item))}
        current = self._current_key(items, addresses)
        return [self._link(item, addresses, current) for item in items if item.key in addresses]

    def _link(self, item: NavItem, addresses: dict[str, str], current: str) -> NavLink:
        children = tuple(
            NavLink(item=child, url=url, current=self._request.path.startswith(url), badge=0)
            for child in item.children
            if self._may(child.permission) and (url := address(child.url_name))
        )
        badge = item.badge(self._request) if item.badge else 0
        return NavLink(item, addresses[item.key], item.key == current, badge, children)

    def _shown(self, item: NavItem) -> bool:
        """An area with children is shown while one of them is."""
        if item.children:
            return any(self._may(child.permission) for child in item.children)
        return self._may(item.permission)

    def _address(self, item: NavItem) -> str:
        """Its own page where the viewer may see that, else the first of its children that they may."""
        if self._may(item.permission) and not any(child.url_name == item.url_name for child in item.children):
            return address(item.url_name)
        allowed = (address(child.url_name) for child in item.children if self._may(child.permission))
        return next((url for url in allowed if url), "")

    def may_open(self, url_name: str) -> bool:
        """Whether the viewer may follow a link or press a button that leads to this address."""
        return any(self._may(permission) for permission in _permissions_by_name().get(url_name, ()))

    def _may(self, permission: str) -> bool:
        return not permission or all(may(self._request, permission) for may in registries.MAY)

    def _current_key(self, items: Iterable[NavItem], addresses: dict[str, str]) -> str:
        chosen = getattr(self._request, "nav_key", "")
        if chosen:
            return chosen
        prefixes = [(addresses[item.key], item.key) for item in items if item.key in addresses]
        for item in items:
            prefixes += [(url, item.key) for child in item.children if (url := address(child.url_name))]
        matching = [(len(url), key) for url, key in prefixes if self._covers(url)]
        return max(matching)[1] if matching else ""

    def _covers(self, url: str) -> bool:
        return self._request.path == url if url == "/" else self._request.path.startswith(url)

    @cached_property
    def tools(self) -> list[ToolLink]:
        found = sorted(registries.TOOLS, key=lambda tool: tool.order)
        return [
            ToolLink(tool, url, tool.count(self._request) if tool.count else 0)
            for tool in found
            if self._may(tool.permission) and (url := address(tool.url_name))
        ]

    @cached_property
    def search(self) -> dict[str, Any] | None:
        """The search field's label and the address that Enter goes to, or None while no package offers a search.

        With registered kinds the field answers while somebody types, and Enter goes to the page of all results.
        """
        registered = next((search for search in registries.SEARCH if address(search.url_name)), None)
        label = registered.label if registered else gettext_lazy("Search")
        box_url = address("ui-search") if len(registries.SEARCH_KINDS) else ""
        url = box_url or (address(registered.url_name) if registered else "")
        return {"label": label, "url": url, "box_url": box_url} if url else None

    @cached_property
    def scope(self) -> ScopeNode | None:
        """Where the reader works; None where nothing can be chosen."""
        for switch in registries.SCOPE:
            return switch.current(self._request)
        return None

    @cached_property
    def bell(self) -> dict[str, int] | None:
        """How many notifications wait; None without a bell."""
        for found in registries.BELL:
            return {"count": found.count(self._request)}
        return None

    @property
    def page_key(self) -> str:
        """The name of the page's address, by which the help panel knows it."""
        match = self._request.resolver_match
        return match.url_name or "" if match else ""

    @cached_property
    def brand(self) -> str:
        for name_of in registries.BRAND:
            return name_of(self._request)
        return ""

    @property
    def theme(self) -> str:
        """ "light", "dark", or empty: follow the machine."""
        chosen = self._request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else ""

    @cached_property
    def languages(self) -> list[dict[str, Any]]:
        active = get_language()
        return [
            {"code": code, "name": LANGUAGE_NAMES.get(code, code), "current": code == active}
            for code, _name in settings.LANGUAGES
        ]

    @property
    def language_name(self) -> str:
        return LANGUAGE_NAMES.get(get_language() or "", "")

    @property
    def html_lang(self) -> str:
        return "zh-Hans" if (get_language() or "").startswith("zh") else (get_language() or "en")

    @property
    def language_url(self) -> str:
        """Takes `language` and `next` by POST; empty where no package switches languages."""
        return address("set_language")

    @property
    def in_sandbox(self) -> bool:
        """Whether this installation plays: said on every page, so that nobody takes play for work or work for play."""
        return bool(getattr(settings, "SIYU", None) and settings.SIYU.sandbox)

    @cached_property
    def world_url(self) -> str:
        return address("settings-world") if self.may_open("settings-world") else ""

    @property
    def account_url(self) -> str:
        return address("account")

    @property
    def sign_out_url(self) -> str:
        return address("sign-out")


@cache
def _permissions_by_name() -> dict[str, tuple[str, ...]]:
    """What the view behind each named address asks for, as it says itself (`org.access.needs`)."""
    found = {}
    waiting = list(get_resolver().url_patterns)
    while waiting:
        pattern = waiting.pop()
        if isinstance(pattern, URLResolver):
            waiting += pattern.url_patterns
        elif pattern.name:
            found[pattern.name] = getattr(pattern.callback, "permissions", ())
    return found


def address(url_name: str, *args: Any) -> str:
    """The address of a named page, or empty when no package serves it."""
    try:
        return reverse(url_name, args=args)
    except NoReverseMatch:
        return ""


def shell(request: HttpRequest) -> dict[str, Shell]:
    return {"shell": Shell(request)}
