"""Named fail points: where a test makes the process die, so that "never lost, never twice" is more than a wish.

``SIYU_FAILPOINT=name`` (or ``name:3`` for the third pass) ends the process at once, without clean-up, when the code
passes ``failpoint("name")``. Without the variable the call costs one dictionary look-up.
"""

from __future__ import annotations

import os

EXIT_CODE = 86
_passes: dict[str, int] = {}


def failpoint(name: str) -> None:
    """Dies here with `os._exit(EXIT_CODE)` if the environment asks for it."""
    armed = os.environ.get("SIYU_FAILPOINT")
    if armed is None:
        return
    _passes[name] = _passes.get(name, 0) + 1
    wanted, _, nth = armed.partition(":")
    if wanted == name and _passes[name] >= int(nth or 1):
        os._exit(EXIT_CODE)


def passes() -> dict[str, int]:
    """How often this process has passed each point while one was armed (``none`` arms without effect)."""
    return dict(_passes)
