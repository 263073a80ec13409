"""Our text and the provider's template say the same, or do not match."""

from __future__ import annotations

import pytest

from siyu.messaging.rules import templates, texts

BASE = "https://s.example.cn/s/"
TEMPLATE = "${name}您好，点 https://s.example.cn/s/${token} 领取，拒收请回复R"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('{{ name | default: "会员" }}您好，点 {{ link }} 领取，拒收请回复R', ("name", "token")),
        ('{{ attributes.city | default: "x" }}您好，点 {{ link }} 领取，拒收请回复R', ("name", "token")),
        ('{{ name | default: "会员" }}你好，点 {{ link }} 领取，拒收请回复R', None),
        ('{{ name | default: "会员" }}您好，点 领取，拒收请回复R', None),
        ('会员您好，点 {{ link }} 领取，拒收请回复R', None),
        ('{{ name | default: "会员" }}您好，点 {{ link }}  领取，拒收请回复R', None),
    ],
)
def test_match(source, names):
    assert templates.match(texts.parse(source), TEMPLATE, BASE) == names


def test_another_link_address_does_not_match():
    source = '{{ name | default: "会员" }}您好，点 {{ link }} 领取，拒收请回复R'
    assert templates.match(texts.parse(source), TEMPLATE, "https://other.example.cn/s/") is None


def test_one_variable_cannot_mean_two_things():
    template = "${a}和${a}，拒收请回复R"
    same = texts.parse('{{ name | default: "x" }}和{{ name | default: "x" }}，拒收请回复R')
    other = texts.parse('{{ name | default: "x" }}和{{ member_no | default: "x" }}，拒收请回复R')
    assert templates.match(same, template, BASE) == ("a", "a")
    assert templates.match(other, template, BASE) is None


def test_draft_and_back():
    draft = templates.draft(TEMPLATE, BASE)
    assert draft == '{{ name | default: "会员" }}您好，点 {{ link }} 领取，拒收请回复R'
    assert templates.provider_form(texts.parse(draft), BASE) == TEMPLATE


def test_proposed_names_are_letters_and_tell_apart():
    source = '{{ attributes["城市"] | default: "a" }}，{{ attributes.name | default: "b" }}，{{ name | default: "c" }}'
    assert templates.provider_form(texts.parse(source), BASE) == "${v1}，${name}，${v3}"
