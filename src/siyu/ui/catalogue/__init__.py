"""The components there are. `docs/design-system.md` is made from these declarations.

A component is added in one of these modules, drawn in ``templates/ui/components/<name>.html`` and shown on the style
guide.
"""

from __future__ import annotations

from siyu.ui.catalogue import forms, frame, numbers, pages, panels, tables
from siyu.ui.components import COMPONENTS

DECLARED = (*pages.DECLARED, *numbers.DECLARED, *tables.DECLARED, *forms.DECLARED, *panels.DECLARED, *frame.DECLARED)


def register_components() -> None:
    for component in DECLARED:
        COMPONENTS.add(component.name, component)
