"""``{% load ui %}``: components, icons, and how numbers, money, days and moments are worded.

``{% component "stat_card" label=… value=… %}`` renders a component without content;
``{% wrap "callout" kind="warn" %}text{% slot "actions" %}…{% endslot %}{% endwrap %}`` renders one with content.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.forms.utils import flatatt
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from siyu.ui import components, formats
from siyu.ui.contracts import Cell
from siyu.ui.vendor import SPRITE_NAME

register = template.Library()

# Always at hand inside a component, besides its own props.
PASSED_ON = ("request", "csrf_token", "shell")


class SlotNode(Node):
    """A named part of a wrapped component; rendered by the wrapper, not where it stands."""

    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name = name
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        return self.nodelist.render(context)


class ComponentNode(Node):
    """A component call whose names were checked when the template was compiled."""

    def __init__(
        self,
        component: components.Component,
        props: Mapping[str, FilterExpression],
        body: NodeList,
        slots: Mapping[str, SlotNode],
    ) -> None:
        self.component = component
        self.props = props
        self.body = body
        self.slots = slots

    def render(self, context: Context) -> SafeString:
        given = {name: expression.resolve(context) for name, expression in self.props.items()}
        values = components.values_of(self.component, given)
        values["attrs"] = flatatt(values["attrs"])
        values["slots"] = {name: node.render(context) for name, node in self.slots.items()}
        values["body"] = self.body.render(context)
        values.update({name: context[name] for name in PASSED_ON if name in context})
        engine = context.template.engine  # type: ignore[union-attr]
        # A bare context: a component sees its props and nothing else, and a table has hundreds of them.
        return engine.get_template(self.component.template).render(Context(values, autoescape=context.autoescape))


@register.tag
def component(parser: Parser, token: Token) -> ComponentNode:
    """``{% component "name" prop=value … %}``"""
    declared, props = _read_call(parser, token)
    _check(declared, props, {}, body=False)
    return ComponentNode(declared, props, NodeList(), {})


@register.tag
def wrap(parser: Parser, token: Token) -> ComponentNode:
    """``{% wrap "name" prop=value … %}body{% slot "part" %}…{% endslot %}{% endwrap %}``"""
    declared, props = _read_call(parser, token)
    content = parser.parse(("endwrap",))
    parser.delete_first_token()
    slots = {node.name: node for node in content if isinstance(node, SlotNode)}
    body = NodeList(node for node in content if not isinstance(node, SlotNode))
    has_body = any(not _is_blank(node) for node in body)
    _check(declared, props, slots, body=has_body)
    return ComponentNode(declared, props, body if has_body else NodeList(), slots)


@register.tag
def slot(parser: Parser, token: Token) -> SlotNode:
    words = token.split_contents()
    if len(words) != 2:
        raise template.TemplateSyntaxError('slot takes one name: {% slot "actions" %}')
    content = parser.parse(("endslot",))
    parser.delete_first_token()
    return SlotNode(words[1].strip("\"'"), content)


def _read_call(parser: Parser, token: Token) -> tuple[components.Component, dict[str, FilterExpression]]:
    words = token.split_contents()
    if len(words) < 2 or words[1][0] not in "\"'":
        raise template.TemplateSyntaxError(f"{words[0]} takes a component's name in quotes first")
    rest = words[2:]
    props = token_kwargs(rest, parser)
    if rest:
        raise template.TemplateSyntaxError(f"{words[0]} {words[1]}: {rest[0]!r} is not prop=value")
    try:
        return components.COMPONENTS.get(words[1].strip("\"'")), props
    except KeyError as error:
        raise template.TemplateSyntaxError(str(error)) from error


def _check(declared: components.Component, props: Mapping[str, Any], slots: Mapping[str, Any], *, body: bool) -> None:
    try:
        components.check_call(declared, props, slots, body=body)
    except components.ComponentError as error:
        raise template.TemplateSyntaxError(str(error)) from error


def _is_blank(node: Node) -> bool:
    return isinstance(node, template.base.TextNode) and not node.s.strip()


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "", klass: str = "") -> SafeString:
    """A Tabler icon from the sprite. Without a label it is decoration and hidden from screen readers."""
    if not label:
        return _decoration(name, size, klass)
    return _drawn(name, size, klass, format_html('role="img" aria-label="{}"', label))


@lru_cache(maxsize=512)
def _decoration(name: str, size: int, klass: str) -> SafeString:
    return _drawn(name, size, klass, mark_safe('aria-hidden="true"'))


def _drawn(name: str, size: int, klass: str, role: SafeString) -> SafeString:
    return format_html(
        '<svg class="s-icon{}" width="{}" height="{}" {}><use href="{}#{}"></use></svg>',
        f" {klass}" if klass else "",
        size,
        size,
        role,
        static(f"vendor/{SPRITE_NAME}"),
        name,
    )


@register.simple_tag
def moment(value: datetime | None) -> SafeString | str:
    """A point in time with its distance from now: ``5月16日 09:00`` and, muted, ``3 天前``."""
    if value is None:
        return formats.MISSING
    return format_html(
        '<time datetime="{}">{}</time> <span class="s-muted s-nowrap">{}</span>',
        value.isoformat(),
        formats.moment(value),
        formats.relative(value),
    )


@register.filter
def may_open(shell: Any, url_name: str) -> bool:
    """``{% if shell|may_open:"plan-new" %}``: links and buttons that would be refused are not shown."""
    return bool(shell.may_open(url_name))


@register.filter
def total_cell(row: Any, column: Any) -> Any:
    """The cell of a row of totals for a column, always as a `Cell`; without a total it is empty."""
    return formats.as_cell(row.cells[column.key]) if column.key in row.cells else Cell("")


register.filter("money", formats.money)
register.filter("number", formats.number)
register.filter("percent", formats.percent)
register.filter("points", formats.points)
register.filter("change", formats.change)
register.filter("masked_phone", formats.masked_phone)
register.filter("duration", formats.duration)


@register.filter(name="day")
def day_filter(value: date | datetime | None) -> str:
    return formats.day(value)


@register.filter(name="when")
def when_filter(value: datetime | None) -> str:
    """``5月16日 09:00``, without the distance from now."""
    return formats.moment(value)


@register.filter(name="clock")
def clock_filter(value: datetime | None) -> str:
    return formats.clock_time(value)


@register.filter(name="ago")
def ago_filter(value: datetime | None) -> str:
    return formats.relative(value)
