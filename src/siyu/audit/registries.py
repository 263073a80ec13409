"""What other packages hand to `audit`: their verbs and their kinds of objects. Each has a file `actions.py`."""

from __future__ import annotations

from siyu.audit.contracts import Action, Kind
from siyu.kernel.registry import Registry

ACTIONS: Registry[Action] = Registry("audited action")
KINDS: Registry[Kind] = Registry("kind of audited object")


def action(key: str, label: str) -> Action:
    """Registers a verb such as `plan.launched`, its label as people read it in a list."""
    return ACTIONS.add(key, Action(key, label))


def kind(key: str, label: str) -> Kind:
    return KINDS.add(key, Kind(key, label))
