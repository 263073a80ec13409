"""The language of texts: Liquid cut down to words and values. Only `texts` uses it, once the first text is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liquid import BoundTemplate, Environment, Mode, StrictDefaultUndefined
from liquid.builtin.content import ContentNode
from liquid.builtin.output import OutputNode
from liquid.exceptions import LiquidError

from siyu.messaging.contracts import BadText, Problem
from siyu.messaging.providers.base import MAX_SMS_CHARS

_FILTERS = frozenset({"default", "truncate", "strip", "upcase", "downcase", "capitalize", "append", "prepend"})
_TAGS = frozenset({"content", "output", "illegal"})


class _Sandbox(Environment):
    """Liquid without tags, loops and files: a text is words and values, nothing that runs."""

    output_stream_limit = 4 * MAX_SMS_CHARS
    local_namespace_limit = 0
    loop_iteration_limit = 0


def _environment() -> Environment:
    made = _Sandbox(undefined=StrictDefaultUndefined, tolerance=Mode.STRICT)
    for name in set(made.tags) - _TAGS:
        del made.tags[name]
    for name in set(made.filters) - _FILTERS:
        del made.filters[name]
    return made


_liquid = _environment()


@dataclass(frozen=True)
class Output:
    """A value in a text. `variables` are the names that it reads, as dotted paths."""

    source: str
    template: BoundTemplate
    variables: tuple[str, ...]

    def render(self, values: Mapping[str, Any]) -> str:
        """The value as text; empty where it cannot be made of these values."""
        try:
            return self.template.render(**values)
        except LiquidError:
            return ""


def parts_of(source: str) -> tuple[str | Output, ...]:
    """Words and outputs in order; BadText if it is no valid Liquid or uses what it must not."""
    try:
        return tuple(_part(node) for node in _liquid.from_string(source).nodes)
    except LiquidError as error:
        data = {"reason": str(error).partition("\n")[0]}
        raise BadText((Problem("syntax", message="The text cannot be read: %(reason)s.", data=data),)) from error


def _part(node: Any) -> str | Output:
    if isinstance(node, ContentNode):
        return node.text
    assert isinstance(node, OutputNode), "tags are switched off"
    template = _liquid.from_string(str(node))
    unknown = sorted(set(template.analyze().filters) - _FILTERS)
    if unknown:
        raise BadText((Problem("unknown_filter", message="There is no filter “%(name)s”.", data={"name": unknown[0]}),))
    return Output(str(node), template, tuple(template.variable_paths()))
