"""Writes `docs/design-system.md` from the declared components: ``python -m siyu.ui.reference``."""

from __future__ import annotations

from siyu.ui.catalogue import DECLARED
from siyu.ui.components import Component, Prop
from siyu.ui.vendor import PROJECT_DIR

REFERENCE_PATH = PROJECT_DIR / "docs" / "design-system.md"
HEAD = r"""# Design system

Made from `src/siyu/ui/catalogue/` by `python -m siyu.ui.reference`; a test keeps it in step. See every component drawn,
with its empty, long and erroneous states, on `/styleguide/`.

```django
{% load i18n ui %}
{% translate "New customers" as label %}
{% component "stat_card" label=label value=count|number url=list_url %}
{% wrap "callout" kind="warn" title=title %}text{% slot "actions" %}<a href="…">…</a>{% endslot %}{% endwrap %}
```

- An undeclared prop or slot is a `TemplateSyntaxError` when the template is compiled. A required prop carries a star.
- Shapes (`Column`, `Row`, `Cell`, `Tab`, `Step` …) are in `siyu.ui.contracts`; charts in `siyu.ui.charts`.
- Filters: `money` (from fen), `number`, `percent` (share of one), `points`, `change`, `day`, `when`, `clock`, `ago`,
  `duration`, `masked_phone`. Tags: `{% icon "home" size=16 %}`, `{% moment value %}`.
- Pages extend `ui/shell.html` and fill `title`, `content`, and `scripts` with `{% include "ui/charts.html" %}` where
  there are charts. Layout words: `s-stack`, `s-grid` with `s-span-3` … `s-span-9`, `s-split`, `s-stats`, `s-row`.
- Packages add navigation to `siyu.ui.registries.NAV`, top-bar icons to `TOOLS`, the search page to `SEARCH`.
- Name icons as `icon="…"`: the sprite holds exactly the icons that code names in this way.
- `siyu.ui.htmx.redirect` and `.toast` answer HTMX. Data that is not translated stands in `translate="no"`.
- No inline style, script or handler: widths are drawn by `meter`. `siyu.ui.lint` refuses the rest.

## Drafts and two editors

```django
{% wrap "form" id="place" version=form.version.value draft=True unsaved=form.is_bound conflict=conflict %}…{% endwrap %}
```

- `draft=True` keeps in the browser what is typed, by `drafts.js`, and offers it when the form is opened again with
  something else in it. It is kept under the writer's id, the form's address and its `id`, for seven days, until the
  form is saved, discarded, or its writer signs out. Passwords, files, one-time codes and hidden values are never kept;
  a hidden value that belongs to what is typed says `data-draft-kept`.
- Before it sends, the form asks whether Siyu can be reached. If not, it stays as it is and says so. After an ended
  session the sign-in leads back to the form, which offers the draft.
- The server names what was taken in by a cookie (`siyu.ui.drafts`): an answer of the view below 400. So a view that
  refuses a form answers 422 and gives `unsaved=True`; it must not answer 200.
- A draft is restored with the version that its writer saw: what somebody else has saved since is not replaced unseen.
- A form whose fields come from the server takes `siyu:draft-restored` and has them drawn again (`builder.js`).
- A service that finds another version than the caller saw raises `Outdated`. The view then answers 409 with an
  `EditConflict`: `siyu.ui.conflicts.differences(mine, theirs)` compares two forms of one class, and the console adds
  who saved and when from the audit log. The form keeps the old version, so that saving again shows the conflict again;
  “Keep mine” sends the new one, “Take theirs” opens what is saved.
"""


def reference() -> str:
    """The whole page."""
    return HEAD + "".join(_section(component) for component in DECLARED)


def _section(component: Component) -> str:
    lines = [f"\n## {component.name}\n", f"{component.about}\n"]
    if component.props:
        lines += ["| prop | what | default |", "|---|---|---|", *(_row(prop) for prop in component.props)]
    parts = [f"`{name}`" for name in component.slots]
    if component.takes_body:
        parts.insert(0, "body")
    if parts:
        lines.append(f"\nContent: {', '.join(parts)}.")
    if component.attributes:
        lines.append("\nHands on attributes that begin with `hx_`, `data_` or `aria_`.")
    return "\n".join(lines) + "\n"


def _row(prop: Prop) -> str:
    if prop.required:
        default = ""
    elif prop.choices:
        default = " ".join(f"**{choice or '—'}**" if choice == prop.default else choice for choice in prop.choices)
    else:
        default = f"`{prop.default!r}`"
    return f"| {prop.name}{'*' if prop.required else ''} | {prop.about} | {default} |"


if __name__ == "__main__":
    REFERENCE_PATH.write_text(reference(), encoding="utf-8")
