"""The template lint sees what would break the Content-Security-Policy, accessibility and translation."""

from __future__ import annotations

import pytest

from siyu.ui.lint import lint_source


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ('<p style="color:red"></p>', "inline style"),
        ("<style>p{}</style>", "inline style"),
        ("<script>x()</script>", "inline script"),
        ('<a onclick="x()"></a>', "inline handler onclick"),
        ('<a hx-on:click="x()"></a>', "inline handler hx-on:click"),
        ('<a href="javascript:x()"></a>', "script in href"),
        ("<a hx-vals='js:{a: 1}'></a>", "script in hx-vals"),
        ('<a hx-trigger="click[ctrlKey]"></a>', "hx-trigger with a filter needs eval"),
        ('<img src="x.png">', "<img> without alt"),
        ('<input name="x">', "<input> without a label"),
        ('<select id="a"></select><label for="b"></label>', "<select> without a label"),
        ("<p>Hello</p>", "text outside translation: 'Hello'"),
        ("<p>{{ count }} 人</p>", "text outside translation: '人'"),
        ('<a title="Open"></a>', "text outside translation: 'Open'"),
        ('{% component "button" label="Save" %}', 'text outside translation: "Save"'),
        ("<p>{% if a %}Yes{% endif %}</p>", "text outside translation: 'Yes'"),
    ],
)
def test_a_fault_is_found(source: str, what: str) -> None:
    assert [found for _line, found in lint_source(source)] == [what]


@pytest.mark.parametrize(
    "source",
    [
        '<script type="application/json">{"a": "b"}</script>',
        '<script src="{% static "x.js" %}" defer></script>',
        '<img src="x.png" alt="">',
        '<img src="x.png" alt="{{ name }}">',
        "<label>{{ name }}<input></label>",
        '<label for="a">{{ name }}</label><input id="a">',
        '<input type="hidden" name="x">',
        '<input aria-label="{% translate "Find" %}">',
        '<input aria-label="{% blocktranslate with a=b %}Find {{ a }}{% endblocktranslate %}">',
        '<p>{% translate "Hello" %}, {{ name }} · 12</p>',
        "<p>{% blocktranslate trimmed %}Hello {{ name }}{% endblocktranslate %}</p>",
        '<code translate="no">siyu up</code>',
        "{% comment %}Hello{% endcomment %}{# Hello #}",
        '<a hx-trigger="every 2s, click delay:200ms"></a>',
        "<title>{{ title }} · Siyu</title>",
    ],
)
def test_what_is_right_passes(source: str) -> None:
    assert lint_source(source) == []


def test_the_line_is_told() -> None:
    assert lint_source("<p>\n{% if a %}\n\nHello</p>")[0][0] == 4
