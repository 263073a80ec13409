"""Declared props: what is refused when a template is compiled, and what reaches the component's template."""

from __future__ import annotations

import pytest
from django.template import TemplateSyntaxError
from django.template.loader import get_template

from siyu.ui.catalogue import DECLARED
from siyu.ui.components import COMPONENTS, Component, ComponentError, Prop, check_call, values_of

SAMPLE = Component(
    "sample", "", (Prop("title", ""), Prop("tone", "", "info", ("info", "bad"))), slots=("foot",)
)


def test_an_unknown_prop_is_refused() -> None:
    with pytest.raises(ComponentError, match="'sample' has no prop titel; it has title, tone"):
        check_call(SAMPLE, {"titel": 1, "title": 1})


def test_a_required_prop_is_needed() -> None:
    with pytest.raises(ComponentError, match="'sample' needs title"):
        check_call(SAMPLE, {})


def test_an_unknown_slot_is_refused() -> None:
    with pytest.raises(ComponentError, match="has no slot head; it has foot"):
        check_call(SAMPLE, {"title": 1}, ["head"])


def test_a_body_is_refused_where_none_is_taken() -> None:
    with pytest.raises(ComponentError, match="takes no body"):
        check_call(SAMPLE, {"title": 1}, body=True)


def test_a_choice_is_checked() -> None:
    with pytest.raises(ComponentError, match="tone is 'loud', not one of bad, info"):
        values_of(SAMPLE, {"title": "x", "tone": "loud"})


def test_defaults_are_filled_in() -> None:
    assert values_of(SAMPLE, {"title": "x"}) == {"title": "x", "tone": "info", "attrs": {}}


def test_attributes_are_handed_on_only_where_declared() -> None:
    with pytest.raises(ComponentError, match="has no prop hx_get"):
        check_call(SAMPLE, {"title": 1, "hx_get": "/"})
    open_one = Component("open", "", attributes=True)
    check_call(open_one, {"hx_get": "/", "data_opens": "x", "aria_label": "y"})
    assert values_of(open_one, {"hx_get": "/"})["attrs"] == {"hx-get": "/"}


@pytest.mark.parametrize("name", ["hx_on", "hx_on_click", "hx_vals_js", "onclick"])
def test_inline_script_is_never_handed_on(name: str) -> None:
    with pytest.raises(ComponentError, match="has no prop"):
        check_call(Component("open", "", attributes=True), {name: "x"})


@pytest.mark.parametrize("component", DECLARED, ids=lambda component: component.name)
def test_every_declared_component_is_registered_and_has_a_template(component: Component) -> None:
    assert COMPONENTS.get(component.name) is component
    assert get_template(component.template)


def test_a_misspelt_prop_fails_when_the_template_is_compiled(draw) -> None:
    with pytest.raises(TemplateSyntaxError, match="no prop lable"):
        draw('{% if False %}{% component "status_pill" lable="x" %}{% endif %}')


def test_an_unknown_component_names_the_known_ones(draw) -> None:
    with pytest.raises(TemplateSyntaxError, match="no component 'nope'; known: avatar"):
        draw('{% component "nope" %}')


@pytest.mark.parametrize(
    "source", ["{% component %}", "{% component name %}", '{% component "avatar" "x" %}']
)
def test_a_malformed_call_is_refused(draw, source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        draw(source)


def test_values_are_escaped(draw) -> None:
    assert "&lt;b&gt;" in draw('{% component "status_pill" label=label %}', label="<b>")


def test_a_component_sees_only_its_props(draw) -> None:
    assert "secret" not in draw('{% component "card" %}', title="secret", note="secret")


def test_slots_and_body_stand_where_the_template_puts_them(draw) -> None:
    html = draw(
        '{% wrap "card" title="T" %}BODY{% slot "actions" %}ACT{% endslot %}'
        '{% slot "foot" %}FOOT{% endslot %}{% endwrap %}'
    )
    assert html.index("ACT") < html.index("BODY") < html.index("FOOT")


def test_slot_content_sees_the_page_and_not_the_component(draw) -> None:
    html = draw('{% wrap "card" title="inner" %}{{ title }}{% endwrap %}', title="outer")
    assert "outer" in html


def test_whitespace_around_slots_is_no_body(draw) -> None:
    assert "s-empty" in draw(
        '{% wrap "empty_state" title="T" %}\n {% slot "actions" %}x{% endslot %}\n{% endwrap %}'
    )


def test_wrapped_components_nest(draw) -> None:
    html = draw(
        '{% wrap "card" %}{% wrap "callout" %}IN{% slot "actions" %}A{% endslot %}{% endwrap %}{% endwrap %}'
    )
    assert html.index("s-card") < html.index("s-callout") < html.index("IN")
