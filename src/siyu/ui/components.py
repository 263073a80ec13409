"""Template components: a name, a template, declared props and slots; anything undeclared is refused.

The refusal happens when a template is compiled, so that a misspelt prop fails in every test that loads the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from siyu.kernel.registry import Registry

REQUIRED: Any = object()
# Attributes that a component with `attributes=True` hands on to its element. `hx_on` is refused: it is inline script.
ATTRIBUTE_PREFIXES = ("hx_", "data_", "aria_")
REFUSED_ATTRIBUTES = ("hx_on", "hx_vals_js")


class ComponentError(ValueError):
    """A component was called with something it did not declare, or without something it needs."""


@dataclass(frozen=True)
class Prop:
    """One declared input. Without a default it is required; `choices` limits its values."""

    name: str
    about: str
    default: Any = REQUIRED
    choices: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@dataclass(frozen=True)
class Component:
    """A declared component. `prepare` may derive values for the template from the checked props."""

    name: str
    about: str
    props: tuple[Prop, ...] = ()
    slots: tuple[str, ...] = ()
    takes_body: bool = False
    attributes: bool = False
    prepare: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None

    @property
    def template(self) -> str:
        return f"ui/components/{self.name}.html"


COMPONENTS: Registry[Component] = Registry("component")


def is_attribute(name: str) -> bool:
    return name.startswith(ATTRIBUTE_PREFIXES) and not name.startswith(REFUSED_ATTRIBUTES)


def check_call(component: Component, given: Iterable[str], slots: Iterable[str] = (), *, body: bool = False) -> None:
    """Refuses unknown props and slots, missing required props, and a body where none is taken."""
    names = set(given)
    known = {prop.name for prop in component.props}
    handed_on = {name for name in names if component.attributes and is_attribute(name)}
    _refuse(component, "prop", names - known - handed_on, known)
    _refuse(component, "slot", set(slots) - set(component.slots), set(component.slots))
    missing = {prop.name for prop in component.props if prop.required} - names
    if missing:
        raise ComponentError(f"component {component.name!r} needs {_listed(missing)}")
    if body and not component.takes_body:
        raise ComponentError(f"component {component.name!r} takes no body, only slots: {_listed(component.slots)}")


def values_of(component: Component, given: Mapping[str, Any]) -> dict[str, Any]:
    """The template's variables for checked `given` props: defaults filled in, choices checked, `attrs` split off."""
    known = {prop.name for prop in component.props}
    values = {prop.name: given.get(prop.name, prop.default) for prop in component.props}
    for prop in component.props:
        if prop.choices and values[prop.name] not in prop.choices:
            held = f"{prop.name} is {values[prop.name]!r}"
            raise ComponentError(f"component {component.name!r}: {held}, not one of {_listed(prop.choices)}")
    values["attrs"] = {name.replace("_", "-"): value for name, value in given.items() if name not in known}
    if component.prepare is not None:
        values.update(component.prepare(values))
    return values


def _refuse(component: Component, what: str, unknown: set[str], known: set[str]) -> None:
    if unknown:
        raise ComponentError(f"component {component.name!r} has no {what} {_listed(unknown)}; it has {_listed(known)}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
