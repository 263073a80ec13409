"""Every rule of marketing texts, one by one, and all problems at once."""

from __future__ import annotations

import pytest

from siyu.messaging.rules import review

GOOD = '{{ name | default: "会员" }}您好，点 {{ link }} 领取，拒收请回复R'


def codes(source: str, *, has_target: bool = True) -> list[str]:
    found = review.check(source, sign_name="鲜果里", link_base="https://s.example.cn/s/", has_target=has_target)
    assert all(problem.message % problem.data if problem.data else problem.message for problem in found)
    return [problem.code for problem in found]


def test_a_good_text():
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (GOOD.removesuffix("，拒收请回复R"), ["opt_out"]),
        (GOOD + "哦", ["opt_out"]),
        (GOOD.replace(' | default: "会员"', ""), ["no_fallback"]),
        (GOOD.replace('"会员"', '""'), ["no_fallback"]),
        (GOOD.replace('"会员"', '"www.a.com"'), ["address"]),
        (GOOD.replace("name", "nick"), ["unknown_variable"]),
        (GOOD.replace("，点 ", ""), []),
        (GOOD.replace("您好，点 ", ""), ["touching"]),
        (GOOD.replace("领取", "看 https://other.cn/x 领取"), ["address"]),
        (GOOD.replace("您好", "您好，全网最低"), ["word_absolute"]),
        (GOOD.replace("您好", "您好，抽奖"), ["word_topic"]),
        (GOOD.replace("领取", "领取，回T退订"), ["word_opt_out"]),
        (GOOD.replace("您好", "【您好】"), ["signature"]),
        (GOOD.replace("您好", "您好😀"), ["symbol"]),
        (GOOD.replace("您好", "${name}您好"), ["provider_variable"]),
        (GOOD.replace("{{ link }}", "{{ link | upcase }}"), ["link_filter", "no_link"]),
        (GOOD.replace(" {{ link }}", ""), ["no_link"]),
        (GOOD.replace("领取", "领" * 500), ["too_long"]),
        ("{% if %}", ["syntax"]),
        (GOOD.replace("| default", "| nothing | default"), ["unknown_filter"]),
        ('{{ link }}拒收请回复R', ["no_words"]),
    ],
)
def test_one_thing_wrong(source, found):
    assert codes(source) == found


def test_a_link_needs_a_target():
    assert codes(GOOD, has_target=False) == ["no_target"]
    assert codes("您好，会员日快乐，拒收请回复R", has_target=False) == []


def test_all_problems_are_named_at_once():
    assert codes("{{ nick }}最佳") == ["unknown_variable", "word_absolute", "opt_out", "no_link"]


def test_the_word_lists_are_data_without_doubles():
    for words in review.forbidden_words().values():
        assert words
        assert len(set(words)) == len(words)
