"""The language of the command line: gettext over the project's catalogue, without Django, so that it starts fast."""

from __future__ import annotations

import gettext as stdlib_gettext
import os
from functools import lru_cache
from pathlib import Path

LOCALE_DIR = Path(__file__).resolve().parent.parent / "locale"
# The first of these that is set decides; the terminal's own wish stands below Siyu's setting.
VARIABLES = ("SIYU_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def chosen() -> str:
    """`zh_Hans` or `en`, by Siyu's setting in the environment, else by the terminal's locale."""
    wish = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), "")
    return "zh_Hans" if wish.lower().startswith("zh") else "en"


@lru_cache(maxsize=4)
def _catalogue(language: str) -> stdlib_gettext.NullTranslations:
    return stdlib_gettext.translation("django", LOCALE_DIR, languages=[language], fallback=True)


def gettext(msgid: str) -> str:
    """`msgid` in the chosen language; itself where the catalogue lacks it or was not compiled."""
    return _catalogue(chosen()).gettext(msgid) if msgid else msgid


def gettext_noop(msgid: str) -> str:
    """Marks a text for the catalogue where it is translated elsewhere, because a variable brings it there."""
    return msgid


# States of processes, jobs, imports, audiences and plans, as `_(state)` shows them.
STATES = (
    gettext_noop("archived"),
    gettext_noop("building"),
    gettext_noop("cancelled"),
    gettext_noop("done"),
    gettext_noop("draft"),
    gettext_noop("failed"),
    gettext_noop("healthy"),
    gettext_noop("launching"),
    gettext_noop("preparing"),
    gettext_noop("queued"),
    gettext_noop("ready"),
    gettext_noop("running"),
    gettext_noop("scheduled"),
    gettext_noop("starting"),
    gettext_noop("stopped"),
    gettext_noop("stopping"),
    gettext_noop("waiting"),
)
