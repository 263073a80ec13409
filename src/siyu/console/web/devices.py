"""What a browser calls itself, in two words that a person recognises."""

from __future__ import annotations

from django.utils.translation import gettext

# The first that is found counts: nearly every browser also claims to be Chrome and Safari.
_BROWSERS = (
    ("wxwork/", "WeCom"),
    ("MicroMessenger/", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device(agent: str) -> str:
    """Such as “Chrome · Windows”; a sentence where the browser does not say."""
    found = [name for signs in (_BROWSERS, _SYSTEMS) if (name := _first(signs, agent))]
    return " · ".join(found) or gettext("Unknown device")


def _first(signs: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for sign, name in signs if sign in agent), "")
