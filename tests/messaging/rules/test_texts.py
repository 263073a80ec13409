"""Texts: sandboxed, never empty, never longer than the provider takes, the same in preview and sending."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.messaging.contracts import BadText
from siyu.messaging.rules import templates, texts
from siyu.messaging.rules.texts import MAX_VALUE_CHARS

BASE = "https://s.example.cn/s/"
TEXT = '{{ name | default: "会员" }}您好，点 {{ link }} 领取，拒收请回复R'


def render(source: str, **person: object) -> texts.Rendered:
    known = {"name": "", "member_no": "", "attributes": {}, **person}
    return texts.render(texts.parse(source), texts.person_values(**known), link_base=BASE, token="abcdefg")


def test_name_and_link():
    assert render(TEXT, name="张三") == texts.Rendered(
        ("张三", "abcdefg"), "张三您好，点 https://s.example.cn/s/abcdefg 领取，拒收请回复R"
    )


@pytest.mark.parametrize("name", ["", "   ", "www.spam.com", "看 http://x", "shop.cn", "\x00\x01"])
def test_unusable_names_fall_back(name):
    assert render(TEXT, name=name).values[0] == "会员"


def test_values_are_short_single_lines_without_signature_marks():
    assert render(TEXT, name="【假】\n张\t三😀" + "很" * 60).values[0] == ("假 张 三" + "很" * 60)[:MAX_VALUE_CHARS]


def test_attributes_and_filters():
    source = (
        '{{ attributes["城市"] | default: "本地" }}的{{ attributes.points | default: 0 }}分，'
        '{{ member_no | default: "x" }}'
    )
    assert render(source, attributes={"城市": "上海", "points": 12.0}, member_no="V1").body == "上海的12分，V1"
    assert render('{{ name | default: "a" | upcase }}!').body == "A!"


@pytest.mark.parametrize(
    "source",
    [
        "{% if name %}a{% endif %}", "{{ name", "{{ name | nothing }}!", "{% include 'x' %}", "{{ a if b else c }}",
        "{% x",
    ],
)
def test_what_is_not_a_plain_text_is_refused(source):
    with pytest.raises(BadText):
        render(source)


@pytest.mark.parametrize("source", ["{{ name.__class__ | default: 'x' }}", "{{ attributes.__init__ | default: 'x' }}"])
def test_python_is_out_of_reach(source):
    assert render(source, name="张三").body == "x"


def test_an_odd_value_never_stops_a_batch():
    source = '{{ name | default: "会员" | truncate: attributes.n }}，'
    assert render(source, attributes={"n": "2"}).body == "会...，"
    assert render(source, attributes={"n": "x"}).body == "，"  # which is why the review asks for a fallback


@given(
    st.text(max_size=80), st.text(max_size=30), st.dictionaries(st.text(max_size=5), st.text(max_size=40), max_size=3)
)
def test_any_person_can_be_written_to(name, member_no, attributes):
    rendered = render(TEXT, name=name, member_no=member_no, attributes=attributes)
    assert 1 <= len(rendered.values[0]) <= MAX_VALUE_CHARS
    assert not texts.ADDRESS.search(rendered.values[0])
    assert rendered.body == f"{rendered.values[0]}您好，点 {BASE}abcdefg 领取，拒收请回复R"


@given(st.text(max_size=60))
def test_what_the_provider_makes_of_template_and_values_is_our_text(name):
    text = texts.parse(TEXT)
    template = templates.provider_form(text, BASE)
    names = templates.match(text, template, BASE)
    assert names is not None
    rendered = render(TEXT, name=name)
    body = template
    for key, value in templates.params(names, rendered).items():
        body = body.replace(f"${{{key}}}", value)
    assert body == rendered.body
